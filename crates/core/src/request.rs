//! Refund requests.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Money, PaymentId, Reference, RefundLine, RefundTarget, Result, TargetKind};

/// How much to refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundAmount {
    /// This amount, greater than zero.
    Exact(Money),
    /// Everything that is left: captured minus refunded and pending. The client computes it from the payment
    /// right before it submits the refund, and submits it as an exact amount.
    Remaining,
}

/// A request for a refund, for [`RefundClient::create`](crate::RefundClient::create).
///
/// ```
/// use refunds_core::{CreateRefund, Money, Payment, PaymentId, Reference, RefundAmount};
///
/// let request = CreateRefund::new(
///     PaymentId::new("T11223344.9rQ2xW")?,
///     RefundAmount::Exact(Money::new(14950, "NOK".parse()?)),
///     Reference::new("rma-551")?,
/// )
/// .with_reason("one of two items returned");
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreateRefund {
    /// The payment to refund.
    pub payment_id: PaymentId,
    /// The amount.
    pub amount: RefundAmount,
    /// The caller's own key of this refund.
    pub reference: Reference,
    /// The reason. Some providers show it to the buyer or limit its length.
    #[serde(default)]
    pub reason: Option<String>,
    /// The order lines that it covers. Their sum must equal the amount.
    #[serde(default)]
    pub lines: Vec<RefundLine>,
    /// Drops [`lines`](Self::lines) where the provider does not support them, instead of refusing the request:
    /// see [`with_line_if_supported`](Self::with_line_if_supported).
    #[serde(default, skip_serializing_if = "is_false")]
    pub lines_if_supported: bool,
    /// The target of the money, if not the main payment method.
    #[serde(default)]
    pub target: Option<RefundTarget>,
    /// Metadata to attach, at providers that support it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Drops [`metadata`](Self::metadata) where the provider does not support it, instead of refusing the
    /// request: see [`with_metadata_if_supported`](Self::with_metadata_if_supported).
    #[serde(default, skip_serializing_if = "is_false")]
    pub metadata_if_supported: bool,
    /// Options of one provider: see [`with_option`](Self::with_option).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

impl CreateRefund {
    /// A refund of `amount` from `payment_id` under the caller's own `reference`.
    #[must_use]
    pub fn new(payment_id: PaymentId, amount: RefundAmount, reference: Reference) -> Self {
        Self {
            payment_id,
            amount,
            reference,
            reason: None,
            lines: Vec::new(),
            lines_if_supported: false,
            target: None,
            metadata: BTreeMap::new(),
            metadata_if_supported: false,
            options: BTreeMap::new(),
        }
    }

    /// Sets the reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds an order line that the refund covers. A provider that does not
    /// [support lines](crate::Capabilities::lines) refuses the request.
    #[must_use]
    pub fn with_line(mut self, line: RefundLine) -> Self {
        self.lines.push(line);
        self.lines_if_supported = false;
        self
    }

    /// Adds an order line that the refund covers, for code that serves providers with and without lines.
    ///
    /// Where the provider does not [support lines](crate::Capabilities::lines), all lines of the request are
    /// dropped before its adapter sees it: the same amount is refunded, and the provider has no record of what
    /// it was for. The lines must add up to the amount in any case. If any line was added with
    /// [`with_line`](Self::with_line), none is dropped, and the request is refused instead.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// use refunds_core::{CreateRefund, Money, Reference, RefundAmount, RefundClient, RefundLine};
    /// use refunds_core::testing::MemoryProvider;
    ///
    /// let price = Money::new(14950, "NOK".parse()?);
    /// for lines in [true, false] {
    ///     let provider = MemoryProvider::new().with_capabilities(|able| able.lines = lines);
    ///     let payment = provider.captured(price);
    ///     let request = CreateRefund::new(payment, RefundAmount::Exact(price), Reference::new("rma-551")?)
    ///         .with_line_if_supported(RefundLine::new("1", price));
    ///     let refund = RefundClient::new(provider).create(&request).await?;
    ///     assert_eq!((refund.amount, refund.lines.len()), (price, usize::from(lines)));
    /// }
    /// # Ok::<(), refunds_core::Error>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_line_if_supported(mut self, line: RefundLine) -> Self {
        self.lines_if_supported |= self.lines.is_empty();
        self.lines.push(line);
        self
    }

    /// Sets the target of the money.
    #[must_use]
    pub fn with_target(mut self, target: RefundTarget) -> Self {
        self.target = Some(target);
        self
    }

    /// Adds metadata. A provider that does not [support metadata](crate::Capabilities::metadata) refuses the
    /// request.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self.metadata_if_supported = false;
        self
    }

    /// Adds metadata, for code that serves providers with and without it.
    ///
    /// Where the provider does not [support metadata](crate::Capabilities::metadata), all metadata of the
    /// request is dropped before its adapter sees it, and the provider stores none. If any was added with
    /// [`with_metadata`](Self::with_metadata), none is dropped, and the request is refused instead.
    #[must_use]
    pub fn with_metadata_if_supported(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata_if_supported |= self.metadata.is_empty();
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Sets an option that only some providers have, such as where the money of a marketplace comes from.
    ///
    /// [`Capabilities::options`](crate::Capabilities::options) names the options of a provider. The client
    /// refuses every other option before anything is sent, and the adapter checks the value. The same
    /// reference stays the same refund, whatever its options: those of the request that is
    /// carried out count. Until the outcome is known, repeat the same ones.
    ///
    /// The [journal](crate::journal) and [`UnresolvedRefund`](crate::UnresolvedRefund) keep options unchanged,
    /// so that a request that is sent again is the same. Do not put secrets into them.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// use refunds_core::{CreateRefund, ErrorKind, Money, Reference, RefundAmount, RefundClient};
    /// use refunds_core::testing::MemoryProvider;
    ///
    /// let provider = MemoryProvider::new().with_capabilities(|able| able.options = &["instant"]);
    /// let payment = provider.captured(Money::new(14950, "NOK".parse()?));
    /// let client = RefundClient::new(provider);
    /// let request = CreateRefund::new(payment, RefundAmount::Remaining, Reference::new("rma-551")?);
    ///
    /// let error = client.create(&request.clone().with_option("instnat", "true")).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Unsupported);
    /// assert_eq!(error.message(), "unknown option instnat; expected one of: instant");
    /// client.create(&request.with_option("instant", "true")).await?;
    /// # Ok::<(), refunds_core::Error>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_option(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.with_options([(key, value)])
    }

    /// Sets multiple [options](Self::with_option).
    #[must_use]
    pub fn with_options(
        mut self,
        options: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.options.extend(options.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    /// Checks the rules that hold for every provider: the reference is
    /// [valid in a request](Reference::is_valid_for_request), the amount is positive, and the lines add up to
    /// it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`]; nothing was sent.
    pub fn validate(&self) -> Result<()> {
        self.reference.check_for_request()?;
        let RefundAmount::Exact(amount) = self.amount else {
            return self.lines_in_one_currency().map(drop);
        };
        if !amount.is_positive() {
            return Err(invalid(format!("the amount must be greater than zero, not {amount}")));
        }
        match self.lines_in_one_currency()? {
            Some(sum) if sum != amount => {
                Err(invalid(format!("the lines add up to {sum}, but the amount is {amount}")))
            }
            _ => Ok(()),
        }
    }

    /// Whether the money goes back to a gift card.
    pub(crate) fn is_to_gift_card(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.kind == TargetKind::GiftCard)
    }

    fn lines_in_one_currency(&self) -> Result<Option<Money>> {
        let mut lines = self.lines.iter();
        let Some(first) = lines.next() else { return Ok(None) };
        let mut seen = vec![first.id.as_str()];
        let mut sum = first.amount;
        for line in lines {
            if seen.contains(&line.id.as_str()) {
                return Err(invalid("two lines have the same id"));
            }
            seen.push(&line.id);
            sum = sum.try_add(line.amount).map_err(|cause| {
                invalid("the lines' amounts cannot be added in one currency").with_source(cause)
            })?;
        }
        Ok(Some(sum))
    }
}

/// Shows neither the reason nor the values of metadata and options: they do not belong in a log.
impl fmt::Debug for CreateRefund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateRefund")
            .field("payment_id", &self.payment_id)
            .field("amount", &self.amount)
            .field("reference", &self.reference)
            .field("lines", &self.lines)
            .field("lines_if_supported", &self.lines_if_supported)
            .field("target", &self.target)
            .field("metadata", &self.metadata.keys().collect::<Vec<_>>())
            .field("metadata_if_supported", &self.metadata_if_supported)
            .field("options", &self.options.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_requests_are_valid() {
        let nok = "NOK".parse().unwrap();
        let sek = "SEK".parse().unwrap();
        let line = |id: &str, minor, currency| RefundLine::new(id, Money::new(minor, currency));
        for (minor, lines, ok) in [
            (1, vec![], true),
            (i64::MAX, vec![], true),
            (0, vec![], false),
            (-1, vec![], false),
            (300, vec![line("1", 100, nok), line("2", 200, nok)], true),
            (300, vec![line("1", 400, nok), line("gift", -100, nok)], true),
            (300, vec![line("1", 100, nok)], false),
            (300, vec![line("1", 100, nok), line("1", 200, nok)], false),
            (300, vec![line("1", 100, nok), line("2", 200, sek)], false),
            (300, vec![line("1", i64::MAX, nok), line("2", 301, nok)], false),
        ] {
            let mut request = CreateRefund::new(
                PaymentId::new("p").unwrap(),
                RefundAmount::Exact(Money::new(minor, nok)),
                Reference::new("r").unwrap(),
            );
            request.lines.clone_from(&lines);
            assert_eq!(request.validate().is_ok(), ok, "{minor} {lines:?}");
        }
    }

    #[test]
    fn what_was_required_once_stays_required() {
        let line = || RefundLine::new("1", Money::new(1, "NOK".parse().unwrap()));
        let new = || {
            let reference = Reference::new("r").unwrap();
            CreateRefund::new(PaymentId::new("p").unwrap(), RefundAmount::Remaining, reference)
        };
        for (request, lines, metadata) in [
            (new().with_line_if_supported(line()).with_line_if_supported(line()), true, false),
            (new().with_line_if_supported(line()).with_line(line()), false, false),
            (new().with_line(line()).with_line_if_supported(line()), false, false),
            (new().with_metadata_if_supported("a", "1").with_metadata_if_supported("b", "2"), false, true),
            (new().with_metadata_if_supported("a", "1").with_metadata("b", "2"), false, false),
            (new().with_metadata("a", "1").with_metadata_if_supported("b", "2"), false, false),
            (new().with_line(line()).with_metadata_if_supported("a", "1"), false, true),
        ] {
            let is = (request.lines_if_supported, request.metadata_if_supported);
            assert_eq!(is, (lines, metadata), "{request:?}");
        }
    }

    #[test]
    fn a_request_of_an_earlier_version_is_read_and_written_as_it_was() {
        let json = r#"{"payment_id":"p","amount":"remaining","reference":"r","reason":null,"lines":[],"target":null,"metadata":{"a":"1"}}"#;
        let request: CreateRefund = serde_json::from_str(json).unwrap();
        assert!(request.options.is_empty() && !request.lines_if_supported && !request.metadata_if_supported);
        assert_eq!(serde_json::to_string(&request).unwrap(), json);
        let request = request.with_option("instant", "soon").with_metadata_if_supported("b", "2");
        let again: CreateRefund = serde_json::from_value(serde_json::to_value(&request).unwrap()).unwrap();
        assert_eq!(again, request);
        let shown = format!("{request:?}");
        assert!(shown.contains("instant") && !shown.contains("soon"), "{shown}");
    }

    #[test]
    fn a_reference_that_is_only_valid_for_reading_is_refused() {
        for text in ["rückgabe", " rma-551", &"r".repeat(256)] {
            let reference = Reference::from_provider(text).unwrap();
            for amount in
                [RefundAmount::Exact(Money::new(1, "NOK".parse().unwrap())), RefundAmount::Remaining]
            {
                let request = CreateRefund::new(PaymentId::new("p").unwrap(), amount, reference.clone());
                let error = request.validate().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{text:.40}");
                assert!(error.message().starts_with("the reference "), "{error}");
                assert!(!error.may_have_applied() && !error.message().contains(text), "{error}");
            }
        }
    }
}
