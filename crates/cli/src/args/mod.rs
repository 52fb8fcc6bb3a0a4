//! The command line, as data.

mod sandbox;
mod unsettled;

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use self::{
    sandbox::{Fields, Idempotency, SandboxArgs, WebhookUrl},
    unsettled::{JournalCommand, JournalList, JournalPurge, JournalShow, ResolveArgs},
};
use crate::output::Format;

/// The same as generated, in two lines.
const CREATE_USAGE: &str = "\
refunds create [OPTIONS] --reference <REFERENCE>
           <--amount <AMOUNT>|--minor-units <NUMBER>|--full> <PAYMENT>";

const AFTER_HELP: &str = "\
Examples:
  refunds demo                           see it work: no account, no network
  refunds list T11223344.9rQ2xW
  refunds create T11223344.9rQ2xW --reference rma-551 --amount 149.50 --wait
  refunds create T11223344.9rQ2xW --reference rma-552 --full
  refunds resolve --look-only            after exit status 6: what happened?
  refunds resolve --yes                  … and finish it
  refunds webhook verify --url https://shop.example/hooks \\
      --headers-file headers.txt < body

The environment sets the provider and its credentials (a secret is never an
argument). `refunds providers` lists every variable.
  REFUNDS_PROVIDER=dintero
      DINTERO_ACCOUNT_ID=… DINTERO_CLIENT_ID=… DINTERO_CLIENT_SECRET=…
  REFUNDS_PROVIDER=mattilda
      MATTILDA_API_URL=… MATTILDA_PRIVATE_KEY_FILE=…
Limits: REFUNDS_MAX_ATTEMPTS, REFUNDS_ATTEMPT_TIMEOUT, REFUNDS_TOTAL_TIMEOUT,
REFUNDS_SETTLE_TIMEOUT, REFUNDS_RESUBMIT_AFTER (10m: how long after a lost
request its refund may not be submitted again).
Logs on standard error: REFUNDS_LOG=debug.

With the journal, a refund is made once even if this command is killed. The
journal is a file on a local disk:
  REFUNDS_JOURNAL=sqlite:FILE  default: a file in the user's state folder, for
                               all accounts
  REFUNDS_JOURNAL=memory       lost when the command ends; use it only if
                               another system keeps track of requests
create and resolve need the journal. Commands that only read work without it.

Exit status:
  0  done
  1  any other error: a response cannot be understood, the output cannot be
     written
  2  the command line, the configuration or the journal is wrong; nothing was
     sent
  3  the provider refused (not found, invalid, not refundable, declined,
     conflict, unsupported), or the refund ended declined, failed or voided
  4  authentication or permission failed, or a webhook is forged, malformed or
     too old
  5  a transient failure, and nothing was applied: run the same command again
  6  the outcome is unknown: a refund may have been made, or its status is not
     final yet
Of several results (resolve), the worst one counts: 6, then 3, 4, 1, 2, 5, 0.

A refund is made once: the same reference is the same refund, from any process
on this machine and however often the command runs. After exit status 6, run
the same command again at the time shown, or run `refunds resolve`. Never use
another reference. The last line on standard error is JSON: if this journal is
not available, `refunds resolve FILE` finishes the refund from that line.

With JSON output, an error is one line of JSON on standard error:
  {\"error\":{\"kind\":\"not_found\",\"provider\":…,\"operation\":…,\"message\":…,
   \"outcome\":\"not_applied|unknown\",\"retryable\":…,\"code\":…,\"request_id\":…,
   \"retry_after\":…}}";

/// Refund payments at any provider.
#[derive(Debug, Parser)]
#[command(name = "refunds", version, after_help = AFTER_HELP, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Use this provider instead of `REFUNDS_PROVIDER`.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) provider: Option<String>,

    /// The output format. Default: table on a terminal, json elsewhere (demo: table).
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
}

impl Cli {
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
    Demo,
    /// List the refunds of a payment, all pages, as they arrive.
    ///
    /// --output json prints one array. If the list breaks off, the closing bracket is missing, so
    /// that a partial list is never valid JSON.
    List(PaymentArg),
    /// Show one refund of a payment.
    Get(RefundArgs),
    /// Show how much of a payment is captured, refunded, pending and refundable.
    Payment(PaymentArg),
    /// Refund a payment, once, and show the refund.
    ///
    /// You choose the reference, and it names this refund for ever: the same command with the same
    /// reference makes no second refund and shows the first one. Store the reference with the
    /// decision to refund, before you run this.
    Create(Box<CreateArgs>),
    /// Follow a refund until its status is final.
    ///
    /// Exit status: 0 if it succeeded, 3 if it ended otherwise, 6 if it is not final when the time
    /// is over.
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
    /// after `REFUNDS_RESUBMIT_AFTER` and a lookup that does not find it.
    ///
    /// With --not-made, --made or --not-this-one, it stores what a person found out at the provider
    /// and submits nothing. If the statement is wrong, the refund may be made twice, or not at all.
    Resolve(ResolveArgs),
    /// Show or clean up the journal of requests and their outcomes.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Verify a webhook, or manage webhook subscriptions.
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// List the providers: names, capabilities, settings.
    Providers,
    /// Serve both providers' APIs on loopback until interrupted, with payments to refund.
    ///
    /// Prints the variables that point the adapters to it, as `export` lines for a shell or, with
    /// --output json, as one object. The credentials are new each time and are worth nothing.
    ///
    /// Refunds work as at the providers: the sandbox checks tokens, amounts and what is left, keeps
    /// a ledger, and sends webhooks to this machine as they become due. Each delivery is a line on
    /// standard error.
    Sandbox(Box<SandboxArgs>),
    /// Print completions for a shell.
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
#[command(
    group = ArgGroup::new("how_much").required(true).args(["amount", "minor_units", "full"]),
    override_usage = CREATE_USAGE,
)]
pub(crate) struct CreateArgs {
    /// The provider's id of the payment.
    #[arg(value_name = "PAYMENT")]
    pub(crate) payment: String,

    /// Your own key for this refund, unique across all your payments: 1 to 255 printable ASCII
    /// characters.
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) reference: String,

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

    /// Follow the refund until its status is final.
    #[arg(long)]
    pub(crate) wait: bool,

    /// How long to follow it.
    #[arg(long, value_name = "TIME", default_value = "10m", requires = "wait", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    #[command(flatten)]
    pub(crate) of: RefundArgs,

    /// How long to follow it.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Verify a webhook and show what it is about.
    ///
    /// Pass it as it arrived: the URL as the provider called it, before proxies rewrote it, every
    /// header, and the body byte for byte. Nothing is sent.
    ///
    /// Exit status: 0 if it is genuine; 4 if it is forged, malformed or too old; 3 if it is genuine
    /// but cannot be read or is about something else; 2 if the secret is not configured. `answer` is
    /// the HTTP status to respond with.
    Verify(VerifyArgs),
    /// Subscribe a URL to the events of the account (Dintero).
    ///
    /// Deliveries are signed with the secret in `DINTERO_HOOK_SECRET`. While you replace it, deliveries
    /// signed with the secret in `DINTERO_HOOK_SECRET_PREVIOUS` are accepted too. The provider sends a
    /// ping to the URL at once. A second run makes a second subscription: check `refunds webhook list`
    /// first.
    Subscribe(SubscribeArgs),
    /// List the subscriptions of the account (Dintero).
    ///
    /// Check it regularly: the provider deletes a subscription whose deliveries keep failing.
    List,
    /// Delete a subscription (Dintero).
    Delete(SubscriptionArg),
    /// Make the provider send a ping to a subscription's URL (Dintero).
    Ping(SubscriptionArg),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The HTTP method.
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    pub(crate) method: String,

    /// The public URL that the provider called, with its query.
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,

    /// A header; may be repeated.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,

    /// A file of headers, one per line; - reads standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) headers_file: Option<PathBuf>,

    /// A file with the body; - reads standard input, which is the default unless the method is GET.
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,

    /// When it arrived, such as 2026-09-21T13:33:20Z, or in seconds since 1970. Default: now.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SubscribeArgs {
    /// The https:// address of your receiver.
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// An event to subscribe to; may be repeated. Default: the events about refunds,
    /// `checkout_transaction` and `shopping_order_event_add`.
    #[arg(long = "event", value_name = "EVENT")]
    pub(crate) events: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SubscriptionArg {
    /// The id of the subscription, as `refunds webhook list` shows it.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
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
