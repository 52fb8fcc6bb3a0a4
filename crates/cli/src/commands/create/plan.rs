//! What a create would do.

use std::io::{self, Write as _};

use futures_util::{StreamExt as _, TryStreamExt as _};
use refunds_core::{CreateRefund, Money, Payment, Refund, RefundAmount, RefundClient};
use serde_json::json;

use super::{super::account, Context, Result};
use crate::{
    config::Config,
    output::{Format, clean},
};

/// A refund as it would be made, beside the payment.
pub(super) struct Plan<'a> {
    client: &'a RefundClient,
    request: &'a CreateRefund,
    payment: Payment,
    pub(super) amount: Money,
    /// The refund that has the reference already.
    pub(super) existing: Option<Refund>,
}

impl<'a> Plan<'a> {
    /// Reads the payment and looks for the reference. Submits nothing.
    pub(super) async fn read(client: &'a RefundClient, request: &'a CreateRefund) -> Result<Self> {
        client.provider().validate(request).map_err(|error| super::in_create(client, error))?;
        let payment = client.payment(&request.payment_id).await?;
        let amount = match request.amount {
            RefundAmount::Exact(amount) => amount,
            _ => payment.refundable,
        };
        let has_reference = |refund: &Refund| {
            let is_same = refund.reference.as_ref() == Some(&request.reference);
            async move { is_same }
        };
        let mut refunds = client.list(&request.payment_id).try_filter(has_reference).boxed();
        let existing = refunds.try_next().await?;
        drop(refunds);
        Ok(Self { client, request, payment, amount, existing })
    }

    /// What can still be refunded afterwards; `None` if the refund is more than is left.
    pub(super) fn left_after(&self) -> Option<Money> {
        let left = self.payment.refundable;
        (left.currency() == self.amount.currency() && self.amount.minor_units() <= left.minor_units())
            .then(|| Money::new(left.minor_units() - self.amount.minor_units(), left.currency()))
    }

    /// For people.
    pub(super) fn lines(&self, config: &Config) -> Vec<String> {
        let Self { request, payment, amount, .. } = self;
        let mut lines = vec![
            format!("refund     {amount} of {}", request.payment_id),
            format!("account    {}", account::of(self.client, config)),
        ];
        lines.push(match (&self.existing, self.left_after()) {
            (Some(refund), _) => {
                format!("there      refund {} has this reference already ({})", refund.id, refund.status)
            }
            (None, Some(after)) => format!("left       {} now, {after} afterwards", payment.refundable),
            (None, None) => format!("left       {}: this is more, and would be refused", payment.refundable),
        });
        lines.push(format!("reference  {}", request.reference));
        lines.extend(request.reason.as_ref().map(|reason| format!("reason     {reason}")));
        lines.extend(request.lines.iter().map(|line| format!("line       {}: {}", line.id, line.amount)));
        lines
    }

    /// On standard output, for `--dry-run`.
    pub(super) fn print(&self, context: &mut Context) -> io::Result<()> {
        if context.format == Format::Table {
            for line in self.lines(&context.config) {
                writeln!(context.out, "{}", clean(&line))?;
            }
            writeln!(context.out, "nothing was submitted")?;
        } else {
            let scope = self.client.provider().scope();
            let document = json!({
                "dry_run": true,
                "provider": scope.provider(),
                "account": scope.account(),
                "mode": self.client.provider().mode(),
                "payment_id": self.request.payment_id,
                "reference": self.request.reference,
                "amount": self.amount,
                "refundable": self.payment.refundable,
                "refundable_after": self.left_after(),
                "existing": self.existing.as_ref().map(|refund| refund.id.as_str()),
            });
            writeln!(context.out, "{document}")?;
        }
        context.out.flush()
    }
}
