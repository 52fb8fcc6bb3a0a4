//! Pages of a list.

use crate::id::checked_text;

/// The longest cursor that is accepted, in bytes.
const MAX_CURSOR_LEN: usize = 4096;

checked_text!(
    /// The start of the next page: the provider's own opaque text of 1 to 4096 bytes without control
    /// characters.
    Cursor,
    "cursor",
    cursor_fault
);

fn cursor_fault(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("is empty")
    } else if value.len() > MAX_CURSOR_LEN {
        Some("is longer than 4096 bytes")
    } else if value.chars().any(char::is_control) {
        Some("contains a control character")
    } else {
        None
    }
}

/// A request for one page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// Where the page begins; `None` for the first page.
    pub cursor: Option<Cursor>,
    /// The maximum number of items; `None` for the provider's default. Providers without paging ignore it and
    /// return everything.
    pub limit: Option<u16>,
}

impl PageRequest {
    /// The first page, with the provider's default size.
    #[must_use]
    pub fn first() -> Self {
        Self::default()
    }

    /// The page that begins at `cursor`.
    #[must_use]
    pub fn after(cursor: Cursor) -> Self {
        Self { cursor: Some(cursor), limit: None }
    }

    /// Sets the maximum number of items.
    #[must_use]
    pub fn with_limit(mut self, limit: u16) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<Cursor>,
    /// The size of a full page, if the provider reports it. A page with no new items ends the list if it is
    /// not full; if it is full, there may be more.
    pub limit: Option<u16>,
}

impl<T> Page<T> {
    /// A page that is the whole list.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None, limit: None }
    }

    /// A page that may be followed by another one.
    #[must_use]
    pub fn new(items: Vec<T>, next: Option<Cursor>, limit: Option<u16>) -> Self {
        Self { items, next, limit }
    }

    /// Whether the page is full, or its size is unknown.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.limit.is_none_or(|limit| self.items.len() >= usize::from(limit))
    }
}
