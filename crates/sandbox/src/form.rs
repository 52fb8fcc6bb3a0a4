//! Query strings, as `application/x-www-form-urlencoded` writes them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All characters that must be encoded.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// The decoded parameters of a query, in order.
pub(crate) fn decode(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| decode_percent(&text.replace('+', " "));
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

pub(crate) fn decode_percent(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Parameters as a query; a space is `+`.
pub(crate) fn encode(pairs: &[(String, String)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, FORM).to_string().replace(' ', "+");
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_as_forms_are() {
        let query = decode("a=x%20y&b=%C3%A5~*&c&=d&&e=1+2");
        assert_eq!(encode(&query), "a=x+y&b=%C3%A5%7E*&c=&=d&e=1+2");
    }
}
