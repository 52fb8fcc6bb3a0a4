//! A payment in the formats for programs.

use refunds_core::{Money, Payment};

use super::{csv::harmless, record::Record};

impl Record for Payment {
    const COLUMNS: &'static [&'static str] = &[
        "provider",
        "id",
        "provider_status",
        "currency",
        "captured",
        "refunded",
        "pending",
        "refundable",
        "captured_minor",
        "refunded_minor",
        "pending_minor",
        "refundable_minor",
        "complete",
    ];

    fn fields(&self) -> Vec<String> {
        let amounts = [self.captured, self.refunded, self.pending, self.refundable];
        let mut fields = vec![
            harmless(&self.provider),
            harmless(self.id.as_str()),
            harmless(self.provider_status.as_deref().unwrap_or_default()),
            self.currency().to_string(),
        ];
        fields.extend(amounts.map(Money::to_major));
        fields.extend(amounts.map(|amount| amount.minor_units().to_string()));
        fields.push(self.complete.to_string());
        fields
    }
}
