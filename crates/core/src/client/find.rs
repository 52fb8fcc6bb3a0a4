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
    /// Its reference is not seen, and it may be there all the same: among refunds whose reference
    /// the provider does not tell, or among refunds that it did not list.
    Unclear {
        /// Refunds that may be it.
        suspects: Vec<RefundId>,
        /// Whether there are refunds that were not listed.
        unlisted: bool,
    },
}

/// Looks for `request` among `listing`. `amount` is what was submitted, where that is known.
///
/// No date rules a suspect out: the provider's clock is not ours. None was there before the first
/// submission anyway, or there would have been none.
///
/// # Errors
///
/// [`ErrorKind::Conflict`] where the reference is that of a refund of another amount.
pub(super) fn find(request: &CreateRefund, amount: Option<Money>, listing: Listing) -> Result<Found> {
    let amount = match request.amount {
        RefundAmount::Exact(amount) => Some(amount),
        RefundAmount::Remaining => amount,
    };
    let suspects: Vec<RefundId> = listing
        .refunds
        .iter()
        .filter(|refund| refund.reference_is_hidden() && refund.status.holds_money())
        .filter(|refund| amount.is_none_or(|amount| amount == refund.amount))
        .map(|refund| refund.id.clone())
        .collect();
    let named =
        listing.refunds.into_iter().find(|refund| refund.reference.as_ref() == Some(&request.reference));
    match (named, request.amount) {
        (Some(refund), RefundAmount::Exact(amount)) if refund.amount != amount => {
            Err(reused(&refund, amount))
        }
        (Some(refund), _) => Ok(Found::Refund(Box::new(refund))),
        (None, _) if suspects.is_empty() && listing.complete => Ok(Found::Absent),
        (None, _) => Ok(Found::Unclear { suspects, unlisted: !listing.complete }),
    }
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
