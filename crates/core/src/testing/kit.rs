//! Helpers of the conformance cases.

use std::sync::Arc;

use super::{
    Fault, FaultTarget, Harness,
    verdict::{Verdict, ensure, ok, skipped},
};
use crate::{
    Capabilities, Clock, CreateRefund, Currency, MemoryJournal, Money, PaymentId, Reference, Refund,
    RefundAmount, RefundClient, RefundList, RefundProvider, RefundStatus, Replay, SubmitRefund, all_refunds,
};

/// In steps: the captured amount of a payment where the case does not depend on it.
const WHOLE: i64 = 44850;

/// A harness with helpers for cases.
#[derive(Clone, Copy)]
pub(crate) struct Kit<'a> {
    pub(crate) harness: &'a dyn Harness,
    /// The clock of all clients of a case.
    pub(crate) clock: &'a Arc<dyn Clock>,
    /// Their journal, which outlives each client.
    pub(crate) journal: &'a MemoryJournal,
}

impl Kit<'_> {
    /// A fresh provider, as a new process would build it.
    pub(crate) fn provider(self) -> Arc<dyn RefundProvider> {
        self.harness.provider()
    }

    /// A client of a fresh provider.
    pub(crate) fn client(self) -> RefundClient {
        self.client_of(self.provider())
    }

    pub(crate) fn client_of(self, provider: Arc<dyn RefundProvider>) -> RefundClient {
        self.without_journal(provider).with_journal(self.journal.clone())
    }

    /// A client without the shared journal, as in a process without a durable journal.
    pub(crate) fn without_journal(self, provider: Arc<dyn RefundProvider>) -> RefundClient {
        RefundClient::new(provider).with_policy(self.harness.policy()).with_clock(self.clock.clone())
    }

    pub(crate) fn capabilities(self) -> Capabilities {
        self.provider().capabilities()
    }

    pub(crate) fn key_honoured(self) -> bool {
        self.capabilities().idempotency.honoured().is_some()
    }

    pub(crate) fn replay(self) -> Option<Replay> {
        self.capabilities().idempotency.honoured().map(|key| key.replay)
    }

    pub(crate) fn money(self, minor: i64) -> Money {
        Money::new(minor, self.harness.currency())
    }

    /// A currency other than that of the payments.
    pub(crate) fn other_currency(self) -> Verdict<Currency> {
        let code = if self.harness.currency().code() == "SEK" { "NOK" } else { "SEK" };
        ok("a currency", Currency::new(code))
    }

    pub(crate) async fn captured(self, minor: i64) -> PaymentId {
        self.harness.captured(minor).await
    }

    /// A captured payment of the [whole](Self::whole), and the amount to refund where the case does not depend on it.
    pub(crate) async fn any(self) -> (PaymentId, i64) {
        (self.captured(self.whole()).await, self.part())
    }

    /// The captured minor units of a payment where the case does not depend on them.
    pub(crate) fn whole(self) -> i64 {
        WHOLE * self.step()
    }

    /// A third of the whole.
    pub(crate) fn third(self) -> i64 {
        WHOLE / 3 * self.step()
    }

    /// A third, or the whole payment where the provider refunds nothing less.
    pub(crate) fn part(self) -> i64 {
        if self.capabilities().partial { self.third() } else { self.whole() }
    }

    /// The smallest difference between two amounts, in minor units.
    pub(crate) fn step(self) -> i64 {
        self.harness.amount_step().max(1)
    }

    /// A request under a new reference.
    pub(crate) fn ask(self, payment: &PaymentId, minor: i64) -> CreateRefund {
        let lines = self.harness.lines_of(minor);
        lines.into_iter().fold(ask_money(payment, self.money(minor)), CreateRefund::with_line)
    }

    /// Creates a refund, which must succeed.
    pub(crate) async fn create(self, payment: &PaymentId, minor: i64) -> Verdict<Refund> {
        ok("creating a refund", self.client().create(&self.ask(payment, minor)).await)
    }

    pub(crate) async fn slow(self, minor: i64, end: RefundStatus) -> Verdict<PaymentId> {
        let payment = self.harness.slow(minor, end).await;
        payment.ok_or_else(|| skipped(format!("the harness has no payment whose refunds end as {end}")))
    }

    pub(crate) async fn unknown_payment(self) -> Verdict<PaymentId> {
        let payment = self.harness.unknown_payment().await;
        payment.ok_or_else(|| skipped("the harness has no id of an unknown payment"))
    }

    pub(crate) async fn inject(self, fault: Fault, on: FaultTarget) -> Verdict {
        if self.harness.inject(fault, on).await {
            return Ok(());
        }
        Err(skipped(format!("the harness cannot inject `{fault}` into {on}")))
    }

    /// The minor units that moved or are under way, by the harness's count or else by the adapter's list.
    pub(crate) async fn moved(self, payment: &PaymentId) -> Verdict<i64> {
        match self.harness.moved(payment).await {
            Some(moved) => Ok(moved),
            None => Ok(held(&self.listing(payment).await?.refunds)),
        }
    }

    /// Fails unless exactly this much moved.
    pub(crate) async fn ensure_moved(self, payment: &PaymentId, minor: i64, when: &str) -> Verdict {
        let moved = self.moved(payment).await?;
        ensure!(moved == minor, "{when}: {moved} minor units moved, expected {minor}");
        Ok(())
    }

    /// Fails unless one refund was made under the reference, where the harness can count them.
    pub(crate) async fn ensure_made_once(self, request: &CreateRefund, when: &str) -> Verdict {
        if let Some(made) = self.harness.made(&request.payment_id, &request.reference).await {
            ensure!(made == 1, "{when}: {made} refunds were made under one reference");
        }
        Ok(())
    }

    /// All refunds that the adapter lists.
    pub(crate) async fn listing(self, payment: &PaymentId) -> Verdict<RefundList> {
        ok("listing refunds", all_refunds(&*self.provider(), payment).await)
    }

    /// Whether the adapter marks references as unreported in the refunds of a payment.
    pub(crate) async fn hides(self, payment: &PaymentId) -> Verdict<bool> {
        Ok(self.listing(payment).await?.refunds.iter().any(Refund::reference_is_unreported))
    }

    pub(crate) fn needs_partial(self) -> Verdict {
        if self.capabilities().partial { Ok(()) } else { Err(skipped("it refunds only whole payments")) }
    }

    pub(crate) fn needs_multiple(self) -> Verdict {
        self.needs_partial()?;
        if self.capabilities().multiple { Ok(()) } else { Err(skipped("it refunds a payment only once")) }
    }

    pub(crate) fn needs_key(self) -> Verdict {
        if self.key_honoured() { Ok(()) } else { Err(skipped("it honours no idempotency key")) }
    }
}

pub(crate) fn ask_money(payment: &PaymentId, amount: Money) -> CreateRefund {
    CreateRefund::new(payment.clone(), RefundAmount::Exact(amount), Reference::random())
}

pub(crate) fn ask_remaining(payment: &PaymentId) -> CreateRefund {
    CreateRefund::new(payment.clone(), RefundAmount::Remaining, Reference::random())
}

/// One attempt at exactly the requested amount.
pub(crate) fn attempt(request: &CreateRefund) -> SubmitRefund {
    let amount = match request.amount {
        RefundAmount::Exact(amount) => amount,
        RefundAmount::Remaining => unreachable!("cases compute the remainder themselves"),
    };
    SubmitRefund::new(request.clone(), amount)
}

/// The minor units by which these refunds reduce the refundable amount.
pub(crate) fn held(refunds: &[Refund]) -> i64 {
    let holding = refunds.iter().filter(|refund| refund.status.reduces_refundable());
    holding.map(|refund| refund.amount.minor_units()).sum()
}
