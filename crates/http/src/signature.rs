//! Signatures of webhooks.

use std::borrow::Borrow;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use refunds_core::{Error, Result};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString, zeroize::Zeroizing};

/// Longer than any digest there is, in hex.
const MAX_SIGNATURE: usize = 128;

/// Providers show keys with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The digest under an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Digest {
    /// SHA-1: old, and as an HMAC still sound.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// The key of an HMAC, as a provider gives it to the merchant: some mean the characters of the text, others
/// the bytes that it encodes. `Debug` does not show it, and it is wiped when it is dropped.
///
/// ```
/// use refunds_core::ErrorKind;
/// use refunds_http::{Digest, HmacKey, is_signed};
///
/// let signature = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
/// let message: [&[u8]; 1] = [b"The quick brown fox jumps over the lazy dog"];
/// for key in [
///     HmacKey::text(&"key".to_owned().into()),
///     HmacKey::hex("webhook_secret", &"6b6579".to_owned().into())?,
///     HmacKey::base64("webhook_secret", &"a2V5".to_owned().into())?,
/// ] {
///     assert!(is_signed(Digest::Sha256, [&key], &message, signature));
/// }
///
/// let error = HmacKey::hex("webhook_secret", &"key".to_owned().into()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert_eq!(error.message(), "the setting `webhook_secret` is not hexadecimal");
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HmacKey(SecretSlice<u8>);

impl HmacKey {
    /// The characters of the secret as they are, in UTF-8. Nothing is signed with an empty one.
    #[must_use]
    pub fn text(secret: &SecretString) -> Self {
        Self(secret.expose_secret().as_bytes().to_vec().into())
    }

    /// The bytes that the secret of this setting encodes in hex, in lower or upper case.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config) for anything else, and for none. The message
    /// names the setting and does not show the secret.
    pub fn hex(setting: &str, secret: &SecretString) -> Result<Self> {
        Self::decoded(setting, "hexadecimal", from_hex(secret.expose_secret()))
    }

    /// The bytes that the secret of this setting encodes in base64: the standard alphabet, with or without
    /// padding. A prefix such as `whsec_` is not a part of it.
    ///
    /// # Errors
    ///
    /// As [`hex`](Self::hex).
    pub fn base64(setting: &str, secret: &SecretString) -> Result<Self> {
        Self::decoded(setting, "base64", from_base64(secret.expose_secret()))
    }

    fn decoded(setting: &str, encoding: &str, key: Option<Zeroizing<Vec<u8>>>) -> Result<Self> {
        match key {
            Some(key) if !key.is_empty() => Ok(Self(key.as_slice().to_vec().into())),
            Some(_) => Err(Error::config(format!("the setting `{setting}` is empty"))),
            None => Err(Error::config(format!("the setting `{setting}` is not {encoding}"))),
        }
    }
}

/// Whether `signature`, in lower-case hex, is the HMAC of the `message`'s parts, one after the other,
/// under any of the `keys`. Compared in constant time.
///
/// Sign over the bytes as they arrived: JSON that was parsed and written again is another text.
///
/// ```
/// use refunds_http::{Digest, HmacKey, is_signed};
///
/// let keys = [HmacKey::text(&"key".to_owned().into())];
/// let message: [&[u8]; 2] = [b"The quick brown fox jumps over ", b"the lazy dog"];
/// assert!(is_signed(Digest::Sha1, &keys, &message, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"));
/// assert!(!is_signed(Digest::Sha1, &keys, &message, "DE7C9B85B8B78AA6BC8A7A36F70A90701C9DB4D9"));
/// ```
#[must_use]
pub fn is_signed(
    digest: Digest,
    keys: impl IntoIterator<Item = impl Borrow<HmacKey>>,
    message: &[&[u8]],
    signature: &str,
) -> bool {
    let Some(signature) = from_lower_hex(signature) else { return false };
    let matches = |key: &HmacKey| {
        let key = key.0.expose_secret();
        // With an empty key, everyone could sign.
        !key.is_empty() && verify_slices_are_equal(tag(digest, key, message).as_ref(), &signature).is_ok()
    };
    // No short cut: the time taken must not show which of the keys matches.
    keys.into_iter().fold(false, |found, key| matches(key.borrow()) | found)
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

fn from_lower_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let fits =
        (1..=MAX_SIGNATURE).contains(&text.len()) && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    if fits { from_hex(text) } else { None }
}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    // Not collected: that would leave copies behind as it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(bytes)
}

fn from_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    let length = BASE64.decode_slice(text, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use refunds_core::ErrorKind;

    use super::*;

    #[test]
    fn only_the_whole_right_signature_passes() {
        let right = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        let text = b"The quick brown fox jumps over the lazy dog";
        let secret = |text: &str| HmacKey::text(&text.to_owned().into());
        for (what, keys, signature, ok) in [
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
            assert_eq!(is_signed(Digest::Sha256, &keys, &[text], &signature), ok, "{what}");
        }
    }

    #[test]
    fn a_key_is_what_its_encoding_says_or_refused_without_being_shown() {
        type Decode = fn(&str, &SecretString) -> Result<HmacKey>;
        let (hex, base64): (Decode, Decode) = (HmacKey::hex, HmacKey::base64);
        for (decode, secret, key) in [
            (hex, "00ff7F", Ok(&[0, 0xff, 0x7f][..])),
            (hex, "00f", Err("the setting `hook` is not hexadecimal")),
            (hex, "0x00", Err("the setting `hook` is not hexadecimal")),
            (hex, "00 ff", Err("the setting `hook` is not hexadecimal")),
            (hex, "øø", Err("the setting `hook` is not hexadecimal")),
            (hex, "", Err("the setting `hook` is empty")),
            (base64, "AP9/+w==", Ok(&[0, 0xff, 0x7f, 0xfb])),
            (base64, "AP9/+w", Ok(&[0, 0xff, 0x7f, 0xfb])),
            (base64, "AP9_-w==", Err("the setting `hook` is not base64")),
            (base64, "whsec_AP9/+w==", Err("the setting `hook` is not base64")),
            (base64, "AP9/+w==\n", Err("the setting `hook` is not base64")),
            (base64, "", Err("the setting `hook` is empty")),
        ] {
            let decoded = decode("hook", &secret.to_owned().into());
            match (&decoded, key) {
                (Ok(decoded), Ok(key)) => assert_eq!(decoded.0.expose_secret(), key, "{secret}"),
                (Err(error), Err(message)) => {
                    assert_eq!((error.kind(), error.message()), (ErrorKind::Config, message), "{secret}");
                }
                _ => panic!("{secret}: {decoded:?}"),
            }
        }
        let shown = format!("{:?}", HmacKey::text(&"canary".to_owned().into()));
        assert_eq!(shown, "HmacKey(SecretBox<[u8]>([REDACTED]))");
    }
}
