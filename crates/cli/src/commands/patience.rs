//! Waiting for the time from which a lost refund may be submitted again.

use std::time::Duration;

use refunds_core::{Clock, Error, ErrorKind, SystemClock, readable_duration};

use crate::{failure::say, interrupt::interrupted, output::clock_time, progress::Progress};

/// How often the time that is left is shown.
const TICK: Duration = Duration::from_secs(1);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// The refund may be submitted again.
    Waited,
    /// There is nothing to wait for.
    Pointless,
    /// The process was interrupted.
    Interrupted,
}

/// Waits until the refund of `error` may be submitted again, if that is a time to come: what failed after that time
/// would fail again at once.
pub(super) async fn until_resubmission(error: &Error) -> Patience {
    let from = match error.unresolved() {
        Some(unresolved) if error.kind() == ErrorKind::OutcomeUnknown && unresolved.suspects.is_empty() => {
            unresolved.resubmit_from
        }
        _ => None,
    };
    let Some(from) = from.filter(|from| *from > SystemClock.now()) else { return Patience::Pointless };
    let mut interrupted = std::pin::pin!(interrupted());
    let progress = Progress::start("");
    let mut is_first = true;
    loop {
        let now = SystemClock.now();
        let left = Duration::try_from(from - now).unwrap_or_default();
        if left.is_zero() {
            return Patience::Waited;
        }
        let at = clock_time(from, now);
        let message =
            format!("the request was lost and may still be carried out; it is looked for again at {at}");
        if progress.is_shown() {
            progress.say(format!("{message}, in {}", readable_duration(left)));
        } else if is_first {
            say(&message);
        }
        is_first = false;
        tokio::select! {
            () = SystemClock.sleep(left.min(TICK)) => {}
            () = &mut interrupted => return Patience::Interrupted,
        }
    }
}
