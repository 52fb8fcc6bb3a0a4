//! What a test says about an order.

/// An order of Order Management to be.
///
/// An order names the transaction that paid it in its captures, or only by having its id as the transaction's
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
    /// `psp` and `payment_id`; `None` leaves `payment_details` out.
    pub(super) payment: Option<(String, String)>,
    /// `None` captures every line in full.
    pub(super) lines: Option<Vec<(i64, i64)>>,
    pub(super) success: bool,
}

impl OrderSpec {
    /// An order without lines and captures.
    pub fn new(currency: impl Into<String>) -> Self {
        Self { id: None, currency: currency.into(), lines: Vec::new(), captures: Vec::new() }
    }

    /// A chosen id, at most 40 characters.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// One more order line; here line ids are integers.
    pub fn line(mut self, line_id: i64, amount_minor: i64) -> Self {
        self.lines.push((line_id, amount_minor));
        self
    }

    /// Captured in full by a Checkout transaction.
    pub fn captured_by(self, transaction_id: impl Into<String>) -> Self {
        self.captured_elsewhere("dintero", transaction_id)
    }

    /// Captured in full by a payment that Checkout knows nothing of.
    pub fn captured_elsewhere(self, psp: impl Into<String>, payment_id: impl Into<String>) -> Self {
        let payment = Some((psp.into(), payment_id.into()));
        self.with_capture(CaptureSpec { payment, lines: None, success: true })
    }

    /// Captured in full, and the capture does not say by what.
    pub fn captured_anonymously(self) -> Self {
        self.with_capture(CaptureSpec { payment: None, lines: None, success: true })
    }

    /// Some lines captured by a Checkout transaction; several such captures may name several transactions.
    pub fn capture_of(
        self,
        transaction_id: impl Into<String>,
        lines: impl IntoIterator<Item = (i64, i64)>,
    ) -> Self {
        let payment = Some(("dintero".to_owned(), transaction_id.into()));
        self.with_capture(CaptureSpec { payment, lines: Some(lines.into_iter().collect()), success: true })
    }

    /// An attempt at capturing everything that failed.
    pub fn failed_capture_by(self, transaction_id: impl Into<String>) -> Self {
        let payment = Some(("dintero".to_owned(), transaction_id.into()));
        self.with_capture(CaptureSpec { payment, lines: None, success: false })
    }

    fn with_capture(mut self, capture: CaptureSpec) -> Self {
        self.captures.push(capture);
        self
    }
}
