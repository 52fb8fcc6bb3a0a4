//! The wrong journals: one fault each.

mod blocking;
mod durability;
mod evidence;
mod forgetting;
mod outcomes;
mod reading;
mod times;
mod versions;

pub(crate) use self::{
    blocking::*, durability::*, evidence::*, forgetting::*, outcomes::*, reading::*, times::*, versions::*,
};

/// A wrong journal, as a type: one method as a closure, or some methods in full.
macro_rules! fault {
    ($name:ident { $($methods:tt)* }) => {
        #[derive(Default)]
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl crate::journal_kit::mutant::Mutation for $name {
            $($methods)*
        }
    };
    ($name:ident, opened, |$disk:pat_param| $body:expr) => {
        fault!($name {
            fn opened(&self, $disk: &crate::journal_kit::disk::Disk) {
                $body
            }
        });
    };
    ($name:ident, dropped, |$journal:pat_param| $body:expr) => {
        fault!($name {
            fn dropped(&self, $journal: &crate::journal_kit::disk::DiskJournal) {
                $body
            }
        });
    };
    ($name:ident, open, |$journal:pat_param, $about:pat_param| $body:expr) => {
        fault!($name {
            async fn open(&self, $journal: &crate::journal_kit::disk::DiskJournal, $about: &refunds_core::journal::About) -> refunds_core::Result<refunds_core::journal::Standing> {
                $body
            }
        });
    };
    ($name:ident, intend, |$journal:pat_param, $new:pat_param| $body:expr) => {
        fault!($name {
            async fn intend(&self, $journal: &crate::journal_kit::disk::DiskJournal, $new: &refunds_core::journal::NewIntent) -> refunds_core::Result<refunds_core::journal::Intended> {
                $body
            }
        });
    };
    ($name:ident, settle, |$journal:pat_param, $key:pat_param, $outcome:pat_param| $body:expr) => {
        fault!($name {
            async fn settle(&self, $journal: &crate::journal_kit::disk::DiskJournal, $key: &refunds_core::journal::IntentKey, $outcome: &refunds_core::journal::Outcome) -> refunds_core::Result<()> {
                $body
            }
        });
    };
    ($name:ident, abandon, |$journal:pat_param, $key:pat_param| $body:expr) => {
        fault!($name {
            fn abandon(&self, $journal: &crate::journal_kit::disk::DiskJournal, $key: &refunds_core::journal::IntentKey) {
                $body
            }
        });
    };
    ($name:ident, observe, |$journal:pat_param, $money:pat_param, $seen:pat_param, $since:pat_param| $body:expr) => {
        fault!($name {
            async fn observe(&self, $journal: &crate::journal_kit::disk::DiskJournal, $money: &refunds_core::journal::MoneyKey, $seen: &[refunds_core::journal::Seen], $since: Option<refunds_core::journal::Version>) -> refunds_core::Result<refunds_core::journal::Observed> {
                $body
            }
        });
    };
    ($name:ident, wait, |$journal:pat_param, $money:pat_param, $since:pat_param, $at_most:pat_param| $body:expr) => {
        fault!($name {
            async fn wait(&self, $journal: &crate::journal_kit::disk::DiskJournal, $money: &refunds_core::journal::MoneyKey, $since: refunds_core::journal::Version, $at_most: std::time::Duration) -> refunds_core::Result<()> {
                $body
            }
        });
    };
    ($name:ident, entries, |$journal:pat_param, $query:pat_param| $body:expr) => {
        fault!($name {
            async fn entries(&self, $journal: &crate::journal_kit::disk::DiskJournal, $query: &refunds_core::journal::Query) -> refunds_core::Result<Vec<refunds_core::journal::Entry>> {
                $body
            }
        });
    };
    ($name:ident, decide, |$journal:pat_param, $money:pat_param, $number:pat_param, $decision:pat_param| $body:expr) => {
        fault!($name {
            async fn decide(&self, $journal: &crate::journal_kit::disk::DiskJournal, $money: &refunds_core::journal::MoneyKey, $number: refunds_core::journal::IntentNumber, $decision: &refunds_core::journal::Decision) -> refunds_core::Result<()> {
                $body
            }
        });
    };
    ($name:ident, purge, |$journal:pat_param, $what:pat_param| $body:expr) => {
        fault!($name {
            async fn purge(&self, $journal: &crate::journal_kit::disk::DiskJournal, $what: &refunds_core::journal::Purge) -> refunds_core::Result<u64> {
                $body
            }
        });
    };
    ($name:ident, intend_masked, |$new:pat_param, $entries:pat_param| $body:expr) => {
        fault!($name, intend, |journal, new| {
            let $new = new;
            crate::journal_kit::mutant::intend_masked(journal, new, |$entries| $body)
        });
    };
    ($name:ident, settle_and, |$outcome:pat_param, $entry:pat_param, $at:pat_param| $body:expr) => {
        fault!($name, settle, |journal, key, outcome| {
            let $outcome = outcome;
            settle_and(journal, key, outcome, |$entry, $at| $body).await
        });
    };
}
use fault;

fault!(Nothing {});
