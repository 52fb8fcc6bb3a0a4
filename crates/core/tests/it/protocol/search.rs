//! Breadth-first search: every state once, and the shortest way to what must not be.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use crate::protocol::{
    liveness::{finishes, is_at_rest},
    model::{
        Event, Model, Outcome, Violation,
        state::{Packed, State},
    },
};

/// What a search came to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many states were reached.
    pub(crate) states: usize,
    /// How many of them were at rest, and so checked for whether calling again finishes.
    pub(crate) at_rest: usize,
    /// How many steps returned "made", "not applied", "unknown".
    pub(crate) outcomes: [usize; 3],
    /// What must not be, and the events that lead to it.
    pub(crate) counterexample: Option<(Violation, Vec<Event>)>,
}

/// Explores every state, or as far as the first violation: the wanted one, or any.
pub(crate) fn search(model: &Model, wanted: Option<Violation>) -> Found {
    let mut found = Found::default();
    let start = model.start();
    let mut reached: HashSet<Packed, BuildHasherDefault<Fold>> = HashSet::default();
    // Each with the one that it was reached from.
    let mut states = vec![(start, 0)];
    reached.insert(start.packed());
    let is_wanted = |violation: &Violation| wanted.is_none_or(|wanted| wanted == *violation);
    let mut steps = Vec::new();
    let mut next = 0;
    while next < states.len() {
        let (state, _) = states[next];
        if model.config.finishes && is_at_rest(model, &state) {
            found.at_rest += 1;
            if let Some(violation) = finishes(model, &state).filter(is_wanted) {
                found.states = states.len();
                found.counterexample = Some((violation, trace(model, &states, next, None)));
                return found;
            }
        }
        model.steps(&state, &mut steps);
        for step in &steps {
            if let Some(violation) = step.violation.filter(is_wanted) {
                found.states = states.len();
                found.counterexample = Some((violation, trace(model, &states, next, Some(step.state))));
                return found;
            }
            if let Some((_, outcome)) = step.outcome {
                found.outcomes[match outcome {
                    Outcome::Made => 0,
                    Outcome::NotApplied => 1,
                    Outcome::Unknown => 2,
                }] += 1;
            }
            if reached.insert(step.state.packed()) {
                states.push((step.state, next));
            }
        }
        next += 1;
    }
    found.states = states.len();
    found
}

/// The events on the way to a state, and to one after it. It is walked again with workers that keep their
/// names.
fn trace(model: &Model, states: &[(State, usize)], last: usize, beyond: Option<State>) -> Vec<Event> {
    let mut way: Vec<State> = beyond.into_iter().collect();
    let mut place = last;
    while place != 0 {
        way.push(states[place].0);
        place = states[place].1;
    }
    let named = Model { names_workers: true, ..*model };
    let mut state = named.start();
    let mut steps = Vec::new();
    let mut events = Vec::new();
    while let Some(wanted) = way.pop() {
        named.steps(&state, &mut steps);
        let step = steps.iter().find(|step| {
            let mut anonymous = step.state;
            model.tidy(&mut anonymous);
            anonymous == wanted
        });
        let step = step.unwrap_or_else(|| unreachable!("the way was walked before"));
        events.push(step.event);
        state = step.state;
    }
    events
}

/// A quick hash of packed states.
#[derive(Default)]
pub(crate) struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for word in bytes.chunks_exact(size_of::<u64>()) {
            let word = u64::from_ne_bytes(word.try_into().unwrap());
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
