//! Random faults, concurrency, dropped futures and restarted processes: in the end the ledger matches the
//! requests, to the minor unit.
//!
//! The short version runs with all tests. The long one makes more than 10 000 creations:
//!
//! ```text
//! CHAOS_SEED=random CHAOS_ROUNDS=45 cargo test -p refunds-tests --test it chaos -- --nocapture
//! ```
//!
//! Seeds are printed; `CHAOS_SEED=…` replays one, `CHAOS_SEED=random` draws one.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use refunds_core::{CreateRefund, PaymentId, Refund, RefundProvider as _};
use refunds_sandbox::{Call, FaultAction, FaultRule};
use refunds_tests::{Shop, VARIANTS, Variant};

const PAYMENTS: usize = 4;
const REFUNDS: usize = 5;

/// Polls the inner future `polls` times and then drops it: a cancellation at that await point.
struct DropAfter<F> {
    inner: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future> Future for DropAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.inner.as_mut().poll(context).map(Some)
    }
}

fn random_faults(random: &mut fastrand::Rng, variant: Variant) -> Vec<FaultRule> {
    let actions = [
        FaultAction::DropBefore,
        FaultAction::ResetBefore,
        FaultAction::ProcessThenDrop,
        FaultAction::ProcessThenReset,
        FaultAction::ProcessThenStatus(500),
        FaultAction::ProcessThenStatus(503),
        FaultAction::StatusOnly(500),
        FaultAction::StatusOnly(503),
        FaultAction::TruncatedBody,
        FaultAction::MalformedBody,
        FaultAction::HtmlBody,
        FaultAction::WrongContentType,
        FaultAction::Unauthorized,
        FaultAction::RateLimited { retry_after: Some(1) },
        FaultAction::Latency(Duration::from_millis(2)),
        FaultAction::ProcessLateAfter(random.u32(1..4)),
    ];
    let calls = [Call::Token, Call::List, Call::Payment, Call::Submit, Call::Submit, Call::Any];
    let mut faults: Vec<_> = (0..4)
        .map(|_| {
            let call = random.choice(&calls).unwrap().clone();
            FaultRule::on(call).percent(random.u8(5..25)).then(random.choice(&actions).unwrap().clone())
        })
        .collect();
    if variant.orders {
        let action = random.choice(&actions).unwrap().clone();
        faults.push(FaultRule::on(Call::Record).percent(random.u8(5..40)).then(action));
    }
    if variant.key_honoured {
        faults.push(FaultRule::on(Call::Submit).percent(10).then(FaultAction::DuplicateDelivery));
    }
    faults
}

/// One round: some payments with some refunds each, two storms of faults, then none.
async fn round(variant: Variant, seed: u64) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut shop = Shop::open_variant(variant, seed).await;
    shop.policy.attempt_timeout = Duration::from_secs(5);
    // The sandbox decides when its late requests arrive: no call may wait for that.
    shop.policy.resubmit_after = Duration::from_secs(24 * 3600);
    let mut intents: Vec<(PaymentId, CreateRefund, i64)> = Vec::new();
    for payment in 0..PAYMENTS {
        let id = shop.captured(10_000);
        for refund in 0..REFUNDS {
            // The amounts of a payment all differ, so that the sum shows which refunds were made.
            let amount = 100 + i64::try_from(refund).unwrap() * 31 + random.i64(0..30);
            let request = shop.request(&id, amount, &format!("p{payment}-r{refund}"));
            intents.push((id.clone(), request, amount));
        }
    }
    let mut creates = 0;
    for _storm in 0..2 {
        for fault in random_faults(&mut random, variant) {
            shop.sandbox.faults().add(fault);
        }
        let mut calls = Vec::new();
        for (_, request, _) in &intents {
            let drops = random.u8(0..3) == 0;
            // Two workers at the same time: the journal orders them.
            for _worker in 0..2 {
                let client = shop.client();
                let polls = if drops { random.u32(1..25) } else { u32::MAX };
                calls.push(async move {
                    let create = client.create(request);
                    (request, DropAfter { inner: Box::pin(create), polls }.await)
                });
            }
        }
        random.shuffle(&mut calls);
        creates += calls.len();
        let results: Vec<_> = stream::iter(calls).buffer_unordered(6).collect().await;
        for (request, result) in results {
            let made = shop.made(&request.payment_id, request.reference.as_str());
            match result {
                Some(Ok(refund)) => assert_eq!(made, 1, "seed {seed}: returned {refund:?}"),
                // Another worker may have made it, even if this one did not.
                Some(Err(_)) | None => assert!(made <= 1, "seed {seed}: {made} for {request:?}"),
            }
        }
        // Dropping a future does not recall its request: let the requests in flight arrive.
        shop.sandbox.faults().clear();
        shop.sandbox.deliver_late();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    shop.let_requests_end();
    for (payment, request, _) in &intents {
        let refund = shop.client().create(request).await.unwrap_or_else(|error| {
            panic!("seed {seed}: {payment}: {error}");
        });
        assert_eq!(refund.reference.as_ref(), Some(&request.reference));
        assert_eq!(shop.made(payment, request.reference.as_str()), 1, "seed {seed}: {request:?}");
        creates += 1;
    }
    for (payment, ..) in &intents {
        let intended: i64 =
            intents.iter().filter(|(other, ..)| other == payment).map(|(.., amount)| amount).sum();
        assert_eq!(shop.moved(payment), intended, "seed {seed}: {payment}");
        let overview = shop.client().provider().overview(payment).await.unwrap();
        assert_eq!(overview.refunds.refunds.len(), REFUNDS, "seed {seed}: {payment}: {overview:?}");
        assert!(
            !overview.refunds.refunds.iter().any(Refund::needs_completion),
            "seed {seed}: {payment}: {overview:?}"
        );
        let left = overview.payment.captured.minor_units() - overview.payment.refundable.minor_units();
        assert_eq!(left, intended, "seed {seed}: {payment}: {overview:?}");
    }
    creates
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_end_the_ledger_matches_the_requests() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let rounds = number("CHAOS_ROUNDS").unwrap_or(4);
    let seed = match std::env::var("CHAOS_SEED").as_deref() {
        Ok("random") => fastrand::u64(..),
        _ => number("CHAOS_SEED").unwrap_or(551),
    };
    println!("CHAOS_SEED={seed} CHAOS_ROUNDS={rounds}");
    let mut creates = 0;
    for round_number in 0..rounds {
        for variant in VARIANTS.into_iter().filter(|variant| variant.references_reported) {
            creates += round(variant, seed.wrapping_add(round_number)).await;
        }
    }
    println!("{creates} creations in {rounds} rounds, no refund lost, none made twice");
}
