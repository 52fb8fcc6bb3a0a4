//! Which request is being processed, for what it writes to the ledger.
//!
//! Processing is synchronous and stays on its thread: no provider has to hand the number on.

use std::cell::Cell;

thread_local! {
    static REQUEST: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Does this work as part of the request of this number.
pub(crate) fn during<T>(number: u64, work: impl FnOnce() -> T) -> T {
    let _until_the_end = Restore(REQUEST.replace(Some(number)));
    work()
}

/// The number of the request that is being processed on this thread.
pub(crate) fn current() -> Option<u64> {
    REQUEST.get()
}

/// Also if the work panics: the thread goes on with other requests.
struct Restore(Option<u64>);

impl Drop for Restore {
    fn drop(&mut self) {
        REQUEST.set(self.0);
    }
}
