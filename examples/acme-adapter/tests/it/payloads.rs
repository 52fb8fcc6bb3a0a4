//! Documented and unexpected responses, and the refunds made of them.

use refunds_core::{
    ErrorKind, Money, PageRequest, RefundProvider, RefundStatus, parse_time,
    serde_json::{Value, json},
};
use refunds_http::testing::Reply;

use crate::common::{minimal_return, one, payment, refund, return_with, scripted, submission};

/// The example in `PROVIDER.md`.
fn documented() -> Value {
    json!({
        "id": "ret_1", "payment": "pp/7", "merchant_ref": "rma-551", "state": "bounced",
        "amount": { "units": "14950", "currency": "NOK" }, "note": "arrived broken", "labels": { "desk": "7" },
        "made_at": "2031-05-01T10:20:30Z", "changed_at": "2031-05-01T10:20:31Z",
        "bank_trace": "BT-7", "channel": "api",
        "why": { "code": "account_closed", "text": "The account is closed" },
    })
}

#[tokio::test]
async fn every_documented_field_is_kept() {
    let (provider, _) = scripted([Reply::json(200, one(&documented()))]);
    let refund = provider.get_refund(&payment(), &refund()).await.unwrap();
    assert_eq!((refund.status, &*refund.provider_status), (RefundStatus::Failed, "bounced"));
    assert_eq!(refund.amount.to_string(), "149.50 NOK");
    assert_eq!(refund.reference.unwrap().as_str(), "rma-551");
    assert_eq!(refund.reason.as_deref(), Some("arrived broken"));
    assert_eq!(refund.metadata["desk"], "7");
    assert_eq!(refund.created_at, parse_time("2031-05-01T10:20:30Z"));
    assert_eq!(refund.updated_at, parse_time("2031-05-01T10:20:31Z"));
    assert_eq!(refund.provider_reference.as_deref(), Some("BT-7"));
    assert_eq!(refund.failure.unwrap().code.as_deref(), Some("account_closed"));
    assert_eq!(refund.extra.text("channel"), Some("api"));
}

#[tokio::test]
async fn missing_fields_are_not_invented() {
    let mut odd = minimal_return("parked");
    odd["note"] = json!(7);
    odd["made_at"] = json!("the day before yesterday");
    odd["merchant_ref"] = Value::Null;
    odd["clerk"] = json!({ "id": "c-3", "email": "clerk@acme.example" });
    let mut malformed = minimal_return("sent");
    malformed["merchant_ref"] = json!(551);
    malformed["changed_at"] = json!("9999-12-31T23:59:59-01:00");
    let list = json!({ "returns": [minimal_return("paid"), odd, malformed], "page": { "after": null } });
    let (provider, _) = scripted([Reply::json(200, list.to_string())]);

    let page = provider.list_refunds(&payment(), &PageRequest::first()).await.unwrap();
    let [plain, odd, malformed] = &page.items[..] else { panic!("three refunds") };
    assert!(plain.reference_is_unreported() && plain.created_at.is_none());
    assert!(malformed.reference_is_unreported() && malformed.updated_at.is_none());
    assert_eq!((odd.status, &*odd.provider_status), (RefundStatus::Unknown, "parked"));
    assert!(!odd.reference_is_unreported(), "Acme reports that it has none, so it is not ours");
    assert_eq!((&odd.reason, odd.created_at), (&None, None));
    assert_eq!(odd.extra.get("clerk"), Some(json!({ "id": "c-3" })));
}

#[tokio::test]
async fn no_reference_and_an_unreported_one_are_different() {
    for (body, unreported) in [
        (return_with("merchant_ref", json!("rma-551")), false),
        (return_with("merchant_ref", Value::Null), false),
        (return_with("merchant_ref", json!(" by hand ")), false),
        (return_with("merchant_ref", json!(551)), true),
        (minimal_return("paid"), true),
    ] {
        let (provider, _) = scripted([Reply::json(200, one(&body))]);
        let refund = provider.get_refund(&payment(), &refund()).await.unwrap();
        assert_eq!(refund.reference_is_unreported(), unreported, "{body}");
    }
}

#[tokio::test]
async fn an_unexpected_type_matters_only_where_money_depends_on_it() {
    for field in
        ["note", "labels", "made_at", "changed_at", "bank_trace", "channel", "clerk", "why", "merchant_ref"]
    {
        for value in [json!(7), json!([]), json!("?"), Value::Null] {
            let (provider, _) = scripted([Reply::json(200, one(&return_with(field, value)))]);
            assert!(provider.get_refund(&payment(), &refund()).await.is_ok(), "{field}");
        }
    }
    for field in ["id", "payment", "amount", "state"] {
        for value in [json!(7), json!(149.50), Value::Null] {
            let (provider, _) = scripted([Reply::json(200, one(&return_with(field, value)))]);
            let error = provider.get_refund(&payment(), &refund()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{field}");
        }
    }
}

#[tokio::test]
async fn a_submission_whose_response_cannot_be_read_may_have_applied() {
    for (field, value) in [
        ("id", json!("")),
        ("state", Value::Null),
        ("amount", json!(14950)),
        ("amount", json!({ "units": "149.50", "currency": "NOK" })),
        ("amount", json!({ "units": "14950", "currency": "???" })),
    ] {
        let (provider, _) = scripted([Reply::json(201, one(&return_with(field, value.clone())))]);
        let error = provider.submit_refund(&submission()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{field} {value}: {error}");
        assert!(error.may_have_applied(), "{field} {value}: it was a 201");
    }
}

#[tokio::test]
async fn a_return_of_another_payment_is_not_found() {
    for (field, kind) in [("payment", ErrorKind::NotFound), ("id", ErrorKind::Protocol)] {
        let (provider, transport) = scripted([Reply::json(200, one(&return_with(field, json!("other"))))]);
        let error = provider.get_refund(&payment(), &refund()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (kind, false), "{field}");
        assert_eq!(transport.requests()[1].path, "/v2/returns/ret_1");
    }
}

#[tokio::test]
async fn the_sums_of_a_payment_are_exact_in_every_currency() {
    for (currency, units) in [("NOK", [44850, 14950, 901]), ("JPY", [500, 20, 3]), ("TND", [1250, 1, 249])] {
        let [captured, returned, in_flight] =
            units.map(|units: i64| json!({ "units": units.to_string(), "currency": currency }));
        let body = json!({ "payment": {
            "id": "pp/7", "state": "captured", "captured": captured, "returned": returned, "in_flight": in_flight,
        }});
        let (provider, _) = scripted([Reply::json(200, body.to_string())]);
        let payment = provider.payment(&payment()).await.unwrap();
        let sums = [payment.captured, payment.refunded, payment.pending, payment.refundable];
        let left = units[0] - units[1] - units[2];
        assert_eq!(sums.map(Money::minor_units), [units[0], units[1], units[2], left]);
        assert_eq!(payment.currency().code(), currency);
        assert_eq!(payment.provider_status.as_deref(), Some("captured"));
    }
}

#[tokio::test]
async fn a_payment_in_an_unknown_currency_cannot_be_read() {
    for currency in ["nok", "XXX", ""] {
        let sum = json!({ "units": "100", "currency": currency });
        let body = json!({ "payment": { "id": "pp/7", "captured": sum, "returned": sum, "in_flight": sum } });
        let (provider, _) = scripted([Reply::json(200, body.to_string())]);
        let error = provider.payment(&payment()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Protocol, false), "{currency}");
    }
}
