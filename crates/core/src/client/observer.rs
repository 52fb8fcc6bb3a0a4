//! What a client reports about its calls.

use std::fmt::Debug;

use super::Waiting;

/// Hears what a client's calls do.
///
/// Methods return at once and do not fail. New ones will join as provided methods.
pub trait Observer: Debug + Send + Sync {
    /// A call waits for a request that may be under way.
    fn waiting(&self, waiting: &Waiting) {
        let _ = waiting;
    }
}
