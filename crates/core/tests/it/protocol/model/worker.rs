//! The steps of one worker: §5, reduced to its decisions.

use super::{
    Event, Model, Outcome, Step,
    config::{Guard, UNSETTLED, WINDOW},
    state::{At, Fate, Intent, NONE, Response, State, Wire, Worker},
};

impl Model {
    pub(super) fn worker_steps(&self, state: &State, worker: usize, steps: &mut Vec<Step>) {
        let me = state.workers[worker];
        match me.at {
            At::Top => self.open(state, worker, steps),
            At::Opened => self.look(state, worker, steps),
            At::Matched => self.observe_match(state, worker, steps),
            At::Looked => self.intend(state, worker, steps),
            At::Unacknowledged => {
                let mut next = *state;
                next.workers[worker].at = At::Ready;
                self.push(steps, Event::Acknowledged(worker), next);
            }
            At::Ready => self.submit(state, worker, steps),
            At::Waiting => self.learn(state, worker, steps),
        }
        if me != Worker::default() {
            let mut next = *state;
            Self::end_connection(&mut next, worker);
            next.workers[worker] = Worker::default();
            self.push(steps, Event::Crashes(worker), next);
        }
    }

    fn end_connection(state: &mut State, worker: usize) {
        let Some(own) = Self::own(state, worker) else { return };
        if state.workers[worker].at == At::Waiting && state.send(own).wire == Wire::Open {
            let send = state.send_mut(own);
            (send.wire, send.wire_age) = (Wire::Ended, 0);
        }
    }

    fn open(&self, state: &State, worker: usize, steps: &mut Vec<Step>) {
        let event = Event::OpensJournal(worker);
        let (mine, money) = (self.reference(worker), self.money(worker));
        let mut next = *state;
        if !next.workers[worker].in_call {
            let before = state.select(|send| send.reference == mine && send.may_apply() && !send.forgotten);
            (next.workers[worker].in_call, next.workers[worker].before) = (true, before);
        }
        if state.made[usize::from(money)][usize::from(mine)] != NONE {
            self.conclude(steps, event, next, worker, Outcome::Made);
            return;
        }
        let own = state.unsettled(money, mine);
        let other = state.unsettled(money, 1 - mine);
        let younger = |age: u8| state.select(|send| send.age < age);
        let resend = self.may_resend(state, own);
        let other_rests =
            if self.config.hidden && self.amounts_are_equal() && self.has(Guard::EqualHiddenAmountsWait) {
                self.resubmit_age()
            } else {
                UNSETTLED
            };
        let open = state.select(|send| send.intent == Intent::Open);
        let own_rests = if resend { WINDOW } else { UNSETTLED };
        let me = &mut next.workers[worker];
        me.at = At::Opened;
        me.unsettled = own != 0;
        me.blocked = other & younger(other_rests) != 0 || own & open & younger(own_rests) != 0;
        me.resend = resend;
        me.other_unsettled = other != 0 && !self.has(Guard::MatchWithVersion);
        me.ripe = (own | other) & !younger(self.resubmit_age());
        self.push(steps, event, next);
    }

    fn submit(&self, state: &State, worker: usize, steps: &mut Vec<Step>) {
        let me = state.workers[worker];
        if me.window <= WINDOW || !self.has(Guard::NotAfterAtBytes) {
            let mut next = *state;
            let send = next.send_mut(me.own);
            (send.wire, send.wire_age) = (Wire::Open, 0);
            let sender = &mut next.workers[worker];
            sender.at = At::Waiting;
            sender.window = 0;
            sender.before |= 1 << me.own;
            self.push(steps, Event::Submits(worker), next);
        }
        // The window is over, the acknowledgement was lost, or the call is dropped.
        let mut next = *state;
        self.settle_not_applied(&mut next, worker);
        Self::again(&mut next.workers[worker]);
        self.push(steps, Event::SettlesNeverSent(worker), next);
    }

    fn learn(&self, state: &State, worker: usize, steps: &mut Vec<Step>) {
        let me = state.workers[worker];
        let send = *state.send(me.own);
        if !self.has(Guard::DroppingFreesNothing) {
            let mut next = *state;
            Self::end_connection(&mut next, worker);
            self.settle_not_applied(&mut next, worker);
            next.workers[worker] = Worker::default();
            self.push(steps, Event::DropsWhileSending(worker), next);
        }
        if send.wire == Wire::Open {
            return;
        }
        let is_open = me.unsettled || me.ambiguous;
        let event = |stored| Event::Learns { response: send.response, stored, worker };
        match send.response {
            Response::Made => {
                let mut next = *state;
                self.settle_made(&mut next, worker, self.reference(worker), Self::refund_of(state, me.own));
                self.conclude(steps, event(true), next, worker, Outcome::Made);
                self.conclude(steps, event(false), *state, worker, Outcome::Made);
            }
            Response::Refused => {
                let careful = is_open && self.has(Guard::RefusalSaysNothingOfEarlierOnes);
                let outcome = if careful { Outcome::Unknown } else { Outcome::NotApplied };
                let mut next = *state;
                self.settle_not_applied(&mut next, worker);
                self.conclude(steps, event(true), next, worker, outcome);
                self.conclude(steps, event(false), *state, worker, outcome);
            }
            Response::NotProcessed => self.not_processed(state, worker, event(true), steps),
            Response::Lost | Response::FailureRepeated => {
                let mut next = *state;
                self.settle_unknown(&mut next, worker, send.response == Response::FailureRepeated);
                for (stored, mut next) in [(true, next), (false, *state)] {
                    let me = &mut next.workers[worker];
                    me.ambiguous = true;
                    Self::again(me);
                    self.push(steps, event(stored), next);
                }
            }
        }
    }

    /// The attempt is settled by the next commit, on the same look where a key is honoured.
    fn not_processed(&self, state: &State, worker: usize, event: Event, steps: &mut Vec<Step>) {
        let me = state.workers[worker];
        let mut next = *state;
        if self.has_key() && !(me.moved && self.has(Guard::Version)) {
            next.workers[worker].at = At::Looked;
            self.push(steps, event, next);
        } else {
            self.settle_not_applied(&mut next, worker);
            Self::again(&mut next.workers[worker]);
            self.push(steps, event, next);
        }
        // Or it gives up.
        let mut next = *state;
        self.settle_not_applied(&mut next, worker);
        let is_open = me.unsettled || me.ambiguous;
        let outcome = if is_open { Outcome::Unknown } else { Outcome::NotApplied };
        self.conclude(steps, event, next, worker, outcome);
    }

    /// The refund that a response is about.
    fn refund_of(state: &State, own: u8) -> u8 {
        let send = *state.send(own);
        if send.fate == Fate::Made {
            return own;
        }
        let made = state.select(|other| {
            other.fate == Fate::Made
                && other.reference == send.reference
                && other.generation == send.generation
        });
        super::state::places(made).next().unwrap_or(own)
    }
}
