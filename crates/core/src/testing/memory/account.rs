//! One payment and its refunds.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    Capabilities, Clock, Error, ErrorKind, Idempotency, Money, Payment, PaymentId, Reference, Refund,
    RefundFailure, RefundId, RefundLine, RefundStatus, Replay, Result, SubmitRefund, SystemClock,
};

#[derive(Debug)]
pub(super) struct Account {
    captured: Money,
    /// How its refunds become final, where this differs from the provider's default.
    pub(super) ending: Option<Ending>,
    pub(super) gift_card: Option<String>,
    /// Its captured lines, where it has any.
    pub(super) lines: Vec<RefundLine>,
    refunds: Vec<(Refund, Ending)>,
    /// The idempotency keys under which they were made.
    keys: Vec<(String, RefundId)>,
    /// The first response for each key.
    first_responses: Vec<Refund>,
    /// The keys whose first response was a server error, where first responses are repeated.
    failed_keys: Vec<String>,
}

/// How long a refund is pending, and its final status.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) reads_left: u32,
    pub(super) end: RefundStatus,
}

impl Account {
    pub(super) fn new(captured: Money) -> Self {
        Self {
            captured,
            ending: None,
            gift_card: None,
            lines: Vec::new(),
            refunds: Vec::new(),
            keys: Vec::new(),
            first_responses: Vec::new(),
            failed_keys: Vec::new(),
        }
    }

    pub(super) fn payment(&self, id: &PaymentId) -> Result<Payment> {
        let money = |minor| Money::new(minor, self.captured.currency());
        let refunded = self.sum(|status| status == RefundStatus::Succeeded);
        let pending = self.sum(RefundStatus::reduces_refundable) - refunded;
        let payment = Payment::new("memory", id.clone(), self.captured, money(refunded), money(pending))?;
        Ok(payment.with_refundable_lines(self.lines_left()))
    }

    /// Its lines, less what is refunded of them.
    fn lines_left(&self) -> Vec<RefundLine> {
        let holding = self.refunds.iter().filter(|(refund, _)| refund.status.reduces_refundable());
        let taken: Vec<_> = holding.flat_map(|(refund, _)| &refund.lines).collect();
        let left = |line: &RefundLine| {
            let taken = taken.iter().filter(|taken| taken.id == line.id);
            let taken: i64 = taken.map(|taken| taken.amount.minor_units()).sum();
            let left = (line.amount.minor_units() - taken).max(0);
            RefundLine::new(&*line.id, Money::new(left, line.amount.currency()))
        };
        self.lines.iter().map(left).collect()
    }

    /// Each read brings a pending refund closer to its final status.
    pub(super) fn read(&mut self) -> Vec<Refund> {
        for (refund, ending) in &mut self.refunds {
            ending.reads_left = ending.reads_left.saturating_sub(1);
            if ending.reads_left == 0 && refund.status == RefundStatus::Pending {
                change(refund, ending.end);
            }
        }
        self.refunds.iter().map(|(refund, _)| refund.clone()).collect()
    }

    pub(super) fn refund(
        &mut self,
        submit: &SubmitRefund,
        able: &Capabilities,
        ending: Option<Ending>,
    ) -> Result<Refund> {
        if let Idempotency::Key(key) = &able.idempotency
            && let Some(refund) = self.replayed(&submit.idempotency_key(), key.replay)
        {
            let conflict = |why| Error::new(ErrorKind::Conflict, why);
            return match key.replay {
                Replay::Refused => Err(conflict("a refund with this key already exists")),
                _ if refund.amount != submit.amount => {
                    Err(conflict("this key belongs to a refund with another amount").with_reference_spent())
                }
                _ => Ok(refund),
            };
        }
        self.check(submit, able)?;
        let SubmitRefund { request, amount, .. } = submit;
        let id = RefundId::trusted(Uuid::new_v4().to_string());
        let payment = request.payment_id.clone();
        let mut refund = Refund::new("memory", id, payment, RefundStatus::Pending, "", *amount);
        refund.reference = Some(request.reference.clone());
        refund.reason.clone_from(&request.reason);
        refund.lines.clone_from(&request.lines);
        refund.target.clone_from(&request.target);
        refund.metadata = request
            .metadata
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect::<Map<_, _>>();
        if !request.options.is_empty() {
            let options = request.options.iter().map(|(key, value)| (key.clone(), value.as_str().into()));
            refund.extra.insert("options".to_owned(), Value::Object(options.collect()));
        }
        refund.created_at = Some(SystemClock.now());
        let ending = self.ending.or(ending);
        change(&mut refund, ending.map_or(RefundStatus::Succeeded, |_| RefundStatus::Pending));
        let at_once = Ending { reads_left: 0, end: RefundStatus::Succeeded };
        self.refunds.push((refund.clone(), ending.unwrap_or(at_once)));
        if matches!(able.idempotency, Idempotency::Key(_)) {
            self.keys.push((submit.idempotency_key(), refund.id.clone()));
        }
        self.first_responses.push(refund.clone());
        Ok(refund)
    }

    /// Keeps a server error as the first response for a key.
    pub(super) fn fail(&mut self, key: String) {
        self.failed_keys.push(key);
    }

    pub(super) fn has_failed(&self, key: &str) -> bool {
        self.failed_keys.iter().any(|failed| failed == key)
    }

    fn replayed(&self, key: &str, replay: Replay) -> Option<Refund> {
        let (_, id) = self.keys.iter().find(|(known, _)| known == key)?;
        let mut now = self.refunds.iter().map(|(refund, _)| refund);
        let known = |refund: &&Refund| refund.id == *id;
        match replay {
            Replay::FirstAnswer => self.first_responses.iter().find(known).cloned(),
            Replay::CurrentState | Replay::Refused => now.find(known).cloned(),
        }
    }

    /// The checks of a provider before it refunds.
    fn check(&self, submit: &SubmitRefund, able: &Capabilities) -> Result<()> {
        let SubmitRefund { request, amount, .. } = submit;
        let refuse = |kind, why: &str| Err(Error::new(kind, why));
        let left = self.payment(&request.payment_id)?.refundable;
        if amount.currency() != self.captured.currency() {
            return refuse(ErrorKind::InvalidRequest, "the payment is in another currency");
        }
        if !amount.is_positive() {
            return refuse(ErrorKind::InvalidRequest, "the amount must be greater than zero");
        }
        if amount.minor_units() > left.minor_units() {
            return refuse(ErrorKind::NotRefundable, "the amount exceeds the refundable amount");
        }
        if !able.partial && *amount != self.captured {
            return refuse(ErrorKind::NotRefundable, "partial refunds are not supported");
        }
        if !able.multiple && left != self.captured {
            return refuse(ErrorKind::NotRefundable, "the payment was already refunded");
        }
        let lines = self.lines_left();
        for line in request.lines.iter().filter(|_| !lines.is_empty()) {
            let (kind, why) = match lines.iter().find(|left| left.id == line.id) {
                Some(left) if line.amount.minor_units() <= left.amount.minor_units() => continue,
                Some(_) => (ErrorKind::NotRefundable, "less is left of a line than was requested"),
                None => (ErrorKind::InvalidRequest, "the payment has no such line"),
            };
            return Err(Error::new(kind, why)
                .with_refundable_lines(&self.payment(&request.payment_id)?.refundable_lines));
        }
        let card = request.target.as_ref().and_then(|target| target.id.as_ref());
        if card.is_some() && self.gift_card.as_ref() != card {
            return refuse(ErrorKind::InvalidRequest, "this payment method did not pay");
        }
        Ok(())
    }

    pub(super) fn reverse(&mut self, id: &RefundId) -> bool {
        let mut refunds = self.refunds.iter_mut().map(|(refund, _)| refund);
        let made = refunds.find(|refund| refund.id == *id && refund.status == RefundStatus::Succeeded);
        made.map(|refund| change(refund, RefundStatus::Failed)).is_some()
    }

    pub(super) fn sum(&self, counts: impl Fn(RefundStatus) -> bool) -> i64 {
        let amounts = self.refunds.iter().filter(|(refund, _)| counts(refund.status));
        amounts.map(|(refund, _)| refund.amount.minor_units()).sum()
    }

    pub(super) fn made(&self, reference: &Reference) -> usize {
        self.refunds.iter().filter(|(refund, _)| refund.reference.as_ref() == Some(reference)).count()
    }
}

/// Sets a refund's status and the fields that go with it.
fn change(refund: &mut Refund, status: RefundStatus) {
    refund.status = status;
    refund.provider_status = match status {
        RefundStatus::Pending => "under way",
        RefundStatus::Succeeded => "made",
        RefundStatus::Declined => "declined",
        RefundStatus::Failed => "failed",
        RefundStatus::Voided => "taken back",
        RefundStatus::Unknown => "gone fishing",
    }
    .into();
    refund.updated_at = Some(SystemClock.now());
    if matches!(status, RefundStatus::Declined | RefundStatus::Failed) {
        let (code, message) = ("no_deal".to_owned(), "the bank declined it".to_owned());
        refund.failure = Some(RefundFailure::new(Some(code), Some(message), None));
    }
}
