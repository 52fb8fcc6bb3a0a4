//! The command line, as data.

mod unsettled;

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;
use refunds_sandbox::FaultRule;

pub(crate) use self::unsettled::{JournalCommand, JournalList, JournalPurge, JournalShow, ResolveArgs};
use crate::output::Format;

const AFTER_HELP: &str = "\
Examples:
  refunds demo                                    see it work; needs no account and no network
  refunds list T11223344.9rQ2xW
  refunds create T11223344.9rQ2xW --reference rma-551 --amount 149.50 --wait
  refunds create T11223344.9rQ2xW --reference rma-552 --full
  refunds resolve --look-only                     after exit status 6: what became of it?
  refunds resolve --yes                           … and finish it
  refunds webhook verify --url https://shop.example/hooks --headers-file headers.txt < body

The provider and its credentials come from the environment (a secret is never an argument):
  REFUNDS_PROVIDER=dintero    DINTERO_ACCOUNT_ID=… DINTERO_CLIENT_ID=… DINTERO_CLIENT_SECRET=…
  REFUNDS_PROVIDER=mattilda   MATTILDA_API_URL=… MATTILDA_PRIVATE_KEY_FILE=…
`refunds providers` lists every variable. Patience: REFUNDS_MAX_ATTEMPTS, REFUNDS_ATTEMPT_TIMEOUT,
REFUNDS_TOTAL_TIMEOUT, REFUNDS_SETTLE_TIMEOUT, REFUNDS_RESUBMIT_AFTER (10m: how long after a lost
request its refund may not be submitted again). Logs on standard error: REFUNDS_LOG=debug.

The journal, which makes a refund once even if this command is killed, is a file on a local disk:
  REFUNDS_JOURNAL=sqlite:FILE    without it: a file in the user's state folder, for all accounts
  REFUNDS_JOURNAL=memory         nothing outlives the command; only where something else keeps count
create and resolve do nothing without it; commands that only read work without it, too.

Exit status:
  0  done
  1  anything else: the response cannot be understood, the output cannot be written
  2  the command line, the configuration or the journal is at fault; nothing was sent
  3  the provider refused (not found, invalid, not refundable, declined, conflict, unsupported), or
     the refund ended declined, failed or voided
  4  authentication or permission, or a webhook that is forged, malformed or too old
  5  transient, and nothing was applied: run the same command again
  6  the outcome is unknown: a refund may have been made, or is not final yet
Of several results (resolve) the worst counts: 6, then 3, 4, 1, 2, 5, 0.

A refund is made once: the same reference is the same refund, from any process of this machine and
however often the command runs. After exit status 6 run the same command again, at the time that it
names, or `refunds resolve`; never use another reference. The last line on standard error is JSON that
`refunds resolve FILE` finishes the job from where this journal is not.

With JSON output an error is one line of JSON on standard error:
  {\"error\":{\"kind\":\"not_found\",\"provider\":…,\"operation\":…,\"message\":…,
   \"outcome\":\"not_applied|unknown\",\"retryable\":…,\"code\":…,\"request_id\":…,\"retry_after\":…}}";

/// Refunds, whatever the payment provider.
#[derive(Debug, Parser)]
#[command(name = "refunds", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The provider, instead of the one that `REFUNDS_PROVIDER` names.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) provider: Option<String>,

    /// How to print. Without it: table on a terminal, json elsewhere (demo: table).
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
}

impl Cli {
    /// The format that was asked for, or the one that suits the command and standard output.
    pub(crate) fn format(&self) -> Format {
        self.output.unwrap_or_else(|| match self.command {
            // One is read by people and the other by shells, also through a pipe.
            Command::Demo | Command::Sandbox(_) => Format::Table,
            _ => Format::by_terminal(),
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run both providers on the embedded sandbox, from start to end, and check every step.
    Demo,
    /// List the refunds of a payment, all pages, as they arrive.
    ///
    /// With --output json it is one array. A list that breaks off is left without its closing
    /// bracket, so that nobody takes it for the whole.
    List(PaymentArg),
    /// Show one refund of a payment.
    Get(RefundArgs),
    /// Show what of a payment is captured, refunded, pending and refundable.
    Payment(PaymentArg),
    /// Refund a payment, once, and show the refund.
    ///
    /// The reference is yours and names this refund for ever: asked for again with the same
    /// reference, nothing new is made and the refund of the first time is shown. Store it with the
    /// decision to refund, before you run this.
    Create(Box<CreateArgs>),
    /// Follow a refund until its status is final.
    ///
    /// Exit status 0 where it succeeded, 3 where it ended otherwise, 6 where it is not final yet
    /// when the time is over.
    Wait(WaitArgs),
    /// Finish creates whose outcome was unknown (exit status 6).
    ///
    /// Without FILE it finishes what is unsettled in the journal at this account, the oldest first: it
    /// looks for each refund and, where it was certainly not made, submits it. It asks before that; in
    /// scripts, say --yes. Other accounts' refunds are counted and left alone. Exit status: the worst
    /// of the results.
    ///
    /// With FILE it finishes one refund by what create printed on standard error, as it is: the last
    /// line of it, the error JSON, or the object in its member `unresolved`. The provider is the one
    /// that was asked, unless --provider says otherwise. Where the journal does not know the refund, it
    /// is submitted only after `REFUNDS_RESUBMIT_AFTER` and a look without it.
    ///
    /// With --not-made, --made or --not-this-one it stores what a person found out at the provider, and
    /// submits nothing. A wrong word refunds twice, or not at all.
    Resolve(ResolveArgs),
    /// Show or clean up the journal: what was sent, and what became of it.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Verify a webhook, or say where the provider is to send them.
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// List the providers: names, capabilities, settings.
    Providers,
    /// Serve both providers' APIs on loopback until interrupted, with payments to refund.
    ///
    /// Prints the variables that point the adapters to it, as `export` lines for a shell; with
    /// --output json, as one object. Its credentials are made anew each time and are worth nothing.
    Sandbox(SandboxArgs),
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
#[command(group = ArgGroup::new("how_much").required(true).args(["amount", "minor_units", "full"]))]
pub(crate) struct CreateArgs {
    /// The provider's id of the payment.
    #[arg(value_name = "PAYMENT")]
    pub(crate) payment: String,

    /// Your own key of this refund, unique over all your payments: 1 to 255 printable ASCII
    /// characters.
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) reference: String,

    /// How much, in major units such as 149.50; in the payment's currency.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub(crate) amount: Option<String>,

    /// How much, in the currency's smallest unit: 14950 for 149.50 NOK, 150 for 150 JPY.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) minor_units: Option<String>,

    /// All that is left.
    #[arg(long)]
    pub(crate) full: bool,

    /// The currency that you mean; a payment in another one is refused.
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,

    /// Why; some providers show it to the buyer or limit its length.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,

    /// An order line that the refund covers, in the units of the amount; may be repeated.
    #[arg(long = "line", value_name = "ID=AMOUNT")]
    pub(crate) lines: Vec<String>,

    /// What to attach to it, at providers that keep such data; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) metadata: Vec<String>,

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
    /// Say what a webhook is about, or why it is not to be believed.
    ///
    /// Give it as it arrived: the URL as the provider called it, before proxies rewrote it, every
    /// header, and the body byte for byte. Nothing is sent.
    ///
    /// Exit status 0 where it is genuine, 4 where it is not (forged, malformed, too old), 3 where it
    /// is genuine and can not be read or is about something else, 2 where the secret is not
    /// configured. `answer` is the HTTP status to answer it with.
    Verify(VerifyArgs),
    /// Subscribe a URL to the events of the account (Dintero).
    ///
    /// Deliveries are signed with the secret in `DINTERO_HOOK_SECRET`. While it is replaced, deliveries
    /// signed with the secret in `DINTERO_HOOK_SECRET_PREVIOUS` are accepted as well. The provider sends
    /// a ping to the URL at once. Run twice, it is there twice: look at `refunds webhook list` first.
    Subscribe(SubscribeArgs),
    /// List the subscriptions of the account (Dintero).
    ///
    /// Look now and then: the provider deletes a subscription whose deliveries keep failing.
    List,
    /// Delete a subscription (Dintero).
    Delete(SubscriptionArg),
    /// Have a ping sent to the URL of a subscription (Dintero).
    Ping(SubscriptionArg),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The HTTP method.
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    pub(crate) method: String,

    /// The public URL that was called, with its query.
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,

    /// A header; may be repeated.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,

    /// A file of headers, one on each line; - reads standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) headers_file: Option<PathBuf>,

    /// The body; - reads standard input, as does leaving it out, unless the method is GET.
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,

    /// When it arrived, such as 2026-09-21T13:33:20Z or in seconds since 1970; now without.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SubscribeArgs {
    /// Where deliveries are to go: the https:// address of your receiver.
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// An event to be told of; may be repeated. Without it: those that tell of refunds,
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

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// The port for Dintero; any free one without.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) dintero_port: u16,

    /// The port for Mattilda; any free one without.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) mattilda_port: u16,

    /// Something that goes wrong, such as submit:1:process-then-drop or
    /// mattilda/submit:every:status=503; may be repeated.
    #[arg(long = "fault", value_name = "[PROVIDER/]CALL:WHEN:ACTION")]
    pub(crate) faults: Vec<FaultRule>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
