//! What HTTP adapters of [`refunds_core`] share: exchanges that are made once and within limits,
//! credentials that are fetched once, errors that are exact about money.
//!
//! # An adapter's exchange
//!
//! ```no_run
//! use refunds_core::{ErrorKind, Operation, Result};
//! use refunds_http::{BaseUrl, ErrorBody, HttpClient, ProviderError, Request, StaticToken};
//! use serde::Deserialize;
//! use std::sync::Arc;
//!
//! #[derive(Deserialize)]
//! struct WireRefund {
//!     id: String,
//! }
//!
//! /// This provider's errors, and what their codes mean.
//! fn decode(response: &ErrorBody) -> Option<ProviderError> {
//!     #[derive(Deserialize)]
//!     struct Wire {
//!         code: String,
//!         message: String,
//!     }
//!     let wire: Wire = response.json()?;
//!     let error = ProviderError::new().with_message(wire.message);
//!     Some(match wire.code.as_str() {
//!         "concurrent_request" => error.with_retryable(true).with_may_have_applied(false),
//!         "already_refunded" => error.with_kind(ErrorKind::NotRefundable),
//!         _ => error,
//!     }
//!     .with_code(wire.code))
//! }
//!
//! # async fn example() -> Result<()> {
//! let client = HttpClient::builder("acme", BaseUrl::parse("https://api.example.com/v1", false)?)
//!     .auth(Arc::new(StaticToken::new("token".to_owned().into())))
//!     .error_decoder(decode)
//!     .build()?;
//!
//! let refund: WireRefund = client
//!     .json(
//!         Request::post(Operation::SubmitRefund)
//!             .paths(["payments", "pay_551", "refunds"])
//!             .json(&serde_json::json!({ "amount": 1299, "reference": "rma-551" })),
//!     )
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - **Once.** A request is processed at most once. Redirects are not followed, and nothing is repeated
//!   except in two cases in which it was certainly not processed: a 401 for a token that a [`TokenCache`]
//!   can renew, and a server that says that it did not take the request, as servers do over HTTP/2 when
//!   they end a connection in good order.
//! - **Exact.** [`Error::may_have_applied`](refunds_core::Error::may_have_applied) is `false` for
//!   reads, for requests that were certainly not processed (malformed, no token, no connection, not
//!   taken by the server, held back by their [`SendGate`]), and for statuses that refuse. It is `true`
//!   for writes that were sent and whose outcome no complete response shows.
//! - **Bounded.** One time limit covers a call from its token to the last byte of its body; bodies
//!   are bounded while they are read; texts that get into errors are bounded too.
//! - **Silent.** No secret, address, header or body is in a `Debug`, a `Display`, an error or a trace;
//!   what providers say passes [`redact`] first.
//! - **Contained.** A [`Request`] has path segments, not addresses: whatever an id contains, the request
//!   and its credential go to the [`BaseUrl`].
//!
//! # Re-exports
//!
//! [`bytes`](https://docs.rs/bytes/1) and [`http`](https://docs.rs/http/1) are part of this crate's public API and are re-exported, so that a
//! [`Transport`] or a test has the versions that fit. What else an adapter needs is re-exported by
//! [`refunds_core`](refunds_core#re-exports).
//!
//! The feature `testing` adds a transport that plays a script and one that fails below HTTP.

mod auth;
mod base_url;
mod classify;
mod client;
mod decode;
mod exchange;
mod failure;
mod gate;
pub mod lenient;
mod outgoing;
mod provider_error;
mod proxy;
mod request;
mod reqwest_transport;
mod response;
mod signature;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod transport;
mod verdict;
mod webhook;

#[doc(no_inline)]
pub use refunds_core::redact;
#[doc(no_inline)]
pub use {bytes, http};

pub use self::{
    auth::{Authorizer, Credential, StaticToken, Token, TokenCache, TokenSource},
    base_url::BaseUrl,
    classify::{StatusClass, classify_status},
    client::{HttpClient, HttpClientBuilder},
    decode::present,
    gate::{RequestGate, SendGate},
    provider_error::{ErrorBody, ProviderError},
    request::Request,
    reqwest_transport::ReqwestTransport,
    response::Response,
    signature::{Digest, is_signed},
    transport::{Body, Transport, TransportError, TransportErrorKind},
    webhook::Delivery,
};
