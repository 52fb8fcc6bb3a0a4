//! `resolve` and `journal`: what is or was unsettled.

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("word").args(["not_made", "made", "not_this_one"]))]
pub(crate) struct ResolveArgs {
    /// What create printed on standard error; - reads standard input. Without it: the journal.
    #[arg(value_name = "FILE", conflicts_with = "word")]
    pub(crate) file: Option<PathBuf>,

    /// Look for refunds, and submit nothing.
    #[arg(long, conflicts_with = "word")]
    pub(crate) look_only: bool,

    /// Submit without asking.
    #[arg(long, conflicts_with_all = ["word", "look_only"])]
    pub(crate) yes: bool,

    /// State that the refund of an intent was not made, so that it may be submitted again. Refused while
    /// its request may be under way, where the provider shows it, and for any intent but the newest.
    #[arg(long, value_name = "NUMBER", requires = "note")]
    pub(crate) not_made: Option<u64>,

    /// State that this refund is the one of an intent. It is read back, and its amount must match.
    #[arg(long, num_args = 2, value_names = ["REFUND", "NUMBER"])]
    pub(crate) made: Vec<String>,

    /// State that this refund, which carries no reference, is not the one of an intent.
    #[arg(long, num_args = 2, value_names = ["REFUND", "NUMBER"])]
    pub(crate) not_this_one: Vec<String>,

    /// How it is known.
    #[arg(long, value_name = "TEXT", requires = "word")]
    pub(crate) note: Option<String>,

    /// Who decides; without it, the name that the system has for the user.
    #[arg(long, value_name = "NAME", requires = "word")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// List the refunds that the journal knows.
    List(JournalList),
    /// Show one refund with its intents: every request that was about to be sent, its times, its outcome.
    Show(JournalShow),
    /// Forget what is old and settled, of all accounts.
    ///
    /// What guards against making a refund again stays: which refunds were made, with reference, id and
    /// amount. Unsettled refunds stay as they are.
    Purge(JournalPurge),
}

#[derive(Debug, Args)]
pub(crate) struct JournalList {
    /// Those only whose outcome is unknown.
    #[arg(long)]
    pub(crate) unsettled: bool,

    /// Those of all accounts and providers; no provider needs to be configured then.
    #[arg(long)]
    pub(crate) all_accounts: bool,

    /// Those of one payment only.
    #[arg(long, value_name = "PAYMENT")]
    pub(crate) payment: Option<String>,

    /// Those under one reference only.
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) reference: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct JournalShow {
    /// The provider's id of the payment.
    #[arg(value_name = "PAYMENT")]
    pub(crate) payment: String,

    /// Your own key of the refund.
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,

    /// At whatever account and provider; none needs to be configured then.
    #[arg(long)]
    pub(crate) all_accounts: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JournalPurge {
    /// What was last needed so long ago, such as 400d.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) older_than: Duration,

    /// Forget made refunds altogether. A create that is repeated after that relies on the provider's
    /// list alone. Needs --yes.
    #[arg(long)]
    pub(crate) forget_made: bool,

    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
}
