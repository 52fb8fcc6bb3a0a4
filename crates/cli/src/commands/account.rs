//! The account that a command touches, for people.

use refunds_core::{Mode, RefundClient};

use crate::config::Config;

/// The account that a command touches.
pub(super) fn of(client: &RefundClient, config: &Config) -> String {
    let provider = client.provider();
    let mode = match provider.mode() {
        Mode::Unknown => "test or live is not known".to_owned(),
        mode => mode.to_string(),
    };
    let profile = config.profile().map(|name| format!(", profile {name}")).unwrap_or_default();
    format!("{} ({mode}{profile})", provider.scope())
}
