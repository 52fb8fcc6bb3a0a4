//! Refund requests.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error, ErrorKind, Handover, Money, Payment, PaymentId, Reference, RefundId, RefundLine, RefundTarget,
    Result, Scope, SendWindow,
};

/// The namespace of idempotency keys: `refunds/idempotency-key` in the namespace of URLs.
const KEYS: Uuid = uuid::uuid!("4b58a9f5-5ba9-52f8-bfff-585753d5e4a2");

/// How much to refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundAmount {
    /// This amount, greater than zero.
    Exact(Money),
    /// Everything that is left: captured minus refunded and pending. The client computes it from the payment
    /// right before it submits the refund, and submits it as an exact amount.
    Remaining,
}

/// A request for a refund, for [`RefundClient::create`](crate::RefundClient::create).
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
    /// The payment to refund.
    pub payment_id: PaymentId,
    /// The amount.
    pub amount: RefundAmount,
    /// The caller's own key of this refund.
    pub reference: Reference,
    /// The reason. Some providers show it to the buyer or limit its length.
    #[serde(default)]
    pub reason: Option<String>,
    /// The order lines that it covers. Their sum must equal the amount.
    #[serde(default)]
    pub lines: Vec<RefundLine>,
    /// The target of the money, if not the main payment method.
    #[serde(default)]
    pub target: Option<RefundTarget>,
    /// Metadata to attach, at providers that support it.
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

    /// Sets the reason.
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

    /// Sets the target of the money.
    #[must_use]
    pub fn with_target(mut self, target: RefundTarget) -> Self {
        self.target = Some(target);
        self
    }

    /// Adds metadata.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Checks the rules that hold for every provider: the reference is
    /// [valid in a request](Reference::is_valid_for_request), the amount is positive, and the lines add up to
    /// it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]; nothing was sent.
    pub fn validate(&self) -> Result<()> {
        self.reference.check_for_request()?;
        let RefundAmount::Exact(amount) = self.amount else {
            return self.lines_in_one_currency().map(drop);
        };
        if !amount.is_positive() {
            return Err(invalid(format!("the amount must be greater than zero, not {amount}")));
        }
        match self.lines_in_one_currency()? {
            Some(sum) if sum != amount => {
                Err(invalid(format!("the lines add up to {sum}, but the amount is {amount}")))
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
                invalid("the lines' amounts cannot be added in one currency").with_source(cause)
            })?;
        }
        Ok(Some(sum))
    }
}

/// Shows neither the reason nor metadata values: they do not belong in a log.
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

/// One refund attempt, as passed to [`RefundProvider::submit_refund`](crate::RefundProvider::submit_refund):
/// the request with its exact amount.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SubmitRefund {
    /// The caller's request.
    pub request: CreateRefund,
    /// The exact amount to refund.
    pub amount: Money,
    /// The payment as the client just read it, so that the adapter need not read it again. Its sums may be
    /// out of date.
    pub payment: Option<Payment>,
    /// The refund, if it is already made and only [a step](crate::Refund::needs_completion) is missing. Then
    /// no money may move, whatever the adapter's own lookup shows: a refund that it does not find is one that
    /// the provider does not list at the moment.
    pub completing: Option<RefundId>,
    /// Until when the request may be sent; `None` for no limit.
    pub window: Option<SendWindow>,
    /// What the adapter's [`overview`](crate::RefundProvider::overview) passed on.
    pub handover: Option<Handover>,
    /// The account and the generation that the idempotency key is derived from.
    key: Option<(Scope, u16)>,
}

impl SubmitRefund {
    /// An attempt to refund `amount` for `request`.
    #[must_use]
    pub fn new(request: CreateRefund, amount: Money) -> Self {
        Self { request, amount, payment: None, completing: None, key: None, window: None, handover: None }
    }

    /// Sets what the idempotency key is derived from: the account `scope`, and a later `generation` if the
    /// provider repeats a stored failure for an earlier one.
    #[must_use]
    pub fn with_key(mut self, scope: &Scope, generation: u16) -> Self {
        self.key = Some((scope.clone(), generation));
        self
    }

    /// The idempotency key to send: the same for every attempt at this refund, from any process, and
    /// different for every other refund. 36 ASCII characters, derived from the account, the payment and the
    /// reference.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        match &self.key {
            Some((scope, generation)) => derive_key(scope, &self.request, *generation),
            None => derive_key(&Scope::new("", "", ""), &self.request, 0),
        }
    }

    /// Sets until when the request may be sent.
    #[must_use]
    pub fn with_window(mut self, window: SendWindow) -> Self {
        self.window = Some(window);
        self
    }

    /// Adds what the adapter read right before.
    #[must_use]
    pub fn with_handover(mut self, handover: Option<Handover>) -> Self {
        self.handover = handover;
        self
    }

    /// Refuses an amount whose currency differs from [`payment`](Self::payment)'s. For adapters whose
    /// requests carry no currency: the provider would read the number in the payment's currency.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`], not applied.
    pub fn check_currency(&self) -> Result<()> {
        match self.payment.as_ref().map(Payment::currency) {
            Some(currency) if currency != self.amount.currency() => Err(invalid(format!(
                "the payment is in {currency}, but the refund is in {}",
                self.amount.currency()
            ))
            .not_applied()),
            _ => Ok(()),
        }
    }

    /// Adds the payment as the client just read it.
    #[must_use]
    pub fn with_payment(mut self, payment: Payment) -> Self {
        self.payment = Some(payment);
        self
    }

    /// Marks that the refund is made and only its missing step is to be taken.
    #[must_use]
    pub fn completing(mut self, refund: RefundId) -> Self {
        self.completing = Some(refund);
        self
    }
}

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
    fn idempotency_keys_differ_between_refunds_and_never_change() {
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
        // This value must never change: with another one, a repeated request would create a second refund.
        assert_eq!(key, "1686b36c-e30a-5901-b267-b96c5b5c33a2");
        for (what, other) in [
            ("payment", submit("q", "r").with_key(&scope("a"), 0)),
            ("reference", submit("p", "s").with_key(&scope("a"), 0)),
            ("account", submit("p", "r").with_key(&scope("b"), 0)),
            ("generation", submit("p", "r").with_key(&scope("a"), 1)),
        ] {
            assert_ne!(other.idempotency_key(), key, "a different {what} is a different refund");
        }
        let upper = "FE26475D-EC3E-4884-9553-F7356683F7F9";
        let spelled = |payment: &str| submit(payment, "r").with_key(&scope("a"), 0).idempotency_key();
        assert_eq!(spelled(upper), spelled(&upper.to_ascii_lowercase()));
    }

    #[test]
    fn which_requests_are_valid() {
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
    fn a_reference_that_is_only_valid_for_reading_is_refused() {
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
