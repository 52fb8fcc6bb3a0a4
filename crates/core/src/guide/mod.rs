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
//! Two complete adapters are in the repository, each with a provider's document (`PROVIDER.md`), the adapter
//! (`src`), a server that plays the provider (`tests/adapter/server`), the kit on it, and an application
//! that does not know it. `examples/acme-adapter` is as an outsider would write it; `tests/second-adapter` was
//! written from this guide alone, by somebody who had not read the code. The guide names their files where
//! it needs them.

#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("failures.md")]
pub mod failures {}

#[doc = include_str!("your_adapter.md")]
pub mod your_adapter {}

/// Links to `refunds-http`, which this crate does not depend on: beside it, or where it is released.
macro_rules! links_to_http {
    ($root:literal) => {
        links_to_http!(
            $root,
            "present" "fn.present",
            "redact" "fn.redact",
            "is_signed" "fn.is_signed",
            "testing::ScriptedTransport" "testing/struct.ScriptedTransport",
            "testing::FaultyTransport" "testing/struct.FaultyTransport",
            "testing::sign" "testing/fn.sign",
        )
    };
    ($root:literal, $($item:literal $page:literal,)+) => {
        concat!("\n\n", $("[`refunds_http::", $item, "`]: ", $root, "/", $page, ".html\n",)+)
    };
}

#[doc = include_str!("over_http.md")]
#[cfg_attr(docsrs, doc = links_to_http!("https://docs.rs/refunds-http/latest/refunds_http"))]
#[cfg_attr(not(docsrs), doc = links_to_http!("../../../refunds_http"))]
pub mod over_http {}

#[cfg(feature = "testing")]
#[doc = include_str!("proof.md")]
pub mod proof {}

#[doc = include_str!("evolution.md")]
pub mod evolution {}
