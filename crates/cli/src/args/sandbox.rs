//! The arguments of `refunds sandbox`.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, ValueEnum};
use refunds_sandbox::{FaultRule, Webhooks, mattilda};
use serde::Deserialize;

use super::sandbox_control::SandboxCommand;

const AFTER_HELP: &str = "\
Examples:
  refunds sandbox --env sandbox.env
      then, in another shell: . ./sandbox.env && refunds list PAYMENT
  refunds sandbox --dintero-port 8081 --mattilda-port 8082 --seed 7
      the same addresses and ids in each run
  refunds sandbox --fault submit:1:process-then-drop
      the first refund is made, but its response is lost
  refunds sandbox --settle-after 30s
      asynchronous refunds end after 30 seconds, not after two reads
  refunds sandbox --mattilda-webhooks http://127.0.0.1:9000/hooks
      a receiver on this machine gets signed webhooks
  refunds sandbox --state sandbox.db --dintero-port 8081 --mattilda-port 8082
      the next run goes on where this one ended, at the same addresses
  refunds sandbox --scenario shop.toml
      the settings and the payments are in a file:

  seed = 7
  settle_after = \"30s\"
  faults = [\"dintero/submit:1:process-then-drop\"]

  [dintero]
  port = 8081
  webhooks = \"http://127.0.0.1:9000/dintero\"
  rate_limit = \"50/1m\"

  [mattilda]
  fields = \"documented\"
  page_size = 5
  idempotency = \"ignored\"

  [[payment]]
  provider = \"dintero\"
  kind = \"order\"
  currency = \"NOK\"
  lines = [{ id = 1, amount = \"299.00\" }, { id = 2, amount = \"149.50\" }]

  [[payment]]
  provider = \"mattilda\"
  kind = \"asynchronous\"
  amount = \"1299.00\"
  currency = \"MXN\"
  outcome = \"declined\"
  settle_after = \"10s\"
  faults = [\"submit:1:status=503\"]

Kinds: captured, authorized, asynchronous, declining, order (Dintero).
More keys of a payment: name, id, reference, captured (a part of the amount),
lines, product and callback_url (Dintero), gift_cards (Mattilda).

With --state, the payments of earlier runs stay as they are; only those with new
names are added. Ports, webhooks, faults and the other settings are not kept,
nor are webhooks on their way. What changes is saved within a tenth of a second.

A journal remembers the refunds of earlier runs. With a fixed seed and fixed
ports but without --state, use a new journal in each run:
REFUNDS_JOURNAL=sqlite:FILE.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct SandboxArgs {
    #[command(subcommand)]
    pub(crate) control: Option<SandboxCommand>,

    /// Write the variables to this file, which only you can read, for a shell to source.
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,

    /// Read settings and payments from this TOML file. Flags win over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,

    /// Keep payments, refunds and credentials in this SQLite file, and go on from it in the next run.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// Use the same ids as every run with this number. Default: a random one.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    /// The port for Dintero. Default: a free one.
    #[arg(long, value_name = "PORT")]
    pub(crate) dintero_port: Option<u16>,

    /// The port for Mattilda. Default: a free one.
    #[arg(long, value_name = "PORT")]
    pub(crate) mattilda_port: Option<u16>,

    /// The port for the page and its API. Default: a free one.
    #[arg(long, value_name = "PORT")]
    pub(crate) admin_port: Option<u16>,

    /// End asynchronous refunds this long after they are requested. Default: after two reads.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) settle_after: Option<Duration>,

    /// A fault to inject, such as submit:1:process-then-drop or mattilda/submit:every:status=503; may
    /// be repeated.
    #[arg(long = "fault", value_name = "[PROVIDER/]CALL[@PAYMENT]:WHEN:ACTION")]
    pub(crate) faults: Vec<FaultRule>,

    /// Send Dintero's webhooks to this URL on this machine, signed with `DINTERO_HOOK_SECRET`.
    #[arg(long, value_name = "URL")]
    pub(crate) dintero_webhooks: Option<WebhookUrl>,

    /// Send Mattilda's webhooks to this URL on this machine, signed with `MATTILDA_WEBHOOK_SECRET`.
    #[arg(long, value_name = "URL")]
    pub(crate) mattilda_webhooks: Option<WebhookUrl>,

    /// The members of Mattilda's responses: those it documents, or Gr4vy's newest. Default: gr4vy.
    #[arg(long, value_enum, value_name = "SET")]
    pub(crate) mattilda_fields: Option<Fields>,

    /// The size of a page of Mattilda's lists, 1 to 100. Default: 20.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) mattilda_page_size: Option<u8>,

    /// Whether Mattilda honours idempotency keys. Default: honoured.
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) mattilda_idempotency: Option<Idempotency>,
}

/// Which members the bodies have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fields {
    /// Those on Mattilda's own page.
    Documented,
    /// Everything in Gr4vy's newest specification.
    Gr4vy,
}

impl From<Fields> for mattilda::FieldSet {
    fn from(fields: Fields) -> Self {
        match fields {
            Fields::Documented => Self::Documented,
            Fields::Gr4vy => Self::Newest,
        }
    }
}

/// Whether idempotency keys have any effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Idempotency {
    /// The first response to a key is repeated.
    Honoured,
    /// The same key twice makes two refunds.
    Ignored,
}

impl From<Idempotency> for mattilda::IdempotencyMode {
    fn from(mode: Idempotency) -> Self {
        match mode {
            Idempotency::Honoured => Self::Honoured,
            Idempotency::Ignored => Self::Ignored,
        }
    }
}

/// A URL to which the sandbox sends webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebhookUrl(pub(crate) String);

impl FromStr for WebhookUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if Webhooks::reaches(url) {
            Ok(Self(url.to_owned()))
        } else {
            Err("the sandbox sends only to this machine: http://127.0.0.1:PORT/… or http://localhost:PORT/…"
                .to_owned())
        }
    }
}
