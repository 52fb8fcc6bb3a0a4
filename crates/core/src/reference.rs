//! The merchant's own key of a refund.

use uuid::Uuid;

use crate::id::checked_text;

/// The longest reference, in bytes: what every known provider takes as an idempotency key.
pub const MAX_REFERENCE_LEN: usize = 255;

checked_text!(
    /// The merchant's own unique key of one refund, chosen before the refund is asked for and kept.
    ///
    /// It is what makes a refund happen once: the same reference, from any process and at any time,
    /// is the same refund. Store it with the decision to refund, before the call; or
    /// [`derive`](Self::derive) it from what identifies that decision, so that every worker finds the
    /// same one.
    ///
    /// 1 to 255 printable ASCII characters, no blank at either end: it travels in HTTP headers
    /// (Gr4vy's `Idempotency-Key` takes [at most 255 characters]), in JSON, and onto settlement reports.
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
    fault
);

impl Reference {
    /// The reference that belongs to `parts` within `namespace`: the same on every machine.
    ///
    /// A `UUIDv5` over the namespace and the length-prefixed parts, so that `["a", "bc"]` and
    /// `["ab", "c"]` differ. Put in all that identifies the decision to refund (the return, the
    /// line, the how-manieth), and nothing that changes when a job runs again (no time, no attempt).
    #[must_use]
    pub fn derive<I>(namespace: &str, parts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, namespace.as_bytes());
        let mut name = Vec::new();
        for part in parts {
            let part = part.as_ref().as_bytes();
            name.extend_from_slice(&(part.len() as u64).to_be_bytes());
            name.extend_from_slice(part);
        }
        Self(Uuid::new_v5(&namespace, &name).to_string())
    }

    /// A fresh random reference (`UUIDv4`). Store it before you use it: a reference that is made
    /// anew for each try protects nothing.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }
}

fn fault(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("is empty")
    } else if value.len() > MAX_REFERENCE_LEN {
        Some("is longer than 255 bytes")
    } else if !value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        Some("may hold printable ASCII characters only")
    } else if value.trim() != value {
        Some("begins or ends with a blank")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_reference() {
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
    fn derived_references_never_change() {
        // Written down once: a change here would make every worker refund again.
        assert_eq!(
            Reference::derive("shop.example/returns", ["order-42", "1"]).as_str(),
            "2c122223-4ffd-5043-b276-658f220d6c5f"
        );
    }
}
