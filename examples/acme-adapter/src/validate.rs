//! What is refused before anything is sent: the limits in `PROVIDER.md`, "Returns".

use refunds_core::{CreateRefund, Error, ErrorKind, RefundAmount, Result, TargetKind};

use crate::convert;

const MAX_REFERENCE: usize = 128;
const MAX_UNITS: i64 = 999_999_999_999;
const MAX_NOTE: usize = 140;
const MAX_LABELS: usize = 10;
const MAX_LABEL_KEY: usize = 20;
const MAX_LABEL_VALUE: usize = 100;

/// Checks everything that does not depend on the payment.
///
/// # Errors
///
/// `InvalidRequest` beyond a limit, `Unsupported` for what Acme does not have.
pub(crate) fn validate(request: &CreateRefund) -> Result<()> {
    let refuse = |kind, message: &str| Err(Error::new(kind, message));
    if request.target.as_ref().is_some_and(|target| target.kind != TargetKind::PaymentMethod) {
        return refuse(ErrorKind::Unsupported, "Acme refunds to the original payment method only");
    }
    if !request.lines.is_empty() {
        return refuse(ErrorKind::Unsupported, "Acme does not support order lines");
    }
    if let RefundAmount::Exact(amount) = request.amount
        && convert::units(amount)? > MAX_UNITS
    {
        return refuse(ErrorKind::InvalidRequest, "the amount has more than 12 digits");
    }
    if request.reference.as_str().len() > MAX_REFERENCE {
        return refuse(ErrorKind::InvalidRequest, "the reference is longer than 128 characters");
    }
    if request.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_NOTE) {
        return refuse(ErrorKind::InvalidRequest, "the reason is longer than 140 characters");
    }
    if request.metadata.len() > MAX_LABELS {
        return refuse(ErrorKind::InvalidRequest, "the metadata has more than 10 entries");
    }
    let fits = |(key, value): (&String, &String)| {
        key.chars().count() <= MAX_LABEL_KEY && value.chars().count() <= MAX_LABEL_VALUE
    };
    if !request.metadata.iter().all(fits) {
        let limits = "a metadata key is longer than 20 characters, or a value longer than 100";
        return refuse(ErrorKind::InvalidRequest, limits);
    }
    Ok(())
}
