use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use refunds_sandbox::{Sandbox, mattilda::TransactionSpec};
use serde_json::{Value, json};

use crate::common::{Mattilda, Signer, read, start};

const ACCOUNT: &str = "x-gr4vy-merchant-account-id";

async fn status_with(sandbox: &Sandbox, token: &str) -> u16 {
    let payment = sandbox.mattilda().captured(100, "MXN");
    let mattilda = Mattilda { token: token.to_owned(), ..Mattilda::of(sandbox) };
    let (status, body) = read(mattilda.get(&format!("/transactions/{payment}"))).await;
    if status == 401 {
        assert_eq!(body["message"], "No valid API authentication found", "the same for every cause");
        assert_eq!((&body["code"], &body["details"]), (&json!("unauthorized"), &json!([])));
    }
    status
}

#[tokio::test]
async fn a_token_signed_by_the_merchant_is_valid() {
    let sandbox = start().await;
    let signer = Signer::of(&sandbox);
    assert_eq!(signer.header["kid"], sandbox.mattilda().key_id());
    assert_eq!(status_with(&sandbox, &signer.token()).await, 200);
    assert_eq!(status_with(&sandbox, sandbox.mattilda().static_token()).await, 200);
}

#[tokio::test]
async fn invalid_tokens_are_refused() {
    let sandbox = start().await;
    let now = sandbox.now().unix_timestamp();
    let change = |part: &'static str, name: &'static str, value: Value| {
        let mut signer = Signer::of(&sandbox);
        let target = if part == "header" { &mut signer.header } else { &mut signer.claims };
        match value {
            Value::Null => drop(target.as_object_mut().unwrap().remove(name)),
            value => target[name] = value,
        }
        (format!("{part} {name}"), signer.token())
    };
    let good = Signer::of(&sandbox).token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let mut tampered = URL_SAFE_NO_PAD.decode(signature).unwrap();
    tampered[100] ^= 1;
    let tampered = URL_SAFE_NO_PAD.encode(tampered);
    let stranger = Signer::of(&start().await);
    let mut impostor = Signer::of(&start().await);
    impostor.header["kid"] = json!(sandbox.mattilda().key_id());
    for (what, token) in [
        change("header", "kid", json!("another")),
        change("header", "kid", Value::Null),
        change("header", "alg", json!("ES256")),
        change("header", "alg", json!("none")),
        change("header", "typ", json!("jwt")),
        change("claims", "exp", json!(now - 1)),
        change("claims", "exp", json!((now + 60) * 1000)),
        change("claims", "exp", Value::Null),
        change("claims", "nbf", json!(now + 60)),
        change("claims", "nbf", Value::Null),
        change("claims", "iss", Value::Null),
        change("claims", "jti", Value::Null),
        ("tampered signature".to_owned(), format!("{message}.{tampered}")),
        ("no signature".to_owned(), format!("{message}.")),
        ("other claims".to_owned(), format!("{}.{signature}", message.replacen('.', ".A", 1))),
        ("another merchant's key".to_owned(), stranger.token()),
        ("another key under our id".to_owned(), impostor.token()),
        ("not a token".to_owned(), "secret".to_owned()),
        ("empty".to_owned(), String::new()),
    ] {
        assert_eq!(status_with(&sandbox, &token).await, 401, "{what}");
    }
    let none = Mattilda::of(&sandbox);
    let request = none.client.get(format!("{}/refunds/x", none.url));
    assert_eq!(read(request).await.0, 401);
}

#[tokio::test]
async fn a_token_expires_on_the_sandbox_clock() {
    let sandbox = start().await;
    let token = sandbox.mattilda().token(&["*.read"], Duration::from_secs(60)).unwrap();
    assert_eq!(status_with(&sandbox, &token).await, 200);
    sandbox.advance(Duration::from_secs(61));
    assert_eq!(status_with(&sandbox, &token).await, 401);
}

#[tokio::test]
async fn writing_does_not_imply_reading() {
    let sandbox = start().await;
    for (scopes, expected) in [
        (vec!["transactions.read"], (200, 403)),
        (vec!["transactions.write"], (403, 201)),
        (vec!["*.read", "*.write"], (200, 201)),
        (vec!["buyers.read", "gift-cards.write"], (403, 403)),
        (vec![], (403, 403)),
    ] {
        let payment = sandbox.mattilda().captured(100, "MXN");
        let token = sandbox.mattilda().token(&scopes, Duration::from_secs(60)).unwrap();
        let mattilda = Mattilda { token, ..Mattilda::of(&sandbox) };
        let listed = read(mattilda.get(&format!("/transactions/{payment}/refunds"))).await;
        let made = read(mattilda.refund(&payment, &json!({}))).await;
        assert_eq!((listed.0, made.0), expected, "{scopes:?}");
        if listed.0 == 403 {
            assert_eq!(listed.1["code"], "forbidden");
        }
    }
}

#[tokio::test]
async fn another_merchant_account_sees_nothing() {
    let sandbox = Sandbox::builder().merchant_account("escuela-01").start().await.unwrap();
    assert_eq!(sandbox.settings("mattilda")["merchant_account_id"], "escuela-01");
    let mattilda = Mattilda::of(&sandbox);
    let mine = sandbox.mattilda().captured(100, "MXN");
    let other =
        sandbox.mattilda().transaction(TransactionSpec::new(100, "MXN").merchant_account("escuela-02"));

    for (payment, account, expected) in [
        (&mine, Some("escuela-01"), 200),
        (&mine, Some("escuela-02"), 404),
        (&mine, Some("unknown"), 404),
        (&mine, None, 404),
        (&other, Some("escuela-02"), 200),
        (&other, Some("escuela-01"), 404),
    ] {
        let mut request = mattilda.get(&format!("/transactions/{payment}"));
        if let Some(account) = account {
            request = request.header(ACCOUNT, account);
        }
        assert_eq!(read(request).await.0, expected, "{account:?}");
    }
    let request = mattilda.refund(&mine, &json!({})).header(ACCOUNT, "escuela-02");
    assert_eq!(read(request).await.0, 404);
    let (_, made) = read(mattilda.refund(&mine, &json!({})).header(ACCOUNT, "escuela-01")).await;
    let refund = format!("/refunds/{}", made["id"].as_str().unwrap());
    assert_eq!(read(mattilda.get(&refund).header(ACCOUNT, "escuela-02")).await.0, 404);
}
