//! Lists whose elements are converted one by one.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, SeqAccess, Visitor},
};

/// How many elements are read before they are converted. The code that reads and the code that converts do not
/// fit into the processor's instruction cache together, so changing between them for each element is slow.
const AT_ONCE: usize = 16;

/// Reads a list of `E` and converts its elements a few at a time, so that the provider's form of a long list is
/// never held as a whole.
///
/// ```
/// use refunds_http::Each;
/// use serde::de::DeserializeSeed;
///
/// let lengths = Each::new(|text: &str| text.len());
/// let mut json = serde_json::Deserializer::from_str(r#"["a", "bc"]"#);
/// assert_eq!(lengths.deserialize(&mut json)?, [1, 2]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Each<E, F> {
    convert: F,
    element: PhantomData<fn(E)>,
}

impl<E, F> Each<E, F> {
    /// A list of which `convert` is applied to every element.
    pub const fn new(convert: F) -> Self {
        Self { convert, element: PhantomData }
    }
}

impl<'de, E: Deserialize<'de>, T, F: FnMut(E) -> T> DeserializeSeed<'de> for Each<E, F> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, E: Deserialize<'de>, T, F: FnMut(E) -> T> Visitor<'de> for Each<E, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut converted = Vec::new();
        let mut read = Vec::with_capacity(AT_ONCE);
        loop {
            while read.len() < AT_ONCE
                && let Some(element) = list.next_element()?
            {
                read.push(element);
            }
            let is_last = read.len() < AT_ONCE;
            converted.extend(read.drain(..).map(&mut self.convert));
            if is_last {
                return Ok(converted);
            }
        }
    }
}

impl<E, F> fmt::Debug for Each<E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Each(..)")
    }
}
