//! A call in the writer's queue, and its result.

use std::path::Path;

use refunds_core::{Error, ErrorKind, Result};
use rusqlite::ErrorCode;
use tokio::sync::oneshot;

use crate::{
    error::{Failure, of_sqlite},
    group::{Done, Group},
};

/// What the writer does for one call.
pub(crate) trait Task: Send {
    /// Whether its caller is gone, so it must not run.
    fn is_void(&self) -> bool;

    /// Runs it and keeps the result. The error is the file's.
    fn run(&mut self, group: &mut Group<'_, '_>) -> Result<Done, Failure>;

    /// Keeps an error as the result.
    fn refuse(&mut self, error: Error);

    /// Sends the kept result, or the error of the whole group. Returns the task if no caller waits for it and
    /// it should be repeated.
    fn finish(self: Box<Self>, outcome: Result<()>) -> Option<Box<dyn Task>>;
}

/// A call with a result of type `T`.
pub(crate) struct Call<T, F> {
    act: F,
    kept: Option<Result<T>>,
    reply: Option<oneshot::Sender<Result<T>>>,
    void_without_caller: bool,
    attempts_left: u8,
}

impl<T, F> Call<T, F> {
    /// A call, and the receiver of its result.
    pub(crate) fn new(act: F) -> (Self, oneshot::Receiver<Result<T>>) {
        let (reply, result) = oneshot::channel();
        let call = Self { act, kept: None, reply: Some(reply), void_without_caller: false, attempts_left: 0 };
        (call, result)
    }

    /// A call that no caller waits for. It is tried up to `attempts` times.
    pub(crate) fn detached(act: F, attempts: u8) -> Self {
        Self { act, kept: None, reply: None, void_without_caller: false, attempts_left: attempts }
    }

    /// Skips the call if its caller is gone before its turn.
    pub(crate) fn void_without_caller(mut self) -> Self {
        self.void_without_caller = true;
        self
    }
}

impl<T, F> Task for Call<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut Group<'_, '_>) -> Result<T, Failure> + Send + 'static,
{
    fn is_void(&self) -> bool {
        self.void_without_caller && self.reply.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    fn run(&mut self, group: &mut Group<'_, '_>) -> Result<Done, Failure> {
        let (done, kept) = match (self.act)(group) {
            Ok(result) => (Done::Keep, Ok(result)),
            Err(Failure::Refused(error)) => (Done::Undo, Err(error)),
            Err(failure) => return Err(failure),
        };
        self.kept = Some(kept);
        Ok(done)
    }

    fn refuse(&mut self, error: Error) {
        self.kept = Some(Err(error));
    }

    fn finish(mut self: Box<Self>, outcome: Result<()>) -> Option<Box<dyn Task>> {
        let Some(reply) = self.reply.take() else {
            self.attempts_left = self.attempts_left.saturating_sub(1);
            return if outcome.is_err() && self.attempts_left > 0 { Some(self) } else { None };
        };
        let kept = self.kept.take();
        // The caller may be gone; the call ran nevertheless.
        let _ = reply.send(outcome.and_then(|()| kept.unwrap_or_else(|| Err(stopped()))));
        None
    }
}

/// The error of a call whose thread ended first.
pub(crate) fn stopped() -> Error {
    Error::new(ErrorKind::Unavailable, "the journal has stopped").not_applied()
}

/// Runs a task in the group's transaction. An error that concerns its rows alone becomes its result.
///
/// # Errors
///
/// The whole transaction is lost.
pub(crate) fn run(task: &mut dyn Task, group: &mut Group<'_, '_>, file: &Path) -> Result<(), Failure> {
    if task.is_void() {
        return Ok(());
    }
    group.savepoint(|group| match task.run(group) {
        Err(Failure::Sqlite(error)) if is_of_one_row(&error) => {
            task.refuse(of_sqlite(file, error));
            Ok(Done::Undo)
        }
        done => done,
    })
}

/// Whether an error concerns the rows of one task, so that others may continue.
fn is_of_one_row(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), None | Some(ErrorCode::ConstraintViolation))
}
