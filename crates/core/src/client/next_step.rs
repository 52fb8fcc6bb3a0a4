//! The one table that says what happens after a failure.
//!
//! | failure | after a read | after a write |
//! |---|---|---|
//! | a refund may have been made (time-out or reset after sending, 5xx, unreadable response) | retried if retryable, or if it could not be understood | **recovered**: looked for, never blindly sent again |
//! | rate limited, connection never made, unavailable before sending | retried | retried |
//! | conflict that may be retried: the same key is under way elsewhere | retried | retried with the key; when attempts are over, looked for |
//! | conflict where a reference that is spent is [refused](crate::Replay::Refused) | | looked for until the settle time is over: it is there |
//! | conflict otherwise, not refundable, invalid | stop | looked for once: another worker may have made it |
//! | everything else | stop | stop |

use crate::{Error, ErrorKind};

/// What follows a failed read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterRead {
    /// Again, after a wait.
    Retry,
    /// The caller is told.
    Stop,
}

/// What follows a failed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterWrite {
    /// Again, after a wait: certainly nothing was made.
    Retry,
    /// Again, after a wait, and from now on another call may have made it.
    RetryAgainstAnother,
    /// It may have been made: look for it.
    Recover,
    /// It was not made by this attempt; look once whether another call made it.
    LookOnce,
    /// The caller is told.
    Stop,
}

pub(super) fn after_read(error: &Error) -> AfterRead {
    // A response that cannot be understood may be that of a proxy or a server in trouble.
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

    /// Every kind with its careful defaults, and every kind of which the adapter says that nothing
    /// was made.
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
