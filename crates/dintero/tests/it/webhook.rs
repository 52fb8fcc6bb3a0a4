//! Callbacks, and what both kinds of webhooks have in common: what is signed is believed for what it is
//! about, everything else is refused.

use crate::common::webhook::{
    ACCOUNT, BODY, NEXT, NOW, PATH, QUERY, SECRET, called, code, code_at, dintero, flipped, header,
    hook_code, hooked, is_forged, kind_and_status, notice_of, received, sorted,
};
use proptest::prelude::*;
use refunds_core::{ErrorKind, RefundProvider as _, Result, webhook_status};
use refunds_dintero::{Dintero, DinteroConfig};

/// <https://docs.dintero.com/checkout-api/secrets/admin_signature_post>
#[test]
fn the_documented_callback_is_signed() {
    let url = "https://example.com/callback?B=123&A=992";
    for (what, secret, method, url, t, ok) in [
        ("as documented", "123", "GET", url, 0, true),
        ("in another order", "123", "GET", "https://example.com/callback?A=992&B=123", 0, true),
        ("on a port", "123", "GET", "https://example.com:8443/callback?B=123&A=992", 0, true),
        ("in capitals", "123", "GET", "HTTPS://EXAMPLE.COM/callback?B=123&A=992", 0, true),
        ("just not too late", "123", "GET", url, 300, true),
        ("too late", "123", "GET", url, 301, false),
        ("just not too early", "123", "GET", url, -300, true),
        ("too early", "123", "GET", url, -301, false),
        ("another secret", "124", "GET", url, 0, false),
        ("another method", "123", "POST", url, 0, false),
        ("another host", "123", "GET", "https://example.org/callback?B=123&A=992", 0, false),
        ("a longer path", "123", "GET", "https://example.com/callback/?B=123&A=992", 0, false),
        ("a path that leads there", "123", "GET", "https://example.com/x/../callback?B=123&A=992", 0, false),
        ("another value", "123", "GET", "https://example.com/callback?B=123&A=993", 0, false),
        ("a parameter more", "123", "GET", "https://example.com/callback?B=123&A=992&C=1", 0, false),
        ("a parameter less", "123", "GET", "https://example.com/callback?B=123", 0, false),
    ] {
        let header =
            "t=1582236537,v0-hmac-sha256=6bed2ab1b919d460ef7465a20dc6c97260dca73fab6647106ca525f0908df64a";
        let request = received(method, url, &[("Dintero-Signature", header)], b"", 1_582_236_537 + t);
        let verified = dintero("P00000000", &[secret], &[]).verify_webhook(&request);
        if ok {
            // Signed as it should be, and about nothing.
            assert_eq!(kind_and_status(verified), Some((ErrorKind::Protocol, 503)), "{what}");
        } else {
            is_forged(verified, what);
        }
    }
}

#[test]
fn another_accounts_callback_is_not_ours() {
    let url = format!("https://shop.example{PATH}?{QUERY}");
    let header = header("1700000000");
    let request = received("POST", &url, &[("Dintero-Signature", &header)], b"", NOW);
    assert!(dintero(ACCOUNT, &[SECRET], &[]).verify_webhook(&request).is_ok());
    is_forged(dintero("P11223344", &[SECRET], &[]).verify_webhook(&request), "of a test account");
}

#[test]
fn a_callback_names_its_subject() {
    let notice = called(&header("1700000000"), PATH, QUERY).unwrap();
    assert_eq!((&*notice.provider, notice.event.as_deref()), ("dintero", Some("REFUND")));
    assert_eq!((notice.payment_id.as_str(), notice.refund_id), ("T11223344.9rQ2xW", None));
    assert_eq!(notice.delivery_id.as_deref(), Some("delivery-1"));
    assert_eq!(notice.occurred_at, None, "its time is the transaction's creation");

    let first = "time=2023-11-14T22%3A13%3A19.000Z&transaction_id=T11223344.a";
    let notice = notice_of(first, first).unwrap();
    assert_eq!((notice.event, notice.delivery_id), (None, None));
    assert_eq!(notice.occurred_at.unwrap().unix_timestamp(), NOW - 1);
}

#[test]
fn which_callbacks_are_about_a_payment() {
    for (query, want) in [
        ("transaction_id=T11223344.a", None),
        ("event_id=e&transaction_id=T11223344.a", None),
        ("error=authorization&transaction_id=T11223344.a", None),
        ("error=cancelled&session_id=T11223344.s", Some((ErrorKind::Unsupported, 200))),
        ("error=cancelled&transaction_id=", Some((ErrorKind::Unsupported, 200))),
        ("session_id=T11223344.s", Some((ErrorKind::Protocol, 503))),
        ("error=&session_id=T11223344.s", Some((ErrorKind::Protocol, 503))),
        ("transaction_id=T11223345.a", Some((ErrorKind::Protocol, 503))),
        ("transaction_id=T11223344", Some((ErrorKind::Protocol, 503))),
        ("transaction_id=T112233445.a", Some((ErrorKind::Protocol, 503))),
        ("transaction_id=T11223344.a%0A", Some((ErrorKind::Protocol, 503))),
        ("", Some((ErrorKind::Protocol, 503))),
    ] {
        assert_eq!(kind_and_status(notice_of(query, query)), want, "{query}");
    }
    let notice =
        notice_of("event_id=e-1&transaction_id=T11223344.a", "event_id=e-1&transaction_id=T11223344.a");
    assert_eq!(notice.unwrap().delivery_id.as_deref(), Some("e-1"));
    let ours_first = "transaction_id=T11223344.ours&transaction_id=T11223344.dinteros";
    assert_eq!(notice_of(ours_first, ours_first).unwrap().payment_id.as_str(), "T11223344.dinteros");
}

#[test]
fn the_query_is_encoded_as_forms_are() {
    const ID: &str = "&transaction_id=T11223344.a";
    for (wire, signed, ok) in [
        ("a=x+y", "a=x+y", true),
        ("a=x%20y", "a=x+y", true),
        ("a=x%20y", "a=x%20y", false),
        ("a=x+y", "a=x%20y", false),
        ("a=x%2By", "a=x%2By", true),
        ("a=x+y", "a=x%2By", false),
        ("a=%C3%A5", "a=%C3%A5", true),
        ("a=å", "a=%C3%A5", true),
        ("a=%C3%A5", "a=å", false),
        ("a=~:/", "a=%7E%3A%2F", true),
        ("a=~:/", "a=~:/", false),
        ("a=*-._", "a=*-._", true),
        ("a", "a=", true),
        ("a", "a", false),
        ("=1", "=1", true),
        ("&&a=1&&", "a=1", true),
        ("a=%", "a=%25", true),
        ("a=%zz", "a=%25zz", true),
        ("a=%ff", "a=%EF%BF%BD", true),
        ("a=1?b=2", "a=1%3Fb%3D2", true),
        ("b=1&a=2", "a=2&b=1", true),
        ("b=1&a=2", "b=1&a=2", false),
        ("a=2&a=1", "a=2&a=1", true),
        ("a=2&a=1", "a=1&a=2", false),
        ("a=1&B=2", "B=2&a=1", true),
        // By UTF-16 units: the surrogates of 😀 come before U+FF5E, whose bytes come before its.
        ("%EF%BD%9E=1&%F0%9F%98%80=2", "%F0%9F%98%80=2&%EF%BD%9E=1", false),
    ] {
        let verified = notice_of(&format!("{wire}{ID}"), &format!("{signed}{ID}"));
        assert_eq!(verified.is_ok(), ok, "{wire} as {signed}: {verified:?}");
    }
    let (wire, signed) = ("%EF%BD%9E=1&%F0%9F%98%80=2", "%F0%9F%98%80=2&%EF%BD%9E=1");
    assert!(notice_of(&format!("{wire}{ID}"), &format!("transaction_id=T11223344.a&{signed}")).is_ok());
}

#[test]
fn which_headers_of_callbacks_are_accepted() {
    let (right, next) = (code_at(SECRET, "1700000000"), code_at(NEXT, "1700000000"));
    let at = |time: &str| format!("t={time},v0-hmac-sha256={}", code_at(SECRET, time));
    for (what, header, ok) in [
        ("as documented", format!("t=1700000000,v0-hmac-sha256={right}"), true),
        ("by the other secret", format!("t=1700000000,v0-hmac-sha256={next}"), true),
        ("the other way round", format!("v0-hmac-sha256={right},t=1700000000"), true),
        ("blanks around", format!(" t=1700000000, \t v0-hmac-sha256={right} "), true),
        ("and a newer kind", format!("t=1700000000,v0-hmac-sha256={right},v1-x=00"), true),
        (
            "by an unknown signer",
            format!("t=1700000000,v0-hmac-sha256={}", code_at("an unknown signer's", "1700000000")),
            false,
        ),
        ("in capitals", format!("t=1700000000,v0-hmac-sha256={}", right.to_uppercase()), false),
        ("half", format!("t=1700000000,v0-hmac-sha256={}", &right[..32]), false),
        ("an empty code", "t=1700000000,v0-hmac-sha256=".into(), false),
        ("no code", "t=1700000000".into(), false),
        ("a newer kind only", format!("t=1700000000,v1-hmac-sha256={right}"), false),
        ("two codes", format!("t=1700000000,v0-hmac-sha256={next},v0-hmac-sha256={right}"), false),
        ("no time", format!("v0-hmac-sha256={right}"), false),
        ("two times", format!("t=1700000000,t=1700000000,v0-hmac-sha256={right}"), false),
        ("another time", format!("t=1700000001,v0-hmac-sha256={right}"), false),
        ("an empty part", format!("t=1700000000,,v0-hmac-sha256={right}"), false),
        ("a comma behind", format!("t=1700000000,v0-hmac-sha256={right},"), false),
        ("blanks inside", format!("t= 1700000000,v0-hmac-sha256 = {right}"), false),
        ("capitals for names", format!("T=1700000000,V0-HMAC-SHA256={right}"), false),
        ("nothing", String::new(), false),
        ("a time as text", at("2023-11-14T22:13:20Z"), false),
        ("a leading zero", at("01700000000"), false),
        ("a sign", at("+1700000000"), false),
        ("an empty time", at(""), false),
        ("beyond all times", at("9223372036854775807"), false),
        ("beyond all numbers", at("99999999999999999999"), false),
        ("before the epoch", at("-1700000000"), false),
        ("milliseconds", at("1700000000000"), false),
        ("too old", at("1699999699"), false),
        ("just not too old", at("1699999700"), true),
        ("from the future", at("1700000301"), false),
        ("just not from the future", at("1700000300"), true),
    ] {
        let verified = called(&header, PATH, QUERY);
        if ok {
            drop(verified.unwrap_or_else(|error| panic!("{what}: {error}")));
        } else {
            is_forged(verified, what);
        }
    }
}

#[test]
fn headers_have_to_be_there_once() {
    let header = header("1700000000");
    let url = format!("https://shop.example{PATH}?{QUERY}");
    let callback = ("Dintero-Signature", header.as_str());
    let code = hook_code(SECRET, BODY.as_bytes());
    let hook = ("event-signature", code.as_str());
    let event = ("event", "checkout_transaction");
    for (headers, ok) in [
        (&[callback][..], true),
        (&[callback, callback], false),
        (&[callback, ("dintero-signature", "")], false),
        (&[hook, event], true),
        (&[hook], true),
        (&[hook, hook], false),
        // Both: it is the body that has to be signed.
        (&[hook, callback], true),
        (&[("event-signature", "00"), callback], false),
        (&[event], false),
        (&[("event-delivery", "h-1")], false),
        (&[], false),
    ] {
        let verified = dintero(ACCOUNT, &[SECRET], &[SECRET]).verify_webhook(&received(
            "POST",
            &url,
            headers,
            BODY.as_bytes(),
            NOW,
        ));
        if ok { drop(verified.unwrap()) } else { is_forged(verified, &format!("{headers:?}")) }
    }
    let code = self::code(SECRET, ["1700000000", ACCOUNT, "GET", "shop.example", PATH, &sorted(QUERY)]);
    let header = format!("t=1700000000,v0-hmac-sha256={code}");
    for (body, ok) in [(&b""[..], true), (b" ", false)] {
        let request = received("GET", &url, &[("Dintero-Signature", &header)], body, NOW);
        assert_eq!(dintero(ACCOUNT, &[SECRET], &[]).verify_webhook(&request).is_ok(), ok, "{body:?}");
    }
}

#[test]
fn what_is_set_up_wrongly_is_sent_again() {
    let header = header("1700000000");
    let callback = [("Dintero-Signature", header.as_str())];
    let code = hook_code(SECRET, BODY.as_bytes());
    let hook = [("event-signature", code.as_str())];
    let url = format!("https://shop.example{PATH}?{QUERY}");
    let no_secrets: [&str; 0] = [];
    for (what, dintero, url, headers, mentions) in [
        (
            "no secret",
            dintero(ACCOUNT, &no_secrets, &[]),
            url.as_str(),
            &callback[..],
            "`callback_secret` and",
        ),
        ("no secret, no header", dintero(ACCOUNT, &[], &[]), &url, &[], "`callback_secret` and"),
        ("only that of hooks", dintero(ACCOUNT, &[], &[SECRET]), &url, &callback, "`callback_secret`"),
        ("only that of callbacks", dintero(ACCOUNT, &[SECRET], &[]), &url, &hook, "`hook_secret`"),
        ("no origin", dintero(ACCOUNT, &[SECRET], &[]), PATH, &callback, "public one"),
        ("no host", dintero(ACCOUNT, &[SECRET], &[]), "https://", &callback, "public one"),
        ("no web", dintero(ACCOUNT, &[SECRET], &[]), "ftp://shop.example/", &callback, "public one"),
        ("no URL", dintero(ACCOUNT, &[SECRET], &[]), "", &callback, "public one"),
    ] {
        let verified = dintero.verify_webhook(&received("POST", url, headers, BODY.as_bytes(), NOW));
        assert_eq!(webhook_status(&verified), 503, "{what}");
        let error = verified.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false), "{what}");
        assert!(error.message().contains(mentions), "{what}: {error}");
    }
}

fn configured(more: &[(&str, &str)]) -> Result<Dintero> {
    let needed = [("account_id", ACCOUNT), ("client_id", "id"), ("client_secret", "s")];
    let settings = needed.iter().chain(more).copied().collect();
    let config = DinteroConfig::from_settings(&settings)?;
    assert!(!format!("{config:?}").contains("canary"));
    Dintero::new(config)
}

#[test]
fn the_previous_secrets_are_accepted_while_they_are_replaced() {
    let url = format!("https://shop.example{PATH}?{QUERY}");
    let code = hook_code(SECRET, BODY.as_bytes());
    let callback = [("Dintero-Signature", header("1700000000"))];
    let hook = [("event-signature", code)];
    for more in [
        [("callback_secret", SECRET), ("hook_secret", SECRET), ("timeout", "40s"), ("keep_raw", "true")],
        [
            ("callback_secret", "new"),
            ("callback_secret_previous", SECRET),
            ("hook_secret", "new"),
            ("hook_secret_previous", SECRET),
        ],
    ] {
        let dintero = configured(&more).unwrap();
        for header in callback.iter().chain(&hook) {
            let request = received("POST", &url, &[(header.0, &header.1)], BODY.as_bytes(), NOW);
            assert!(dintero.verify_webhook(&request).is_ok(), "{header:?}");
        }
    }
}

/// Whether an adapter with this secret takes a hook that is signed with that one.
fn takes_hook(secret: &str, signed_with: &str) -> bool {
    let dintero = configured(&[("hook_secret", secret)]).unwrap();
    let signature = hook_code(signed_with, BODY.as_bytes());
    let headers = [("event-signature", signature.as_str())];
    dintero.verify_webhook(&received("POST", "https://shop.example/", &headers, BODY.as_bytes(), NOW)).is_ok()
}

#[test]
fn a_secret_is_one_secret_with_its_commas() {
    for (secret, signed_with, genuine) in [
        ("k,Vx9-canary", "k,Vx9-canary", true),
        ("k,Vx9-canary", "k", false),
        ("k,Vx9-canary", "Vx9-canary", false),
    ] {
        assert_eq!(takes_hook(secret, signed_with), genuine, "{signed_with}");
    }
}

#[test]
fn a_secret_that_was_read_with_its_line_end_is_the_same_secret() {
    for end in ["", "\n", "\r\n", "\n\n"] {
        assert!(takes_hook(&format!("{SECRET}{end}"), SECRET), "{end:?}");
    }
}

#[test]
fn every_flipped_bit_of_a_callback_is_noticed() {
    let header = header("1700000000");
    let bits = |text: &'static str| (0..text.len()).flat_map(|at| (0..8).map(move |bit| (at, bit)));
    for at in 0..header.len() {
        for bit in 0..8 {
            assert!(called(&flipped(&header, at, bit), PATH, QUERY).is_err(), "header: {at} {bit}");
        }
    }
    for (at, bit) in bits(PATH) {
        assert!(called(&header, &flipped(PATH, at, bit), QUERY).is_err(), "path: {at} {bit}");
    }
    for (at, bit) in bits(QUERY) {
        assert!(called(&header, PATH, &flipped(QUERY, at, bit)).is_err(), "query: {at} {bit}");
    }
    for (at, bit) in bits(SECRET) {
        let code = code_at(&flipped(SECRET, at, bit), "1700000000");
        let header = format!("t=1700000000,v0-hmac-sha256={code}");
        assert!(called(&header, PATH, QUERY).is_err(), "secret: {at} {bit}");
    }
}

proptest! {
    #[test]
    fn the_order_of_parameters_does_not_matter(
        parameters in Just(QUERY.split('&').collect::<Vec<_>>()).prop_shuffle(),
    ) {
        prop_assert!(called(&header("1700000000"), PATH, &parameters.join("&")).is_ok());
    }

    #[test]
    fn no_bytes_make_it_panic(
        method in ".*", url in ".*", query in ".*", header in ".*",
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let dintero = dintero(ACCOUNT, &[SECRET], &[SECRET]);
        for url in [url.clone(), format!("https://shop.example/{url}?{query}"), format!("http://{url}")] {
            for name in ["Dintero-Signature", "event-signature"] {
                let _ = dintero.verify_webhook(&received(&method, &url, &[(name, &header)], &body, NOW));
            }
            let header = format!("t=1700000000,v0-hmac-sha256={}", hook_code(SECRET, &body));
            let _ = dintero.verify_webhook(&received(&method, &url, &[("Dintero-Signature", &header)], &body, NOW));
        }
        let _ = notice_of(&query, &query);
        let _ = hooked(&hook_code(SECRET, &body), &body);
    }

    #[test]
    fn any_signed_value_is_read_as_it_was_written(value in ".+") {
        let pairs = [("order", value.as_str()), ("transaction_id", "T11223344.a")];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        prop_assert!(notice_of(&query, &query).is_ok(), "{query}");
        prop_assert!(notice_of(&query.replace('+', "%20"), &query).is_ok(), "{query}");
    }
}
