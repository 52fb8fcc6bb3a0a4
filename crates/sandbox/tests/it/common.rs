use std::{collections::BTreeMap, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use refunds_sandbox::Sandbox;
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde_json::{Value, json};

pub(crate) fn client() -> Client {
    // Long enough for a busy machine; what is meant to time out says so itself.
    let client = Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(20));
    client.retry(reqwest::retry::never()).no_proxy().build().unwrap()
}

pub(crate) async fn start() -> Sandbox {
    Sandbox::start().await.unwrap()
}

/// Status and JSON.
pub(crate) async fn read(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{status}: {body:?}")))
}

pub(crate) struct Dintero {
    pub(crate) client: Client,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) token: String,
}

impl Dintero {
    pub(crate) async fn of(sandbox: &Sandbox) -> Self {
        let mut dintero =
            Self { client: client(), settings: sandbox.settings("dintero"), token: String::new() };
        let (status, body) = read(dintero.token_request()).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().clone_into(&mut dintero.token);
        dintero
    }

    pub(crate) fn token_request(&self) -> RequestBuilder {
        let (account, audience) = (&self.settings["account_id"], self.audience());
        let url = format!("{}/accounts/{account}/auth/token", self.settings["api_url"]);
        self.client
            .post(url)
            .basic_auth(&self.settings["client_id"], Some(&self.settings["client_secret"]))
            .json(&json!({"grant_type": "client_credentials", "audience": audience}))
    }

    pub(crate) fn audience(&self) -> String {
        format!("https://api.dintero.com/v1/accounts/{}", self.settings["account_id"])
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.settings["checkout_url"])).bearer_auth(&self.token)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let url = format!("{}{path}", self.settings["checkout_url"]);
        self.client.post(url).bearer_auth(&self.token).json(body)
    }

    pub(crate) fn order(&self, id: &str) -> String {
        format!("/accounts/{}/shopping/orders/{id}", self.settings["account_id"])
    }

    pub(crate) async fn transaction(&self, id: &str) -> Value {
        let (status, body) = read(self.get(&format!("/transactions/{id}"))).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(crate) fn refund(&self, id: &str, body: &Value) -> RequestBuilder {
        self.post(&format!("/transactions/{id}/refund"), body)
    }
}

pub(crate) struct Mattilda {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Mattilda {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        Self {
            client: client(),
            url: sandbox.settings("mattilda")["api_url"].clone(),
            token: sandbox.mattilda().static_token().to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body)
    }

    pub(crate) fn refund(&self, transaction: &str, body: &Value) -> RequestBuilder {
        self.post(&format!("/transactions/{transaction}/refunds"), body)
    }
}

/// The admin port of a sandbox.
pub(crate) struct Admin {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Admin {
    pub(crate) async fn start() -> (Sandbox, Self) {
        let sandbox = Sandbox::builder().admin_port(0).start().await.unwrap();
        let admin = Self { client: client(), url: sandbox.admin_url().unwrap() };
        (sandbox, admin)
    }

    /// Status and JSON.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.url));
        read(if method == "GET" { request } else { request.json(body) }).await
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> impl Future<Output = Value> {
        let call = self.call("GET", path, &Value::Null);
        async move {
            let (status, body) = call.await;
            assert_eq!(status, 200, "{body}");
            body
        }
    }

    /// What a `POST` says that was done.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, &body).await;
        assert!((200..300).contains(&status), "{path} {body}: {answer}");
        answer
    }

    /// The sentence of a `POST` that is refused with this status.
    pub(crate) async fn refused(&self, status: u16, path: &str, body: Value) -> String {
        let (given, answer) = self.call("POST", path, &body).await;
        assert_eq!(given, status, "{path} {body}: {answer}");
        answer["error"].as_str().unwrap().to_owned()
    }
}

/// A merchant's own way of making tokens, from the PEM in the settings and nothing else.
pub(crate) struct Signer {
    pair: EcdsaKeyPair,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Signer {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        let pem = sandbox.settings("mattilda")["private_key"].clone();
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(text).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, &der).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..67]), URL_SAFE_NO_PAD.encode(&point[67..]));
        let jwk = format!(r#"{{"crv":"P-521","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, jwk.as_bytes()));
        let now = sandbox.now().unix_timestamp();
        Self {
            pair,
            header: json!({"alg": "ES512", "typ": "JWT", "kid": kid}),
            claims: json!({
                "iss": "a merchant", "nbf": now - 5, "exp": now + 60, "jti": "one",
                "scopes": ["transactions.read", "transactions.write"],
            }),
        }
    }

    pub(crate) fn token(&self) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(&self.header), encode(&self.claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        assert_eq!(signature.as_ref().len(), 132);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
