//! Identifiers: the provider's opaque strings, checked once and trusted afterwards.

/// The longest identifier that is accepted, in bytes.
pub const MAX_ID_LEN: usize = 255;

const HYPHENATED_UUID_LEN: usize = 36;

/// A newtype of text that `$fault` has checked, with the usual conversions. Deserialization checks with
/// `$read`, or with `$fault` if not given.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $fault:path) => {
        $crate::id::checked_text!($(#[$doc])* $name, $what, $fault, $fault);
    };
    ($(#[$doc:meta])* $name:ident, $what:literal, $fault:path, $read:path) => {
        $(#[$doc])*
        ///
        /// Cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(std::sync::Arc<str>);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                let value = <std::sync::Arc<str> as serde::Deserialize>::deserialize(deserializer)?;
                match $read(&value) {
                    None => Ok(Self(value)),
                    Some(fault) => {
                        let message = format!(concat!("the ", $what, " {}"), fault);
                        Err(serde::de::Error::custom(message))
                    }
                }
            }
        }

        impl $name {
            /// Checks and wraps the text.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is invalid. The
            /// message does not repeat the text.
            pub fn new(value: impl AsRef<str> + Into<std::sync::Arc<str>>) -> crate::Result<Self> {
                match $fault(value.as_ref()) {
                    None => Ok(Self(value.into())),
                    Some(fault) => Err(crate::Error::new(
                        crate::ErrorKind::InvalidRequest,
                        format!(concat!("the ", $what, " {}"), fault),
                    )),
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Error;

            fn from_str(value: &str) -> crate::Result<Self> {
                Self::new(value)
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::Error;

            fn try_from(value: String) -> crate::Result<Self> {
                Self::new(value)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = crate::Error;

            fn try_from(value: &str) -> crate::Result<Self> {
                Self::new(value)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }
    };
}
pub(crate) use checked_text;

checked_text!(
    /// A provider's id of a payment.
    ///
    /// Opaque: any text of 1 to 255 bytes without control characters, without leading or trailing blanks, and
    /// not `.` or `..`. Adapters send it as one percent-encoded path segment, so `a/b` or `x?y=1` can never
    /// change the request.
    PaymentId,
    "payment id",
    fault
);

checked_text!(
    /// A provider's id of one refund of a payment.
    ///
    /// Opaque: any text of 1 to 255 bytes without control characters, without leading or trailing blanks, and
    /// not `.` or `..`. Adapters send it as one percent-encoded path segment, so `a/b` or `x?y=1` can never
    /// change the request.
    RefundId,
    "refund id",
    fault
);

/// Why a string is not a valid identifier; `None` if it is.
fn fault(value: &str) -> Option<String> {
    if value.is_empty() {
        return Some("is empty".into());
    }
    if value.len() > MAX_ID_LEN {
        return Some(format!("is {} bytes long, at most {MAX_ID_LEN} are allowed", value.len()));
    }
    if is_plain(value) {
        return (value == "." || value == "..").then(|| "is a dot segment".into());
    }
    if value.chars().any(char::is_control) {
        return Some("contains a control character".into());
    }
    if value.trim() != value {
        return Some("begins or ends with a blank".into());
    }
    None
}

/// Whether a text is of visible ASCII characters alone, as almost every id is.
pub(crate) fn is_plain(value: &str) -> bool {
    // Without an early end, which would keep it from looking at many bytes at once.
    value.bytes().fold(true, |plain, byte| plain & byte.is_ascii_graphic())
}

impl PaymentId {
    /// The id in its canonical spelling: UUIDs in lower case, anything else unchanged. Two spellings of one
    /// payment are the same money.
    ///
    /// ```
    /// use refunds_core::PaymentId;
    ///
    /// let shouted = PaymentId::new("FE26475D-EC3E-4884-9553-F7356683F7F9")?;
    /// assert_eq!(shouted.canonical().as_str(), "fe26475d-ec3e-4884-9553-f7356683f7f9");
    /// assert_eq!(PaymentId::new("T11223344.9rQ2xW")?.canonical().as_str(), "T11223344.9rQ2xW");
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    #[must_use]
    pub fn canonical(&self) -> Self {
        // Most ids are already canonical, and are shared instead of copied.
        let is_shouted = self.0.len() == HYPHENATED_UUID_LEN
            && self.0.bytes().any(|byte| byte.is_ascii_uppercase())
            && uuid::Uuid::try_parse(&self.0).is_ok();
        if is_shouted { Self(self.0.to_ascii_lowercase().into()) } else { self.clone() }
    }
}

#[cfg(feature = "testing")]
impl PaymentId {
    /// Wraps an id that this crate made.
    pub(crate) fn trusted(value: String) -> Self {
        Self(value.into())
    }
}

#[cfg(feature = "testing")]
impl RefundId {
    /// Wraps an id that this crate made.
    pub(crate) fn trusted(value: String) -> Self {
        Self(value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn which_ids_are_valid() {
        let long = "x".repeat(10_000);
        let longest = "x".repeat(MAX_ID_LEN);
        for (value, ok) in [
            ("T11223344.9rQ2xW", true),
            ("fe26475d-ec3e-4884-9553-f7356683f7f9", true),
            ("../x", true),
            ("a/b", true),
            ("%2e%2e", true),
            ("x?y=1", true),
            ("x#y", true),
            ("å", true),
            (longest.as_str(), true),
            ("", false),
            (" ", false),
            (" x", false),
            ("x\n", false),
            ("a\nb", false),
            ("a\0b", false),
            (".", false),
            ("..", false),
            (long.as_str(), false),
        ] {
            let made = PaymentId::new(value);
            assert_eq!(made.is_ok(), ok, "{value:.40?}");
            if let Err(error) = made {
                assert_eq!(error.kind(), ErrorKind::InvalidRequest);
                assert!(!error.may_have_applied());
                assert!(error.to_string().len() < 200, "the value is not repeated: {error}");
            }
        }
    }
}
