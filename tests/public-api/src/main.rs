//! The public API of a package, as a list: committed beside it, so that a change of it shows in review
//! and has to be meant.

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::Command,
};

use public_api::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let package = env::args().nth(1).ok_or("which package?")?;
    let api = Builder::from_rustdoc_json(rustdoc_json(&package)?)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    print!("{api}");
    Ok(())
}

/// Rustdoc's JSON, with every feature. It is not stable, so the compiler requires an explicit opt-in.
fn rustdoc_json(package: &str) -> Result<PathBuf, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = root.join("target/public-api");
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustdoc", "--quiet", "--locked", "--lib", "--all-features", "--package", package])
        .arg("--target-dir")
        .arg(&target)
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTDOCFLAGS")
        .current_dir(root)
        .status()?;
    if !status.success() {
        return Err("rustdoc failed".into());
    }
    Ok(target.join("doc").join(format!("{}.json", package.replace('-', "_"))))
}
