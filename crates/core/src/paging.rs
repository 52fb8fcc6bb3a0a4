//! Following pages to the end of a list, without endless loops, duplicates or silently missing refunds.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use crate::{Page, PageRequest, Refund, Result};

/// More refunds than any payment has. A longer list is treated as endless.
const MAX_REFUNDS: usize = 100_000;

/// How many consecutive empty pages with a new cursor are read before giving up.
const MAX_EMPTY_PAGES: u8 = 16;

/// All refunds of a payment.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RefundList {
    /// The refunds in the provider's order, without duplicates.
    pub refunds: Vec<Refund>,
    /// Whether these are certainly all refunds. `false` if the provider's paging did not reach the end.
    pub complete: bool,
}

impl RefundList {
    /// A complete list of these refunds.
    #[must_use]
    pub fn whole(refunds: Vec<Refund>) -> Self {
        Self { refunds, complete: true }
    }
}

/// Reads every page that `fetch` returns, one after the other, without retries. Stops, incomplete, after
/// 100 000 refunds.
pub(crate) async fn collect_pages<F>(mut fetch: impl FnMut(PageRequest) -> F) -> Result<RefundList>
where
    F: Future<Output = Result<Page<Refund>>>,
{
    let mut pager = Pager::new(PageRequest::first());
    let mut refunds = Vec::new();
    while let Some(request) = pager.request() {
        let page = fetch(request.clone()).await?;
        refunds.extend(pager.accept(page));
        if refunds.len() > MAX_REFUNDS {
            return Ok(RefundList { refunds, complete: false });
        }
    }
    Ok(RefundList { refunds, complete: pager.is_complete() })
}

/// Follows pages: which page to request next, which items are new, and when the list ends.
///
/// A provider may ignore its own cursor and repeat the first page, repeat a cursor, or loop. Only sixteen
/// bytes of each id are kept, no refunds.
#[derive(Debug)]
pub(crate) struct Pager {
    next: Option<PageRequest>,
    seen: Seen,
    cursors: Seen,
    empty_pages: u8,
    complete: bool,
}

impl Pager {
    pub(crate) fn new(first: PageRequest) -> Self {
        Self {
            next: Some(first),
            seen: Seen::default(),
            cursors: Seen::default(),
            empty_pages: 0,
            complete: true,
        }
    }

    /// The page to request next; `None` at the end of the list.
    pub(crate) fn request(&self) -> Option<&PageRequest> {
        self.next.as_ref()
    }

    /// Whether all refunds were seen, once [`request`](Self::request) is `None`.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Accepts the requested page and returns its new items.
    pub(crate) fn accept(&mut self, page: Page<Refund>) -> Vec<Refund> {
        let full = page.is_full();
        let empty = page.items.is_empty();
        let mut new = page.items;
        new.retain(|refund| self.seen.insert(refund.id.as_str()));

        let limit = self.next.take().and_then(|request| request.limit);
        let Some(cursor) = page.next else { return new };
        // An empty page with a new cursor is a gap (the provider filtered its items out). A page of known
        // items means that the provider ignores the cursor.
        self.empty_pages = if empty { self.empty_pages + 1 } else { 0 };
        let fresh = self.cursors.insert(cursor.as_str());
        if fresh && self.empty_pages <= MAX_EMPTY_PAGES && (empty || !new.is_empty()) {
            let mut request = PageRequest::after(cursor);
            request.limit = limit;
            self.next = Some(request);
        } else {
            // The items after an ignored cursor cannot be reached. A page that is not full shows that there
            // are none.
            self.complete = !full && !empty;
        }
        new
    }
}

/// A set of texts that keeps 128 bits of each: large lists cost little, and two keyed hashes do not collide
/// by accident or by a provider's design.
#[derive(Debug, Default)]
struct Seen {
    keys: (RandomState, RandomState),
    hashes: HashSet<(u64, u64)>,
}

impl Seen {
    /// Whether the text is new.
    fn insert(&mut self, text: &str) -> bool {
        self.hashes.insert((self.keys.0.hash_one(text), self.keys.1.hash_one(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cursor, Money, PaymentId, RefundId, RefundStatus};

    fn refund(id: &str) -> Refund {
        Refund::new(
            "test",
            RefundId::new(id).unwrap(),
            PaymentId::new("p").unwrap(),
            RefundStatus::Succeeded,
            "ok",
            Money::new(1, "NOK".parse().unwrap()),
        )
    }

    /// A list as a script: ids, next cursor, limit. The last row repeats.
    fn walk(script: &[(&str, Option<&str>, Option<u16>)]) -> (String, bool, usize) {
        let mut pager = Pager::new(PageRequest::first());
        let mut ids = Vec::new();
        let mut calls = 0;
        while pager.request().is_some() {
            let (items, next, limit) = script[calls.min(script.len() - 1)];
            calls += 1;
            assert!(calls < 100, "a loop");
            let items = items.split_whitespace().map(refund).collect();
            let next = next.map(|cursor| Cursor::new(cursor).unwrap());
            ids.extend(pager.accept(Page::new(items, next, limit)).into_iter().map(|r| r.id.to_string()));
        }
        (ids.join(" "), pager.is_complete(), calls)
    }

    #[test]
    fn lists_end_without_loops_duplicates_or_silent_gaps() {
        for (what, script, ids, complete, calls) in [
            ("one page", &[("a b", None, None)][..], "a b", true, 1),
            ("two pages", &[("a b", Some("1"), Some(2)), ("c", None, Some(2))], "a b c", true, 2),
            ("nothing", &[("", None, None)], "", true, 1),
            ("overlap", &[("a b", Some("1"), Some(2)), ("b c", None, Some(2))], "a b c", true, 2),
            (
                "a gap",
                &[("a", Some("1"), Some(1)), ("", Some("2"), Some(1)), ("b", None, Some(1))],
                "a b",
                true,
                3,
            ),
            ("cursor ignored, page full", &[("a", Some("1"), Some(1))], "a", false, 2),
            ("cursor ignored, room left", &[("a", Some("1"), Some(20))], "a", true, 2),
            ("cursor ignored, size unknown", &[("a", Some("1"), None)], "a", false, 2),
            (
                "cursor repeats over new items",
                &[("a", Some("1"), Some(1)), ("b", Some("1"), Some(1))],
                "a b",
                false,
                2,
            ),
            (
                "a circle of two with fresh cursors",
                &[
                    ("a", Some("1"), Some(1)),
                    ("b", Some("2"), Some(1)),
                    ("a", Some("3"), Some(1)),
                    ("b", Some("4"), Some(1)),
                ],
                "a b",
                false,
                3,
            ),
            ("empty for ever", &[("", Some("1"), Some(1))], "", false, 2),
        ] {
            assert_eq!(walk(script), (ids.to_owned(), complete, calls), "{what}");
        }
    }
}
