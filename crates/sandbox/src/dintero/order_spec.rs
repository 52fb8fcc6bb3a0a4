//! Specifying an order for a test.

use serde_json::{Value, json};

/// The `psp` of captures by Checkout.
const CHECKOUT: &str = "dintero";
/// Their `processed_by`.
pub(super) const PROCESSED_BY_CHECKOUT: &str = "dintero-checkout";

/// Specifies an order of Order Management.
///
/// An order refers to the transaction that paid it in its captures, or only by its id, which is the transaction's
/// `merchant_reference`.
///
/// ```
/// use refunds_sandbox::dintero::OrderSpec;
///
/// let order = OrderSpec::new("NOK")
///     .line(1, 29_900)
///     .line(2, 14_950)
///     .captured_by("T11223344.9rQ2xW");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct OrderSpec {
    pub(super) id: Option<String>,
    pub(super) currency: String,
    pub(super) lines: Vec<(i64, i64)>,
    pub(super) captures: Vec<CaptureSpec>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CaptureSpec {
    /// `payment_details`; `None` omits them.
    pub(super) details: Option<Value>,
    pub(super) processed_by: String,
    /// `None` captures every line in full.
    pub(super) lines: Option<Vec<(i64, i64)>>,
    pub(super) success: bool,
}

impl OrderSpec {
    /// An order without lines or captures.
    pub fn new(currency: impl Into<String>) -> Self {
        Self { id: None, currency: currency.into(), lines: Vec::new(), captures: Vec::new() }
    }

    /// Sets the id, at most 40 characters.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds an order line; line ids are integers here.
    pub fn line(mut self, line_id: i64, amount_minor: i64) -> Self {
        self.lines.push((line_id, amount_minor));
        self
    }

    /// Captured in full by a Checkout transaction.
    pub fn captured_by(self, transaction_id: impl Into<String>) -> Self {
        self.captured_elsewhere("dintero", transaction_id)
    }

    /// Captured in full by a payment outside Checkout.
    pub fn captured_elsewhere(self, psp: impl Into<String>, payment_id: impl Into<String>) -> Self {
        self.with_capture(CaptureSpec::by(&psp.into(), payment_id.into()))
    }

    /// Captured in full by a capture that names no payment.
    pub fn captured_anonymously(self) -> Self {
        self.with_capture(CaptureSpec::naming(None))
    }

    /// Some lines captured by a Checkout transaction. Several captures may name several transactions.
    pub fn capture_of(
        self,
        transaction_id: impl Into<String>,
        lines: impl IntoIterator<Item = (i64, i64)>,
    ) -> Self {
        self.with_capture(CaptureSpec::by(CHECKOUT, transaction_id.into()).of(lines))
    }

    /// Some lines captured by a payment outside Checkout.
    pub fn capture_elsewhere_of(
        self,
        psp: impl Into<String>,
        payment_id: impl Into<String>,
        lines: impl IntoIterator<Item = (i64, i64)>,
    ) -> Self {
        self.with_capture(CaptureSpec::by(&psp.into(), payment_id.into()).of(lines))
    }

    /// Some lines paid in cash: the capture names no payment and was not processed by Checkout.
    pub fn capture_in_cash(self, lines: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let details = Some(json!({"psp": "cash", "payment_product": "cash"}));
        let cash = CaptureSpec { processed_by: "cash-register".to_owned(), ..CaptureSpec::naming(details) };
        self.with_capture(cash.of(lines))
    }

    /// Some lines captured with these `payment_details` and processed by Checkout; `null` omits them.
    ///
    /// ```
    /// # use refunds_sandbox::dintero::OrderSpec;
    /// # use serde_json::json;
    /// OrderSpec::new("NOK").line(1, 100).capture_with(json!({"psp": "dintero"}), [(1, 100)]);
    /// ```
    pub fn capture_with(self, payment_details: Value, lines: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let details = Some(payment_details).filter(|details| !details.is_null());
        self.with_capture(CaptureSpec::naming(details).of(lines))
    }

    /// A failed attempt to capture everything.
    pub fn failed_capture_by(self, transaction_id: impl Into<String>) -> Self {
        let capture = CaptureSpec::by(CHECKOUT, transaction_id.into());
        self.with_capture(CaptureSpec { success: false, ..capture })
    }

    fn with_capture(mut self, capture: CaptureSpec) -> Self {
        self.captures.push(capture);
        self
    }
}

impl CaptureSpec {
    /// A full capture by a payment at this `psp`.
    fn by(psp: &str, payment_id: String) -> Self {
        let mut details = json!({"psp": psp, "payment_id": payment_id});
        let processed_by = if psp == CHECKOUT {
            details["payment_product"] = json!("dintero_psp");
            details["payment_product_type"] = json!("dintero_psp.creditcard");
            PROCESSED_BY_CHECKOUT
        } else {
            psp
        };
        Self { processed_by: processed_by.to_owned(), ..Self::naming(Some(details)) }
    }

    fn naming(details: Option<Value>) -> Self {
        Self { details, processed_by: PROCESSED_BY_CHECKOUT.to_owned(), lines: None, success: true }
    }

    fn of(self, lines: impl IntoIterator<Item = (i64, i64)>) -> Self {
        Self { lines: Some(lines.into_iter().collect()), ..self }
    }
}
