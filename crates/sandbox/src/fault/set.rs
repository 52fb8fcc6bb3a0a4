//! The active fault rules and their counts.

use std::sync::{Arc, Mutex};

use super::{Call, FaultAction, FaultRule, When};
use crate::{
    changes::{Change, Changes},
    ids::Ids,
    lock::lock,
    provider::Provider,
    wire::Incoming,
};

/// The active fault rules of a sandbox.
#[derive(Debug, Default)]
pub struct Faults {
    inner: Mutex<Inner>,
    changes: Arc<Changes>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    armed: Vec<Armed>,
}

/// An active rule and its counts.
#[derive(Debug, Clone)]
pub(crate) struct Armed {
    /// Counted from 1, and never used again.
    pub(crate) number: u64,
    pub(crate) rule: FaultRule,
    /// The calls that the rule is about.
    pub(crate) seen: u32,
    /// The calls that it applied to.
    pub(crate) hits: u32,
}

impl Faults {
    /// Adds a fault rule.
    pub fn add(&self, rule: FaultRule) {
        self.arm(rule);
    }

    /// Removes all fault rules.
    pub fn clear(&self) {
        self.retain(|_| false);
    }

    pub(crate) fn marking(changes: Arc<Changes>) -> Self {
        Self { inner: Mutex::default(), changes }
    }

    /// Adds a fault rule, and returns its number.
    pub(crate) fn arm(&self, rule: FaultRule) -> u64 {
        let mut inner = lock(&self.inner);
        inner.last += 1;
        let number = inner.last;
        inner.armed.push(Armed { number, rule, seen: 0, hits: 0 });
        self.changes.mark(Change::Faults);
        number
    }

    /// Removes the rules that are not kept, and returns how many.
    pub(crate) fn retain(&self, keeps: impl Fn(&Armed) -> bool) -> usize {
        let mut inner = lock(&self.inner);
        let before = inner.armed.len();
        inner.armed.retain(keeps);
        self.changes.mark(Change::Faults);
        before - inner.armed.len()
    }

    pub(crate) fn snapshot(&self) -> Vec<Armed> {
        lock(&self.inner).armed.clone()
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
        for armed in &mut lock(&self.inner).armed {
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
                armed.hits = armed.hits.saturating_add(1);
                self.changes.mark(Change::Faults);
            }
        }
        found
    }
}
