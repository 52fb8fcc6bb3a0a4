//! Whatever is done to it, in whatever order: it answers what the journal in memory answers.

use std::{fmt::Debug, time::Duration};

use refunds_core::{
    Error, ErrorKind, Journal, MemoryJournal, PaymentId, RefundId, Scope,
    journal::{
        About, Adopt, Decision, Evidence, Intended, IntentKey, Outcome, Purge, Query, Seen, Standing,
        Verdict, Why,
    },
};
use refunds_journal_sqlite::SqliteJournal;

use crate::common::{ATTEMPT, File, RESUBMIT, SETTLE, WINDOW, about, intent, made, nok, request};

const STEPS: usize = 80;

#[tokio::test]
async fn it_behaves_like_the_memory_journal() {
    let mut committed = 0;
    for seed in 1..=25 {
        committed += Run::new(seed).all().await;
    }
    assert!(committed > 150, "only {committed} intents were committed");
}

/// One sequence of random operations on both journals.
struct Run {
    file: File,
    memory: MemoryJournal,
    sqlite: Option<SqliteJournal>,
    random: u64,
    /// In which order moneys are purged is open, and so are their versions then: there is only one where
    /// anything is purged.
    has_one_money: bool,
    opened: Vec<(About, Standing)>,
    keys: Vec<(IntentKey, u64)>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let file = File::new();
        let memory = MemoryJournal::with_clock(file.clock.shared());
        let sqlite = Some(file.open());
        Self {
            file,
            memory,
            sqlite,
            random: seed,
            has_one_money: seed.is_multiple_of(3),
            opened: Vec::new(),
            keys: Vec::new(),
        }
    }

    fn sqlite(&self) -> &SqliteJournal {
        self.sqlite.as_ref().unwrap()
    }

    fn random(&mut self, below: u64) -> u64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.random(of.len().try_into().unwrap());
        of[usize::try_from(at).unwrap()].clone()
    }

    /// Two moneys, one of them with two payments; two accounts; three references.
    fn about(&mut self) -> About {
        let payments: &[&str] = if self.has_one_money { &["p-1", "p-3"] } else { &["p-1", "p-2", "p-3"] };
        let mut about = about(self.pick(payments), self.pick(&["a", "b", "c"]));
        if about.payment.as_str() == "p-3" {
            // Now and then by another id of its money.
            let money = if self.random(12) == 0 { "p-3" } else { "p-1" };
            about.money.id = PaymentId::new(money).unwrap();
        }
        let scope = about.money.scope.clone();
        match self.random(12) {
            _ if self.has_one_money => about.money.id = PaymentId::new("p-1").unwrap(),
            0 => {
                about.money.scope =
                    Scope::new(scope.provider(), scope.account(), "https://sandbox.example.com");
            }
            1 => about.money.scope = Scope::new(scope.provider(), "shop-2", scope.origin()),
            _ => {}
        }
        about
    }

    fn refund(&mut self) -> refunds_core::journal::MadeRefund {
        let mut made = made(self.pick(&["id-1", "id-2", "id-3", "id-4", "id-5"]));
        if self.random(6) == 0 {
            made.alias = Some(RefundId::new(self.pick(&["alias-1", "alias-2", "id-1"])).unwrap());
        }
        if self.random(6) == 0 {
            made.amount = nok(9_999);
        }
        made.status = self.pick(&refunds_core::RefundStatus::ALL);
        made.evidence = self.pick(&[Evidence::Listed, Evidence::Response]);
        made
    }

    async fn all(mut self) -> usize {
        for step in 0..STEPS {
            let what = format!("step {step}");
            match self.random(16) {
                0..=2 => self.open(&what).await,
                3..=6 => self.intend(&what).await,
                7..=9 => self.settle(&what).await,
                10 => self.observe(&what).await,
                11 => self.decide(&what).await,
                12 => self.purge(&what).await,
                13 => self.entries(&what).await,
                14 => {
                    let by = self.pick(&[Duration::from_millis(1), WINDOW, ATTEMPT, SETTLE, RESUBMIT]);
                    self.file.clock.advance(by);
                }
                _ => {
                    self.sqlite = None;
                    self.sqlite = Some(self.file.open());
                }
            }
        }
        let (one, other) =
            (self.memory.entries(&Query::all()).await, self.sqlite().entries(&Query::all()).await);
        assert_same("at the end", one, other);
        self.keys.len()
    }

    async fn open(&mut self, what: &str) {
        let about = self.about();
        let memory = self.memory.open(&about).await;
        assert_same(what, memory.clone(), self.sqlite().open(&about).await);
        if let Ok(standing) = memory {
            self.opened.push((about, standing));
        }
    }

    async fn intend(&mut self, what: &str) {
        // Often nothing is in the way any more.
        if self.random(2) == 0 {
            self.file.clock.advance(RESUBMIT * 2);
        }
        // Mostly on what was just read, sometimes on an older look.
        if self.opened.is_empty() || self.random(4) > 0 {
            self.open(what).await;
        }
        let Some((about, standing)) = self.opened.last().cloned() else { return };
        let mut intent = intent(&about, &standing);
        intent.hidden = self.random(3) == 0;
        if self.random(2) == 0 {
            intent.key_retention = Some(RESUBMIT * 4);
        }
        if self.random(8) == 0 {
            intent.amount = nok(5_000);
        }
        intent.step = self.random(16) == 0;
        intent.generation = u16::from(self.random(16) == 0);
        let mine = standing.mine.iter().chain(&standing.others).flat_map(|entry| &entry.intents);
        intent.absent = mine.clone().map(|intent| intent.number).collect();
        if self.random(3) == 0 {
            intent.previous = mine.last().map(|intent| (intent.token, Why::never_sent().with_refused()));
        }
        if self.random(4) == 0 {
            intent.known_before = vec![RefundId::new("known").unwrap()];
        }
        let memory = self.memory.intend(&intent).await;
        assert_same(what, memory.clone(), self.sqlite().intend(&intent).await);
        if let Ok(Intended::Committed(committed)) = memory {
            self.keys.push((intent.key(), committed.number.0));
        }
    }

    async fn settle(&mut self, what: &str) {
        if self.keys.is_empty() {
            return;
        }
        let (key, _) = self.pick(&self.keys.clone());
        let suspects = vec![RefundId::new("suspect").unwrap()];
        let why = Why::of(&Error::new(ErrorKind::Timeout, "no answer").with_code("504"));
        let late = self.random(2) == 0;
        let made = Outcome::Made(self.refund());
        let outcome = self.pick(&[
            made,
            Outcome::NotApplied(why.clone()),
            Outcome::Unknown { why: why.clone(), suspects, late },
            Outcome::FailedStored(why),
        ]);
        if self.random(6) == 0 {
            self.memory.abandon(&key);
            self.sqlite().abandon(&key);
        }
        assert_same(
            what,
            self.memory.settle(&key, &outcome).await,
            self.sqlite().settle(&key, &outcome).await,
        );
    }

    async fn observe(&mut self, what: &str) {
        let about = self.about();
        let mut seen = Seen::new(&about.payment, about.reference.clone(), self.refund());
        if about.payment.as_str() != "p-3" && self.random(3) == 0 {
            seen = seen.adopted(Adopt::new(request(&about), false, RESUBMIT));
        } else if self.random(2) == 0 {
            seen.refund.evidence = Evidence::ById;
        }
        let since = self.opened.last().map(|(_, standing)| standing.version);
        let seen = [seen];
        assert_same(
            what,
            self.memory.observe(&about.money, &seen, since).await,
            self.sqlite().observe(&about.money, &seen, since).await,
        );
    }

    async fn decide(&mut self, what: &str) {
        if self.keys.is_empty() {
            return;
        }
        let (key, number) = self.pick(&self.keys.clone());
        let made = Verdict::Made(self.refund());
        let id = RefundId::new("dismissed").unwrap();
        let verdict = self.pick(&[made, Verdict::NotMade, Verdict::NotThisOne(id)]);
        let decision = Decision::new("ada", "looked at the provider", verdict);
        let number = refunds_core::journal::IntentNumber(number);
        assert_same(
            what,
            self.memory.decide(&key.money, number, &decision).await,
            self.sqlite().decide(&key.money, number, &decision).await,
        );
    }

    async fn purge(&mut self, what: &str) {
        let mut purge = Purge::older_than(self.pick(&[Duration::ZERO, RESUBMIT]));
        if self.random(2) == 0 {
            purge = purge.and_forget_made();
        }
        if self.has_one_money {
            let count = self.memory.purge(&purge).await.unwrap();
            assert_eq!(self.sqlite().purge(&purge).await.unwrap(), count, "{what}");
        }
    }

    async fn entries(&mut self, what: &str) {
        let mut query = if self.random(2) == 0 { Query::all() } else { Query::unsettled() };
        let about = self.about();
        if self.random(2) == 0 {
            query = query.of_scope(about.money.scope.clone());
        }
        if self.random(2) == 0 {
            query = query.of_payment(&about.payment);
        }
        if self.random(2) == 0 {
            query = query.of_reference(about.reference.clone());
        }
        let limit = usize::try_from(self.random(3) + 1).unwrap();
        let mut page = query.clone().page(None, limit);
        loop {
            let found = self.memory.entries(&page).await.unwrap();
            assert_same(what, Ok(found.clone()), self.sqlite().entries(&page).await);
            let Some(last) = found.last() else { break };
            page = query.clone().page(Some(last), limit);
        }
    }
}

fn assert_same<T: Debug + PartialEq>(
    what: &str,
    memory: refunds_core::Result<T>,
    sqlite: refunds_core::Result<T>,
) {
    match (memory, sqlite) {
        (Ok(memory), Ok(sqlite)) => assert_eq!(sqlite, memory, "{what}"),
        (Err(memory), Err(sqlite)) => assert_eq!(sqlite.to_string(), memory.to_string(), "{what}"),
        (memory, sqlite) => panic!("{what}: {sqlite:?}, and memory answers {memory:?}"),
    }
}
