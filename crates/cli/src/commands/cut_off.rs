//! Stopping in the middle of a call that may create a refund.

use std::future::Future;

use refunds_core::{
    CreateRefund, Error, ErrorKind, Operation, Refund, RefundClient, UnresolvedRefund,
    journal::{Entry, IntentKey, IntentToken, MoneyKey, Outcome, Query, Why},
};

use crate::interrupt::interrupted;

/// Runs `call`, which may create the refund of `request`, until it ends or the process is interrupted.
/// An interrupted call is dropped, and the journal shows its outcome.
pub(super) async fn until_interrupted(
    client: &RefundClient,
    request: &CreateRefund,
    call: impl Future<Output = refunds_core::Result<Refund>>,
) -> Result<Refund, CutOff> {
    tokio::select! {
        result = call => return result.map_err(CutOff::Failed),
        () = interrupted() => {}
    }
    // The call is dropped here: nothing more is sent.
    let error = match standing(client, request).await {
        Ok(entry) => after(request, entry.as_ref()),
        Err(error) => unknown(request_only(client, request)).with_source(error),
    };
    let provider = client.provider().name();
    Err(CutOff::Interrupted(error.with_provider(provider).with_operation(Operation::CreateRefund)))
}

/// Why a call ended without a refund.
#[derive(Debug)]
pub(super) enum CutOff {
    Failed(Error),
    /// The process was interrupted.
    Interrupted(Error),
}

impl CutOff {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Failed(error) | Self::Interrupted(error) => error,
        }
    }
}

/// The journal's entry of the refund, after everything that the dropped call still had to store.
async fn standing(client: &RefundClient, request: &CreateRefund) -> refunds_core::Result<Option<Entry>> {
    let scope = client.provider().scope();
    // A dropped call abandons its intent in the background. Writes are done in order, so this one,
    // which settles nothing, ends after it.
    let money = MoneyKey::new(scope.clone(), request.payment_id.canonical());
    let nothing = IntentKey::new(money, IntentToken::random());
    client.journal().settle(&nothing, &Outcome::NotApplied(Why::never_sent())).await?;
    let query =
        Query::all().of_scope(scope).of_payment(&request.payment_id).of_reference(request.reference.clone());
    Ok(client.journal().entries(&query).await?.into_iter().next())
}

fn after(request: &CreateRefund, entry: Option<&Entry>) -> Error {
    let Some(entry) = entry else { return nothing_made("interrupted; nothing was sent") };
    if let Some(made) = &entry.made {
        let message = format!(
            "interrupted; refund {} of {} is {}: run the same command again to see it",
            made.id, entry.payment, made.status
        );
        return Error::new(ErrorKind::Other, message).with_may_have_applied(true);
    }
    if entry.unsettled_sends().next().is_none() {
        return nothing_made("interrupted; this command made no refund");
    }
    unknown(entry.unresolved(request))
}

fn nothing_made(message: &str) -> Error {
    Error::new(ErrorKind::Other, message).not_applied().with_retryable(true)
}

fn unknown(unresolved: UnresolvedRefund) -> Error {
    let message = "interrupted before the outcome was known: the request may be carried out";
    Error::new(ErrorKind::OutcomeUnknown, message).with_unresolved(unresolved)
}

/// The handle if the journal cannot be read.
fn request_only(client: &RefundClient, request: &CreateRefund) -> UnresolvedRefund {
    UnresolvedRefund::new(client.provider().scope(), request.clone())
}
