//! The rules as tables. The journal kit tests their effects.

mod random;

use std::time::Duration;

use super::{Book, Counter, IntentTerms, forget::Need, need};
use crate::{
    CreateRefund, Money, PaymentId, RefundAmount, RefundStatus,
    journal::{
        About, Decision, Entry, Evidence, Intended, Intent, IntentNumber, IntentState, JournalTime,
        MadeRefund, MoneyKey, NewIntent, Outcome, Purge, Scope, Verdict, Why,
    },
};

const SECOND: Duration = Duration::from_secs(1);
/// The time at which each test begins.
const START: JournalTime = JournalTime(1_000_000_000);
/// An hour.
const RETENTION: Duration = Duration::from_secs(3600);

/// A book with its counter and a time.
struct Desk {
    book: Book,
    counter: Counter,
    now: JournalTime,
}

impl Desk {
    fn new() -> Self {
        Self { book: Book::default(), counter: Counter(0), now: START }
    }

    fn new_intent(&self, reference: &str) -> NewIntent {
        let about = about(reference);
        let request = CreateRefund::new(
            about.payment.clone(),
            RefundAmount::Exact(money(100)),
            about.reference.clone(),
        );
        let standing = self.book.standing(&about, self.now);
        let mut new = NewIntent::new(about, request, money(100), &standing);
        (new.window, new.attempt) = (5 * SECOND, 15 * SECOND);
        (new.settle, new.resubmit) = (10 * SECOND, 60 * SECOND);
        new
    }

    fn intend(&mut self, new: &NewIntent) -> Intended {
        self.book.intend(new, self.now, &mut self.counter).unwrap()
    }

    /// Commits an intent, which must succeed.
    fn send(&mut self, reference: &str, change: impl FnOnce(&mut NewIntent)) -> Intent {
        let mut new = self.new_intent(reference);
        change(&mut new);
        match self.intend(&new) {
            Intended::Committed(intent) => intent,
            refused => panic!("{refused:?}"),
        }
    }

    fn settle(&mut self, intent: &Intent, outcome: &Outcome) -> bool {
        self.book.settle(intent.token, outcome, self.now, &mut self.counter)
    }

    fn decide(&mut self, intent: &Intent, verdict: Verdict) -> crate::Result<()> {
        let decision = Decision::new("kari", "looked", verdict);
        self.book.decide(intent.number, &decision, self.now, &mut self.counter)
    }

    fn entry(&self, reference: &str) -> &Entry {
        let is_it = |entry: &&Entry| entry.reference == about(reference).reference;
        self.book.entries().iter().find(is_it).unwrap()
    }

    fn state(&self, intent: &Intent) -> IntentState {
        let mut intents = self.book.entries().iter().flat_map(|entry| &entry.intents);
        intents.find(|kept| kept.token == intent.token).unwrap().state
    }

    /// Brings an intent into a state, directly.
    fn put(&mut self, intent: &Intent, state: IntentState) {
        for entry in &mut self.book.entries {
            if let Some(kept) = entry.intents.iter_mut().find(|kept| kept.token == intent.token) {
                kept.state = state;
                entry.made = (state == IntentState::Made).then(|| made("re_first"));
            }
        }
    }
}

fn money(minor: i64) -> Money {
    Money::new(minor, "NOK".parse().unwrap())
}

fn about(reference: &str) -> About {
    let payment: PaymentId = "pay_1".parse().unwrap();
    let key = MoneyKey::new(Scope::new("memory", "", ""), payment.clone());
    About::new(key, &payment, reference.parse().unwrap())
}

fn made(id: &str) -> MadeRefund {
    MadeRefund::new(id.parse().unwrap(), money(100), RefundStatus::Succeeded, Evidence::Response)
}

fn unknown() -> Outcome {
    Outcome::Unknown { why: Why::never_sent(), suspects: Vec::new(), late: false }
}

#[test]
fn every_outcome_in_every_state() {
    use IntentState::{Absent, FailedStored, Made, NotApplied, NotMade, Open, Unknown};
    #[rustfmt::skip]
    let table = [
        // before       made   not applied   unknown       failed, stored
        (Open,         [Made,  NotApplied,   Unknown,      FailedStored]),
        (Unknown,      [Made,  Unknown,      Unknown,      FailedStored]),
        (FailedStored, [Made,  FailedStored, FailedStored, FailedStored]),
        (Made,         [Made,  Made,         Made,         Made]),
        (NotApplied,   [Made,  NotApplied,   NotApplied,   NotApplied]),
        (Absent,       [Made,  Absent,       Absent,       Absent]),
        (NotMade,      [Made,  NotMade,      NotMade,      NotMade]),
    ];
    assert_eq!(table.map(|(before, _)| before).len(), IntentState::ALL.len());
    let outcomes = [
        Outcome::Made(made("re_first")),
        Outcome::NotApplied(Why::never_sent()),
        unknown(),
        Outcome::FailedStored(Why::never_sent()),
    ];
    for (before, row) in table {
        for (after, outcome) in row.into_iter().zip(&outcomes) {
            let mut desk = Desk::new();
            let intent = desk.send("a", |_| {});
            desk.put(&intent, before);
            let version = desk.book.version();
            let changed = desk.settle(&intent, outcome);
            assert_eq!(desk.state(&intent), after, "{before:?}, then {outcome:?}");
            assert_eq!(changed, before != after, "{before:?}, then {outcome:?}");
            assert_eq!(desk.book.version() != version, changed, "a version moves with a change, only");
            assert_eq!(desk.entry("a").made.is_some(), after == Made, "{before:?}, then {outcome:?}");
            assert!(!desk.settle(&intent, outcome), "{outcome:?} twice");
        }
    }
}

/// Until when an intent is blocked.
#[derive(Clone, Copy, Debug)]
enum Until {
    Free,
    NotAfter,
    Unsettled,
    Resubmit,
}

/// What blocks a new intent, next to one of another or the same reference: what the client sees before the
/// lookup, and what the journal enforces.
#[test]
fn what_blocks_an_intent_and_until_when() {
    use IntentState::{Absent, FailedStored, Made, NotApplied, NotMade, Open, Unknown};
    use Until::{Free, NotAfter, Resubmit, Unsettled};
    // Same reference, state of the first, unreported references, equal amounts, key.
    #[rustfmt::skip]
    let table = [
        (false, Open,         false, true,  false, Unsettled),
        (false, Unknown,      false, true,  false, Unsettled),
        (false, FailedStored, false, true,  false, Unsettled),
        (false, Unknown,      false, false, false, Unsettled),
        (false, Unknown,      false, true,  true,  Unsettled),
        (false, Unknown,      true,  true,  false, Resubmit),
        (false, Unknown,      true,  true,  true,  Resubmit),
        (false, Open,         true,  true,  false, Resubmit),
        (false, Unknown,      true,  false, false, Unsettled),
        (false, Made,         true,  true,  false, Free),
        (false, NotApplied,   true,  true,  false, Free),
        (false, Absent,       true,  true,  false, Free),
        (false, NotMade,      true,  true,  false, Free),
        (true,  Open,         false, true,  false, Resubmit),
        (true,  Unknown,      false, true,  false, Resubmit),
        (true,  FailedStored, false, true,  false, Resubmit),
        (true,  Open,         false, true,  true,  NotAfter),
        (true,  Unknown,      false, true,  true,  Free),
        (true,  FailedStored, false, true,  true,  Resubmit),
        (true,  NotApplied,   false, true,  false, Free),
        (true,  Absent,       false, true,  false, Free),
        (true,  NotMade,      false, true,  false, Free),
    ];
    for (own, state, hidden, equal, key, until) in table {
        let row = (own, state, hidden, equal, key, until);
        let mut desk = Desk::new();
        let prepare = |new: &mut NewIntent| {
            new.hidden = hidden;
            new.key_retention = key.then_some(RETENTION);
        };
        let first = desk.send("a", prepare);
        desk.put(&first, state);
        let end = match until {
            Free => None,
            NotAfter => Some(first.not_after),
            Unsettled => Some(first.unsettled_until),
            Resubmit => Some(first.resubmit_from),
        };
        let times = end.map_or(vec![(START, true)], |end| vec![(JournalTime(end.0 - 1), false), (end, true)]);
        for (now, is_free) in times {
            desk.now = now;
            let mut new = desk.new_intent(if own { "a" } else { "b" });
            prepare(&mut new);
            new.amount = if equal { money(100) } else { money(99) };
            // The lookup proves everything that it can.
            new.absent = vec![first.number];
            let (book, counter) = (desk.book.clone(), desk.counter);
            let is_committed = matches!(desk.intend(&new), Intended::Committed(_));
            assert_eq!(is_committed, is_free, "{row:?} at {}", now.since(START).as_millis());
            if !is_free {
                assert_eq!((&desk.book, desk.counter), (&book, counter), "{row:?}: refused, and written");
            }
            // The client may look too early, but must never wait for an intent that is not blocked.
            let terms = IntentTerms { amount: Some(new.amount), hidden, key: key.then_some(0) };
            let block = book.standing(&new.about, now).block(terms);
            assert!(!is_free || block.is_none(), "{row:?}: free, and the client waits: {block:?}");
            assert!(
                block.is_none_or(|block| Some(block.until) <= end),
                "{row:?}: it waits too long: {block:?}"
            );
        }
    }
}

#[test]
fn when_a_key_may_be_used() {
    use IntentState::{FailedStored, Unknown};
    // States of two unsettled intents, the entry's generation, that of the new one, whether the look
    // proves both absent, seconds since the first.
    #[rustfmt::skip]
    let table = [
        ([Unknown, Unknown],      0, 0, false, 30,   true),
        ([Unknown, FailedStored], 0, 0, false, 30,   false),
        ([FailedStored, Unknown], 0, 0, false, 30,   false),
        ([Unknown, Unknown],      0, 1, false, 30,   false),
        ([Unknown, FailedStored], 0, 1, false, 500,  false),
        ([Unknown, FailedStored], 0, 1, true,  30,   false),
        ([Unknown, FailedStored], 0, 1, true,  500,  true),
        ([Unknown, Unknown],      1, 0, false, 30,   false),
        ([Unknown, Unknown],      1, 1, false, 30,   true),
        // The first one's key: an hour less window, attempt and resubmit time.
        ([Unknown, Unknown],      0, 0, false, 3520, true),
        ([Unknown, Unknown],      0, 0, false, 3521, false),
        ([Unknown, Unknown],      0, 0, true,  3521, true),
    ];
    for row in table {
        let (states, stored, generation, absent, seconds, is_free) = row;
        let mut desk = Desk::new();
        let key = |new: &mut NewIntent| {
            new.key_retention = Some(RETENTION);
            new.generation = stored;
        };
        let first = desk.send("a", key);
        desk.put(&first, Unknown);
        desk.now = START.plus(10 * SECOND);
        let second = desk.send("a", key);
        desk.put(&first, states[0]);
        desk.put(&second, states[1]);
        desk.now = START.plus(seconds * SECOND);
        let mut new = desk.new_intent("a");
        key(&mut new);
        new.generation = generation;
        new.absent = if absent { vec![first.number, second.number] } else { Vec::new() };
        let is_committed = matches!(desk.intend(&new), Intended::Committed(_));
        assert_eq!(is_committed, is_free, "{row:?}");
        let kept = if is_free { generation } else { stored };
        assert_eq!(desk.entry("a").generation, kept, "{row:?}");
    }
}

#[test]
fn what_may_be_forgotten() {
    use IntentState::{Absent, FailedStored, Made, NotApplied, NotMade, Open, Unknown};
    // State, unreported references, other refunds of the money settled.
    let table = [
        (Open, false, true, None),
        (Unknown, false, true, None),
        (FailedStored, true, true, None),
        (NotApplied, false, true, Some(Need::NothingMade)),
        (Absent, true, false, Some(Need::NothingMade)),
        (NotMade, false, false, Some(Need::NothingMade)),
        (Made, false, true, Some(Need::Shown)),
        (Made, false, false, Some(Need::Shown)),
        (Made, true, true, Some(Need::Hidden)),
        (Made, true, false, None),
    ];
    for (state, hidden, settled, wanted) in table {
        let mut desk = Desk::new();
        let intent = desk.send("a", |new| new.hidden = hidden);
        desk.put(&intent, state);
        let entry = desk.entry("a");
        let old = intent.resubmit_from;
        assert_eq!(need(entry, settled, old), wanted, "{state:?}, hidden {hidden}, settled {settled}");
        assert_eq!(need(entry, settled, JournalTime(old.0 - 1)), None, "{state:?} is needed before that");

        // A purge removes what it should, and moves the version.
        for forget_made in [false, true] {
            let (mut book, mut counter) = (desk.book.clone(), desk.counter);
            let what = Purge { older_than: Duration::ZERO, forget_made };
            let alone = need(entry, true, old);
            let count = book.purge(&what, old, &mut counter);
            let is_gone = alone == Some(Need::NothingMade) || (forget_made && alone.is_some());
            assert_eq!(book.entries().is_empty(), is_gone, "{state:?}, forget made: {forget_made}");
            assert_eq!(book.version() > desk.book.version(), count > 0, "{state:?}");
            assert_eq!(count > 0, alone.is_some(), "{state:?}");
        }
    }
}

#[test]
fn what_a_person_may_decide() {
    use IntentState::{Absent, FailedStored, Made, NotApplied, NotMade, Open, Unknown};
    // The states of an earlier and the newest intent, before and from unsettled_until on.
    let table = [
        (None, Open, [false, true]),
        (None, Unknown, [false, true]),
        (None, FailedStored, [false, true]),
        (None, Made, [false, false]),
        (None, NotApplied, [false, false]),
        (None, Absent, [false, false]),
        (None, NotMade, [false, false]),
        (Some(Unknown), NotApplied, [false, true]),
        (Some(NotApplied), Unknown, [false, true]),
        (Some(Absent), NotApplied, [false, false]),
    ];
    for (earlier, newest, wanted) in table {
        for (at, wanted) in wanted.into_iter().enumerate() {
            let mut desk = Desk::new();
            let key = |new: &mut NewIntent| new.key_retention = Some(RETENTION);
            let first = earlier.map(|state| {
                let first = desk.send("a", key);
                desk.put(&first, Unknown);
                (first, state)
            });
            let last = desk.send("a", key);
            if let Some((first, state)) = &first {
                desk.put(first, *state);
            }
            desk.put(&last, newest);
            desk.now = if at == 0 { JournalTime(last.unsettled_until.0 - 1) } else { last.unsettled_until };
            let row = (earlier, newest, at);
            assert_eq!(desk.decide(&last, Verdict::NotMade).is_ok(), wanted, "{row:?}");
            assert!(
                desk.decide(&Intent { number: IntentNumber(0), ..last.clone() }, Verdict::NotMade).is_err()
            );
            if let (Some((first, _)), true) = (&first, wanted) {
                assert!(!desk.state(first).is_open_ended(), "{row:?}: one is left open");
                assert!(desk.decide(first, Verdict::NotMade).is_err(), "{row:?}: an older one");
            }
        }
    }
}

#[test]
fn a_standing_shows_other_refunds_that_matter() {
    use IntentState::{Absent, Made, NotApplied, NotMade, Unknown};
    let mut desk = Desk::new();
    for (reference, state) in [
        ("absent", Absent),
        ("refused", NotApplied),
        ("made", Made),
        ("not-made", NotMade),
        ("mine", NotApplied),
    ] {
        let intent = desk.send(reference, |_| {});
        desk.put(&intent, state);
    }
    let open = desk.send("unknown", |_| {});
    desk.put(&open, Unknown);
    let standing = desk.book.standing(&about("mine"), desk.now);
    let others: Vec<_> = standing.others.iter().map(|entry| entry.reference.as_str()).collect();
    assert_eq!(others, ["made", "unknown"]);
    assert!(standing.others.iter().all(|entry| entry.request.is_none()), "requests are not theirs");
    assert_eq!(standing.others[0].intents, [], "neither is what was settled");
    assert_eq!(standing.mine.unwrap().intents.len(), 1);
    assert_eq!(standing.version, desk.book.version());
}

#[test]
fn changed_entries_are_those_to_store() {
    let mut desk = Desk::new();
    let first = desk.send("a", |_| {});
    desk.put(&first, IntentState::Unknown);
    desk.now = first.resubmit_from;
    desk.book = Book::new(desk.book.version(), desk.book.entries().to_vec());
    assert_eq!(desk.book.changed().count(), 0, "it was just loaded");
    // The lookup for one refund closes another's intent.
    desk.send("b", |new| new.absent = vec![first.number]);
    let changed: Vec<_> = desk.book.changed().map(|entry| entry.reference.as_str()).collect();
    assert_eq!(changed, ["a", "b"]);
}
