//! When a webhook is sent again.

use std::time::Duration;

use time::OffsetDateTime;

use super::message::Scheme;
use crate::clock::later;

/// In addition to the first attempt.
const CALLBACK_RETRIES: u32 = 20;
const HOOK_TRIES: u32 = 5;
const GR4VY_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The delays are not documented, except that Gr4vy's grow exponentially.
const FIRST_DELAY: Duration = Duration::from_secs(10);
const LONGEST_CALLBACK_DELAY: Duration = Duration::from_secs(60 * 60);
const HOOK_DELAY: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    Again(OffsetDateTime),
    /// The receiver refused it for good.
    Refused,
    /// All attempts failed.
    Exhausted,
}

impl Scheme {
    /// How long a receiver may take.
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_secs(match self {
            Self::Callback => 10,
            // 60 s and 120 s are both documented.
            Self::Hook { .. } => 60,
            Self::Gr4vy => 5,
        })
    }

    /// What follows from the response to an attempt. `tried` counts this attempt; `since` is when it was first due.
    pub(super) fn verdict(
        &self,
        status: Option<u16>,
        tried: u32,
        since: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Verdict {
        let doubled = FIRST_DELAY.saturating_mul(1 << (tried - 1).min(20));
        match (self, status) {
            (_, Some(200..=299)) => Verdict::Accepted,
            (Self::Callback, Some(300..=499)) | (Self::Hook { .. }, Some(400)) => Verdict::Refused,
            (Self::Callback, _) if tried > CALLBACK_RETRIES => Verdict::Exhausted,
            (Self::Callback, _) => Verdict::Again(later(now, doubled.min(LONGEST_CALLBACK_DELAY))),
            (Self::Hook { .. }, _) if tried >= HOOK_TRIES => Verdict::Exhausted,
            (Self::Hook { .. }, _) => Verdict::Again(later(now, HOOK_DELAY)),
            (Self::Gr4vy, _) => {
                let next = later(now, doubled);
                let is_late = next > later(since, GR4VY_LIFETIME);
                if is_late { Verdict::Exhausted } else { Verdict::Again(next) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_status_is_retried() {
        let hook = || Scheme::Hook { subscription: String::new(), secret: None };
        for (status, callback, hooks, gr4vy) in [
            (Some(200), "accepted", "accepted", "accepted"),
            (Some(204), "accepted", "accepted", "accepted"),
            (Some(101), "again", "again", "again"),
            (Some(301), "refused", "again", "again"),
            (Some(400), "refused", "refused", "again"),
            (Some(404), "refused", "again", "again"),
            (Some(500), "again", "again", "again"),
            (Some(503), "again", "again", "again"),
            (None, "again", "again", "again"),
        ] {
            let now = OffsetDateTime::UNIX_EPOCH;
            let verdict = |scheme: Scheme| match scheme.verdict(status, 1, now, now) {
                Verdict::Accepted => "accepted",
                Verdict::Again(_) => "again",
                Verdict::Refused => "refused",
                Verdict::Exhausted => "exhausted",
            };
            let verdicts = (verdict(Scheme::Callback), verdict(hook()), verdict(Scheme::Gr4vy));
            assert_eq!(verdicts, (callback, hooks, gr4vy), "{status:?}");
        }
    }
}
