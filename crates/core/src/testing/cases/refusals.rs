//! What can not be is refused, in the right way and before money moves.

use crate::{
    CreateRefund, Error,
    ErrorKind::{self, InvalidRequest, NotFound, NotRefundable, Unsupported},
    Money, PageRequest,
    testing::{
        harness::changed,
        kit::{Kit, PART, WHOLE, ask_money, ask_remaining, attempt},
        verdict::{Verdict, ensure, needs, not_read, ok, refused},
    },
};

/// How a provider itself may say that a payment can not give this money back.
const BY_THE_PROVIDER: &[ErrorKind] = &[NotRefundable, InvalidRequest];

pub(crate) async fn more_than_is_left_is_refused(kit: Kit<'_>) -> Verdict {
    kit.needs_partial()?;
    let payment = kit.captured(WHOLE).await;
    for (what, minor) in [("one too much", WHOLE + 1), ("far too much", WHOLE * 1000)] {
        refused_by_client(kit, what, &kit.ask(&payment, minor), &[NotRefundable, InvalidRequest]).await?;
    }
    kit.ensure_moved(&payment, 0, "after refusals").await?;
    let kind = [NotRefundable];
    if kit.needs_several().is_ok() {
        kit.create(&payment, PART).await?;
        let request = kit.ask(&payment, WHOLE - PART + 1);
        refused_by_client(kit, "one more than is left", &request, &kind).await?;
        kit.ensure_moved(&payment, PART, "after a refusal").await?;
    }
    Ok(())
}

pub(crate) async fn more_than_is_left_is_refused_by_the_provider(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let submit = |minor| attempt(&kit.ask(&payment, minor));
    let provider = kit.provider();
    refused("too much", provider.submit_refund(&submit(WHOLE + 1)).await, BY_THE_PROVIDER)?;
    ok("a submission", provider.submit_refund(&submit(minor)).await)?;
    refused("the whole again", provider.submit_refund(&submit(WHOLE)).await, BY_THE_PROVIDER)?;
    kit.ensure_moved(&payment, minor, "after refusals").await
}

pub(crate) async fn nothing_and_less_are_refused(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(WHOLE).await;
    for minor in [0, -1, -WHOLE, i64::MIN] {
        let request = kit.ask(&payment, minor);
        refused_by_client(kit, &format!("{minor} minor units"), &request, &[InvalidRequest]).await?;
    }
    kit.ensure_moved(&payment, 0, "after refusals").await
}

pub(crate) async fn nothing_and_less_are_refused_by_the_provider(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(WHOLE).await;
    for minor in [0, -1, -WHOLE] {
        let told = kit.provider().submit_refund(&attempt(&kit.ask(&payment, minor))).await;
        refused(&format!("{minor} minor units"), told, BY_THE_PROVIDER)?;
    }
    kit.ensure_moved(&payment, 0, "after refusals").await
}

pub(crate) async fn another_currency_is_refused(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(WHOLE).await;
    let request = ask_money(&payment, Money::new(kit.part(), kit.other_currency()?));
    refused_by_client(kit, "another currency", &request, &[InvalidRequest]).await?;
    kit.ensure_moved(&payment, 0, "after a refusal").await
}

pub(crate) async fn another_currency_is_never_echoed(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(WHOLE).await;
    let request = ask_money(&payment, Money::new(kit.part(), kit.other_currency()?));
    // As a client hands the payment on, the adapter knows its currency without asking anybody.
    let told = ok("reading the payment", kit.provider().payment(&payment).await)?;
    let told = kit.provider().submit_refund(&attempt(&request).with_payment(told)).await;
    refused("a submission in another currency than the payment that comes with it", told, BY_THE_PROVIDER)?;
    kit.ensure_moved(&payment, 0, "after that refusal").await?;
    // A provider whose requests carry no currency takes the payment's: then the answer says so.
    match kit.provider().submit_refund(&attempt(&request)).await {
        Ok(refund) => {
            let currency = refund.amount.currency();
            ensure!(
                currency == kit.harness.currency(),
                "the payment is in {}, the answer says {currency}: it was taken from the request",
                kit.harness.currency()
            );
        }
        Err(error) if error.may_have_applied() => {}
        Err(error) => kit.ensure_moved(&payment, 0, &format!("told `{error}`")).await?,
    }
    Ok(())
}

pub(crate) async fn what_is_not_captured_is_not_refunded(kit: Kit<'_>) -> Verdict {
    let payment = kit.harness.authorized(WHOLE).await;
    let payment = payment.ok_or_else(|| needs("a payment that is only authorized"))?;
    let told = ok("reading it", kit.provider().payment(&payment).await)?;
    let sums = (told.captured.minor_units(), told.refundable.minor_units());
    ensure!(sums == (0, 0), "nothing is captured, yet captured and refundable are {sums:?}");
    for request in [kit.ask(&payment, WHOLE), ask_remaining(&payment)] {
        refused_by_client(kit, "a refund of an authorization", &request, &[NotRefundable]).await?;
    }
    let told = kit.provider().submit_refund(&attempt(&kit.ask(&payment, WHOLE))).await;
    refused("a submission over an authorization", told, BY_THE_PROVIDER)?;
    kit.ensure_moved(&payment, 0, "after refusals").await
}

pub(crate) async fn an_unknown_payment_is_not_found(kit: Kit<'_>) -> Verdict {
    let unknown = kit.unknown_payment().await?;
    let (provider, kinds) = (kit.provider(), &[NotFound]);
    not_read("payment", provider.payment(&unknown).await, kinds)?;
    not_read("list", provider.list_refunds(&unknown, &PageRequest::first()).await, kinds)?;
    let refund = ok("an id", "r-1".parse())?;
    not_read("get", provider.get_refund(&unknown, &refund).await, &[NotFound, InvalidRequest])?;
    let request = kit.ask(&unknown, kit.part());
    refused("a submission", provider.submit_refund(&attempt(&request)).await, kinds)?;
    refused_by_client(kit, "a refund", &request, kinds).await?;
    Ok(())
}

pub(crate) async fn an_unknown_refund_is_not_found(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let refund = kit.create(&payment, minor).await?;
    let unknown = ok("an id", changed(refund.id.as_str()).parse())?;
    not_read("get", kit.provider().get_refund(&payment, &unknown).await, &[NotFound])?;
    let told = kit.client().get(&payment, &unknown).await;
    in_context(&refused("get by a client", told, &[NotFound])?, "get by a client")
}

pub(crate) async fn another_payments_refund_is_not_found(kit: Kit<'_>) -> Verdict {
    let (one, minor) = kit.any().await;
    let (other, _) = kit.any().await;
    let refund = kit.create(&one, minor).await?;
    not_read("get", kit.provider().get_refund(&other, &refund.id).await, &[NotFound])?;
    let listed = kit.listing(&other).await?.refunds;
    ensure!(listed.is_empty(), "a refund of {one} is listed under {other}: {listed:?}");
    Ok(())
}

pub(crate) async fn the_rest_of_nothing_is_refused(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(WHOLE).await;
    kit.create(&payment, WHOLE).await?;
    // Where references are not told, the rest of back then may be this very refund.
    let hidden = kit.hides(&payment).await?;
    match kit.client().create(&ask_remaining(&payment)).await {
        Err(error) if hidden && error.kind() == ErrorKind::OutcomeUnknown => {}
        told => drop(refused("the rest of nothing", told, &[NotRefundable])?),
    }
    kit.ensure_moved(&payment, WHOLE, "after a refusal").await
}

pub(crate) async fn limits_are_checked_before_anything_is_sent(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(WHOLE).await;
    let ask = || kit.ask(&payment, kit.part());
    let beyond = kit.ask(&payment, i64::MAX);
    let long = "x".repeat(100_000);
    let mut limits = 0;
    for (what, request) in [
        ("the largest amount there is", beyond),
        ("a reason of 100 000 characters", ask().with_reason(long.clone())),
        ("metadata of 100 000 characters", ask().with_metadata("key", long)),
    ] {
        let Err(error) = kit.provider().validate(&request) else { continue };
        limits += 1;
        let kind = error.kind();
        ensure!(matches!(kind, InvalidRequest | Unsupported), "{what}: refused as {kind}: {error}");
        let before = kit.harness.requests().await;
        refused_by_client(kit, what, &request, &[InvalidRequest, Unsupported]).await?;
        ensure!(kit.harness.requests().await == before, "{what}: refused, and requests were sent first");
    }
    kit.ensure_moved(&payment, 0, "after refusals").await?;
    if limits == 0 { Err(needs("a limit that the kit knows to break")) } else { Ok(()) }
}

/// A refusal by the client also says who refused what.
async fn refused_by_client(
    kit: Kit<'_>,
    what: &str,
    request: &CreateRefund,
    kinds: &[ErrorKind],
) -> Verdict<Error> {
    let error = refused(what, kit.client().create(request).await, kinds)?;
    in_context(&error, what)?;
    Ok(error)
}

fn in_context(error: &Error, what: &str) -> Verdict {
    ensure!(error.operation().is_some(), "{what}: the error does not say what was done: {error}");
    Ok(())
}
