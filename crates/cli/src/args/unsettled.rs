//! The arguments of `resolve` and `journal`.

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Subcommand};

use super::examples;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("statement").args(["not_made", "made", "not_this_one"]))]
pub(crate) struct ResolveArgs {
    /// What create printed on standard error; - reads standard input. Default: the journal.
    #[arg(value_name = "FILE", conflicts_with = "statement")]
    pub(crate) file: Option<PathBuf>,

    /// Look for the refunds and submit nothing.
    #[arg(long, conflicts_with = "statement")]
    pub(crate) look_only: bool,

    /// Submit without confirmation.
    #[arg(long, conflicts_with_all = ["statement", "look_only"])]
    pub(crate) yes: bool,

    /// Wait until lost requests may be submitted again, and finish them.
    #[arg(long, conflicts_with_all = ["statement", "look_only"])]
    pub(crate) wait: bool,

    /// State that an intent's refund was not made, so that it may be submitted again. Refused while the
    /// request may be under way, if the provider shows the refund, and for any intent but the newest.
    #[arg(long, value_name = "NUMBER", requires = "note")]
    pub(crate) not_made: Option<u64>,

    /// State that this refund belongs to an intent. It is read back, and its amount must match.
    #[arg(long, num_args = 2, value_names = ["REFUND", "NUMBER"])]
    pub(crate) made: Vec<String>,

    /// State that this refund, which carries no reference, does not belong to an intent.
    #[arg(long, num_args = 2, value_names = ["REFUND", "NUMBER"])]
    pub(crate) not_this_one: Vec<String>,

    /// How you know.
    #[arg(long, value_name = "TEXT", requires = "statement")]
    pub(crate) note: Option<String>,

    /// Who decides. Default: the user name.
    #[arg(long, value_name = "NAME", requires = "statement")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// List the refunds in the journal.
    #[command(after_help = examples::JOURNAL_LIST)]
    List(JournalList),
    /// Show one refund with its intents: each planned request, its times and its outcome.
    #[command(after_help = examples::JOURNAL_SHOW)]
    Show(JournalShow),
    /// Forget old, settled refunds of all accounts.
    ///
    /// The record that prevents a second refund stays: which refunds were made, with reference, id and
    /// amount. Unsettled refunds are not changed.
    #[command(after_help = examples::JOURNAL_PURGE)]
    Purge(JournalPurge),
}

#[derive(Debug, Args)]
pub(crate) struct JournalList {
    /// Only refunds whose outcome is unknown.
    #[arg(long)]
    pub(crate) unsettled: bool,

    /// Refunds of all accounts and providers; needs no configured provider.
    #[arg(long)]
    pub(crate) all_accounts: bool,

    /// Only refunds of this payment.
    #[arg(long, value_name = "PAYMENT")]
    pub(crate) payment: Option<String>,

    /// Only refunds with this reference.
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) reference: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct JournalShow {
    /// The provider's id of the payment.
    #[arg(value_name = "PAYMENT")]
    pub(crate) payment: String,

    /// Your own key for the refund.
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,

    /// Search all accounts and providers; needs no configured provider.
    #[arg(long)]
    pub(crate) all_accounts: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JournalPurge {
    /// Forget only entries that were last needed longer ago than this, such as 400d.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) older_than: Duration,

    /// Also forget which refunds were made. A create that is repeated afterwards relies on the
    /// provider's list alone. Needs --yes.
    #[arg(long)]
    pub(crate) forget_made: bool,

    /// Confirm --forget-made.
    #[arg(long)]
    pub(crate) yes: bool,
}
