//! The commands, one file each.

mod create;
mod demo;
mod list;
mod read;
mod resolve;
mod sandbox;
mod wait;
mod webhook;

use std::io::Write;

use clap::CommandFactory;
use refunds_core::{Refund, RefundClient};

use crate::{
    args::{Cli, Command},
    exit::Exit,
    failure::Failure,
    output::{Format, Out, print_providers, print_refund},
    provider,
};

type Result<T> = std::result::Result<T, Failure>;

/// What every command gets.
#[derive(Debug)]
struct Context {
    provider: Option<String>,
    format: Format,
    out: Out,
}

impl Context {
    /// The client of the provider that is meant.
    fn client(&self) -> Result<RefundClient> {
        Ok(provider::client(self.provider.as_deref())?)
    }

    /// Prints a refund that was asked for, and answers how it turned out.
    fn show_made(&mut self, refund: &Refund) -> Result<Exit> {
        print_refund(&mut self.out, self.format, refund).map_err(|cause| Failure::unread(refund, &cause))?;
        Ok(Exit::of_refund(refund))
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
        Command::Webhook(command) => webhook::run(&mut context, command).await,
        Command::Providers => {
            print_providers(&mut context.out, format, provider::registry().factories())?;
            Ok(Exit::Done)
        }
        Command::Sandbox(args) => sandbox::run(&mut context, args).await,
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "refunds", &mut text);
            context.out.write_all(&text)?;
            context.out.flush()?;
            Ok(Exit::Done)
        }
    }
}
