//! What time, the provider, a person and a full journal do.

use super::{
    Event, Model, Step, Violation,
    config::{DELTA, Guard, Key, LIMIT, RETENTION, UNSETTLED, WINDOW},
    state::{At, Fate, Intent, NONE, Response, SENDS, State, Wire, bit},
};

impl Model {
    pub(super) fn time(&self, state: &State, steps: &mut Vec<Step>) {
        let mut next = *state;
        self.tick(&mut next);
        if next != *state {
            self.push(steps, Event::TimePasses, next);
        }
    }

    /// One tick later. Connections end at their limit, and what was not carried out in time never is.
    pub(crate) fn tick(&self, state: &mut State) {
        let oldest = self.oldest();
        let retention = if self.config.key == Key::ForATime { RETENTION } else { 0 };
        for send in state.sends.iter_mut().filter(|send| send.used) {
            if send.intent != Intent::Closed && send.age < oldest {
                send.age += 1;
            }
            match send.wire {
                Wire::Open if send.wire_age >= LIMIT => (send.wire, send.wire_age) = (Wire::Ended, 1),
                Wire::Open => send.wire_age += 1,
                Wire::Ended if send.wire_age < DELTA => send.wire_age += 1,
                Wire::Ended | Wire::Unsent => {}
            }
            if send.fate == Fate::Pending && send.wire == Wire::Ended && send.wire_age >= DELTA {
                send.fate = Fate::Dead;
            }
            if send.fate == Fate::Made && send.made_age < retention {
                send.made_age += 1;
            }
        }
        for worker in &mut state.workers {
            if worker.at == At::Ready && worker.window <= WINDOW {
                worker.window += 1;
            }
        }
    }

    pub(super) fn provider_steps(&self, state: &State, steps: &mut Vec<Step>) {
        for place in 0..SENDS {
            let send = state.sends[place];
            if !send.used || send.wire == Wire::Unsent {
                continue;
            }
            let is_open = send.wire == Wire::Open;
            if send.fate == Fate::Pending {
                self.carry_out(state, place, steps);
                if is_open && self.config.key == Key::ForEverWithFailures {
                    self.store_failure(state, place, steps);
                }
            }
            if is_open {
                let mut next = *state;
                next.sends[place].wire = Wire::Ended;
                next.sends[place].wire_age = 0;
                self.push(steps, Event::ConnectionLost(send.reference), next);
                let responses: &[Response] = match send.fate {
                    Fate::Pending => &[Response::Refused, Response::NotProcessed],
                    Fate::Made | Fate::Repeated => &[Response::Made],
                    Fate::Dead => &[],
                };
                for response in responses {
                    let mut next = next;
                    next.sends[place].response = *response;
                    if send.fate == Fate::Pending {
                        next.sends[place].fate = Fate::Dead;
                    }
                    self.push(steps, Event::Responds(send.reference, *response), next);
                }
            }
        }
    }

    /// Carries out a request. The provider checks nothing but its key: the sums are ours to keep.
    fn carry_out(&self, state: &State, place: usize, steps: &mut Vec<Step>) {
        let mut next = *state;
        let send = state.sends[place];
        let same_key = |other: &super::state::Send| {
            other.fate == Fate::Made
                && other.reference == send.reference
                && other.generation == send.generation
        };
        let is_known = match self.config.key {
            Key::None | Key::Hoped => false,
            Key::ForATime => state.select(|other| same_key(other) && other.made_age < RETENTION) != 0,
            Key::ForEverWithFailures => {
                if state.stored & stored_bit(send.reference, send.generation) != 0 {
                    // The first failure is repeated.
                    let repeated = &mut next.sends[place];
                    repeated.fate = Fate::Dead;
                    if send.wire == Wire::Open {
                        (repeated.wire, repeated.response) = (Wire::Ended, Response::FailureRepeated);
                    }
                    self.push(steps, Event::CarriesOut(send.reference), next);
                    return;
                }
                state.select(same_key) != 0
            }
        };
        next.sends[place].fate = if is_known { Fate::Repeated } else { Fate::Made };
        self.push(steps, Event::CarriesOut(send.reference), next);
        if let Some(step) = steps.last_mut() {
            step.violation = self.too_much(&next);
        }
    }

    fn too_much(&self, state: &State) -> Option<Violation> {
        let (mut made, mut sum) = ([0_u8; 2], 0);
        for send in state.sends.iter().filter(|send| send.fate == Fate::Made) {
            made[usize::from(send.reference)] += 1;
            sum += self.amount(send.reference);
        }
        if made[0] > 1 || made[1] > 1 {
            Some(Violation::TwoRefunds)
        } else if sum > self.config.captured {
            Some(Violation::MoreThanCaptured)
        } else {
            None
        }
    }

    /// The provider fails, and keeps that failure as the response to this key.
    fn store_failure(&self, state: &State, place: usize, steps: &mut Vec<Step>) {
        let send = state.sends[place];
        let is_first = state.stored & stored_bit(send.reference, send.generation) == 0
            && state.select(|other| {
                other.fate == Fate::Made
                    && other.reference == send.reference
                    && other.generation == send.generation
            }) == 0;
        // One failure is enough to get stuck on.
        if is_first && send.generation == 0 {
            let mut next = *state;
            next.stored |= stored_bit(send.reference, send.generation);
            next.sends[place].fate = Fate::Dead;
            next.sends[place].wire = Wire::Ended;
            self.push(steps, Event::StoresFailure(send.reference), next);
        }
    }

    pub(super) fn person_and_eviction(&self, state: &State, steps: &mut Vec<Step>) {
        for reference in 0..2 {
            let unsettled = state.unsettled(0, reference);
            if self.config.person && unsettled != 0 {
                let too_young = state.select(|send| send.age < UNSETTLED) & unsettled != 0;
                // The person looked, and is right.
                let applied = state.select(|send| send.reference == reference && send.may_apply()) != 0;
                let waits = too_young && self.has(Guard::PersonWaits);
                if !applied && !waits {
                    let mut next = *state;
                    Self::close(&mut next, unsettled);
                    self.touch(&mut next, None);
                    self.push(steps, Event::PersonSaysNotMade(reference), next);
                }
            }
            let made = state.made[0][usize::from(reference)];
            if self.config.evicts && made != NONE && Self::surely_shows(state.send(made)) {
                let other = state.unsettled(0, 1 - reference);
                let stays = self.config.hidden && other != 0 && self.has(Guard::NoEvictionBesideUnsettled);
                if !stays {
                    let mut next = *state;
                    next.made[0][usize::from(reference)] = NONE;
                    next.send_mut(made).forgotten = true;
                    // Not knowing what had to be forgotten is not an untruth.
                    for worker in &mut next.workers {
                        worker.before &= !bit(made);
                    }
                    self.touch(&mut next, None);
                    self.push(steps, Event::Evicts(reference), next);
                }
            }
        }
    }
}

fn stored_bit(reference: u8, generation: u8) -> u8 {
    1 << (2 * reference + generation)
}
