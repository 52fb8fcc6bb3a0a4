//! Responses match their request, exactly.

use crate::{
    ErrorKind, Money, Overview, Payment, Reference, Refund, all_refunds,
    testing::{
        kit::{Kit, attempt, held},
        verdict::{Verdict, ensure, failed, not_read, ok, skipped},
    },
};

/// In steps: amounts that binary fractions get wrong, and ordinary ones, small and large.
const AWKWARD: [i64; 9] = [1, 29, 57, 100, 115, 1001, 1990, 101_995, 9_999_999];

/// References that careless JSON, paths or headers would change.
const REFERENCES: [&str; 5] =
    ["rma 551 / 2", "a\"b\\c", "50%25&x=1#y", "0012", "order-42:line-7:return-1:attempt-of-2025"];

pub(crate) async fn a_response_matches_its_request(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    let refund = ok("a submission", kit.provider().submit_refund(&attempt(&request)).await)?;
    ensure!(refund.payment_id == payment, "requested {payment}, the response is about {}", refund.payment_id);
    same_amount(&refund, kit.money(minor), "the response")?;
    same_reference(&refund, &request.reference, "the response")?;
    Ok(())
}

pub(crate) async fn every_response_names_the_provider(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let (name, provider) = (kit.harness.name(), kit.provider());
    ensure!(
        provider.name() == name,
        "the registry name is {name}, the provider's name is {}",
        provider.name()
    );
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    ensure!(
        plain && !name.is_empty(),
        "{name:?} is not a valid name: expected lower case letters, digits, - and _"
    );
    let created = kit.create(&payment, minor).await?;
    let fetched = ok("getting it", provider.get_refund(&payment, &created.id).await)?;
    let reported = ok("reading the payment", provider.payment(&payment).await)?;
    let listed = kit.listing(&payment).await?.refunds;
    ensure!(reported.provider == name, "the payment names {:?}", reported.provider);
    for refund in [created, fetched].iter().chain(&listed) {
        ensure!(refund.provider == name, "a refund names {:?} instead of {name:?}", refund.provider);
    }
    Ok(())
}

pub(crate) async fn create_get_and_list_agree(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor).with_reason("came back");
    let created = ok("creating it", kit.client().create(&request).await)?;
    let fetched = ok("getting it", kit.provider().get_refund(&payment, &created.id).await)?;
    let listed = kit.listing(&payment).await?.refunds;
    let [listed] = &listed[..] else {
        return Err(failed(format!("one refund was made, but {} are listed", listed.len())));
    };
    for (what, refund) in [("get", &fetched), ("list", listed)] {
        ensure!(refund.id == created.id, "{what} returns {} instead of {}", refund.id, created.id);
        ensure!(refund.payment_id == payment, "{what} returns it under payment {}", refund.payment_id);
        same_amount(refund, kit.money(minor), what)?;
        same_reference(refund, &request.reference, what)?;
        let reason = refund.reason.as_ref();
        ensure!(
            reason.is_none() || reason == request.reason.as_ref(),
            "{what} returns the reason {reason:?}"
        );
        ensure!(!refund.provider_status.is_empty(), "{what} does not return the provider's own status");
        let times = (refund.created_at, created.created_at);
        ensure!(
            times.0 == times.1 || times.0.is_none() || times.1.is_none(),
            "{what} returns another creation time"
        );
    }
    Ok(())
}

pub(crate) async fn a_payment_is_reported_as_it_is(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let reported = ok("reading the payment", kit.provider().payment(&payment).await)?;
    let (whole, nothing) = (kit.money(kit.whole()), kit.money(0));
    ensure!(reported.id == payment, "requested {payment}, the response is about {}", reported.id);
    sums(&reported, [whole, nothing, nothing, whole])?;
    ensure!(reported.complete, "a payment without refunds must report complete sums");
    Ok(())
}

pub(crate) async fn sums_are_those_of_the_refunds(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let refund = kit.create(&payment, minor).await?;
    ensure!(refund.status.reduces_refundable(), "a refund of an ordinary payment ended as {}", refund.status);
    let reported = ok("reading the payment", kit.provider().payment(&payment).await)?;
    let listed = held(&kit.listing(&payment).await?.refunds);
    let gone = reported.refunded.minor_units() + reported.pending.minor_units();
    ensure!(
        gone == listed,
        "the payment reports {gone} as refunded and pending, but its refunds add up to {listed}"
    );
    let left = kit.money(kit.whole() - minor);
    ensure!(reported.refundable == left, "{} is refundable, expected {left}", reported.refundable);
    kit.ensure_moved(&payment, minor, "after one refund").await
}

pub(crate) async fn the_overview_agrees_with_its_parts(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    kit.create(&payment, minor).await?;
    if kit.needs_multiple().is_ok() {
        // More than one page, where pages are short.
        for steps in 1..=20 {
            kit.create(&payment, steps * kit.step()).await?;
        }
    }
    let provider = kit.provider();
    let Overview { payment: sums, refunds, .. } = ok("the overview", provider.overview(&payment).await)?;
    let listed = ok("the list", all_refunds(&*provider, &payment).await)?;
    let reported = ok("the payment", provider.payment(&payment).await)?;
    let ids = |refunds: &[Refund]| refunds.iter().map(|refund| refund.id.clone()).collect::<Vec<_>>();
    ensure!(ids(&refunds.refunds) == ids(&listed.refunds), "the overview has other refunds than the list");
    ensure!(
        refunds.complete == listed.complete,
        "overview and list disagree on whether the list is complete"
    );
    let figures = |payment: &Payment| (payment.id.clone(), payment.captured, payment.refundable);
    ensure!(figures(&sums) == figures(&reported), "the overview reports {sums:?}, the payment {reported:?}");
    let location = ok("the location of the money", provider.locate(&payment).await)?;
    let money = ok("the money", provider.money(&payment).await)?;
    ensure!(location.money == money, "the money is {money}, the located one {}", location.money);
    let located = ok("the overview of located money", provider.overview_of(&payment, &location).await)?;
    ensure!(figures(&located.payment) == figures(&sums), "the overview of located money has other sums");
    let currency = ok("the currency", provider.currency(&payment).await)?;
    ensure!(currency == sums.currency(), "the currency is {currency}, the payment's {}", sums.currency());
    let unknown = kit.unknown_payment().await?;
    let missing = provider.overview(&unknown).await;
    not_read("the overview of no payment", missing, &[ErrorKind::NotFound])?;
    Ok(())
}

pub(crate) async fn amounts_stay_exact(kit: Kit<'_>) -> Verdict {
    for minor in AWKWARD.map(|steps| steps * kit.step()) {
        let payment = kit.captured(if kit.capabilities().partial { 2 * minor } else { minor }).await;
        let refund = kit.create(&payment, minor).await?;
        let amount = kit.money(minor);
        same_amount(&refund, amount, "the response")?;
        same_amount(
            &ok("getting it", kit.provider().get_refund(&payment, &refund.id).await)?,
            amount,
            "get",
        )?;
        for refund in kit.listing(&payment).await?.refunds {
            same_amount(&refund, amount, "list")?;
        }
        let reported = ok("the payment", kit.provider().payment(&payment).await)?;
        let gone = reported.refunded.minor_units() + reported.pending.minor_units();
        ensure!(gone == minor, "{minor} was refunded, but the payment reports {gone}");
        kit.ensure_moved(&payment, minor, "after a refund of an awkward amount").await?;
    }
    Ok(())
}

pub(crate) async fn references_come_back_as_they_were(kit: Kit<'_>) -> Verdict {
    let mut texts: Vec<String> = REFERENCES.map(str::to_owned).into();
    texts.push("r".repeat(crate::MAX_REFERENCE_LEN));
    let mut shown = 0;
    for text in texts {
        let (payment, minor) = kit.any().await;
        let mut request = kit.ask(&payment, minor);
        request.reference = ok("a reference", Reference::new(text))?;
        // A reference that the provider cannot store may be refused before anything is sent.
        if kit.provider().validate(&request).is_err() {
            continue;
        }
        ok("creating a refund", kit.client().create(&request).await)?;
        for refund in kit.listing(&payment).await?.refunds {
            same_reference(&refund, &request.reference, "list")?;
            shown += usize::from(refund.reference.is_some());
        }
    }
    if shown == 0 { Err(skipped("none of these references is accepted and reported")) } else { Ok(()) }
}

fn same_amount(refund: &Refund, amount: Money, what: &str) -> Verdict {
    ensure!(refund.amount == amount, "{what} returns {} instead of {amount}", refund.amount);
    Ok(())
}

fn same_reference(refund: &Refund, reference: &Reference, what: &str) -> Verdict {
    let reported = refund.reference.as_ref();
    ensure!(
        reported == Some(reference) || refund.reference_is_unreported(),
        "{what} returns the reference {reported:?} instead of {reference:?}, and does not mark it as unreported"
    );
    Ok(())
}

fn sums(reported: &Payment, sums: [Money; 4]) -> Verdict {
    let found = [reported.captured, reported.refunded, reported.pending, reported.refundable];
    ensure!(found == sums, "captured, refunded, pending, refundable are {found:?} instead of {sums:?}");
    Ok(())
}
