//! `refunds man`: manual pages.

use std::{fs, io::Write as _, path::Path};

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{Context, Result};
use crate::{args::Cli, exit::Exit, failure::Failure};

pub(super) fn run(context: &mut Context, folder: Option<&Path>) -> Result<Exit> {
    let mut command = Cli::command();
    command.build();
    match folder {
        None => {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            context.out.write_all(&page)?;
            context.out.flush()?;
        }
        Some(folder) => write(&command, folder).map_err(|error| {
            Failure::other(format!("cannot write manual pages to {}: {error}", folder.display()))
        })?,
    }
    Ok(Exit::Done)
}

/// The pages of a command and of all under it, such as `refunds-webhook-verify.1`.
fn write(command: &clap::Command, folder: &Path) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    fs::write(folder.join(format!("{name}.1")), page)?;
    let own = command.get_subcommands().filter(|command| command.get_name() != "help");
    own.into_iter().try_for_each(|command| write(command, folder))
}
