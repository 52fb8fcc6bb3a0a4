//! What the crates cost to build: how many there are, how long they take and how large a program becomes.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    machine::root,
    process::{cpu_time_of_children, spent},
    table::{Table, bytes, time, verdict},
    tls::outside,
};

/// A small program: its name on the page, its dependencies and its source.
struct Project {
    name: &'static str,
    dependencies: &'static str,
    source: &'static str,
}

const TOKIO: &str =
    r#"tokio = { version = "1.45", default-features = false, features = ["macros", "rt", "time"] }"#;
const REQWEST: Project = Project {
    name: "reqwest and serde",
    dependencies: r#"
reqwest = { version = "0.13", default-features = false, features = ["http2", "query", "rustls"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1""#,
    source: include_str!("../projects/reqwest.rs"),
};
const CORE: Project = Project {
    name: "refunds-core",
    dependencies: r#"refunds-core = { path = "ROOT/crates/core" }"#,
    source: include_str!("../projects/core.rs"),
};
const MATTILDA: Project = Project {
    name: "refunds-core, refunds-mattilda",
    dependencies: r#"
refunds-core = { path = "ROOT/crates/core" }
refunds-mattilda = { path = "ROOT/crates/mattilda" }"#,
    source: include_str!("../projects/mattilda.rs"),
};
const DINTERO: Project = Project {
    name: "refunds-core, refunds-dintero",
    dependencies: r#"
refunds-core = { path = "ROOT/crates/core" }
refunds-dintero = { path = "ROOT/crates/dintero" }"#,
    source: include_str!("../projects/dintero.rs"),
};
/// With the TLS that the adapters have, too.
const STRIPE: Project = Project {
    name: "async-stripe 1.0.0-rc.10",
    dependencies: r#"
async-stripe = { version = "=1.0.0-rc.10", default-features = false, features = ["rustls-tls-native", "rustls-aws-lc-rs"] }
async-stripe-core = { version = "=1.0.0-rc.10", features = ["refund"] }"#,
    source: include_str!("../projects/stripe.rs"),
};

const EXTRA_CRATES_GOAL: usize = 15;

/// How many crates a program with an adapter has beside one that is written by hand. Needs no network.
pub(crate) fn crates_section() -> String {
    let folder = folder();
    let reqwest = REQWEST.write(&folder).tree(&[]);
    let by_hand = reqwest.len();
    let mut table = Table::new(&["program", "crates", "more than by hand", "goal"]);
    table.row([REQWEST.name.to_owned(), by_hand.to_string(), String::new(), String::new()]);
    for project in [CORE, MATTILDA, DINTERO] {
        let crates = project.write(&folder).crates();
        let goal = format!("≤ +{EXTRA_CRATES_GOAL}: {}", verdict(crates <= by_hand + EXTRA_CRATES_GOAL));
        let more = format!("{:+}", crates.cast_signed() - by_hand.cast_signed());
        table.row([project.name.to_owned(), crates.to_string(), more, goal]);
    }
    let ours = MATTILDA.write(&folder).tree(&[]);
    let more: Vec<_> = ours.difference(&reqwest).map(|line| line.split(' ').next().unwrap()).collect();
    format!("{}\n`{}` adds these to those by hand: {}.\n", table.finish(), MATTILDA.name, more.join(", "))
}

/// Builds each program from nothing, in release mode. Takes minutes, and downloads what is missing.
pub(crate) fn section() -> String {
    let folder = folder();
    let target = |name: &str| folder.path().join("targets").join(name);
    let mut table = Table::new(&["program", "crates", "cold build, CPU", "wall", "binary"]);
    let mut row = |name: &str, crates: &dyn Fn() -> usize, build: Option<[Duration; 2]>, binary: PathBuf| {
        // What could not be downloaded has no tree either.
        let crates = if build.is_some() { crates().to_string() } else { String::new() };
        let [cpu, wall] =
            build.map_or(["could not be built".to_owned(), String::new()], |build| build.map(time));
        eprintln!("{name}: {cpu}, {wall}");
        table.row([name.to_owned(), crates, cpu, wall, bytes(size(&binary))]);
    };
    for (number, project) in [CORE, REQWEST, MATTILDA, STRIPE].iter().enumerate() {
        let (written, target) = (project.write(&folder), target(&number.to_string()));
        let build = written.build(&["build", "--release", "--quiet"], &target);
        row(project.name, &|| written.crates(), build, target.join("release/program"));
    }
    let (workspace, target) = (Written(root()), target("command"));
    let build = ["build", "--release", "--quiet", "--locked", "--package", "refunds-cli"];
    let build = workspace.build(&build, &target);
    let crates = || workspace.tree(&["--package", "refunds-cli"]).len();
    row("the command `refunds`", &crates, build, target.join("release/refunds"));
    table.finish()
}

fn folder() -> TempDir {
    tempfile::tempdir_in(root().join("target")).unwrap()
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |data| data.len())
}

/// A project on the disk.
struct Written(PathBuf);

impl Project {
    /// With the versions in the workspace's lock file, where they are the same crates.
    fn write(&self, folder: &TempDir) -> Written {
        let path = folder.path().join(self.name.replace([' ', ','], "-"));
        fs::create_dir_all(path.join("src")).unwrap();
        let dependencies = self.dependencies.replace("ROOT", root().to_str().unwrap());
        let manifest = format!(
            "[package]\nname = \"program\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\n{dependencies}\n{TOKIO}\n"
        );
        fs::write(path.join("Cargo.toml"), manifest).unwrap();
        fs::write(path.join("src/main.rs"), self.source).unwrap();
        fs::copy(root().join("Cargo.lock"), path.join("Cargo.lock")).unwrap();
        Written(path)
    }
}

impl Written {
    /// The crates that are built, without the program itself.
    fn crates(&self) -> usize {
        self.tree(&[]).len()
    }

    fn tree(&self, args: &[&str]) -> BTreeSet<String> {
        let output = outside("cargo")
            .args(["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
            .args(args)
            .current_dir(&self.0)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().skip(1).map(|line| line.trim_end_matches(" (*)"));
        // A name and a version; for our own, the folder follows.
        let names = lines.filter_map(|line| line.split(" (").next());
        names.filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
    }

    fn build(&self, args: &[&str], target: &Path) -> Option<[Duration; 2]> {
        let run = |args: &[&str]| {
            let mut cargo = outside("cargo");
            cargo
                .args(args)
                .current_dir(&self.0)
                .env("CARGO_TARGET_DIR", target)
                .env("CARGO_INCREMENTAL", "0");
            cargo.status().unwrap().success()
        };
        // The time is that of building, not of downloading.
        if !run(&["fetch", "--quiet"]) {
            return None;
        }
        let before = cpu_time_of_children();
        let (is_built, cost) = spent(|| run(args));
        is_built.then(|| [cpu_time_of_children().saturating_sub(before), cost.wall])
    }
}
