//! Scenarios across the crates of this workspace. Not published.
//!
//! [`Shop`] is a merchant with one provider, chosen by name only; what stands behind the name (the
//! sandbox over HTTP, or memory) shows nowhere else.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

pub mod fuzzing;
pub mod receiver;

use std::sync::Arc;

use refunds_core::{
    CreateRefund, Currency, Money, PaymentId, Policy, Reference, RefundAmount, RefundClient, Registry,
    Settings,
    testing::{MemoryFactory, MemoryProvider, SkippingClock},
};
use refunds_sandbox::{
    Outcome, Sandbox, dintero,
    mattilda::{self, FieldSet, IdempotencyMode},
};

/// The README's example, compiled and run.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;

/// The registry that an application would build.
#[must_use]
pub fn registry(memory: MemoryProvider) -> Registry {
    Registry::new()
        .with(refunds_dintero::DinteroFactory)
        .with(refunds_mattilda::MattildaFactory)
        .with(MemoryFactory::of(memory))
}

/// What can differ behind one provider's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What it is called in tables.
    pub title: &'static str,
    /// The name in the registry.
    pub provider: &'static str,
    /// Whether Mattilda's sandbox honours the idempotency key, and the adapter is told so.
    pub key_honoured: bool,
    /// Whether Mattilda's answers tell references.
    pub references_told: bool,
}

/// Every provider in every way that it can be.
pub const VARIANTS: [Variant; 5] = [
    Variant { title: "dintero", provider: "dintero", key_honoured: false, references_told: true },
    Variant { title: "mattilda", provider: "mattilda", key_honoured: false, references_told: true },
    Variant {
        title: "mattilda, key honoured",
        provider: "mattilda",
        key_honoured: true,
        references_told: true,
    },
    Variant {
        title: "mattilda, documented fields",
        provider: "mattilda",
        key_honoured: false,
        references_told: false,
    },
    Variant {
        title: "mattilda, documented fields, key honoured",
        provider: "mattilda",
        key_honoured: true,
        references_told: false,
    },
];

/// A merchant with one provider.
#[derive(Debug)]
pub struct Shop {
    provider: &'static str,
    settings: Settings,
    /// The world behind it.
    pub sandbox: Sandbox,
    memory: MemoryProvider,
    /// The clock of its clients, which skips our own waits.
    pub clock: SkippingClock,
    /// How patient its clients are.
    pub policy: Policy,
}

impl Shop {
    /// A shop at the provider called `name`.
    pub async fn open(name: &'static str) -> Self {
        let variant = Variant { title: name, provider: name, key_honoured: false, references_told: true };
        Self::open_variant(variant, 42).await
    }

    /// A shop at a provider that behaves in a certain way; `seed` is the sandbox's.
    pub async fn open_variant(variant: Variant, seed: u64) -> Self {
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        let honoured = variant.key_honoured;
        let mode = if honoured { IdempotencyMode::Honoured } else { IdempotencyMode::Ignored };
        sandbox.mattilda().set_idempotency(mode);
        let fields = if variant.references_told { FieldSet::Newest } else { FieldSet::Documented };
        sandbox.mattilda().set_fields(fields);
        let mut settings: Settings = match variant.provider {
            "memory" => Settings::new(),
            name => sandbox.settings(name).into_iter().collect(),
        };
        if honoured {
            settings = settings.with("idempotency_key", "honoured");
        }
        let mut policy = Policy::default();
        policy.jitter_seed = Some(seed);
        let (memory, clock) = (MemoryProvider::new(), SkippingClock::new());
        Self { provider: variant.provider, settings, sandbox, memory, clock, policy }
    }

    /// A new client, as a process that has just started would have it: it shares nothing with
    /// earlier ones but the provider and the time.
    #[must_use]
    pub fn client(&self) -> RefundClient {
        let provider = registry(self.memory.clone()).build(self.provider, &self.settings).unwrap();
        RefundClient::new(provider).with_policy(self.policy.clone()).with_clock(Arc::new(self.clock.clone()))
    }

    /// The currency of its payments.
    #[must_use]
    pub fn currency(&self) -> Currency {
        if self.provider == "mattilda" { "MXN" } else { "NOK" }.parse().unwrap()
    }

    /// An amount in its currency.
    #[must_use]
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency())
    }

    /// A payment that is captured in full.
    #[must_use]
    pub fn captured(&self, minor: i64) -> PaymentId {
        let id = match self.provider {
            "dintero" => self.sandbox.dintero().captured(minor, "NOK"),
            "mattilda" => self.sandbox.mattilda().captured(minor, "MXN"),
            _ => return self.memory.captured(self.money(minor)),
        };
        PaymentId::new(id).unwrap()
    }

    /// A payment whose refunds take their time and then end in `outcome`.
    #[must_use]
    pub fn captured_slow(&self, minor: i64, outcome: Outcome) -> PaymentId {
        let id = match self.provider {
            "dintero" => self
                .sandbox
                .dintero()
                .transaction(dintero::TransactionSpec::new(minor, "NOK").asynchronous(outcome)),
            _ => self
                .sandbox
                .mattilda()
                .transaction(mattilda::TransactionSpec::new(minor, "MXN").asynchronous(outcome)),
        };
        PaymentId::new(id).unwrap()
    }

    /// The money that really went back, or is on its way, in minor units.
    #[must_use]
    pub fn moved(&self, payment: &PaymentId) -> i64 {
        if self.provider == "memory" {
            return self.memory.moved(payment);
        }
        let ledger = self.sandbox.ledger();
        ledger.total_refunded(payment.as_str()) + ledger.pending(payment.as_str())
    }

    /// How many refunds were really made under `reference`.
    #[must_use]
    pub fn made(&self, payment: &PaymentId, reference: &str) -> usize {
        self.sandbox.ledger().by_reference(payment.as_str(), reference)
    }

    /// A request for `minor` of `payment`.
    #[must_use]
    pub fn ask(&self, payment: &PaymentId, minor: i64, reference: &str) -> CreateRefund {
        let amount = RefundAmount::Exact(self.money(minor));
        CreateRefund::new(payment.clone(), amount, Reference::new(reference).unwrap())
    }
}
