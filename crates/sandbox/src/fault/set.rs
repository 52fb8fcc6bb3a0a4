//! The active fault rules and their counts.

use std::sync::Mutex;

use super::{Call, FaultAction, FaultRule, When};
use crate::{ids::Ids, lock::lock, provider::Provider, wire::Incoming};

/// The active fault rules of a sandbox.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
}

#[derive(Debug)]
struct Armed {
    rule: FaultRule,
    seen: u32,
}

impl Faults {
    /// Adds a fault rule.
    pub fn add(&self, rule: FaultRule) {
        lock(&self.armed).push(Armed { rule, seen: 0 });
    }

    /// Removes all fault rules.
    pub fn clear(&self) {
        lock(&self.armed).clear();
    }

    /// The fault for this request, if any. Every rule that matches counts the request.
    pub(crate) fn next(
        &self,
        provider: Provider,
        calls: &[Call],
        request: &Incoming,
        dice: &Ids,
    ) -> Option<(String, FaultAction)> {
        let mut found = None;
        for armed in lock(&self.armed).iter_mut() {
            let rule = &armed.rule;
            let here = rule.provider.is_none_or(|only| only == provider);
            let of_payment = rule.payment.as_ref().is_none_or(|id| request.segments().contains(id));
            if !here || !of_payment || !rule.call.matches(calls, request) {
                continue;
            }
            armed.seen = armed.seen.saturating_add(1);
            let applies = match rule.when {
                When::Every => true,
                When::Nth { first, times } => armed.seen >= first && armed.seen - first < times,
                When::Percent(percent) => dice.next() % 100 < u64::from(percent),
            };
            if applies && found.is_none() {
                found = Some((rule.to_string(), rule.action.clone()));
            }
        }
        found
    }
}
