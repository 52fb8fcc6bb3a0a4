//! What every decoder of an adapter needs.

use serde::{Deserialize, Deserializer};

/// Tells "not there" from "there, and null", for serde's `deserialize_with`.
///
/// The most dangerous mistake in reading refunds is to take a response that *cannot show* a reference
/// for one that says that there is none. With this, a member that is missing is `None`, and one that is
/// null is `Some(None)`, or `Some(Value::Null)`.
///
/// ```
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct WireRefund {
///     #[serde(default, deserialize_with = "refunds_http::present")]
///     reference: Option<Option<String>>,
/// }
///
/// let read = |json| serde_json::from_str::<WireRefund>(json).unwrap().reference;
/// assert_eq!(read("{}"), None, "hidden: see `Refund::with_unreported_reference`");
/// assert_eq!(read(r#"{"reference": null}"#), Some(None), "another system's");
/// assert_eq!(read(r#"{"reference": "rma-551"}"#), Some(Some("rma-551".into())));
/// ```
///
/// # Errors
///
/// As the value's own.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
