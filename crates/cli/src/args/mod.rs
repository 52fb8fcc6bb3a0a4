//! The command line, as data.

mod examples;
mod sandbox;
mod sandbox_control;
mod unsettled;
mod webhook;

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use self::{
    sandbox::{Fields, Idempotency, SandboxArgs, WebhookUrl},
    sandbox_control::{FaultCommand, PendingRefund, Running, SandboxCommand, SeedArgs, TriggerArgs},
    unsettled::{JournalCommand, JournalList, JournalPurge, JournalShow, ResolveArgs},
    webhook::{SubscribeArgs, VerifyArgs, WebhookCommand},
};
use crate::output::Format;

/// The same as generated, in two lines.
const CREATE_USAGE: &str = "\
refunds create [OPTIONS] [--reference <REFERENCE>]
           <--amount <AMOUNT>|--minor-units <NUMBER>|--full> <PAYMENT>";

/// Refund payments at any provider.
#[derive(Debug, Parser)]
#[command(name = "refunds", version, after_help = examples::COMMAND, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) sources: Sources,

    /// The output format. Default: table on a terminal, json elsewhere (demo: table).
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
}

/// Where the settings come from.
#[derive(Debug, Args)]
pub(crate) struct Sources {
    /// Use this provider instead of `REFUNDS_PROVIDER`.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) provider: Option<String>,

    /// Use this profile of the configuration file, instead of `REFUNDS_PROFILE` or its default.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// The configuration file. Default: `REFUNDS_CONFIG`, or refunds/refunds.toml in the user's
    /// configuration folder.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Cli {
    /// The payment that the command is about.
    pub(crate) fn payment(&self) -> Option<&str> {
        match &self.command {
            Command::List(args) | Command::Payment(args) => Some(&args.payment),
            Command::Get(args) => Some(&args.of.payment),
            Command::Create(args) => Some(&args.payment),
            Command::Wait(args) => Some(&args.of.payment),
            _ => None,
        }
    }

    /// How long each of its reads may take, if it says so.
    pub(crate) fn time_limit(&self) -> Option<Duration> {
        match &self.command {
            Command::List(args) | Command::Payment(args) => args.limit.timeout,
            Command::Get(args) => args.limit.timeout,
            _ => None,
        }
    }

    /// Whether the command works with an account. The others work even if the configuration is wrong.
    pub(crate) fn needs_account(&self) -> bool {
        !matches!(
            self.command,
            Command::Demo
                | Command::Providers
                | Command::Reference(_)
                | Command::Sandbox(_)
                | Command::Man { .. }
                | Command::Completions { .. }
        )
    }

    /// The requested format, or the default for the command and standard output.
    pub(crate) fn format(&self) -> Format {
        self.output.unwrap_or_else(|| match self.command {
            // People read one and shells the other, also through a pipe.
            Command::Demo | Command::Sandbox(_) => Format::Table,
            _ => Format::by_terminal(),
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run both providers on the embedded sandbox and check every step.
    #[command(after_help = examples::DEMO)]
    Demo,
    /// List the refunds of a payment, all pages, as they arrive.
    ///
    /// --output json prints one array. If the list breaks off, the closing bracket is missing, so
    /// that a partial list is never valid JSON.
    #[command(after_help = examples::LIST)]
    List(PaymentArg),
    /// Show one refund of a payment.
    #[command(after_help = examples::GET)]
    Get(GetArgs),
    /// Show how much of a payment is captured, refunded, pending and refundable.
    #[command(after_help = examples::PAYMENT)]
    Payment(PaymentArg),
    /// Refund a payment, once, and show the refund.
    ///
    /// You choose the reference, and it names this refund for ever: the same command with the same
    /// reference makes no second refund and shows the first one. Store the reference with the
    /// decision to refund, before you run this.
    #[command(after_help = examples::CREATE)]
    Create(Box<CreateArgs>),
    /// Follow a refund until its status is final.
    ///
    /// Exit status: 0 if it succeeded, 3 if it ended otherwise, 6 if it is not final when the time
    /// is over.
    #[command(after_help = examples::WAIT)]
    Wait(WaitArgs),
    /// Finish creates whose outcome was unknown (exit status 6).
    ///
    /// Without FILE, it finishes this account's unsettled refunds in the journal, oldest first: it
    /// looks for each refund and submits it if it was certainly not made. It asks for confirmation
    /// before that; in scripts, use --yes. Refunds of other accounts are counted and left alone. The
    /// exit status is the worst of the results.
    ///
    /// With FILE, it finishes one refund from what create printed on standard error, unchanged: the
    /// last line, the error JSON, or the object in its `unresolved` member. It uses the provider in
    /// FILE unless you give --provider. If the journal does not know the refund, it is submitted only
    /// after `REFUNDS_RESUBMIT_AFTER` and a lookup that does not find it. On a terminal it asks first.
    ///
    /// With --not-made, --made or --not-this-one, it stores what a person found out at the provider
    /// and submits nothing. If the statement is wrong, the refund may be made twice, or not at all.
    #[command(after_help = examples::RESOLVE)]
    Resolve(ResolveArgs),
    /// Show or clean up the journal of requests and their outcomes.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Verify a webhook, or manage webhook subscriptions.
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// List the providers: names, capabilities, settings.
    #[command(after_help = examples::PROVIDERS)]
    Providers,
    /// Print the reference that the library derives from the same namespace and parts.
    ///
    /// The parts identify the decision to refund: the return, the line, a sequence number. The same
    /// parts give the same reference on every machine.
    #[command(after_help = examples::REFERENCE)]
    Reference(ReferenceArgs),
    /// Serve both providers' APIs on loopback until interrupted, with payments to refund.
    ///
    /// Prints the variables that point the adapters to it, as `export` lines for a shell or, with
    /// --output json, as one object. The credentials are new each time and are worth nothing.
    ///
    /// Refunds work as at the providers: the sandbox checks tokens, amounts and what is left, keeps
    /// a ledger, and sends webhooks to this machine as they become due. Each delivery is a line on
    /// standard error.
    ///
    /// The page at `REFUNDS_SANDBOX_URL` shows what happens and controls it, and so do the commands
    /// below, from another shell.
    Sandbox(Box<SandboxArgs>),
    /// Check settings, journal, network, clock and credentials, and say what to do.
    ///
    /// It makes no refund: whether these credentials may make one, only the provider can say. The exit
    /// status is that of the worst problem.
    #[command(after_help = examples::DOCTOR)]
    Doctor,
    /// Print the manual page, or write one for each command into a folder.
    #[command(after_help = examples::MAN)]
    Man {
        /// The folder, which must exist.
        #[arg(value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
    /// Print completions for a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PaymentArg {
    /// The provider's id of the payment.
    #[arg(value_name = "PAYMENT")]
    pub(crate) payment: String,

    #[command(flatten)]
    pub(crate) limit: TimeLimit,
}

/// How long a read may take.
#[derive(Debug, Args)]
pub(crate) struct TimeLimit {
    /// How long each read may take with its retries, such as 30s; instead of `REFUNDS_TOTAL_TIMEOUT`.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct RefundArgs {
    /// The provider's id of the payment.
    #[arg(value_name = "PAYMENT")]
    pub(crate) payment: String,

    /// The provider's id of the refund.
    #[arg(value_name = "REFUND")]
    pub(crate) refund: String,
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    pub(crate) of: RefundArgs,

    #[command(flatten)]
    pub(crate) limit: TimeLimit,
}

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("how_much").required(true).args(["amount", "minor_units", "full"]),
    override_usage = CREATE_USAGE,
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct CreateArgs {
    /// The provider's id of the payment.
    #[arg(value_name = "PAYMENT")]
    pub(crate) payment: String,

    /// Your own key for this refund, unique across all your payments: 1 to 255 printable ASCII
    /// characters.
    ///
    /// On a terminal it may be left out: then it is derived from payment, amount and day, and shown.
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) reference: Option<String>,

    /// Derive the reference from a namespace and parts, as the library and `refunds reference` do.
    /// Give PAYMENT before it.
    #[arg(long, num_args = 2.., value_names = ["NAMESPACE", "PART"], conflicts_with = "reference")]
    pub(crate) derive: Vec<String>,

    /// The amount in major units, such as 149.50, in the payment's currency.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub(crate) amount: Option<String>,

    /// The amount in the currency's smallest unit: 14950 for 149.50 NOK, 150 for 150 JPY.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) minor_units: Option<String>,

    /// Refund everything that is left.
    #[arg(long)]
    pub(crate) full: bool,

    /// The currency you expect; a payment in another currency is refused.
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,

    /// The reason; some providers show it to the buyer or limit its length.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,

    /// An order line that the refund covers, in the same units as the amount; may be repeated.
    #[arg(long = "line", value_name = "ID=AMOUNT")]
    pub(crate) lines: Vec<String>,

    /// Data to attach, at providers that keep metadata; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) metadata: Vec<String>,

    /// An option that only some providers have; may be repeated. `refunds providers` lists them.
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<String>,

    /// What the money goes back to: payment-method, or gift-card:ID for a gift card.
    #[arg(long, value_name = "KIND[:ID]")]
    pub(crate) target: Option<String>,

    /// Do not ask for confirmation on a terminal.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Show what would be done, and submit nothing.
    #[arg(long, conflicts_with_all = ["wait", "yes"])]
    pub(crate) dry_run: bool,

    /// The most that this refund may be, such as "5000 NOK". Default: `max_amount` of the profile.
    #[arg(long, value_name = "AMOUNT CODE")]
    pub(crate) max_amount: Option<String>,

    /// Follow the refund until its status is final. If the request is lost, wait until it may be
    /// submitted again, and finish it.
    #[arg(long)]
    pub(crate) wait: bool,

    /// How long to follow it.
    #[arg(long, value_name = "TIME", default_value = "10m", requires = "wait", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    /// Where the parts are unique, such as shop.example/returns.
    #[arg(value_name = "NAMESPACE")]
    pub(crate) namespace: String,

    /// What identifies the decision to refund.
    #[arg(value_name = "PART", required = true)]
    pub(crate) parts: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    #[command(flatten)]
    pub(crate) of: RefundArgs,

    /// How long to follow it.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        let mut commands: Vec<_> = Cli::command().get_subcommands().cloned().collect();
        while let Some(command) = commands.pop() {
            let own: Vec<_> = command.get_subcommands().cloned().collect();
            let help = command.clone().render_long_help().to_string();
            assert!(!own.is_empty() || help.contains("\nExamples:\n"), "{help}");
            commands.extend(own);
        }
    }

    #[test]
    fn every_help_fits_80_columns() {
        let mut commands = vec![Cli::command()];
        while let Some(mut command) = commands.pop() {
            for line in command.render_long_help().to_string().lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
