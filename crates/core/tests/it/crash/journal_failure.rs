//! The journal fails before or after each of its operations: nothing is sent without its acknowledgement,
//! and the result is still truthful.

use crate::crash::support::{At, Goal, Incident, Kind, Process, Submission, World, finish, journal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    Once,
    ForGood,
}

/// Lets the journal fail at each call; returns how many runs that took.
async fn at_every_call(kind: Kind, submissions: &[Submission], failure: Incident, lasts: Lasts) -> usize {
    for at in 0.. {
        let world = World::new(kind, 1000, submissions);
        let journal = journal(&world);
        let request = world.request(100, "rma-1");
        let process = match lasts {
            Lasts::Once => Process::with_incident(&world, &journal, At::Call(at), failure),
            Lasts::ForGood => Process::with_broken_journal(&world, &journal, At::Call(at), failure),
        };
        let result = Goal::Create.call(&process, &request).await.unwrap();
        let what = format!("{kind:?}, {submissions:?}, {failure:?} call {at}, {lasts:?}");
        world.check(&request, &result, &what).await;
        finish(&world, &journal, &request, &Goal::Create, &what).await;
        if at >= process.calls() {
            return at;
        }
    }
    unreachable!("each run makes a number of calls")
}

async fn every_submission(failure: Incident, lasts: Lasts) {
    let mut runs = 0;
    for kind in Kind::ALL {
        for submission in Submission::ALL {
            runs += at_every_call(kind, &[submission], failure, lasts).await;
        }
    }
    println!("{failure:?}, {lasts:?}: {runs} runs");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_once_loses_no_refund_and_no_truth() {
    every_submission(Incident::FailsBefore, Lasts::Once).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_loses_no_refund_and_no_truth() {
    every_submission(Incident::FailsAfter, Lasts::Once).await;
}

#[tokio::test(start_paused = true)]
async fn a_broken_journal_loses_no_refund_and_no_truth() {
    every_submission(Incident::FailsBefore, Lasts::ForGood).await;
}

#[tokio::test(start_paused = true)]
async fn acknowledgements_that_are_all_lost_lose_no_refund_and_no_truth() {
    every_submission(Incident::FailsAfter, Lasts::ForGood).await;
}
