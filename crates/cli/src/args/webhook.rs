//! The arguments of `webhook`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::examples;

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
    #[command(after_help = examples::WEBHOOK_VERIFY)]
    Verify(VerifyArgs),
    /// Subscribe a URL to the events of the account (Dintero).
    ///
    /// Deliveries are signed with the secret in `DINTERO_HOOK_SECRET`. While you replace it, deliveries
    /// signed with the secret in `DINTERO_HOOK_SECRET_PREVIOUS` are accepted too. The provider sends a
    /// ping to the URL at once. A second run makes a second subscription: check `refunds webhook list`
    /// first.
    #[command(after_help = examples::WEBHOOK_SUBSCRIBE)]
    Subscribe(SubscribeArgs),
    /// List the subscriptions of the account (Dintero).
    ///
    /// Check it regularly: the provider deletes a subscription whose deliveries keep failing.
    #[command(after_help = examples::WEBHOOK_LIST)]
    List,
    /// Delete a subscription (Dintero).
    #[command(after_help = examples::WEBHOOK_DELETE)]
    Delete(SubscriptionArg),
    /// Make the provider send a ping to a subscription's URL (Dintero).
    #[command(after_help = examples::WEBHOOK_PING)]
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
