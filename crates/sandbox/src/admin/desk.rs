//! What the admin port works with.

use std::sync::Arc;

use crate::{provider::Provider, webhook::Webhooks, world::World};

pub(super) struct Desk {
    pub(super) world: Arc<World>,
    pub(super) webhooks: Webhooks,
    pub(super) sides: Vec<Side>,
    pub(super) port: u16,
}

/// How to reach a provider.
pub(crate) struct Side {
    pub(crate) provider: Provider,
    pub(crate) api_url: String,
    /// The names of the environment variables for its adapter; some of their values are secrets.
    pub(crate) env: Vec<String>,
}

impl Desk {
    pub(super) fn new(world: Arc<World>, sides: Vec<Side>, port: u16) -> Self {
        Self { webhooks: Webhooks::new(Arc::clone(&world)), world, sides, port }
    }
}
