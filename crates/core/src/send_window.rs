//! The moment in which a request may leave.

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

/// Until when the request of an intent may leave.
///
/// The journal promised other processes that no byte of the request leaves after its `not_after`. So an
/// adapter calls [`begin`](Self::begin) right where bytes are handed to the socket, after a token was
/// fetched and a connection made, and sends nothing where it answers `false`.
/// `refunds_http::Request::send_window` does that. An adapter that can says so in
/// [`Capabilities::send_window`](crate::Capabilities::send_window); for others the client checks the
/// window right before it calls [`submit_refund`](crate::RefundProvider::submit_refund).
///
/// Clones are the same window.
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
    /// assert!(!window.close(), "what has begun to leave cannot be called back");
    /// ```
    pub fn new(clock: Arc<dyn Clock>, length: Duration) -> Self {
        let (monotonic, wall) = (clock.monotonic(), clock.now());
        Self(Arc::new(Inner { state: AtomicU8::new(UNSENT), clock, monotonic, wall, length }))
    }

    /// Asks whether bytes may leave now, and notes that they do. A request that is repeated, since it
    /// was refused for its token, asks again.
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
    /// [`ErrorKind::Timeout`], retryable and not applied, where nothing may leave any more.
    pub fn check(&self) -> Result<()> {
        if self.begin() { Ok(()) } else { Err(self.expired()) }
    }

    /// The error of a request that may not leave any more.
    #[must_use]
    pub fn expired(&self) -> Error {
        Error::new(ErrorKind::Timeout, "the request did not leave within its window, so it was not sent")
            .not_applied()
    }

    /// Keeps bytes from leaving from now on; answers whether none has left.
    #[must_use]
    pub fn close(&self) -> bool {
        let closed = self.0.state.compare_exchange(UNSENT, CLOSED, Ordering::AcqRel, Ordering::Acquire);
        matches!(closed, Ok(_) | Err(CLOSED))
    }

    /// Whether bytes may have left.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.state.load(Ordering::Acquire) == SENT
    }

    /// Whether its time is over, by whichever clock says so: the monotonic one stands still while a
    /// machine sleeps, and the wall clock may be set.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.elapsed() > self.0.length
    }

    /// How long ago it began, by the clock that says more.
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
    fn whoever_is_first_decides() {
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
