//! Signatures of webhooks.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use secrecy::{ExposeSecret as _, SecretString};

/// The digest under an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Digest {
    /// SHA-1: old, and as an HMAC still sound.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// Whether `signature`, in lower-case hex, is the HMAC of the `message`'s parts, one after the other,
/// under any of the `secrets`. Compared in constant time.
///
/// Sign over the bytes as they arrived: JSON that was parsed and written again is another text.
///
/// ```
/// use refunds_http::{Digest, is_signed};
///
/// let secrets = ["key".to_owned().into()];
/// let message: [&[u8]; 2] = [b"The quick brown fox jumps over ", b"the lazy dog"];
/// assert!(is_signed(Digest::Sha1, &secrets, &message, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"));
/// assert!(!is_signed(Digest::Sha1, &secrets, &message, "DE7C9B85B8B78AA6BC8A7A36F70A90701C9DB4D9"));
/// ```
#[must_use]
pub fn is_signed<'a>(
    digest: Digest,
    secrets: impl IntoIterator<Item = &'a SecretString>,
    message: &[&[u8]],
    signature: &str,
) -> bool {
    let Some(signature) = from_lower_hex(signature) else { return false };
    let matches = |secret: &SecretString| {
        let secret = secret.expose_secret().as_bytes();
        // With an empty key, everyone could sign.
        !secret.is_empty()
            && verify_slices_are_equal(tag(digest, secret, message).as_ref(), &signature).is_ok()
    };
    // No short cut: the time taken must not show which of the secrets matches.
    secrets.into_iter().fold(false, |found, secret| matches(secret) | found)
}

/// The HMAC of the `message`'s parts.
fn tag(digest: Digest, secret: &[u8], message: &[&[u8]]) -> hmac::Tag {
    let algorithm = match digest {
        Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha256 => hmac::HMAC_SHA256,
    };
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, secret));
    for part in message {
        context.update(part);
    }
    context.sign()
}

/// The signature that [`is_signed`] accepts.
#[cfg(feature = "testing")]
pub(crate) fn code(digest: Digest, secret: &[u8], message: &[&[u8]]) -> String {
    tag(digest, secret, message)
        .as_ref()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

fn from_lower_hex(text: &str) -> Option<Vec<u8>> {
    fn digit(byte: u8) -> Option<u8> {
        match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        }
    }
    // Longer than any digest there is.
    if text.is_empty() || text.len() > 128 {
        return None;
    }
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_right_signature_passes() {
        let right = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        let text = b"The quick brown fox jumps over the lazy dog";
        let secret = |text: &str| SecretString::from(text.to_owned());
        for (what, secrets, signature, ok) in [
            ("right", vec![secret("key")], right.to_owned(), true),
            ("one of several", vec![secret("old"), secret("key")], right.to_owned(), true),
            ("no secret", vec![], right.to_owned(), false),
            ("an empty secret", vec![secret("")], right.to_owned(), false),
            ("another secret", vec![secret("Key")], right.to_owned(), false),
            ("nothing", vec![secret("key")], String::new(), false),
            ("half", vec![secret("key")], right[..32].to_owned(), false),
            ("odd", vec![secret("key")], right[..63].to_owned(), false),
            ("more", vec![secret("key")], format!("{right}00"), false),
            ("capitals", vec![secret("key")], right.to_uppercase(), false),
            ("no hex", vec![secret("key")], "ö".repeat(32), false),
            ("huge", vec![secret("key")], "0".repeat(1 << 20), false),
        ] {
            assert_eq!(is_signed(Digest::Sha256, &secrets, &[text], &signature), ok, "{what}");
        }
    }
}
