//! Pages of a list.

use crate::id::checked_text;

/// The longest cursor that is accepted, in bytes.
const MAX_CURSOR_LEN: usize = 4096;

checked_text!(
    /// Where the next page of a list begins: the provider's own opaque text of 1 to 4096 bytes
    /// without control characters.
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

/// Which page of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// Where the page begins; the first one without.
    pub cursor: Option<Cursor>,
    /// How many items it should hold at most; the provider's own default without. A wish: a
    /// provider without paging sends all it has.
    pub limit: Option<u16>,
}

impl PageRequest {
    /// The first page, as long as the provider makes it.
    #[must_use]
    pub fn first() -> Self {
        Self::default()
    }

    /// The page that begins at `cursor`.
    #[must_use]
    pub fn after(cursor: Cursor) -> Self {
        Self { cursor: Some(cursor), limit: None }
    }

    /// Asks for at most `limit` items.
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
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
    /// How many items a full page holds, where the provider tells. A page that brings nothing new
    /// and is not full is the end of the list; one that is full may hide more.
    pub limit: Option<u16>,
}

impl<T> Page<T> {
    /// A page that is the whole list.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None, limit: None }
    }

    /// A page that another one may follow.
    #[must_use]
    pub fn new(items: Vec<T>, next: Option<Cursor>, limit: Option<u16>) -> Self {
        Self { items, next, limit }
    }

    /// Whether it holds as many items as a page can, as far as is known.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.limit.is_none_or(|limit| self.items.len() >= usize::from(limit))
    }
}
