//! The configuration file: which one, and which of its profiles.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use refunds_core::{Error, Result};
use serde::Deserialize;

use super::{FILE, PROFILE};
use crate::args::Sources;

/// Far more than any configuration needs.
const MAX_BYTES: u64 = 1 << 20;

/// A profile as it is written.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) values: BTreeMap<String, Value>,
}

/// A value as it is written.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Number(i64),
    Command {
        command: Vec<String>,
    },
    /// Not shown and not used: its kind is wrong.
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    default: Option<String>,
    #[serde(default)]
    profile: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The profile that the command line, the environment or the file itself chooses.
pub(super) fn chosen(
    sources: &Sources,
    variable: impl Fn(&str) -> Result<Option<String>>,
) -> Result<Option<Profile>> {
    let wanted = match &sources.profile {
        Some(name) => Some(name.clone()),
        None => variable(PROFILE)?,
    };
    let asked = match &sources.config {
        Some(file) => Some(file.clone()),
        None => variable(FILE)?.map(PathBuf::from),
    };
    let file = match asked {
        Some(file) => file,
        None => match default_path() {
            Some(file) if exists(&file)? => file,
            _ => return missing(wanted),
        },
    };
    let mut document = read(&file)?;
    let Some(name) = wanted.or_else(|| document.default.take()) else { return Ok(None) };
    if let Some(values) = document.profile.remove(&name) {
        return Ok(Some(Profile { name, file, values }));
    }
    let known: Vec<_> = document.profile.keys().map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Error::config(format!("{} has no profile {name}; it has: {known}", file.display())))
}

/// A file that cannot be seen may have a limit in it: it does not count as absent.
fn exists(file: &Path) -> Result<bool> {
    file.try_exists().map_err(|error| {
        Error::config(format!("the configuration file {} cannot be read", file.display())).with_source(error)
    })
}

fn missing(wanted: Option<String>) -> Result<Option<Profile>> {
    let Some(name) = wanted else { return Ok(None) };
    let place = default_path().map(|file| format!(" at {}", file.display())).unwrap_or_default();
    Err(Error::config(format!(
        "there is no configuration file{place}, so there is no profile {name}; name a file with --config"
    )))
}

fn read(file: &Path) -> Result<Document> {
    let refuse = |fault: &str| Error::config(format!("the configuration file {} {fault}", file.display()));
    let about = |error: std::io::Error| refuse("cannot be read").with_source(error);
    if fs::metadata(file).map_err(about)?.len() > MAX_BYTES {
        return Err(refuse("is too large"));
    }
    let text = fs::read_to_string(file).map_err(about)?;
    // The parser's own words may repeat a value, which may be a secret.
    toml::from_str(&text).map_err(|error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        refuse(&format!(
            "is wrong at line {line}: expected `default = \"NAME\"` and tables [profile.NAME] with a value for \
             each setting"
        ))
    })
}

/// Where the file is unless somebody says otherwise.
fn default_path() -> Option<PathBuf> {
    Some(config_folder(env::consts::OS, |name| env::var_os(name))?.join("refunds").join("refunds.toml"))
}

/// The configuration folder of a system. A relative path counts as not set.
fn config_folder(system: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.has_root());
    match system {
        "windows" => folder("APPDATA"),
        "macos" => Some(folder("HOME")?.join("Library/Application Support")),
        _ => folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_configuration_folder() {
        for (system, variables, folder) in [
            ("linux", &[("HOME", "/home/ada")][..], Some("/home/ada/.config")),
            ("linux", &[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/config")], Some("/config")),
            ("linux", &[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "config")], Some("/home/ada/.config")),
            ("linux", &[], None),
            ("macos", &[("HOME", "/Users/ada")], Some("/Users/ada/Library/Application Support")),
            ("windows", &[("APPDATA", "/Roaming")], Some("/Roaming")),
        ] {
            let variable = |asked: &str| {
                let set = variables.iter().find(|(name, _)| *name == asked);
                set.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(config_folder(system, variable), folder.map(PathBuf::from), "{system} {variables:?}");
        }
    }
}
