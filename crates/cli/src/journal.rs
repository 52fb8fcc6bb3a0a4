//! Where this command's journal is, and how it is opened.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use refunds_core::{Error, Journal, Result};

use crate::{config::Config, provider::registry};

pub(crate) const VARIABLE: &str = "REFUNDS_JOURNAL";
/// The scheme of a journal in a file.
const SQLITE: &str = "sqlite:";
const FILE: &str = "journal.db";

/// Opens the journal in `REFUNDS_JOURNAL`, or the one in the user's state folder, creating it if
/// necessary.
pub(crate) fn open(config: &Config) -> Result<Arc<dyn Journal>> {
    match address(config)? {
        Address::Set(address) => registry().journal(&address),
        Address::Default(file) => {
            if let Some(folder) = file.parent() {
                create_private(folder).map_err(|error| {
                    let message = format!(
                        "cannot create the journal folder {}: {error}; set {VARIABLE}=sqlite:FILE",
                        folder.display()
                    );
                    Error::config(message)
                })?;
            }
            registry().journal(&in_file(&file)?)
        }
    }
}

/// As [`open`], but creates nothing: `None` if there is no file yet.
pub(crate) fn open_existing(config: &Config) -> Result<Option<Arc<dyn Journal>>> {
    let address = match address(config)? {
        Address::Set(address) => {
            let is_missing = |file: &str| !Path::new(file).exists();
            if address.strip_prefix(SQLITE).is_some_and(is_missing) {
                return Ok(None);
            }
            address
        }
        Address::Default(file) if file.exists() => in_file(&file)?,
        Address::Default(_) => return Ok(None),
    };
    registry().journal(&address).map(Some)
}

enum Address {
    /// The value of the variable.
    Set(String),
    /// The file in the user's state folder.
    Default(PathBuf),
}

fn address(config: &Config) -> Result<Address> {
    if let Some(address) = config.text(VARIABLE)? {
        return Ok(Address::Set(address));
    }
    let folder = state_folder(env::consts::OS, |name| env::var_os(name)).ok_or_else(|| {
        Error::config(format!(
            "the user has no home folder for the refund journal: set {VARIABLE}=sqlite:FILE"
        ))
    })?;
    Ok(Address::Default(folder.join("refunds").join(FILE)))
}

fn in_file(file: &Path) -> Result<String> {
    let path = file.to_str().ok_or_else(|| {
        let message = format!("the path {} is not UTF-8: set {VARIABLE}=sqlite:FILE", file.display());
        Error::config(message)
    })?;
    Ok(format!("{SQLITE}{path}"))
}

/// The state folder of a system. A relative path counts as not set.
fn state_folder(system: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.has_root());
    match system {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => Some(folder("HOME")?.join("Library/Application Support")),
        _ => folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state"))),
    }
}

/// Creates a folder that only its owner can read.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_state_folder() {
        for (system, variables, folder) in [
            ("linux", &[("HOME", "/home/ada")][..], Some("/home/ada/.local/state")),
            ("linux", &[("HOME", "/home/ada"), ("XDG_STATE_HOME", "/state")], Some("/state")),
            ("linux", &[("HOME", "/home/ada"), ("XDG_STATE_HOME", "state")], Some("/home/ada/.local/state")),
            ("linux", &[("HOME", "/home/ada"), ("XDG_STATE_HOME", "")], Some("/home/ada/.local/state")),
            ("linux", &[("HOME", "")], None),
            ("linux", &[], None),
            ("macos", &[("HOME", "/Users/ada")], Some("/Users/ada/Library/Application Support")),
            ("windows", &[("LOCALAPPDATA", "/Local")], Some("/Local")),
            ("windows", &[("HOME", "/home/ada")], None),
        ] {
            let variable = |asked: &str| {
                let set = variables.iter().find(|(name, _)| *name == asked);
                set.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(state_folder(system, variable), folder.map(PathBuf::from), "{system} {variables:?}");
        }
    }
}
