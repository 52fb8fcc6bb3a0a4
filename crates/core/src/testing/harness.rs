//! What the kit cannot know about an adapter.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{Fault, FaultTarget, SkippingClock};
use crate::{
    Clock, Currency, DEFAULT_WEBHOOK_TOLERANCE, PaymentId, Policy, Reference, RefundId, RefundLine,
    RefundProvider, RefundStatus, RefundTarget, WebhookRequest,
};

/// Connects the conformance kit with one adapter and the world behind it: a fake server, a
/// provider's sandbox, a map in memory.
///
/// Four methods are required. Each of the others has a default that says "not supported"; the cases
/// that need it are then reported as skipped. Each method that you implement lets more cases run.
///
/// Each case gets a world of its own where [`conformance_tests!`](crate::conformance_tests) runs
/// it, and shares one with the others in [`run_all`](super::run_all); payments are always fresh.
///
/// ```
/// use std::sync::Arc;
/// use refunds_core::{Currency, Money, PaymentId, RefundProvider, testing::{Harness, MemoryProvider}};
///
/// struct Mine {
///     provider: MemoryProvider,
///     nok: Currency,
/// }
///
/// #[async_trait::async_trait]
/// impl Harness for Mine {
///     fn name(&self) -> &str {
///         "memory"
///     }
///     fn provider(&self) -> Arc<dyn RefundProvider> {
///         Arc::new(self.provider.clone())
///     }
///     fn currency(&self) -> Currency {
///         self.nok
///     }
///     async fn captured(&self, minor: i64) -> PaymentId {
///         self.provider.captured(Money::new(minor, self.nok))
///     }
/// }
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a harness for the conformance kit",
    label = "this does not implement `Harness`",
    note = "a harness builds your provider and makes payments; see `refunds_core::guide::your_adapter`"
)]
pub trait Harness: Send + Sync {
    /// The provider's name in a registry.
    fn name(&self) -> &str;

    /// A fresh instance at each call, as a process that has just started would build it: it shares
    /// only the world behind it with earlier instances.
    fn provider(&self) -> Arc<dyn RefundProvider>;

    /// The currency of the payments.
    fn currency(&self) -> Currency;

    /// The minor units that every amount at this provider is a multiple of: 10 where it counts in hundredths
    /// and the currency has thousandths. The kit uses no other amounts, except to see one refused.
    fn amount_step(&self) -> i64 {
        1
    }

    /// A fresh payment with `minor` captured units, whose refunds succeed.
    async fn captured(&self, minor: i64) -> PaymentId;

    /// A fresh payment of `minor` units that is authorized but not captured.
    async fn authorized(&self, _minor: i64) -> Option<PaymentId> {
        None
    }

    /// A fresh payment of `minor` captured units, whose refunds are accepted, stay pending for a while and
    /// end as `end`. [`RefundStatus::Unknown`] means a provider status that the adapter does not know.
    ///
    /// They become final after a few reads, or by [`settle`](Self::settle).
    async fn slow(&self, _minor: i64, _end: RefundStatus) -> Option<PaymentId> {
        None
    }

    /// Makes the refunds of a [`slow`](Self::slow) payment final.
    async fn settle(&self, _payment: &PaymentId) {}

    /// Makes a succeeded refund fail, as when a bank reverses it; `false` where this harness cannot.
    async fn reverse(&self, _payment: &PaymentId, _refund: &RefundId) -> bool {
        false
    }

    /// A fresh payment of `minor` captured units by gift card, and the gift card.
    async fn gift_card(&self, _minor: i64) -> Option<(PaymentId, RefundTarget)> {
        None
    }

    /// A fresh payment of `minor` captured units, and its order lines, which add up to the payment and are
    /// multiples of the [step](Self::amount_step).
    async fn lines(&self, _minor: i64) -> Option<(PaymentId, Vec<RefundLine>)> {
        None
    }

    /// The order lines that a request for `minor` units of any payment must name, where the
    /// provider refunds only by line. None by default.
    fn lines_of(&self, _minor: i64) -> Vec<RefundLine> {
        Vec::new()
    }

    /// A valid value of an [option](crate::Capabilities::options) of the adapter, for any payment.
    fn option(&self, _name: &str) -> Option<String> {
        None
    }

    /// A genuine webhook about a refund that just arrived; signed with its time, where the
    /// provider has more than one signature scheme.
    async fn webhook(&self, _payment: &PaymentId, _refund: &RefundId) -> Option<WebhookRequest> {
        None
    }

    /// How far from the time of its signature a [webhook](Self::webhook) may arrive, early or late. An
    /// hour beyond that it must be refused. `None` means that the signatures of this provider carry no
    /// time, so that a webhook of any age is valid.
    fn webhook_tolerance(&self) -> Option<Duration> {
        Some(DEFAULT_WEBHOOK_TOLERANCE)
    }

    /// An id that looks like one of this provider's payments but is not one. The provided method
    /// changes the ending of a real one.
    async fn unknown_payment(&self) -> Option<PaymentId> {
        let payment = self.captured(100 * self.amount_step()).await;
        PaymentId::new(changed(payment.as_str())).ok()
    }

    /// The minor units that refunds of the payment moved or have under way, as the world
    /// behind the adapter counts them. Without it, the kit relies on the adapter's list.
    async fn moved(&self, _payment: &PaymentId) -> Option<i64> {
        None
    }

    /// How many refunds of the payment were made under the reference, whatever their
    /// status, as the world behind the adapter counts them.
    async fn made(&self, _payment: &PaymentId, _reference: &Reference) -> Option<usize> {
        None
    }

    /// Makes one request fail; `false` where this harness cannot do that.
    async fn inject(&self, _fault: Fault, _on: FaultTarget) -> bool {
        false
    }

    /// Removes every fault that has not happened yet.
    async fn heal(&self) {}

    /// Secrets that the adapter was built with, as plain text that appears in nothing else. They must
    /// not show anywhere.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether lists can be read to the end here: the world honours the cursors that it returns.
    ///
    /// `false` lets an adapter pass whose lists say that they are incomplete. By default that is a
    /// failure, since an adapter that never sends the cursor would say so too.
    fn pages(&self) -> bool {
        true
    }

    /// The raw paths and queries of all requests on the wire so far.
    async fn requests(&self) -> Option<Vec<String>> {
        None
    }

    /// The clock of the kit's clients in one case; a fresh [`SkippingClock`] at each call.
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SkippingClock::new())
    }

    /// The policy of the kit's clients; the default is short and repeatable.
    fn policy(&self) -> Policy {
        Policy {
            max_attempts: 3,
            attempt_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(60),
            settle_timeout: Duration::from_secs(5),
            // Short enough for one call to outlast it.
            resubmit_after: Duration::from_secs(10),
            send_window: Duration::from_secs(5),
            match_by_id: true,
            base_delay: Duration::from_millis(50),
            max_delay: Duration::from_secs(1),
            jitter_seed: Some(1),
        }
    }
}

/// The same kind of text with a different ending: digits stay digits, letters stay letters.
pub(crate) fn changed(id: &str) -> String {
    let mut left = 6;
    let mut chars: Vec<char> = id.chars().collect();
    for c in chars.iter_mut().rev() {
        let other = match *c {
            '0'..='9' => char::from(b'0' + b'9' - u8::try_from(*c).unwrap_or(b'0')),
            'a'..='f' => char::from(b'a' + b'f' - u8::try_from(*c).unwrap_or(b'a')),
            'A'..='F' => char::from(b'A' + b'F' - u8::try_from(*c).unwrap_or(b'A')),
            'z' | 'Z' => 'y',
            other if other.is_ascii_alphabetic() => 'z',
            other => other,
        };
        if left > 0 && other != *c {
            *c = other;
            left -= 1;
        }
    }
    chars.into_iter().collect()
}
