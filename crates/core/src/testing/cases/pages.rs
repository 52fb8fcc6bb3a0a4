//! Lists are complete, without duplicates and in one order, or say that they are incomplete.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;

use crate::{
    Capabilities, CreateRefund, Cursor, Overview, Page, PageRequest, Payment, PaymentId, Refund, RefundId,
    RefundProvider, Result, Scope, SubmitRefund, WebhookRequest, all_refunds,
    paging::Pager,
    testing::{
        kit::{Kit, attempt},
        verdict::{Verdict, ensure, needs, ok, skipped},
    },
};

/// More than a page of any known provider holds.
const MANY: i64 = 23;
const FEW: i64 = 5;

pub(crate) async fn a_payment_without_refunds_lists_none(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let page = ok("the first page", kit.provider().list_refunds(&payment, &PageRequest::first()).await)?;
    ensure!(page.items.is_empty(), "{} refunds are listed, but none was made", page.items.len());
    let listing = kit.listing(&payment).await?;
    ensure!(listing.complete, "the list of a payment without refunds is not complete: {listing:?}");
    Ok(())
}

pub(crate) async fn a_list_holds_every_refund_once(kit: Kit<'_>) -> Verdict {
    let (payment, made) = several(kit, FEW).await?;
    let mut stream = kit.client().list(&payment);
    let mut listed = Vec::new();
    while let Some(refund) = ok("listing", stream.try_next().await)? {
        listed.push(refund.id);
    }
    whole(kit, &made, listed, stream.is_complete())
}

pub(crate) async fn a_list_longer_than_a_page_is_whole(kit: Kit<'_>) -> Verdict {
    let (payment, made) = several(kit, MANY).await?;
    let listing = kit.listing(&payment).await?;
    whole(kit, &made, ids(listing.refunds), listing.complete)
}

pub(crate) async fn pages_of_one_make_up_the_whole(kit: Kit<'_>) -> Verdict {
    let (payment, made) = several(kit, FEW).await?;
    let (listed, complete) = walk(&*kit.provider(), &payment, 1).await?;
    whole(kit, &made, listed, complete)
}

pub(crate) async fn the_order_is_the_same_each_time(kit: Kit<'_>) -> Verdict {
    let (payment, made) = several(kit, FEW).await?;
    let first = ids(kit.listing(&payment).await?.refunds);
    for size in [1, 2, 100] {
        let (again, complete) = walk(&*kit.provider(), &payment, size).await?;
        ensure!(again == first || !complete, "with pages of {size}, the order is {again:?}, not {first:?}");
    }
    if first.len() < made.len() {
        return Err(skipped("the list is not complete, so its order cannot be compared"));
    }
    let backwards: Vec<_> = made.iter().rev().cloned().collect();
    ensure!(
        first == made || first == backwards,
        "made in the order {made:?}, listed in neither this order nor its reverse: {first:?}"
    );
    Ok(())
}

pub(crate) async fn an_empty_page_ends_nothing_early(kit: Kit<'_>) -> Verdict {
    let (payment, made) = several(kit, FEW).await?;
    let gapped = Gapped(kit.provider());
    let (listed, complete) = walk(&gapped, &payment, 2).await?;
    whole(kit, &made, listed, complete)
}

pub(crate) async fn cursors_work_in_another_process(kit: Kit<'_>) -> Verdict {
    let (payment, made) = several(kit, FEW).await?;
    let mut pager = Pager::new(PageRequest::first().with_limit(2));
    let (mut listed, mut cursors) = (Vec::new(), 0);
    while let Some(request) = pager.request() {
        cursors += usize::from(request.cursor.is_some());
        // A fresh provider for each page, and each page twice.
        ok("a page", kit.provider().list_refunds(&payment, request).await)?;
        let page = ok("the same page", kit.provider().list_refunds(&payment, request).await)?;
        listed.extend(ids(pager.accept(page)));
    }
    whole(kit, &made, listed, pager.is_complete())?;
    // With another limit, a cursor begins at the same place.
    let (mut pager, mut listed) = (Pager::new(PageRequest::first().with_limit(2)), Vec::new());
    while let Some(request) = pager.request() {
        let limit = if request.cursor.is_some() { 3 } else { 2 };
        let request = request.clone().with_limit(limit);
        let page = ok("a page of another size", kit.provider().list_refunds(&payment, &request).await)?;
        listed.extend(ids(pager.accept(page)));
    }
    whole(kit, &made, listed, pager.is_complete())?;
    if cursors == 0 { Err(needs("a list with a cursor")) } else { Ok(()) }
}

/// A payment with `count` different refunds, and their ids in the order of creation.
async fn several(kit: Kit<'_>, count: i64) -> Verdict<(PaymentId, Vec<RefundId>)> {
    kit.needs_multiple()?;
    let payment = kit.captured(kit.whole()).await;
    let provider = kit.provider();
    let mut made = Vec::new();
    for steps in 1..=count {
        let submit = attempt(&kit.ask(&payment, steps * kit.step()));
        made.push(ok("a submission", provider.submit_refund(&submit).await)?.id);
    }
    Ok((payment, made))
}

async fn walk(
    provider: &dyn RefundProvider,
    payment: &PaymentId,
    size: u16,
) -> Verdict<(Vec<RefundId>, bool)> {
    let mut pager = Pager::new(PageRequest::first().with_limit(size));
    let mut listed = Vec::new();
    while let Some(request) = pager.request() {
        let page = ok("a page", provider.list_refunds(payment, request).await)?;
        listed.extend(ids(pager.accept(page)));
    }
    Ok((listed, pager.is_complete()))
}

fn ids(refunds: Vec<Refund>) -> Vec<RefundId> {
    refunds.into_iter().map(|refund| refund.id).collect()
}

/// Exactly the refunds that were made, or a list that says it is incomplete.
fn whole(kit: Kit<'_>, made: &[RefundId], listed: Vec<RefundId>, complete: bool) -> Verdict {
    for (index, id) in listed.iter().enumerate() {
        ensure!(made.contains(id), "refund {id} is listed, but was not made");
        ensure!(!listed[..index].contains(id), "refund {id} is listed twice");
    }
    let (made, listed) = (made.len(), listed.len());
    if !complete && listed < made && !kit.harness.pages() {
        return Err(skipped(format!("{listed} of {made} refunds can be listed, and the adapter says so")));
    }
    ensure!(listed == made, "{made} refunds were made, but {listed} are listed; complete: {complete}");
    Ok(())
}

/// A provider with an empty page before each page, as filtering after paging can produce.
#[derive(Debug)]
struct Gapped(Arc<dyn RefundProvider>);

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl RefundProvider for Gapped {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    async fn payment(&self, payment: &PaymentId) -> Result<Payment> {
        self.0.payment(payment).await
    }
    async fn list_refunds(&self, payment: &PaymentId, page: &PageRequest) -> Result<Page<Refund>> {
        let asked = page.cursor.as_ref().map_or("", Cursor::as_str);
        let Some(cursor) = asked.strip_prefix("gap:") else {
            let next = Cursor::new(format!("gap:{asked}"))?;
            return Ok(Page::new(Vec::new(), Some(next), page.limit));
        };
        let mut request = PageRequest::first();
        request.limit = page.limit;
        request.cursor = if cursor.is_empty() { None } else { Some(Cursor::new(cursor)?) };
        self.0.list_refunds(payment, &request).await
    }
    async fn get_refund(&self, payment: &PaymentId, refund: &RefundId) -> Result<Refund> {
        self.0.get_refund(payment, refund).await
    }
    async fn submit_refund(&self, submit: &SubmitRefund) -> Result<Refund> {
        self.0.submit_refund(submit).await
    }
    fn mode(&self) -> crate::Mode {
        self.0.mode()
    }
    fn scope(&self) -> Scope {
        self.0.scope()
    }
    async fn money(&self, payment: &PaymentId) -> Result<PaymentId> {
        self.0.money(payment).await
    }
    async fn locate(&self, payment: &PaymentId) -> Result<crate::Location> {
        self.0.locate(payment).await
    }
    async fn currency(&self, payment: &PaymentId) -> Result<crate::Currency> {
        self.0.currency(payment).await
    }
    async fn overview_of(&self, payment: &PaymentId, _: &crate::Location) -> Result<Overview> {
        self.overview(payment).await
    }
    fn validate(&self, request: &CreateRefund) -> Result<()> {
        self.0.validate(request)
    }
    async fn overview(&self, payment: &PaymentId) -> Result<Overview> {
        let refunds = all_refunds(self, payment).await?;
        Ok(Overview::new(self.payment(payment).await?, refunds))
    }
    fn verify_webhook(&self, request: &WebhookRequest) -> Result<crate::Notice> {
        self.0.verify_webhook(request)
    }
}
