//! The calls of one client, one at a time for each money.
//!
//! For order and to spare round trips: what keeps refunds from being made twice is the journal.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

use crate::journal::MoneyKey;

/// A fair queue for each money. Clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::client) struct Queue(Arc<Mutex<Places>>);

/// Money that a call works on or waits for; the others are gone.
type Places = HashMap<MoneyKey, Weak<tokio::sync::Mutex<()>>>;

/// A call's turn. Dropping it lets the next one in.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Queue {
    /// The place of this money.
    pub(super) fn place(&self, money: &MoneyKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(money).and_then(Weak::upgrade) {
            return place;
        }
        // Those who left are cleared away now and then, not each time.
        if places.len() >= CLEARED_AT && places.len().is_power_of_two() {
            places.retain(|_, place| place.strong_count() > 0);
        }
        let place = Arc::default();
        places.insert(money.clone(), Arc::downgrade(&place));
        place
    }
}

const CLEARED_AT: usize = 64;
