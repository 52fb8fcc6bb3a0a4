//! What a client reports about its calls.

use std::fmt::Debug;

use super::Waiting;

/// Receives reports of what a client's calls do.
///
/// Methods must return at once and cannot fail. New methods are added as provided ones.
pub trait Observer: Debug + Send + Sync {
    /// A call waits for a request that may be in flight.
    fn waiting(&self, waiting: &Waiting) {
        let _ = waiting;
    }
}
