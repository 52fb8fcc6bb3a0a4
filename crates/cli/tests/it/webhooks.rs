//! `refunds webhook`: what is verified and what is not, and subscriptions.

use std::path::PathBuf;

use refunds_sandbox::{Sandbox, SignedRequest, WebhookMode, dintero::TransactionSpec};
use serde_json::json;

use crate::common::{Ran, bare, captured, command, create, refunds, run, run_with_input};

const PUBLIC: &str = "https://shop.example:8443/hooks";
const LOCAL: &str = "http://127.0.0.1:9/hooks";

/// The genuine webhook about a refund: a callback by GET, one by POST, a hook, Mattilda's.
fn genuine(sandbox: &Sandbox, way: &str) -> (String, SignedRequest) {
    let callback = |method: &str| {
        let url = format!("{PUBLIC}?report_event=REFUND&method={method}&shop=a%20b");
        sandbox.dintero().transaction(TransactionSpec::new(44_850, "NOK").callback_url(url))
    };
    let payment = match way {
        "GET" | "POST" => callback(way),
        "hook" => {
            sandbox.dintero().subscribe(LOCAL, ["checkout_transaction"]);
            captured(sandbox, "dintero")
        }
        _ => {
            drop(sandbox.mattilda().subscribe(LOCAL));
            captured(sandbox, "mattilda")
        }
    };
    let reference = format!("r-{way}");
    refunds(sandbox, provider(way), &create(&payment, &reference)).ended(0);
    let mut sent = sandbox.webhooks().queue().take();
    (payment, sent.pop().unwrap())
}

fn provider(way: &str) -> &str {
    if way == "mattilda" { "mattilda" } else { "dintero" }
}

/// Verifies the request as it arrived `late` seconds after it was signed.
fn verify(sandbox: &Sandbox, way: &str, request: &SignedRequest, late: i64, more: &[&str]) -> Ran {
    let at = (sandbox.now().unix_timestamp() + late).to_string();
    let mut arguments =
        vec!["webhook", "verify", "--method", &request.method, "--url", &request.url, "--at", &at];
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    arguments.extend(headers.iter().flat_map(|header| ["--header", header.as_str()]));
    arguments.extend(more);
    let body = String::from_utf8(request.body.clone()).unwrap();
    run_with_input(&mut command(sandbox, provider(way), &arguments), &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_webhook_is_shown() {
    let sandbox = Sandbox::start().await.unwrap();
    for (way, event) in [
        ("GET", "REFUND"),
        ("POST", "REFUND"),
        ("hook", "checkout_transaction"),
        ("mattilda", "refund.succeeded"),
    ] {
        let (payment, request) = genuine(&sandbox, way);
        assert_eq!(request.body.is_empty(), way == "GET");
        let verified = verify(&sandbox, way, &request, 0, &[]).ended(0);
        assert_eq!(verified.stderr, "", "{way}");
        let notice = verified.json();
        assert_eq!(
            (&notice["verified"], &notice["provider"], &notice["answer"]),
            (&json!(true), &json!(provider(way)), &json!(200)),
            "{way}"
        );
        assert_eq!((&notice["payment_id"], &notice["event"]), (&json!(payment), &json!(event)), "{way}");
        assert_eq!(notice["delivery_id"], json!(request.delivery_id), "{way}");
        assert_eq!(notice["refund_id"].is_string(), way == "mattilda");
        assert_eq!(notice["occurred_at"].is_string(), ["hook", "mattilda"].contains(&way), "{notice}");

        let table = verify(&sandbox, way, &request, 0, &["--output", "table"]).ended(0).stdout;
        for text in ["Verified", "yes", &payment, event, &request.delivery_id, "HTTP 200"] {
            assert!(table.contains(text), "{way}: {text}: {table}");
        }
        let csv = &verify(&sandbox, way, &request, 0, &["--output", "csv"]).ended(0).csv()[0];
        assert_eq!((csv["payment_id"].as_str(), csv["answer"].as_str()), (payment.as_str(), "200"));
        assert_eq!(verify(&sandbox, way, &request, 0, &["-o", "jsonl"]).ended(0).stdout.lines().count(), 1);
    }
    assert_eq!(sandbox.requests().iter().filter(|request| request.path.contains("webhook")).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_not_genuine_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for way in ["GET", "POST", "hook", "mattilda"] {
        let (_, request) = genuine(&sandbox, way);
        let forged = |what: &str, ran: Ran| {
            let ran = ran.ended(4);
            assert_eq!(ran.stdout, "", "{way}, {what}");
            let error = ran.error();
            assert_eq!(
                (&error["kind"], &error["answer"]),
                (&json!("unauthenticated"), &json!(400)),
                "{way}, {what}"
            );
            assert_eq!(
                (&error["provider"], &error["outcome"]),
                (&json!(provider(way)), &json!("not_applied"))
            );
        };
        if way != "hook" {
            forged("old", verify(&sandbox, way, &request, 400, &[]));
            forged("early", verify(&sandbox, way, &request, -400, &[]));
        }
        let mut altered = request.clone();
        if way == "hook" || way == "mattilda" {
            altered.body.push(b' ');
        } else {
            altered.url.push_str("&more=1");
        }
        forged("altered", verify(&sandbox, way, &altered, 0, &[]));
        altered.headers.clear();
        forged("unsigned", verify(&sandbox, way, &altered, 0, &[]));
        forged("signed twice", {
            let header = request.headers.iter().find(|(name, _)| name.to_lowercase().contains("signature"));
            let header = header.map(|(name, value)| format!("{name}: {value}")).unwrap();
            let again = ["--header", "X-Gr4vy-Webhook-Timestamp: 1", "--header", header.as_str()];
            verify(&sandbox, way, &request, 0, &again)
        });
    }
    sandbox.webhooks().add(WebhookMode::WrongSecret);
    let (_, request) = genuine(&sandbox, "hook");
    let ran = verify(&sandbox, "hook", &request, 0, &["--output", "table"]).ended(4);
    insta::assert_snapshot!(ran.stderr, @r"
    error: dintero: verifying the webhook: the signature does not match the body and the secrets (unauthenticated)
      respond with: HTTP 400
      next: do not trust it; verifying a genuine one needs the right secret, the URL as the provider called it, and headers and body as they arrived
    ");
}

#[test]
fn a_genuine_webhook_without_a_notice() {
    // The documented test vector, which is about nothing.
    let header = "Dintero-Signature: t=1582236537,v0-hmac-sha256=6bed2ab1b919d460ef7465a20dc6c97260dca73fab6647106ca525f0908df64a";
    let arguments =
        ["webhook", "verify", "--method", "get", "--url", "https://example.com/callback?B=123&A=992"];
    let arguments = [&arguments[..], &["--header", header, "--at", "2020-02-20T22:08:57Z"]].concat();
    let environment = [
        ("REFUNDS_PROVIDER", "dintero"),
        ("DINTERO_ACCOUNT_ID", "P00000000"),
        ("DINTERO_CLIENT_ID", "id"),
        ("DINTERO_CLIENT_SECRET", "canary-client"),
    ];
    for (secret, previous, status, kind) in [
        ("123", "", 3, "protocol"),
        ("123\n", "", 3, "protocol"),
        ("canary-new", "123", 3, "protocol"),
        ("canary-old,123", "", 4, "unauthenticated"),
        ("canary-124", "", 4, "unauthenticated"),
        ("", "", 2, "config"),
        ("", "123", 2, "config"),
        (" ", "", 2, "config"),
    ] {
        let mut command = bare(&arguments);
        command.envs(environment).env("DINTERO_CALLBACK_SECRET", secret);
        let ran = run(command.env("DINTERO_CALLBACK_SECRET_PREVIOUS", previous)).ended(status);
        // What cannot even be configured has no delivery to answer.
        if secret.trim().is_empty() && (secret, previous) != ("", "") {
            assert_eq!(ran.error()["kind"], "config", "{secret}");
            continue;
        }
        let answer = if status == 4 { 400 } else { 503 };
        assert_eq!(
            (&ran.error()["kind"], &ran.error()["answer"]),
            (&json!(kind), &json!(answer)),
            "{secret}"
        );
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
    let mut command = bare(&[&arguments[..], &["-o", "table"]].concat());
    let ran = run(command.envs(environment).env("DINTERO_CALLBACK_SECRET", "123")).ended(3);
    assert!(ran.stderr.starts_with("error: dintero: verifying the webhook: "), "{}", ran.stderr);
    assert!(
        ran.stderr.contains(
            "
  respond with: HTTP 503
  next: it is genuine: "
        ),
        "{}",
        ran.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_and_bodies_come_from_files() {
    let sandbox = Sandbox::start().await.unwrap();
    let (payment, request) = genuine(&sandbox, "hook");
    let file = |name: &str, text: &[u8]| {
        let file =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("webhook-{}-{name}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect::<Vec<_>>()
        .join("\r\n");
    let headers = format!("\r\n{headers}\r\n");
    let (header_file, body_file) = (file("headers", headers.as_bytes()), file("body", &request.body));
    let body = std::str::from_utf8(&request.body).unwrap();
    for (more, input) in [
        (["--headers-file", &header_file, "--body", &body_file], ""),
        (["--headers-file", &header_file, "--body", "-"], body),
        (["--headers-file", "-", "--body", &body_file], &headers),
    ] {
        let arguments = [&["webhook", "verify", "--url", "https://shop.example/"][..], &more].concat();
        let ran = run_with_input(&mut command(&sandbox, "dintero", &arguments), input).ended(0);
        assert_eq!(ran.json()["payment_id"], json!(payment));
    }
    for file in [header_file, body_file] {
        std::fs::remove_file(file).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_on_the_command_line() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = ["webhook", "verify", "--url", "https://shop.example/"];
    for arguments in [
        vec!["webhook"],
        vec!["webhook", "verify"],
        vec!["webhook", "subscribe"],
        vec!["webhook", "delete"],
        [&url[..], &["--header", "event"]].concat(),
        [&url[..], &["--header", ": ping"]].concat(),
        [&url[..], &["--at", "yesterday"]].concat(),
        [&url[..], &["--body", "/no/such/file"]].concat(),
        [&url[..], &["--headers-file", "/no/such/file"]].concat(),
        [&url[..], &["--headers-file", "-"]].concat(),
    ] {
        let ran = refunds(&sandbox, "dintero", &arguments).ended(2);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
    assert_eq!(sandbox.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_are_created_listed_and_deleted() {
    let sandbox = Sandbox::start().await.unwrap();
    let dintero = |arguments: &[&str]| refunds(&sandbox, "dintero", &[&["webhook"], arguments].concat());
    assert_eq!(dintero(&["list"]).ended(0).json(), json!([]));
    assert_eq!(dintero(&["list", "-o", "table"]).ended(0).stdout, "no subscriptions\n");

    let made = dintero(&["subscribe", LOCAL]).ended(0).json();
    assert_eq!(made["events"], json!(["checkout_transaction", "shopping_order_event_add"]));
    assert_eq!((&made["url"], &made["secret_type"]), (&json!(LOCAL), &json!("HMAC-SHA1")));
    let more = ["subscribe", LOCAL, "--event", "checkout_transaction", "--event", "settlement_add"];
    let more = dintero(&more).ended(0).json();
    assert_eq!(more["events"], json!(["checkout_transaction", "settlement_add"]));
    assert_eq!(dintero(&["list"]).ended(0).json(), json!([made, more]));
    assert_eq!(dintero(&["list", "-o", "jsonl"]).ended(0).stdout.lines().count(), 2);
    let csv = dintero(&["list", "-o", "csv"]).ended(0).csv();
    assert_eq!(
        (csv[1]["url"].as_str(), csv[1]["events"].as_str()),
        (LOCAL, "checkout_transaction settlement_add")
    );
    let table = dintero(&["list", "-o", "table"]).ended(0).stdout;
    for text in ["ACTIVE", "yes", LOCAL, "settlement_add", "HMAC-SHA1", made["id"].as_str().unwrap()] {
        assert!(table.contains(text), "{text}: {table}");
    }

    // What it is signed with is what is verified with; and a ping is about nothing.
    sandbox.webhooks().queue().clear();
    let id = made["id"].as_str().unwrap();
    assert_eq!(dintero(&["ping", id]).ended(0).json(), json!({"id": id, "pinged": true}));
    let ping = sandbox.webhooks().queue().take().pop().unwrap();
    let ran = verify(&sandbox, "hook", &ping, 0, &[]).ended(3);
    assert_eq!((&ran.error()["kind"], &ran.error()["answer"]), (&json!("unsupported"), &json!(200)));

    assert_eq!(dintero(&["delete", id]).ended(0).json(), json!({"id": id, "deleted": true}));
    assert_eq!(dintero(&["list"]).ended(0).json(), json!([more]));
    let id = more["id"].as_str().unwrap();
    let table = dintero(&["delete", id, "-o", "table"]).ended(0).stdout;
    assert!(table.contains("deleted") && table.contains(id), "{table}");
    assert_eq!(dintero(&["delete", id]).ended(3).error()["kind"], "not_found");
    assert_eq!(dintero(&["ping", id]).ended(3).error()["kind"], "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_subscriptions() {
    let sandbox = Sandbox::start().await.unwrap();
    for arguments in [vec!["subscribe", LOCAL], vec!["list"], vec!["delete", "x"], vec!["ping", "x"]] {
        let ran = refunds(&sandbox, "mattilda", &[&["webhook"], &arguments[..]].concat()).ended(3);
        let error = ran.error();
        assert_eq!((&error["kind"], &error["provider"]), (&json!("unsupported"), &json!("mattilda")));
    }
    let subscribe = ["webhook", "subscribe", LOCAL];
    for secret in ["", "  "] {
        let mut command = command(&sandbox, "dintero", &subscribe);
        let ran = run(command.env("DINTERO_HOOK_SECRET", secret)).ended(2);
        let message = ran.error()["message"].as_str().unwrap().to_lowercase();
        assert!(message.contains("hook_secret"), "{}", ran.stderr);
    }
    for url in ["http://shop.example/", "shop.example", ""] {
        let ran = refunds(&sandbox, "dintero", &["webhook", "subscribe", url]).ended(3);
        assert_eq!(ran.error()["kind"], "invalid_request", "{url}");
    }
    assert_eq!(sandbox.requests(), []);
    sandbox.dintero().set_scopes(["admin:checkout"]);
    let ran = refunds(&sandbox, "dintero", &subscribe).ended(4);
    assert_eq!(ran.error()["kind"], "permission_denied");
    sandbox.dintero().set_scopes(["admin:hooks"]);
    let mut rotating = command(&sandbox, "dintero", &subscribe);
    rotating.env("DINTERO_HOOK_SECRET", "new,canary").env("DINTERO_HOOK_SECRET_PREVIOUS", "old");
    let made = run(&mut rotating).ended(0);
    assert!(!made.stdout.contains("canary") && made.stderr.is_empty());
    // The present one is the one that is signed with, all of it.
    let ping = sandbox.webhooks().queue().take().pop().unwrap();
    let signature = format!("event-signature: {}", ping.header("event-signature").unwrap());
    let verify = ["webhook", "verify", "--url", LOCAL, "--header", &signature, "--header", "event: ping"];
    for (secret, status) in [("new,canary", 3), ("new", 4), ("old", 4)] {
        let mut command = command(&sandbox, "dintero", &verify);
        let body = std::str::from_utf8(&ping.body).unwrap();
        run_with_input(command.env("DINTERO_HOOK_SECRET", secret), body).ended(status);
    }
}
