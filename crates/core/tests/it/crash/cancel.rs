//! The future is dropped after each of its polls, and the caller repeats the request at once.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use refunds_core::{Clock as _, Journal};

use crate::crash::support::{Goal, Kind, Process, Submission, World, finish, journal};

/// Longer than a healthy call takes, and shorter than anything that it could wait for.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Which client repeats a call that was dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CallsAgain {
    SameClient,
    OtherProcess,
}

/// A future that is polled so many times and then given up.
struct GivenUpAfter<'a, T> {
    call: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    polls: usize,
}

impl<T> Future for GivenUpAfter<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        match self.call.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if self.polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Drops a call after each number of polls and calls again, from the same client or from another process:
/// one refund, and no waiting where no request had left. Returns how many calls were dropped.
pub(crate) async fn cancelled_after_every_poll(
    kind: Kind,
    submissions: &[Submission],
    again: CallsAgain,
    new_journal: impl Fn(&World) -> Arc<dyn Journal>,
) -> usize {
    for polls in 0.. {
        let world = World::new(kind, 1000, submissions);
        let journal = new_journal(&world);
        let request = world.request(100, "rma-1");
        let what = format!("{kind:?}, {submissions:?}, dropped after {polls} polls, {again:?}");
        let process = Process::with_slow_journal(&world, &journal);
        let client = process.client();
        let dropped = GivenUpAfter { call: Box::pin(client.create(&request)), polls }.await;
        let had_sent = world.sent() > 0;
        if let Some(result) = &dropped {
            world.check(&request, result, &what).await;
        }
        if dropped.is_none() && !had_sent {
            world.heal();
            let start = world.clock().monotonic();
            let result = match again {
                CallsAgain::SameClient => client.create(&request).await,
                CallsAgain::OtherProcess => {
                    Process::healthy(&world, &journal).client().create(&request).await
                }
            };
            let took = world.clock().monotonic().saturating_sub(start);
            world.check(&request, &result, &what).await;
            assert!(result.is_ok(), "nothing was sent, and the next call gets {result:?}: {what}");
            assert!(took < AT_ONCE, "nothing was sent, and the next call waits for {took:?}: {what}");
        }
        finish(&world, &journal, &request, &Goal::Create, &what).await;
        if dropped.is_some() {
            return polls;
        }
    }
    unreachable!("each call ends after a number of polls")
}

async fn every_kind(submissions: &[Submission]) {
    let mut runs = 0;
    for kind in Kind::ALL {
        for again in [CallsAgain::SameClient, CallsAgain::OtherProcess] {
            runs += cancelled_after_every_poll(kind, submissions, again, journal).await;
        }
    }
    println!("{submissions:?}: {runs} dropped calls");
    assert!(runs > 20 * Kind::ALL.len(), "each call has many points at which it can be dropped");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_costs_no_refund_and_no_time() {
    every_kind(&[Submission::Made]).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_whose_request_is_carried_out_later_makes_one_refund() {
    every_kind(&[Submission::CarriedOutSoon]).await;
    every_kind(&[Submission::CarriedOutLate]).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_whose_request_is_lost_makes_one_refund() {
    every_kind(&[Submission::LostBefore]).await;
    every_kind(&[Submission::MadeAndLostAndNotListedYet]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_between_attempts_makes_one_refund() {
    every_kind(&[Submission::RateLimited, Submission::CarriedOutLate]).await;
    every_kind(&[Submission::Unavailable, Submission::MadeAndLost]).await;
}
