//! One refunds API for any payment provider.
//!
//! An application uses a [`RefundClient`], which works with any [`RefundProvider`]. An adapter crate
//! implements that trait for one provider and translates its payloads into the normalized [`Refund`].
//! Switching providers is a change of configuration ([`Registry`], [`Settings`]), never of code. Two promises
//! come first: **a refund requested once is made once, and every result is true**.
//!
//! # Creating a refund
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # async fn example() -> refunds_core::Result<()> {
//! use refunds_core::{CreateRefund, Money, Reference, RefundAmount, RefundClient, testing::MemoryProvider};
//!
//! let nok = "NOK".parse()?;
//! let provider = MemoryProvider::new();
//! let payment = provider.captured(Money::new(44850, nok));
//!
//! let client = RefundClient::new(provider);
//! // Derive the reference from the decision to refund, so that a second worker, or the same one after
//! // a crash, requests the same refund and not another one.
//! let reference = Reference::derive("shop.example/returns", ["order-42", "rma-551"]);
//! let request = CreateRefund::new(payment, RefundAmount::Exact(Money::new(14950, nok)), reference);
//!
//! let refund = client.create(&request).await?;
//! let again = client.create(&request).await?;
//! assert_eq!(refund.id, again.id);
//! # Ok(())
//! # }
//! ```
//!
//! # Writing an adapter
//!
//! Start with the [`guide`], and test the adapter with the conformance kit in `testing` (a feature).
//!
//! # Guarantees
//!
//! - Money is integer minor units with an ISO 4217 code ([`Money`], [`Currency`]), never a float.
//! - Errors say what a caller must know ([`Error`]): the kind, whether to retry, and whether a refund may
//!   have been made.
//! - This crate opens no connections and reads no clock by itself: adapters bring their transport, and time
//!   is injected ([`Clock`]).
//!
//! # Re-exports
//!
//! Crates in this crate's public API are re-exported, so that adapters use matching versions and need fewer
//! dependencies: [`async_trait`](macro@async_trait) for the traits, [`http`](https://docs.rs/http/1) for
//! [`WebhookRequest`], [`secrecy`](https://docs.rs/secrecy/0.10) for [`Settings`],
//! [`serde_json`](https://docs.rs/serde_json/1) for [`Refund::raw`], [`time`](https://docs.rs/time/0.3) for
//! all dates.

mod capabilities;
mod client;
mod clock;
mod environment;
mod error;
pub mod guide;
mod id;
pub mod journal;
mod money;
mod overview;
mod page;
mod paging;
mod payment;
mod provider;
mod redact;
mod reference;
mod refund;
mod registry;
mod request;
mod send_window;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod unresolved;
mod webhook;

#[doc(no_inline)]
pub use async_trait::async_trait;
#[doc(no_inline)]
pub use {http, secrecy, serde_json, time};

pub use self::{
    capabilities::{Capabilities, Certainty, FinalStatus, Idempotency, IdempotencyKey, References, Replay},
    client::{Observer, Policy, RefundClient, RefundStream, WaitOutcome, Waiting, WaitingFor},
    clock::{BoxFuture, Clock, SystemClock, parse_time},
    environment::env_variable,
    error::{Error, ErrorKind, FieldError, Operation, Result},
    id::{MAX_ID_LEN, PaymentId, RefundId},
    journal::{Journal, MemoryJournal, Scope},
    money::{Currency, Money},
    overview::{Handover, MoneyOverview, Overview},
    page::{Cursor, Page, PageRequest},
    paging::RefundList,
    payment::Payment,
    provider::{RefundProvider, all_refunds},
    redact::{redact, redact_with},
    reference::{MAX_REFERENCE_LEN, Reference},
    refund::{
        Card, PaymentMethod, Payout, PayoutDestination, Refund, RefundFailure, RefundLine, RefundStatus,
        RefundTarget, RetryAdvice, TargetKind,
    },
    registry::{ProviderFactory, Registry},
    request::{CreateRefund, RefundAmount, SubmitRefund},
    send_window::SendWindow,
    settings::{SettingSpec, Settings},
    unresolved::UnresolvedRefund,
    webhook::{DEFAULT_WEBHOOK_TOLERANCE, Notice, WebhookRequest, webhook_status},
};
