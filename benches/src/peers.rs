//! The official Gr4vy SDKs, reading the same list from the same server in the same run.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use refunds_core::{PageRequest, PaymentId, RefundClient};
use serde_json::Value;

use crate::{
    bodies::payment_of_sdks,
    clients::{mattilda, runtime},
    compare::{Run, side_by_side},
    machine::root,
    remote::Remote,
    table::{Table, ratio, time, verdict},
    tls::outside,
};

struct Peer {
    name: &'static str,
    script: &'static str,
    /// The program that runs it, in the folder of the peers.
    program: &'static str,
    /// What installs it there.
    install: &'static [&'static [&'static str]],
    goal: f64,
}

const PEERS: [Peer; 2] = [
    Peer {
        name: "Python, `gr4vy`",
        script: "list.py",
        program: "python/bin/python",
        install: &[&["python3", "-m", "venv", "python"], &["python/bin/pip", "install", "--quiet", "gr4vy"]],
        goal: 12.0,
    },
    Peer {
        name: "TypeScript, `@gr4vy/sdk`",
        script: "list.mjs",
        program: "node",
        install: &[&["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", "@gr4vy/sdk"]],
        goal: 30.0,
    },
];

/// They take turns with ours.
const ROUNDS: usize = 3;

pub(crate) fn section() -> String {
    let server = Remote::canned();
    let url = server.text("http");
    let mut table =
        Table::new(&["client", "runtime", "version", "CPU per list of 100", "multiple of ours", "goal"]);
    let mut ours = Duration::MAX;
    let mut theirs: [Result<Value, String>; 2] = PEERS.each_ref().map(Peer::install);
    for _ in 0..ROUNDS {
        ours = ours.min(measure_ours(url));
        for (peer, best) in PEERS.iter().zip(&mut theirs) {
            if let Ok(so_far) = best {
                let now = peer.measure(url);
                let is_better = |now: &Value| so_far["nanos"].is_null() || nanos(now) < nanos(so_far);
                if now.as_ref().map_or(true, is_better) {
                    *best = now;
                }
            }
        }
    }
    table.row([
        "Rust, `refunds-mattilda`".to_owned(),
        String::new(),
        env!("CARGO_PKG_VERSION").to_owned(),
        time(ours),
        String::new(),
        String::new(),
    ]);
    for (peer, result) in PEERS.iter().zip(theirs) {
        let row = match result {
            Ok(result) => peer.row(&result, ours),
            Err(why) => {
                [peer.name.to_owned(), why, String::new(), String::new(), String::new(), String::new()]
            }
        };
        table.row(row);
    }
    table.finish()
}

fn measure_ours(url: &str) -> Duration {
    let (client, payment) = (RefundClient::new(mattilda(url)), PaymentId::new(payment_of_sdks()).unwrap());
    let run: Run = Box::new(move || {
        let page = runtime().block_on(client.list_page(&payment, &PageRequest::default())).unwrap();
        assert_eq!(page.items.len(), 100);
    });
    side_by_side(&mut [run])[0].cpu
}

impl Peer {
    fn row(&self, result: &Value, ours: Duration) -> [String; 6] {
        let theirs = nanos(result);
        let multiple = ratio(theirs, ours);
        let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        let goal = format!("≥ {:.0}: {}", self.goal, verdict(multiple >= self.goal));
        [self.name.to_owned(), text("runtime"), text("version"), time(theirs), format!("{multiple:.1}"), goal]
    }

    /// Nothing measured yet, or why it cannot be.
    fn install(&self) -> Result<Value, String> {
        for command in self.install {
            run(&folder(), command)
                .map_err(|_| format!("could not be installed: `{}` failed", command.join(" ")))?;
        }
        Ok(Value::Null)
    }

    fn measure(&self, url: &str) -> Result<Value, String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(self.script);
        let output =
            run(&folder(), &[self.program, script.to_str().unwrap(), url, &payment_of_sdks(), "100"])?;
        serde_json::from_str(&output).map_err(|error| error.to_string())
    }
}

fn nanos(result: &Value) -> Duration {
    Duration::from_nanos(result["nanos"].as_u64().unwrap())
}

/// Where the SDKs are installed.
fn folder() -> PathBuf {
    let folder = root().join("target/peers");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(folder: &Path, command: &[&str]) -> Result<String, String> {
    let local = folder.join(command[0]);
    let program = if local.exists() { local } else { command[0].into() };
    let output = outside(program)
        .args(&command[1..])
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(error.lines().find(|line| line.contains("Error")).unwrap_or("failed").replace('|', " "))
}
