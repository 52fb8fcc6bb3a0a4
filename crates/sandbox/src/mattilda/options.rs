//! What nobody knows for sure about the provider, or what differs between its generations: a test chooses.

/// Whether `Idempotency-Key` does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdempotencyMode {
    /// The first answer to a key is kept for 24 hours and replayed, as Gr4vy documents it.
    #[default]
    Honoured,
    /// The header is ignored, as it may be at an instance that does not know it.
    Ignored,
}

/// What the list of refunds does with `limit` and `cursor`, which it does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CursorMode {
    /// Both are honoured.
    #[default]
    Honoured,
    /// Both are ignored: every answer is the first page, with the same `next_cursor` when there is more.
    Ignored,
    /// Both are ignored, and every answer has a `next_cursor` that was never seen before, even when nothing follows.
    RepeatsPage,
}

/// Which generation of the API writes the bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FieldSet {
    /// Exactly the members of Mattilda's page on listing refunds: no `external_identifier`, no `reason`.
    Documented,
    /// Everything in Gr4vy's newest specification.
    #[default]
    Newest,
}

/// How a request that fails validation is told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ErrorShape {
    /// 400 with Gr4vy's envelope.
    #[default]
    Envelope,
    /// 422 with `FastAPI`'s `detail`, which the specification declares for every operation.
    Detail,
}

/// What a webhook about a refund carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WebhookShape {
    /// The event's `name`, and the whole refund as its `target`.
    #[default]
    Named,
    /// No `name`, and of the refund only its id and its transaction's, as deliveries of 2024 had it.
    Bare,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) cursors: CursorMode,
    pub(super) fields: FieldSet,
    pub(super) errors: ErrorShape,
    pub(super) page_size: usize,
    pub(super) webhooks: WebhookShape,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cursors: CursorMode::default(),
            fields: FieldSet::default(),
            errors: ErrorShape::default(),
            page_size: 20,
            webhooks: WebhookShape::default(),
        }
    }
}
