//! Logs on standard error, off unless `REFUNDS_LOG` is set.

use std::{
    ffi::OsStr,
    io::{self, IsTerminal},
};

use tracing_subscriber::{
    Layer,
    filter::{Targets, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{config::Config, failure::Failure};

const VARIABLE: &str = "REFUNDS_LOG";

/// Starts logging if it is requested.
///
/// Only this project's logs are shown. HTTP libraries trace the wire, which carries credentials.
pub(crate) fn start(config: &Config) -> Result<(), Failure> {
    let Some(filter) = config.text(VARIABLE)? else { return Ok(()) };
    let filter: Targets = filter.parse().map_err(|_| {
        Failure::config(format!("{VARIABLE} must be a filter such as debug or refunds_core=trace"))
    })?;
    let ours = filter_fn(|metadata| metadata.target().starts_with("refunds"));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(has_colour(config));
    tracing_subscriber::registry().with(lines.with_filter(ours)).with(filter).init();
    Ok(())
}

/// On a terminal, unless the user asks for none: <https://no-color.org>
fn has_colour(config: &Config) -> bool {
    io::stderr().is_terminal() && !config.variables().contains_key(OsStr::new("NO_COLOR"))
}
