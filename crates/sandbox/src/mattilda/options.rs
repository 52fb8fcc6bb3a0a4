//! Options for what the provider does not document, or what differs between its generations.

/// Whether `Idempotency-Key` has any effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdempotencyMode {
    /// The first response to a key is stored for 24 hours and replayed, as Gr4vy documents.
    #[default]
    Honoured,
    /// The header is ignored, as an instance without support for it may do.
    Ignored,
}

/// What the list of refunds does with `limit` and `cursor`, which are not documented for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CursorMode {
    /// Both are honoured.
    #[default]
    Honoured,
    /// Both are ignored: every response is the first page, with the same `next_cursor` if there is more.
    Ignored,
    /// Both are ignored, and every response has a new `next_cursor`, even if nothing follows.
    RepeatsPage,
}

/// Which generation of the API the bodies follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FieldSet {
    /// Exactly the members of Mattilda's page on listing refunds: no `external_identifier`, no `reason`.
    Documented,
    /// Everything in Gr4vy's newest specification.
    #[default]
    Newest,
}

/// How a failed validation is reported.
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
    /// No `name`, and only the ids of the refund and its transaction, as in deliveries of 2024.
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
