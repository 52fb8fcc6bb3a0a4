//! Locking a mutex, poisoned or not.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A poisoned lock only means that another test thread panicked. The data is whole: no holder panics halfway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
