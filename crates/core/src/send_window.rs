//! The time window in which a request may be sent.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use time::OffsetDateTime;

use crate::{Clock, Error, ErrorKind, Result};

const UNSENT: u8 = 0;
const SENT: u8 = 1;
const CLOSED: u8 = 2;

/// The time until which the request of an intent may be sent.
///
/// The journal promises other processes that no byte of the request is sent after its `not_after`. So an
/// adapter calls [`begin`](Self::begin) immediately before bytes are written to the socket, after it fetched
/// a token and made a connection, and sends nothing if it returns `false`.
/// `refunds_http::Request::send_window` does that. An adapter that does so declares
/// [`Capabilities::send_window`](crate::Capabilities::send_window). For others the client checks the window
/// right before it calls [`submit_refund`](crate::RefundProvider::submit_refund).
///
/// Clones share the window.
#[derive(Clone)]
pub struct SendWindow(Arc<Inner>);

struct Inner {
    state: AtomicU8,
    clock: Arc<dyn Clock>,
    monotonic: Duration,
    wall: OffsetDateTime,
    length: Duration,
}

impl SendWindow {
    /// A window that begins now and lasts for `length`, by `clock`.
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use refunds_core::{SendWindow, SystemClock};
    ///
    /// let window = SendWindow::new(Arc::new(SystemClock), Duration::from_secs(5));
    /// assert!(window.begin());
    /// assert!(!window.close(), "a request that is being sent cannot be cancelled");
    /// ```
    pub fn new(clock: Arc<dyn Clock>, length: Duration) -> Self {
        let (monotonic, wall) = (clock.monotonic(), clock.now());
        Self(Arc::new(Inner { state: AtomicU8::new(UNSENT), clock, monotonic, wall, length }))
    }

    /// Returns whether bytes may be sent now, and records that they are. A request that is repeated because
    /// its token was refused calls this again.
    #[must_use]
    pub fn begin(&self) -> bool {
        if self.is_over() {
            return false;
        }
        let begun = self.0.state.compare_exchange(UNSENT, SENT, Ordering::AcqRel, Ordering::Acquire);
        matches!(begun, Ok(_) | Err(SENT))
    }

    /// As [`begin`](Self::begin), as a result.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`], retryable and not applied, if nothing may be sent any more.
    pub fn check(&self) -> Result<()> {
        if self.begin() { Ok(()) } else { Err(self.expired()) }
    }

    /// The error of a request that may not be sent any more.
    #[must_use]
    pub fn expired(&self) -> Error {
        Error::new(ErrorKind::Timeout, "the request was not sent: its send window ended first").not_applied()
    }

    /// Prevents bytes from being sent from now on. Returns whether none were sent.
    #[must_use]
    pub fn close(&self) -> bool {
        let closed = self.0.state.compare_exchange(UNSENT, CLOSED, Ordering::AcqRel, Ordering::Acquire);
        matches!(closed, Ok(_) | Err(CLOSED))
    }

    /// Whether bytes may have been sent.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.state.load(Ordering::Acquire) == SENT
    }

    /// Whether the window has ended by either clock: the monotonic clock stops while a machine sleeps, and
    /// the wall clock may be set.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.elapsed() > self.0.length
    }

    /// How long ago it began, by the clock that shows more.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let Inner { clock, monotonic, wall, .. } = &*self.0;
        let by_wall = Duration::try_from(clock.now() - *wall).unwrap_or_default();
        clock.monotonic().saturating_sub(*monotonic).max(by_wall)
    }
}

impl PartialEq for SendWindow {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for SendWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendWindow")
            .field("length", &self.0.length)
            .field("has_begun", &self.has_begun())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SkippingClock;

    const LENGTH: Duration = Duration::from_secs(5);

    #[test]
    fn the_first_of_begin_and_close_decides() {
        let clock = SkippingClock::new();
        let window = || SendWindow::new(Arc::new(clock.clone()), LENGTH);
        let sent = window();
        assert!(sent.begin() && sent.begin() && !sent.close() && sent.has_begun());
        let closed = window();
        assert!(closed.close() && closed.close() && !closed.begin() && !closed.has_begun());
        let late = window();
        clock.advance(LENGTH + Duration::from_millis(1));
        assert!(!late.begin() && late.close());
        let error = late.check().unwrap_err();
        assert!(error.is_retryable() && !error.may_have_applied(), "{error}");
    }
}
