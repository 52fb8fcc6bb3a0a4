//! The conformance kit on the in-memory provider, in each configuration.

use std::sync::Arc;

use refunds_core::{
    Currency, Idempotency, Money, PaymentId, RefundProvider, RefundStatus, Replay,
    testing::{Harness, MemoryHarness, MemoryProvider, Settling, cases, run_all, run_case},
};

use crate::listing::ensure_tests_are;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// One configuration of the memory as a module of tests.
macro_rules! configuration {
    ($(#[$doc:meta])* $name:ident, $currency:literal, $provider:expr) => {
        $(#[$doc])*
        mod $name {
            use super::*;

            async fn harness() -> MemoryHarness {
                MemoryHarness::new($provider, currency($currency))
            }

            refunds_core::conformance_tests!(harness());
        }
    };
}

configuration!(at_once, "NOK", MemoryProvider::new());
configuration!(key_honoured, "MXN", MemoryProvider::new().with_key());
configuration!(
    first_response_replayed,
    "NOK",
    MemoryProvider::new().with_key().with_capabilities(|able| {
        let Idempotency::Key(key) = &mut able.idempotency else { panic!("it has a key") };
        key.replay = Replay::FirstAnswer;
        key.conflict_in_flight = true;
    })
);
configuration!(
    repetition_refused,
    "NOK",
    MemoryProvider::new().with_key().with_capabilities(|able| {
        let Idempotency::Key(key) = &mut able.idempotency else { panic!("it has a key") };
        key.replay = Replay::Refused;
        key.retention = std::time::Duration::MAX;
    })
);
configuration!(
    references_hidden_repetition_refused,
    "NOK",
    MemoryProvider::new().with_unreported_references().with_key().with_capabilities(|able| {
        let Idempotency::Key(key) = &mut able.idempotency else { panic!("it has a key") };
        key.replay = Replay::Refused;
    })
);
configuration!(references_hidden, "NOK", MemoryProvider::new().with_unreported_references());
configuration!(
    references_hidden_key_honoured,
    "JPY",
    MemoryProvider::new().with_unreported_references().with_key()
);
configuration!(
    pending_at_first,
    "TND",
    MemoryProvider::new().with_settling(Settling::AfterReads(2)).with_end(RefundStatus::Succeeded)
);
configuration!(finer_units_than_the_currencys, "ISK", MemoryProvider::new().with_decimals(2).with_key());
configuration!(coarser_units_than_the_currencys, "TND", MemoryProvider::new().with_decimals(2));
configuration!(short_pages, "SEK", MemoryProvider::new().with_page_size(3));
configuration!(
    everything_offered,
    "NOK",
    MemoryProvider::new().with_maximum(100_000_000).with_capabilities(|able| {
        able.gift_cards = true;
        able.webhooks = true;
    })
);
configuration!(
    whole_payments_once,
    "NOK",
    MemoryProvider::new().with_capabilities(|able| {
        able.partial = false;
        able.multiple = false;
        able.lines = false;
        able.metadata = false;
    })
);
configuration!(once_in_part, "NOK", MemoryProvider::new().with_capabilities(|able| able.multiple = false));

#[test]
fn the_macro_and_the_table_have_the_same_cases() {
    ensure_tests_are("provider_kit::right::at_once", cases());
}

/// A harness with only the required methods.
struct Least(MemoryProvider);

#[async_trait::async_trait]
impl Harness for Least {
    fn name(&self) -> &'static str {
        "memory"
    }
    fn provider(&self) -> Arc<dyn RefundProvider> {
        Arc::new(self.0.clone())
    }
    fn currency(&self) -> Currency {
        currency("NOK")
    }
    async fn captured(&self, minor: i64) -> PaymentId {
        self.0.captured(Money::new(minor, self.currency()))
    }
}

#[tokio::test]
async fn the_least_harness_runs_half_of_the_cases() {
    let report = run_all(&Least(MemoryProvider::new())).await;
    assert!(report.is_ok(), "{report}");
    let (all, skipped) = (cases().len(), report.skipped().count());
    assert!(skipped * 2 <= all, "{skipped} of {all} are skipped:\n{report}");
    assert!(report.skipped().all(|(_, reason)| !reason.is_empty()));
}

/// The futures of the kit are `Send`.
#[test]
fn the_kit_can_be_sent_to_other_threads() {
    fn holds<T: Send>(value: T) -> T {
        value
    }
    let harness = Least(MemoryProvider::new());
    drop(holds(run_all(&harness)));
    for case in cases() {
        drop(holds(case.run(&harness)));
    }
}

#[test]
#[should_panic(expected = "the kit has no case no_such_case")]
fn an_unknown_case_is_a_failure() {
    run_case("no_such_case", async { Least(MemoryProvider::new()) });
}

#[tokio::test]
async fn a_report_is_a_table() {
    let report = run_all(&MemoryHarness::new(MemoryProvider::new(), currency("NOK"))).await;
    assert!(report.is_ok(), "{report}");
    let printed = report.to_string();
    assert_eq!(printed.lines().count(), cases().len() + 1);
    assert!(printed.contains("the_key_is_honoured"), "{printed}");
    assert!(printed.contains("skipped: it honours no idempotency key"), "{printed}");
    assert!(printed.lines().last().unwrap().ends_with("0 failed"), "{printed}");
}
