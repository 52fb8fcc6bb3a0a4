//! The commands, one file each.

mod account;
mod create;
mod cut_off;
mod decide;
mod demo;
mod doctor;
mod handle;
mod journal;
mod list;
mod man;
mod patience;
mod read;
mod resolve;
mod sandbox;
mod sandbox_control;
mod wait;
mod webhook;

use std::io::{self, BufRead as _, Write};

use clap::CommandFactory;
use refunds_core::{CallOutcome, Observer, Refund, RefundClient, Settled, Waiting};

use crate::{
    args::{Cli, Command},
    config::Config,
    exit::Exit,
    failure::{Failure, say},
    journal as journals,
    output::{Format, Out, clean, print_providers, print_refund},
    provider, registry,
};

type Result<T, E = Failure> = std::result::Result<T, E>;

/// What every command receives.
struct Context {
    config: Config,
    /// The provider on the command line.
    chosen: Option<String>,
    format: Format,
    out: Out,
}

impl Context {
    /// A client for a command that may create a refund: never without the journal.
    fn client(&self) -> Result<RefundClient> {
        self.client_of(None)
    }

    /// As [`client`](Self::client), of the provider `name`.
    fn client_of(&self, name: Option<&str>) -> Result<RefundClient> {
        let client = provider::client(&self.config, name)?.with_journal(journals::open(&self.config)?);
        // A program reads JSON from standard error; waiting is in the logs.
        Ok(if self.format.is_json() { client } else { client.with_observer(Announcer) })
    }

    /// A client for a command that only reads. If the journal can be used, what the command sees settles
    /// its entries.
    fn reader(&self) -> Result<RefundClient> {
        let client = provider::client(&self.config, None)?;
        Ok(match journals::open_existing(&self.config) {
            Ok(Some(journal)) => client.with_journal(journal),
            Ok(None) => client,
            Err(error) => {
                tracing::debug!(%error, "the journal cannot be used, so this command reads without it");
                client
            }
        })
    }

    /// Says on standard error which account a profile is about to touch.
    fn say_account(&self, client: &RefundClient) {
        if self.config.profile().is_some() && !self.format.is_json() {
            say(&format!("account: {}", clean(&account::of(client, &self.config))));
        }
    }

    /// Prints a requested refund and returns its exit status.
    fn show_made(&mut self, refund: &Refund) -> Result<Exit> {
        print_refund(&mut self.out, self.format, refund).map_err(|cause| Failure::unread(refund, &cause))?;
        Ok(Exit::of_refund(refund))
    }
}

/// Reports on standard error what a person should know of a call that goes on or went well.
#[derive(Debug)]
struct Announcer;

impl Observer for Announcer {
    fn waiting(&self, waiting: &Waiting) {
        say(&waiting.to_string());
    }

    fn settled(&self, settled: &Settled<'_>) {
        if let (0, CallOutcome::Refund { .. }) = (settled.attempts, settled.outcome) {
            say("the refund was there already: this command moved no money");
        }
    }
}

/// Asks a yes-or-no question on the terminal. Anything but yes is no.
fn confirmed(question: &str) -> io::Result<bool> {
    let mut stderr = io::stderr();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

pub(crate) async fn run(cli: Cli, config: Config) -> Result<Exit> {
    let format = cli.format();
    let mut context = Context { config, chosen: cli.sources.provider, format, out: Out::new() };
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
            print_providers(&mut context.out, format, registry::registry().factories())?;
            Ok(Exit::Done)
        }
        Command::Reference(args) => {
            let reference = crate::input::derived(&args.namespace, &args.parts)?;
            match format {
                Format::Table | Format::Csv => writeln!(context.out, "{reference}")?,
                _ => writeln!(context.out, "{}", serde_json::json!({ "reference": reference }))?,
            }
            context.out.flush()?;
            Ok(Exit::Done)
        }
        Command::Sandbox(args) => match args.control {
            Some(command) => sandbox_control::run(&mut context, command).await,
            None => sandbox::run(&mut context, *args).await,
        },
        Command::Doctor => doctor::run(&mut context).await,
        Command::Man { folder } => man::run(&mut context, folder.as_deref()),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "refunds", &mut text);
            context.out.write_all(&text)?;
            context.out.flush()?;
            Ok(Exit::Done)
        }
    }
}
