//! Tokens: what they say, how long they are used, and which keys can sign them.

use std::{sync::Arc, time::Duration};

use crate::common::{fixture, payment_id, refund_id, refund_json, script, submit};
use aws_lc_rs::{
    digest,
    signature::{
        ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use refunds_core::{Clock as _, ErrorKind, PageRequest, RefundProvider, testing::SkippingClock};
use refunds_http::testing::{RecordedRequest, Reply, ScriptedTransport};
use refunds_mattilda::{Mattilda, MattildaConfig};
use serde_json::{Value, json};

/// The thumbprints of the two keys in the fixtures, as another implementation worked them out.
const KEY_ID: &str = "FtG9yCKx39BMRN7jBulxfWn50puzinuojkV4MIbrrMw";
const ZEROS_KEY_ID: &str = "KRhXKFURmxMHWPA5uUHrLkdhZWY1MPlqGdtN8i-IeDM";

fn signing(pem: &str, transport: &Arc<ScriptedTransport>) -> Mattilda {
    Mattilda::new(MattildaConfig::from_private_key(pem).with_transport(transport.clone())).unwrap()
}

fn empty_lists(count: usize) -> Vec<Reply> {
    vec![Reply::json(200, r#"{"items":[]}"#); count]
}

async fn list(adapter: &Mattilda) -> refunds_core::Result<()> {
    adapter.list_refunds(&payment_id(), &PageRequest::first()).await.map(drop)
}

fn token(request: &RecordedRequest) -> String {
    request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned()
}

fn part(token: &str, index: usize) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()
}

fn json_part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&part(token, index)).unwrap()
}

fn key_pair(pem: &str) -> EcdsaKeyPair {
    let body: String = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1).collect();
    let body = body.split("-----").next().unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, &STANDARD.decode(body).unwrap()).unwrap()
}

/// RFC 7638 in another way: coordinates as numbers without leading zeros, padded to their length.
fn thumbprint(pair: &EcdsaKeyPair) -> String {
    let (x, y) = pair.public_key().as_ref()[1..].split_at(66);
    let member = |coordinate: &[u8]| {
        let number: Vec<u8> = coordinate.iter().copied().skip_while(|byte| *byte == 0).collect();
        let mut bytes = vec![0; 66 - number.len()];
        bytes.extend(number);
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let jwk =
        ["{\"crv\":\"P-521\",\"kty\":\"EC\",\"x\":\"", &member(x), "\",\"y\":\"", &member(y), "\"}"].concat();
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, jwk.as_bytes()))
}

#[tokio::test]
async fn a_token_says_who_when_and_what_for() {
    let clock = SkippingClock::new();
    let pem = fixture("test_key_p521.pem");
    let transport = script(empty_lists(1));
    let config = MattildaConfig::from_private_key(pem.clone())
        .with_transport(transport.clone())
        .with_clock(Arc::new(clock.clone()));
    let before = clock.now().unix_timestamp();
    list(&Mattilda::new(config).unwrap()).await.unwrap();
    let after = clock.now().unix_timestamp();

    let token = token(&transport.requests()[0]);
    let header = String::from_utf8(part(&token, 0)).unwrap();
    assert_eq!(header, format!(r#"{{"typ":"JWT","alg":"ES512","kid":"{KEY_ID}"}}"#));

    let claims = json_part(&token, 1);
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(claims["iss"], concat!("refunds-mattilda/", env!("CARGO_PKG_VERSION")));
    assert_eq!(claims["scopes"], json!(["transactions.read", "transactions.write"]));
    assert!((before + 300..=after + 300).contains(&seconds("exp")));
    for name in ["nbf", "iat"] {
        assert!((before - 30..after).contains(&seconds(name)), "{name} is a few seconds back");
    }
    assert_eq!(uuid::Uuid::parse_str(claims["jti"].as_str().unwrap()).unwrap().get_version_num(), 4);
    assert_eq!(claims.as_object().unwrap().len(), 6);

    let signature = part(&token, 2);
    assert_eq!(signature.len(), 132, "r and s, not DER");
    let message = token.rsplit_once('.').unwrap().0;
    let key = key_pair(&pem);
    UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, key.public_key().as_ref())
        .verify(message.as_bytes(), &signature)
        .unwrap();
}

#[tokio::test]
async fn keys_in_every_spelling() {
    let pem = fixture("test_key_p521.pem");
    let bare = &pem[pem.find("-----BEGIN").unwrap()..];
    for (what, pem, id) in [
        ("PKCS#8", pem.clone(), KEY_ID),
        ("SEC1", fixture("test_key_p521_sec1.pem"), KEY_ID),
        ("a coordinate with leading zeros", fixture("test_key_p521_zeros.pem"), ZEROS_KEY_ID),
        ("one line, as in a variable", bare.trim().replace('\n', "\\n"), KEY_ID),
        ("one line from Windows", bare.trim().replace('\n', "\\r\\n"), KEY_ID),
        ("line ends of Windows", bare.replace('\n', "\r\n"), KEY_ID),
        ("blanks around", format!("\n  {bare}\n\n"), KEY_ID),
    ] {
        let transport = script(empty_lists(1));
        list(&signing(&pem, &transport)).await.unwrap();
        assert_eq!(json_part(&token(&transport.requests()[0]), 0)["kid"], id, "{what}");
    }
}

#[tokio::test]
async fn hundreds_of_keys_have_the_right_id() {
    let (mut x_begins_with_zero, mut y_begins_with_zero) = (0, 0);
    for _ in 0..300 {
        let pair = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        x_begins_with_zero += u32::from(point[1] == 0);
        y_begins_with_zero += u32::from(point[67] == 0);
        let der = STANDARD.encode(pair.to_pkcs8v1().unwrap().as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
        let transport = script(empty_lists(1));
        list(&signing(&pem, &transport)).await.unwrap();
        assert_eq!(json_part(&token(&transport.requests()[0]), 0)["kid"], thumbprint(&pair));
    }
    assert!(x_begins_with_zero > 50 && y_begins_with_zero > 50, "half of them do");
}

#[test]
fn keys_that_cannot_sign_are_refused_without_being_shown() {
    let whole = fixture("test_key_p521.pem");
    let damaged = whole.replacen("MIHuAgEA", "MIHtAgEA", 1);
    assert_ne!(damaged, whole);
    // One letter within the private number: it does not belong to the public point any more.
    let mut halves: Vec<_> = whole.lines().map(ToOwned::to_owned).collect();
    let letter = if halves[3].as_bytes()[10] == b'A' { "B" } else { "A" };
    halves[3].replace_range(10..11, letter);
    for (what, pem, says) in [
        ("another curve", fixture("test_key_p256.pem"), "P-521"),
        ("RSA", fixture("test_key_rsa.pem"), "RSA"),
        ("encrypted", fixture("test_key_encrypted.pem"), "encrypted"),
        ("damaged", damaged, "P-521"),
        ("two halves of different keys", halves.join("\n"), "P-521"),
        ("cut off", whole[..whole.len() / 2].to_owned(), "PEM"),
        ("not base64", "-----BEGIN PRIVATE KEY-----\n!canary!\n-----END PRIVATE KEY-----".into(), "PEM"),
        ("a public key", "-----BEGIN PUBLIC KEY-----\ncanary\n-----END PUBLIC KEY-----".into(), "PEM"),
        ("no PEM", "canary-551".into(), "PEM"),
        ("nothing", String::new(), "PEM"),
    ] {
        let error = Mattilda::new(MattildaConfig::from_private_key(pem.clone())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{what}");
        assert!(error.message().contains(says), "{what}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary"), "{shown}");
        for line in pem.lines().filter(|line| line.len() > 20 && !line.contains('-') && !line.contains(' ')) {
            assert!(!shown.contains(line), "{what}");
        }
    }
}

#[tokio::test]
async fn a_token_is_signed_once_and_used_until_it_ages() {
    let clock = SkippingClock::new();
    let transport = script(empty_lists(40));
    let config = MattildaConfig::from_private_key(fixture("test_key_p521.pem"))
        .with_transport(transport.clone())
        .with_clock(Arc::new(clock.clone()));
    let adapter = Mattilda::new(config).unwrap();

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let adapter = adapter.clone();
        calls.spawn(async move { list(&adapter).await });
    }
    calls.join_all().await.into_iter().for_each(Result::unwrap);
    let tokens = || transport.requests().iter().map(token).collect::<std::collections::HashSet<_>>();
    assert_eq!(tokens().len(), 1, "twenty calls, one signature");

    clock.advance(Duration::from_secs(120));
    list(&adapter).await.unwrap();
    assert_eq!(tokens().len(), 1);

    clock.advance(Duration::from_secs(60));
    list(&adapter).await.unwrap();
    assert_eq!(tokens().len(), 2, "renewed long before its five minutes are over");
    let ids = tokens()
        .iter()
        .map(|token| json_part(token, 1)["jti"].to_string())
        .collect::<std::collections::HashSet<_>>();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_refused_token_is_signed_anew_once() {
    let pem = fixture("test_key_p521.pem");
    let transport = script([Reply::json(401, "{}"), crate::common::reply(201, &refund_json(json!({})))]);
    let adapter = signing(&pem, &transport);
    adapter.submit_refund(&submit(1299)).await.unwrap();
    let sent = transport.requests();
    assert_eq!(sent.len(), 2);
    assert_ne!(token(&sent[0]), token(&sent[1]));
    assert_eq!(sent[0].body, sent[1].body);
    assert_eq!(sent[1].header("idempotency-key"), Some(submit(1299).idempotency_key().as_str()));

    // A clock that is ahead, or a key that the provider does not know: a new token does not help.
    let transport = script([
        Reply::json(401, "{}"),
        Reply::json(401, "{}"),
        crate::common::reply(201, &refund_json(json!({}))),
    ]);
    let error = signing(&pem, &transport).submit_refund(&submit(1299)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!error.may_have_applied() && !error.is_retryable());
    assert_eq!(transport.requests().len(), 2);
}

#[tokio::test]
async fn a_ready_token_is_sent_as_it_is_and_never_twice() {
    let transport = script([Reply::json(401, "{}"), crate::common::reply(200, &refund_json(json!({})))]);
    let config = MattildaConfig::from_token(" a-ready-token\n").with_transport(transport.clone());
    let error = Mattilda::new(config).unwrap().get_refund(&payment_id(), &refund_id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(transport.requests().len(), 1);
    assert_eq!(token(&transport.requests()[0]), "a-ready-token");
}
