//! Incomplete lists, and empty ones.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use refunds_core::{
    Cursor, Error, ErrorKind, Page, PageRequest, PaymentId, Refund, RefundProvider, Result,
    testing::MemoryProvider,
};

use crate::provider_kit::{mutant::Mutation, mutations::mutation};

mutation!(LosesLastPage, list, |memory, id, page| {
    let mut reported = memory.list_refunds(id, page).await?;
    if let Some(next) = reported.next.clone() {
        let mut after = PageRequest::after(next);
        after.limit = page.limit;
        if memory.list_refunds(id, &after).await?.next.is_none() {
            reported.next = None;
        }
    }
    Ok(reported)
});

// Right: pages have numbers, and a cursor says of which size.
mutation!(NumberedPages, list, |memory, id, page| {
    let limit = page.limit.unwrap_or(20).clamp(1, 20);
    let (number, size) = match page.cursor.as_ref().and_then(|cursor| cursor.as_str().split_once('x')) {
        Some((number, size)) => (number.parse().unwrap(), size.parse().unwrap()),
        None => (1, limit),
    };
    numbered(memory, id, number, size, |next| format!("{next}x{size}")).await
});

mutation!(ForgetsThePageSize, list, |memory, id, page| {
    let size = page.limit.unwrap_or(20).clamp(1, 20);
    let number = page.cursor.as_ref().map_or(1, |cursor| cursor.as_str().parse().unwrap());
    numbered(memory, id, number, size, |next| next.to_string()).await
});

/// The page of this number, from the memory's cursors, which count refunds.
async fn numbered(
    memory: &MemoryProvider,
    id: &PaymentId,
    number: u16,
    size: u16,
    cursor: impl Fn(u16) -> String + Send,
) -> Result<Page<Refund>> {
    let mut request = PageRequest::first().with_limit(size);
    if number > 1 {
        request.cursor = Some(Cursor::new(((number - 1) * size).to_string())?);
    }
    let mut page = memory.list_refunds(id, &request).await?;
    page.next = page.next.map(|_| Cursor::new(cursor(number + 1))).transpose()?;
    Ok(page)
}

mutation!(WholeLists, list, |memory, id, _| memory.list_refunds(id, &PageRequest::first()).await);

mutation!(CutsShort, list, |memory, id, _| {
    let reported = memory.list_refunds(id, &PageRequest::first().with_limit(3)).await?;
    Ok(Page::whole(reported.items))
});

#[derive(Default)]
pub(crate) struct ShufflesPages(AtomicBool);

#[async_trait]
impl Mutation for ShufflesPages {
    async fn list(
        &self,
        memory: &MemoryProvider,
        id: &PaymentId,
        page: &PageRequest,
    ) -> Result<Page<Refund>> {
        let mut reported = memory.list_refunds(id, page).await?;
        if self.0.fetch_xor(true, SeqCst) {
            reported.items.reverse();
        }
        Ok(reported)
    }
}

/// Keeps its position in memory: a cursor works for one instance and once.
#[derive(Default)]
pub(crate) struct SpendsCursors(Mutex<HashSet<String>>);

#[async_trait]
impl Mutation for SpendsCursors {
    async fn list(
        &self,
        memory: &MemoryProvider,
        id: &PaymentId,
        page: &PageRequest,
    ) -> Result<Page<Refund>> {
        if let Some(cursor) = &page.cursor
            && !self.0.lock().unwrap().insert(format!("{id} {cursor}"))
        {
            return Ok(Page::whole(Vec::new()));
        }
        if page.cursor.is_none() {
            self.0.lock().unwrap().clear();
        }
        memory.list_refunds(id, page).await
    }
}

mutation!(NotFoundIsEmpty, list, |memory, id, page| {
    match memory.list_refunds(id, page).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Page::whole(Vec::new())),
        reported => reported,
    }
});

mutation!(EmptyIsNotFound, list, |memory, id, page| {
    let reported = memory.list_refunds(id, page).await?;
    if reported.items.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "status 404"));
    }
    Ok(reported)
});
