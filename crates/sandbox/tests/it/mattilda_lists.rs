use refunds_sandbox::{Sandbox, mattilda::CursorMode};
use serde_json::{Value, json};

use crate::common::{Mattilda, read, start};

/// Seven refunds of one payment, and its path.
async fn seven(sandbox: &Sandbox, mattilda: &Mattilda) -> String {
    let payment = sandbox.mattilda().captured(700, "MXN");
    for amount in 1..=7 {
        assert_eq!(read(mattilda.refund(&payment, &json!({"amount": amount}))).await.0, 201);
    }
    format!("/transactions/{payment}/refunds")
}

fn amounts(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|item| item["amount"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn cursors_page_forward_and_back() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let path = seven(&sandbox, &mattilda).await;
    let page = async |query: &[(&str, &str)]| read(mattilda.get(&path).query(query)).await.1;

    let one = page(&[("limit", "3")]).await;
    assert_eq!(
        (amounts(&one), &one["limit"], &one["previous_cursor"]),
        (vec![7, 6, 5], &json!(3), &Value::Null)
    );
    let two = page(&[("limit", "3"), ("cursor", one["next_cursor"].as_str().unwrap())]).await;
    assert_eq!(amounts(&two), [4, 3, 2]);
    let three = page(&[("limit", "3"), ("cursor", two["next_cursor"].as_str().unwrap())]).await;
    assert_eq!((amounts(&three), &three["next_cursor"]), (vec![1], &Value::Null));
    let back = page(&[("limit", "3"), ("cursor", three["previous_cursor"].as_str().unwrap())]).await;
    assert_eq!(amounts(&back), [4, 3, 2]);
    let back = page(&[("limit", "3"), ("cursor", back["previous_cursor"].as_str().unwrap())]).await;
    assert_eq!(amounts(&back), [7, 6, 5]);

    let whole = page(&[]).await;
    assert_eq!(
        (amounts(&whole).len(), &whole["limit"], &whole["next_cursor"]),
        (7, &json!(20), &Value::Null)
    );
    for (query, kind) in [
        ("limit=0", "greater_than_equal"),
        ("limit=101", "less_than_equal"),
        ("limit=many", "int_parsing"),
        ("cursor=bogus", "value_error"),
    ] {
        let (status, body) = read(mattilda.get(&format!("{path}?{query}"))).await;
        assert_eq!((status, &body["details"][0]["type"]), (400, &json!(kind)), "{query}");
        assert_eq!(body["details"][0]["location"], "query");
    }
}

#[tokio::test]
async fn a_server_may_ignore_its_own_cursor() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let path = seven(&sandbox, &mattilda).await;
    sandbox.mattilda().set_cursors(CursorMode::Ignored);
    sandbox.mattilda().set_page_size(5);
    let (_, one) = read(mattilda.get(&path)).await;
    let cursor = one["next_cursor"].as_str().unwrap();
    let (_, two) = read(mattilda.get(&path).query(&[("cursor", cursor), ("limit", "100")])).await;
    assert_eq!((amounts(&one).len(), &one), (5, &two));
    sandbox.mattilda().set_page_size(7);
    assert_eq!(read(mattilda.get(&path)).await.1["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_server_may_repeat_its_page_under_new_cursors() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let path = seven(&sandbox, &mattilda).await;
    sandbox.mattilda().set_cursors(CursorMode::RepeatsPage);
    let (_, one) = read(mattilda.get(&path)).await;
    let cursor = one["next_cursor"].as_str().unwrap();
    let (_, two) = read(mattilda.get(&path).query(&[("cursor", cursor)])).await;
    assert_eq!(one["items"], two["items"]);
    assert_ne!(one["next_cursor"], two["next_cursor"]);
}

#[tokio::test]
async fn an_inserted_page_is_served_byte_for_byte() {
    let sandbox = start().await;
    let mattilda = Mattilda::of(&sandbox);
    let bytes = "{\n\"items\": [],\n\"limit\": 1,\n\"next_cursor\": \"ZXhhbXBsZTE\"\n}\n";
    sandbox.mattilda().insert_refunds_page_bytes("any-id", bytes);
    let response = mattilda.get("/transactions/any-id/refunds").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), bytes);
}
