//! Failures: a refund is made once or not at all, and errors are truthful.

use crate::{
    Error,
    ErrorKind::{
        self, OutcomeUnknown, Protocol, RateLimited, Timeout, Transport, Unauthenticated, Unavailable,
    },
    PageRequest, Policy, Refund, Result,
    testing::{
        Fault, FaultTarget,
        kit::{Kit, attempt},
        verdict::{Verdict, ensure, failed, needs, ok, skipped},
    },
};

use super::once::ends_in_one;

/// The error that an adapter must return for a fault.
struct Truth {
    kinds: &'static [ErrorKind],
    /// Whether the same call may succeed later; `None` where both are right.
    retryable: Option<bool>,
    /// Whether a refund may have been made; `None` where the adapter cannot know.
    may_have_applied: Option<bool>,
}

/// The one table of correct errors.
fn truth(fault: Fault) -> Truth {
    let (kinds, retryable, may_have_applied): (&[_], _, _) = match fault {
        Fault::NeverSent => (&[Transport, Timeout, Unavailable], Some(true), Some(false)),
        Fault::NoResponse | Fault::ResponseLost => (&[Transport, Timeout], Some(true), Some(true)),
        Fault::ErrorAfterwards => (&[Unavailable, OutcomeUnknown], None, Some(true)),
        Fault::ServerError => (&[Unavailable], Some(true), None),
        Fault::RateLimited => (&[RateLimited], Some(true), Some(false)),
        Fault::Unreadable | Fault::OtherAmount => (&[Protocol], None, Some(true)),
        Fault::Unauthorized => (&[Unauthenticated], Some(false), Some(false)),
    };
    Truth { kinds, retryable, may_have_applied }
}

/// Cases of one failed submission each.
macro_rules! submissions {
    ($($case:ident: $fault:ident;)+) => {
        $(pub(crate) async fn $case(kit: Kit<'_>) -> Verdict {
            submission(kit, Fault::$fault).await
        })+
    };
}

submissions! {
    a_request_never_sent_is_reported_truthfully: NeverSent;
    a_request_without_a_response_is_reported_truthfully: NoResponse;
    a_lost_response_is_reported_truthfully: ResponseLost;
    a_server_error_after_processing_is_reported_truthfully: ErrorAfterwards;
    a_server_error_is_reported_truthfully: ServerError;
    too_many_requests_are_reported_truthfully: RateLimited;
    an_unreadable_response_is_reported_truthfully: Unreadable;
    refused_credentials_are_reported_truthfully: Unauthorized;
}

pub(crate) async fn the_amount_is_the_responses_not_the_requests(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    kit.inject(Fault::OtherAmount, FaultTarget::Submit).await?;
    match kit.provider().submit_refund(&attempt(&kit.ask(&payment, minor))).await {
        Ok(refund) => {
            let response = kit.money(minor + kit.step());
            ensure!(
                refund.amount == response,
                "the response says {response}, the adapter returned {}",
                refund.amount
            );
            Ok(())
        }
        Err(error) => is_true(&error, Fault::OtherAmount),
    }
}

pub(crate) async fn another_amount_is_not_accepted(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    kit.inject(Fault::OtherAmount, FaultTarget::Submit).await?;
    match kit.client().create(&request).await {
        // The client looked for it, and the provider's list has the right amount.
        Ok(refund) => ensure!(
            refund.amount == kit.money(minor),
            "the response's amount was accepted: {}",
            refund.amount
        ),
        Err(error) => {
            let honest = matches!(error.kind(), Protocol | OutcomeUnknown);
            ensure!(
                honest && error.may_have_applied(),
                "the response had another amount, the error does not say so: {error}"
            );
            ensure!(error.unresolved().is_some(), "the error carries no handle to resolve it: {error}");
        }
    }
    ends_in_one(kit, &request, minor).await
}

pub(crate) async fn a_lost_response_ends_in_one_refund(kit: Kit<'_>) -> Verdict {
    creation(kit, &[Fault::ResponseLost, Fault::ErrorAfterwards, Fault::Unreadable]).await
}

pub(crate) async fn a_lost_request_ends_in_one_refund(kit: Kit<'_>) -> Verdict {
    creation(kit, &[Fault::NoResponse, Fault::ServerError]).await
}

pub(crate) async fn a_rejected_request_ends_in_one_refund(kit: Kit<'_>) -> Verdict {
    creation(kit, &[Fault::NeverSent, Fault::RateLimited, Fault::Unauthorized]).await
}

pub(crate) async fn what_is_unresolved_can_be_resolved(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    kit.inject(Fault::NoResponse, FaultTarget::Submit).await?;
    // One attempt: otherwise the client resolves it by itself wherever it may submit again.
    let policy = Policy { max_attempts: 1, ..kit.harness.policy() };
    let Err(error) = kit.client().with_policy(policy).create(&request).await else {
        ends_in_one(kit, &request, minor).await?;
        return Err(skipped("the client resolved it by itself"));
    };
    let Some(unresolved) = error.unresolved() else {
        return Err(failed(format!("the error carries no handle to resolve it: {error}")));
    };
    ensure!(
        error.may_have_applied(),
        "no response came, but the error says that nothing was applied: {error}"
    );
    kit.harness.heal().await;
    let refund = ok("resolving it", kit.client().resolve(unresolved).await)?;
    ensure!(refund.amount == kit.money(minor), "resolved with the amount {}", refund.amount);
    kit.ensure_moved(&payment, minor, "once resolved").await?;
    match kit.client().resolve(unresolved).await {
        Err(error) if error.kind() == OutcomeUnknown && kit.hides(&payment).await? => {}
        reported => {
            ensure!(ok("resolving it again", reported)?.id == refund.id, "resolving twice gave two refunds");
        }
    }
    kit.ensure_moved(&payment, minor, "twice resolved").await?;
    kit.ensure_made_once(&request, "twice resolved").await
}

pub(crate) async fn a_failed_read_is_reported_truthfully(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let mut met = 0;
    for fault in reading() {
        if !kit.harness.inject(fault, FaultTarget::Read).await {
            continue;
        }
        met += 1;
        let provider = kit.provider();
        match provider.list_refunds(&payment, &PageRequest::first()).await {
            Ok(_) if fault == Fault::Unauthorized => {}
            Ok(page) => return Err(failed(format!("{fault}: the list succeeded with {page:?}"))),
            Err(error) => kind_is_true(&error, fault)?,
        }
        kit.harness.heal().await;
        ok("the list afterwards", provider.list_refunds(&payment, &PageRequest::first()).await)?;
    }
    if met == 0 { Err(needs("a harness that can make reads fail")) } else { Ok(()) }
}

pub(crate) async fn a_failed_read_is_retried(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let mut met = 0;
    for fault in reading().into_iter().filter(|fault| truth(*fault).retryable == Some(true)) {
        if kit.harness.inject(fault, FaultTarget::Read).await {
            met += 1;
            ok(fault.as_str(), kit.client().payment(&payment).await)?;
        }
        kit.harness.heal().await;
    }
    if met == 0 { Err(needs("a harness that can make reads fail")) } else { Ok(()) }
}

fn reading() -> Vec<Fault> {
    Fault::ALL.into_iter().filter(|fault| *fault != Fault::OtherAmount).collect()
}

/// One raw submission that fails.
async fn submission(kit: Kit<'_>, fault: Fault) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    kit.inject(fault, FaultTarget::Submit).await?;
    let provider = kit.provider();
    let result = provider.submit_refund(&attempt(&request)).await;
    let moved = kit.moved(&payment).await?;
    ensure!(moved == 0 || moved == minor, "one call is one attempt, but {moved} moved instead of {minor}");
    match result {
        // New credentials were fetched, and the request repeated.
        Ok(_) if fault == Fault::Unauthorized => {
            ensure!(moved == minor, "reported as made, but {moved} moved");
        }
        Ok(refund) => {
            return Err(failed(format!("the attempt failed, but is reported as made: {refund:?}")));
        }
        Err(error) => {
            let promise = error.may_have_applied() || moved == 0;
            ensure!(promise, "{moved} moved, but the error says that nothing was applied: {error}");
            is_true(&error, fault)?;
        }
    }
    kit.harness.heal().await;
    ok("the payment afterwards", provider.payment(&payment).await)?;
    Ok(())
}

fn is_true(error: &Error, fault: Fault) -> Verdict {
    kind_is_true(error, fault)?;
    let (expected, actual) = (truth(fault).may_have_applied, error.may_have_applied());
    ensure!(
        expected.is_none_or(|expected| expected == actual),
        "{fault}: may_have_applied is {actual}: {error}"
    );
    Ok(())
}

fn kind_is_true(error: &Error, fault: Fault) -> Verdict {
    let Truth { kinds, retryable, .. } = truth(fault);
    ensure!(kinds.contains(&error.kind()), "{fault}: {} instead of {kinds:?}: {error}", error.kind());
    let actual = error.is_retryable();
    ensure!(
        retryable.is_none_or(|expected| expected == actual),
        "{fault}: is_retryable is {actual}: {error}"
    );
    Ok(())
}

/// A whole creation for each fault that the harness can inject.
async fn creation(kit: Kit<'_>, faults: &[Fault]) -> Verdict {
    let mut met = 0;
    for fault in faults {
        let (payment, minor) = kit.any().await;
        if !kit.harness.inject(*fault, FaultTarget::Submit).await {
            continue;
        }
        met += 1;
        let request = kit.ask(&payment, minor);
        let result = kit.client().create(&request).await;
        let moved = kit.moved(&payment).await?;
        is_truthful(&result, moved, minor).map_err(|reason| failed(format!("{fault}: {reason}")))?;
        ends_in_one(kit, &request, minor).await?;
    }
    if met == 0 { Err(needs("a harness that can make submissions fail")) } else { Ok(()) }
}

fn is_truthful(reported: &Result<Refund>, moved: i64, minor: i64) -> Result<(), String> {
    match reported {
        Ok(refund) if moved == minor && refund.amount.minor_units() == minor => Ok(()),
        Ok(refund) => Err(format!("{moved} moved, but the client returned {refund:?}")),
        Err(error) if !error.may_have_applied() && moved == 0 => Ok(()),
        Err(error) if error.may_have_applied() && moved <= minor && error.unresolved().is_some() => Ok(()),
        Err(error) => Err(format!("{moved} moved, but the client returned {error}")),
    }
}
