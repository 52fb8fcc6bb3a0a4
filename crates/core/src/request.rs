//! What a caller asks for.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error, ErrorKind, Handover, Money, Payment, PaymentId, Reference, RefundId, RefundLine, RefundTarget,
    Result, Scope, SendWindow,
};

/// How much to refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundAmount {
    /// This much, more than nothing.
    Exact(Money),
    /// All that is left: captured less what is refunded or pending. It is worked out from the
    /// payment right before the refund is submitted, and then submitted as an exact amount.
    Remaining,
}

/// A refund that a caller asks for, by [`RefundClient::create`](crate::RefundClient::create).
///
/// ```
/// use refunds_core::{CreateRefund, Money, Payment, PaymentId, Reference, RefundAmount};
///
/// let request = CreateRefund::new(
///     PaymentId::new("T11223344.9rQ2xW")?,
///     RefundAmount::Exact(Money::new(14950, "NOK".parse()?)),
///     Reference::new("rma-551")?,
/// )
/// .with_reason("one of two items returned");
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreateRefund {
    /// The payment to give money back from.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: RefundAmount,
    /// The caller's own key of this refund.
    pub reference: Reference,
    /// Why; some providers show it to the buyer or limit its length.
    #[serde(default)]
    pub reason: Option<String>,
    /// The order lines that it covers; their sum has to be the amount.
    #[serde(default)]
    pub lines: Vec<RefundLine>,
    /// Where the money should go, if not back to the main payment method.
    #[serde(default)]
    pub target: Option<RefundTarget>,
    /// What to attach to it, at providers that keep such data.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl CreateRefund {
    /// A refund of `amount` from `payment_id` under the caller's own `reference`.
    #[must_use]
    pub fn new(payment_id: PaymentId, amount: RefundAmount, reference: Reference) -> Self {
        Self {
            payment_id,
            amount,
            reference,
            reason: None,
            lines: Vec::new(),
            target: None,
            metadata: BTreeMap::new(),
        }
    }

    /// Says why.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds an order line that the refund covers.
    #[must_use]
    pub fn with_line(mut self, line: RefundLine) -> Self {
        self.lines.push(line);
        self
    }

    /// Says where the money should go.
    #[must_use]
    pub fn with_target(mut self, target: RefundTarget) -> Self {
        self.target = Some(target);
        self
    }

    /// Attaches a piece of data.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// What is wrong with it whatever the provider: a reference that is only valid
    /// [for reading](Reference::is_valid_for_request), amounts that are not positive, lines that do not
    /// make up the amount.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]; nothing has been sent.
    pub fn validate(&self) -> Result<()> {
        self.reference.check_for_request()?;
        let RefundAmount::Exact(amount) = self.amount else {
            return self.lines_in_one_currency().map(drop);
        };
        if !amount.is_positive() {
            return Err(invalid(format!("the amount has to be more than nothing, not {amount}")));
        }
        match self.lines_in_one_currency()? {
            Some(sum) if sum != amount => {
                Err(invalid(format!("the lines make up {sum}, the amount is {amount}")))
            }
            _ => Ok(()),
        }
    }

    fn lines_in_one_currency(&self) -> Result<Option<Money>> {
        let mut lines = self.lines.iter();
        let Some(first) = lines.next() else { return Ok(None) };
        let mut seen = vec![first.id.as_str()];
        let mut sum = first.amount;
        for line in lines {
            if seen.contains(&line.id.as_str()) {
                return Err(invalid("two lines have the same id"));
            }
            seen.push(&line.id);
            sum = sum.try_add(line.amount).map_err(|cause| {
                invalid("the lines' amounts do not add up in one currency").with_source(cause)
            })?;
        }
        Ok(Some(sum))
    }
}

/// Shows no metadata and no reason: what merchants write there is nobody's business in a log.
impl fmt::Debug for CreateRefund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateRefund")
            .field("payment_id", &self.payment_id)
            .field("amount", &self.amount)
            .field("reference", &self.reference)
            .field("lines", &self.lines)
            .field("target", &self.target)
            .field("metadata", &self.metadata.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

/// One attempt at a refund, as [`RefundProvider::submit_refund`](crate::RefundProvider::submit_refund)
/// gets it: the request with its amount worked out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SubmitRefund {
    /// What the caller asked for.
    pub request: CreateRefund,
    /// The exact amount to refund.
    pub amount: Money,
    /// The payment as it was just read, so that an adapter need not read it again to know what kind
    /// of payment it is. Its sums may be out of date.
    pub payment: Option<Payment>,
    /// The refund, where it is known to be made and only [a step](crate::Refund::needs_completion) of it is
    /// left. Then no money may move, whatever the adapter's own look shows: a refund that it does not
    /// see is one that the provider does not show at the moment.
    pub completing: Option<RefundId>,
    /// Until when the request may leave; any time without.
    pub window: Option<SendWindow>,
    /// What the adapter's [`overview`](crate::RefundProvider::overview) handed over, right before.
    pub handover: Option<Handover>,
    /// The account and the generation that the idempotency key is derived from.
    key: Option<(Scope, u16)>,
}

impl SubmitRefund {
    /// An attempt to refund `amount` as `request` asks.
    #[must_use]
    pub fn new(request: CreateRefund, amount: Money) -> Self {
        Self { request, amount, payment: None, completing: None, key: None, window: None, handover: None }
    }

    /// Sets the idempotency key: that of the account `scope`, and of a later `generation` where the
    /// provider repeats a stored failure for an earlier one.
    #[must_use]
    pub fn with_key(mut self, scope: &Scope, generation: u16) -> Self {
        self.key = Some((scope.clone(), generation));
        self
    }

    /// The key to send to a provider that takes one: the same for every attempt at this refund, from any
    /// process, and another one for every other refund. 36 ASCII characters, derived from the account, the
    /// payment and the reference.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        match &self.key {
            Some((scope, generation)) => derive_key(scope, &self.request, *generation),
            None => derive_key(&Scope::new("", "", ""), &self.request, 0),
        }
    }

    /// Sets until when the request may leave.
    #[must_use]
    pub fn with_window(mut self, window: SendWindow) -> Self {
        self.window = Some(window);
        self
    }

    /// Hands over what the adapter read right before.
    #[must_use]
    pub fn with_handover(mut self, handover: Option<Handover>) -> Self {
        self.handover = handover;
        self
    }

    /// Refuses an amount in another currency than that of the payment that came with it: for adapters
    /// whose requests carry no currency, where the number would be taken for the payment's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`], not applied.
    pub fn check_currency(&self) -> Result<()> {
        match self.payment.as_ref().map(Payment::currency) {
            Some(currency) if currency != self.amount.currency() => Err(invalid(format!(
                "the payment is in {currency}, the refund in {}",
                self.amount.currency()
            ))
            .not_applied()),
            _ => Ok(()),
        }
    }

    /// Hands on the payment as it was just read.
    #[must_use]
    pub fn with_payment(mut self, payment: Payment) -> Self {
        self.payment = Some(payment);
        self
    }

    /// Says that the refund is made, and that it is only for the step that is left.
    #[must_use]
    pub fn completing(mut self, refund: RefundId) -> Self {
        self.completing = Some(refund);
        self
    }
}

/// The namespace of idempotency keys: what `refunds/idempotency-key` is in that of URLs.
const KEYS: Uuid = uuid::uuid!("4b58a9f5-5ba9-52f8-bfff-585753d5e4a2");

/// The key of one refund: of an account, a payment, a reference and a generation.
fn derive_key(scope: &Scope, request: &CreateRefund, generation: u16) -> String {
    let payment = request.payment_id.canonical();
    let generation = generation.to_string();
    let parts: [&str; 6] = [
        scope.provider(),
        scope.account(),
        scope.origin(),
        payment.as_str(),
        request.reference.as_str(),
        &generation,
    ];
    Reference::derive_in(&KEYS, parts).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_by_all_that_makes_another_refund_and_never_change() {
        let scope = |account| Scope::new("acme", account, "https://api.acme.example");
        let submit = |payment: &str, reference: &str| {
            let money = Money::new(1, "NOK".parse().unwrap());
            let request = CreateRefund::new(
                PaymentId::new(payment).unwrap(),
                RefundAmount::Exact(money),
                Reference::new(reference).unwrap(),
            );
            SubmitRefund::new(request, money)
        };
        let key = submit("p", "r").with_key(&scope("a"), 0).idempotency_key();
        // Written down once: a change here would make a second refund of a repeated request.
        assert_eq!(key, "1686b36c-e30a-5901-b267-b96c5b5c33a2");
        for (what, other) in [
            ("payment", submit("q", "r").with_key(&scope("a"), 0)),
            ("reference", submit("p", "s").with_key(&scope("a"), 0)),
            ("account", submit("p", "r").with_key(&scope("b"), 0)),
            ("generation", submit("p", "r").with_key(&scope("a"), 1)),
        ] {
            assert_ne!(other.idempotency_key(), key, "another {what} is another refund");
        }
        let upper = "FE26475D-EC3E-4884-9553-F7356683F7F9";
        let spelled = |payment: &str| submit(payment, "r").with_key(&scope("a"), 0).idempotency_key();
        assert_eq!(spelled(upper), spelled(&upper.to_ascii_lowercase()));
    }

    #[test]
    fn what_can_be_asked_for() {
        let nok = "NOK".parse().unwrap();
        let sek = "SEK".parse().unwrap();
        let line = |id: &str, minor, currency| RefundLine::new(id, Money::new(minor, currency));
        for (minor, lines, ok) in [
            (1, vec![], true),
            (i64::MAX, vec![], true),
            (0, vec![], false),
            (-1, vec![], false),
            (300, vec![line("1", 100, nok), line("2", 200, nok)], true),
            (300, vec![line("1", 400, nok), line("gift", -100, nok)], true),
            (300, vec![line("1", 100, nok)], false),
            (300, vec![line("1", 100, nok), line("1", 200, nok)], false),
            (300, vec![line("1", 100, nok), line("2", 200, sek)], false),
            (300, vec![line("1", i64::MAX, nok), line("2", 301, nok)], false),
        ] {
            let mut request = CreateRefund::new(
                PaymentId::new("p").unwrap(),
                RefundAmount::Exact(Money::new(minor, nok)),
                Reference::new("r").unwrap(),
            );
            request.lines.clone_from(&lines);
            assert_eq!(request.validate().is_ok(), ok, "{minor} {lines:?}");
        }
    }

    #[test]
    fn a_reference_that_only_a_provider_can_use_is_refused() {
        for text in ["rückgabe", " rma-551", &"r".repeat(256)] {
            let reference = Reference::from_provider(text).unwrap();
            for amount in
                [RefundAmount::Exact(Money::new(1, "NOK".parse().unwrap())), RefundAmount::Remaining]
            {
                let request = CreateRefund::new(PaymentId::new("p").unwrap(), amount, reference.clone());
                let error = request.validate().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{text:.40}");
                assert!(error.message().starts_with("the reference "), "{error}");
                assert!(!error.may_have_applied() && !error.message().contains(text), "{error}");
            }
        }
    }
}
