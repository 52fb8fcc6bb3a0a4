//! Looking for a refund by the caller's reference.

use crate::{
    CreateRefund, Error, ErrorKind, Listing, Money, Operation, Refund, RefundAmount, RefundId, Result,
};

/// What a payment's refunds say about the one that is asked for.
#[derive(Debug)]
pub(super) enum Found {
    /// It is there.
    Refund(Box<Refund>),
    /// Its reference is not there, and these are all refunds.
    Absent,
    /// Its reference is not seen, and it may be there all the same: among refunds that carry none, or
    /// among refunds that were not listed.
    Unclear {
        /// Refunds that may be it.
        suspects: Vec<Refund>,
        /// Whether there are refunds that were not listed.
        unlisted: bool,
    },
}

/// Looks for `request` among `listing`. `amount` is what was submitted, where that is known.
///
/// A refund whose reference is hidden may always be the one. A refund that says that it has none is
/// somebody else's, unless one of ours may have been made: then only those are not it that were
/// `known_before`.
///
/// No date rules a suspect out: the provider's clock is not ours.
///
/// # Errors
///
/// [`ErrorKind::Conflict`] where the reference is that of a refund of another amount.
pub(super) fn find(
    request: &CreateRefund,
    amount: Option<Money>,
    known_before: Option<&[RefundId]>,
    listing: Listing,
) -> Result<Found> {
    let amount = match request.amount {
        RefundAmount::Exact(amount) => Some(amount),
        RefundAmount::Remaining => amount,
    };
    let Listing { mut refunds, complete } = listing;
    if let Some(index) =
        refunds.iter().position(|refund| refund.reference.as_ref() == Some(&request.reference))
    {
        let refund = refunds.swap_remove(index);
        return match request.amount {
            RefundAmount::Exact(amount) if refund.amount != amount => Err(reused(&refund, amount)),
            _ => Ok(Found::Refund(Box::new(refund))),
        };
    }
    refunds.retain(|refund| {
        let unnamed = refund.reference.is_none()
            && known_before.is_some_and(|known_before| !known_before.contains(&refund.id));
        (refund.reference_is_hidden() || unnamed)
            && refund.status.holds_money()
            && amount.is_none_or(|amount| amount == refund.amount)
    });
    if refunds.is_empty() && complete {
        return Ok(Found::Absent);
    }
    Ok(Found::Unclear { suspects: refunds, unlisted: !complete })
}

fn reused(refund: &Refund, amount: Money) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the reference {} is that of refund {} over {}, and {amount} is asked for now; \
             another refund needs another reference",
            refund.reference.as_ref().map_or("", |reference| reference.as_str()),
            refund.id,
            refund.amount
        ),
    )
    .with_operation(Operation::CreateRefund)
}
