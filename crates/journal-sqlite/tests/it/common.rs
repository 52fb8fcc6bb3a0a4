//! What the tests share.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use refunds_core::{
    CreateRefund, Currency, Journal, Money, PaymentId, Reference, RefundAmount, RefundId, RefundStatus,
    Scope,
    journal::{
        About, Evidence, Intended, Intent, IntentKey, MadeRefund, MoneyKey, NewIntent, Outcome, Standing, Why,
    },
    testing::ManualClock,
};
use refunds_journal_sqlite::{SqliteJournal, SqliteOptions};
use tempfile::TempDir;

/// No lock is held that long.
const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const WINDOW: Duration = Duration::from_secs(5);
pub(crate) const ATTEMPT: Duration = Duration::from_secs(30);
pub(crate) const SETTLE: Duration = Duration::from_secs(60);
pub(crate) const RESUBMIT: Duration = Duration::from_secs(600);

/// A journal's file in a folder of its own.
pub(crate) struct File {
    folder: TempDir,
    pub(crate) clock: ManualClock,
}

impl File {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: ManualClock::new() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("refunds.db")
    }

    /// Waits for locks as long as it takes.
    pub(crate) fn options(&self) -> SqliteOptions {
        SqliteOptions::new().with_clock(self.clock.shared()).with_busy_timeout(PATIENCE)
    }

    /// Gives up at once where a test holds a lock.
    pub(crate) fn impatient(&self) -> SqliteOptions {
        self.options().with_busy_timeout(Duration::from_millis(1))
    }

    pub(crate) fn open(&self) -> SqliteJournal {
        self.options().open(self.path()).unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a process finds that starts after the machine lost its power now.
    pub(crate) fn crashed(&self) -> Self {
        let copy = Self { folder: tempfile::tempdir().unwrap(), clock: self.clock.clone() };
        for name in ["refunds.db", "refunds.db-wal"] {
            std::fs::copy(self.folder().join(name), copy.folder().join(name)).unwrap();
        }
        copy
    }

    /// Another connection, as another program would have it.
    pub(crate) fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

pub(crate) fn nok(minor_units: i64) -> Money {
    Money::new(minor_units, Currency::new("NOK").unwrap())
}

pub(crate) fn scope() -> Scope {
    Scope::new("memory", "shop-1", "https://api.example.com")
}

/// The refund `reference` of `payment`, whose money has the payment's id.
pub(crate) fn about(payment: &str, reference: &str) -> About {
    let payment = PaymentId::new(payment).unwrap();
    let money = MoneyKey::new(scope(), payment.clone());
    About::new(money, &payment, Reference::new(reference).unwrap())
}

pub(crate) fn request(about: &About) -> CreateRefund {
    let amount = RefundAmount::Exact(nok(10_000));
    CreateRefund::new(about.payment.clone(), amount, about.reference.clone())
}

pub(crate) fn intent(about: &About, standing: &Standing) -> NewIntent {
    let mut intent = NewIntent::new(about.clone(), request(about), nok(10_000), standing);
    intent.window = WINDOW;
    intent.attempt = ATTEMPT;
    intent.settle = SETTLE;
    intent.resubmit = RESUBMIT;
    intent
}

/// Opens the journal for a refund and commits an intent.
pub(crate) async fn intend(journal: &SqliteJournal, about: &About) -> Intent {
    let standing = journal.open(about).await.unwrap();
    committed(journal.intend(&intent(about, &standing)).await.unwrap())
}

pub(crate) fn committed(intended: Intended) -> Intent {
    match intended {
        Intended::Committed(intent) => intent,
        other => panic!("not committed: {other:?}"),
    }
}

pub(crate) fn key(about: &About, intent: &Intent) -> IntentKey {
    IntentKey::new(about.money.clone(), intent.token)
}

pub(crate) fn made(id: &str) -> MadeRefund {
    MadeRefund::new(RefundId::new(id).unwrap(), nok(10_000), RefundStatus::Succeeded, Evidence::Response)
}

pub(crate) fn is_made(id: &str) -> Outcome {
    Outcome::Made(made(id))
}

pub(crate) fn is_unknown() -> Outcome {
    Outcome::Unknown { why: Why::never_sent(), suspects: Vec::new(), late: false }
}

/// An intent of no journal.
pub(crate) fn some_intent() -> Intent {
    let json = serde_json::json!({
        "number": 1, "token": "00000000-0000-0000-0000-000000000000", "committed_at": 0,
        "not_after": 0, "attempt_until": 0, "unsettled_until": 0, "resubmit_from": 0,
        "key_until": null, "state": "open", "why": null, "settled_at": null, "step": false,
    });
    serde_json::from_value(json).unwrap()
}
