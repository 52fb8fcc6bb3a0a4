//! Hooks: it is the body that is signed, and believed for what it is about.

use crate::common::webhook::{
    ACCOUNT, BODY, NEXT, NOW, SECRET, dintero, flipped, hex, hook_code, hooked, is_forged, kind_and_status,
    received,
};
use aws_lc_rs::hmac;
use refunds_core::{ErrorKind, RefundProvider as _};

#[test]
fn a_hook_names_its_subject() {
    let notice = hooked(&hook_code(SECRET, BODY.as_bytes()), BODY.as_bytes()).unwrap();
    assert_eq!((&*notice.provider, notice.event.as_deref()), ("dintero", Some("checkout_transaction")));
    assert_eq!((notice.payment_id.as_str(), notice.refund_id), ("T11223344.9rQ2xW", None));
    assert_eq!(notice.delivery_id.as_deref(), Some("0b6f3c9a"), "the one that is signed");
    assert_eq!(notice.occurred_at.unwrap().unix_timestamp(), NOW - 1);
}

#[test]
fn which_signatures_of_hooks_are_accepted() {
    let body = BODY.as_bytes();
    let right = hook_code(SECRET, body);
    let parsed: serde_json::Value = serde_json::from_slice(body).unwrap();
    for (what, signature, ok) in [
        ("right", right.clone(), true),
        ("by the other secret", hook_code(NEXT, body), true),
        ("by an unknown signer", hook_code("an unknown signer's", body), false),
        ("over the body written again", hook_code(SECRET, parsed.to_string().as_bytes()), false),
        ("by SHA-256", hex(hmac::HMAC_SHA256, SECRET, body), false),
        ("in capitals", right.to_uppercase(), false),
        ("with its name", format!("sha1={right}"), false),
        ("blanks around", format!(" {right}"), false),
        ("half", right[..20].to_owned(), false),
        ("twice", format!("{right},{right}"), false),
        ("nothing", String::new(), false),
    ] {
        let verified = hooked(&signature, body);
        if ok { drop(verified.unwrap()) } else { is_forged(verified, what) }
    }
}

#[test]
fn which_events_are_about_a_payment() {
    let unsupported = Some((ErrorKind::Unsupported, 200));
    let protocol = Some((ErrorKind::Protocol, 503));
    for (event, members, payment, error) in [
        ("checkout_transaction", r#""transaction":{"id":"T11223344.a","new":[]}"#, "T11223344.a", None),
        ("checkout_transaction", r#""transaction":{"id":"T11223344.a","updated_at":5}"#, "T11223344.a", None),
        ("checkout_transaction", r#""transaction":{"id":"order-1"}"#, "", protocol),
        ("checkout_transaction", r#""transaction":{"id":"T11223344./../x"}"#, "T11223344./../x", None),
        ("checkout_transaction", r#""transaction":{"id":null}"#, "", protocol),
        ("checkout_transaction", r#""transaction":[]"#, "", protocol),
        ("checkout_transaction", r#""order":{"id":"o"}"#, "", protocol),
        ("checkout_authorization", r#""transaction":{"id":"T11223344.a"}"#, "T11223344.a", None),
        (
            "checkout_authorization",
            r#""authorization":{"transaction_id":"T11223344.a"}"#,
            "T11223344.a",
            None,
        ),
        ("checkout_authorization", r#""authorization":{"error":"cancelled"}"#, "", unsupported),
        ("shopping_order_update", r#""order":{"id":"order-1"}"#, "order-1", None),
        ("shopping_order_event_add", r#""order":{"id":"order-1"},"order_event":{"id":"e"}"#, "order-1", None),
        ("shopping_order_event_add", r#""order":{"order_id":"order-1"}"#, "order-1", None),
        ("shopping_order_event_add", r#""order_id":"order-1""#, "order-1", None),
        ("shopping_order_event_add", r#""order":{"id":""}"#, "", protocol),
        ("shopping_order_event_add", r#""order_event":{"id":"e"}"#, "", protocol),
        ("shopping_order_delete", r#""order":{"id":"order-1"}"#, "", unsupported),
        ("settlement_add", r#""settlement":{"id":"s"}"#, "", unsupported),
        ("ping", r#""id":"h""#, "", unsupported),
        ("CHECKOUT_TRANSACTION", r#""transaction":{"id":"T11223344.a"}"#, "", unsupported),
    ] {
        let body = format!(r#"{{"account_id":"T11223344","event":"{event}",{members}}}"#);
        let verified = hooked(&hook_code(SECRET, body.as_bytes()), body.as_bytes());
        if let Ok(notice) = &verified {
            assert_eq!(
                (notice.payment_id.as_str(), notice.event.as_deref()),
                (payment, Some(event)),
                "{body}"
            );
            assert_eq!(notice.delivery_id.as_deref(), Some("h-1"), "{body}");
        }
        assert_eq!(kind_and_status(verified), error, "{body}");
    }
}

#[test]
fn bodies_that_are_signed_and_odd() {
    for (event, body, want) in [
        ("ping", r#"{"id":"h","active":true,"config":{},"events":[]}"#, (ErrorKind::Unsupported, 200)),
        ("x", r#"{"id":"h","active":true,"config":{},"events":[]}"#, (ErrorKind::Protocol, 503)),
        ("x", r#"{"account_id":"T11223345","event":"settlement_add"}"#, (ErrorKind::Unauthenticated, 400)),
        ("x", r#"{"account_id":"t11223344","event":"settlement_add"}"#, (ErrorKind::Unauthenticated, 400)),
        ("x", r#"{"event":"checkout_transaction"}"#, (ErrorKind::Protocol, 503)),
        ("x", r#"{"event":"a","event":"b"}"#, (ErrorKind::Protocol, 503)),
        ("x", "[]", (ErrorKind::Protocol, 503)),
        ("x", "null", (ErrorKind::Protocol, 503)),
        ("x", "{", (ErrorKind::Protocol, 503)),
        ("x", "\u{feff}{}", (ErrorKind::Protocol, 503)),
        ("ping", "", (ErrorKind::Protocol, 503)),
    ] {
        let code = hook_code(SECRET, body.as_bytes());
        let headers = [("event", event), ("event-signature", &code)];
        let request = received("POST", "", &headers, body.as_bytes(), NOW);
        let result = dintero(ACCOUNT, &[], &[SECRET]).verify_webhook(&request);
        assert_eq!(kind_and_status(result), Some(want), "{event} {body}");
    }
}

#[test]
fn every_flipped_bit_of_a_hook_is_noticed() {
    let signature = hook_code(SECRET, BODY.as_bytes());
    for bit in 0..8 {
        for at in 0..BODY.len() {
            let mut body = BODY.as_bytes().to_vec();
            body[at] ^= 1 << bit;
            assert!(hooked(&signature, &body).is_err(), "body: {at} {bit}");
        }
        for at in 0..signature.len() {
            assert!(hooked(&flipped(&signature, at, bit), BODY.as_bytes()).is_err(), "header: {at} {bit}");
        }
        for at in 0..SECRET.len() {
            let signature = hook_code(&flipped(SECRET, at, bit), BODY.as_bytes());
            assert!(hooked(&signature, BODY.as_bytes()).is_err(), "secret: {at} {bit}");
        }
    }
}
