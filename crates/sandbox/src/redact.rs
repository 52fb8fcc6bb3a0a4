//! What may be shown of a request: no credential, no e-mail address, no card number.

use std::mem;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::form;

/// In the place of what is not shown.
const REDACTED: &str = "[redacted]";
/// More of a path, a query or a header is not shown.
const SHOWN_TEXT: usize = 2 * 1024;
/// More of a body is not shown.
const SHOWN_BODY: usize = 8 * 1024;
/// Parts of names whose values are credentials, without dashes and underscores.
const SECRET_NAMES: [&str; 12] = [
    "secret",
    "token",
    "password",
    "passwd",
    "authorization",
    "cookie",
    "apikey",
    "privatekey",
    "signature",
    "credential",
    "cvc",
    "cvv",
];
/// Whole names whose values are credentials or cards.
const SECRET_EXACTLY: [&str; 4] = ["key", "pan", "cardnumber", "securitycode"];
const UUID: usize = 36;
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// A body as far as it is shown.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Shown {
    /// The redacted body, or its beginning; `None` if there is none or none that is safe to show.
    pub(crate) body: Option<String>,
    /// The size on the wire.
    pub(crate) body_bytes: usize,
    /// Why not all of the body is shown.
    pub(crate) body_note: Option<&'static str>,
}

/// Redacts by the names and the look of values, and knows some secrets by heart.
pub(crate) struct Redactor {
    known: Vec<String>,
}

impl Redactor {
    /// With these secrets.
    pub(crate) fn knowing(secrets: impl IntoIterator<Item = String>) -> Self {
        Self { known: secrets.into_iter().filter(|secret| !secret.is_empty()).collect() }
    }

    /// A header's value. Of credentials, the scheme stays.
    pub(crate) fn header(&self, name: &str, value: &str) -> String {
        if !is_secret(name) {
            return self.text(value);
        }
        match value.split_once(' ') {
            Some((scheme @ ("Basic" | "Bearer"), _)) => format!("{scheme} {REDACTED}"),
            _ => REDACTED.to_owned(),
        }
    }

    /// A path. Its segments are as on the wire, or decoded if something in them is redacted.
    pub(crate) fn path(&self, path: &str) -> String {
        let segments = path.split('/').map(|segment| {
            let decoded = form::decode_percent(segment);
            let redacted = self.text(&decoded);
            if redacted == decoded { segment.to_owned() } else { redacted }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// A query or form. Values are encoded again, except for what is in their place.
    pub(crate) fn form(&self, query: &str) -> String {
        let pairs = form::decode(query).into_iter().map(|(name, value)| {
            let shown = if is_secret(&name) { REDACTED.to_owned() } else { self.text(&value) };
            (self.text(&name), shown)
        });
        form::encode(&pairs.collect::<Vec<_>>()).replace("%5Bredacted%5D", REDACTED)
    }

    /// A URL.
    pub(crate) fn url(&self, url: &str) -> String {
        match url.split_once('?') {
            Some((path, query)) => format!("{}?{}", self.path(path), self.form(query)),
            None => self.path(url),
        }
    }

    /// Only JSON and forms are shown: in anything else, no name says what a value is.
    pub(crate) fn body(&self, content_type: &str, body: &Bytes) -> Shown {
        let body_bytes = body.len();
        if body.is_empty() {
            return Shown::default();
        }
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let text = if let Ok(mut value) = serde_json::from_slice(body) {
            self.json(&mut value);
            Some(value.to_string())
        } else if media_type == "application/x-www-form-urlencoded" {
            std::str::from_utf8(body).ok().map(|form| self.form(form))
        } else {
            None
        };
        let Some(mut text) = text else {
            return Shown {
                body: None,
                body_bytes,
                body_note: Some("not shown: neither valid JSON nor a form"),
            };
        };
        let is_cut = text.len() > SHOWN_BODY;
        text.truncate(boundary(&text, SHOWN_BODY));
        Shown { body: Some(text), body_bytes, body_note: is_cut.then_some("only the beginning is shown") }
    }

    /// Any text: known secrets, signed tokens, e-mail addresses and card numbers.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.known {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), REDACTED);
            }
        }
        for redact in [without_tokens, without_addresses, without_cards] {
            text = redact(&text);
        }
        text
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Number(number) => {
                let text = number.to_string();
                if without_cards(&text) != text {
                    *value = REDACTED.into();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(members) => {
                let mut shown = Map::new();
                for (name, mut member) in mem::take(members) {
                    if is_secret(&name) && !member.is_null() {
                        member = REDACTED.into();
                    } else {
                        self.json(&mut member);
                    }
                    shown.insert(self.text(&name), member);
                }
                *members = shown;
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// The beginning of a text that is too long to be shown with its request.
pub(crate) fn shortened(mut text: String) -> String {
    if text.len() > SHOWN_TEXT {
        text.truncate(boundary(&text, SHOWN_TEXT));
        text.push('…');
    }
    text
}

/// The last place up to `at` where a text can be cut.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn is_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.iter().any(|part| plain.contains(part)) || SECRET_EXACTLY.contains(&plain.as_str())
}

/// Without JSON Web Tokens: three parts in base64, the first of an object.
fn without_tokens(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    replace_runs(
        text,
        |c| is_part(c) || c == '.',
        |run| run.starts_with("eyJ") && run.matches('.').count() == 2,
    )
}

fn without_addresses(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "@.!#$%&'*+/=?^_`{|}~-".contains(c);
    replace_runs(text, is_part, |run| {
        run.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
    })
}

/// Replaces the longest runs of these characters that are meant.
fn replace_runs(text: &str, is_part: impl Fn(char) -> bool, is_meant: impl Fn(&str) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(&is_part) {
        let (before, run) = rest.split_at(start);
        let (run, after) = run.split_at(run.find(|c| !is_part(c)).unwrap_or(run.len()));
        shown.push_str(before);
        shown.push_str(if is_meant(run) { REDACTED } else { run });
        rest = after;
    }
    shown + rest
}

/// Without numbers of cards: 13 to 19 digits with the right check digit, perhaps in groups. Part of a UUID is not one.
fn without_cards(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, from) = rest.split_at(start);
        shown.push_str(before);
        let length = if is_uuid(from) {
            UUID
        } else {
            let end = card_end(from);
            if end > 0 {
                shown.push_str(REDACTED);
                rest = &from[end..];
                continue;
            }
            // All digits of a run that is no card, so that its tail is not taken for one.
            from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()).max(1)
        };
        shown.push_str(&from[..length]);
        rest = &from[length..];
    }
    shown + rest
}

fn is_uuid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    let fits =
        |(at, byte): (usize, u8)| if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() >= UUID && text.bytes().take(UUID).enumerate().all(fits)
}

/// Where a card number at the beginning ends; 0 if there is none. Other groups of digits may follow it.
fn card_end(text: &str) -> usize {
    let mut digits = Vec::new();
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let Some(digit) = c.to_digit(10) else { break };
        digits.push(digit);
        if digits.len() > *CARD_DIGITS.end() {
            break;
        }
        let is_end_of_group = chars.peek().is_none_or(|(_, next)| !next.is_ascii_digit());
        if is_end_of_group && CARD_DIGITS.contains(&digits.len()) && has_check_digit(&digits) {
            end = at + 1;
        }
        chars.next_if(|(_, next)| is_end_of_group && (*next == ' ' || *next == '-'));
    }
    end
}

/// Luhn's algorithm.
fn has_check_digit(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        Redactor::knowing(["s3cret-of-the-merchant".to_owned()])
    }

    #[test]
    fn texts() {
        for (text, shown) in [
            ("rma-551", "rma-551"),
            ("ask ada@example.com, please", "ask [redacted], please"),
            ("<ada+shop@example.co.uk>", "<[redacted]>"),
            ("@example", "@example"),
            ("4111111111111111", "[redacted]"),
            ("card4111 1111 1111 1111.", "card[redacted]."),
            ("4111-1111-1111-1111", "[redacted]"),
            ("4111 1111 1111 1111 123", "[redacted] 123"),
            ("12345 4111 1111 1111 1111 12 34", "12345 [redacted] 12 34"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("4111111111111112", "4111111111111112"),
            ("411111******1111", "411111******1111"),
            ("44850", "44850"),
            ("41111111-1111-4111-8111-111111111111", "41111111-1111-4111-8111-111111111111"),
            ("a s3cret-of-the-merchant b", "a [redacted] b"),
            ("Bearer eyJhbGciOiJFUzUxMiJ9.e30.c2ln", "Bearer [redacted]"),
            ("æ€ 4111111111111111 ø", "æ€ [redacted] ø"),
        ] {
            assert_eq!(redactor().text(text), shown);
        }
    }

    #[test]
    fn bodies() {
        let shown = |content_type, body: &'static str| redactor().body(content_type, &Bytes::from(body));
        for (content_type, body, expected) in [
            ("application/json", r#"{"amount":100}"#, Some(r#"{"amount":100}"#)),
            ("application/json", r#"{"client_secret":"x"}"#, Some(r#"{"client_secret":"[redacted]"}"#)),
            (
                "application/json",
                r#"{"a":[{"accessToken":{"b":1}}]}"#,
                Some(r#"{"a":[{"accessToken":"[redacted]"}]}"#),
            ),
            ("application/json", r#"{"n":4111111111111111}"#, Some(r#"{"n":"[redacted]"}"#)),
            ("application/json", r#"{"ada@example.com":1}"#, Some(r#"{"[redacted]":1}"#)),
            ("application/json", r#"{"client_secret":"x", oops"#, None),
            ("application/x-www-form-urlencoded", "a=1&password=x", Some("a=1&password=[redacted]")),
            ("application/x-www-form-urlencoded", "to=ada%40example.com", Some("to=[redacted]")),
            ("text/plain", "password: x", None),
        ] {
            assert_eq!(shown(content_type, body).body.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let body = Bytes::from(format!("\"{}\"", "å".repeat(SHOWN_BODY)));
        let shown = redactor().body("application/json", &body);
        assert_eq!(shown.body.map(|text| text.len()), Some(SHOWN_BODY - 1));
        assert_eq!((shown.body_bytes, shown.body_note.is_some()), (body.len(), true));
    }

    #[test]
    fn nothing_takes_long() {
        for text in ["1 ", "1", "a@", "eyJ.", "4111 1111 1111 1111 "] {
            let long = text.repeat(128 * 1024 / text.len());
            assert!(!redactor().text(&long).is_empty());
        }
    }

    #[test]
    fn headers() {
        for (name, value, shown) in [
            ("authorization", "Bearer abc", "Bearer [redacted]"),
            ("authorization", "abc", "[redacted]"),
            ("x-api-key", "abc", "[redacted]"),
            ("cookie", "a=b", "[redacted]"),
            ("idempotency-key", "rma-551", "rma-551"),
            ("from", "ada@example.com", "[redacted]"),
        ] {
            assert_eq!(redactor().header(name, value), shown, "{name}");
        }
    }

    #[test]
    fn paths_and_queries() {
        assert_eq!(redactor().path("/a%2Fb/%2e"), "/a%2Fb/%2e");
        assert_eq!(redactor().path("/to/ada%40example.com"), "/to/[redacted]");
        assert_eq!(redactor().form("limit=20&access_token=x"), "limit=20&access_token=[redacted]");
    }
}
