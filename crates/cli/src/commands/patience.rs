//! Waiting for the time from which a lost refund may be submitted again.

use std::time::Duration;

use refunds_core::{Clock, Error, ErrorKind, SystemClock, readable_duration};

use crate::{failure::say, interrupt::interrupted, output::clock_time};

/// How often the time that is left is shown.
const TICK: Duration = Duration::from_secs(30);

/// Waits until the refund of `error` may be submitted again. Returns false, without waiting to the end, if that
/// would change nothing or the process is interrupted.
pub(super) async fn until_resubmission(error: &Error) -> bool {
    let from = match error.unresolved() {
        Some(unresolved) if error.kind() == ErrorKind::OutcomeUnknown && unresolved.suspects.is_empty() => {
            unresolved.resubmit_from
        }
        _ => None,
    };
    let Some(from) = from else { return false };
    let mut interrupted = std::pin::pin!(interrupted());
    loop {
        let now = SystemClock.now();
        let left = Duration::try_from(from - now).unwrap_or_default();
        if left.is_zero() {
            return true;
        }
        say(&format!(
            "the request was lost and may still be carried out; it is looked for again at {}, in {}",
            clock_time(from, now),
            readable_duration(left)
        ));
        tokio::select! {
            () = SystemClock.sleep(left.min(TICK)) => {}
            () = &mut interrupted => return false,
        }
    }
}
