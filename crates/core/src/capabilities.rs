//! What a provider supports, as data.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;

use crate::{CreateRefund, Error, ErrorKind, Result, redact};

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
    /// The amount that a gift card paid can be refunded to that gift card.
    pub gift_cards: bool,
    /// The caller's metadata can be attached to a refund.
    pub metadata: bool,
    /// The [options](CreateRefund::with_option) that the adapter accepts, by name. It checks their values in
    /// [`validate`](crate::RefundProvider::validate).
    pub options: &'static [&'static str],
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
            options: &[],
            webhooks: false,
            idempotency: Idempotency::None,
            final_status: FinalStatus { get: true, list: true, webhook: false },
            references: References::MayBeUnreported,
            send_window: false,
        }
    }
}

impl Capabilities {
    /// Refuses a request for what the provider does not support. The client does this for every request; call
    /// it to find out earlier, for example before the payment is read.
    ///
    /// Lines and metadata that are [dropped](CreateRefund::with_line_if_supported) where they are not supported
    /// are not refused.
    ///
    /// ```
    /// use refunds_core::{Capabilities, CreateRefund, ErrorKind, RefundAmount};
    ///
    /// let request = CreateRefund::new("p-1".parse()?, RefundAmount::Remaining, "rma-551".parse()?);
    /// let error = Capabilities::default().check(&request.with_metadata("clerk", "7")).unwrap_err();
    /// assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Unsupported, false));
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`], not applied. For an unknown option, the message names those that there are.
    pub fn check(&self, request: &CreateRefund) -> Result<()> {
        let unsupported = |message: String| Err(Error::new(ErrorKind::Unsupported, message));
        for (what, is_wanted, is_supported) in [
            ("order lines", !request.lines.is_empty() && !request.lines_if_supported, self.lines),
            ("metadata", !request.metadata.is_empty() && !request.metadata_if_supported, self.metadata),
            ("a gift card as the target", request.is_to_gift_card(), self.gift_cards),
        ] {
            if is_wanted && !is_supported {
                return unsupported(format!("this provider does not support {what}"));
            }
        }
        match request.options.keys().find(|key| !self.options.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) if self.options.is_empty() => {
                unsupported(format!("unknown option {}; this provider accepts no options", redact(key)))
            }
            Some(key) => unsupported(format!(
                "unknown option {}; expected one of: {}",
                redact(key),
                self.options.join(", ")
            )),
        }
    }

    /// The request as the adapter gets it: without what is dropped where it is not supported.
    pub(crate) fn supported_part<'a>(&self, request: &'a CreateRefund) -> Cow<'a, CreateRefund> {
        let mut request = Cow::Borrowed(request);
        if request.lines_if_supported && !self.lines && !request.lines.is_empty() {
            request.to_mut().lines.clear();
        }
        if request.metadata_if_supported && !self.metadata && !request.metadata.is_empty() {
            request.to_mut().metadata.clear();
        }
        request
    }
}

/// Whether a provider's responses show the references of its refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum References {
    /// Every refund that has a reference shows it, in lists, reads and responses.
    Reported,
    /// Some refunds do not. Then refunds of the same amount can be distinguished only by their ids, so a second
    /// one waits until the first is settled.
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
    /// The first response, whether it was a success or a failure. A server error that is repeated shows nothing
    /// of the refund: the client looks it up, and submits under another key only once a lookup shows that there
    /// is none.
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
