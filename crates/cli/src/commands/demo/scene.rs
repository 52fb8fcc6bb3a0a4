//! The payments of the demo: the only part that depends on the provider.

use refunds_core::{Money, PaymentId, RefundStatus, Result};
use refunds_sandbox::{Outcome, Sandbox, dintero, mattilda};

/// The refunds of an order, as Dintero's documentation shows them, byte for byte.
const DINTERO_SEED: &str = include_str!("dintero-order-refunds.json");
/// The refunds of a transaction, as Mattilda's documentation shows them, byte for byte.
const MATTILDA_SEED: &str = include_str!("mattilda-refunds.json");
/// The transaction in [`MATTILDA_SEED`].
const MATTILDA_SEED_TRANSACTION: &str = "fe26475d-ec3e-4884-9553-f7356683f7f9";

/// Payments at one provider.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) provider: &'static str,
    /// Serves the documented payload as its refunds.
    pub(super) documented: String,
    /// The one refund in that payload.
    pub(super) documented_refund: Documented,
    /// Captured in full, this much.
    pub(super) payment: String,
    pub(super) captured: i64,
    /// Also captured, with asynchronous refunds.
    pub(super) slow_payment: String,
    pub(super) currency: &'static str,
}

/// The expected normalized form of the documented refund.
#[derive(Debug)]
pub(super) struct Documented {
    pub(super) id: &'static str,
    pub(super) status: RefundStatus,
    pub(super) minor_units: i64,
}

impl Scene {
    pub(super) fn dintero(sandbox: &Sandbox) -> Self {
        let (currency, captured) = ("NOK", 44_850);
        let side = sandbox.dintero();
        let paid = side.captured(27_840, currency);
        let documented = side.order(dintero::OrderSpec::new(currency).line(123, 27_840).captured_by(paid));
        side.insert_order_refunds_bytes(&documented, DINTERO_SEED);
        let slow = dintero::TransactionSpec::new(captured, currency).asynchronous(Outcome::Succeeded);
        Self {
            provider: "dintero",
            documented,
            documented_refund: Documented {
                id: "bd04c959-d159-49b4-a096-2d84e014a8da",
                status: RefundStatus::Succeeded,
                minor_units: 27_840,
            },
            payment: side.captured(captured, currency),
            captured,
            slow_payment: side.transaction(slow),
            currency,
        }
    }

    pub(super) fn mattilda(sandbox: &Sandbox) -> Self {
        let (currency, captured) = ("MXN", 129_900);
        let side = sandbox.mattilda();
        let documented = mattilda::TransactionSpec::new(1299, currency).id(MATTILDA_SEED_TRANSACTION);
        let documented = side.transaction(documented);
        side.insert_refunds_page_bytes(&documented, MATTILDA_SEED);
        let slow = mattilda::TransactionSpec::new(captured, currency).asynchronous(Outcome::Succeeded);
        Self {
            provider: "mattilda",
            documented,
            documented_refund: Documented {
                id: "8724fd24-5489-4a5d-90fd-0604df7d3b83",
                status: RefundStatus::Pending,
                minor_units: 1299,
            },
            payment: side.captured(captured, currency),
            captured,
            slow_payment: side.transaction(slow),
            currency,
        }
    }

    pub(super) fn payment_id(&self) -> Result<PaymentId> {
        PaymentId::new(self.payment.as_str())
    }

    pub(super) fn money(&self, minor_units: i64) -> Result<Money> {
        Ok(Money::new(minor_units, self.currency.parse()?))
    }
}
