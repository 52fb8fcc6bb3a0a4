//! Refusing requests that come too fast.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use time::OffsetDateTime;

use crate::{
    clock::{earlier, later},
    lock::lock,
    provider::Provider,
};

/// At most this many requests in any period of this length: see [`Sandbox::set_rate_limit`](crate::Sandbox::set_rate_limit).
///
/// ```
/// use refunds_sandbox::RateLimit;
/// use std::time::Duration;
///
/// let limit = RateLimit::new(50, Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    requests: usize,
    per: Duration,
}

impl RateLimit {
    /// So many requests in this time, on the sandbox's clock.
    pub fn new(requests: usize, per: Duration) -> Self {
        Self { requests, per }
    }
}

/// The limits, and when requests came that they let through.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    limited: Mutex<HashMap<Provider, Limited>>,
}

#[derive(Debug)]
struct Limited {
    limit: RateLimit,
    passed: VecDeque<OffsetDateTime>,
}

impl Rates {
    pub(crate) fn set(&self, provider: Provider, limit: Option<RateLimit>) {
        let mut limited = lock(&self.limited);
        match limit {
            Some(limit) => limited.insert(provider, Limited { limit, passed: VecDeque::new() }),
            None => limited.remove(&provider),
        };
    }

    /// Counts a request, or refuses it with the time after which the next one passes.
    pub(crate) fn pass(&self, provider: Provider, now: OffsetDateTime) -> Result<(), Duration> {
        let mut limited = lock(&self.limited);
        let Some(Limited { limit, passed }) = limited.get_mut(&provider) else { return Ok(()) };
        let since = earlier(now, limit.per);
        passed.retain(|at| *at > since);
        if passed.len() < limit.requests {
            passed.push_back(now);
            return Ok(());
        }
        let free_at = passed.front().map_or(later(now, limit.per), |oldest| later(*oldest, limit.per));
        Err((free_at - now).unsigned_abs())
    }
}
