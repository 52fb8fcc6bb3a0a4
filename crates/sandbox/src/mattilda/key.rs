//! The integration's key pair: generated at start, registered with the sandbox, exported as PKCS#8 PEM.

use std::io;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{
        ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// Bytes of a P-521 coordinate, leading zeros included.
const COORDINATE: usize = 66;

pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    pem: String,
    kid: String,
}

impl SigningKey {
    pub(crate) fn generate() -> io::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING)
            .map_err(|_| io::Error::other("cannot generate a P-521 key"))?;
        Self::of(pair)
    }

    /// A key that was exported before.
    pub(crate) fn from_pem(pem: &str) -> io::Result<Self> {
        let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "the P-521 key cannot be read");
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(text).map_err(|_| unreadable())?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, &der);
        Self::of(pair.map_err(|_| unreadable())?)
    }

    fn of(pair: EcdsaKeyPair) -> io::Result<Self> {
        let document = pair.to_pkcs8v1().map_err(|_| io::Error::other("the P-521 key has no PKCS#8 form"))?;
        let kid = thumbprint(pair.public_key().as_ref())
            .ok_or_else(|| io::Error::other("the P-521 key has an unknown form"))?;
        let pem = pem_of(document.as_ref());
        Ok(Self { pair, pem, kid })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, self.pair.public_key().as_ref());
        key.verify(message, signature).is_ok()
    }

    /// A compact JWS over these claims.
    pub(crate) fn sign(&self, claims: &Value) -> io::Result<String> {
        let header = json!({"alg": "ES512", "typ": "JWT", "kid": self.kid});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message.as_bytes())
            .map_err(|_| io::Error::other("cannot sign the token"))?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        Ok(format!("{message}.{signature}"))
    }
}

/// RFC 7638: the hash of the public key as JSON, with its members in alphabetical order and no spaces.
fn thumbprint(uncompressed: &[u8]) -> Option<String> {
    let (tag, coordinates) = uncompressed.split_first()?;
    if *tag != 4 || coordinates.len() != 2 * COORDINATE {
        return None;
    }
    let (x, y) = coordinates.split_at(COORDINATE);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let jwk = format!(r#"{{"crv":"P-521","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, jwk.as_bytes())))
}

fn pem_of(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = text.as_str();
    while let Some((line, more)) = rest.split_at_checked(64) {
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    if !rest.is_empty() {
        pem.push_str(rest);
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}
