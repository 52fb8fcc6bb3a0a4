//! Capabilities that do not mean what they say.

use futures_util::FutureExt as _;
use refunds_core::{
    Error, ErrorKind, Idempotency, Money, Notice, RefundLine, RefundProvider, Result, WebhookRequest,
    testing::MemoryProvider,
};

use crate::provider_kit::mutations::mutation;

mutation!(LosesLines, alter, |mut refund| {
    refund.lines.clear();
    refund
});

mutation!(LosesMetadata, alter, |mut refund| {
    refund.metadata.clear();
    refund
});

mutation!(ForgetsRefundedLines, payment, |memory, id| {
    let mut reported = memory.payment(id).await?;
    let is_left = reported.refundable_lines.iter().any(|line| line.id == "1");
    if !reported.refundable_lines.is_empty() && !is_left {
        reported.refundable_lines.push(RefundLine::new("1", Money::new(14950, reported.currency())));
    }
    Ok(reported)
});

mutation!(RefusesItsOption, validate, |memory, request| {
    if !request.options.is_empty() {
        return Err(Error::new(ErrorKind::Unsupported, "no options, please"));
    }
    memory.validate(request)
});

mutation!(NamesAnUnusableOption, capabilities, |mut truth| {
    truth.options = &["instant=", "instant"];
    truth
});

mutation!(NamesAnOptionTwice, capabilities, |mut truth| {
    truth.options = &["instant", "instant"];
    truth
});

mutation!(BelievesAlteredWebhooks, verify_webhook, |memory, request| {
    // Checks the signature's form, but not the bytes.
    match memory.verify_webhook(request) {
        Err(error) if error.message().contains("does not match") => Ok(Notice::new("memory", "p-1".parse()?)),
        reported => reported,
    }
});

mutation!(LooksForAnySignature, verify_webhook, |memory, request| {
    // Requires a signature and a body about a known refund, but compares nothing.
    if request.header("X-Memory-Signature").is_none() {
        return memory.verify_webhook(request);
    }
    let body = String::from_utf8_lossy(&request.body);
    let is_payment = |id: &str| memory.payment(&id.parse().unwrap()).now_or_never().unwrap().is_ok();
    let about = body.trim().split_once('\n').filter(|(payment, _)| is_payment(payment));
    let Some((payment, refund)) = about else {
        return Err(Error::new(ErrorKind::InvalidRequest, "it is about nothing"));
    };
    let mut notice = Notice::new("memory", payment.parse()?);
    notice.refund_id = Some(refund.parse()?);
    Ok(notice)
});

mutation!(BelievesWhatIsNotSigned, verify_webhook, |memory, request| {
    // A signature that is there is checked.
    let mut request = request.clone();
    if request.headers.is_empty() {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if let Some((payment, refund)) = body.trim().split_once('\n') {
            request = memory.webhook(&payment.parse()?, &refund.parse()?);
        }
    }
    memory.verify_webhook(&request)
});

// Right: its signature is a line of the body, and whatever surrounds the lines is not signed.
mutation!(SignsInItsBody {
    fn webhook(&self, genuine: WebhookRequest) -> WebhookRequest {
        let (_, signature) = &genuine.headers[0];
        let mut body = genuine.body.clone();
        body.extend_from_slice(format!("\n{signature}").as_bytes());
        let headers = vec![("X-Request-Id".to_owned(), "1".to_owned())];
        WebhookRequest::new("POST", genuine.url, headers, body, genuine.received_at)
    }
    fn verify_webhook(&self, memory: &MemoryProvider, request: &WebhookRequest) -> Result<Notice> {
        let mut signed = request.clone();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if let Some((body, signature)) = body.trim().rsplit_once('\n') {
            signed.headers = vec![("X-Memory-Signature".to_owned(), signature.to_owned())];
            signed.body = body.into();
        }
        let mut notice = memory.verify_webhook(&signed)?;
        notice.delivery_id = request.header("X-Request-Id").map(str::to_owned);
        Ok(notice)
    }
});

mutation!(BelievesAnyAge, verify_webhook, |memory, request| {
    let mut now = request.clone();
    let header = request.header("X-Memory-Signature").and_then(|header| header.split_once(' '));
    let signed_at = header.and_then(|(time, _)| time.parse().ok());
    if let Some(at) = signed_at.and_then(|at| time::OffsetDateTime::from_unix_timestamp(at).ok()) {
        now.received_at = at;
    }
    memory.verify_webhook(&now)
});

mutation!(BelievesTheFuture, verify_webhook, |memory, request| {
    let mut late = request.clone();
    late.received_at += std::time::Duration::from_secs(3600);
    memory.verify_webhook(request).or_else(|_| memory.verify_webhook(&late))
});

mutation!(NoticesAnotherPayment, verify_webhook, |memory, request| {
    let mut notice = memory.verify_webhook(request)?;
    notice.payment_id = notice.refund_id.clone().unwrap().as_str().parse()?;
    Ok(notice)
});

mutation!(HasNoWebhookSecret, verify_webhook, |_, _| Err(Error::config("the webhook secret is missing")));

mutation!(BelievesWebhooks, verify_webhook, |_, _| Ok(Notice::new("memory", "p-1".parse()?)));

mutation!(OffersAShortKey, capabilities, |mut truth| {
    if let Idempotency::Key(key) = &mut truth.idempotency {
        key.max_length = 20;
    }
    truth
});

mutation!(ClaimsSeveral, capabilities, |mut truth| {
    truth.multiple = true;
    truth
});

mutation!(RefundsAuthorizations, payment, |memory, id| {
    let mut reported = memory.payment(id).await?;
    if reported.captured.is_zero() {
        reported.captured = Money::new(44850, reported.currency());
        reported.refundable = reported.captured;
    }
    Ok(reported)
});
