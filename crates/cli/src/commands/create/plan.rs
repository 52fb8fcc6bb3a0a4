//! What a create would do.

use std::io::{self, Write as _};

use futures_util::{StreamExt as _, TryStreamExt as _};
use refunds_core::{
    CreateRefund, Error, ErrorKind, Money, Payment, Refund, RefundAmount, RefundClient, journal::Query,
};
use serde_json::json;

use super::{super::account, Context, Result};
use crate::{
    config::{Config, MaxAmount},
    failure::Failure,
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
    /// Whether the journal has an earlier request with this reference whose outcome is not known.
    is_unsettled: bool,
}

impl<'a> Plan<'a> {
    /// Reads the payment and looks for the reference, there and in the journal. Submits nothing.
    pub(super) async fn read(client: &'a RefundClient, request: &'a CreateRefund) -> Result<Self> {
        client.provider().validate(request).map_err(|error| super::in_create(client, error))?;
        let payment = client.payment(&request.payment_id).await?;
        let has_reference = |refund: &Refund| {
            let is_same = refund.reference.as_ref() == Some(&request.reference);
            async move { is_same }
        };
        let mut refunds = client.list(&request.payment_id).try_filter(has_reference).boxed();
        let existing = refunds.try_next().await?;
        drop(refunds);
        let query = Query::unsettled()
            .of_scope(client.provider().scope())
            .of_payment(&request.payment_id)
            .of_reference(request.reference.clone());
        let requested = client.journal().entries(&query).await?.into_iter().next();
        let amount = match (request.amount, &existing, &requested) {
            (RefundAmount::Exact(amount), _, _) => amount,
            (_, Some(refund), _) => refund.amount,
            (_, None, Some(entry)) => entry.amount,
            _ => payment.refundable,
        };
        Ok(Self { client, request, payment, amount, existing, is_unsettled: requested.is_some() })
    }

    /// Whether it may be submitted.
    ///
    /// # Errors
    ///
    /// It is more than the limit, or more than is left. A refund that is there already is neither.
    pub(super) fn check(&self, limit: Option<&MaxAmount>) -> Result<()> {
        if self.existing.is_some() {
            return Ok(());
        }
        if let Some(refusal) = limit.and_then(|limit| limit.refuses(self.amount)) {
            return Err(Failure::Withheld(refusal));
        }
        if !self.is_unsettled && (self.left_after().is_none() || self.amount.minor_units() == 0) {
            let message = format!(
                "{} is left to refund of {} captured, {} was requested",
                self.payment.refundable, self.payment.captured, self.amount
            );
            let error = Error::new(ErrorKind::NotRefundable, message).not_applied();
            return Err(super::in_create(self.client, error).into());
        }
        Ok(())
    }

    /// What can still be refunded afterwards; `None` if the refund is more than is left.
    fn left_after(&self) -> Option<Money> {
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
                format!(
                    "exists     refund {} has this reference: {}, {}",
                    refund.id, refund.amount, refund.status
                )
            }
            (None, Some(after)) => format!("left       {} now, {after} afterwards", payment.refundable),
            (None, None) => format!("left       {}: this refund is refused", payment.refundable),
        });
        if self.is_unsettled {
            lines.push(
                "earlier    a request with this reference was sent, and its outcome is not known".to_owned(),
            );
        }
        lines.push(format!("reference  {}", request.reference));
        let mut line = |name: &str, text: &str| lines.push(format!("{name:<9}  {text}"));
        if let Some(target) = &request.target {
            let kind = serde_json::to_value(&target.kind).unwrap_or_default();
            let id = target.id.as_deref().unwrap_or_default();
            line("target", format!("{} {id}", kind.as_str().unwrap_or("other")).trim_end());
        }
        request.reason.iter().for_each(|reason| line("reason", reason));
        request.lines.iter().for_each(|one| line("line", &format!("{}: {}", one.id, one.amount)));
        request.metadata.iter().for_each(|(key, value)| line("metadata", &format!("{key}={value}")));
        request.options.iter().for_each(|(key, value)| line("option", &format!("{key}={value}")));
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
                "is_unsettled": self.is_unsettled,
                "existing": self.existing.as_ref().map(|refund| refund.id.as_str()),
            });
            writeln!(context.out, "{document}")?;
        }
        context.out.flush()
    }
}
