//! One scenario, any provider, chosen by name only.

use std::time::Duration;

use futures_util::TryStreamExt;
use refunds_core::{CreateRefund, ErrorKind, PaymentId, RefundAmount, RefundStatus};
use refunds_sandbox::Outcome;
use refunds_tests::Shop;

/// Refunds part of a payment, the same again, the rest, and then too much.
async fn scenario(name: &'static str) {
    let shop = Shop::open(name).await;
    let client = shop.client();
    let payment = shop.captured(44850);
    let before = client.payment(&payment).await.unwrap();
    assert_eq!((before.captured, before.refundable), (shop.money(44850), shop.money(44850)));

    let part = shop.request(&payment, 14950, "rma-551").with_reason("one of two items returned");
    let refund = client.create(&part).await.unwrap();
    assert_eq!(refund.provider, name);
    assert_eq!((&refund.payment_id, refund.amount), (&payment, shop.money(14950)));
    assert_eq!((refund.status, refund.reference.as_ref()), (RefundStatus::Succeeded, Some(&part.reference)));

    // Requested again, by a process that does not know about the first request.
    assert_eq!(shop.client().create(&part).await.unwrap().id, refund.id);
    let error = client.create(&shop.request(&payment, 14951, "rma-551")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);

    let rest = CreateRefund::new(payment.clone(), RefundAmount::Remaining, "rma-552".parse().unwrap());
    assert_eq!(client.create(&rest).await.unwrap().amount, shop.money(29900));
    let error = client.create(&shop.request(&payment, 1, "rma-553")).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::NotRefundable, false));

    let mut stream = client.list(&payment);
    let mut listed = Vec::new();
    while let Some(refund) = stream.try_next().await.unwrap() {
        assert_eq!(client.get(&payment, &refund.id).await.unwrap(), refund, "the list and the look-up agree");
        listed.push((refund.reference.unwrap().to_string(), refund.amount.minor_units()));
    }
    listed.sort();
    assert!(stream.is_complete());
    assert_eq!(listed, [("rma-551".into(), 14950), ("rma-552".into(), 29900)]);

    let after = client.payment(&payment).await.unwrap();
    assert_eq!((after.refunded, after.refundable), (shop.money(44850), shop.money(0)));
    assert_eq!(shop.moved(&payment), 44850);
}

#[tokio::test]
async fn at_dintero() {
    scenario("dintero").await;
}

#[tokio::test]
async fn at_mattilda() {
    scenario("mattilda").await;
}

#[tokio::test]
async fn in_memory() {
    scenario("memory").await;
}

#[tokio::test]
async fn an_asynchronous_refund_is_followed_until_it_is_final() {
    for name in ["dintero", "mattilda"] {
        for (outcome, succeeds) in [(Outcome::Succeeded, true), (Outcome::Failed, false)] {
            let shop = Shop::open(name).await;
            let client = shop.client();
            let payment = shop.captured_slow(44850, outcome);
            let refund = client.create(&shop.request(&payment, 14950, "rma-551")).await.unwrap();
            assert_eq!(refund.status, RefundStatus::Pending, "{name}");
            let waited =
                client.wait_until_final(&payment, &refund.id, Duration::from_secs(60)).await.unwrap();
            let last = waited.refund();
            assert!(waited.is_final(), "{name} {outcome:?}: {last:?}");
            assert_eq!(last.id, refund.id, "{name}: the id does not change");
            assert_eq!(last.status == RefundStatus::Succeeded, succeeds, "{name} {outcome:?}: {last:?}");
            assert_eq!(shop.moved(&payment), if succeeds { 14950 } else { 0 });
        }
    }
}

/// The paths that an adapter may request; `?` is an id.
const SHAPES: [&str; 10] = [
    "/v1/accounts/?/auth/token",
    "/v1/transactions/?",
    "/v1/accounts/?/shopping/orders/?",
    "/v1/accounts/?/shopping/orders/?/refunds",
    "/v1/accounts/?/shopping/orders/?/captures",
    "/v1/accounts/?/shopping/orders/?/authorizations",
    "/v1/transactions",
    "/transactions/?",
    "/transactions/?/refunds",
    "/refunds/?",
];

#[tokio::test]
async fn hostile_ids_never_change_the_path() {
    let long = "x".repeat(10_000);
    for name in ["dintero", "mattilda"] {
        let shop = Shop::open(name).await;
        let client = shop.client();
        let good = shop.captured(100);
        for id in ["../x", "a/b", "%2e%2e", "x?y=1", "x#y", "", " ", "a\nb", ".", "..", "T11223344./x", &long]
        {
            shop.sandbox.clear_requests();
            if let Ok(payment) = id.parse() {
                assert!(client.payment(&payment).await.is_err(), "{name}: {id:?}");
                assert!(client.create(&shop.request(&payment, 100, "a")).await.is_err(), "{name}: {id:?}");
            }
            if let Ok(refund) = id.parse() {
                assert!(client.get(&good, &refund).await.is_err(), "{name}: {id:?}");
            }
            for request in shop.sandbox.requests() {
                let shape: Vec<_> =
                    request.path.split('/').map(|segment| shape_of(segment, id, &good)).collect();
                let shape = shape.join("/").replace("/accounts/T11223344/", "/accounts/?/");
                let known = SHAPES.contains(&shape.as_str()) || shape == "/transactions/?/refunds/?";
                assert!(known, "{name}: {id:?} became {}", request.path);
            }
        }
        assert_eq!(shop.moved(&good), 0);
    }
}

/// The segment, or `?` if it is, decoded, one of the two ids in use.
fn shape_of<'a>(segment: &'a str, id: &str, good: &PaymentId) -> &'a str {
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
    if decoded == id && !id.is_empty() || decoded == good.as_str() { "?" } else { segment }
}
