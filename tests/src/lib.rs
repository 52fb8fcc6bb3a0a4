//! Scenarios across the crates of this workspace. Not published.
//!
//! [`Shop`] is a merchant with one provider, chosen by name only; what stands behind the name (the
//! sandbox over HTTP, or memory) shows nowhere else.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

pub mod fuzzing;
pub mod receiver;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use refunds_core::{
    CreateRefund, Currency, MemoryJournal, Money, PaymentId, Policy, Reference, RefundAmount, RefundClient,
    RefundLine, Registry, Settings,
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
    /// Whether what is refunded at Dintero are orders: transactions whose refunds are recorded, too.
    pub orders: bool,
}

impl Variant {
    const fn new(title: &'static str, provider: &'static str) -> Self {
        Self { title, provider, key_honoured: false, references_told: true, orders: false }
    }
}

/// Every provider in every way that it can be.
pub const VARIANTS: [Variant; 6] = [
    Variant::new("dintero", "dintero"),
    Variant { orders: true, ..Variant::new("dintero, order", "dintero") },
    Variant::new("mattilda", "mattilda"),
    Variant { key_honoured: true, ..Variant::new("mattilda, key honoured", "mattilda") },
    Variant { references_told: false, ..Variant::new("mattilda, documented fields", "mattilda") },
    Variant {
        key_honoured: true,
        references_told: false,
        ..Variant::new("mattilda, documented fields, key honoured", "mattilda")
    },
];

/// A merchant with one provider.
#[derive(Debug)]
pub struct Shop {
    provider: &'static str,
    orders: bool,
    settings: Settings,
    /// The transactions behind orders.
    behind: Mutex<BTreeMap<PaymentId, String>>,
    /// The world behind it.
    pub sandbox: Sandbox,
    memory: MemoryProvider,
    /// The clock of its clients, which skips our own waits.
    pub clock: SkippingClock,
    /// The journal of its clients: it outlives them, as one on a disk does.
    pub journal: MemoryJournal,
    /// How patient its clients are.
    pub policy: Policy,
}

impl Shop {
    /// A shop at the provider called `name`.
    pub async fn open(name: &'static str) -> Self {
        Self::open_variant(Variant::new(name, name), 42).await
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
        let journal = MemoryJournal::with_clock(Arc::new(clock.clone()));
        let Variant { provider, orders, .. } = variant;
        Self { provider, orders, settings, behind: Mutex::default(), sandbox, memory, clock, journal, policy }
    }

    /// A new client, as a process that has just started would have it: it shares nothing with
    /// earlier ones but the provider, the journal and the time.
    #[must_use]
    pub fn client(&self) -> RefundClient {
        let provider = registry(self.memory.clone()).build(self.provider, &self.settings).unwrap();
        RefundClient::new(provider)
            .with_policy(self.policy.clone())
            .with_clock(Arc::new(self.clock.clone()))
            .with_journal(self.journal.clone())
    }

    /// Lets time pass until no request that was lost can take effect any more.
    pub fn let_requests_end(&self) {
        let policy = &self.policy;
        let all = policy.send_window + policy.attempt_timeout + policy.resubmit_after + policy.settle_timeout;
        self.clock.advance(all);
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
        self.payment(id, minor)
    }

    /// What was captured as what is refunded: itself, or the order that it paid.
    fn payment(&self, captured: String, minor: i64) -> PaymentId {
        if !self.orders {
            return PaymentId::new(captured).unwrap();
        }
        let order = dintero::OrderSpec::new("NOK").line(1, minor).captured_by(&captured);
        let order = PaymentId::new(self.sandbox.dintero().order(order)).unwrap();
        self.behind.lock().unwrap().insert(order.clone(), captured);
        order
    }

    /// Whose refunds the ledger holds.
    fn ledgered(&self, payment: &PaymentId) -> String {
        self.behind.lock().unwrap().get(payment).cloned().unwrap_or_else(|| payment.to_string())
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
        self.payment(id, minor)
    }

    /// The money that really went back, or is on its way, in minor units.
    #[must_use]
    pub fn moved(&self, payment: &PaymentId) -> i64 {
        if self.provider == "memory" {
            return self.memory.moved(payment);
        }
        let ledger = self.sandbox.ledger();
        let payment = self.ledgered(payment);
        ledger.total_refunded(&payment) + ledger.pending(&payment)
    }

    /// How many refunds were really made under `reference`.
    #[must_use]
    pub fn made(&self, payment: &PaymentId, reference: &str) -> usize {
        self.sandbox.ledger().by_reference(&self.ledgered(payment), reference)
    }

    /// A request for `minor` of `payment`.
    #[must_use]
    pub fn ask(&self, payment: &PaymentId, minor: i64, reference: &str) -> CreateRefund {
        let amount = RefundAmount::Exact(self.money(minor));
        let request = CreateRefund::new(payment.clone(), amount, Reference::new(reference).unwrap());
        if self.orders { request.with_line(RefundLine::new("1", self.money(minor))) } else { request }
    }
}
