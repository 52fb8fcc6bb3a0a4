//! The steps, the same for every provider.

use std::time::Duration;

use futures_util::TryStreamExt;
use refunds_core::{
    CreateRefund, ErrorKind, PaymentId, Reference, Refund, RefundAmount, RefundClient, RefundStatus,
    WaitOutcome, readable_duration,
};
use refunds_sandbox::Sandbox;

use super::scene::Scene;

/// A note and the refunds to show, or why the step failed.
pub(super) type Outcome = Result<Seen, Mismatch>;

#[derive(Debug)]
pub(super) struct Seen {
    pub(super) note: String,
    /// Final refunds, shown in the table.
    pub(super) refunds: Vec<Refund>,
}

/// Why a step failed.
#[derive(Debug)]
pub(super) struct Mismatch(pub(super) String);

impl From<refunds_core::Error> for Mismatch {
    fn from(error: refunds_core::Error) -> Self {
        Self(error.to_string())
    }
}

const PART: i64 = 14_950;
const PART_REFERENCE: &str = "demo-part";
const REST_REFERENCE: &str = "demo-rest";
const MORE_REFERENCE: &str = "demo-more";
const SLOW_REFERENCE: &str = "demo-slow";
const TIMEOUT: Duration = Duration::from_secs(20);

/// The demo of one provider.
pub(super) struct Demo<'a> {
    client: &'a RefundClient,
    sandbox: &'a Sandbox,
    pub(super) scene: &'a Scene,
    part: Option<Refund>,
}

impl<'a> Demo<'a> {
    pub(super) fn new(client: &'a RefundClient, sandbox: &'a Sandbox, scene: &'a Scene) -> Self {
        Self { client, sandbox, scene, part: None }
    }

    /// Takes a step, counted from 0: what it does, and its outcome.
    pub(super) async fn step(&mut self, number: usize) -> Option<(&'static str, Outcome)> {
        Some(match number {
            0 => ("list the refunds of the documented payload", self.seed_list().await),
            1 => ("refund part of a payment", self.refund_part().await),
            2 => ("send the same request again", self.repeat().await),
            3 => ("refund the rest", self.refund_rest().await),
            4 => ("request one minor unit too much", self.too_much().await),
            5 => ("follow an asynchronous refund until it is final", self.asynchronous().await),
            6 => ("compare the provider's list with the ledger", self.compare().await),
            _ => return None,
        })
    }

    /// The documented payload, normalized.
    async fn seed_list(&self) -> Outcome {
        let mut list = self.client.list(&PaymentId::new(self.scene.documented.as_str())?);
        let mut refunds = Vec::new();
        while let Some(refund) = list.try_next().await? {
            refunds.push(refund);
        }
        let expected = &self.scene.documented_refund;
        let [refund] = refunds.as_slice() else {
            return Err(Mismatch(format!("the payload holds one refund, but {} were listed", refunds.len())));
        };
        same("its id", refund.id.as_str(), expected.id)?;
        same("its status", refund.status, expected.status)?;
        same("its amount", refund.amount, self.scene.money(expected.minor_units)?)?;
        let mut note = format!("{} {} of {}", refund.amount, refund.status, self.scene.documented);
        if !list.is_complete() {
            note.push_str(
                "; the payload refers to a next page that never comes, so the list is reported as incomplete",
            );
        }
        Ok(seen(note, refunds))
    }

    async fn refund_part(&mut self) -> Outcome {
        let part = self.scene.money(PART)?;
        let refund = self.create(RefundAmount::Exact(part), PART_REFERENCE).await?;
        same("its status", refund.status, RefundStatus::Succeeded)?;
        same("its amount", refund.amount, part)?;
        self.moved(PART)?;
        self.part = Some(refund);
        Ok(seen(format!("{part} of {}", self.scene.payment), vec![]))
    }

    async fn repeat(&self) -> Outcome {
        let amount = RefundAmount::Exact(self.scene.money(PART)?);
        let again = self.create(amount, PART_REFERENCE).await?;
        same("its id", Some(&again.id), self.part.as_ref().map(|part| &part.id))?;
        same("its amount", again.amount, self.scene.money(PART)?)?;
        self.once(&self.scene.payment, PART_REFERENCE)?;
        self.moved(PART)?;
        Ok(seen(format!("the same refund {}; no money moved", again.id), vec![]))
    }

    async fn refund_rest(&self) -> Outcome {
        let rest = self.scene.money(self.scene.captured - PART)?;
        let refund = self.create(RefundAmount::Remaining, REST_REFERENCE).await?;
        same("its status", refund.status, RefundStatus::Succeeded)?;
        same("its amount", refund.amount, rest)?;
        self.moved(self.scene.captured)?;
        let payment = self.client.payment(&self.scene.payment_id()?).await?;
        same("what was captured", payment.captured, self.scene.money(self.scene.captured)?)?;
        same("what is refunded", payment.refunded, payment.captured)?;
        same("what is refundable", payment.refundable, self.scene.money(0)?)?;
        Ok(seen(format!("{rest}; {} is left", payment.refundable), vec![]))
    }

    async fn too_much(&self) -> Outcome {
        let amount = RefundAmount::Exact(self.scene.money(1)?);
        let error = match self.create(amount, MORE_REFERENCE).await {
            Ok(refund) => return Err(Mismatch(format!("refund {} was made with no money left", refund.id))),
            Err(error) => error,
        };
        same("the kind of error", error.kind(), ErrorKind::NotRefundable)?;
        same("may have been made", error.may_have_applied(), false)?;
        self.moved(self.scene.captured)?;
        Ok(seen(format!("refused: {}", error.message()), vec![]))
    }

    async fn asynchronous(&self) -> Outcome {
        let payment = PaymentId::new(self.scene.slow_payment.as_str())?;
        let amount = self.scene.money(PART)?;
        let request =
            CreateRefund::new(payment.clone(), RefundAmount::Exact(amount), Reference::new(SLOW_REFERENCE)?);
        let begun = self.client.create(&request).await?;
        same("its first status", begun.status, RefundStatus::Pending)?;
        let ledger = self.sandbox.ledger();
        same("the ledger's pending", ledger.pending(&self.scene.slow_payment), PART)?;
        let refund = match self.client.wait_until_final(&payment, &begun.id, TIMEOUT).await? {
            WaitOutcome::Final(refund) => refund,
            WaitOutcome::TimedOut(_) => {
                return Err(Mismatch(format!("it is not final after {}", readable_duration(TIMEOUT))));
            }
        };
        same("its id", &refund.id, &begun.id)?;
        same("its final status", refund.status, RefundStatus::Succeeded)?;
        same("its amount", refund.amount, amount)?;
        self.once(&self.scene.slow_payment, SLOW_REFERENCE)?;
        let ledger = self.sandbox.ledger();
        same("the ledger's total", ledger.total_refunded(&self.scene.slow_payment), PART)?;
        Ok(seen(format!("{amount}: {}, then {}", begun.status, refund.status), vec![refund]))
    }

    /// The provider's list matches the ledger, refund by refund.
    async fn compare(&self) -> Outcome {
        let refunds: Vec<_> = self.client.list(&self.scene.payment_id()?).try_collect().await?;
        let mut listed: Vec<_> = refunds
            .iter()
            .map(|refund| {
                let reference = refund.reference.as_ref().map(|reference| reference.as_str().to_owned());
                (reference, refund.amount.minor_units(), refund.amount.currency().to_string())
            })
            .collect();
        let ledger = self.sandbox.ledger();
        let mut recorded: Vec<_> = ledger
            .of(&self.scene.payment)
            .map(|entry| (entry.reference.clone(), entry.amount, entry.currency.clone()))
            .collect();
        listed.sort();
        recorded.sort();
        if listed != recorded {
            return Err(Mismatch(format!("the provider lists {listed:?}, the ledger has {recorded:?}")));
        }
        Ok(seen(format!("{} refunds, the same as in the ledger", listed.len()), refunds))
    }

    async fn create(&self, amount: RefundAmount, reference: &str) -> refunds_core::Result<Refund> {
        let request = CreateRefund::new(self.scene.payment_id()?, amount, Reference::new(reference)?)
            .with_reason("refunds demo");
        self.client.create(&request).await
    }

    /// Checks the ledger's total for the payment.
    fn moved(&self, minor_units: i64) -> Result<(), Mismatch> {
        same("the ledger's total", self.sandbox.ledger().total_refunded(&self.scene.payment), minor_units)
    }

    fn once(&self, payment: &str, reference: &str) -> Result<(), Mismatch> {
        same("the number of ledger entries", self.sandbox.ledger().by_reference(payment, reference), 1)
    }
}

fn seen(note: String, refunds: Vec<Refund>) -> Seen {
    Seen { note, refunds }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, expected: T) -> Result<(), Mismatch> {
    if is == expected {
        return Ok(());
    }
    Err(Mismatch(format!("{what} is {is:?}, expected {expected:?}")))
}
