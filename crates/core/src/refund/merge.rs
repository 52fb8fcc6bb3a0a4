//! Merging multiple reports of one refund.

use time::OffsetDateTime;

use super::{Refund, RefundStatus};
use crate::{Error, ErrorKind, Result};

impl Refund {
    /// Combines two reports of this refund, in any order.
    ///
    /// Responses, lists and webhooks arrive late, twice and out of order. Merging is commutative, associative
    /// and idempotent, so applications may merge reports in any order and get the same refund:
    ///
    /// - A final status wins over one that is not final: nothing turns back into pending.
    /// - Between two final statuses the later [`updated_at`](Self::updated_at) wins or, without times, the
    ///   one with less money gone: a reversed success is a failure.
    /// - Data that never changes once it is known (reference, reason, target, lines, …) is kept from either
    ///   report.
    ///
    /// A [raw payload](Self::raw) is dropped: it belongs to one response, not to the refund.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if the two are different refunds or have different amounts. Merging moves no
    /// money, so the error is [not applied](Error::not_applied).
    pub fn merge(self, other: Self) -> Result<Self> {
        if (&self.provider, &self.payment_id, &self.id) != (&other.provider, &other.payment_id, &other.id) {
            return Err(
                Error::new(ErrorKind::Protocol, "two different refunds cannot be merged").not_applied()
            );
        }
        if self.amount != other.amount {
            return Err(Error::new(
                ErrorKind::Protocol,
                format!("one refund is reported with two amounts, {} and {}", self.amount, other.amount),
            )
            .not_applied());
        }
        let (winner, loser) = if is_later(&self, &other) { (self, other) } else { (other, self) };
        Ok(Self {
            reference: winner.reference.max(loser.reference),
            reason: winner.reason.max(loser.reason),
            target: by_text(winner.target, loser.target),
            lines: if texts_in_order(&loser.lines, &winner.lines) { winner.lines } else { loser.lines },
            payment_method: by_text(winner.payment_method, loser.payment_method),
            provider_reference: winner.provider_reference.max(loser.provider_reference),
            created_at: winner.created_at.max(loser.created_at),
            hidden_reference: winner.hidden_reference && loser.hidden_reference,
            money_id: winner.money_id.max(loser.money_id),
            made_for: winner.made_for.max(loser.made_for),
            raw: None,
            // What changes in a refund's life: `is_later` orders by all of it.
            provider: winner.provider,
            id: winner.id,
            payment_id: winner.payment_id,
            status: winner.status,
            provider_status: winner.provider_status,
            amount: winner.amount,
            failure: winner.failure,
            updated_at: winner.updated_at,
            processed_at: winner.processed_at,
            metadata: winner.metadata,
            extra: winner.extra,
            needs_completion: winner.needs_completion,
        })
    }
}

/// Whether `left` is the later version: a total order over everything that changes in a refund's life.
fn is_later(left: &Refund, right: &Refund) -> bool {
    let key = |refund: &Refund| -> (bool, Option<OffsetDateTime>, u8, bool) {
        (refund.status.is_final(), refund.updated_at, rank(refund.status), !refund.needs_completion)
    };
    match key(left).cmp(&key(right)) {
        std::cmp::Ordering::Equal => changing_text(left) >= changing_text(right),
        order => order.is_gt(),
    }
}

fn rank(status: RefundStatus) -> u8 {
    match status {
        RefundStatus::Unknown => 0,
        RefundStatus::Pending => 1,
        RefundStatus::Succeeded => 2,
        RefundStatus::Voided => 3,
        RefundStatus::Declined => 4,
        RefundStatus::Failed => 5,
    }
}

/// The changing part as text, to order two versions that are otherwise equal.
fn changing_text(refund: &Refund) -> String {
    serde_json::to_string(&(
        &refund.provider_status,
        &refund.failure,
        refund.processed_at.map(OffsetDateTime::unix_timestamp_nanos).map(|nanos| nanos.to_string()),
        &refund.metadata,
        &refund.extra,
    ))
    .unwrap_or_default()
}

fn by_text<T: serde::Serialize>(left: Option<T>, right: Option<T>) -> Option<T> {
    match (left, right) {
        (Some(left), Some(right)) => Some(if texts_in_order(&right, &left) { left } else { right }),
        (left, right) => left.or(right),
    }
}

/// Whether `low` comes before `high` or is equal. The longer text is higher: it contains more.
fn texts_in_order<T: serde::Serialize>(low: &T, high: &T) -> bool {
    let text = |value: &T| serde_json::to_string(value).unwrap_or_default();
    let (low, high) = (text(low), text(high));
    (low.len(), low) <= (high.len(), high)
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*, sample};

    use super::*;
    use crate::{
        Money, PaymentId, Reference, RefundFailure, RefundId, RefundLine, RefundList, RefundTarget,
        TargetKind,
    };

    fn time(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    prop_compose! {
        fn version()(
            status in sample::select(&RefundStatus::ALL[..]),
            word in "a|b",
            updated in option::of(0_i64..3),
            processed in option::of(0_i64..3),
            created in option::of(0_i64..2),
            reference in option::of("r|s"),
            reason in option::of("x|y"),
            target in option::of("t|u"),
            lines in 0_usize..3,
            code in option::of("c|d"),
            settled in option::of(any::<bool>()),
            hidden in any::<bool>(),
            needs_completion in any::<bool>(),
        ) -> Refund {
            let nok = "NOK".parse().unwrap();
            let mut refund = Refund::new(
                "test",
                RefundId::new("r-1").unwrap(),
                PaymentId::new("p-1").unwrap(),
                status,
                word,
                Money::new(300, nok),
            );
            if hidden {
                refund = refund.with_unreported_reference();
            }
            if needs_completion {
                refund = refund.with_needs_completion();
            }
            refund.updated_at = updated.map(time);
            refund.processed_at = processed.map(time);
            refund.created_at = created.map(time);
            refund.reference = reference.map(|text| Reference::new(text).unwrap());
            refund.reason = reason;
            refund.target = target.map(|id| RefundTarget::new(TargetKind::PaymentMethod, Some(id)));
            refund.lines = (0..lines).map(|n| RefundLine::new(n.to_string(), Money::new(1, nok))).collect();
            refund.failure = code.map(|code| RefundFailure::new(Some(code), None, None));
            if let Some(settled) = settled {
                refund.extra.insert("settled", settled);
            }
            refund
        }
    }

    proptest! {
        #[test]
        fn order_and_repetition_make_no_difference(a in version(), b in version(), c in version()) {
            let merge = |x: &Refund, y: &Refund| x.clone().merge(y.clone()).unwrap();
            prop_assert_eq!(merge(&a, &a), a.clone());
            prop_assert_eq!(merge(&a, &b), merge(&b, &a));
            prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
            prop_assert_eq!(merge(&merge(&a, &b), &b), merge(&a, &b));
        }

        #[test]
        fn nothing_turns_back_into_pending(a in version(), b in version()) {
            let merged = a.clone().merge(b.clone()).unwrap();
            prop_assert_eq!(merged.status.is_final(), a.status.is_final() || b.status.is_final());
        }
    }

    #[test]
    fn a_failed_merge_is_not_applied() {
        let refund = |id: &str, minor| {
            let (id, payment) = (RefundId::new(id).unwrap(), PaymentId::new("p-1").unwrap());
            let amount = Money::new(minor, "NOK".parse().unwrap());
            Refund::new("test", id, payment, RefundStatus::Succeeded, "word", amount)
        };
        for other in [refund("r-2", 300), refund("r-1", 301)] {
            let error = refund("r-1", 300).merge(other).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(!error.may_have_applied(), "{error}");
        }
        let error =
            RefundList::whole(vec![refund("r-1", 301)]).changes_since(&[refund("r-1", 300)]).unwrap_err();
        assert!(!error.may_have_applied(), "{error}");
    }

    #[test]
    fn a_late_failure_overrides_a_success() {
        let at = |status, seconds| {
            let mut refund = Refund::new(
                "test",
                RefundId::new("r-1").unwrap(),
                PaymentId::new("p-1").unwrap(),
                status,
                "word",
                Money::new(300, "NOK".parse().unwrap()),
            );
            refund.updated_at = Some(time(seconds));
            refund
        };
        let merged = at(RefundStatus::Failed, 20).merge(at(RefundStatus::Succeeded, 10)).unwrap();
        assert_eq!(merged.status, RefundStatus::Failed);
        let stale = merged.merge(at(RefundStatus::Pending, 30)).unwrap();
        assert_eq!(stale.status, RefundStatus::Failed);
    }
}
