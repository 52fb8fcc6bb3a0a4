//! Refunds at Acme, for [`refunds_core`]: a complete adapter as somebody outside of that
//! project would write it, with nothing but its public API and its
//! [guide](refunds_core::guide).
//!
//! Acme is invented; `PROVIDER.md` is its documentation, and `tests/adapter/server` plays it on
//! a loopback socket. Read the files in this order:
//!
//! | file | holds |
//! |---|---|
//! | `wire.rs` | the payloads, as they are |
//! | `convert.rs` | from payloads to the model; the table of states |
//! | `error.rs` | what the provider says when it refuses; the table of problems |
//! | `auth.rs` | where tokens come from |
//! | `provider.rs` | the trait: each call as one exchange |
//! | `config.rs` | settings, and the factory that a registry knows it by |
//! | `tests/adapter/conformance.rs` | the conformance kit |
//! | `tests/adapter/application.rs` | an application that knows no provider by name |
//!
//! ```
//! use refunds_core::{RefundClient, Registry};
//! use acme_adapter::AcmeFactory;
//!
//! // An application adds one line; the environment does the rest: REFUNDS_PROVIDER=acme,
//! // ACME_CLIENT_ID, ACME_CLIENT_SECRET.
//! let registry = Registry::new().with(AcmeFactory);
//! # let variables = [("REFUNDS_PROVIDER", "acme"), ("ACME_CLIENT_ID", "shop-7"),
//! #     ("ACME_CLIENT_SECRET", "a-secret")];
//! let client = RefundClient::new(registry.from_variables(variables)?);
//! assert!(client.capabilities().partial);
//! # Ok::<(), refunds_core::Error>(())
//! ```

mod auth;
mod config;
mod convert;
mod error;
mod provider;
mod wire;

pub use self::{
    config::{AcmeConfig, AcmeFactory},
    provider::Acme,
};

/// The name in the registry, and in `REFUNDS_PROVIDER`.
const NAME: &str = "acme";
