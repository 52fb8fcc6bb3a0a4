//! A value as an [`Extra`](super::Extra) takes it.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A value as an [`Extra`](crate::Extra) takes it: text, or any other JSON.
///
/// ```
/// use refunds_core::ExtraValue;
///
/// assert!(matches!(ExtraValue::from("api"), ExtraValue::Text(_)));
/// assert!(matches!(ExtraValue::from(7), ExtraValue::Json(_)));
/// ```
#[derive(Clone, PartialEq)]
#[expect(missing_debug_implementations, reason = "it holds a provider's data, which `Debug` must not show")]
pub enum ExtraValue<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// An object of which one text is kept, by its name: of a person the id, and not the name.
    ObjectWithText(&'static str, Cow<'a, str>),
    /// Anything else.
    Json(Value),
}

impl<'a> From<&'a str> for ExtraValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<Cow<'a, str>> for ExtraValue<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl From<Value> for ExtraValue<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.into()),
            other => Self::Json(other),
        }
    }
}

macro_rules! from_json {
    ($($kind:ty),*) => {$(
        impl From<$kind> for ExtraValue<'_> {
            fn from(value: $kind) -> Self {
                Value::from(value).into()
            }
        }
    )*};
}

from_json!(String, bool, i32, i64, u32, u64, Map<String, Value>, Vec<Value>, Vec<&str>, Vec<String>);
