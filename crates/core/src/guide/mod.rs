//! The guide: what everything here means, and how to write an adapter in an afternoon.
//!
//! It is documentation and holds no code of its own; what it shows is compiled and run as tests.
//!
//! | chapter | for whom | what it tells |
//! |---|---|---|
//! | [`concepts`] | everybody | reference, status, amounts, hidden references, pages |
//! | [`failures`] | everybody | what an error says about the money, and what the client makes of it |
//! | [`your_adapter`] | writers of adapters | the contract in some 70 lines, used and proven |
//! | [`over_http`] | writers of adapters | the same over a wire, step by step, with `refunds-http` |
//! | `proof` (feature `testing`) | writers of adapters | the conformance kit, and a checklist |
//! | [`evolution`] | everybody | what may change, and what will not break you |
//!
//! A complete adapter by the hand of an outsider is in the repository, under `tests/third-party`: a
//! provider's document (`PROVIDER.md`), the adapter (`src`), a server that plays the provider
//! (`tests/adapter/server`), the kit on it, and an application that does not know it. The guide names
//! its files where it needs them.

#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("failures.md")]
pub mod failures {}

#[doc = include_str!("your_adapter.md")]
pub mod your_adapter {}

#[doc = include_str!("over_http.md")]
pub mod over_http {}

#[cfg(feature = "testing")]
#[doc = include_str!("proof.md")]
pub mod proof {}

#[doc = include_str!("evolution.md")]
pub mod evolution {}
