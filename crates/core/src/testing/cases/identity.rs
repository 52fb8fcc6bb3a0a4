//! Answers are about what was asked, and say it exactly.

use crate::{
    ErrorKind, Money, Overview, Payment, Reference, Refund, all_refunds,
    testing::{
        kit::{Kit, WHOLE, attempt, held},
        verdict::{Verdict, ensure, failed, not_read, ok},
    },
};

/// Amounts on which binary fractions go wrong, and plain ones, small and large.
const AWKWARD: [i64; 9] = [1, 29, 57, 100, 115, 1001, 1990, 101_995, 9_999_999];

/// References that a careless writer of JSON, paths or headers changes.
const REFERENCES: [&str; 5] =
    ["rma 551 / 2", "a\"b\\c", "50%25&x=1#y", "0012", "order-42:line-7:return-1:attempt-of-2025"];

pub(crate) async fn an_answer_is_about_what_was_asked(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    let refund = ok("a submission", kit.provider().submit_refund(&attempt(&request)).await)?;
    ensure!(refund.payment_id == payment, "asked about {payment}, the answer is about {}", refund.payment_id);
    same_amount(&refund, kit.money(minor), "the answer")?;
    reference_told(&refund, &request.reference, "the answer")?;
    Ok(())
}

pub(crate) async fn every_answer_names_the_provider(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let (name, provider) = (kit.harness.name(), kit.provider());
    ensure!(provider.name() == name, "the registry knows {name}, the provider says {}", provider.name());
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    ensure!(plain && !name.is_empty(), "{name:?} is no name: lower case letters, digits, - and _");
    let created = kit.create(&payment, minor).await?;
    let fetched = ok("getting it", provider.get_refund(&payment, &created.id).await)?;
    let told = ok("reading the payment", provider.payment(&payment).await)?;
    let listed = kit.listing(&payment).await?.refunds;
    ensure!(told.provider == name, "the payment names {:?}", told.provider);
    for refund in [created, fetched].iter().chain(&listed) {
        ensure!(refund.provider == name, "a refund names {:?} instead of {name:?}", refund.provider);
    }
    Ok(())
}

pub(crate) async fn create_get_and_list_agree(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor).with_reason("came back");
    let created = ok("making it", kit.client().create(&request).await)?;
    let fetched = ok("getting it", kit.provider().get_refund(&payment, &created.id).await)?;
    let listed = kit.listing(&payment).await?.refunds;
    let [listed] = &listed[..] else {
        return Err(failed(format!("one refund was made, {} are listed", listed.len())));
    };
    for (what, refund) in [("get", &fetched), ("list", listed)] {
        ensure!(refund.id == created.id, "{what} tells {} instead of {}", refund.id, created.id);
        ensure!(refund.payment_id == payment, "{what} tells it of payment {}", refund.payment_id);
        same_amount(refund, kit.money(minor), what)?;
        reference_told(refund, &request.reference, what)?;
        let reason = refund.reason.as_ref();
        ensure!(reason.is_none() || reason == request.reason.as_ref(), "{what} tells the reason {reason:?}");
        ensure!(!refund.provider_status.is_empty(), "{what} does not tell the provider's own status");
        let times = (refund.created_at, created.created_at);
        ensure!(times.0 == times.1 || times.0.is_none() || times.1.is_none(), "{what} tells another time");
    }
    Ok(())
}

pub(crate) async fn a_payment_is_told_as_it_is(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(WHOLE).await;
    let told = ok("reading the payment", kit.provider().payment(&payment).await)?;
    let (whole, nothing) = (kit.money(WHOLE), kit.money(0));
    ensure!(told.id == payment, "asked about {payment}, the answer is about {}", told.id);
    sums(&told, [whole, nothing, nothing, whole])?;
    ensure!(told.complete, "a payment without refunds has nothing that could be missing");
    Ok(())
}

pub(crate) async fn sums_are_those_of_the_refunds(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let refund = kit.create(&payment, minor).await?;
    ensure!(refund.status.reduces_refundable(), "a refund of a plain payment ends {}", refund.status);
    let told = ok("reading the payment", kit.provider().payment(&payment).await)?;
    let listed = held(&kit.listing(&payment).await?.refunds);
    let gone = told.refunded.minor_units() + told.pending.minor_units();
    ensure!(gone == listed, "the payment tells {gone} refunded and pending, its refunds hold {listed}");
    let left = kit.money(WHOLE - minor);
    ensure!(told.refundable == left, "{} is left, it should be {left}", told.refundable);
    kit.ensure_moved(&payment, minor, "after one refund").await
}

pub(crate) async fn the_overview_agrees_with_its_parts(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    kit.create(&payment, minor).await?;
    if kit.needs_several().is_ok() {
        // More than one page, where pages are short.
        for minor in 1..=20 {
            kit.create(&payment, minor).await?;
        }
    }
    let provider = kit.provider();
    let Overview { payment: sums, refunds, .. } = ok("the overview", provider.overview(&payment).await)?;
    let listed = ok("the list", all_refunds(&*provider, &payment).await)?;
    let told = ok("the payment", provider.payment(&payment).await)?;
    let ids = |refunds: &[Refund]| refunds.iter().map(|refund| refund.id.clone()).collect::<Vec<_>>();
    ensure!(ids(&refunds.refunds) == ids(&listed.refunds), "the overview has other refunds than the list");
    ensure!(refunds.complete == listed.complete, "overview and list differ on whether that is all");
    let figures = |payment: &Payment| (payment.id.clone(), payment.captured, payment.refundable);
    ensure!(figures(&sums) == figures(&told), "the overview sums up {sums:?}, the payment {told:?}");
    let unknown = kit.unknown_payment().await?;
    let missing = provider.overview(&unknown).await;
    not_read("the overview of no payment", missing, &[ErrorKind::NotFound])?;
    Ok(())
}

pub(crate) async fn amounts_stay_exact(kit: Kit<'_>) -> Verdict {
    for minor in AWKWARD {
        let payment = kit.captured(if kit.capabilities().partial { 2 * minor } else { minor }).await;
        let refund = kit.create(&payment, minor).await?;
        let amount = kit.money(minor);
        same_amount(&refund, amount, "the answer")?;
        same_amount(
            &ok("getting it", kit.provider().get_refund(&payment, &refund.id).await)?,
            amount,
            "get",
        )?;
        for refund in kit.listing(&payment).await?.refunds {
            same_amount(&refund, amount, "list")?;
        }
        let told = ok("the payment", kit.provider().payment(&payment).await)?;
        let gone = told.refunded.minor_units() + told.pending.minor_units();
        ensure!(gone == minor, "{minor} was refunded, the payment tells {gone}");
        kit.ensure_moved(&payment, minor, "after a refund of an awkward amount").await?;
    }
    Ok(())
}

pub(crate) async fn references_come_back_as_they_were(kit: Kit<'_>) -> Verdict {
    let mut texts: Vec<String> = REFERENCES.map(str::to_owned).into();
    texts.push("r".repeat(crate::MAX_REFERENCE_LEN));
    for text in texts {
        let (payment, minor) = kit.any().await;
        let mut request = kit.ask(&payment, minor);
        request.reference = ok("a reference", Reference::new(text))?;
        // What the provider could not keep may be refused, as long as it is before anything is sent.
        if kit.provider().validate(&request).is_err() {
            continue;
        }
        ok("making a refund", kit.client().create(&request).await)?;
        for refund in kit.listing(&payment).await?.refunds {
            reference_told(&refund, &request.reference, "list")?;
        }
    }
    Ok(())
}

fn same_amount(refund: &Refund, amount: Money, what: &str) -> Verdict {
    ensure!(refund.amount == amount, "{what} tells {} instead of {amount}", refund.amount);
    Ok(())
}

fn reference_told(refund: &Refund, reference: &Reference, what: &str) -> Verdict {
    let told = refund.reference.as_ref();
    ensure!(
        told == Some(reference) || refund.reference_is_unreported(),
        "{what} tells the reference {told:?} instead of {reference:?}, and does not say that it can not"
    );
    Ok(())
}

fn sums(told: &Payment, sums: [Money; 4]) -> Verdict {
    let found = [told.captured, told.refunded, told.pending, told.refundable];
    ensure!(found == sums, "captured, refunded, pending, refundable are told {found:?} instead of {sums:?}");
    Ok(())
}
