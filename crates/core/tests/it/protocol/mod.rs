//! An exhaustive model of the protocol behind [`refunds_core::journal`].
//!
//! No client and no journal of the crate run here. The protocol is written down a second time, as small
//! steps between small states, and every order of these steps is explored: breadth first, each state once.
//!
//! # What is in it
//!
//! - **Workers** open the journal, look, decide, commit, send, learn the response and settle, as a call does.
//!   Between any two steps a worker may stop for any time, or die and start over; so each worker represents
//!   as many processes as there can be one after the other. Acknowledgements of `intend` and of `settle` may
//!   be lost.
//! - **The provider** checks nothing but its key. It carries a request out at any time until Δ after its
//!   connection ended, or never; it lists a refund at any time until then; lists may be incomplete; responses
//!   may be lost, refuse, or say that nothing was processed. Keys are honoured, forgotten after a time, or
//!   not honoured at all; failures may be stored and repeated. References are shown or hidden.
//! - **A person** says, truthfully, that a refund is not made; **a journal** forgets what it may; **a handle**
//!   that no journal knows is resolved.
//!
//! # What must hold
//!
//! In each state: at most one refund under a reference, never more than captured, "made" only where it is
//! made, and "not applied" only where no request of the call, and none of its reference from before the
//! call, has made a refund or will. In each state at rest (every state leads to such ones): calling again
//! in a healthy world ends in the one refund.
//!
//! # Bounds
//!
//! Three workers, two references, one payment. Window, attempt limit, Δ and `resubmit_after` are one tick
//! each, the settle time is none, a key is remembered for one tick more than its margin. Time itself is not
//! bounded: ages stop to count where nothing depends on them any more. Two to four intents are alive at once,
//! made refunds included; closed ones make room, so the number of attempts is not bounded either. Each test
//! prints how many states it explored. `LARGE_WORLDS=all cargo test --profile measure -p refunds-core --test it protocol`
//! explores larger worlds.
//!
//! Two steps of the real client are one step here where their order makes no difference: taking the time and
//! committing (the tightest case), reading a list and its sums, settling by reference what a list shows.
//!
//! # What is not in it
//!
//! By argument only: clocks that jump, commits of a group that are stamped early, a version that restarts,
//! responses about something else, several refunds under one reference at once, a person who is wrong, a
//! process that is stopped between its check of the window and the bytes, refunds by others that carry no
//! reference (so `known_before` is not in it), two-step refunds.

mod liveness;
mod model;
mod rows;
mod search;

use self::{
    model::{
        Event, Model,
        config::{Config, Key, Without},
    },
    rows::ROWS,
    search::{Found, search},
};

const ONE: [u8; 3] = [0, 0, 0];
const TWO: [u8; 3] = [0, 1, 0];
/// Two workers of one reference, one of the other.
const TWO_AND_ONE: [u8; 3] = [0, 0, 1];

#[test]
fn one_reference() {
    holds("one reference", Config::new(ONE, 3));
}

#[test]
fn two_references_and_money_for_one() {
    holds("two references, money for one", Config::new(TWO_AND_ONE, 3).amounts([1, 1], 1));
}

#[test]
fn two_references_and_money_for_both() {
    holds("two references, money for both", Config::new(TWO, 2).amounts([1, 2], 3));
}

#[test]
fn an_honoured_key() {
    holds("key, one reference", Config::new(ONE, 2).key(Key::ForATime).sends(2));
    holds("key, three sends", Config::new(ONE, 1).key(Key::ForATime));
    holds("key, money for one", Config::new(TWO, 2).key(Key::ForATime).amounts([1, 1], 1).sends(2));
}

#[test]
fn a_key_that_is_not_relied_on() {
    holds("key, hoped for", Config::new(ONE, 2).key(Key::Hoped));
}

#[test]
fn a_key_under_which_failures_are_stored() {
    holds("stored failures", Config::new(ONE, 2).key(Key::ForEverWithFailures).sends(2));
    holds("stored failures, three sends", Config::new(ONE, 1).key(Key::ForEverWithFailures));
}

#[test]
fn hidden_references() {
    holds("hidden, equal amounts", Config::new(TWO_AND_ONE, 3).hidden().sends(2));
    holds("hidden, equal amounts, three sends", Config::new(TWO, 2).hidden());
    holds("hidden, different amounts", Config::new(TWO, 2).hidden().amounts([1, 2], 9));
}

#[test]
fn hidden_references_and_a_key() {
    holds("hidden, key", Config::new(TWO, 2).hidden().key(Key::ForATime).sends(2));
}

#[test]
fn a_journal_that_forgets() {
    holds("forgets, one reference", Config::new(ONE, 2).evicts());
    holds("forgets, two references", Config::new(TWO, 2).evicts());
    holds("forgets, hidden", Config::new(TWO, 2).hidden().evicts());
}

#[test]
fn a_person_who_is_right() {
    holds("person, one reference", Config::new(ONE, 2).person());
    holds("person, two references", Config::new(TWO, 2).amounts([1, 1], 1).person());
    holds("person, hidden", Config::new(TWO, 2).hidden().person());
}

#[test]
fn a_handle_without_a_journal() {
    holds("handle", Config::new(ONE, 2).handle().sends(4));
}

/// The first one with all tests; the rest, which takes minutes, with `LARGE_WORLDS=all` and optimized.
#[test]
fn larger_worlds() {
    let worlds = [
        ("key, two workers, three sends", Config::new(ONE, 2).key(Key::ForATime)),
        ("one reference, four sends", Config::new(ONE, 3).sends(4)),
        ("money for both, three workers", Config::new(TWO_AND_ONE, 3).amounts([1, 2], 3)),
        ("hidden, three workers", Config::new(TWO_AND_ONE, 3).hidden()),
        ("key, three workers", Config::new(ONE, 3).key(Key::ForATime).sends(2)),
        ("key, money for one", Config::new(TWO, 2).key(Key::ForATime).amounts([1, 1], 1)),
        ("hidden, key, three sends", Config::new(TWO, 2).hidden().key(Key::ForATime)),
        ("stored failures", Config::new(ONE, 2).key(Key::ForEverWithFailures)),
    ];
    let many = if std::env::var_os("LARGE_WORLDS").is_some() { worlds.len() } else { 1 };
    for (name, config) in worlds.into_iter().take(many) {
        holds(name, config);
    }
}

#[test]
fn without_any_one_guard_it_goes_wrong() {
    for row in &ROWS {
        let without: Vec<_> = row.behind.into_iter().chain([row.guard]).collect();
        let found = search(&Model::new(row.config, Without::guards(&without)), Some(row.violation));
        let names: Vec<_> = without.iter().map(|guard| format!("{guard:?}")).collect();
        let names = names.join(" and ");
        let Some((violation, events)) = found.counterexample else {
            panic!("without {names}, nothing goes wrong in {} states: {row:?}", found.states);
        };
        println!("\nwithout {names} ({} states): {violation}{}", found.states, lines(&events));
    }
}

/// The second of two guards is missed only without the first one: each of them alone is enough.
#[test]
fn a_guard_behind_another_one_is_not_missed_alone() {
    for row in ROWS.iter().filter(|row| row.behind.is_some() && row.config.key == Key::None) {
        for alone in row.behind.into_iter().chain([row.guard]) {
            let found = search(&Model::new(row.config, Without::guards(&[alone])), Some(row.violation));
            assert!(found.counterexample.is_none(), "without {alone:?} alone: {:?}", row.violation);
        }
    }
}

/// Explores a world with all guards.
fn holds(name: &str, config: Config) {
    let Found { states, at_rest, outcomes: [made, not_applied, unknown], counterexample } =
        search(&Model::new(config, Without::default()), None);
    println!(
        "{name}: {states} states, {at_rest} of them at rest; the outcomes are made {made}, not applied \
         {not_applied}, unknown {unknown} times"
    );
    if let Some((violation, events)) = counterexample {
        panic!("{name}: {violation}{}", lines(&events));
    }
    assert!(made > 0 && not_applied > 0 && unknown > 0, "{name}: every outcome occurs");
    assert!(at_rest > 0 || !config.finishes, "{name}: there are states at rest");
}

fn lines(events: &[Event]) -> String {
    events.iter().fold(String::new(), |lines, event| lines + "\n  " + &event.to_string())
}
