//! The merchant's private key: P-521, from PEM.

use std::{fmt, fs::File, io::Read as _};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use refunds_core::{Error, ErrorKind, Result};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretString};

const COORDINATE_LEN: usize = 66;
const MAX_KEY_FILE: u64 = 64 << 10;

/// A P-521 key that signs, with the id by which the provider knows it.
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    id: String,
}

impl SigningKey {
    /// Reads a PEM text: PKCS#8 as the dashboard gives it out, or SEC1 as OpenSSL writes it.
    pub(crate) fn from_pem(pem: &SecretString) -> Result<Self> {
        let pem = unescaped(pem.expose_secret());
        let text = pem.expose_secret();
        if text.contains("ENCRYPTED") {
            return Err(fault("is encrypted; decrypt it first, such as by `openssl pkey`"));
        }
        // The causes are dropped: they may hold parts of what could not be read.
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
            fault(
                "is not a private key in PEM: -----BEGIN PRIVATE KEY-----, base64, -----END PRIVATE KEY-----",
            )
        })?;
        if matches!(der, PrivateKeyDer::Pkcs1(_)) {
            return Err(fault("is an RSA key; an EC key on the curve P-521 is needed"));
        }
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P521_SHA512_FIXED_SIGNING, der.secret_der())
            .map_err(|_| fault("is not an EC key on the curve P-521, or is damaged"))?;
        let id = thumbprint(pair.public_key().as_ref()).ok_or_else(|| fault("has no usable public key"))?;
        Ok(Self { pair, id })
    }

    /// The `kid` of its tokens.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The signature as JOSE wants it for ES512: `r` and `s`, 66 bytes each.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; 2 * COORDINATE_LEN]> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok();
        signature.and_then(|signature| signature.as_ref().try_into().ok()).ok_or_else(|| {
            Error::new(ErrorKind::Other, "a token could not be signed")
                .with_provider(crate::NAME)
                .not_applied()
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Reads the file that the setting `key` names.
///
/// Only a regular file is opened: opening a pipe may never return, and a device has no end. What is
/// there may be replaced in between, so the length is bounded as well.
pub(crate) fn read_key(key: &str, path: &str) -> Result<SecretString> {
    let fault = |why: &str| Error::config(format!("the file that the setting `{key}` names {why}"));
    let unreadable = |cause: std::io::Error| fault("cannot be read").with_source(cause);
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(fault("is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_KEY_FILE + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_KEY_FILE {
        return Err(fault("is too long to be a key"));
    }
    // The cause is dropped: it holds the bytes.
    String::from_utf8(bytes).map(SecretString::from).map_err(|_| fault("is not text"))
}

/// A key that stood in one line of an environment variable, with `\n` for its line ends.
fn unescaped(pem: &str) -> SecretString {
    let pem = pem.trim();
    if pem.contains("\\n") { pem.replace("\\r", "").replace("\\n", "\n").into() } else { pem.into() }
}

/// The key's thumbprint by [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638), from the uncompressed
/// point: `4`, x, y. Both coordinates keep their leading zeros.
fn thumbprint(point: &[u8]) -> Option<String> {
    let (4, coordinates) = point.split_first()? else { return None };
    if coordinates.len() != 2 * COORDINATE_LEN {
        return None;
    }
    let (x, y) = coordinates.split_at(COORDINATE_LEN);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    // The members and their order are those of the RFC.
    let jwk = format!(r#"{{"crv":"P-521","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, jwk.as_bytes())))
}

fn fault(what: &str) -> Error {
    Error::config(format!("the private key {what}"))
}
