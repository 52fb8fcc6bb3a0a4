//! The real binary against a sandbox in this process.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
    time::Duration,
};

use refunds_sandbox::{Outcome, Sandbox, dintero, mattilda};
use serde_json::Value;

pub(crate) const PROVIDERS: [&str; 2] = ["dintero", "mattilda"];
pub(crate) const CAPTURED: i64 = 44_850;

/// How the command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or_else(|| panic!("it was killed: {output:?}")),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// The one document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The error, which must be the only line on standard error.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        let document: Value = serde_json::from_str(&self.stderr).unwrap();
        document["error"].clone()
    }

    /// The rows of the CSV on standard output, each as a map from column to text.
    #[track_caller]
    pub(crate) fn csv(&self) -> Vec<std::collections::HashMap<String, String>> {
        csv::Reader::from_reader(self.stdout.as_bytes()).deserialize().map(Result::unwrap).collect()
    }
}

/// A bare call, without any environment.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refunds"));
    command.env_clear().env("TZ", "UTC").stdin(Stdio::null()).args(arguments);
    command
}

pub(crate) fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// A folder that each run of the tests has to itself. What earlier runs left is removed.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    const OLD: Duration = Duration::from_secs(3600);
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journals");
    fs::create_dir_all(&parent).unwrap();
    for folder in fs::read_dir(&parent).unwrap().flatten() {
        let age = folder.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
        if age.is_ok_and(|age| age.is_ok_and(|age| age > OLD)) {
            // Another run of the tests may do the same.
            let _ = fs::remove_dir_all(folder.path());
        }
    }
    let folder = parent.join(std::process::id().to_string());
    fs::create_dir_all(&folder).unwrap();
    folder
});

/// A file of this test run.
pub(crate) fn file(name: &str) -> PathBuf {
    FOLDER.join(name)
}

/// The journal of the calls at this sandbox.
pub(crate) fn journal(sandbox: &Sandbox) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    // It has secrets of its own, so no other sandbox has the same file.
    sandbox.env().hash(&mut hasher);
    file(&format!("{:016x}.db", hasher.finish()))
}

/// The address of a journal in this file.
pub(crate) fn address(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// Makes everything in a journal an hour older: the time of what was sent is over.
pub(crate) fn an_hour_later(journal: &Path) {
    const HOUR: i64 = 3_600_000;
    let journal = rusqlite::Connection::open(journal).unwrap();
    let intents = "UPDATE intent SET committed_at = committed_at - ?1, not_after = not_after - ?1, \
                   attempt_until = attempt_until - ?1, unsettled_until = unsettled_until - ?1, resubmit_from = resubmit_from - ?1";
    assert!(journal.execute(intents, [HOUR]).unwrap() > 0, "there is something to age");
    journal.execute("UPDATE refund SET keep_until = keep_until - ?1", [HOUR]).unwrap();
}

/// A call that finds its provider in the sandbox, and gives up soon where something is lost.
pub(crate) fn command(sandbox: &Sandbox, provider: &str, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .envs(sandbox.env())
        .env("REFUNDS_PROVIDER", provider)
        .env("REFUNDS_JOURNAL", address(&journal(sandbox)))
        .env("REFUNDS_MAX_ATTEMPTS", "1")
        .env("REFUNDS_SETTLE_TIMEOUT", "0s")
        .env("REFUNDS_ATTEMPT_TIMEOUT", "20s");
    command
}

pub(crate) fn refunds(sandbox: &Sandbox, provider: &str, arguments: &[&str]) -> Ran {
    run(&mut command(sandbox, provider, arguments))
}

/// A payment of 448.50, captured.
pub(crate) fn captured(sandbox: &Sandbox, provider: &str) -> String {
    match provider {
        "dintero" => sandbox.dintero().captured(CAPTURED, "NOK"),
        _ => sandbox.mattilda().captured(CAPTURED, "MXN"),
    }
}

/// The currency of these payments.
pub(crate) fn currency(provider: &str) -> &'static str {
    if provider == "dintero" { "NOK" } else { "MXN" }
}

/// The same, whose refunds end so after a while.
pub(crate) fn asynchronous(sandbox: &Sandbox, provider: &str, outcome: Outcome) -> String {
    if provider == "dintero" {
        let spec = dintero::TransactionSpec::new(CAPTURED, "NOK").asynchronous(outcome);
        sandbox.dintero().transaction(spec)
    } else {
        let spec = mattilda::TransactionSpec::new(CAPTURED, "MXN").asynchronous(outcome);
        sandbox.mattilda().transaction(spec)
    }
}

/// The same, whose refunds are declined at once.
pub(crate) fn declining(sandbox: &Sandbox, provider: &str) -> String {
    if provider == "dintero" {
        let spec = dintero::TransactionSpec::new(CAPTURED, "NOK").declines(dintero::Decline::default());
        sandbox.dintero().transaction(spec)
    } else {
        let spec = mattilda::TransactionSpec::new(CAPTURED, "MXN").ends(Outcome::Declined);
        sandbox.mattilda().transaction(spec)
    }
}

/// The arguments of a create of 149.50.
pub(crate) fn create<'a>(payment: &'a str, reference: &'a str) -> Vec<&'a str> {
    vec!["create", payment, "--reference", reference, "--amount", "149.50", "--output", "json"]
}

/// A refund of 149.50 whose request was lost: made later by [`Sandbox::deliver_late`], or never.
pub(crate) fn unsettled(sandbox: &Sandbox, provider: &str, is_made: bool) -> String {
    let payment = captured(sandbox, provider);
    let action = if is_made { "process-late=1h" } else { "drop-before" };
    sandbox.faults().add(format!("{provider}/submit:1:{action}").parse().unwrap());
    refunds(sandbox, provider, &create(&payment, &payment)).ended(6);
    sandbox.faults().clear();
    payment
}

/// How many requests were sent that may create a refund.
pub(crate) fn submissions(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.method == "POST" && is_refund(&request.path)).count()
}

fn is_refund(path: &str) -> bool {
    path.contains("refund")
}

/// The only unsettled intent's number.
pub(crate) fn number(sandbox: &Sandbox, provider: &str) -> String {
    let list = refunds(sandbox, provider, &["journal", "list", "--unsettled", "--output", "json"]).ended(0);
    let list = list.json();
    let [entry] = list.as_array().unwrap().as_slice() else { panic!("one is unsettled: {list}") };
    entry["intents"].as_array().unwrap().last().unwrap()["number"].to_string()
}
