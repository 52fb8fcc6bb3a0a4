//! The merchant's own key of a refund.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    Error, ErrorKind, Result,
    id::{checked_text, is_plain},
};

/// The longest reference, in bytes: every known provider accepts it as an idempotency key.
pub const MAX_REFERENCE_LEN: usize = 255;

/// The longest reference read from a provider, in bytes: Gr4vy's 300 characters always fit.
const MAX_PROVIDER_REFERENCE_LEN: usize = 4096;

checked_text!(
    /// The merchant's own unique key of one refund, chosen and stored before the refund is requested.
    ///
    /// It makes sure that a refund is made once: the same reference, from any process and at any time, is the
    /// same refund. Store it with the decision to refund, before the call, or [`derive`](Self::derive) it
    /// from what identifies that decision, so that every worker gets the same reference.
    ///
    /// 1 to 255 printable ASCII characters without leading or trailing blanks: it is used in HTTP headers
    /// (Gr4vy's `Idempotency-Key` accepts [at most 255 characters]), in JSON and on settlement reports.
    ///
    /// A refund that was made elsewhere, such as in the provider's dashboard, may carry a reference that
    /// breaks these rules. Adapters read it with [`from_provider`](Self::from_provider), whose rules also
    /// apply to deserialization. A [`CreateRefund`](crate::CreateRefund) with such a reference is refused.
    ///
    /// [at most 255 characters]: https://docs.gr4vy.com/guides/api/idempotent-requests
    ///
    /// ```
    /// use refunds_core::Reference;
    ///
    /// let by_hand = Reference::new("rma-551")?;
    /// let derived = Reference::derive("shop.example/returns", ["order-42", "line-2", "1"]);
    /// assert_eq!(derived, Reference::derive("shop.example/returns", ["order-42", "line-2", "1"]));
    /// assert_ne!(derived, Reference::derive("shop.example/returns", ["order-42", "line-21"]));
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    Reference,
    "reference",
    fault,
    provider_fault
);

impl Reference {
    /// The reference for `parts` within `namespace`, the same on every machine.
    ///
    /// A `UUIDv5` over the namespace and the length-prefixed parts, so that `["a", "bc"]` and `["ab", "c"]`
    /// differ. Include everything that identifies the decision to refund (the return, the line, a sequence
    /// number), and nothing that changes when a job runs again (no time, no attempt).
    #[must_use]
    pub fn derive<I>(namespace: &str, parts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::derive_in(&Uuid::new_v5(&Uuid::NAMESPACE_URL, namespace.as_bytes()), parts)
    }

    /// As [`derive`](Self::derive), in a namespace that is already a UUID.
    pub(crate) fn derive_in<I>(namespace: &Uuid, parts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut name = Vec::new();
        for part in parts {
            let part = part.as_ref().as_bytes();
            name.extend_from_slice(&(part.len() as u64).to_be_bytes());
            name.extend_from_slice(part);
        }
        Self(Uuid::new_v5(namespace, &name).to_string().into())
    }

    /// A new random reference (`UUIDv4`). Store it before you use it: a new reference for each attempt does
    /// not protect from duplicates.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string().into())
    }

    /// For adapters: a reference that a provider returned, any text of 1 to 4096 bytes without control
    /// characters. `None` for anything else.
    ///
    /// This is more lenient than [`new`](Self::new), because another system may have made the refund under
    /// its own rules.
    ///
    /// ```
    /// use refunds_core::Reference;
    ///
    /// let theirs = Reference::from_provider("rückgabe 12").ok_or("not a reference")?;
    /// assert!(!theirs.is_valid_for_request());
    /// assert!(Reference::from_provider("rma-551").is_some_and(|ours| ours.is_valid_for_request()));
    /// assert_eq!(Reference::from_provider(""), None);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn from_provider(text: impl AsRef<str> + Into<Arc<str>>) -> Option<Self> {
        provider_fault(text.as_ref()).is_none().then(|| Self(text.into()))
    }

    /// Whether a refund can be requested with this reference, that is, whether [`new`](Self::new) accepts it.
    /// Only references [from a provider](Self::from_provider) may be invalid.
    #[must_use]
    pub fn is_valid_for_request(&self) -> bool {
        fault(&self.0).is_none()
    }

    /// Refuses a reference that is only valid for reading.
    pub(crate) fn check_for_request(&self) -> Result<()> {
        fault(&self.0).map_or(Ok(()), |fault| {
            Err(Error::new(ErrorKind::InvalidRequest, format!("the reference {fault}")))
        })
    }
}

fn fault(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("is empty")
    } else if value.len() > MAX_REFERENCE_LEN {
        Some("is longer than 255 bytes")
    } else if !value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        Some("may contain printable ASCII characters only")
    } else if value.trim() != value {
        Some("begins or ends with a blank")
    } else {
        None
    }
}

/// Why a provider's text is not a reference; `None` if it is.
fn provider_fault(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("is empty")
    } else if value.len() > MAX_PROVIDER_REFERENCE_LEN {
        Some("is longer than 4096 bytes")
    } else if !is_plain(value) && value.chars().any(char::is_control) {
        Some("contains a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_references_are_valid() {
        let longest = "r".repeat(MAX_REFERENCE_LEN);
        let too_long = "r".repeat(MAX_REFERENCE_LEN + 1);
        for (value, ok) in [
            ("rma-551", true),
            ("rma 551 / 2", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            (" a", false),
            ("a ", false),
            ("a\r\nX-Header: 1", false),
            ("rückgabe", false),
        ] {
            assert_eq!(Reference::new(value).is_ok(), ok, "{value:.40?}");
        }
    }

    #[test]
    fn a_provider_may_return_what_cannot_be_requested() {
        let gr4vy_longest = "\u{1f4b8}".repeat(300);
        let longest = "r".repeat(MAX_PROVIDER_REFERENCE_LEN);
        let too_long = "r".repeat(MAX_PROVIDER_REFERENCE_LEN + 1);
        for (text, reference, valid) in [
            ("rma-551", true, true),
            (" padded ", true, false),
            ("rückgabe", true, false),
            (gr4vy_longest.as_str(), true, false),
            (longest.as_str(), true, false),
            (too_long.as_str(), false, false),
            ("", false, false),
            ("a\nb", false, false),
            ("a\u{9b}b", false, false),
        ] {
            let read = Reference::from_provider(text);
            assert_eq!(read.as_ref().map(Reference::as_str), reference.then_some(text), "{text:.40?}");
            assert_eq!(read.as_ref().is_some_and(Reference::is_valid_for_request), valid, "{text:.40?}");
            let json = serde_json::Value::from(text);
            let deserialized = serde_json::from_value::<Reference>(json).ok();
            assert_eq!(deserialized, read, "{text:.40?}");
        }
    }

    #[test]
    fn derived_references_never_change() {
        // This value must never change: with another one, every worker would refund again.
        assert_eq!(
            Reference::derive("shop.example/returns", ["order-42", "1"]).as_str(),
            "2c122223-4ffd-5043-b276-658f220d6c5f"
        );
    }
}
