//! Refunds at Quillpay, for [`refunds_core`]: an adapter by somebody who had its
//! [guide](refunds_core::guide) and its documentation, and had not read its code.
//!
//! Quillpay is made up; `PROVIDER.md` is its documentation, and `tests/adapter/server` plays it on a loopback
//! socket.
//!
//! ```
//! use refunds_core::{RefundClient, Registry};
//! use refunds_second_adapter::QuillpayFactory;
//!
//! let registry = Registry::new().with(QuillpayFactory);
//! let variables = [
//!     ("REFUNDS_PROVIDER", "quillpay"),
//!     ("QUILLPAY_API_KEY", "qk_test"),
//!     ("QUILLPAY_API_URL", "https://api.sandbox.quillpay.example/v2"),
//! ];
//! let client = RefundClient::new(registry.from_variables(variables)?);
//! # Ok::<(), refunds_core::Error>(())
//! ```
//!
//! A charge is a payment here, and a reversal is a refund.
//!
//! # What the provider documents
//!
//! - `external_id` is unique within a charge for ever; a second reversal with the same one is refused and
//!   nothing is made. It holds the [`Reference`](refunds_core::Reference), and so the reference is an
//!   idempotency key, of the kind that is [refused](refunds_core::Replay::Refused) when it comes again.
//! - A reversal tells no currency. It is read from the charge.
//! - An answer with 429, and the codes of the table in `error.rs`, have made nothing. Any 5xx may have.
//!
//! # What is assumed
//!
//! - A reversal in a state that the document does not name yet counts in the charge's `reversing` or
//!   `reversed` for as long as it holds money.
//! - Quillpay's decimals of a currency are those of ISO 4217. An amount with others is refused as unreadable.
//! - `at` of a webhook is when the state changed, and stays the same when the delivery is tried again for
//!   three days. So that long, and a little longer, an old one is accepted; one from the future is not.

mod config;
mod convert;
mod error;
mod provider;
mod webhook;
mod wire;

pub use config::{QuillpayConfig, QuillpayFactory};
pub use provider::Quillpay;

/// The name in a registry, and in every payment and refund.
pub const NAME: &str = "quillpay";
