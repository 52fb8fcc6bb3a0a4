//! What a provider reports beyond the model.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

pub use self::value::ExtraValue;

mod value;

/// How long a text is on average, for the space that is reserved for all of them.
const USUAL_TEXT: usize = 28;

/// A small JSON object whose members are sorted by name: what a provider reports and the model has no field
/// for. `Debug` shows the names alone.
///
/// All its texts are in one buffer, and names that an adapter knows cost nothing: a refund with ten members takes
/// two allocations for them. A text that is replaced or removed stays in the buffer.
///
/// ```
/// use refunds_core::Extra;
///
/// let mut extra = Extra::new();
/// extra.insert("settled", false);
/// extra.insert("channel", "api");
/// assert_eq!(extra.text("channel"), Some("api"));
/// assert_eq!(extra.get("settled"), Some(false.into()));
/// assert_eq!(serde_json::to_string(&extra)?, r#"{"channel":"api","settled":false}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Extra {
    members: Vec<(Cow<'static, str>, Stored)>,
    texts: String,
}

/// A value as it is kept.
#[derive(Clone)]
enum Stored {
    /// Where it is in `texts`.
    Text {
        start: u32,
        end: u32,
    },
    /// An object with one member, whose value is the text.
    Only(Box<(&'static str, Stored)>),
    Flag(bool),
    Integer(i64),
    Json(Box<Value>),
}

/// A value as it is shown.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Text(&'a str),
    Only(#[serde(serialize_with = "only")] (&'static str, &'a str)),
    Flag(bool),
    Integer(i64),
    Json(&'a Value),
}

fn only<S: Serializer>(member: &(&'static str, &str), serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([*member])
}

/// As JSON: an object is the same in whichever way it is kept.
impl PartialEq for Shown<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Text(text), Self::Text(other)) => text == other,
            (one, other) => Value::from(one) == Value::from(other),
        }
    }
}

impl From<Shown<'_>> for Value {
    fn from(shown: Shown<'_>) -> Self {
        match shown {
            Shown::Text(text) => text.into(),
            Shown::Only((name, text)) => serde_json::json!({ name: text }),
            Shown::Flag(flag) => flag.into(),
            Shown::Integer(integer) => integer.into(),
            Shown::Json(value) => value.clone(),
        }
    }
}

impl Extra {
    /// An object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self { members: Vec::new(), texts: String::new() }
    }

    /// An object without members, with space for `members` of usual length.
    #[must_use]
    pub fn with_capacity(members: usize) -> Self {
        Self { members: Vec::with_capacity(members), texts: String::new() }
    }

    /// Sets a member.
    #[inline]
    pub fn insert<'a>(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<ExtraValue<'a>>) {
        // Most values are text, and need not be moved about.
        match value.into() {
            ExtraValue::Text(text) => {
                let text = self.store_text(&text);
                self.put(name.into(), text);
            }
            other => {
                let other = self.store(other);
                self.put(name.into(), other);
            }
        }
    }

    fn put(&mut self, name: Cow<'static, str>, value: Stored) {
        // Adapters insert in the order of the names.
        if self.members.last().is_none_or(|(last, _)| *last < name) {
            self.members.push((name, value));
            return;
        }
        match self.position(&name) {
            Ok(at) => self.members[at].1 = value,
            Err(at) => self.members.insert(at, (name, value)),
        }
    }

    /// A copy of a member's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        self.position(name).ok().map(|at| self.shown(&self.members[at].1).into())
    }

    /// A member's text; `None` if it is not there or not text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.shown(&self.members[self.position(name).ok()?].1) {
            Shown::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Removes a member and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.position(name).ok()?;
        let (_, stored) = self.members.remove(at);
        Some(self.shown(&stored).into())
    }

    /// Whether there is a member with this name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// The names, sorted.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.members.iter().map(|(name, _)| &**name)
    }

    /// The members with copies of their values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Value)> {
        self.all().map(|(name, shown)| (name, shown.into()))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.members.binary_search_by(|(known, _)| (**known).cmp(name))
    }

    fn store(&mut self, value: ExtraValue<'_>) -> Stored {
        match value {
            ExtraValue::Text(text) => self.store_text(&text),
            ExtraValue::ObjectWithText(name, text) => Stored::Only(Box::new((name, self.store_text(&text)))),
            ExtraValue::Json(Value::String(text)) => self.store_text(&text),
            ExtraValue::Json(Value::Bool(flag)) => Stored::Flag(flag),
            ExtraValue::Json(Value::Number(number)) if number.is_i64() => {
                Stored::Integer(number.as_i64().unwrap_or_default())
            }
            ExtraValue::Json(other) => Stored::Json(Box::new(other)),
        }
    }

    fn store_text(&mut self, text: &str) -> Stored {
        if self.texts.capacity() == 0 {
            self.texts.reserve(text.len().max(self.members.capacity() * USUAL_TEXT));
        }
        let start = u32::try_from(self.texts.len());
        let end = u32::try_from(self.texts.len().saturating_add(text.len()));
        let (Ok(start), Ok(end)) = (start, end) else { return Stored::Json(Box::new(text.into())) };
        self.texts.push_str(text);
        Stored::Text { start, end }
    }

    fn shown<'a>(&'a self, stored: &'a Stored) -> Shown<'a> {
        match stored {
            Stored::Text { start, end } => {
                Shown::Text(self.texts.get(*start as usize..*end as usize).unwrap_or_default())
            }
            Stored::Only(member) => match self.shown(&member.1) {
                Shown::Text(text) => Shown::Only((member.0, text)),
                other => other,
            },
            Stored::Flag(flag) => Shown::Flag(*flag),
            Stored::Integer(integer) => Shown::Integer(*integer),
            Stored::Json(value) => Shown::Json(value),
        }
    }

    fn all(&self) -> impl ExactSizeIterator<Item = (&str, Shown<'_>)> {
        self.members.iter().map(|(name, stored)| (&**name, self.shown(stored)))
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.all().eq(other.all())
    }
}

impl<'a, N: Into<Cow<'static, str>>, V: Into<ExtraValue<'a>>> FromIterator<(N, V)> for Extra {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Self {
        let mut extra = Self::new();
        extra.extend(members);
        extra
    }
}

impl<'a, N: Into<Cow<'static, str>>, V: Into<ExtraValue<'a>>> Extend<(N, V)> for Extra {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, members: I) {
        // Sorted once: in the order that an outsider chooses, inserting each at its place takes too long.
        for (name, value) in members {
            let value = self.store(value.into());
            self.members.push((name.into(), value));
        }
        self.members.sort_by(|(one, _), (other, _)| one.cmp(other));
        // Of several with one name, the last counts.
        self.members.reverse();
        self.members.dedup_by(|(one, _), (other, _)| one == other);
        self.members.reverse();
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys()).finish()
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.all())
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ExtraVisitor)
    }
}

struct ExtraVisitor;

impl<'de> Visitor<'de> for ExtraVisitor {
    type Value = Extra;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Extra, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, Value>()? {
            members.push(member);
        }
        Ok(members.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_an_object_whose_order_does_not_matter() {
        let one: Extra = [("b", json!("1")), ("a", json!(null)), ("c", json!([2]))].into_iter().collect();
        let other: Extra = serde_json::from_str(r#"{"c": [2], "a": null, "b": "0", "b": "1"}"#).unwrap();
        assert_eq!(one, other);
        assert_eq!(serde_json::to_value(&one).unwrap(), json!({"a": null, "b": "1", "c": [2]}));
        assert_eq!(one.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(serde_json::from_str::<Extra>("[1]").is_err());
    }

    #[test]
    fn every_value_comes_back_as_it_was() {
        let values = json!([
            "", "text", "ünï", true, false, 0, -1, i64::MAX, i64::MIN, u64::MAX, 1.5, null, [], {"a": ["b"]}
        ]);
        let mut extra = Extra::with_capacity(2);
        for (at, value) in values.as_array().unwrap().iter().enumerate() {
            extra.insert(format!("m{at}"), value.clone());
        }
        for (at, value) in values.as_array().unwrap().iter().enumerate() {
            let name = format!("m{at}");
            assert_eq!(extra.get(&name).as_ref(), Some(value));
            assert_eq!(extra.text(&name), value.as_str());
            assert_eq!(extra.clone().remove(&name).as_ref(), Some(value));
        }
        let copied: Extra = serde_json::from_value(serde_json::to_value(&extra).unwrap()).unwrap();
        assert_eq!(copied, extra);
    }

    #[test]
    fn an_object_of_which_one_text_is_kept_is_an_object() {
        let mut extra = Extra::new();
        extra.insert("creator", ExtraValue::ObjectWithText("id", "c-1".into()));
        assert_eq!(extra.get("creator"), Some(json!({"id": "c-1"})));
        assert_eq!(extra.text("creator"), None);
        let written = serde_json::to_string(&extra).unwrap();
        assert_eq!(written, r#"{"creator":{"id":"c-1"}}"#);
        assert_eq!(serde_json::from_str::<Extra>(&written).unwrap(), extra);
    }

    #[test]
    fn members_in_any_order_are_sorted_and_the_last_of_a_name_counts() {
        let names = (0..1000).rev().flat_map(|n| [format!("n{n:04}"), "same".to_owned()]);
        let extra: Extra = names.zip(0_i64..).collect();
        assert_eq!(
            (extra.len(), extra.get("same"), extra.get("n0999")),
            (1001, Some(1999.into()), Some(0.into()))
        );
        assert!(extra.keys().is_sorted());
        assert_eq!(Extra::from_iter([("a", ExtraValue::Json(json!("b")))]).text("a"), Some("b"));
    }

    #[test]
    fn members_are_replaced_and_removed() {
        let mut extra = Extra::new();
        extra.insert("a", 1);
        extra.insert("a", "two");
        assert_eq!((extra.len(), extra.remove("a"), extra.remove("a")), (1, Some(json!("two")), None));
        assert!(extra.is_empty() && extra.get("a").is_none() && extra.text("a").is_none());
    }
}
