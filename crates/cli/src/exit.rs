//! The exit status: what happened to the money.

use std::process::ExitCode;

use refunds_core::{Error, ErrorKind, Refund, RefundStatus};

/// The exit status, as `refunds --help` explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Other = 1,
    Usage = 2,
    Refused = 3,
    Denied = 4,
    Transient = 5,
    Unknown = 6,
}

impl Exit {
    /// A refund that may have been made outranks everything else.
    pub(crate) fn of_error(error: &Error) -> Self {
        if error.may_have_applied() {
            return Self::Unknown;
        }
        match error.kind() {
            ErrorKind::Config => Self::Usage,
            ErrorKind::InvalidRequest
            | ErrorKind::NotFound
            | ErrorKind::NotRefundable
            | ErrorKind::Declined
            | ErrorKind::Conflict
            | ErrorKind::Unsupported => Self::Refused,
            ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Transport => {
                Self::Transient
            }
            ErrorKind::OutcomeUnknown => Self::Unknown,
            _ if error.is_retryable() => Self::Transient,
            _ => Self::Other,
        }
    }

    /// The status for a webhook that gives no notice.
    pub(crate) fn of_webhook(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Unauthenticated => Self::Denied,
            ErrorKind::Config => Self::Usage,
            _ => Self::Refused,
        }
    }

    /// The status of a command with several results: the one that needs the most attention. An unknown
    /// outcome comes first, then a refusal by the provider; a transient failure comes last.
    pub(crate) fn worst(self, other: Self) -> Self {
        const MILDEST_FIRST: [Exit; 7] = [
            Exit::Done,
            Exit::Transient,
            Exit::Usage,
            Exit::Other,
            Exit::Denied,
            Exit::Refused,
            Exit::Unknown,
        ];
        let rank = |exit| MILDEST_FIRST.iter().position(|at| *at == exit);
        if rank(other) > rank(self) { other } else { self }
    }

    /// The status for a requested refund. One that is still pending counts as done.
    pub(crate) fn of_refund(refund: &Refund) -> Self {
        match refund.status {
            RefundStatus::Declined | RefundStatus::Failed | RefundStatus::Voided => Self::Refused,
            _ => Self::Done,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_needs_the_most_attention() {
        use Exit::{Denied, Done, Other, Refused, Transient, Unknown, Usage};
        let mildest_first = [Done, Transient, Usage, Other, Denied, Refused, Unknown];
        for (at, mild) in mildest_first.into_iter().enumerate() {
            for worse in mildest_first.into_iter().skip(at) {
                assert_eq!((mild.worst(worse), worse.worst(mild)), (worse, worse), "{mild:?} {worse:?}");
            }
        }
    }

    #[test]
    fn every_kind_has_its_status() {
        use Exit::{Denied, Other, Refused, Transient, Unknown, Usage};
        for (kind, careful, not_applied) in [
            (ErrorKind::Config, Usage, Usage),
            (ErrorKind::InvalidRequest, Refused, Refused),
            (ErrorKind::Unauthenticated, Denied, Denied),
            (ErrorKind::PermissionDenied, Denied, Denied),
            (ErrorKind::NotFound, Refused, Refused),
            (ErrorKind::NotRefundable, Refused, Refused),
            (ErrorKind::Declined, Refused, Refused),
            (ErrorKind::Conflict, Refused, Refused),
            (ErrorKind::RateLimited, Transient, Transient),
            (ErrorKind::Unavailable, Unknown, Transient),
            (ErrorKind::Timeout, Unknown, Transient),
            (ErrorKind::Transport, Unknown, Transient),
            (ErrorKind::Protocol, Unknown, Other),
            (ErrorKind::OutcomeUnknown, Unknown, Unknown),
            (ErrorKind::Unsupported, Refused, Refused),
            (ErrorKind::Other, Unknown, Other),
        ] {
            assert_eq!(Exit::of_error(&Error::new(kind, "")), careful, "{kind}");
            assert_eq!(
                Exit::of_error(&Error::new(kind, "").not_applied()),
                not_applied,
                "{kind}, not applied"
            );
            let sticky = Error::new(kind, "").with_may_have_applied(true);
            assert_eq!(Exit::of_error(&sticky), Unknown, "{kind}, may be applied");
        }
    }
}
