//! What the client does after a failure.
//!
//! | failure | after a read | after a write |
//! |---|---|---|
//! | a refund may have been made (time-out or reset after sending, 5xx, unreadable response) | retried if retryable or unreadable | **recovered**: looked up, never blindly sent again |
//! | rate limited, connection never made, unavailable before sending | retried | retried |
//! | retryable conflict: the same key is in flight elsewhere | retried | retried with the key; after the last attempt, looked up |
//! | conflict at a provider that [refuses](crate::Replay::Refused) spent references | | looked up until the settle timeout ends: it exists |
//! | other conflict, not refundable, invalid | stop | looked up once: another worker may have made it |
//! | everything else | stop | stop |

use crate::{Error, ErrorKind};

/// What follows a failed read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterRead {
    /// Retry after a wait.
    Retry,
    /// Return the error.
    Stop,
}

/// What follows a failed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterWrite {
    /// Retry after a wait: certainly no refund was made.
    Retry,
    /// Retry after a wait. From now on, another call may have made it.
    RetryAgainstAnother,
    /// It may have been made: look it up.
    Recover,
    /// This attempt did not make it; look once whether another call did.
    LookOnce,
    /// Return the error.
    Stop,
}

pub(super) fn after_read(error: &Error) -> AfterRead {
    // An unreadable response may come from a proxy or a failing server.
    if error.is_retryable() || error.kind() == ErrorKind::Protocol {
        AfterRead::Retry
    } else {
        AfterRead::Stop
    }
}

pub(super) fn after_write(error: &Error) -> AfterWrite {
    match error.kind() {
        _ if error.may_have_applied() => AfterWrite::Recover,
        ErrorKind::Conflict if error.is_retryable() => AfterWrite::RetryAgainstAnother,
        _ if error.is_retryable() => AfterWrite::Retry,
        ErrorKind::Conflict | ErrorKind::NotRefundable | ErrorKind::InvalidRequest => AfterWrite::LookOnce,
        _ => AfterWrite::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind with its conservative defaults, and with the adapter's statement that nothing was made.
    #[test]
    fn every_kind_has_its_row() {
        use AfterRead as R;
        use AfterWrite as W;
        for (kind, read, careful, not_applied) in [
            (ErrorKind::Config, R::Stop, W::Stop, W::Stop),
            (ErrorKind::InvalidRequest, R::Stop, W::LookOnce, W::LookOnce),
            (ErrorKind::Unauthenticated, R::Stop, W::Stop, W::Stop),
            (ErrorKind::PermissionDenied, R::Stop, W::Stop, W::Stop),
            (ErrorKind::NotFound, R::Stop, W::Stop, W::Stop),
            (ErrorKind::NotRefundable, R::Stop, W::LookOnce, W::LookOnce),
            (ErrorKind::Declined, R::Stop, W::Stop, W::Stop),
            (ErrorKind::Conflict, R::Stop, W::LookOnce, W::LookOnce),
            (ErrorKind::RateLimited, R::Retry, W::Retry, W::Retry),
            (ErrorKind::Unavailable, R::Retry, W::Recover, W::Retry),
            (ErrorKind::Timeout, R::Retry, W::Recover, W::Retry),
            (ErrorKind::Transport, R::Retry, W::Recover, W::Retry),
            (ErrorKind::Protocol, R::Retry, W::Recover, W::Stop),
            (ErrorKind::OutcomeUnknown, R::Stop, W::Recover, W::Stop),
            (ErrorKind::Unsupported, R::Stop, W::Stop, W::Stop),
            (ErrorKind::Other, R::Stop, W::Recover, W::Stop),
        ] {
            let error = || Error::new(kind, "");
            assert_eq!(after_read(&error()), read, "{kind} on a read");
            assert_eq!(after_write(&error()), careful, "{kind} on a write");
            assert_eq!(after_write(&error().not_applied()), not_applied, "{kind}, not applied, on a write");
        }
        let in_flight = Error::new(ErrorKind::Conflict, "").with_retryable(true);
        assert_eq!(after_write(&in_flight), AfterWrite::RetryAgainstAnother);
        let unsure = Error::new(ErrorKind::Conflict, "").with_may_have_applied(true);
        assert_eq!(after_write(&unsure), AfterWrite::Recover);
        let limited = Error::new(ErrorKind::RateLimited, "").with_may_have_applied(true);
        assert_eq!(after_write(&limited), AfterWrite::Recover);
    }
}
