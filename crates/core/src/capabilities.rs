//! What a provider supports, as data.

use std::time::Duration;

use serde::Serialize;

/// What a provider supports.
///
/// The default is the minimum: each adapter enables what its provider's documentation promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "a list of independent yes-or-no facts")]
pub struct Capabilities {
    /// A payment can be refunded in part.
    pub partial: bool,
    /// A payment can be refunded more than once.
    pub multiple: bool,
    /// A refund can name the order lines that it covers.
    pub lines: bool,
    /// What a gift card paid can be refunded to it.
    pub gift_cards: bool,
    /// The caller's metadata can be attached to a refund.
    pub metadata: bool,
    /// The adapter verifies webhooks.
    pub webhooks: bool,
    /// What the provider does with a repeated request.
    pub idempotency: Idempotency,
    /// Where the final status of a refund is available.
    pub final_status: FinalStatus,
    /// Whether responses always show the references of refunds that have one.
    pub references: References,
    /// The adapter checks the [`SendWindow`](crate::SendWindow) immediately before it sends bytes, so a call
    /// that is dropped earlier is known not to have been sent.
    pub send_window: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            partial: false,
            multiple: false,
            lines: false,
            gift_cards: false,
            metadata: false,
            webhooks: false,
            idempotency: Idempotency::None,
            final_status: FinalStatus { get: true, list: true, webhook: false },
            references: References::MayBeUnreported,
            send_window: false,
        }
    }
}

/// Whether a provider's responses show the references of its refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum References {
    /// Every refund that has a reference shows it, in lists, reads and responses.
    Reported,
    /// Some do not. Then only their ids distinguish refunds of the same amount, so a second one waits until
    /// the first is settled.
    MayBeUnreported,
}

/// What a provider does with a repeated refund request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Idempotency {
    /// It makes, or may make, a second refund. Only a lookup before the request prevents that.
    None,
    /// It accepts an idempotency key, with these rules.
    Key(IdempotencyKey),
}

impl Idempotency {
    /// The key's rules if the provider certainly honours it, so the same request with the same key can safely
    /// be sent again.
    #[must_use]
    pub fn honoured(&self) -> Option<&IdempotencyKey> {
        match self {
            Self::Key(key) if key.certainty == Certainty::Guaranteed => Some(key),
            _ => None,
        }
    }
}

/// The rules of an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdempotencyKey {
    /// The longest key, in characters.
    pub max_length: u16,
    /// How long the provider remembers a key; [`Duration::MAX`] if it never forgets.
    #[serde(serialize_with = "as_seconds", rename = "retention_seconds")]
    pub retention: Duration,
    /// What the provider returns for a repeated request.
    pub replay: Replay,
    /// Whether a repeated request is refused with a (retryable) conflict while the first is in flight.
    pub conflict_in_flight: bool,
    /// How certain these rules are.
    pub certainty: Certainty,
}

impl IdempotencyKey {
    /// A key of at most `max_length` characters that is remembered for `retention`.
    #[must_use]
    pub fn new(max_length: u16, retention: Duration, replay: Replay, certainty: Certainty) -> Self {
        Self { max_length, retention, replay, conflict_in_flight: false, certainty }
    }

    /// Marks that a repeated request is refused with a conflict while the first is in flight.
    #[must_use]
    pub fn with_conflict_in_flight(mut self) -> Self {
        self.conflict_in_flight = true;
        self
    }
}

/// What a provider returns for a repeated key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replay {
    /// The first response, whether it was a success or a failure.
    FirstAnswer,
    /// The current state of the refund.
    CurrentState,
    /// A conflict, and no refund is made: the reference is spent. The adapter returns
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict), not applied. The client then looks the refund up
    /// and returns it.
    Refused,
}

/// How certain a fact about a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// Documented for this operation, or confirmed by the application's settings.
    Guaranteed,
    /// It may help, but nothing relies on it.
    BestEffort,
}

/// Where the final status of a refund is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FinalStatus {
    /// By [`get_refund`](crate::RefundProvider::get_refund).
    pub get: bool,
    /// By [`list_refunds`](crate::RefundProvider::list_refunds).
    pub list: bool,
    /// By a webhook.
    pub webhook: bool,
}

impl FinalStatus {
    /// Sets which of the three report it.
    #[must_use]
    pub fn by(get: bool, list: bool, webhook: bool) -> Self {
        Self { get, list, webhook }
    }
}

fn as_seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}
