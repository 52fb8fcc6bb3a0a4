//! Random operations in random order.

use std::time::Duration;

use proptest::prelude::*;

use super::{Desk, RETENTION, about, made, unknown};
use crate::{
    Reference, RefundId,
    journal::{Book, Evidence, Intended, Intent, MadeRefund, Outcome, Purge, Seen, Verdict, Version, Why},
};

/// An operation on one money key.
#[derive(Clone, Debug)]
enum Event {
    Intend { reference: usize, hidden: bool, key: bool, all_absent: bool, stale: bool },
    Settle { intent: usize, outcome: usize },
    Observe { reference: usize, id: usize, by_id: bool },
    Decide { intent: usize },
    Purge,
    Pass(u32),
}

fn event() -> impl Strategy<Value = Event> {
    let flags = any::<(bool, bool, bool, bool)>();
    prop_oneof![
        4 => (0..3_usize, flags).prop_map(|(reference, (hidden, key, all_absent, stale))| {
            Event::Intend { reference, hidden, key, all_absent, stale: stale && hidden }
        }),
        4 => (0..8_usize, 0..4_usize).prop_map(|(intent, outcome)| Event::Settle { intent, outcome }),
        2 => (0..3_usize, 0..3_usize, any::<bool>())
            .prop_map(|(reference, id, by_id)| Event::Observe { reference, id, by_id }),
        1 => (0..8_usize).prop_map(|intent| Event::Decide { intent }),
        1 => Just(Event::Purge),
        3 => (1..100_000_u32).prop_map(Event::Pass),
    ]
}

const REFERENCES: [&str; 3] = ["a", "b", "c"];
const IDS: [&str; 3] = ["re_0", "re_1", "re_2"];

impl Desk {
    fn happen(&mut self, event: &Event, sent: &mut Vec<Intent>, before: &Book) {
        match *event {
            Event::Intend { reference, hidden, key, all_absent, stale } => {
                let mut new = self.new_intent(REFERENCES[reference]);
                new.hidden = hidden;
                new.key_retention = key.then_some(RETENTION);
                new.version = if stale { Version(new.version.0.saturating_sub(1)) } else { new.version };
                let intents = before.entries().iter().flat_map(|entry| &entry.intents);
                new.absent = intents.filter(|_| all_absent).map(|intent| intent.number).collect();
                if let Intended::Committed(intent) = self.intend(&new) {
                    assert!(!stale || before.version() == Version(0), "committed on a stale version");
                    assert!(intent.number.0 > before.version().0, "the number is not new");
                    sent.push(intent);
                }
            }
            Event::Settle { intent, outcome } => {
                let at = intent;
                let Some(intent) = sent.get(at).cloned() else { return };
                let outcome = match outcome {
                    0 => Outcome::NotApplied(Why::never_sent()),
                    1 => Outcome::FailedStored(Why::never_sent()),
                    2 => Outcome::Made(made(IDS[at % IDS.len()])),
                    _ => unknown(),
                };
                self.settle(&intent, &outcome);
            }
            Event::Observe { reference, id, by_id } => {
                let about = about(REFERENCES[reference]);
                let evidence = if by_id { Evidence::ById } else { Evidence::Listed };
                let refund = MadeRefund { evidence, ..made(IDS[id]) };
                let seen = [Seen::new(&about.payment, about.reference.clone(), refund)];
                let version = Some(self.book.version());
                self.book.observe(&about.money, &seen, version, self.now, &mut self.counter);
            }
            Event::Decide { intent } => {
                let Some(intent) = sent.get(intent).cloned() else { return };
                let _ = self.decide(&intent, Verdict::NotMade);
            }
            Event::Purge => {
                let what = Purge::older_than(Duration::ZERO);
                self.book.purge(&what, self.now, &mut self.counter);
            }
            Event::Pass(millis) => self.now = self.now.plus(Duration::from_millis(millis.into())),
        }
    }
}

proptest! {
    /// For operations in any order: versions move with each change and only then, a made refund stays made,
    /// an id belongs to one refund, and unsettled refunds are never removed.
    #[test]
    fn whatever_happens(events in prop::collection::vec(event(), 1..40)) {
        let mut desk = Desk::new();
        let mut sent = Vec::new();
        for event in &events {
            let before = desk.book.clone();
            desk.happen(event, &mut sent, &before);
            let after = &desk.book;
            prop_assert_eq!(
                after.version() > before.version(),
                after.entries() != before.entries(),
                "the version, after {:?}", event
            );
            prop_assert_eq!(after.version() < before.version(), false);
            for entry in before.entries() {
                let kept = after.entries().iter().find(|kept| kept.reference == entry.reference);
                let needed = entry.made.is_some() || entry.unsettled().next().is_some();
                prop_assert!(kept.is_some() || !needed, "{:?} is forgotten", entry);
                let id = entry.made.as_ref().map(|made| &made.id);
                let kept = kept.and_then(|kept| kept.made.as_ref());
                prop_assert!(id.is_none_or(|id| kept.is_some_and(|kept| kept.is_called(id))));
            }
            let ids: Vec<&RefundId> = after.entries().iter().filter_map(|entry| Some(&entry.made.as_ref()?.id)).collect();
            prop_assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)), "{:?} have owners", ids);
        }
        let references: Vec<&Reference> = desk.book.entries().iter().map(|entry| &entry.reference).collect();
        prop_assert!(references.len() <= REFERENCES.len());
    }
}
