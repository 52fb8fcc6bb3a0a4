//! What a status means, in one table.

use refunds_core::ErrorKind;

/// What an error status means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusClass {
    /// The kind of error.
    pub kind: ErrorKind,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Whether the write may nevertheless have been done; never on a read.
    pub may_have_applied: bool,
}

/// Classifies an error status, for a request that moves money (`write`) or does not.
///
/// Where a status leaves it open whether a write was done, it may have been. An
/// adapter that knows better by the provider's error code says so in its
/// [`ProviderError`](crate::ProviderError).
///
/// ```
/// use refunds_core::ErrorKind;
/// use refunds_http::classify_status;
///
/// let class = classify_status(503, true);
/// assert_eq!((class.kind, class.may_have_applied), (ErrorKind::Unavailable, true));
/// assert!(!classify_status(429, true).may_have_applied);
/// assert!(!classify_status(503, false).may_have_applied);
/// ```
#[must_use]
pub fn classify_status(status: u16, write: bool) -> StatusClass {
    let (kind, retryable, ambiguous) = match status {
        401 => (ErrorKind::Unauthenticated, false, false),
        403 => (ErrorKind::PermissionDenied, false, false),
        404 | 410 => (ErrorKind::NotFound, false, false),
        408 => (ErrorKind::Timeout, true, true),
        // From "this reference exists" to "still being processed": only the code shows which.
        409 => (ErrorKind::Conflict, false, true),
        429 => (ErrorKind::RateLimited, true, false),
        425 | 500..=599 => (ErrorKind::Unavailable, true, true),
        400..=499 => (ErrorKind::InvalidRequest, false, false),
        // Redirects, too: they are not followed, and who redirects may have processed before.
        _ => (ErrorKind::Protocol, false, true),
    };
    StatusClass { kind, retryable, may_have_applied: write && ambiguous }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row() {
        use ErrorKind as K;
        for (statuses, kind, retryable, ambiguous) in [
            (
                vec![400, 402, 405, 406, 411, 413, 414, 415, 418, 421, 422, 431, 451, 499],
                K::InvalidRequest,
                false,
                false,
            ),
            (vec![401], K::Unauthenticated, false, false),
            (vec![403], K::PermissionDenied, false, false),
            (vec![404, 410], K::NotFound, false, false),
            (vec![408], K::Timeout, true, true),
            (vec![409], K::Conflict, false, true),
            (vec![425], K::Unavailable, true, true),
            (vec![429], K::RateLimited, true, false),
            (vec![500, 501, 502, 503, 504, 507, 520, 524, 599], K::Unavailable, true, true),
            (vec![300, 301, 302, 303, 304, 307, 308, 399], K::Protocol, false, true),
            (vec![0, 100, 101, 199, 600, 999, u16::MAX], K::Protocol, false, true),
        ] {
            for status in statuses {
                for write in [true, false] {
                    let want = StatusClass { kind, retryable, may_have_applied: ambiguous && write };
                    assert_eq!(classify_status(status, write), want, "{status} write={write}");
                }
            }
        }
    }
}
