//! What changed in the sandbox, for those that follow it live.

use std::time::Duration;

use tokio::{sync::watch, time::sleep};

/// A part of the sandbox that can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Payments, refunds and the ledger.
    Payments,
    Requests,
    Deliveries,
    Faults,
}

impl Change {
    const ALL: [Self; 4] = [Self::Payments, Self::Requests, Self::Deliveries, Self::Faults];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Requests => "requests",
            Self::Deliveries => "deliveries",
            Self::Faults => "faults",
        }
    }
}

/// Counts the changes of each part: a follower that is slow misses none.
#[derive(Debug, Default)]
pub(crate) struct Changes(watch::Sender<[u64; Change::ALL.len()]>);

impl Changes {
    pub(crate) fn mark(&self, change: Change) {
        self.0.send_modify(|counts| counts[change as usize] += 1);
    }

    /// Follows the changes from now on.
    pub(crate) fn follow(&self) -> Follower {
        let changes = self.0.subscribe();
        let seen = *changes.borrow();
        Follower { changes, seen }
    }
}

/// See [`Changes::follow`].
pub(crate) struct Follower {
    changes: watch::Receiver<[u64; Change::ALL.len()]>,
    seen: [u64; Change::ALL.len()],
}

impl Follower {
    /// Waits for a change, and for this long for more of them. `None` after the end of the sandbox.
    pub(crate) async fn next(&mut self, merged_over: Duration) -> Option<Vec<Change>> {
        self.changes.changed().await.ok()?;
        sleep(merged_over).await;
        let counts = *self.changes.borrow_and_update();
        let changed = Change::ALL.into_iter().filter(|at| counts[*at as usize] != self.seen[*at as usize]);
        let changed = changed.collect();
        self.seen = counts;
        Some(changed)
    }
}
