//! The documented limits, to the character: what exceeds them is refused before anything is sent.

use refunds_core::{
    CreateRefund, ErrorKind, Money, RefundAmount, RefundLine, RefundProvider, RefundTarget, SubmitRefund,
    TargetKind,
};

use crate::common::{request, scripted};

fn with_amount(units: i64) -> CreateRefund {
    let mut request = request("rma-551");
    request.amount = RefundAmount::Exact(Money::new(units, "NOK".parse().unwrap()));
    request
}

fn with_labels(count: usize) -> CreateRefund {
    (0..count)
        .fold(request("rma-551"), |request, index| request.with_metadata(format!("key-{index}"), "value"))
}

/// The kind of error, the same from `validate` and from a submission; `None` if the request passes.
async fn refusal(request: CreateRefund) -> Option<ErrorKind> {
    let (provider, transport) = scripted([]);
    let kind = provider.validate(&request).err().map(|error| error.kind());
    if kind.is_some() {
        let submission = SubmitRefund::new(request, Money::new(1, "NOK".parse().unwrap()));
        let error = provider.submit_refund(&submission).await.unwrap_err();
        assert_eq!((Some(error.kind()), error.may_have_applied()), (kind, false));
        assert!(transport.requests().is_empty());
    }
    kind
}

#[tokio::test]
async fn a_request_at_the_limits_passes() {
    for request in [
        with_amount(999_999_999_999),
        request(&"r".repeat(128)),
        request("rma-551").with_reason("ø".repeat(140)),
        request("rma-551").with_metadata("ø".repeat(20), "ø".repeat(100)),
        with_labels(10),
        request("rma-551").with_target(RefundTarget::new(TargetKind::PaymentMethod, None)),
    ] {
        assert_eq!(refusal(request.clone()).await, None, "{request:?}");
    }
}

#[tokio::test]
async fn a_request_beyond_a_limit_is_invalid() {
    for request in [
        with_amount(1_000_000_000_000),
        request(&"r".repeat(129)),
        request("rma-551").with_reason("ø".repeat(141)),
        request("rma-551").with_metadata("k".repeat(21), "v"),
        request("rma-551").with_metadata("k", "v".repeat(101)),
        with_labels(11),
    ] {
        assert_eq!(refusal(request.clone()).await, Some(ErrorKind::InvalidRequest), "{request:?}");
    }
}

#[tokio::test]
async fn lines_and_other_targets_are_unsupported() {
    let gift_card = RefundTarget::new(TargetKind::GiftCard, Some("gc-1".to_owned()));
    let line = RefundLine::new("1", Money::new(14950, "NOK".parse().unwrap()));
    for request in [request("rma-551").with_target(gift_card), request("rma-551").with_line(line)] {
        assert_eq!(refusal(request.clone()).await, Some(ErrorKind::Unsupported), "{request:?}");
    }
}
