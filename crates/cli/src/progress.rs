//! A sign of life on standard error while something takes long. Only on a terminal.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tracing::level_filters::LevelFilter;

const TICK: Duration = Duration::from_millis(120);

/// A spinner with the time that has passed, which is gone when it is dropped.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Starts if somebody is watching.
    pub(crate) fn start(message: impl Into<String>) -> Self {
        // Logs are a sign of life, too, and would be overwritten.
        if !io::stderr().is_terminal() || LevelFilter::current() != LevelFilter::OFF {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(message.into());
        bar.enable_steady_tick(TICK);
        Self(Some(bar))
    }

    /// Whether somebody is watching.
    pub(crate) fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn say(&self, message: impl Into<String>) {
        if let Some(bar) = &self.0 {
            bar.set_message(message.into());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
