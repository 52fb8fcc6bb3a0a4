//! Webhooks: what is signed is believed for what it is about, everything else is refused.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use proptest::prelude::*;
use refunds_core::{ErrorKind, Notice, RefundProvider, Result, WebhookRequest, webhook_status};
use refunds_mattilda::{Mattilda, MattildaConfig};
use time::OffsetDateTime;

const SECRET: &str = "whsec-canary-551";
const NOW: i64 = 1_700_000_000;
const BODY: &str = r#"{"type":"event","id":"5a0d7a52-08f1-4c8e-9a43-77c0f8a1d2be","name":"refund.succeeded",
"created_at":"2023-11-14T22:13:19+00:00","merchant_account_id":"default","gr4vy_id":"mattilda","environment":"sandbox",
"target":{"type":"refund","id":"0b9c1f8e-6a1d-4a51-9d0e-3f1f0a7c5512",
"transaction_id":"4f0f6f5e-54b7-4b1e-8b57-2a9de3a1c704","status":"succeeded"}}"#;

fn provider(secrets: &[&str]) -> Mattilda {
    let config = secrets.iter().fold(MattildaConfig::from_token("t"), |config, secret| {
        config.with_webhook_secret((*secret).to_owned())
    });

    Mattilda::new(config).unwrap()
}

fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let message = [timestamp.as_bytes(), b".", body].concat();
    hmac::sign(&key, &message).as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn delivery(headers: &[(&str, &str)], body: &[u8]) -> WebhookRequest {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let received_at = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    WebhookRequest::new("POST", "https://shop.example/webhooks", headers, body, received_at)
}

fn signed(timestamp: &str, signatures: &str, body: &[u8]) -> Result<Notice> {
    let headers = [
        ("x-gr4vy-webhook-timestamp", timestamp),
        ("X-GR4VY-WEBHOOK-SIGNATURES", signatures),
        ("X-Gr4vy-Webhook-ID", "delivery-1"),
    ];
    provider(&[SECRET, "the-next-one"]).verify_webhook(&delivery(&headers, body))
}

/// What becomes of a delivery that is signed with `secret`, under these settings.
fn configured(settings: &[(&str, &str)], secret: &str) -> Result<Notice> {
    let settings = settings.iter().copied().chain([("token", "t")]).collect();
    let headers = [
        ("x-gr4vy-webhook-timestamp", "1700000000"),
        ("x-gr4vy-webhook-signatures", &sign(secret, "1700000000", BODY.as_bytes())),
    ];
    Mattilda::new(MattildaConfig::from_settings(&settings)?)?
        .verify_webhook(&delivery(&headers, BODY.as_bytes()))
}

#[test]
fn a_secret_is_one_secret_with_its_commas() {
    let settings = [("webhook_secret", "k,Vx9-canary")];
    assert!(configured(&settings, "k,Vx9-canary").is_ok());
    for part in ["k", "Vx9-canary"] {
        assert_eq!(configured(&settings, part).unwrap_err().kind(), ErrorKind::Unauthenticated, "{part}");
    }
}

#[test]
fn the_previous_secret_is_accepted_while_it_is_replaced() {
    let settings = [("webhook_secret", "new"), ("webhook_secret_previous", "old")];
    for (secret, genuine) in [("new", true), ("old", true), ("other", false)] {
        assert_eq!(configured(&settings, secret).is_ok(), genuine, "{secret}");
    }
}

#[test]
fn a_secret_that_was_read_with_its_line_end_is_the_same_secret() {
    for end in ["", "\n", "\r\n"] {
        assert!(configured(&[("webhook_secret", &format!("{SECRET}{end}"))], SECRET).is_ok(), "{end:?}");
    }
}

#[test]
fn a_signed_delivery_names_its_subject() {
    let notice = signed("1700000000", &sign(SECRET, "1700000000", BODY.as_bytes()), BODY.as_bytes()).unwrap();
    assert_eq!((&*notice.provider, notice.event.as_deref()), ("mattilda", Some("refund.succeeded")));
    assert_eq!(notice.payment_id.as_str(), "4f0f6f5e-54b7-4b1e-8b57-2a9de3a1c704");
    assert_eq!(notice.refund_id.unwrap().as_str(), "0b9c1f8e-6a1d-4a51-9d0e-3f1f0a7c5512");
    assert_eq!(notice.delivery_id.as_deref(), Some("delivery-1"));
    assert_eq!(notice.occurred_at.unwrap().unix_timestamp(), NOW - 1);
}

#[test]
fn which_signatures_are_accepted() {
    let body = BODY.as_bytes();
    let right = sign(SECRET, "1700000000", body);
    let next = sign("the-next-one", "1700000000", body);
    let wrong = sign("another-secret", "1700000000", body);
    for (what, timestamp, signatures, ok) in [
        ("one", "1700000000", right.clone(), true),
        ("the other secret's", "1700000000", next.clone(), true),
        ("two during rotation", "1700000000", format!("{wrong},{right}"), true),
        ("blanks around", "1700000000", format!(" {wrong} ,  {right} "), true),
        ("an empty piece", "1700000000", format!(",{right},"), true),
        ("an unknown signer's", "1700000000", wrong.clone(), false),
        ("capitals", "1700000000", right.to_uppercase(), false),
        ("half", "1700000000", right[..32].to_owned(), false),
        ("nothing", "1700000000", String::new(), false),
        ("only commas", "1700000000", ",,,".into(), false),
        ("a thousand", "1700000000", format!("{}{right}", "00,".repeat(1000)), false),
        ("another time", "1700000001", right.clone(), false),
        ("a leading zero", "01700000000", sign(SECRET, "01700000000", body), false),
        ("a sign", "+1700000000", sign(SECRET, "+1700000000", body), false),
        ("letters behind", "1700000000s", sign(SECRET, "1700000000s", body), false),
        ("no time", "", sign(SECRET, "", body), false),
        ("beyond all times", "9223372036854775807", sign(SECRET, "9223372036854775807", body), false),
        ("too old", "1699999699", sign(SECRET, "1699999699", body), false),
        ("just not too old", "1699999700", sign(SECRET, "1699999700", body), true),
        ("from the future", "1700000301", sign(SECRET, "1700000301", body), false),
        ("just not from the future", "1700000300", sign(SECRET, "1700000300", body), true),
    ] {
        let verified = signed(timestamp, &signatures, body);
        assert_eq!(verified.is_ok(), ok, "{what}: {verified:?}");
        if let Err(error) = &verified {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{what}: {error}");
            assert!(
                !error.may_have_applied() && !format!("{error:?}").contains("canary"),
                "{what}: {error:?}"
            );
            assert_eq!(webhook_status(&verified), 400, "{what}");
        }
    }
}

#[test]
fn headers_have_to_be_there_once() {
    let right = sign(SECRET, "1700000000", BODY.as_bytes());
    let time = ("X-Gr4vy-Webhook-Timestamp", "1700000000");
    let signatures = ("X-Gr4vy-Webhook-Signatures", right.as_str());
    for (headers, ok) in [
        (&[time, signatures][..], true),
        (&[time], false),
        (&[signatures], false),
        (&[time, time, signatures], false),
        (&[time, ("X-Gr4vy-Webhook-Signatures", "00"), signatures], true),
        (&[("X-Gr4vy-Timestamp", "1700000000"), ("X-Gr4vy-Signature", &right)], false),
        (&[], false),
    ] {
        let verified = provider(&[SECRET]).verify_webhook(&delivery(headers, BODY.as_bytes()));
        assert_eq!(verified.is_ok(), ok, "{headers:?}");
    }
}

#[test]
fn without_a_secret_the_provider_sends_it_again() {
    let verified = provider(&[]).verify_webhook(&delivery(&[], BODY.as_bytes()));
    assert_eq!(webhook_status(&verified), 503);
    assert_eq!(verified.unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn what_is_signed_may_still_be_about_something_else_or_unreadable() {
    for (body, want) in [
        (r#"{"target":{"type":"refund","id":"r","transaction_id":"t"}}"#, None),
        (r#"{"name":null,"target":{"type":"refund","id":"r","transaction_id":"t"},"new":{}}"#, None),
        (r#"{"target":{"type":"transaction","id":"t"}}"#, Some((ErrorKind::Unsupported, 200))),
        (r#"{"target":{"type":"refund","id":"r"}}"#, Some((ErrorKind::Protocol, 503))),
        (r#"{"target":{"type":"refund","id":"..","transaction_id":"t"}}"#, Some((ErrorKind::Protocol, 503))),
        (r#"{"target":{"id":"r","transaction_id":"t"}}"#, Some((ErrorKind::Protocol, 503))),
        ("[]", Some((ErrorKind::Protocol, 503))),
        ("", Some((ErrorKind::Protocol, 503))),
    ] {
        let result = signed("1700000000", &sign(SECRET, "1700000000", body.as_bytes()), body.as_bytes());
        let status = webhook_status(&result);
        assert_eq!(result.err().map(|error| (error.kind(), status)), want, "{body}");
    }
}

proptest! {
    #[test]
    fn every_flipped_bit_is_noticed(bit in 0_usize..8, at in any::<prop::sample::Index>(), place in 0_u8..3) {
        let mut body = BODY.as_bytes().to_vec();
        let mut time = b"1700000000".to_vec();
        let mut signature = sign(SECRET, "1700000000", BODY.as_bytes()).into_bytes();
        let bytes = match place { 0 => &mut body, 1 => &mut time, _ => &mut signature };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        prop_assert!(signed(&text(time), &text(signature), &body).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(time in ".*", signatures in ".*", body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = signed(&time, &signatures, &body);
        let timestamp = "1700000000";
        let _ = signed(timestamp, &sign(SECRET, timestamp, &body), &body);
    }
}
