//! Helpers of the journal cases.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll, time::Duration};

use uuid::Uuid;

use super::{CommitFault, JournalHarness, ManualClock};
use crate::{
    CreateRefund, Currency, Money, PaymentId, Reference, RefundAmount, RefundId, RefundLine, RefundStatus,
    journal::{
        About, Adopt, Decision, Entry, Evidence, Intended, Intent, IntentKey, IntentState, Journal,
        JournalTime, MadeRefund, MoneyKey, NewIntent, Observed, Outcome, Query, Scope, Seen, Standing,
        Verdict as Word, Version, Why,
    },
    testing::verdict::{Verdict, ensure, failed, ok, skipped},
};

/// The durations of an intent, unless the case sets others.
pub(crate) const WINDOW: Duration = Duration::from_secs(5);
pub(crate) const ATTEMPT: Duration = Duration::from_secs(15);
pub(crate) const SETTLE: Duration = Duration::from_secs(10);
pub(crate) const RESUBMIT: Duration = Duration::from_secs(60);
/// How long an idempotency key is remembered, where the case has one.
pub(crate) const RETENTION: Duration = Duration::from_secs(3600);
/// How long an adopted refund must be kept.
pub(crate) const ADOPTED_FOR: Duration = Duration::from_secs(60);
/// The amount of a refund, unless the case sets another.
pub(crate) const AMOUNT: i64 = 14950;
pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// The smallest difference between two times.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// How often a condition that comes true eventually is checked, and the pause in between.
const LOOKS: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(1);

/// A harness and the journal of a case, with helpers for cases.
#[derive(Clone, Copy)]
pub(crate) struct JournalKit<'a> {
    pub(crate) harness: &'a dyn JournalHarness,
    pub(crate) clock: &'a ManualClock,
    pub(crate) journal: &'a Arc<dyn Journal>,
}

/// An intent that was committed.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) about: About,
    pub(crate) intent: Intent,
    pub(crate) key: IntentKey,
}

impl<'a> JournalKit<'a> {
    /// The same kit on another journal.
    pub(crate) fn on<'b>(self, journal: &'b Arc<dyn Journal>) -> JournalKit<'b>
    where
        'a: 'b,
    {
        JournalKit { harness: self.harness, clock: self.clock, journal }
    }

    /// The journal as a new process opens it.
    pub(crate) async fn reopened(self) -> Verdict<Arc<dyn Journal>> {
        let reopened = self.harness.reopen(self.clock.shared()).await;
        reopened.ok_or_else(|| skipped("the journal does not outlive its process"))
    }

    /// The journal of another process, or the same one where there cannot be another.
    pub(crate) async fn other_process(self) -> Arc<dyn Journal> {
        self.harness.reopen(self.clock.shared()).await.unwrap_or_else(|| Arc::clone(self.journal))
    }

    pub(crate) async fn fail_next_commit(self, fault: CommitFault) -> Verdict {
        if self.harness.fail_next_commit(fault).await {
            return Ok(());
        }
        Err(skipped("the harness cannot make a commit fail"))
    }

    pub(crate) fn pass(self, duration: Duration) {
        self.clock.advance(duration);
    }

    pub(crate) async fn now(self) -> Verdict<JournalTime> {
        ok("the journal's time", self.journal.now().await)
    }

    /// Advances the clock until it is `time` for the journal.
    pub(crate) async fn pass_until(self, time: JournalTime) -> Verdict {
        let now = self.now().await?;
        ensure!(now <= time, "the case is late: the journal's time is already {}, not {}", now.0, time.0);
        self.pass(time.since(now));
        let now = self.now().await?;
        ensure!(now == time, "after the clock was advanced to {}, the journal's time is {}", time.0, now.0);
        Ok(())
    }

    pub(crate) async fn open(self, about: &About) -> Verdict<Standing> {
        ok("opening", self.journal.open(about).await)
    }

    /// Opens, and intends `AMOUNT` without a key.
    pub(crate) async fn send(self, about: &About) -> Verdict<Sent> {
        self.send_as(about, |_| {}).await
    }

    /// As [`send`](Self::send), and settles the intent.
    pub(crate) async fn send_and_settle(self, about: &About, outcome: &Outcome) -> Verdict<Sent> {
        let sent = self.send(about).await?;
        self.settle(&sent, outcome).await?;
        Ok(sent)
    }

    /// As [`send`](Self::send), with a key.
    pub(crate) async fn send_with_key(self, about: &About) -> Verdict<Sent> {
        self.send_as(about, |new| new.key_retention = Some(RETENTION)).await
    }

    /// As [`send`](Self::send), with the intent changed before.
    pub(crate) async fn send_as(self, about: &About, change: impl FnOnce(&mut NewIntent)) -> Verdict<Sent> {
        let standing = self.open(about).await?;
        let mut new = new_intent(about, &standing);
        change(&mut new);
        self.commit(&new).await
    }

    /// As [`send`](Self::send), on a journal that may have to evict an entry first: the version of a
    /// payment without entries may move by that, which requires a second look.
    pub(crate) async fn send_making_room(self, about: &About) -> Verdict<Sent> {
        let new = new_intent(about, &self.open(about).await?);
        match ok("intending", self.journal.intend(&new).await)? {
            Intended::Committed(intent) => Ok(Sent { about: about.clone(), intent, key: new.key() }),
            Intended::Moved(_) => self.send(about).await,
            Intended::Full => Err(failed("it returns full, but has entries that may be evicted")),
        }
    }

    /// Commits an intent, which must succeed.
    pub(crate) async fn commit(self, new: &NewIntent) -> Verdict<Sent> {
        match ok("intending", self.journal.intend(new).await)? {
            Intended::Committed(intent) => Ok(Sent { about: new.about.clone(), intent, key: new.key() }),
            Intended::Moved(_) => Err(failed("an intent that must be committed is refused: moved")),
            Intended::Full => Err(failed("an intent that must be committed is refused: full")),
        }
    }

    /// Fails unless the intent is refused.
    pub(crate) async fn refuse(self, new: &NewIntent, because: &str) -> Verdict<Standing> {
        let standing = match ok("intending", self.journal.intend(new).await)? {
            Intended::Moved(standing) => standing,
            Intended::Committed(_) => return Err(failed(format!("{because}, but the intent was committed"))),
            Intended::Full => return Err(failed(format!("{because}, but the journal returns full"))),
        };
        let entry = self.entry(&new.about).await?;
        let stored = entry.is_some_and(|entry| entry.intents.iter().any(|intent| intent.token == new.token));
        ensure!(!stored, "{because}: refused, but stored");
        Ok(*standing)
    }

    /// As [`refuse`](Self::refuse), for an intent based on the present standing.
    pub(crate) async fn refuse_now(
        self,
        about: &About,
        because: &str,
        change: impl FnOnce(&mut NewIntent),
    ) -> Verdict {
        let standing = self.open(about).await?;
        let mut new = new_intent(about, &standing);
        change(&mut new);
        self.refuse(&new, because).await.map(drop)
    }

    pub(crate) async fn settle(self, sent: &Sent, outcome: &Outcome) -> Verdict {
        ok("settling", self.journal.settle(&sent.key, outcome).await)
    }

    /// Observes the refund of `about`.
    pub(crate) async fn observe(
        self,
        about: &About,
        refund: MadeRefund,
        since: Option<Version>,
    ) -> Verdict<Observed> {
        let seen = [Seen::new(&about.payment, about.reference.clone(), refund)];
        ok("observing", self.journal.observe(&about.money, &seen, since).await)
    }

    /// As [`observe`](Self::observe), for a refund that the journal is to store.
    pub(crate) async fn adopt(self, about: &About, refund: MadeRefund, hidden: bool) -> Verdict<Observed> {
        let adopt = Adopt::new(request(about, amount()), hidden, ADOPTED_FOR);
        let seen = [Seen::new(&about.payment, about.reference.clone(), refund).adopted(adopt)];
        ok("observing", self.journal.observe(&about.money, &seen, None).await)
    }

    /// The entry as a query reads it.
    pub(crate) async fn entry(self, about: &About) -> Verdict<Option<Entry>> {
        let query = Query::all().of_scope(about.money.scope.clone()).of_payment(&about.payment);
        let query = query.of_reference(about.reference.clone());
        let mut entries = ok("reading entries", self.journal.entries(&query).await)?;
        ensure!(entries.len() <= 1, "one refund has {} entries", entries.len());
        Ok(entries.pop())
    }

    /// The entry, which must exist and be the same in `open`.
    pub(crate) async fn known(self, about: &About) -> Verdict<Entry> {
        let entry = self.entry(about).await?;
        let opened = self.open(about).await?.mine;
        ensure!(entry == opened, "`entries` returns {entry:?}, `open` returns {opened:?}");
        entry.ok_or_else(|| failed(format!("the journal has no entry for the refund {}", about.reference)))
    }

    /// The intent as it is stored.
    pub(crate) async fn intent(self, sent: &Sent) -> Verdict<Intent> {
        let entry = self.known(&sent.about).await?;
        let mut found = entry.intents.into_iter().filter(|intent| intent.token == sent.key.token);
        let intent = found.next().ok_or_else(|| failed("the intent is not stored"))?;
        ensure!(found.next().is_none(), "the intent is stored twice");
        ensure!(
            intent.number == sent.intent.number,
            "the number of intent {} became {}",
            sent.intent.number,
            intent.number
        );
        Ok(intent)
    }

    pub(crate) async fn ensure_state(self, sent: &Sent, state: IntentState, when: &str) -> Verdict {
        let intent = self.intent(sent).await?;
        ensure!(
            intent.state == state,
            "{when}: the intent is {}, expected {}",
            intent.state.as_str(),
            state.as_str()
        );
        Ok(())
    }

    pub(crate) async fn ensure_made(self, about: &About, id: &RefundId, when: &str) -> Verdict {
        let entry = self.known(about).await?;
        let made = entry.made.map(|made| made.id);
        ensure!(made.as_ref() == Some(id), "{when}: the made refund is {made:?}, expected {id}");
        Ok(())
    }

    pub(crate) async fn ensure_not_made(self, about: &About, when: &str) -> Verdict {
        let made = self.entry(about).await?.and_then(|entry| entry.made);
        ensure!(made.is_none(), "{when}: the made refund is {made:?}, expected none");
        Ok(())
    }

    /// Brings an intent into a state by ordinary calls.
    pub(crate) async fn bring_to(self, sent: &Sent, state: IntentState) -> Verdict {
        match state {
            IntentState::Open => {}
            IntentState::Unknown => self.settle(sent, &unknown()).await?,
            IntentState::FailedStored => self.settle(sent, &Outcome::FailedStored(why())).await?,
            IntentState::Made => self.settle(sent, &Outcome::Made(made("re_made"))).await?,
            IntentState::NotApplied => self.settle(sent, &not_applied()).await?,
            IntentState::Absent => {
                self.pass_until(sent.intent.resubmit_from).await?;
                // The look for another refund also covered it.
                let other = beside(&sent.about);
                let next = self.send_as(&other, |new| new.absent = vec![sent.intent.number]).await?;
                self.settle(&next, &not_applied()).await?;
            }
            IntentState::NotMade => {
                self.pass_until(sent.intent.unsettled_until).await?;
                let decision = not_made();
                let decided = self.journal.decide(&sent.about.money, sent.intent.number, &decision).await;
                ok("deciding that it is not made", decided)?;
            }
        }
        self.ensure_state(sent, state, "prepared").await
    }

    /// Waits until a condition comes true.
    pub(crate) async fn eventually<F>(self, what: &str, mut is_so: impl FnMut() -> F) -> Verdict
    where
        F: Future<Output = Verdict<bool>>,
    {
        for _ in 0..LOOKS {
            if is_so().await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(failed(format!("{what}: not within {LOOKS} checks")))
    }

    /// Advances the clock until `waiting` ends, and returns how far.
    pub(crate) async fn run_until<T>(
        self,
        what: &str,
        at_most: Duration,
        waiting: impl Future<Output = T>,
    ) -> Verdict<(T, Duration)> {
        let mut waiting = std::pin::pin!(waiting);
        let mut ran = Duration::ZERO;
        let step = at_most / 20;
        loop {
            // Gives journals that wait in their own thread a moment.
            if let Ok(ended) = tokio::time::timeout(PAUSE, &mut waiting).await {
                return Ok((ended, ran));
            }
            ensure!(ran < at_most * 50, "{what}: it does not end");
            self.pass(step);
            ran += step;
        }
    }
}

/// A new account.
pub(crate) fn new_scope() -> Scope {
    Scope::new("kit", Uuid::new_v4().simple().to_string(), "https://api.example.com")
}

/// A refund of a new payment.
pub(crate) fn new_refund() -> About {
    let money = MoneyKey::new(new_scope(), new_payment());
    About::new(money.clone(), &money.id, Reference::random())
}

/// Another refund of the same payment.
pub(crate) fn beside(about: &About) -> About {
    About::new(about.money.clone(), &about.payment, Reference::random())
}

/// An intent with durations but without a key.
pub(crate) fn new_intent(about: &About, standing: &Standing) -> NewIntent {
    let mut new = NewIntent::new(about.clone(), request(about, amount()), amount(), standing);
    (new.window, new.attempt, new.settle, new.resubmit) = (WINDOW, ATTEMPT, SETTLE, RESUBMIT);
    new
}

pub(crate) fn request(about: &About, amount: Money) -> CreateRefund {
    CreateRefund::new(about.payment.clone(), RefundAmount::Exact(amount), about.reference.clone())
        .with_reason("one of two items returned")
        .with_metadata("order", "551")
        .with_line_if_supported(RefundLine::new("1", amount))
        .with_option("instant", "true")
}

pub(crate) fn new_payment() -> PaymentId {
    PaymentId::trusted(format!("pay_{}", Uuid::new_v4().simple()))
}

pub(crate) fn refund_id(id: &str) -> RefundId {
    RefundId::trusted(id.to_owned())
}

pub(crate) fn money_of(minor: i64) -> Money {
    Money::new(minor, Currency::new("NOK").unwrap_or_else(|error| unreachable!("a currency: {error}")))
}

pub(crate) fn amount() -> Money {
    money_of(AMOUNT)
}

pub(crate) fn made(id: &str) -> MadeRefund {
    MadeRefund::new(refund_id(id), amount(), RefundStatus::Succeeded, Evidence::Response)
}

pub(crate) fn listed(id: &str) -> MadeRefund {
    MadeRefund { evidence: Evidence::Listed, ..made(id) }
}

pub(crate) fn by_id(id: &str) -> MadeRefund {
    MadeRefund { evidence: Evidence::ById, ..made(id) }
}

pub(crate) fn why() -> Why {
    let error = crate::Error::new(crate::ErrorKind::Timeout, "no response").with_code("gateway_timeout");
    Why::of(&error)
}

pub(crate) fn unknown() -> Outcome {
    Outcome::Unknown { why: why(), suspects: Vec::new(), late: false }
}

pub(crate) fn not_applied() -> Outcome {
    Outcome::NotApplied(Why::never_sent())
}

pub(crate) fn refusal() -> Outcome {
    Outcome::NotApplied(why().with_refused())
}

/// A person's decision that a refund was not made.
pub(crate) fn not_made() -> Decision {
    Decision::new("kari", "not on the settlement report", Word::NotMade)
}

/// Polls it once, like a call that is dropped at its first wait.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
}
