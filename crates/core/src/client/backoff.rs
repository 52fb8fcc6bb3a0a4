//! The delay before the next attempt.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::Policy;

/// The minimum initial delay: zero would never grow and would retry without a pause.
const SHORTEST: Duration = Duration::from_millis(10);

/// Exponential back-off with full jitter.
#[derive(Debug)]
pub(super) struct Backoff {
    ceilings: ExponentialBackoff,
    last: Duration,
    random: fastrand::Rng,
}

impl Backoff {
    pub(super) fn new(policy: &Policy) -> Self {
        let ceilings = ExponentialBuilder::new()
            .with_min_delay(policy.base_delay.max(SHORTEST))
            .with_max_delay(policy.max_delay.max(policy.base_delay).max(SHORTEST))
            .with_factor(2.0)
            .without_max_times()
            .build();
        let random = policy.jitter_seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self { ceilings, last: policy.base_delay.max(SHORTEST), random }
    }

    /// The next delay: uniformly random between zero and a ceiling that doubles.
    pub(super) fn next_delay(&mut self) -> Duration {
        self.last = self.ceilings.next().unwrap_or(self.last);
        let nanos = u64::try_from(self.last.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.random.u64(0..=nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_up_to_the_longest() {
        let policy = Policy {
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_millis(350),
            jitter_seed: Some(1),
            ..Policy::default()
        };
        for seed in 0..200 {
            let mut backoff = Backoff::new(&Policy { jitter_seed: Some(seed), ..policy.clone() });
            for ceiling in [100, 200, 350, 350, 350] {
                assert!(backoff.next_delay() <= Duration::from_millis(ceiling));
            }
        }
        let spread: std::collections::BTreeSet<_> = (0..200)
            .map(|seed| Backoff::new(&Policy { jitter_seed: Some(seed), ..policy.clone() }).next_delay())
            .collect();
        assert!(spread.len() > 150, "jitter spreads the waits: {}", spread.len());
    }
}
