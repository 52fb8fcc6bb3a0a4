//! The process dies before or after each call of its journal and its provider.

use std::sync::Arc;

use refunds_core::{Journal, RefundProvider as _, UnresolvedRefund};

use crate::crash::support::{
    At, Goal, Incident, Kind, Process, Submission, World, finish, finish_after_the_times_are_over, journal,
};

const DEATHS: [Incident; 2] = [Incident::DiesBefore, Incident::DiesAfter];

/// What the process that dies is about to do.
#[derive(Clone, Copy, Debug)]
enum Story {
    /// It creates the refund.
    Create,
    /// It resolves a refund of a process that died when it had sent it, with that process's journal.
    Resolve,
    /// As `Resolve`, and the journal is lost, so that there is but the handle.
    ResolveWithoutJournal,
}

/// One run: something is done up to a death, and then started over in a healthy world.
struct Run {
    kind: Kind,
    story: Story,
    /// What becomes of the request of the process that died before, where the story has one.
    before: Submission,
    submissions: Vec<Submission>,
}

impl Run {
    /// Returns whether the process died, which it does not if it is done before that call.
    async fn until(&self, at: usize, death: Incident, at_once: bool) -> bool {
        let Self { kind, story, before, submissions } = self;
        let what = format!("{kind:?}, {story:?} after {before:?}, {submissions:?}, {death:?} call {at}");
        let mut all = submissions.clone();
        if !matches!(story, Story::Create) {
            all.insert(0, *before);
        }
        let world = World::new(*kind, 1000, &all);
        let (journal, goal) = self.set_up(&world).await;
        let request = world.request(100, "rma-1");
        let process = Process::with_incident(&world, &journal, At::Call(at), death);
        let result = goal.call(&process, &request).await;
        if let Some(result) = &result {
            world.check(&request, result, &what).await;
        }
        if at_once {
            finish(&world, &journal, &request, &goal, &what).await;
        } else {
            finish_after_the_times_are_over(&world, &journal, &request, &goal, &what).await;
        }
        result.is_none()
    }

    async fn set_up(&self, world: &World) -> (Arc<dyn Journal>, Goal) {
        let journal_of_the_dead = journal(world);
        if matches!(self.story, Story::Create) {
            return (journal_of_the_dead, Goal::Create);
        }
        let request = world.request(100, "rma-1");
        let dead = Process::with_incident(world, &journal_of_the_dead, At::Submission, Incident::DiesAfter);
        assert!(Goal::Create.call(&dead, &request).await.is_none(), "it dies");
        let known =
            Process::healthy(world, &journal_of_the_dead).client().unresolved(&request).await.unwrap();
        let handle = known.unwrap_or_else(|| UnresolvedRefund::new(dead.scope(), request));
        match self.story {
            Story::ResolveWithoutJournal => (journal(world), Goal::ResolveByHandleAlone(handle)),
            _ => (journal_of_the_dead, Goal::Resolve(handle)),
        }
    }

    /// Lets the process die at each call.
    async fn at_every_call(&self) -> usize {
        let mut runs = 0;
        for death in DEATHS {
            for at_once in [true, false] {
                if !at_once && matches!(self.story, Story::ResolveWithoutJournal) {
                    // Its times begin when it is resolved, so they cannot be over before.
                    continue;
                }
                for at in 0.. {
                    runs += 1;
                    if !self.until(at, death, at_once).await {
                        break;
                    }
                }
            }
        }
        runs
    }
}

async fn every_submission(story: Story, before: &[Submission]) {
    let mut runs = 0;
    for kind in Kind::ALL {
        for before in before {
            for submission in Submission::ALL {
                let run = Run { kind, story, before: *before, submissions: vec![submission] };
                runs += run.at_every_call().await;
            }
        }
    }
    println!("{story:?}: {runs} runs");
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_made_once_wherever_the_process_that_creates_it_dies() {
    every_submission(Story::Create, &[Submission::Made]).await;
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_made_once_wherever_the_process_that_retries_it_dies() {
    let mut runs = 0;
    for kind in Kind::ALL {
        for first in [Submission::RateLimited, Submission::Unavailable, Submission::CarriedOutLate] {
            for second in Submission::ALL {
                let run = Run {
                    kind,
                    story: Story::Create,
                    before: Submission::Made,
                    submissions: vec![first, second],
                };
                runs += run.at_every_call().await;
            }
        }
    }
    println!("{runs} runs");
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_made_once_wherever_the_process_that_resolves_it_dies() {
    every_submission(Story::Resolve, &[Submission::Made, Submission::LostBefore, Submission::CarriedOutLate])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_made_once_wherever_the_process_that_has_only_its_handle_dies() {
    every_submission(
        Story::ResolveWithoutJournal,
        &[Submission::Made, Submission::LostBefore, Submission::CarriedOutLate],
    )
    .await;
}
