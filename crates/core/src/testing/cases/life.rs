//! The life of a refund: its status is reported as it is, and a final one stays.

use std::time::Duration;

use crate::{
    ErrorKind, Refund, RefundStatus, WaitOutcome,
    testing::{
        kit::{Kit, attempt},
        verdict::{Verdict, ensure, failed, needs, ok, refused},
    },
};

/// How long the kit waits for a final status, on a skipping clock.
const LONG: Duration = Duration::from_secs(600);
/// How often a refund is read after it became final.
const READS: usize = 4;

pub(crate) async fn what_is_accepted_is_not_a_failure(kit: Kit<'_>) -> Verdict {
    let payment = kit.slow(kit.whole(), RefundStatus::Succeeded).await?;
    let result = kit.provider().submit_refund(&attempt(&kit.ask(&payment, kit.part()))).await;
    let refund = ok("a submission that is accepted", result)?;
    ensure!(!refund.status.is_final(), "the refund is under way, but reported as {}", refund.status);
    kit.ensure_moved(&payment, kit.part(), "once it is accepted").await
}

pub(crate) async fn what_is_pending_becomes_final(kit: Kit<'_>) -> Verdict {
    let payment = kit.slow(kit.whole(), RefundStatus::Succeeded).await?;
    let refund = kit.create(&payment, kit.part()).await?;
    let refund = end(kit, &refund).await?;
    ensure!(refund.status == RefundStatus::Succeeded, "it succeeded, but is reported as {}", refund.status);
    kit.ensure_moved(&payment, kit.part(), "after its end").await
}

pub(crate) async fn the_final_status_shows_where_capabilities_say(kit: Kit<'_>) -> Verdict {
    let payment = kit.slow(kit.whole(), RefundStatus::Succeeded).await?;
    let by = kit.capabilities().final_status;
    ensure!(by.get || by.list || by.webhook, "the capabilities name no place where a final status shows");
    let refund = kit.create(&payment, kit.part()).await?;
    end(kit, &refund).await?;
    if by.get {
        let reported = ok("get", kit.provider().get_refund(&payment, &refund.id).await)?;
        ensure!(reported.status.is_final(), "the refund is final, but get returns {}", reported.status);
    }
    if by.list {
        let reported = one(kit.listing(&payment).await?.refunds)?;
        ensure!(reported.status.is_final(), "the refund is final, but the list shows {}", reported.status);
    }
    Ok(())
}

pub(crate) async fn nothing_turns_back_into_pending(kit: Kit<'_>) -> Verdict {
    let slow = kit.harness.slow(kit.whole(), RefundStatus::Succeeded).await;
    let fast = kit.captured(kit.whole()).await;
    for payment in slow.into_iter().chain([fast]) {
        let refund = kit.create(&payment, kit.part()).await?;
        let last = end(kit, &refund).await?.status;
        for _ in 0..READS {
            let got = ok("get", kit.provider().get_refund(&payment, &refund.id).await)?.status;
            let listed = one(kit.listing(&payment).await?.refunds)?.status;
            ensure!(
                (got, listed) == (last, last),
                "it was {last}, then get returned {got} and the list {listed}"
            );
        }
    }
    Ok(())
}

pub(crate) async fn money_under_way_counts_as_gone(kit: Kit<'_>) -> Verdict {
    let payment = kit.slow(kit.whole(), RefundStatus::Succeeded).await?;
    let minor = kit.part();
    kit.create(&payment, minor).await?;
    let reported = ok("the payment", kit.provider().payment(&payment).await)?;
    let (gone, left) =
        (reported.refunded.minor_units() + reported.pending.minor_units(), reported.refundable);
    ensure!(gone == minor, "{minor} is under way, but refunded and pending add up to {gone}");
    ensure!(
        left == kit.money(kit.whole() - minor),
        "with {minor} of {} under way, {left} is reported as refundable",
        kit.whole()
    );
    if kit.capabilities().partial {
        let result = kit.client().create(&kit.ask(&payment, kit.whole() - minor + kit.step())).await;
        let kinds = [ErrorKind::NotRefundable, ErrorKind::Unsupported];
        refused("one more than is left", result, &kinds)?;
    }
    kit.ensure_moved(&payment, minor, "after the refusal").await
}

pub(crate) async fn a_late_failure_is_reported_and_frees_the_money(kit: Kit<'_>) -> Verdict {
    ends_without_money(kit, RefundStatus::Failed).await
}

pub(crate) async fn a_decline_is_reported_and_frees_the_money(kit: Kit<'_>) -> Verdict {
    ends_without_money(kit, RefundStatus::Declined).await
}

pub(crate) async fn a_reversed_success_is_reported(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let refund = kit.create(&payment, minor).await?;
    let before = end(kit, &refund).await?;
    if !kit.harness.reverse(&payment, &refund.id).await {
        return Err(needs("a success that is reversed"));
    }
    let after = ok("get", kit.provider().get_refund(&payment, &refund.id).await)?;
    ensure!(after.status == RefundStatus::Failed, "the bank reversed it, but get returns {}", after.status);
    let listed = one(kit.listing(&payment).await?.refunds)?;
    ensure!(
        listed.status == RefundStatus::Failed,
        "the bank reversed it, but the list shows {}",
        listed.status
    );
    let merged = ok("merging both versions", before.merge(after))?;
    ensure!(
        merged.status == RefundStatus::Failed,
        "merged with the earlier version, the status is {}",
        merged.status
    );
    let left = ok("the payment", kit.provider().payment(&payment).await)?.refundable;
    ensure!(left == kit.money(kit.whole()), "the money came back, but {left} is reported as refundable");
    Ok(())
}

pub(crate) async fn an_unknown_status_is_not_final(kit: Kit<'_>) -> Verdict {
    let payment = kit.slow(kit.whole(), RefundStatus::Unknown).await?;
    let minor = kit.part();
    let refund = kit.create(&payment, minor).await?;
    kit.harness.settle(&payment).await;
    let waited = kit.client().wait_until_final(&payment, &refund.id, Duration::from_secs(20)).await;
    let refund = match ok("waiting", waited)? {
        WaitOutcome::TimedOut(refund) => refund,
        WaitOutcome::Final(refund) => {
            let word = &refund.provider_status;
            return Err(failed(format!("the adapter cannot know `{word}`, but returns {}", refund.status)));
        }
    };
    ensure!(
        refund.status == RefundStatus::Unknown,
        "`{}` is reported as {}",
        refund.provider_status,
        refund.status
    );
    ensure!(!refund.provider_status.is_empty(), "the provider's own status is lost");
    let left = ok("the payment", kit.provider().payment(&payment).await)?.refundable;
    ensure!(
        left == kit.money(kit.whole() - minor),
        "the money may be gone, but {left} is reported as refundable"
    );
    Ok(())
}

pub(crate) async fn versions_merge_into_the_last(kit: Kit<'_>) -> Verdict {
    let slow = kit.harness.slow(kit.whole(), RefundStatus::Failed).await;
    let fast = kit.captured(kit.whole()).await;
    let mut differ = false;
    for payment in slow.into_iter().chain([fast]) {
        let first = kit.create(&payment, kit.part()).await?;
        let last = end(kit, &first).await?;
        let listed = one(kit.listing(&payment).await?.refunds)?;
        differ |= first != last || last != listed;
        let there = ok("merging", first.clone().merge(last.clone()).and_then(|r| r.merge(listed.clone())))?;
        let back = ok("merging", listed.merge(last.clone()).and_then(|r| r.merge(first)))?;
        ensure!(there == back, "merging in another order gives another refund: {there:?}, {back:?}");
        ensure!(
            there.status == last.status,
            "the merged status is {}, the last one was {}",
            there.status,
            last.status
        );
    }
    if differ { Ok(()) } else { Err(needs("a refund that changes")) }
}

async fn ends_without_money(kit: Kit<'_>, status: RefundStatus) -> Verdict {
    let payment = kit.slow(kit.whole(), status).await?;
    let minor = kit.part();
    let refund = kit.create(&payment, minor).await?;
    let refund = end(kit, &refund).await?;
    ensure!(refund.status == status, "it is {status}, but is reported as {}", refund.status);
    let listed = one(kit.listing(&payment).await?.refunds)?;
    ensure!(listed.status == status, "it is {status}, but is listed as {}", listed.status);
    kit.ensure_moved(&payment, 0, "after it failed").await?;
    let left = ok("the payment", kit.provider().payment(&payment).await)?.refundable;
    ensure!(
        left == kit.money(kit.whole()),
        "nothing moved, but {left} of {} is reported as refundable",
        kit.money(kit.whole())
    );
    // A new reference can refund it again.
    kit.create(&payment, minor).await?;
    kit.ensure_moved(&payment, minor, "refunded again").await
}

/// Waits until the refund is final.
pub(super) async fn end(kit: Kit<'_>, refund: &Refund) -> Verdict<Refund> {
    kit.harness.settle(&refund.payment_id).await;
    if kit.capabilities().final_status.get {
        let waited = kit.client().wait_until_final(&refund.payment_id, &refund.id, LONG).await;
        return match ok("waiting for the end", waited)? {
            WaitOutcome::Final(refund) => Ok(refund),
            WaitOutcome::TimedOut(refund) => {
                Err(failed(format!("it never becomes final: {}", refund.status)))
            }
        };
    }
    if !kit.capabilities().final_status.list {
        return Err(needs("a final status that get or list shows"));
    }
    for _ in 0..100 {
        let refunds = kit.listing(&refund.payment_id).await?.refunds;
        let found = refunds.into_iter().find(|listed| listed.id == refund.id);
        if let Some(refund) = found.filter(|refund| refund.status.is_final()) {
            return Ok(refund);
        }
    }
    Err(failed("it never becomes final"))
}

fn one(mut refunds: Vec<Refund>) -> Verdict<Refund> {
    match refunds.pop() {
        Some(refund) if refunds.is_empty() => Ok(refund),
        _ => Err(failed("one refund was made, but the list does not have exactly one")),
    }
}
