//! The faults in force, and their counts.

use std::sync::Mutex;

use super::{Call, FaultAction, FaultRule, When};
use crate::{ids::Ids, lock::lock, provider::Provider, wire::Incoming};

/// The faults in force at a sandbox.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
}

#[derive(Debug)]
struct Armed {
    fault: FaultRule,
    seen: u32,
}

impl Faults {
    /// Puts a fault in force.
    pub fn add(&self, fault: FaultRule) {
        lock(&self.armed).push(Armed { fault, seen: 0 });
    }

    /// Puts an end to all faults.
    pub fn clear(&self) {
        lock(&self.armed).clear();
    }

    /// The fault that strikes this request, if one does. Every fault that matches counts it.
    pub(crate) fn strike(
        &self,
        provider: Provider,
        calls: &[Call],
        request: &Incoming,
        dice: &Ids,
    ) -> Option<(String, FaultAction)> {
        let mut struck = None;
        for armed in lock(&self.armed).iter_mut() {
            let fault = &armed.fault;
            let here = fault.provider.is_none_or(|only| only == provider);
            if !here || !fault.call.matches(calls, request) {
                continue;
            }
            armed.seen = armed.seen.saturating_add(1);
            let strikes = match fault.when {
                When::Every => true,
                When::Nth { first, times } => armed.seen >= first && armed.seen - first < times,
                When::Percent(percent) => dice.next() % 100 < u64::from(percent),
            };
            if strikes && struck.is_none() {
                struck = Some((fault.to_string(), fault.action.clone()));
            }
        }
        struck
    }
}
