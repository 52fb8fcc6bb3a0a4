//! What tables, CSV and JSON have in common. The columns of a refund are in `refunds.rs` and `table.rs`.

use refunds_core::{Capabilities, Idempotency, ProviderFactory, Refund};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::provider::variable;

/// A provider as `refunds providers` shows it.
#[derive(Debug, Serialize)]
pub(super) struct ProviderRow {
    pub(super) name: String,
    pub(super) capabilities: Capabilities,
    pub(super) settings: Vec<SettingRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct SettingRow {
    pub(super) variable: String,
    pub(super) key: &'static str,
    pub(super) required: bool,
    pub(super) help: &'static str,
}

impl ProviderRow {
    pub(super) fn of(factory: &dyn ProviderFactory) -> Self {
        let setting = |spec: &refunds_core::SettingSpec| SettingRow {
            variable: variable(factory.name(), spec.key),
            key: spec.key,
            required: spec.required,
            help: spec.help,
        };
        Self {
            name: factory.name().to_owned(),
            capabilities: factory.capabilities(),
            settings: factory.settings().iter().map(setting).collect(),
        }
    }

    /// The yes-or-no capabilities, by name.
    pub(super) fn flags(&self) -> [(&'static str, bool); 6] {
        let can = &self.capabilities;
        [
            ("partial", can.partial),
            ("several", can.multiple),
            ("lines", can.lines),
            ("gift_cards", can.gift_cards),
            ("metadata", can.metadata),
            ("webhooks", can.webhooks),
        ]
    }

    /// What protects a repeated request, in a word.
    pub(super) fn idempotency(&self) -> &'static str {
        match &self.capabilities.idempotency {
            idempotency if idempotency.honoured().is_some() => "key",
            Idempotency::Key(_) => "key, best effort",
            _ => "none",
        }
    }

    /// Where the provider reports a final status.
    pub(super) fn final_status(&self) -> String {
        let by = self.capabilities.final_status;
        let ways = [("get", by.get), ("list", by.list), ("webhook", by.webhook)];
        let ways: Vec<_> = ways.into_iter().filter_map(|(way, has)| has.then_some(way)).collect();
        ways.join(" ")
    }
}

/// The word for a value, as in JSON.
pub(super) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// RFC 3339 in UTC, as in JSON; empty if the provider does not report it.
pub(super) fn when(time: Option<OffsetDateTime>) -> String {
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The kind of instrument that receives the money.
pub(super) fn target_type(refund: &Refund) -> String {
    use refunds_core::TargetKind;

    match refund.target.as_ref().map(|target| &target.kind) {
        Some(TargetKind::PaymentMethod) => "payment_method".into(),
        Some(TargetKind::GiftCard) => "gift_card".into(),
        Some(TargetKind::Other(word)) => word.clone(),
        _ => String::new(),
    }
}
