//! The command `refunds`: list, look up, create and follow refunds at any provider.
//!
//! `refunds --help` explains it. The libraries do all the work; this is only their command line.
//! Results go to standard output, everything else to standard error, and the
//! [exit status](exit::Exit) says what happened to the money.

mod args;
mod commands;
mod config;
mod exit;
mod failure;
mod input;
mod interrupt;
mod journal;
mod logs;
mod output;
mod progress;
mod provider;

use std::{process::ExitCode, time::Duration};

use clap::Parser;

use crate::{
    args::Cli,
    config::Config,
    exit::Exit,
    failure::{Failure, report, warn},
    output::Format,
};

/// How long the threads may take to end.
const THREADS_END: Duration = Duration::from_millis(250);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error).into(),
    };
    let as_json = cli.format().is_json();
    let payment = cli.payment().map(ToOwned::to_owned);
    run(cli).unwrap_or_else(|failure| report(&failure, payment.as_deref(), as_json)).into()
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    let config = Config::load(&cli.sources, cli.needs_account())?.with_time_limit(cli.time_limit());
    logs::start(&config)?;
    if let Some(warning) = config.warning() {
        warn("environment_overrides_profile", &warning, cli.format().is_json());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::other(format!("cannot start threads: {error}")))?;
    let exit = runtime.block_on(commands::run(cli, config));
    // The threads must end before the process does, which destroys what they use. But a name that is
    // still being looked up must not hold back a known result.
    runtime.shutdown_timeout(THREADS_END);
    exit
}

/// Clap reports requested help like a mistake; only mistakes are errors.
fn misused(error: &clap::Error) -> Exit {
    let help = !error.use_stderr()
        || error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    let format = Format::requested(std::env::args_os()).unwrap_or_else(Format::by_terminal);
    if !help && format.is_json() {
        return report(&Failure::Usage(first_paragraph(&error.to_string())), None, true);
    }
    // If standard error is gone, there is nowhere left to report to.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn first_paragraph(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    lines.join(" ")
}
