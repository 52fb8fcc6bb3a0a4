//! The signatures of the three kinds of webhooks.

use aws_lc_rs::hmac::{self, Algorithm, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256};
use http::Uri;

use crate::form;

/// `Dintero-Signature`: covers the time, account, method and URL, but not the body.
pub(super) fn callback(secret: &str, at: i64, account: &str, method: &str, url: &Uri) -> String {
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let mut query = form::decode(url.query().unwrap_or_default());
    // As `URLSearchParams.sort`: by the name's UTF-16 units; equal names keep their order.
    query.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    let query = form::encode(&query);
    let message = [&at.to_string(), account, method, &host, url.path(), &query].join("\n");
    format!("t={at},v0-hmac-sha256={}", hex_hmac(HMAC_SHA256, secret, message.as_bytes()))
}

/// `event-signature` of a Dintero hook: covers the raw body.
pub(super) fn hook(secret: &str, body: &[u8]) -> String {
    hex_hmac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, body)
}

/// `X-Gr4vy-Webhook-Signatures`: one per secret.
pub(super) fn gr4vy(secrets: &[String], at: i64, body: &[u8]) -> String {
    let mut message = format!("{at}.").into_bytes();
    message.extend_from_slice(body);
    let signatures: Vec<String> =
        secrets.iter().map(|secret| hex_hmac(HMAC_SHA256, secret, &message)).collect();
    signatures.join(",")
}

fn hex_hmac(algorithm: Algorithm, secret: &str, message: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    let tag = hmac::sign(&key, message);
    let nibbles = tag.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    nibbles.filter_map(|nibble| DIGITS.get(usize::from(nibble))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_callback() {
        let url = Uri::from_static("https://example.com/callback?B=123&A=992");
        assert_eq!(
            callback("123", 1_582_236_537, "P00000000", "GET", &url),
            "t=1582236537,v0-hmac-sha256=6bed2ab1b919d460ef7465a20dc6c97260dca73fab6647106ca525f0908df64a"
        );
    }

    #[test]
    fn a_port_is_no_part_of_the_host_and_blanks_are_written_as_plus() {
        let signed = |url| callback("123", 1, "T11223344", "GET", &Uri::from_static(url));
        assert_eq!(signed("http://127.0.0.1:8080/c?a=x+y&b=1"), signed("http://127.0.0.1/c?b=1&a=x%20y"));
        assert_ne!(signed("http://a/c?a=1&a=2"), signed("http://a/c?a=2&a=1"), "equal names stay in order");
    }

    /// RFC 2202, case 2, and RFC 4231, case 2.
    #[test]
    fn the_codes_are_those_of_the_standards() {
        let data = "what do ya want for nothing?";
        assert_eq!(hook("Jefe", data.as_bytes()), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(
            hex_hmac(HMAC_SHA256, "Jefe", data.as_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
