//! Reads JSON leniently: a member of an unexpected type counts as absent, so that it
//! does not make the whole response unreadable.
//!
//! Providers add members, change words and omit what their specification promises. A refund whose
//! description became a number is still a refund; only what money depends on must be strict.
//!
//! ```
//! use refunds_http::lenient::{Lenient, LenientObject};
//! use serde::Deserialize;
//!
//! #[derive(Default, Deserialize)]
//! #[serde(default)]
//! struct WireRefund {
//!     id: Lenient<String>,
//!     card: Lenient<WireCard>,
//!     tags: Lenient<Vec<String>>,
//! }
//!
//! #[derive(Default, Deserialize)]
//! #[serde(default)]
//! struct WireCard {
//!     brand: Lenient<String>,
//! }
//!
//! impl LenientObject<'_> for WireCard {}
//!
//! let refund: WireRefund = serde_json::from_str(r#"{"id": 7, "card": "visa", "tags": ["a", {}]}"#)?;
//! assert_eq!(refund.id.as_deref(), Some("7"));
//! assert!(refund.card.is_none());
//! assert_eq!(refund.tags.list(), ["a"]);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! A type decides for itself what it accepts, by [`FromLenient`]. An amount, for example, can return a
//! value for "present and unusable" from [`from_other`](FromLenient::from_other), and is never mistaken
//! for an absent one.

use std::{borrow::Cow, fmt, marker::PhantomData, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Number, Value};

/// A member that may be absent, `null`, or something other than a `T`. Reads as an [`Option`].
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds a provider's data, which `Debug` must not show")]
pub struct Lenient<T>(Option<T>);

impl<T> Lenient<T> {
    /// The value, if there is one.
    pub fn into_option(self) -> Option<T> {
        self.0
    }

    /// A copy of the value, if there is one.
    #[must_use]
    pub fn cloned(&self) -> Option<T>
    where
        T: Clone,
    {
        self.0.clone()
    }

    /// Takes the value out.
    pub fn take(&mut self) -> Option<T> {
        self.0.take()
    }

    /// Replaces the value.
    pub fn set(&mut self, value: T) {
        self.0 = Some(value);
    }
}

impl<T> Lenient<Vec<T>> {
    /// The elements, to be changed; none where the list is absent.
    pub fn list_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().unwrap_or_default()
    }

    /// The elements; none where the list is absent.
    #[must_use]
    pub fn list(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Lenient<Cow<'_, str>> {
    /// A copy of the text, if there is one, that borrows nothing.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        self.0.as_deref().map(ToOwned::to_owned)
    }
}

impl<T> From<Option<T>> for Lenient<T> {
    fn from(value: Option<T>) -> Self {
        Self(value)
    }
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Deref for Lenient<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

impl<'de, T: FromLenient<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData)).map(Self)
    }
}

/// What a type can be read from. Anything else goes to [`from_other`](Self::from_other), which returns
/// `None` unless overridden.
pub trait FromLenient<'de>: Sized {
    /// Reads a value of a type that has no method of its own here.
    fn from_other() -> Option<Self> {
        None
    }

    /// Reads a string.
    fn from_text(_: &str) -> Option<Self> {
        Self::from_other()
    }

    /// Reads a string that the body holds as it is, so that it can be borrowed.
    fn from_borrowed(text: &'de str) -> Option<Self> {
        Self::from_text(text)
    }

    /// Reads an integer of 64 bits with a sign.
    fn from_integer(_: i64) -> Option<Self> {
        Self::from_other()
    }

    /// Reads any other number.
    fn from_number(_: Number) -> Option<Self> {
        Self::from_other()
    }

    /// Reads a Boolean.
    fn from_flag(_: bool) -> Option<Self> {
        Self::from_other()
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// Where the JSON in it is malformed.
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::from_other())
    }

    /// Reads an array.
    ///
    /// # Errors
    ///
    /// Where the JSON in it is malformed.
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::from_other())
    }
}

impl FromLenient<'_> for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn from_integer(integer: i64) -> Option<Self> {
        Some(integer.to_string())
    }
}

impl<'de: 'a, 'a> FromLenient<'de> for Cow<'a, str> {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::Owned(text.to_owned()))
    }

    fn from_borrowed(text: &'de str) -> Option<Self> {
        Some(Self::Borrowed(text))
    }

    fn from_integer(integer: i64) -> Option<Self> {
        Some(Self::Owned(integer.to_string()))
    }
}

impl FromLenient<'_> for bool {
    fn from_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl FromLenient<'_> for u64 {
    fn from_integer(integer: i64) -> Option<Self> {
        integer.try_into().ok()
    }
}

impl FromLenient<'_> for Number {
    fn from_integer(integer: i64) -> Option<Self> {
        Some(integer.into())
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(number)
    }
}

impl<'de> FromLenient<'de> for Map<String, Value> {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// Elements that are not a `T` are left out.
impl<'de, T: FromLenient<'de>> FromLenient<'de> for Vec<T> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut read = Self::new();
        while list.next_element_seed(PushTo(&mut read))?.is_some() {}
        Ok(Some(read))
    }
}

/// Reads an element right into its list: elements are large, and moving one takes time.
struct PushTo<'a, T>(&'a mut Vec<T>);

impl<'de, T: FromLenient<'de>> DeserializeSeed<'de> for PushTo<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if let Some(element) = deserializer.deserialize_any(LenientVisitor(PhantomData))? {
            if self.0.is_empty() {
                // Most lists of a refund are of one element, and a vector begins with room for four.
                self.0.reserve_exact(1);
            }
            self.0.push(element);
        }
        Ok(())
    }
}

/// An object that is read by its derived [`Deserialize`], and by nothing but an object.
pub trait LenientObject<'de>: Deserialize<'de> {}

impl<'de, T: LenientObject<'de>> FromLenient<'de> for T {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// For what is rare: absent, it takes no more than a pointer.
impl<'de, T: LenientObject<'de>> LenientObject<'de> for Box<T> {}
impl LenientObject<'_> for Box<Map<String, Value>> {}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: FromLenient<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(T::from_borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(text))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Self::Value, E> {
        Ok(T::from_integer(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Self::Value, E> {
        Ok(match i64::try_from(integer) {
            Ok(integer) => T::from_integer(integer),
            Err(_) => T::from_number(integer.into()),
        })
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).and_then(T::from_number))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(T::from_flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::from_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::from_list(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_another_type_is_absent() {
        for (json, want) in
            [(r#""a""#, Some("a")), ("12", Some("12")), ("1.5", None), ("{}", None), ("[\"a\"]", None)]
        {
            let read: Lenient<String> = serde_json::from_str(json).unwrap();
            assert_eq!(read.as_deref(), want, "{json}");
        }
        let read: Lenient<Vec<bool>> = serde_json::from_str(r#"[true, null, "x", [], false]"#).unwrap();
        assert_eq!(read.list(), [true, false]);
        let read: Lenient<Vec<bool>> = serde_json::from_str(r#"{"a": {"b": [1]}}"#).unwrap();
        assert!(read.is_none());
    }
}
