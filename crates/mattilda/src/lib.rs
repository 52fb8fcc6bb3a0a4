//! Refunds at [Mattilda Payments](https://docs.mattildapayments.com/reference/transactions/list-transaction-refunds),
//! for [`refunds_core`].
//!
//! Mattilda Payments is an instance of [Gr4vy](https://docs.gr4vy.com/), so this adapter serves any
//! Gr4vy instance: the [base URL](MattildaConfig::with_api_url) decides. A payment is a
//! *transaction* there.
//!
//! ```
//! use refunds_core::{PaymentId, RefundClient, Registry};
//! use refunds_mattilda::{Mattilda, MattildaConfig, MattildaFactory};
//!
//! # async fn example(pem: String) -> refunds_core::Result<()> {
//! // By configuration: REFUNDS_PROVIDER=mattilda, MATTILDA_PRIVATE_KEY_FILE=… …
//! let client = RefundClient::from_env(&Registry::new().with(MattildaFactory))?;
//!
//! // … or by hand.
//! let config = MattildaConfig::from_private_key(pem)
//!     .with_api_url("https://api.sandbox.mattildapayments.com")
//!     .with_merchant_account_id("default");
//! let client = RefundClient::new(Mattilda::new(config)?);
//!
//! let payment = client.payment(&PaymentId::new("fe26475d-ec3e-4884-9553-f7356683f7f9")?).await?;
//! println!("{} is left to refund", payment.refundable);
//! # Ok(())
//! # }
//! ```
//!
//! # What to know about this provider
//!
//! - **A refund that was accepted is not made yet.** It begins as `processing`
//!   ([`Pending`](refunds_core::RefundStatus::Pending)) and may end `declined` or `failed`.
//! - **The reference** is sent as `external_identifier`, and as
//!   [`Idempotency-Key`](https://docs.gr4vy.com/guides/api/idempotent-requests). Gr4vy documents the
//!   key for refunds, Mattilda's pages do not; so nothing relies on it unless
//!   [configured](MattildaConfig::with_idempotency). Mattilda's documented refund does not show
//!   `external_identifier` either: such a refund's
//!   [reference is hidden](refunds_core::Refund::reference_is_unreported). An instance that honours the key
//!   does so for the whole merchant account: one reference for refunds of two payments returns
//!   the first one's refund, which core refuses.
//! - **The list of refunds documents no paging** although its response carries cursors. Core copes with
//!   a server that ignores them, and says so where refunds could not be reached.
//! - **Gift cards** are instruments of their own. The sums of a [payment](refunds_core::Payment) are
//!   those of its main payment method (of the gift cards, if they paid all); what gift cards paid, and the ids by which a refund
//!   [targets](refunds_core::CreateRefund::with_target) them, is in
//!   [`Payment::extra`](refunds_core::Payment::extra) as `gift_card_redemptions`.
//! - **Personal data stays out.** The e-mail address and name of the `creator` of a refund, a user of
//!   the dashboard, are dropped; the creator's id is kept. (The raw payload, which an application has
//!   to [ask for](MattildaConfig::with_keep_raw), has them.)
//! - **Webhooks** are verified by the [configured](MattildaConfig::with_webhook_secret) secrets. There is
//!   [no event](https://docs.gr4vy.com/guides/features/webhooks/events) for a refund that ends `voided`,
//!   and deliveries are given up after seven days: look at open refunds now and then.
//! - **Errors** carry Gr4vy's `code`; a validation's `details` become
//!   [`Error::details`](refunds_core::Error::details).

mod auth;
mod config;
mod convert;
mod error;
mod key;
mod provider;
mod totals;
mod validate;
mod webhook;
mod wire;

pub use self::{
    config::MattildaConfig,
    provider::{Mattilda, MattildaFactory},
};

/// The name in the registry, and in `REFUNDS_PROVIDER`.
const NAME: &str = "mattilda";
