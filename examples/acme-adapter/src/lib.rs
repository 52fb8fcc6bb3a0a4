//! Acme Payments refunds for [`refunds_core`]: a complete adapter, written with nothing but the public API and
//! its [guide](refunds_core::guide).
//!
//! Acme is fictional. `PROVIDER.md` is its documentation, and `tests/it/server` serves its API on a
//! loopback socket. Read the files in this order:
//!
//! | file | contents |
//! |---|---|
//! | `wire.rs` | the payloads, exactly as Acme sends them |
//! | `convert.rs` | from payloads to the model; the table of states |
//! | `error.rs` | error responses; the table of problems |
//! | `auth.rs` | fetching a token |
//! | `validate.rs` | what is refused before anything is sent |
//! | `provider.rs` | the trait: each call is one exchange; the factory for a registry |
//! | `webhook.rs` | who sent a webhook, when, and what it is about |
//! | `config.rs` | the settings |
//! | `tests/it/conformance.rs` | the conformance kit |
//! | `tests/it/application.rs` | an application that knows no provider by name |
//!
//! ```
//! use refunds_core::{RefundClient, Registry};
//! use acme_adapter::AcmeFactory;
//!
//! // An application adds one line. The rest comes from the environment: REFUNDS_PROVIDER=acme,
//! // ACME_CLIENT_ID, ACME_CLIENT_SECRET.
//! let registry = Registry::new().with(AcmeFactory);
//! # let variables = [("REFUNDS_PROVIDER", "acme"), ("ACME_CLIENT_ID", "shop-7"),
//! #     ("ACME_CLIENT_SECRET", "a-secret")];
//! let client = RefundClient::new(registry.from_variables(variables)?);
//! assert!(client.capabilities().partial);
//! # Ok::<(), refunds_core::Error>(())
//! ```
//!
//! # What is assumed
//!
//! - A return in a state that is not documented yet counts in the payment's `in_flight` or `returned` for as
//!   long as it holds money.
//! - `at` in a webhook is when the state changed, and stays the same when Acme repeats the delivery, for three
//!   days. An old delivery is accepted for that long and five minutes more; one from the future only for five minutes.

mod auth;
mod config;
mod convert;
mod error;
mod provider;
mod validate;
mod webhook;
mod wire;

pub use self::{
    config::AcmeConfig,
    provider::{Acme, AcmeFactory},
};

/// The name in the registry, and in `REFUNDS_PROVIDER`.
const NAME: &str = "acme";
