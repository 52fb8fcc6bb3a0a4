//! The public API of a package, as a list: committed beside it, so that a change of it shows in review
//! and has to be meant.

use std::{
    env,
    error::Error,
    ffi::OsStr,
    path::{Path, PathBuf, absolute},
    process::{Command, exit},
};

use public_api::Builder;

/// Names rustdoc where cargo runs this program in its place.
const RUSTDOC: &str = "REFUNDS_PUBLIC_API_RUSTDOC";

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(rustdoc) = env::var_os(RUSTDOC) {
        return run(&rustdoc);
    }
    let package = env::args().nth(1).ok_or("which package?")?;
    let api = Builder::from_rustdoc_json(rustdoc_json(&package)?)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    print!("{api}");
    Ok(())
}

/// Runs rustdoc with what cargo passed. Its JSON is not stable, so it requires an explicit opt-in. Cargo must
/// not see that: it would build the dependencies once more.
fn run(rustdoc: &OsStr) -> Result<(), Box<dyn Error>> {
    let status = Command::new(rustdoc).args(env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status()?;
    exit(status.code().unwrap_or(1))
}

/// Rustdoc's JSON, with every feature.
fn rustdoc_json(package: &str) -> Result<PathBuf, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let target = absolute(target)?;
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustdoc", "--quiet", "--locked", "--lib", "--all-features", "--package", package])
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env(RUSTDOC, env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into()))
        .env("RUSTDOC", env::current_exe()?)
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTDOCFLAGS")
        .current_dir(root)
        .status()?;
    if !status.success() {
        return Err("rustdoc failed".into());
    }
    Ok(target.join("doc").join(format!("{}.json", package.replace('-', "_"))))
}
