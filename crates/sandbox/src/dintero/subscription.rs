//! Hook subscriptions, the deleted ones too.

use serde_json::Value;

use super::hook_body::HookBody;

#[derive(Default)]
pub(super) struct Hooks {
    /// Oldest first, the deleted ones too.
    pub(super) subscriptions: Vec<Subscription>,
}

pub(super) struct Subscription {
    pub(super) id: String,
    /// As it is served: without the secret itself.
    pub(super) document: Value,
    pub(super) body: HookBody,
    pub(super) is_deleted: bool,
    pub(super) failures: u32,
    /// Every attempt, as it is served in detail.
    pub(super) attempts: Vec<Value>,
}

impl Hooks {
    /// The subscription of this id, unless it was deleted.
    pub(super) fn live(&mut self, id: &str) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|subscription| subscription.id == id && !subscription.is_deleted)
    }
}
