//! What can be refused before anything is sent.

use refunds_core::{CreateRefund, Error, ErrorKind, RefundAmount, Result, TargetKind};

use crate::{
    convert::{ORDER_KEY, metadata_key},
    error::refused,
    orders::record::{REASON_KEY, REFERENCE_KEY},
};

/// The longest key and value of metadata, in characters, the key with its prefix.
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

pub(crate) fn validate(request: &CreateRefund, is_transaction: bool) -> Result<()> {
    if let RefundAmount::Exact(amount) = request.amount
        && !(1..=i64::from(i32::MAX)).contains(&amount.minor_units())
    {
        return Err(invalid("the amount must be from 1 to 2147483647 minor units"));
    }
    let to_payer =
        |target: &refunds_core::RefundTarget| target.kind == TargetKind::PaymentMethod && target.id.is_none();
    if !request.target.as_ref().is_none_or(to_payer) {
        return Err(refused(
            ErrorKind::Unsupported,
            "Dintero decides where the money goes: no target can be given",
        ));
    }
    for (at, line) in request.lines.iter().enumerate() {
        if line.id.is_empty() || line.id.chars().any(char::is_control) {
            return Err(invalid("a line's id is empty or contains control characters"));
        }
        // A line of a gift card is negative; whether this one may be is known with the captured lines.
        if line.amount.is_zero() || i32::try_from(line.amount.minor_units()).is_err() {
            return Err(invalid("a line's amount is zero or beyond 32 bits"));
        }
        if request.lines[..at].iter().any(|other| other.id == line.id) {
            return Err(invalid("two lines have the same id"));
        }
    }
    for (key, value) in &request.metadata {
        let wire = metadata_key(key);
        if key.is_empty() || wire.chars().count() > MAX_KEY {
            return Err(invalid("a key of the metadata is empty or longer than 128 characters with `ext_`"));
        }
        if value.chars().count() > MAX_VALUE {
            return Err(invalid("a value of the metadata is longer than 256 characters"));
        }
        if wire != *key && request.metadata.contains_key(&wire) {
            return Err(invalid("two keys of the metadata are the same with the prefix `ext_`"));
        }
        if wire == ORDER_KEY {
            return Err(invalid("`refunds_order` is reserved in metadata"));
        }
        if !is_transaction && [REFERENCE_KEY, REASON_KEY].contains(&key.as_str()) {
            return Err(invalid(
                "`refund_reference` and `refund_reason` are reserved in an order's metadata",
            ));
        }
    }
    Ok(())
}

fn invalid(message: &str) -> Error {
    refused(ErrorKind::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use refunds_core::{Money, PaymentId, Reference, RefundLine, RefundTarget};

    use super::*;

    fn request(minor: i64) -> CreateRefund {
        CreateRefund::new(
            PaymentId::new("T11223344.x").unwrap(),
            RefundAmount::Exact(money(minor)),
            Reference::new("rf-1").unwrap(),
        )
    }

    fn money(minor: i64) -> Money {
        Money::new(minor, "NOK".parse().unwrap())
    }

    #[test]
    fn amounts_fit_in_32_bits() {
        for (minor, ok) in [
            (i64::MIN, false),
            (-1, false),
            (0, false),
            (1, true),
            (i64::from(i32::MAX), true),
            (i64::from(i32::MAX) + 1, false),
            (i64::MAX, false),
        ] {
            let checked = validate(&request(minor), true);
            assert_eq!(checked.is_ok(), ok, "{minor}");
            if let Err(error) = checked {
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{minor}");
                assert!(!error.may_have_applied(), "{minor}");
            }
        }
        let line = |minor| request(1).with_line(RefundLine::new("1", money(minor)));
        assert!(validate(&line(-1), true).is_ok(), "lines of gift cards are negative");
        assert!(validate(&line(0), true).is_err() && validate(&line(0), false).is_err());
        assert!(validate(&line(i64::from(i32::MAX) + 1), true).is_err());
    }

    #[test]
    fn lines_have_ids() {
        let line = |id: &str| RefundLine::new(id, money(1));
        assert!(validate(&request(1).with_line(line("")), true).is_err());
        assert!(validate(&request(1).with_line(line("a\nb")), true).is_err());
        assert!(validate(&request(2).with_line(line("a")).with_line(line("a")), true).is_err());
        assert!(validate(&request(2).with_line(line("a")).with_line(line("b")), true).is_ok());
    }

    #[test]
    fn metadata_fits() {
        for (what, key, value, ok) in [
            ("longest key", "k".repeat(124), "v".to_owned(), true),
            ("longer key", "k".repeat(125), "v".to_owned(), false),
            ("longest key with the prefix", format!("ext_{}", "k".repeat(124)), "v".to_owned(), true),
            ("no key", String::new(), "v".to_owned(), false),
            ("no value", "k".to_owned(), String::new(), true),
            ("longest value", "k".to_owned(), "å".repeat(256), true),
            ("longer value", "k".to_owned(), "v".repeat(257), false),
        ] {
            assert_eq!(validate(&request(1).with_metadata(key, value), true).is_ok(), ok, "{what}");
        }
        let twice = request(1).with_metadata("rma", "1").with_metadata("ext_rma", "2");
        assert!(validate(&twice, true).is_err());
        assert!(validate(&request(1).with_metadata("ext_refunds_order", "1"), true).is_err());
        assert!(validate(&request(1).with_metadata("refunds_order", "1"), true).is_err());
        let taken = request(1).with_metadata("refund_reference", "1");
        assert!(validate(&taken, true).is_ok() && validate(&taken, false).is_err());
    }

    #[test]
    fn no_target_can_be_chosen() {
        for (kind, id, ok) in [
            (TargetKind::PaymentMethod, None, true),
            (TargetKind::PaymentMethod, Some("x".to_owned()), false),
            (TargetKind::GiftCard, None, false),
        ] {
            let checked = validate(&request(1).with_target(RefundTarget::new(kind, id)), true);
            assert_eq!(checked.is_ok(), ok);
            assert!(checked.is_ok() || checked.is_err_and(|e| e.kind() == ErrorKind::Unsupported));
        }
    }
}
