//! Attempts, time limits and back-off of a client.

use std::time::Duration;

use crate::{Error, Result, env_variable};

/// Attempts, time limits and back-off of a [`RefundClient`](crate::RefundClient).
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
    /// Attempts of one call, including the first; at least 1. Default 3.
    pub max_attempts: u32,
    /// How long one attempt may take. Default 30 s. Adapters may end an exchange earlier: ours do after 25 s,
    /// unless their setting `timeout` changes that.
    pub attempt_timeout: Duration,
    /// How long a call may take with all its attempts and waits, plus the settle timeout after a request
    /// whose outcome is unknown. Default 2 min.
    pub total_timeout: Duration,
    /// How long a call looks for a refund after its response was lost, and how long other refunds of the same
    /// money wait for it. Default 30 s.
    pub settle_timeout: Duration,
    /// How long the same reference may not be submitted again, counted from the last moment at which a lost
    /// request may have been sent, if no idempotency key is honoured. It must be at least as long as the
    /// provider may take to carry out a request whose connection is gone and to list its refund: with a
    /// shorter time, a refund may be made twice. Default 10 min.
    pub resubmit_after: Duration,
    /// How long a request may take to be sent, from the start of the commit of its intent: the commit, a token
    /// and a connection. A request that takes longer is not sent, and the attempt is retried. Default 5 s.
    pub send_window: Duration,
    /// For providers that may not report references: whether a new refund without a reference is attributed to
    /// the only unsettled request for its amount. `false` leaves such cases to a person; set it to `false` if
    /// other systems refund the same payments. Default `true`.
    pub match_by_id: bool,
    /// The longest wait before the second attempt. It doubles with each attempt. The actual wait is uniformly
    /// random between zero and this ("full jitter"). Default 500 ms.
    pub base_delay: Duration,
    /// The upper limit of the doubling. Default 10 s.
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
    /// How long one submission may take: one attempt, and at most half of the whole call.
    pub(crate) fn submit_limit(&self) -> Duration {
        self.attempt_timeout.min(self.total_timeout / 2)
    }

    /// How long the same reference is blocked after a lost request; never less than other references are.
    pub(crate) fn resubmit_limit(&self) -> Duration {
        self.resubmit_after.max(self.settle_timeout)
    }

    /// The policy from the environment: `REFUNDS_MAX_ATTEMPTS`, `REFUNDS_ATTEMPT_TIMEOUT`,
    /// `REFUNDS_TOTAL_TIMEOUT`, `REFUNDS_SETTLE_TIMEOUT`, `REFUNDS_RESUBMIT_AFTER`; durations as `10s`, `2m`,
    /// `500ms`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a variable is not UTF-8, is malformed, or is zero
    /// (only `REFUNDS_SETTLE_TIMEOUT` may be zero). The message names the variable.
    pub fn from_env() -> Result<Self> {
        Self::read(env_variable)
    }

    /// As [`from_env`](Self::from_env), with variables from `variable`.
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
            policy.max_attempts = text.parse().ok().filter(|attempts| *attempts > 0).ok_or_else(|| {
                Error::config("REFUNDS_MAX_ATTEMPTS must be a whole number greater than zero")
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
                        Error::config(format!("{name} must be a duration such as 500ms, 10s or 2m"))
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
    fn the_environment_sets_the_policy() {
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
    fn an_invalid_variable_is_named() {
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
