//! Scenarios across the crates of this workspace. Not published.
//!
//! [`Shop`] is a merchant with one provider, chosen by name only. Nothing else depends on whether that is the
//! sandbox over HTTP or memory.

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

/// How one provider can vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name in tables.
    pub title: &'static str,
    /// The name in the registry.
    pub provider: &'static str,
    /// Whether Mattilda's sandbox honours the idempotency key, and the adapter is configured so.
    pub key_honoured: bool,
    /// Whether Mattilda's responses include references.
    pub references_reported: bool,
    /// Whether the payments at Dintero are orders: transactions whose refunds are also recorded.
    pub orders: bool,
}

impl Variant {
    const fn new(title: &'static str, provider: &'static str) -> Self {
        Self { title, provider, key_honoured: false, references_reported: true, orders: false }
    }
}

/// Every provider in all its variants.
pub const VARIANTS: [Variant; 6] = [
    Variant::new("dintero", "dintero"),
    Variant { orders: true, ..Variant::new("dintero, order", "dintero") },
    Variant::new("mattilda", "mattilda"),
    Variant { key_honoured: true, ..Variant::new("mattilda, key honoured", "mattilda") },
    Variant { references_reported: false, ..Variant::new("mattilda, documented fields", "mattilda") },
    Variant {
        key_honoured: true,
        references_reported: false,
        ..Variant::new("mattilda, documented fields, key honoured", "mattilda")
    },
];

/// A merchant with one provider.
#[derive(Debug)]
pub struct Shop {
    provider: &'static str,
    orders: bool,
    settings: Settings,
    /// The transaction that paid each order.
    paying_transactions: Mutex<BTreeMap<PaymentId, String>>,
    /// The providers that it talks to.
    pub sandbox: Sandbox,
    memory: MemoryProvider,
    /// The clock of its clients, which skips their waits.
    pub clock: SkippingClock,
    /// The journal of its clients. It outlives them, as a journal on disk does.
    pub journal: MemoryJournal,
    /// The policy of its clients.
    pub policy: Policy,
}

impl Shop {
    /// A shop at the provider called `name`.
    pub async fn open(name: &'static str) -> Self {
        Self::open_variant(Variant::new(name, name), 42).await
    }

    /// A shop at one variant of a provider; `seed` is the sandbox's.
    pub async fn open_variant(variant: Variant, seed: u64) -> Self {
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        let honoured = variant.key_honoured;
        let mode = if honoured { IdempotencyMode::Honoured } else { IdempotencyMode::Ignored };
        sandbox.mattilda().set_idempotency(mode);
        let fields = if variant.references_reported { FieldSet::Newest } else { FieldSet::Documented };
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
        Self {
            provider,
            orders,
            settings,
            paying_transactions: Mutex::default(),
            sandbox,
            memory,
            clock,
            journal,
            policy,
        }
    }

    /// A new client, as a process that has just started would have it. It shares only the provider, the
    /// journal and the clock with earlier ones.
    #[must_use]
    pub fn client(&self) -> RefundClient {
        let provider = registry(self.memory.clone()).build(self.provider, &self.settings).unwrap();
        RefundClient::new(provider)
            .with_policy(self.policy.clone())
            .with_clock(Arc::new(self.clock.clone()))
            .with_journal(self.journal.clone())
    }

    /// Lets time pass until no lost request can take effect any more.
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

    /// A fully captured payment.
    #[must_use]
    pub fn captured(&self, minor: i64) -> PaymentId {
        let id = match self.provider {
            "dintero" => self.sandbox.dintero().captured(minor, "NOK"),
            "mattilda" => self.sandbox.mattilda().captured(minor, "MXN"),
            _ => return self.memory.captured(self.money(minor)),
        };
        self.payment(id, minor)
    }

    /// The payment to refund: the captured transaction itself, or the order that it paid.
    fn payment(&self, captured: String, minor: i64) -> PaymentId {
        if !self.orders {
            return PaymentId::new(captured).unwrap();
        }
        let order = dintero::OrderSpec::new("NOK").line(1, minor).captured_by(&captured);
        let order = PaymentId::new(self.sandbox.dintero().order(order)).unwrap();
        self.paying_transactions.lock().unwrap().insert(order.clone(), captured);
        order
    }

    /// The id under which the ledger keeps the refunds.
    fn ledger_id(&self, payment: &PaymentId) -> String {
        self.paying_transactions.lock().unwrap().get(payment).cloned().unwrap_or_else(|| payment.to_string())
    }

    /// A payment whose refunds settle later, with `outcome`.
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

    /// The money that was really refunded or is in progress, in minor units.
    #[must_use]
    pub fn moved(&self, payment: &PaymentId) -> i64 {
        if self.provider == "memory" {
            return self.memory.moved(payment);
        }
        let ledger = self.sandbox.ledger();
        let payment = self.ledger_id(payment);
        ledger.total_refunded(&payment) + ledger.pending(&payment)
    }

    /// How many refunds were really made under `reference`.
    #[must_use]
    pub fn made(&self, payment: &PaymentId, reference: &str) -> usize {
        self.sandbox.ledger().by_reference(&self.ledger_id(payment), reference)
    }

    /// A request for `minor` of `payment`.
    #[must_use]
    pub fn request(&self, payment: &PaymentId, minor: i64, reference: &str) -> CreateRefund {
        let amount = RefundAmount::Exact(self.money(minor));
        let request = CreateRefund::new(payment.clone(), amount, Reference::new(reference).unwrap());
        if self.orders { request.with_line(RefundLine::new("1", self.money(minor))) } else { request }
    }
}
