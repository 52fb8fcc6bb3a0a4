//! The operations without a network, by name: what is measured in time, in allocations and in instructions.

use std::hint::black_box;

use refunds_core::{
    CreateRefund, Money, PageRequest, PaymentId, Reference, RefundAmount, RefundClient, RefundProvider,
    testing::MemoryProvider,
};

use crate::{
    bodies,
    by_hand::{DinteroTransaction, MattildaList},
    clients::{canned_dintero, canned_mattilda, runtime},
    compare::Run,
};

/// Every operation, each beside its twin.
pub(crate) const NAMES: [&str; 7] = [
    "mattilda 100",
    "mattilda 100 by hand",
    "dintero 100",
    "dintero 100 by hand",
    "mattilda 1",
    "mattilda 1 by hand",
    "create in memory",
];

/// Prepares an operation.
pub(crate) fn operation(name: &str) -> Run {
    match name {
        "mattilda 100" => list(canned_mattilda(bodies::mattilda_list(100)), bodies::TRANSACTION, 100),
        "mattilda 100 by hand" => mattilda_by_hand(100),
        "mattilda 1" => list(canned_mattilda(bodies::mattilda_list(1)), bodies::TRANSACTION, 1),
        "mattilda 1 by hand" => mattilda_by_hand(1),
        "dintero 100" => {
            let provider = canned_dintero(bodies::dintero_transaction(100));
            list(provider, bodies::DINTERO_TRANSACTION, 100)
        }
        "dintero 100 by hand" => dintero_by_hand(100),
        "create in memory" => create(),
        other => panic!("no operation is called {other}; expected one of {}", NAMES.join(", ")),
    }
}

fn list(provider: impl RefundProvider + 'static, payment: &str, count: usize) -> Run {
    let (runtime, payment) = (runtime(), PaymentId::new(payment).unwrap());
    Box::new(move || {
        let page = runtime.block_on(provider.list_refunds(&payment, &PageRequest::default())).unwrap();
        assert_eq!(page.items.len(), count);
        black_box(page);
    })
}

fn mattilda_by_hand(count: usize) -> Run {
    let body = bodies::mattilda_list(count);
    Box::new(move || {
        let list: MattildaList = serde_json::from_slice(&body).unwrap();
        assert_eq!(list.items.len(), count);
        black_box(list);
    })
}

fn dintero_by_hand(count: usize) -> Run {
    let body = bodies::dintero_transaction(count);
    Box::new(move || {
        let transaction: DinteroTransaction = serde_json::from_slice(&body).unwrap();
        assert_eq!(transaction.events.len(), count + 2);
        black_box(transaction);
    })
}

/// A refund of a new payment, by a client and a provider that keep everything in memory.
fn create() -> Run {
    let (runtime, mut number) = (runtime(), 0);
    let money = Money::new(14_950, "NOK".parse().unwrap());
    Box::new(move || {
        // A new one each time: what the last one remembers would make the next one slower.
        let provider = MemoryProvider::new();
        let client = RefundClient::new(provider.clone());
        number += 1;
        let reference = Reference::new(format!("rma-{number}")).unwrap();
        let request = CreateRefund::new(provider.captured(money), RefundAmount::Exact(money), reference);
        let refund = runtime.block_on(client.create(&request)).unwrap();
        assert_eq!(refund.amount, money);
        black_box(refund);
    })
}

/// Does an operation again and again, for callgrind.
pub(crate) fn repeat(name: &str, times: u64) {
    let mut one = operation(name);
    (0..times).for_each(|_| one());
}
