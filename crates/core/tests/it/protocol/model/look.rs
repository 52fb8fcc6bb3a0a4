//! Looking at the provider's list, and what follows from it.

use super::{
    Event, Model, Outcome, Step,
    config::Guard,
    state::{At, Fate, Intent, Send, Sends, State, bit, places},
};

/// One list, begun now.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    shows: Sends,
    complete: bool,
}

impl Model {
    /// Every list that the provider may return.
    pub(super) fn look(&self, state: &State, worker: usize, steps: &mut Vec<Step>) {
        let made = state.select(|send| send.fate == Fate::Made);
        let sure = state.select(|send| send.fate == Fate::Made && Self::surely_shows(send));
        let perhaps = made & !sure;
        let mut some = perhaps;
        loop {
            self.judge(state, worker, List { shows: sure | some, complete: true }, steps);
            if some == 0 {
                break;
            }
            some = (some - 1) & perhaps;
        }
        // The worst of the incomplete ones shows nothing.
        self.judge(state, worker, List { shows: 0, complete: false }, steps);
        if !self.has(Guard::LookBeforeIntent) {
            self.decide(state, worker, List { shows: 0, complete: true }, Event::SkipsLook(worker), steps);
        }
    }

    fn judge(&self, state: &State, worker: usize, list: List, steps: &mut Vec<Step>) {
        let event = |stored| {
            let mut shows = [0; 2];
            for place in places(list.shows) {
                shows[usize::from(state.send(place).reference)] += 1;
            }
            Event::Looks { shows, complete: list.complete, stored, worker }
        };
        if self.config.hidden {
            self.judge_hidden(state, worker, list, event(false), steps);
        } else {
            let reference = self.reference(worker);
            let own = Self::shown(state, list, reference);
            if let Some(refund) = own {
                let mut next = *state;
                self.settle_made(&mut next, worker, reference, refund);
                self.conclude(steps, event(true), next, worker, Outcome::Made);
                self.conclude(steps, event(false), *state, worker, Outcome::Made);
                return;
            }
            let other = 1 - reference;
            if let Some(refund) = Self::shown(state, list, other)
                && state.unsettled(self.money(worker), other) != 0
            {
                let mut next = *state;
                self.settle_made(&mut next, worker, other, refund);
                Self::again(&mut next.workers[worker]);
                self.push(steps, event(true), next);
            }
            self.decide(state, worker, list, event(false), steps);
        }
    }

    fn shown(state: &State, list: List, reference: u8) -> Option<u8> {
        places(list.shows).find(|place| state.send(*place).reference == reference)
    }

    /// Refunds carry no reference: what is new can be attributed only where it can be one reference's.
    fn judge_hidden(&self, state: &State, worker: usize, list: List, event: Event, steps: &mut Vec<Step>) {
        let mine = self.reference(worker);
        let other = 1 - mine;
        let money = self.money(worker);
        let me = state.workers[worker];
        // As the journal was when it was opened.
        let is_open = |reference| match me.moved {
            true if reference == mine => me.unsettled,
            true => me.other_unsettled,
            false => state.unsettled(money, reference) != 0,
        };
        let candidates = self.candidates(state, worker, list, mine);
        let mut matched = None;
        if list.complete
            && let (Some(refund), None) = first_two(candidates)
        {
            let equal = self.amounts_are_equal();
            if is_open(mine) && !(equal && is_open(other) && self.has(Guard::MatchOnlyWhereOneIsUnsettled)) {
                matched = Some((mine, refund));
            } else if equal && is_open(other) && !is_open(mine) && self.has(Guard::OthersAreSettledToo) {
                matched = Some((other, refund));
            }
        }
        if matched.is_none() && !self.amounts_are_equal() && list.complete && is_open(other) {
            let of_other = self.candidates(state, worker, list, other);
            if let (Some(refund), None) = first_two(of_other)
                && candidates == 0
            {
                matched = Some((other, refund));
            }
        }
        if let Some((target, refund)) = matched {
            let mut next = *state;
            let worker = &mut next.workers[worker];
            (worker.at, worker.own, worker.target) = (At::Matched, refund, target);
            self.push(steps, event, next);
            return;
        }
        let passes = !self.has(Guard::FreshNeverPassesCandidate) && !is_open(mine);
        if candidates != 0 && !state.workers[worker].resend && !passes {
            self.conclude(steps, event, *state, worker, Outcome::Unknown);
            return;
        }
        self.decide(state, worker, list, event, steps);
    }

    /// The listed refunds with the amount of `reference` that belong to no reference yet.
    fn candidates(&self, state: &State, worker: usize, list: List, reference: u8) -> Sends {
        let amount = self.amount(reference);
        let of_amount = state.select(|send| self.amount(send.reference) == amount);
        list.shows & of_amount & !self.known(state, worker)
    }

    /// Stores a match, which holds only if nothing was written since the journal was opened.
    pub(super) fn observe_match(&self, state: &State, worker: usize, steps: &mut Vec<Step>) {
        let event = Event::SettlesByMatch(worker);
        let me = state.workers[worker];
        let mut next = *state;
        if me.moved && self.has(Guard::MatchWithVersion) {
            Self::again(&mut next.workers[worker]);
            self.push(steps, event, next);
            return;
        }
        // Nothing is stored if it is settled differently by now.
        if state.unsettled(self.money(worker), me.target) != 0 {
            self.settle_made(&mut next, worker, me.target, me.own);
        }
        if me.target == self.reference(worker) {
            self.conclude(steps, event, next, worker, Outcome::Made);
        } else {
            Self::again(&mut next.workers[worker]);
            self.push(steps, event, next);
        }
    }

    /// The refund is not seen: whether it may be submitted.
    fn decide(&self, state: &State, worker: usize, list: List, event: Event, steps: &mut Vec<Step>) {
        let me = state.workers[worker];
        let is_open = me.unsettled || me.ambiguous;
        let not_made = if is_open && self.has(Guard::RefusalSaysNothingOfEarlierOnes) {
            Outcome::Unknown
        } else {
            Outcome::NotApplied
        };
        let is_taken_for_whole = !self.has(Guard::IncompleteIsNotAbsent);
        if !list.complete && !me.resend && !is_taken_for_whole {
            self.conclude(steps, event, *state, worker, not_made);
            return;
        }
        let mut next = *state;
        let own = state.unsettled(self.money(worker), self.reference(worker));
        let is_fresh = own & !me.ripe == 0 || !self.has(Guard::LookBeganAfterItsTime);
        if me.blocked || (!is_fresh && !me.resend) {
            Self::again(&mut next.workers[worker]);
            self.push(steps, event, next);
            return;
        }
        if !me.resend && !self.fits(state, worker, list) {
            self.conclude(steps, event, *state, worker, not_made);
            return;
        }
        let me = &mut next.workers[worker];
        me.at = At::Looked;
        me.ripe = self.absent(state, worker, list, own);
        self.push(steps, event, next);
    }

    /// Whether the amount is left, by the list and by what the journal knows that the list may lack.
    fn fits(&self, state: &State, worker: usize, list: List) -> bool {
        let mine = self.reference(worker);
        let other = 1 - mine;
        let money = self.money(worker);
        let mut gone: u8 = places(list.shows).map(|place| self.amount(state.send(place).reference)).sum();
        let made = state.made[usize::from(money)][usize::from(other)];
        if bit(made) & !list.shows != 0 && self.has(Guard::MadeButUnlistedCounts) {
            gone += self.amount(other);
        }
        let young = state.unsettled(money, other) & !state.workers[worker].ripe;
        let is_listed = !self.config.hidden && Self::shown(state, list, other).is_some();
        if young != 0 && !is_listed && self.has(Guard::UnsettledCounts) {
            gone += self.amount(other);
        }
        gone + self.amount(mine) <= self.config.captured
    }

    /// The intents that this look proves absent.
    fn absent(&self, state: &State, worker: usize, list: List, own: Sends) -> Sends {
        let me = state.workers[worker];
        let mine = self.reference(worker);
        let mut absent = 0;
        let closes_nothing = !list.complete && me.resend && self.has(Guard::IncompleteClosesNothingBesideKey);
        if closes_nothing {
            return 0;
        }
        for reference in [mine, 1 - mine] {
            let is_mine = reference == mine;
            let shows_candidate = self.config.hidden
                && self.candidates(state, worker, list, reference) != 0
                && self.has(Guard::NothingAbsentBesideCandidate);
            let is_shown = !self.config.hidden
                && Self::shown(state, list, reference).is_some()
                && self.has(Guard::ShownIsNotAbsent);
            let skipped = (is_mine && me.resend)
                || is_shown
                || shows_candidate
                || (!is_mine && !self.has(Guard::IntendClosesOthers));
            if !skipped {
                absent |= state.unsettled(self.money(worker), reference) & me.ripe;
            }
        }
        if !me.resend && !self.has(Guard::LookBeganAfterItsTime) {
            absent |= own;
        }
        absent
    }

    /// Commits an intent on the look.
    pub(super) fn intend(&self, state: &State, worker: usize, steps: &mut Vec<Step>) {
        let me = state.workers[worker];
        let (mine, money) = (self.reference(worker), self.money(worker));
        let mut next = *state;
        if !self.may_intend(state, worker) {
            Self::again(&mut next.workers[worker]);
            self.push(steps, Event::Intends(worker), next);
            return;
        }
        let failed = state.select(|send| send.intent == Intent::FailedStored) & state.unsettled(money, mine);
        self.settle_not_applied(&mut next, worker);
        Self::close(&mut next, me.ripe);
        let Some(place) = next.free(self.sends) else { return };
        for worker in &mut next.workers {
            worker.before &= !bit(place);
            worker.ripe &= !bit(place);
        }
        if failed != 0 && !me.resend && self.has(Guard::GenerationAfterRepeatedFailure) {
            next.generation[usize::from(mine)] = 1;
        }
        if me.resend && !self.has(Guard::GenerationOnlyAfterRepeatedFailure) {
            next.generation[usize::from(mine)] = 1;
        }
        let generation = next.generation[usize::from(mine)];
        let ages = if self.has(Guard::JournalsClock) { 1 } else { 2 };
        for age in 0..ages {
            let mut next = next;
            let intent = Intent::Open;
            *next.send_mut(place) =
                Send { used: true, reference: mine, money, generation, intent, age, ..Send::default() };
            let me = &mut next.workers[worker];
            me.own = place;
            me.at = if self.has(Guard::WindowFromBeforeIntend) { At::Ready } else { At::Unacknowledged };
            if !self.has_key() {
                // The look is used up.
                (me.ripe, me.blocked, me.resend, me.moved) = (0, false, false, false);
            }
            self.touch(&mut next, Some(worker));
            self.push(steps, Event::Intends(worker), next);
            if !self.has(Guard::DurableBeforeSend) && age == 0 {
                let mut next = next;
                next.send_mut(place).intent = Intent::Closed;
                self.push(steps, Event::IntendsAndLoses(worker), next);
            }
        }
    }

    /// What the transaction checks.
    fn may_intend(&self, state: &State, worker: usize) -> bool {
        let me = state.workers[worker];
        if me.moved && self.has(Guard::Version) {
            return false;
        }
        let (mine, money) = (self.reference(worker), self.money(worker));
        if bit(state.made[usize::from(money)][usize::from(mine)]) != 0 {
            return false;
        }
        let left = state.unsettled(money, mine) & !me.ripe & !bit(me.own);
        if !self.has(Guard::LookBeganAfterItsTime) && !me.resend {
            let young = state.select(|send| send.age < self.resubmit_age());
            return state.unsettled(money, mine) & young == 0;
        }
        left == 0 || (me.resend && (self.may_resend(state, left) || !self.has(Guard::KeyJudgedInIntend)))
    }

    /// Whether the key of each of these intents is still known.
    pub(super) fn may_resend(&self, state: &State, unsettled: Sends) -> bool {
        if !self.has_key() || unsettled == 0 {
            return false;
        }
        let limit = self.key_age();
        let mut intents = places(unsettled).map(|place| *state.send(place));
        if self.has(Guard::RetentionFromEarliest) {
            intents.all(|send| send.intent != Intent::FailedStored && send.age <= limit)
        } else {
            intents.any(|send| send.intent != Intent::FailedStored && send.age <= limit)
        }
    }
}

fn first_two(sends: Sends) -> (Option<u8>, Option<u8>) {
    let mut all = places(sends);
    (all.next(), all.next())
}
