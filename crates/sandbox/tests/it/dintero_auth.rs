use std::time::Duration;

use serde_json::json;

use crate::common::{Dintero, header, read, start};

#[tokio::test]
async fn a_token_has_its_lifetime() {
    let sandbox = start().await;
    sandbox.dintero().set_token_lifetime(Duration::from_secs(90));
    let dintero = Dintero::of(&sandbox).await;
    let (status, body) = read(dintero.token_request()).await;
    assert_eq!((status, &body["token_type"], &body["expires_in"]), (200, &json!("Bearer"), &json!(90)));
}

#[tokio::test]
async fn wrong_credentials_get_no_token() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let good = json!({"grant_type": "client_credentials", "audience": dintero.audience()});
    let url = |account: &str| format!("{}/accounts/{account}/auth/token", dintero.settings["api_url"]);
    let (mine, id, secret) =
        ("T11223344", &dintero.settings["client_id"], &dintero.settings["client_secret"]);

    for (account, user, password, body, expected) in [
        (mine, id.as_str(), secret.as_str(), good.clone(), 200),
        (mine, id, "wrong", good.clone(), 401),
        (mine, "wrong", secret, good.clone(), 401),
        ("T99999999", id, secret, good.clone(), 401),
        ("X1", id, secret, good.clone(), 400),
        (mine, id, secret, json!({"grant_type": "password", "audience": dintero.audience()}), 400),
        (mine, id, secret, json!({"grant_type": "client_credentials"}), 400),
        (
            mine,
            id,
            secret,
            json!({
                "grant_type": "client_credentials",
                "audience": "https://api.dintero.com/v1/accounts/T99999999",
            }),
            401,
        ),
        (
            mine,
            id,
            secret,
            json!({
                "grant_type": "client_credentials",
                "audience": format!("{}/accounts/{mine}", dintero.settings["api_url"]),
            }),
            401,
        ),
    ] {
        let request = dintero.client.post(url(account)).basic_auth(user, Some(password)).json(&body);
        let (status, response) = read(request).await;
        assert_eq!(status, expected, "{account} {body} {response}");
    }
    let (status, body) = read(dintero.client.post(url(mine)).json(&good)).await;
    assert_eq!(status, 401, "{body}");
    assert!(body["error"]["message"].is_string());
}

#[tokio::test]
async fn a_token_expires_on_the_sandbox_clock_or_at_once() {
    let sandbox = start().await;
    let payment = sandbox.dintero().captured(100, "NOK");
    let mut dintero = Dintero::of(&sandbox).await;
    dintero.transaction(&payment).await;

    sandbox.advance(Duration::from_secs(14_399));
    dintero.transaction(&payment).await;
    sandbox.advance(Duration::from_secs(2));
    let path = format!("/transactions/{payment}");
    assert_eq!(read(dintero.get(&path)).await.0, 401);

    dintero = Dintero::of(&sandbox).await;
    dintero.transaction(&payment).await;
    sandbox.dintero().expire_tokens();
    assert_eq!(read(dintero.get(&path)).await.0, 401);
    dintero.token = "made-up".to_owned();
    assert_eq!(read(dintero.get(&path)).await.0, 401);
}

#[tokio::test]
async fn scopes_are_needed() {
    let sandbox = start().await;
    let payment = sandbox.dintero().captured(100, "NOK");
    let dintero = Dintero::of(&sandbox).await;
    let read_it = || dintero.get(&format!("/transactions/{payment}"));
    let refund_it = || dintero.refund(&payment, &json!({"amount": 1}));
    let list_it = || dintero.get(&format!("{}/refunds", dintero.order("unknown")));

    for (scopes, expected) in [
        (vec!["read:checkout"], (200, 403, 403)),
        (vec!["write:checkout"], (403, 200, 403)),
        (vec!["admin:shopping"], (403, 403, 404)),
        (vec!["admin:checkout", "read:shopping"], (200, 200, 404)),
        (vec![], (403, 403, 403)),
    ] {
        sandbox.dintero().set_scopes(scopes.clone());
        let answers = (read(read_it()).await.0, read(refund_it()).await.0, read(list_it()).await.0);
        assert_eq!(answers, expected, "{scopes:?}");
    }
}

#[tokio::test]
async fn another_account_is_forbidden_and_every_response_has_an_id() {
    let sandbox = start().await;
    let dintero = Dintero::of(&sandbox).await;
    let request = dintero.get("/accounts/T99999999/shopping/orders/o-1/refunds");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(!header(&response, "request-id").is_empty());

    let (status, body) = read(dintero.get("/transactions/T11223344.unknown")).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("NOT FOUND")));
    assert_eq!(read(dintero.get("/nothing/here")).await.0, 404);
    assert_eq!(read(dintero.post("/transactions/x", &json!({}))).await.0, 405);
}
