//! The commands, one file each.

mod create;
mod cut_off;
mod decide;
mod demo;
mod handle;
mod journal;
mod list;
mod read;
mod resolve;
mod sandbox;
mod wait;
mod webhook;

use std::io::Write;

use clap::CommandFactory;
use refunds_core::{Observer, Refund, RefundClient, Waiting};

use crate::{
    args::{Cli, Command},
    exit::Exit,
    failure::{Failure, say},
    journal as journals,
    output::{Format, Out, print_providers, print_refund},
    provider,
};

type Result<T, E = Failure> = std::result::Result<T, E>;

/// What every command receives.
#[derive(Debug)]
struct Context {
    provider: Option<String>,
    format: Format,
    out: Out,
}

impl Context {
    /// A client for a command that may create a refund: never without the journal.
    fn client(&self) -> Result<RefundClient> {
        self.client_of(self.provider.as_deref())
    }

    /// As [`client`](Self::client), of the provider `name`.
    fn client_of(&self, name: Option<&str>) -> Result<RefundClient> {
        let client = provider::client(name)?.with_journal(journals::open()?);
        // A program reads JSON from standard error; waiting is in the logs.
        Ok(if self.format.is_json() { client } else { client.with_observer(Announcer) })
    }

    /// A client for a command that only reads. If the journal can be used, what the command sees settles
    /// its entries.
    fn reader(&self) -> Result<RefundClient> {
        let client = provider::client(self.provider.as_deref())?;
        Ok(match journals::open_existing() {
            Ok(Some(journal)) => client.with_journal(journal),
            Ok(None) => client,
            Err(error) => {
                tracing::debug!(%error, "the journal cannot be used, so this command reads without it");
                client
            }
        })
    }

    /// Prints a requested refund and returns its exit status.
    fn show_made(&mut self, refund: &Refund) -> Result<Exit> {
        print_refund(&mut self.out, self.format, refund).map_err(|cause| Failure::unread(refund, &cause))?;
        Ok(Exit::of_refund(refund))
    }
}

/// Reports on standard error that a call waits, and until when.
#[derive(Debug)]
struct Announcer;

impl Observer for Announcer {
    fn waiting(&self, waiting: &Waiting) {
        say(&waiting.to_string());
    }
}

pub(crate) async fn run(cli: Cli) -> Result<Exit> {
    let format = cli.format();
    let mut context = Context { provider: cli.provider, format, out: Out::new() };
    match cli.command {
        Command::Demo => demo::run(&mut context).await,
        Command::List(args) => list::run(&mut context, &args).await,
        Command::Get(args) => read::refund(&mut context, &args).await,
        Command::Payment(args) => read::payment(&mut context, &args).await,
        Command::Create(args) => create::run(&mut context, &args).await,
        Command::Wait(args) => wait::run(&mut context, &args).await,
        Command::Resolve(args) => resolve::run(&mut context, &args).await,
        Command::Journal(command) => journal::run(&mut context, command).await,
        Command::Webhook(command) => webhook::run(&mut context, command).await,
        Command::Providers => {
            print_providers(&mut context.out, format, provider::registry().factories())?;
            Ok(Exit::Done)
        }
        Command::Sandbox(args) => sandbox::run(&mut context, *args).await,
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "refunds", &mut text);
            context.out.write_all(&text)?;
            context.out.flush()?;
            Ok(Exit::Done)
        }
    }
}
