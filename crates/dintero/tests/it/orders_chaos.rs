//! Two orders that share a transaction, the same references on both, and faults at random: in the end
//! each refund of each order was made once.

use crate::common::{asked, client, dintero, line, list, sums};
use refunds_core::RefundStatus;
use refunds_sandbox::{
    Call, FaultAction, FaultRule, Outcome, Sandbox,
    dintero::{OrderSpec, TransactionSpec},
};

const ROUNDS: u64 = 20;
const REFUNDS: [(&str, i64); 3] = [("rma-1", 30), ("rma-2", 30), ("rma-3", 25)];

fn fault(random: &mut fastrand::Rng) -> FaultRule {
    let calls = [Call::Submit, Call::Record, Call::Payment, Call::List, Call::Any];
    let actions = [
        FaultAction::DropBefore,
        FaultAction::ProcessThenDrop,
        FaultAction::ProcessThenStatus(503),
        FaultAction::StatusOnly(503),
        FaultAction::StatusOnly(409),
        FaultAction::StatusOnly(403),
        FaultAction::MalformedBody,
        FaultAction::TruncatedBody,
        FaultAction::RateLimited { retry_after: Some(1) },
    ];
    let (call, action) = (random.choice(&calls).unwrap(), random.choice(&actions).unwrap());
    FaultRule::on(call.clone()).percent(random.u8(5..40)).then(action.clone())
}

#[tokio::test]
async fn each_refund_of_each_order_is_made_once() {
    for seed in 0..ROUNDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        let mut spec = TransactionSpec::new(200, "NOK");
        if random.bool() {
            spec = spec.asynchronous(Outcome::Succeeded);
        }
        let transaction = sandbox.dintero().transaction(spec);
        let order = || sandbox.dintero().order(OrderSpec::new("NOK").line(1, 100).captured_by(&transaction));
        let orders = [order(), order()];
        for _ in 0..3 {
            sandbox.faults().add(fault(&mut random));
        }
        for _storm in 0..2 {
            let mut wanted: Vec<_> =
                orders.iter().flat_map(|order| REFUNDS.map(|refund| (order, refund))).collect();
            random.shuffle(&mut wanted);
            for (order, (text, minor)) in wanted {
                let before =
                    sandbox.ledger().total_refunded(&transaction) + sandbox.ledger().pending(&transaction);
                let reported = client(dintero(&sandbox))
                    .create(&asked(order, minor, text).with_line(line("1", minor)))
                    .await;
                let after =
                    sandbox.ledger().total_refunded(&transaction) + sandbox.ledger().pending(&transaction);
                match reported {
                    Ok(refund) => assert!(refund.status.reduces_refundable(), "seed {seed}: {refund:?}"),
                    Err(error) if !error.may_have_applied() => {
                        assert_eq!(before, after, "seed {seed}: {error}");
                    }
                    Err(_) => {}
                }
            }
        }
        sandbox.faults().clear();
        sandbox.settle_all();
        for order in &orders {
            for (text, minor) in REFUNDS {
                let request = asked(order, minor, text).with_line(line("1", minor));
                let refund = client(dintero(&sandbox)).create(&request).await;
                let refund = refund.unwrap_or_else(|error| panic!("seed {seed}: {text}: {error}"));
                // An asynchronous one may have been made just now.
                sandbox.settle_all();
                let refund = if refund.status.is_final() {
                    refund
                } else {
                    client(dintero(&sandbox)).create(&request).await.unwrap()
                };
                assert_eq!(
                    (refund.status, refund.needs_completion()),
                    (RefundStatus::Succeeded, false),
                    "seed {seed}"
                );
            }
        }
        for (text, _) in REFUNDS {
            assert_eq!(sandbox.ledger().by_reference(&transaction, text), 2, "seed {seed}: {text}");
        }
        assert_eq!(sandbox.ledger().total_refunded(&transaction), 170, "seed {seed}");
        for order in &orders {
            assert_eq!(list(&dintero(&sandbox), order).await.unwrap().len(), REFUNDS.len(), "seed {seed}");
            assert_eq!(sums(&dintero(&sandbox), order).await, [100, 85, 0, 15], "seed {seed}");
        }
    }
}
