//! The guide: the concepts of this crate, and how to write an adapter in an afternoon.
//!
//! It contains documentation only. Its examples are compiled and run as tests.
//!
//! | chapter | for | content |
//! |---|---|---|
//! | [`concepts`] | everyone | reference, status, amounts, unreported references, pages |
//! | [`failures`] | everyone | what an error means for the money, and what the client does next |
//! | [`observing`] | everyone | what the crates log, and metrics |
//! | [`your_adapter`] | adapter authors | a complete adapter in some 70 lines, used and tested |
//! | [`over_http`] | adapter authors | an adapter over HTTP, step by step, with `refunds-http` |
//! | `proof` (feature `testing`) | adapter authors | the conformance kit and a checklist |
//! | [`evolution`] | everyone | what may change, and what stays compatible |
//!
//! The repository contains a complete example, `examples/acme-adapter`: the provider's documentation
//! (`PROVIDER.md`), the adapter (`src`), a fake server, the conformance kit, and an application that does not
//! know the provider by name (`tests`). The guide refers to its files.

#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("failures.md")]
pub mod failures {}

#[doc = include_str!("observing.md")]
pub mod observing {}

#[doc = include_str!("your_adapter.md")]
pub mod your_adapter {}

/// Links to `refunds-http`, which this crate does not depend on: local ones, or to docs.rs.
macro_rules! links_to_http {
    ($root:literal) => {
        links_to_http!(
            $root,
            "present" "fn.present",
            "redact" "fn.redact",
            "is_signed" "fn.is_signed",
            "HmacKey" "struct.HmacKey",
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
