//! The calls of one client, one at a time for each money key.
//!
//! This orders calls and saves round trips. The journal is what prevents duplicate refunds.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

use crate::journal::MoneyKey;

/// How many places a queue holds before it drops those that no call uses.
const CLEANUP_SIZE: usize = 64;

/// A fair queue for each money key. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    places: Arc<Mutex<Places>>,
    hasher: RandomState,
}

/// The money keys that calls work on or wait for, by hash. Two keys with the same hash wait for each other,
/// which is harmless.
type Places = HashMap<u64, Weak<tokio::sync::Mutex<()>>>;

/// A call's turn. Dropping it starts the next one.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Queue {
    /// The queue's lock for this money key.
    pub(super) fn place(&self, money: &MoneyKey) -> Arc<tokio::sync::Mutex<()>> {
        let money = self.hasher.hash_one(money);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        // Unused places are removed from time to time, not on each call.
        if places.len() >= CLEANUP_SIZE && places.len().is_power_of_two() {
            places.retain(|_, place| place.strong_count() > 0);
        }
        let place = places.entry(money).or_default();
        place.upgrade().unwrap_or_else(|| {
            let new = Arc::default();
            *place = Arc::downgrade(&new);
            new
        })
    }
}
