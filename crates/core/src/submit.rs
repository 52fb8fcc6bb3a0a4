//! One attempt at a refund, and its idempotency key.

use uuid::Uuid;

use crate::{
    CreateRefund, Error, ErrorKind, Handover, Money, Payment, Reference, RefundId, Result, Scope, SendWindow,
};

/// The namespace of idempotency keys: `refunds/idempotency-key` in the namespace of URLs.
const KEYS: Uuid = uuid::uuid!("4b58a9f5-5ba9-52f8-bfff-585753d5e4a2");

/// One refund attempt, as passed to [`RefundProvider::submit_refund`](crate::RefundProvider::submit_refund):
/// the request with its exact amount.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SubmitRefund {
    /// The caller's request. Lines and metadata that the provider does not support and that may be
    /// [dropped](CreateRefund::with_line_if_supported) are not in it.
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

    /// Adds what the adapter's [`overview`](crate::RefundProvider::overview) just read and passed on.
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
            Some(currency) if currency != self.amount.currency() => {
                let message =
                    format!("the payment is in {currency}, but the refund is in {}", self.amount.currency());
                Err(Error::new(ErrorKind::InvalidRequest, message).not_applied())
            }
            _ => Ok(()),
        }
    }

    /// Adds the payment as the client just read it.
    #[must_use]
    pub fn with_payment(mut self, payment: Payment) -> Self {
        self.payment = Some(payment);
        self
    }

    /// Marks the refund as already made, so that only its missing step is taken.
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
    use crate::{PaymentId, RefundAmount};

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
}
