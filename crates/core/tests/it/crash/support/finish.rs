//! Starting over in a healthy world until the refund is made.

use std::{sync::Arc, time::Duration};

use refunds_core::{Clock as _, CreateRefund, Journal, Refund, Result, UnresolvedRefund, journal::Query};

use super::{Process, World};

/// The most calls until the refund is made, once nothing fails any more.
const CALLS_UNTIL_MADE: usize = 4;

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    Create,
    Resolve(UnresolvedRefund),
    /// The journal is lost, too: where references are hidden, a person must recognize an existing
    /// refund.
    ResolveByHandleAlone(UnresolvedRefund),
}

impl Goal {
    /// Calls it in `process`; `None` where the process dies.
    pub(crate) async fn call(&self, process: &Process, request: &CreateRefund) -> Option<Result<Refund>> {
        let client = process.client();
        match self {
            Self::Create => process.run(client.create(request)).await,
            Self::Resolve(handle) | Self::ResolveByHandleAlone(handle) => {
                process.run(client.resolve(handle)).await
            }
        }
    }
}

/// Calls repeatedly, each time in a new process and as soon as the result allows, until the refund is
/// made; then lets all times pass and counts the refunds.
pub(crate) async fn finish(
    world: &World,
    journal: &Arc<dyn Journal>,
    request: &CreateRefund,
    goal: &Goal,
    what: &str,
) {
    world.heal();
    for call in 1..=CALLS_UNTIL_MADE {
        let process = Process::healthy(world, journal);
        let result = goal.call(&process, request).await.unwrap();
        let what = format!("{what}, call {call} afterwards");
        world.check(request, &result, &what).await;
        let Err(error) = result else {
            return count(world, journal, request, &what).await;
        };
        let handle = error.unresolved();
        if matches!(goal, Goal::ResolveByHandleAlone(_)) && world.is_shown_to_a_person(handle) {
            assert_eq!(world.made_in_the_end(request).await, 1, "the number of refunds: {what}");
            return;
        }
        let until = handle
            .and_then(|handle| handle.resubmit_from)
            .map(|from| Duration::try_from(from - world.clock().now()).unwrap_or_default());
        tokio::time::sleep(until.or(error.retry_after()).unwrap_or_default()).await;
    }
    panic!("the refund is not made after {CALLS_UNTIL_MADE} calls: {what}");
}

/// Calls once, after all times in the journal have passed: that call makes the refund or finds it.
pub(crate) async fn finish_after_the_times_are_over(
    world: &World,
    journal: &Arc<dyn Journal>,
    request: &CreateRefund,
    goal: &Goal,
    what: &str,
) {
    world.heal();
    world.let_all_times_pass().await;
    let process = Process::healthy(world, journal);
    let result = goal.call(&process, request).await.unwrap();
    let what = format!("{what}, after the times were over");
    world.check(request, &result, &what).await;
    assert!(result.is_ok(), "{}: {what}", result.unwrap_err());
    count(world, journal, request, &what).await;
}

/// One refund, and nothing unsettled.
async fn count(world: &World, journal: &Arc<dyn Journal>, request: &CreateRefund, what: &str) {
    assert_eq!(world.made_in_the_end(request).await, 1, "the number of refunds: {what}");
    let unsettled = journal.entries(&Query::unsettled()).await.unwrap();
    let sends: usize = unsettled.iter().map(|entry| entry.unsettled_sends().count()).sum();
    assert_eq!(sends, 0, "something is unsettled: {what}: {unsettled:#?}");
}
