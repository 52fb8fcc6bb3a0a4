//! The calls of one client, one at a time for each money.
//!
//! For order and to spare round trips: what keeps refunds from being made twice is the journal.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

use crate::journal::MoneyKey;

/// How many moneys a queue holds before it drops those that no call waits for.
const CLEANUP_SIZE: usize = 64;

/// A fair queue for each money. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    places: Arc<Mutex<Places>>,
    hasher: RandomState,
}

/// Money that a call works on or waits for, by its hash; the others are gone. Two moneys of one hash wait
/// for each other, which is harmless.
type Places = HashMap<u64, Weak<tokio::sync::Mutex<()>>>;

/// A call's turn. Dropping it lets the next one in.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Queue {
    /// The place of this money.
    pub(super) fn place(&self, money: &MoneyKey) -> Arc<tokio::sync::Mutex<()>> {
        let money = self.hasher.hash_one(money);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        // Those who left are cleared away now and then, not each time.
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
