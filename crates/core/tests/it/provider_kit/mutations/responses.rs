//! Responses about something else, or not exact.

use refunds_core::{Money, Overview, PageRequest, Payment, Refund, RefundList, RefundProvider};

use crate::provider_kit::mutations::mutation;

mutation!(WrongName, alter, |mut refund| {
    refund.provider = "Memory Ltd".into();
    refund
});

mutation!(DropsReference, alter, |mut refund| {
    refund.reference = None;
    refund
});

mutation!(FloatsAmount {
    #[allow(
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "this is the fault"
    )]
    fn alter(&self, mut refund: Refund) -> Refund {
        let major = refund.amount.minor_units() as f64 / 100.0;
        refund.amount = Money::new((major * 100.0) as i64, refund.amount.currency());
        refund
    }
});

mutation!(Takes101For100, submit, |memory, submit| {
    let mut taken = submit.clone();
    if submit.amount.minor_units() == 100 {
        taken.amount = Money::new(101, submit.amount.currency());
    }
    memory.submit_refund(&taken).await
});

mutation!(EchoesAmount, submit, |memory, submit| {
    let mut refund = memory.submit_refund(submit).await?;
    refund.amount = submit.amount;
    Ok(refund)
});

mutation!(AssumesCurrency, submit, |memory, submit| {
    let currency = memory.payment(&submit.request.payment_id).await?.currency();
    let mut sent = submit.clone();
    sent.amount = Money::new(submit.amount.minor_units(), currency);
    let mut refund = memory.submit_refund(&sent).await?;
    refund.amount = Money::new(refund.amount.minor_units(), submit.amount.currency());
    Ok(refund)
});

mutation!(ForgetsSums, payment, |memory, id| {
    let reported = memory.payment(id).await?;
    let nothing = Money::zero(reported.currency());
    Payment::new("memory", id.clone(), reported.captured, nothing, nothing)
});

mutation!(NeverVouches, payment, |memory, id| {
    let mut reported = memory.payment(id).await?;
    reported.complete = false;
    Ok(reported)
});

mutation!(OverviewOfOnePage, overview, |mutant, id| {
    let page = mutant.list_refunds(id, &PageRequest::first()).await?;
    Ok(Overview::new(mutant.payment(id).await?, RefundList::whole(page.items)))
});
