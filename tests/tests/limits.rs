//! Servers whose responses never end: a clear error, in time, and in bounded memory. In a binary of its own, because
//! it measures the memory of its process.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use refunds_core::{ErrorKind, SystemClock};
use refunds_sandbox::{Call, FaultAction, FaultRule};
use refunds_tests::Shop;

const TOTAL: Duration = Duration::from_secs(2);
/// Far longer than the limit, because the machine may be busy.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);
/// A body may have 16 MiB, twice that while its buffer grows, and the server that writes it is in this process
/// too. Without a limit, gigabytes would arrive in the available time.
const MEMORY: u64 = 96 << 20;

/// The peak memory of this process, if the system reports it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_responses_fail_in_time_and_in_bounded_memory() {
    for name in ["dintero", "mattilda"] {
        for (action, kinds) in [
            (FaultAction::EndlessBody, [ErrorKind::Protocol, ErrorKind::OutcomeUnknown]),
            (
                FaultAction::SlowDrip(Duration::from_millis(50)),
                [ErrorKind::Timeout, ErrorKind::OutcomeUnknown],
            ),
            (FaultAction::ProcessThenSilence, [ErrorKind::Timeout, ErrorKind::OutcomeUnknown]),
        ] {
            for writes in [false, true] {
                let mut shop = Shop::open(name).await;
                (shop.policy.total_timeout, shop.policy.settle_timeout) = (TOTAL, TOTAL / 4);
                shop.policy.attempt_timeout = TOTAL / 4;
                let payment = shop.captured(44850);
                let client = shop.client().with_clock(Arc::new(SystemClock));
                // The token is fetched before the fault begins.
                client.payment(&payment).await.unwrap();
                let before = peak_memory();
                if writes {
                    shop.sandbox.faults().add(FaultRule::on(Call::Submit).then(action.clone()));
                    shop.sandbox
                        .faults()
                        .add(FaultRule::on(Call::List).nth(2).times(1000).then(action.clone()));
                } else {
                    shop.sandbox.faults().add(FaultRule::on(Call::List).then(action.clone()));
                }
                let request = shop.request(&payment, 100, "rma-551");
                let result = tokio::time::timeout(TEST_TIMEOUT, client.create(&request))
                    .await
                    .expect("it ends in time");
                let error = result.unwrap_err();
                let case = format!("{name}: {action}, on the submission: {writes}: {error}");
                assert_eq!(error.kind(), kinds[usize::from(writes)], "{case}");
                assert_eq!(error.may_have_applied(), writes, "{case}");
                if let (Some(before), Some(after)) = (before, peak_memory()) {
                    assert!(after - before < MEMORY, "{case}: {} KiB more", (after - before) >> 10);
                }
            }
        }
    }
}
