//! JSON that is borrowed from a body where it is text.

use std::{borrow::Cow, fmt};

use refunds_core::ExtraValue;
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

/// A text of a body, borrowed where it contains no escapes. Behind an [`Option`], where serde copies a
/// `Cow<str>`.
///
/// ```
/// use refunds_http::Text;
///
/// let read: Vec<Option<Text>> = serde_json::from_str(r#"["plain", "two\nlines", null]"#)?;
/// assert_eq!(read[1].as_deref(), Some("two\nlines"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds a provider's data, which `Debug` must not show")]
pub struct Text<'a>(pub Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

/// Any JSON: a member that should be text, and is kept as it is where it is not. Text is borrowed from the
/// body where it contains no escapes.
///
/// ```
/// use refunds_http::Json;
///
/// let read: Vec<Json> = serde_json::from_str(r#"["psp-1", 7]"#)?;
/// assert_eq!((read[0].text(), read[1].text()), (Some("psp-1"), None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds a provider's data, which `Debug` must not show")]
pub enum Json<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// Anything else.
    Other(Value),
}

impl Json<'_> {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

/// JSON's null.
impl Default for Json<'_> {
    fn default() -> Self {
        Self::Other(Value::Null)
    }
}

impl<'a> From<Json<'a>> for ExtraValue<'a> {
    fn from(json: Json<'a>) -> Self {
        match json {
            Json::Text(text) => Self::Text(text),
            Json::Other(value) => value.into(),
        }
    }
}

impl From<Json<'_>> for Value {
    fn from(json: Json<'_>) -> Self {
        match json {
            Json::Text(text) => Self::String(text.into_owned()),
            Json::Other(value) => value,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Other(flag.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Other(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Other(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Json::Other(number.into()))
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Other(Value::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Json<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Json::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Json<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Json::Other)
    }
}
