//! The macros that make each case of a kit a test.

/// Turns each [case](crate::testing::cases) of the conformance kit into a `#[test]`.
///
/// It takes a future that returns a [`Harness`](crate::testing::Harness): a call of an `async fn`, or
/// an `async` block. Each test runs it again, in a Tokio runtime that the kit builds. Where one file
/// has multiple harnesses, put each into a module.
///
/// ```
/// # mod tests {
/// use refunds_core::testing::{MemoryHarness, MemoryProvider};
///
/// mod at_once {
///     use super::*;
///     refunds_core::conformance_tests!(async {
///         MemoryHarness::new(MemoryProvider::new(), "NOK".parse().unwrap())
///     });
/// }
///
/// mod with_a_key {
///     use super::*;
///     refunds_core::conformance_tests!(async {
///         MemoryHarness::new(MemoryProvider::new().with_key(), "TND".parse().unwrap())
///     });
/// }
/// # }
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($harness:expr $(,)?) => {
        $crate::__refunds_cases! { tests [run_case, $harness] }
    };
}

/// Turns each [case](crate::testing::journal_cases) of the journal kit into a `#[test]`.
///
/// It takes a future that returns a [`JournalHarness`](crate::testing::JournalHarness): a call of an
/// `async fn`, or an `async` block. Each test runs it again, in a Tokio runtime that the kit builds. Where
/// one file has multiple harnesses, put each into a module.
///
/// ```
/// # mod tests {
/// use refunds_core::testing::MemoryJournalHarness;
///
/// refunds_core::journal_conformance_tests!(async { MemoryJournalHarness });
/// # }
/// ```
#[macro_export]
macro_rules! journal_conformance_tests {
    ($harness:expr $(,)?) => {
        $crate::__refunds_journal_cases! { tests [run_journal_case, $harness] }
    };
}

/// Expands a list of cases to tests, or to a table.
#[doc(hidden)]
#[macro_export]
macro_rules! __refunds_each_case {
    (
        tests [$run:ident, $harness:expr]
        $($group:ident { $($case:ident: $shows:literal, $needs:literal;)* })*
    ) => {
        $($(
            #[test]
            fn $case() {
                $crate::testing::$run(stringify!($case), $harness);
            }
        )*)*
    };
    (table [$kit:ident] $($group:ident { $($case:ident: $shows:literal, $needs:literal;)* })*) => {
        &[$($(
            Case {
                name: stringify!($case),
                group: stringify!($group),
                shows: $shows,
                needs: $needs,
                run: Run::$kit(|kit| Box::pin($group::$case(kit))),
            },
        )*)*]
    };
}
