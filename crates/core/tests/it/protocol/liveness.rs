//! Whatever happened: once the provider is healthy and time has passed, calling again ends in one refund.

use crate::protocol::model::{
    Event, Model, Outcome, Step, Violation,
    config::Config,
    state::{Fate, Response, SENDS, State, WORKERS, Worker, places},
};

/// How often a caller calls again, each time when all that was under way is over.
const CALLS: usize = 4;
/// How many steps a healthy call has at most.
const STEPS_OF_A_CALL: usize = 20;

/// Whether the state is at rest: no call, nothing under way, and no time left to wait for.
/// Every state leads to such ones, by crashes, time and what the provider does.
pub(crate) fn is_at_rest(model: &Model, state: &State) -> bool {
    let mut later = *state;
    model.tick(&mut later);
    state.workers == [Worker::default(); WORKERS] && later == *state
}

/// Lets time pass until nothing changes any more.
fn rest(model: &Model, state: &mut State) {
    loop {
        let before = *state;
        model.tick(state);
        if *state == before {
            return model.tidy(state);
        }
    }
}

/// Calls for each reference, from a state at rest.
pub(crate) fn finishes(model: &Model, end: &State) -> Option<Violation> {
    let model = Model { sends: SENDS, ..*model };
    for worker in 0..model.config.workers {
        let reference = model.reference(worker);
        let mut state = *end;
        // Workers of one kind are sorted, the busy ones first.
        if (0..worker).any(|other| model.kind(other) == model.kind(worker)) {
            continue;
        }
        if !fits(&model.config, &state, reference) {
            continue;
        }
        let mut calls = 0;
        loop {
            match call(&model, &mut state, worker) {
                Ok(Outcome::Made) => break,
                Ok(_) if calls < CALLS => calls += 1,
                Ok(_) => return Some(Violation::NeverFinished),
                Err(violation) => return Some(violation),
            }
            state.workers = [Worker::default(); WORKERS];
            rest(&model, &mut state);
        }
        let made = state.select(|send| send.reference == reference && send.fate == Fate::Made);
        if made.count_ones() != 1 {
            return Some(Violation::UntrueMade);
        }
    }
    None
}

/// Whether the reference's refund is made, or its amount is left.
fn fits(config: &Config, state: &State, reference: u8) -> bool {
    let made = state.select(|send| send.fate == Fate::Made);
    if places(made).any(|place| state.send(place).reference == reference) {
        return true;
    }
    let amount = |reference: u8| config.amounts[usize::from(reference)];
    let sum: u8 = places(made).map(|place| amount(state.send(place).reference)).sum();
    sum + amount(reference) <= config.captured
}

/// One call of one worker, with a provider that processes every request.
fn call(model: &Model, state: &mut State, worker: usize) -> Result<Outcome, Violation> {
    let mut steps = Vec::new();
    for _ in 0..STEPS_OF_A_CALL {
        model.steps(state, &mut steps);
        let Some(step) =
            steps.iter().filter_map(|step| Some((rank(step, worker)?, step))).min_by_key(|(rank, _)| *rank)
        else {
            return Ok(Outcome::Unknown);
        };
        if let Some(violation) = step.1.violation {
            return Err(violation);
        }
        *state = step.1.state;
        if let Some((_, outcome)) = step.1.outcome {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Unknown)
}

/// Which steps a healthy call takes; the lowest rank goes first.
fn rank(step: &Step, worker: usize) -> Option<u8> {
    match step.event {
        Event::Responds(_, Response::Made) => Some(0),
        Event::CarriesOut(_) => Some(1),
        Event::Learns { stored: true, worker: by, .. }
        | Event::OpensJournal(by)
        | Event::SettlesByMatch(by)
        | Event::Intends(by)
        | Event::Acknowledged(by)
        | Event::Submits(by)
            if by == worker =>
        {
            Some(2)
        }
        Event::Looks { complete: true, stored, worker: by, .. } if by == worker => {
            Some(if stored { 2 } else { 3 })
        }
        _ => None,
    }
}
