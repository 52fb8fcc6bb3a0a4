//! What a provider can do, as data.

use std::time::Duration;

use serde::Serialize;

/// What a provider can do with refunds.
///
/// Defaults to the least: each adapter switches on what its provider's documentation promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "a list of independent yes-or-no facts")]
pub struct Capabilities {
    /// Less than the whole payment can be refunded.
    pub partial: bool,
    /// A payment can be refunded more than once.
    pub multiple: bool,
    /// A refund can name the order lines that it covers.
    pub lines: bool,
    /// The part that a gift card paid can be refunded to it.
    pub gift_cards: bool,
    /// The caller's own data can be attached to a refund.
    pub metadata: bool,
    /// The adapter verifies webhooks.
    pub webhooks: bool,
    /// What the provider does with a request that it gets twice.
    pub idempotency: Idempotency,
    /// Where the final status of a refund can be learnt.
    pub final_status: FinalStatus,
    /// Whether responses always show the references of refunds that have one.
    pub references: References,
    /// The adapter asks the [`SendWindow`](crate::SendWindow) right where bytes leave, so that a call
    /// that is dropped before is known not to have been sent.
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
    /// Some do not. Refunds of one amount can then be told apart by their ids alone, so that a second
    /// one waits until the first is settled.
    MayBeUnreported,
}

/// What a provider does with a refund request that it gets twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Idempotency {
    /// It makes two refunds; only looking before protects. So it may, where that is not known.
    None,
    /// It knows a key, with these rules.
    Key(IdempotencyKey),
}

impl Idempotency {
    /// The key's rules where the provider certainly honours it, so that the same request with the
    /// same key can be sent again without harm.
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
    /// How long the provider remembers a key; [`Duration::MAX`] where it does for ever.
    #[serde(serialize_with = "as_seconds", rename = "retention_seconds")]
    pub retention: Duration,
    /// What a repetition is answered with.
    pub replay: Replay,
    /// Whether a repetition while the first is under way is refused with a conflict (and may be
    /// tried again).
    pub conflict_in_flight: bool,
    /// How sure all this is.
    pub certainty: Certainty,
}

impl IdempotencyKey {
    /// A key of at most `max_length` characters that is remembered for `retention`.
    #[must_use]
    pub fn new(max_length: u16, retention: Duration, replay: Replay, certainty: Certainty) -> Self {
        Self { max_length, retention, replay, conflict_in_flight: false, certainty }
    }

    /// Says that a repetition in flight is refused with a conflict.
    #[must_use]
    pub fn with_conflict_in_flight(mut self) -> Self {
        self.conflict_in_flight = true;
        self
    }
}

/// What a provider answers to a repeated key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replay {
    /// The first answer, whether it was a success or a failure.
    FirstAnswer,
    /// The refund as it stands now.
    CurrentState,
    /// A conflict, and nothing is made: the reference is spent. The adapter passes that on as
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict), not applied; whoever asked looks for the
    /// refund then, and answers with it.
    Refused,
}

/// How sure a fact about a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// Documented for this operation, or vouched for by the application's settings.
    Guaranteed,
    /// Sent in the hope that it helps; nothing relies on it.
    BestEffort,
}

/// Where the final status of a refund can be learnt.
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
    /// By which of the three.
    #[must_use]
    pub fn by(get: bool, list: bool, webhook: bool) -> Self {
        Self { get, list, webhook }
    }
}

fn as_seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}
