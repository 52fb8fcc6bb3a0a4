//! Where and with what the numbers were measured. No host name.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::table::Table;

const PACKAGES: [&str; 9] =
    ["refunds-core", "refunds-http", "reqwest", "hyper", "h2", "rustls", "serde_json", "rusqlite", "tokio"];

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn section() -> String {
    let mut table = Table::new(&["", ""]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("CPU", cpu());
    row("cores", cores().to_string());
    row("memory", memory());
    row("system", system());
    row("rustc", rustc());
    let versions = versions();
    for name in PACKAGES {
        row(name, versions.get(name).cloned().unwrap_or_default());
    }
    table.finish()
}

/// One line for below each section: sections can come from different runs.
pub(crate) fn summary() -> String {
    format!("Measured on {}, {} cores, {}.", cpu(), cores(), rustc())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn cpu() -> String {
    field("/proc/cpuinfo", "model name", ':').unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn memory() -> String {
    field("/proc/meminfo", "MemTotal", ':').unwrap_or_default()
}

fn system() -> String {
    let name =
        field("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(|| std::env::consts::OS.to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, kernel {}", name.trim_matches('"'), kernel.trim())
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn field(file: &str, name: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (_, value) = text.lines().find(|line| line.starts_with(name))?.split_once(separator)?;
    Some(value.trim().to_owned())
}

/// The versions in the lock file; the highest where there are several.
fn versions() -> BTreeMap<String, String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let mut lines = lock.lines();
    let mut versions = BTreeMap::new();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("name = ")
            && let Some(version) = lines.next().and_then(|line| line.strip_prefix("version = "))
        {
            versions.insert(name.trim_matches('"').to_owned(), version.trim_matches('"').to_owned());
        }
    }
    versions
}
