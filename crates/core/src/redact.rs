//! Removes secrets, card numbers and e-mail addresses from texts that others wrote.

/// What replaces a secret.
const SECRET: &str = "[redacted]";
/// The longest text, in characters.
const MAX_CHARS: usize = 300;
/// The shortest text that can be a JWT.
const MIN_JWT: usize = 12;
/// The shortest word after `Bearer` that counts as a credential.
const MIN_CREDENTIAL: usize = 6;
/// The same for a word of letters only.
const MIN_PLAIN_CREDENTIAL: usize = 16;
/// The longest separator between the digits of a card number.
const MAX_GAP: usize = 3;

/// Makes a provider's text safe to show: bounded, on one line, and without anything that looks like a bearer
/// token, a card number or an e-mail address.
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

/// As [`redact`], and removes `secrets` that the text may repeat.
#[must_use]
pub fn redact_with(text: &str, secrets: &[String]) -> String {
    let mut text = plain(text);
    for secret in secrets {
        text = text.replace(secret.as_str(), SECRET);
    }
    let text = words(&text);
    bounded(cards(&text))
}

/// The text without anything that looks like a token, a card number or an e-mail address.
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

/// Characters that are invisible or change the text direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Replaces the words that are tokens or e-mail addresses.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // After an authentication scheme, the next word is a credential.
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

/// Characters of tokens (base64 of both alphabets, JWT) and e-mail addresses.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || "._%+-@~/=".contains(c)
}

/// Whether the word after `Bearer` is a credential, unlike in "Bearer authentication failed".
fn is_credential(word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_ascii_alphabetic() || c == '.');
    word.len() >= if plain { MIN_PLAIN_CREDENTIAL } else { MIN_CREDENTIAL }
}

fn is_jwt(word: &str) -> bool {
    // `{"` in base64: the start of every JSON object in a token.
    word.find("eyJ").is_some_and(|start| word.len() - start >= MIN_JWT)
}

fn is_email(word: &str) -> bool {
    word.len() >= 3 && (word.contains('@') || word.contains("%40"))
}

/// Replaces card numbers, with or without separators.
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

/// The end of the digits that begin at `start`, including separators between them.
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
/// One in ten numbers does by chance. So digits that do not begin and end with a group count only if they
/// have the first digit and the length of common cards.
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
    // All zeros pass the check but are not a card.
    sum != 0 && sum.is_multiple_of(10)
}

fn bounded(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(MAX_CHARS) {
        text.truncate(cut);
        text.push('…');
    }
    text
}
