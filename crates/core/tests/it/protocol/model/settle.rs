//! What is written into the journal after a commit.

use super::{
    Model,
    config::Guard,
    state::{Intent, NONE, Sends, State, places},
};

impl Model {
    /// Settles intents as not applied or absent.
    pub(super) fn close(state: &mut State, sends: Sends) {
        for place in places(sends) {
            state.send_mut(place).intent = Intent::Closed;
        }
    }

    /// Settles the worker's own intent as not applied; nothing changes where it is settled already.
    pub(super) fn settle_not_applied(&self, state: &mut State, worker: usize) {
        let Some(own) = Self::own(state, worker) else { return };
        let target = if self.has(Guard::OutcomeOfItsOwnNumber) { own } else { self.newest(state, worker) };
        if target != NONE && state.send(target).intent == Intent::Open {
            state.send_mut(target).intent = Intent::Closed;
            self.touch(state, Some(worker));
        }
    }

    /// Settles the worker's own intent as unknown.
    pub(super) fn settle_unknown(&self, state: &mut State, worker: usize, as_failed: bool) {
        let Some(own) = Self::own(state, worker) else { return };
        let frees = !self.has(Guard::UnknownFreesNothing);
        let send = state.send_mut(own);
        let was = send.intent;
        send.intent = match was {
            Intent::Open | Intent::Unknown if frees => Intent::Closed,
            Intent::Open | Intent::Unknown if as_failed => Intent::FailedStored,
            // Without a key, there is no difference.
            Intent::Open if self.has_key() => Intent::Unknown,
            intent => intent,
        };
        if send.intent != was {
            self.touch(state, Some(worker));
        }
    }

    /// Stores a refund as made by `reference`. That ends all its intents.
    pub(super) fn settle_made(&self, state: &mut State, worker: usize, reference: u8, refund: u8) {
        let money = self.money(worker);
        let known = &mut state.made[usize::from(money)][usize::from(reference)];
        let was = *known;
        if was == NONE && self.has(Guard::MemoryOfMade) {
            *known = refund;
        }
        let intents = state.select(|send| {
            send.reference == reference && send.money == money && send.intent != Intent::Closed
        });
        Self::close(state, intents);
        if was == NONE || intents != 0 {
            self.touch(state, Some(worker));
        }
    }

    /// The youngest unsettled intent of the worker's reference.
    fn newest(&self, state: &State, worker: usize) -> u8 {
        let unsettled = state.unsettled(self.money(worker), self.reference(worker));
        places(unsettled).min_by_key(|place| state.send(*place).age).unwrap_or(NONE)
    }
}
