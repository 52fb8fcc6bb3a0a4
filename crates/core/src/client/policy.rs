//! How patient a client is.

use std::time::Duration;

use crate::{Error, Result, env_variable};

/// How often, how long and how slowly a [`RefundClient`](crate::RefundClient) tries.
///
/// ```
/// use std::time::Duration;
/// use refunds_core::Policy;
///
/// let mut policy = Policy::default();
/// policy.max_attempts = 5;
/// policy.total_timeout = Duration::from_secs(60);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Attempts of one call, the first included; at least 1. Default 3.
    pub max_attempts: u32,
    /// How long one attempt may take. Default 30 s. Adapters may give an exchange up earlier: ours do
    /// after 25 s, unless their setting `timeout` says otherwise.
    pub attempt_timeout: Duration,
    /// How long a call may take with all its attempts and waits; after a request whose outcome is
    /// unknown, plus the settle time. Default 2 min.
    pub total_timeout: Duration,
    /// How long a call looks for a refund after its response was lost, and how long other refunds of
    /// the money wait for it. Default 30 s.
    pub settle_timeout: Duration,
    /// How long after a lost request can have left last the same reference may not be submitted again,
    /// where no idempotency key is honoured. At least as long as the provider may take to carry out a
    /// request whose connection is gone and to show it in its lists: a shorter time refunds twice.
    /// Default 10 min.
    pub resubmit_after: Duration,
    /// How long a request may take to leave after its intent was committed: the commit, a token and a
    /// connection. A request that takes longer is not sent, and tried again. Default 5 s.
    pub send_window: Duration,
    /// Whether a new refund without a reference may be taken for the only one of its amount that is
    /// unsettled, at providers that hide references. `false` leaves such cases to a person; set it where
    /// other systems refund the same payments. Default `true`.
    pub match_by_id: bool,
    /// The longest wait before the second attempt; it doubles from attempt to attempt. The wait
    /// itself is drawn evenly from nothing to this ("full jitter"). Default 500 ms.
    pub base_delay: Duration,
    /// What the doubling stops at. Default 10 s.
    pub max_delay: Duration,
    /// Makes the jitter repeatable, for tests.
    pub jitter_seed: Option<u64>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            attempt_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(120),
            settle_timeout: Duration::from_secs(30),
            resubmit_after: Duration::from_secs(600),
            send_window: Duration::from_secs(5),
            match_by_id: true,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(10),
            jitter_seed: None,
        }
    }
}

impl Policy {
    /// How long one submission may take: an attempt, and no more than half of the whole call.
    pub(crate) fn submit_limit(&self) -> Duration {
        self.attempt_timeout.min(self.total_timeout / 2)
    }

    /// How long after a lost request the same reference rests; never less than other references do.
    pub(crate) fn resubmit_limit(&self) -> Duration {
        self.resubmit_after.max(self.settle_timeout)
    }

    /// The policy that the environment sets: `REFUNDS_MAX_ATTEMPTS`, `REFUNDS_ATTEMPT_TIMEOUT`,
    /// `REFUNDS_TOTAL_TIMEOUT`, `REFUNDS_SETTLE_TIMEOUT`, `REFUNDS_RESUBMIT_AFTER`; durations as `10s`, `2m`, `500ms`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable, where one is not UTF-8, cannot
    /// be read or is zero.
    pub fn from_env() -> Result<Self> {
        Self::read(env_variable)
    }

    /// As [`from_env`](Self::from_env), from variables that are looked up in `variable`.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        Self::read(|name| Ok(variable(name).filter(|value| !value.is_empty())))
    }

    fn read(variable: impl Fn(&str) -> Result<Option<String>>) -> Result<Self> {
        let mut policy = Self::default();
        if let Some(text) = variable("REFUNDS_MAX_ATTEMPTS")? {
            policy.max_attempts =
                text.parse().ok().filter(|attempts| *attempts > 0).ok_or_else(|| {
                    Error::config("REFUNDS_MAX_ATTEMPTS has to be a whole number from 1 up")
                })?;
        }
        for (name, field, may_be_zero) in [
            ("REFUNDS_ATTEMPT_TIMEOUT", &mut policy.attempt_timeout, false),
            ("REFUNDS_TOTAL_TIMEOUT", &mut policy.total_timeout, false),
            ("REFUNDS_SETTLE_TIMEOUT", &mut policy.settle_timeout, true),
            ("REFUNDS_RESUBMIT_AFTER", &mut policy.resubmit_after, false),
        ] {
            if let Some(text) = variable(name)? {
                *field = humantime::parse_duration(&text)
                    .ok()
                    .filter(|duration| may_be_zero || !duration.is_zero())
                    .ok_or_else(|| {
                        Error::config(format!("{name} has to be a duration such as 500ms, 10s or 2m"))
                    })?;
            }
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_environment_sets_it() {
        let policy = Policy::from_variables(|name| {
            let value = match name {
                "REFUNDS_MAX_ATTEMPTS" => "5",
                "REFUNDS_ATTEMPT_TIMEOUT" => "500ms",
                "REFUNDS_TOTAL_TIMEOUT" => "2m",
                "REFUNDS_SETTLE_TIMEOUT" => "",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap();
        assert_eq!(policy.max_attempts, 5);
        assert_eq!(policy.attempt_timeout, Duration::from_millis(500));
        assert_eq!(policy.total_timeout, Duration::from_secs(120));
        assert_eq!(policy.settle_timeout, Policy::default().settle_timeout);
    }

    #[test]
    fn nonsense_is_named() {
        for (name, value) in [
            ("REFUNDS_MAX_ATTEMPTS", "0"),
            ("REFUNDS_MAX_ATTEMPTS", "-1"),
            ("REFUNDS_MAX_ATTEMPTS", "many"),
            ("REFUNDS_ATTEMPT_TIMEOUT", "10"),
            ("REFUNDS_TOTAL_TIMEOUT", "0s"),
            ("REFUNDS_SETTLE_TIMEOUT", "soon"),
        ] {
            let error =
                Policy::from_variables(|asked| (asked == name).then(|| value.to_owned())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
