//! Keeps secrets, card numbers and e-mail addresses out of texts that others wrote.

/// What of a provider's text may be shown: bounded, on one line, and without what looks like a
/// bearer token, a card number or an e-mail address.
///
/// ```
/// use refunds_core::redact;
///
/// assert_eq!(redact("card 4111 1111 1111 1111 of kari@example.com\r\nfailed"), "card [card] of [email] failed");
/// ```
#[must_use]
pub fn redact(text: &str) -> String {
    redact_with(text, &[])
}

/// The same, and without `secrets` that the text may repeat.
#[must_use]
pub fn redact_with(text: &str, secrets: &[String]) -> String {
    let mut text = plain(text);
    for secret in secrets {
        text = text.replace(secret.as_str(), SECRET);
    }
    let text = words(&text);
    bounded(cards(&text))
}

/// The text as it is, without what looks like a token, a card number or an e-mail address.
pub(crate) fn scrub(text: &str) -> String {
    cards(&words(text))
}

/// One line of printable characters, single blanks between words.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) {
            continue;
        }
        if !(c.is_whitespace() || c.is_control()) {
            plain.push(c);
        } else if !plain.is_empty() && !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// Characters that show nothing, or turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Replaces the words that are tokens or e-mail addresses.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // The scheme of a credential makes the next word one.
    let mut credential = false;
    while let Some(first) = rest.chars().next() {
        if !in_word(first) {
            out.push(first);
            // `Bearer: x`, `Bearer "x"` and so on still count.
            credential &= first == ' ' || first.is_ascii_punctuation();
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        rest = tail;
        let scheme = ["bearer", "basic"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        if (credential && !scheme && is_credential(word)) || is_jwt(word) {
            out.push_str(SECRET);
        } else if is_email(word) {
            out.push_str("[email]");
        } else {
            out.push_str(word);
        }
        credential = scheme;
    }
    out
}

/// What tokens (base64 of both alphabets, JWT) and e-mail addresses are made of.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || "._%+-@~/=".contains(c)
}

/// Whether what follows `Bearer` is one, and not "Bearer authentication failed".
fn is_credential(word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_ascii_alphabetic() || c == '.');
    word.len() >= if plain { MIN_PLAIN_CREDENTIAL } else { MIN_CREDENTIAL }
}

fn is_jwt(word: &str) -> bool {
    // `{"` in base64, as every JSON object in a token begins.
    word.find("eyJ").is_some_and(|start| word.len() - start >= MIN_JWT)
}

fn is_email(word: &str) -> bool {
    word.len() >= 3 && (word.contains('@') || word.contains("%40"))
}

/// Replaces digits, with or without separators, that are card numbers.
fn cards(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = chain_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        if holds_card(&chars[at..end]) {
            out.push_str("[card]");
        } else {
            out.extend(&chars[at..end]);
        }
        at = end;
    }
    out
}

/// The end of the digits, and of the separators between them, that begin at `start`.
fn chain_end(chars: &[char], start: usize) -> usize {
    let mut end = start;
    let mut gap = 0;
    for (index, c) in chars.iter().enumerate().skip(start) {
        if c.is_ascii_digit() {
            end = index + 1;
            gap = 0;
        } else if end > start && gap < MAX_GAP && " -._/".contains(*c) {
            gap += 1;
        } else {
            break;
        }
    }
    end
}

/// Whether 13 to 19 digits in a row pass Luhn's check.
///
/// Every tenth number does by chance. So digits that do not begin and end where a group of them does
/// count only if they have the beginning and the length of the common cards.
fn holds_card(chain: &[char]) -> bool {
    let mut digits = Vec::with_capacity(chain.len());
    let mut ends = vec![true];
    for c in chain {
        match c.to_digit(10) {
            Some(digit) => {
                digits.push(digit);
                ends.push(false);
            }
            None => ends[digits.len()] = true,
        }
    }
    ends[digits.len()] = true;
    (13..=19).any(|length| {
        digits.windows(length).enumerate().any(|(start, window)| {
            let whole = ends[start] && ends[start + length];
            let common = (14..=16).contains(&length) && (3..=6).contains(&window[0]);
            (whole || common) && passes_luhn(window)
        })
    })
}

fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    // All zeros pass, and are no card.
    sum != 0 && sum.is_multiple_of(10)
}

fn bounded(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(MAX_CHARS) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

const SECRET: &str = "[redacted]";
const MAX_CHARS: usize = 300;
const MIN_JWT: usize = 12;
const MIN_CREDENTIAL: usize = 6;
const MIN_PLAIN_CREDENTIAL: usize = 16;
const MAX_GAP: usize = 3;
