//! Two hundred tasks at once.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;
use refunds_core::{CreateRefund, ErrorKind, Journal, Money, Refund, RefundAmount, RefundClient, Result};

use crate::crash::support::{Kind, Process, Submission, World, journal};

const TASKS: usize = 200;
/// Where the tasks request more than there is.
const CAPTURED: i64 = 1000;
const REFERENCES: usize = 20;

/// How the tasks are spread over clients; all share one journal.
#[derive(Clone, Copy, Debug)]
enum Spread {
    OneClient,
    TenClients,
}

impl Spread {
    const ALL: [Self; 2] = [Self::OneClient, Self::TenClients];

    fn clients(self, world: &World, journal: &Arc<dyn Journal>) -> Vec<RefundClient> {
        let count = match self {
            Self::OneClient => 1,
            Self::TenClients => 10,
        };
        (0..count).map(|_| Process::with_slow_journal(world, journal).client()).collect()
    }
}

/// Starts every call at once, the clients taking turns; returns what each one got.
async fn all_at_once(
    clients: &[RefundClient],
    requests: Vec<CreateRefund>,
) -> Vec<(CreateRefund, Result<Refund>)> {
    let calls = requests.into_iter().enumerate().map(|(number, request)| {
        let client = clients[number % clients.len()].clone();
        tokio::spawn(async move {
            let result = client.create(&request).await;
            (request, result)
        })
    });
    join_all(calls).await.into_iter().map(|task| task.unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn two_hundred_tasks_with_one_reference_get_one_refund() {
    for kind in Kind::ALL {
        for spread in Spread::ALL {
            let what = format!("{kind:?}, {spread:?}");
            let world = World::new(kind, 100 * 1000, &[]);
            let clients = spread.clients(&world, &journal(&world));
            let request = world.request(100, "rma-1");
            let results = all_at_once(&clients, vec![request.clone(); TASKS]).await;
            let ids: BTreeSet<_> = results
                .into_iter()
                .map(|(_, result)| result.unwrap_or_else(|error| panic!("{error}: {what}")).id)
                .collect();
            assert_eq!((world.made_in_the_end(&request).await, ids.len()), (1, 1), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_tasks_with_one_reference_send_one_request() {
    for kind in [Kind::NoKey, Kind::Key, Kind::Hidden] {
        for spread in Spread::ALL {
            let world = World::new(kind, 100 * 1000, &[]);
            let clients = spread.clients(&world, &journal(&world));
            all_at_once(&clients, vec![world.request(100, "rma-1"); TASKS]).await;
            assert_eq!(world.sent(), 1, "{kind:?}, {spread:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_tasks_whose_first_request_is_lost_get_one_refund() {
    for kind in Kind::ALL {
        for spread in Spread::ALL {
            for submission in Submission::ALL {
                let what = format!("{kind:?}, {spread:?}, {submission:?}");
                let world = World::new(kind, 100 * 1000, &[submission]);
                let clients = spread.clients(&world, &journal(&world));
                let request = world.request(100, "rma-1");
                let results = all_at_once(&clients, vec![request.clone(); TASKS]).await;
                for (_, result) in &results {
                    world.check(&request, result, &what).await;
                }
                assert!(world.made_in_the_end(&request).await <= 1, "{what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_that_request_more_than_was_captured_never_get_more() {
    for kind in Kind::ALL {
        for spread in Spread::ALL {
            for amount in [Amounts::Equal, Amounts::Different] {
                let what = format!("{kind:?}, {spread:?}, {amount:?}");
                // The provider itself would make each of them.
                let world = World::new(kind, CAPTURED, &[]).with_slow_reads();
                let clients = spread.clients(&world, &journal(&world));
                let results = all_at_once(&clients, amount.requests(&world)).await;
                for (request, result) in &results {
                    match result {
                        Ok(refund) => assert_eq!(refund.amount, exact(request), "{what}"),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::NotRefundable, "{error}: {what}"),
                    }
                    world.check(request, result, &what).await;
                }
                assert!(world.moved() <= CAPTURED, "{} of {CAPTURED} was refunded: {what}", world.moved());
                assert!(world.moved() >= CAPTURED - amount.largest(), "what fits is made: {what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_lost_counts_as_refunded() {
    for kind in Kind::ALL {
        for spread in Spread::ALL {
            for lost in [Submission::CarriedOutLate, Submission::MadeAndLostAndNotListedYet] {
                let what = format!("{kind:?}, {spread:?}, {lost:?}");
                let world = World::new(kind, CAPTURED, &[lost]);
                // The others go on long before its outcome is known, until nothing else is left.
                let clients = spread.clients(&world, &journal(&world));
                let requests = Amounts::Different.requests(&world);
                for (request, result) in all_at_once(&clients, requests.clone()).await {
                    world.check(&request, &result, &what).await;
                }
                for request in requests.iter().take(REFERENCES) {
                    assert!(world.made_in_the_end(request).await <= 1, "{what}");
                }
                assert!(world.moved() <= CAPTURED, "{} of {CAPTURED} was refunded: {what}", world.moved());
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Amounts {
    Equal,
    Different,
}

impl Amounts {
    fn of(self, number: usize) -> i64 {
        match self {
            Self::Equal => 100,
            Self::Different => 100 + i64::try_from(number).unwrap(),
        }
    }

    /// Ten requests of each reference.
    fn requests(self, world: &World) -> Vec<CreateRefund> {
        let request = |number: usize| {
            let number = number % REFERENCES;
            world.request(self.of(number), &format!("rma-{number}"))
        };
        (0..TASKS).map(request).collect()
    }

    fn largest(self) -> i64 {
        self.of(19)
    }
}

fn exact(request: &CreateRefund) -> Money {
    match request.amount {
        RefundAmount::Exact(amount) => amount,
        _ => unreachable!("each task asks for an exact amount"),
    }
}
