//! Creating refunds at the sandbox: exchanges, commits and CPU, by journal.

pub(crate) mod exchanges;
mod kinds;

use refunds_core::RefundClient;
use refunds_journal_sqlite::SqliteJournal;
use serde_json::json;
use tempfile::TempDir;

use self::kinds::{KINDS, Kind};
use crate::{
    clients::runtime,
    machine::root,
    process::{Cost, spent},
    remote::Remote,
    table::{Table, number, time},
};

const ROUNDS: usize = 10;
const BATCH: u32 = 10;

pub(crate) fn section() -> String {
    let mut sandbox = Remote::sandbox();
    let folder = folder();
    let mut subjects: Vec<Subject> = KINDS
        .iter()
        .flat_map(|kind| [Subject::in_memory(&sandbox, kind), Subject::on_disk(&sandbox, kind, &folder)])
        .collect();
    for round in 0..=ROUNDS {
        for subject in &mut subjects {
            // The first round only warms up.
            subject.batch(&mut sandbox, round > 0);
        }
    }
    let mut table = Table::new(&["create", "journal", "CPU", "wall", "exchanges", "commits", "allocations"]);
    for subject in &subjects {
        let (cost, kind) = (subject.best.unwrap(), subject.kind.name.to_owned());
        let journal = if subject.journal.is_some() { "SQLite on disk" } else { "in memory" };
        table.row([
            kind,
            journal.to_owned(),
            time(cost.cpu),
            time(cost.wall),
            number(subject.exchanges),
            number(subject.commits),
            number(cost.allocations),
        ]);
    }
    format!("{}\n{}", table.finish(), exchanges::table(&mut sandbox))
}

/// The commits of one refund at Mattilda, for the guard.
pub(crate) fn commits() -> u64 {
    let mut sandbox = Remote::sandbox();
    let mut subject = Subject::on_disk(&sandbox, &KINDS[0], &folder());
    subject.batch(&mut sandbox, true);
    subject.commits
}

/// On a disk, which the system's temporary folder need not be.
fn folder() -> TempDir {
    tempfile::tempdir_in(root().join("target")).unwrap()
}

/// A kind of refund with a journal.
struct Subject {
    kind: Kind,
    client: RefundClient,
    journal: Option<SqliteJournal>,
    best: Option<Cost>,
    exchanges: u64,
    commits: u64,
}

impl Subject {
    fn in_memory(sandbox: &Remote, kind: &Kind) -> Self {
        let client = RefundClient::new(kind.provider(sandbox));
        Self { kind: *kind, client, journal: None, best: None, exchanges: 0, commits: 0 }
    }

    fn on_disk(sandbox: &Remote, kind: &Kind, folder: &TempDir) -> Self {
        let file = tempfile::Builder::new().suffix(".db").tempfile_in(folder).unwrap().into_temp_path();
        let path = file.to_owned();
        file.close().unwrap();
        let journal = SqliteJournal::open(path).unwrap();
        let mut subject = Self::in_memory(sandbox, kind);
        subject.client = subject.client.with_journal(journal.clone());
        subject.journal = Some(journal);
        subject
    }

    /// Makes some refunds; the cost of one counts if it is the lowest so far.
    fn batch(&mut self, sandbox: &mut Remote, is_counted: bool) {
        let (kind, runtime) = (self.kind, runtime());
        let payments = kind.payments(sandbox, BATCH);
        sandbox.ask(json!({"do": "requests"}));
        let before = self.commits_so_far();
        let client = &self.client;
        let work = || payments.into_iter().for_each(|payment| kind.create(runtime, client, payment));
        let ((), cost) = spent(work);
        let requests = sandbox.ask(json!({"do": "requests"}));
        if !is_counted {
            return;
        }
        self.commits = (self.commits_so_far() - before) / u64::from(BATCH);
        self.exchanges = requests.as_array().unwrap().len() as u64 / u64::from(BATCH);
        let cost = cost.of_one(BATCH);
        self.best = Some(self.best.map_or(cost, |best| best.best(cost)));
    }

    fn commits_so_far(&self) -> u64 {
        self.journal.as_ref().map_or(0, |journal| journal.stats().commits)
    }
}
