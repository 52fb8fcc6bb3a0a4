//! Impossible refunds are refused, with the right error and before money moves.

use crate::{
    CreateRefund, Error,
    ErrorKind::{self, InvalidRequest, NotFound, NotRefundable, Unsupported},
    Money, PageRequest,
    testing::{
        harness::changed,
        kit::{Kit, ask_money, ask_remaining, attempt},
        verdict::{Verdict, ensure, needs, not_read, ok, refused},
    },
};

/// How a provider itself may refuse to refund this money.
const BY_THE_PROVIDER: &[ErrorKind] = &[NotRefundable, InvalidRequest];

pub(crate) async fn more_than_is_left_is_refused(kit: Kit<'_>) -> Verdict {
    kit.needs_partial()?;
    let payment = kit.captured(kit.whole()).await;
    for (what, minor) in
        [("one step too much", kit.whole() + kit.step()), ("far too much", 1000 * kit.whole())]
    {
        refused_by_client(kit, what, &kit.ask(&payment, minor), &[NotRefundable, InvalidRequest]).await?;
    }
    kit.ensure_moved(&payment, 0, "after refusals").await?;
    let kind = [NotRefundable];
    if kit.needs_multiple().is_ok() {
        kit.create(&payment, kit.third()).await?;
        let request = kit.ask(&payment, kit.whole() - kit.third() + kit.step());
        refused_by_client(kit, "one more than is left", &request, &kind).await?;
        kit.ensure_moved(&payment, kit.third(), "after a refusal").await?;
    }
    Ok(())
}

pub(crate) async fn more_than_is_left_is_refused_by_the_provider(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let submit = |minor| attempt(&kit.ask(&payment, minor));
    let provider = kit.provider();
    refused("too much", provider.submit_refund(&submit(kit.whole() + kit.step())).await, BY_THE_PROVIDER)?;
    ok("a submission", provider.submit_refund(&submit(minor)).await)?;
    refused("the whole amount again", provider.submit_refund(&submit(kit.whole())).await, BY_THE_PROVIDER)?;
    kit.ensure_moved(&payment, minor, "after refusals").await
}

pub(crate) async fn zero_and_negative_amounts_are_refused(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    for minor in [0, -kit.step(), -kit.whole(), i64::MIN] {
        let request = kit.ask(&payment, minor);
        refused_by_client(kit, &format!("{minor} minor units"), &request, &[InvalidRequest]).await?;
    }
    kit.ensure_moved(&payment, 0, "after refusals").await
}

pub(crate) async fn zero_and_negative_amounts_are_refused_by_the_provider(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    for minor in [0, -kit.step(), -kit.whole()] {
        let result = kit.provider().submit_refund(&attempt(&kit.ask(&payment, minor))).await;
        refused(&format!("{minor} minor units"), result, BY_THE_PROVIDER)?;
    }
    kit.ensure_moved(&payment, 0, "after refusals").await
}

pub(crate) async fn another_currency_is_refused(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let request = ask_money(&payment, Money::new(kit.part(), kit.other_currency()?));
    refused_by_client(kit, "another currency", &request, &[InvalidRequest]).await?;
    kit.ensure_moved(&payment, 0, "after a refusal").await
}

pub(crate) async fn another_currency_is_never_echoed(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let request = ask_money(&payment, Money::new(kit.part(), kit.other_currency()?));
    // The client passes the payment, so that the adapter knows its currency without a request.
    let reported = ok("reading the payment", kit.provider().payment(&payment).await)?;
    let result = kit.provider().submit_refund(&attempt(&request).with_payment(reported)).await;
    refused("a submission in another currency than the payment that comes with it", result, BY_THE_PROVIDER)?;
    kit.ensure_moved(&payment, 0, "after that refusal").await?;
    // A provider whose requests carry no currency uses the payment's, and its response says so.
    match kit.provider().submit_refund(&attempt(&request)).await {
        Ok(refund) => {
            let currency = refund.amount.currency();
            ensure!(
                currency == kit.harness.currency(),
                "the payment is in {}, the response says {currency}: it was copied from the request",
                kit.harness.currency()
            );
        }
        Err(error) if error.may_have_applied() => {}
        Err(error) => kit.ensure_moved(&payment, 0, &format!("after `{error}`")).await?,
    }
    Ok(())
}

pub(crate) async fn what_is_not_captured_is_not_refunded(kit: Kit<'_>) -> Verdict {
    let payment = kit.harness.authorized(kit.whole()).await;
    let payment = payment.ok_or_else(|| needs("a payment that is only authorized"))?;
    let reported = ok("reading it", kit.provider().payment(&payment).await)?;
    let sums = (reported.captured.minor_units(), reported.refundable.minor_units());
    ensure!(sums == (0, 0), "nothing is captured, but captured and refundable are {sums:?}");
    for request in [kit.ask(&payment, kit.whole()), ask_remaining(&payment)] {
        refused_by_client(kit, "a refund of an authorization", &request, &[NotRefundable]).await?;
    }
    let result = kit.provider().submit_refund(&attempt(&kit.ask(&payment, kit.whole()))).await;
    refused("a submission over an authorization", result, BY_THE_PROVIDER)?;
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
    let result = kit.client().get(&payment, &unknown).await;
    in_context(&refused("get by a client", result, &[NotFound])?, "get by a client")
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

pub(crate) async fn an_empty_remainder_is_refused(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    kit.create(&payment, kit.whole()).await?;
    // Where references are hidden, this refund may be the earlier remainder.
    let hidden = kit.hides(&payment).await?;
    match kit.client().create(&ask_remaining(&payment)).await {
        Err(error) if hidden && error.kind() == ErrorKind::OutcomeUnknown => {}
        reported => drop(refused("a refund of an empty remainder", reported, &[NotRefundable])?),
    }
    kit.ensure_moved(&payment, kit.whole(), "after a refusal").await
}

pub(crate) async fn limits_are_checked_before_anything_is_sent(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let ask = || kit.ask(&payment, kit.part());
    let beyond = kit.ask(&payment, i64::MAX / kit.step() * kit.step());
    let long = "x".repeat(100_000);
    let mut limits = 0;
    if kit.step() > 1 {
        limits += 1;
        let what = "an amount between two steps";
        let request = kit.ask(&payment, kit.whole() - 1);
        refused_by_client(kit, what, &request, &[InvalidRequest, Unsupported, NotRefundable]).await?;
    }
    let options = kit.capabilities().options.iter();
    let options = options.map(|name| ("an option of 100 000 characters", ask().with_option(*name, &*long)));
    let others = [
        ("the largest amount there is", beyond),
        ("a reason of 100 000 characters", ask().with_reason(&*long)),
        ("metadata of 100 000 characters", ask().with_metadata("key", &*long)),
    ];
    for (what, request) in others.into_iter().chain(options) {
        let Err(error) = kit.provider().validate(&request) else { continue };
        limits += 1;
        let kind = error.kind();
        ensure!(matches!(kind, InvalidRequest | Unsupported), "{what}: refused as {kind}: {error}");
        let before = kit.harness.requests().await;
        refused_by_client(kit, what, &request, &[InvalidRequest, Unsupported]).await?;
        ensure!(kit.harness.requests().await == before, "{what}: refused, but requests were sent first");
    }
    kit.ensure_moved(&payment, 0, "after refusals").await?;
    if limits == 0 { Err(needs("a limit that the kit can exceed")) } else { Ok(()) }
}

/// A refusal by the client also names the operation.
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
    ensure!(error.operation().is_some(), "{what}: the error does not name the operation: {error}");
    Ok(())
}
