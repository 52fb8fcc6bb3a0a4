//! Reading JSON of which little is demanded: a member of another type than expected counts as not
//! told, instead of making the whole answer unreadable.

use std::{fmt, marker::PhantomData, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Number, Value};

/// A member that may be missing, `null`, or something else than a `T`.
#[derive(Clone)]
pub(crate) struct Maybe<T>(Option<T>);

impl<T> Maybe<T> {
    pub(crate) fn take(self) -> Option<T> {
        self.0
    }

    pub(crate) fn cloned(&self) -> Option<T>
    where
        T: Clone,
    {
        self.0.clone()
    }

    pub(crate) fn set(&mut self, value: T) {
        self.0 = Some(value);
    }
}

impl<T> Maybe<Vec<T>> {
    pub(crate) fn list(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Deref for Maybe<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

impl<'de, T: Loose> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData)).map(Self)
    }
}

/// What a type can be read from. Anything else is [`other`](Self::other), which is nothing.
pub(crate) trait Loose: Sized {
    fn other() -> Option<Self> {
        None
    }

    fn text(_: &str) -> Option<Self> {
        Self::other()
    }

    fn integer(_: i64) -> Option<Self> {
        Self::other()
    }

    fn number(_: Number) -> Option<Self> {
        Self::other()
    }

    fn flag(_: bool) -> Option<Self> {
        Self::other()
    }

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::other())
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::other())
    }
}

impl Loose for String {
    fn text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn integer(integer: i64) -> Option<Self> {
        Some(integer.to_string())
    }
}

impl Loose for bool {
    fn flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl Loose for u64 {
    fn integer(integer: i64) -> Option<Self> {
        integer.try_into().ok()
    }
}

impl Loose for Number {
    fn integer(integer: i64) -> Option<Self> {
        Some(integer.into())
    }

    fn number(number: Number) -> Option<Self> {
        Some(number)
    }
}

impl Loose for Map<String, Value> {
    fn map<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// Elements that are no `T` are left out.
impl<T: Loose> Loose for Vec<T> {
    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut read = Self::new();
        while let Some(element) = list.next_element::<Maybe<T>>()? {
            read.extend(element.0);
        }
        Ok(Some(read))
    }
}

/// An amount in minor units, which is never guessed: it is an integer, or it is not there, or it is
/// something that makes the answer unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Amount {
    Minor(i64),
    Wrong,
}

impl Loose for Amount {
    fn other() -> Option<Self> {
        Some(Self::Wrong)
    }

    fn integer(integer: i64) -> Option<Self> {
        Some(Self::Minor(integer))
    }
}

/// A line's id: an integer in Order Management, a text in Checkout.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum LineId {
    Number(i64),
    Text(String),
}

impl Loose for LineId {
    fn text(text: &str) -> Option<Self> {
        Some(Self::Text(text.to_owned()))
    }

    fn integer(integer: i64) -> Option<Self> {
        Some(Self::Number(integer))
    }
}

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// Types that are read from an object by their derived `Deserialize`.
macro_rules! objects {
    ($($object:ty),* $(,)?) => {$(
        impl $crate::lenient::Loose for $object {
            fn map<'de, A: serde::de::MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
                <$object as serde::Deserialize>::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    .map(Some)
            }
        }
    )*};
}
pub(crate) use objects;

struct LooseVisitor<T>(PhantomData<T>);

impl<'de, T: Loose> Visitor<'de> for LooseVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(text))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Self::Value, E> {
        Ok(T::integer(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Self::Value, E> {
        Ok(match i64::try_from(integer) {
            Ok(integer) => T::integer(integer),
            Err(_) => T::number(integer.into()),
        })
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).and_then(T::number))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(T::flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::list(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_integers_or_wrong() {
        for (json, want) in [
            ("0", Some(Amount::Minor(0))),
            ("-1", Some(Amount::Minor(-1))),
            ("9223372036854775807", Some(Amount::Minor(i64::MAX))),
            ("9223372036854775808", Some(Amount::Wrong)),
            ("100.0", Some(Amount::Wrong)),
            ("1e2", Some(Amount::Wrong)),
            (r#""100""#, Some(Amount::Wrong)),
            ("true", Some(Amount::Wrong)),
            ("{}", Some(Amount::Wrong)),
            ("[1]", Some(Amount::Wrong)),
            ("null", None),
        ] {
            assert_eq!(*serde_json::from_str::<Maybe<Amount>>(json).unwrap(), want, "{json}");
        }
    }

    #[test]
    fn a_member_of_another_type_is_not_told() {
        for (json, want) in
            [(r#""a""#, Some("a")), ("12", Some("12")), ("1.5", None), ("{}", None), ("[\"a\"]", None)]
        {
            let read: Maybe<String> = serde_json::from_str(json).unwrap();
            assert_eq!(read.as_deref(), want, "{json}");
        }
        let read: Maybe<Vec<bool>> = serde_json::from_str(r#"[true, null, "x", [], false]"#).unwrap();
        assert_eq!(read.list(), [true, false]);
        let read: Maybe<Vec<bool>> = serde_json::from_str(r#"{"a": {"b": [1]}}"#).unwrap();
        assert!(read.is_none());
    }
}
