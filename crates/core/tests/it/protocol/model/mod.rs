//! The protocol as a transition system.

pub(crate) mod config;
mod event;
mod look;
mod provider;
mod settle;
pub(crate) mod state;
mod worker;

use self::{
    config::{Config, DELTA, Guard, Key, LIMIT, MARGIN, RETENTION, SETTLE, UNSETTLED, WINDOW, Without},
    state::{At, Fate, Intent, NONE, Send, Sends, State, Wire, Worker, bit},
};

pub(crate) use self::event::{Event, Outcome, Violation};

/// A step and where it leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) event: Event,
    pub(crate) state: State,
    pub(crate) outcome: Option<(usize, Outcome)>,
    pub(crate) violation: Option<Violation>,
}

/// The protocol in one world, with the guards that are left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    pub(crate) config: Config,
    pub(crate) without: Without,
    /// How many intents fit: more where nothing is explored any more, so that a last call finds room.
    pub(crate) sends: usize,
    /// Workers keep their names, for a trace; else those of one kind are interchangeable.
    pub(crate) names_workers: bool,
}

impl Model {
    pub(crate) fn new(config: Config, without: Without) -> Self {
        Self { config, without, sends: config.sends, names_workers: false }
    }

    fn has(&self, guard: Guard) -> bool {
        self.without.has(guard)
    }

    pub(crate) fn start(&self) -> State {
        let mut state = State::default();
        if self.config.handle {
            state.sends[0] = Send { used: true, wire: Wire::Open, intent: Intent::Closed, ..Send::default() };
            // The handle is noted as unknown, as if it had left right now.
            let waits = self.has(Guard::HandleWaits);
            let age = if waits { WINDOW } else { self.resubmit_age() - SETTLE };
            state.sends[1] = Send { used: true, intent: Intent::Open, age, ..Send::default() };
        }
        self.tidy(&mut state);
        state
    }

    /// Every step that can follow.
    pub(crate) fn steps(&self, state: &State, steps: &mut Vec<Step>) {
        steps.clear();
        self.time(state, steps);
        self.provider_steps(state, steps);
        self.person_and_eviction(state, steps);
        for worker in 0..self.config.workers {
            self.worker_steps(state, worker, steps);
        }
    }

    pub(crate) fn push(&self, steps: &mut Vec<Step>, event: Event, mut state: State) {
        self.tidy(&mut state);
        steps.push(Step { event, state, outcome: None, violation: None });
    }

    /// Ends the worker's call with an outcome, which must be true.
    fn conclude(
        &self,
        steps: &mut Vec<Step>,
        event: Event,
        mut state: State,
        worker: usize,
        outcome: Outcome,
    ) {
        let reference = self.reference(worker);
        let before = state.workers[worker].before;
        let violation = match outcome {
            Outcome::Made => {
                let made = state.select(|send| send.reference == reference && send.fate == Fate::Made);
                (made == 0).then_some(Violation::UntrueMade)
            }
            Outcome::NotApplied => {
                let applied = state.select(Send::may_apply) & before;
                (applied != 0).then_some(Violation::UntrueNotApplied)
            }
            Outcome::Unknown => None,
        };
        state.workers[worker] = Worker::default();
        self.tidy(&mut state);
        steps.push(Step { event, state, outcome: Some((worker, outcome)), violation });
    }

    /// The worker goes on at the top of its loop.
    fn again(worker: &mut Worker) {
        *worker =
            Worker { in_call: true, ambiguous: worker.ambiguous, before: worker.before, ..Worker::default() };
    }

    /// A write about the money: a worker with an older reading of it starts over.
    fn touch(&self, state: &mut State, by: Option<usize>) {
        let stale_is_caught = self.has(Guard::Version) && self.has(Guard::MatchWithVersion);
        for (other, worker) in state.workers.iter_mut().enumerate() {
            if by == Some(other) {
                continue;
            }
            match worker.at {
                At::Opened | At::Matched | At::Looked if stale_is_caught => Self::again(worker),
                At::Opened | At::Matched | At::Looked => worker.moved = true,
                At::Unacknowledged | At::Ready | At::Waiting => worker.moved = self.has_key(),
                At::Top => {}
            }
        }
    }

    pub(crate) fn tidy(&self, state: &mut State) {
        state.tidy();
        if !self.names_workers {
            state.sort_workers([self.kind(0), self.kind(1), self.kind(2)]);
        }
    }

    /// Workers of one kind do the same.
    pub(crate) fn kind(&self, worker: usize) -> u8 {
        self.reference(worker) + 2 * self.money(worker)
    }

    pub(crate) fn reference(&self, worker: usize) -> u8 {
        self.config.references[worker]
    }

    /// The lock key that the worker uses.
    fn money(&self, worker: usize) -> u8 {
        u8::from(!self.has(Guard::CanonicalMoney) && worker + 1 == self.config.workers)
    }

    fn amount(&self, reference: u8) -> u8 {
        self.config.amounts[usize::from(reference)]
    }

    fn amounts_are_equal(&self) -> bool {
        self.config.amounts[0] == self.config.amounts[1]
    }

    /// Whether the client relies on a key.
    fn has_key(&self) -> bool {
        match self.config.key {
            Key::None => false,
            Key::Hoped => !self.has(Guard::KeyOnlyWhereHonoured),
            Key::ForATime | Key::ForEverWithFailures => true,
        }
    }

    /// The age from which a look may prove an intent absent.
    fn resubmit_age(&self) -> u8 {
        let limit = if self.has(Guard::DeadlinesCountLimit) { LIMIT } else { 0 };
        let delta = if self.has(Guard::ResubmitCoversDelta) { DELTA } else { DELTA - 1 };
        WINDOW + limit + delta
    }

    /// The age until which the key of an intent is relied on.
    fn key_age(&self) -> u8 {
        match self.config.key {
            Key::None => 0,
            Key::ForATime | Key::Hoped if self.has(Guard::KeyMargin) => RETENTION - MARGIN,
            Key::ForATime | Key::Hoped => RETENTION,
            Key::ForEverWithFailures => u8::MAX,
        }
    }

    /// The age at which an intent stops to age: nothing changes after it.
    fn oldest(&self) -> u8 {
        let key = if self.key_age() == u8::MAX { 0 } else { self.key_age() + 1 };
        self.resubmit_age().max(UNSETTLED).max(WINDOW + 1).max(key)
    }

    /// Whether a send is certainly in every list that begins now, if it made a refund.
    fn surely_shows(send: &Send) -> bool {
        send.wire == Wire::Ended && send.wire_age >= DELTA
    }

    fn own(state: &State, worker: usize) -> Option<u8> {
        let own = state.workers[worker].own;
        (own != NONE).then_some(own)
    }

    /// What the journal knows as made, by the worker's lock key.
    fn known(&self, state: &State, worker: usize) -> Sends {
        let made = state.made[usize::from(self.money(worker))];
        bit(made[0]) | bit(made[1])
    }
}
