//! What is refused before anything is sent: the limits of the document, to the character.

use refunds_core::{
    CreateRefund, ErrorKind, Money, PaymentId, Reference, RefundAmount, RefundProvider, RefundTarget,
    SubmitRefund, TargetKind,
};

use crate::wire::Script;

fn request(reference: &str) -> CreateRefund {
    let payment = PaymentId::new("chg-1").unwrap();
    CreateRefund::new(payment, RefundAmount::Remaining, Reference::new(reference).unwrap())
}

fn with_labels(count: usize) -> CreateRefund {
    (0..count).fold(request("rma-1"), |request, at| request.with_metadata(format!("key-{at}"), "value"))
}

/// The kind of the refusal, from `validate` and from a submission alike; `None` where it passes.
async fn refusal(request: CreateRefund) -> Option<ErrorKind> {
    let script = Script::new([]);
    let provider = script.provider();
    let kind = provider.validate(&request).err().map(|error| error.kind());
    if kind.is_some() {
        let submit = SubmitRefund::new(request, Money::new(1, "NOK".parse().unwrap()));
        let error = provider.submit_refund(&submit).await.unwrap_err();
        assert_eq!((Some(error.kind()), error.may_have_applied()), (kind, false));
        assert!(script.requests().is_empty());
    }
    kind
}

#[tokio::test]
async fn what_fits_passes() {
    let fits = [
        request(&"r".repeat(64)),
        request("rma-1").with_reason("ø".repeat(140)),
        request("rma-1").with_metadata("ø".repeat(20), "ø".repeat(100)),
        with_labels(10),
        request("rma-1").with_target(RefundTarget::new(TargetKind::PaymentMethod, None)),
    ];
    for request in fits {
        assert_eq!(refusal(request.clone()).await, None, "{request:?}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_invalid() {
    let beyond = [
        request(&"r".repeat(65)),
        request("rma-1").with_reason("ø".repeat(141)),
        request("rma-1").with_metadata("k".repeat(21), "v"),
        request("rma-1").with_metadata("k", "v".repeat(101)),
        with_labels(11),
    ];
    for request in beyond {
        assert_eq!(refusal(request.clone()).await, Some(ErrorKind::InvalidRequest), "{request:?}");
    }
}

#[tokio::test]
async fn what_there_is_no_place_for_is_unsupported() {
    let gift_card = RefundTarget::new(TargetKind::GiftCard, Some("gc-1".to_owned()));
    assert_eq!(refusal(request("rma-1").with_target(gift_card)).await, Some(ErrorKind::Unsupported));
}
