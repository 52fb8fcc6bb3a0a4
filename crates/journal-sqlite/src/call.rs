//! A call in the writer's queue, and its answer.

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
    /// Whether its caller is gone and it must not be done any more.
    fn is_void(&self) -> bool;

    /// Does it and keeps the answer; the error is the file's.
    fn run(&mut self, group: &mut Group<'_, '_>) -> Result<Done, Failure>;

    /// Keeps an error as the answer.
    fn refuse(&mut self, error: Error);

    /// Answers: as kept, or with what went wrong with all that was done together with it. Returned where
    /// nobody waits for an answer and it should be repeated.
    fn answer(self: Box<Self>, outcome: Result<()>) -> Option<Box<dyn Task>>;
}

/// A call of which the answer is a `T`.
pub(crate) struct Call<T, F> {
    act: F,
    kept: Option<Result<T>>,
    reply: Option<oneshot::Sender<Result<T>>>,
    void_without_caller: bool,
    attempts_left: u8,
}

impl<T, F> Call<T, F> {
    /// A call and where its answer arrives.
    pub(crate) fn new(act: F) -> (Self, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        let call = Self { act, kept: None, reply: Some(reply), void_without_caller: false, attempts_left: 0 };
        (call, answer)
    }

    /// A call that nobody waits for. It is tried up to `attempts` times.
    pub(crate) fn detached(act: F, attempts: u8) -> Self {
        Self { act, kept: None, reply: None, void_without_caller: false, attempts_left: attempts }
    }

    /// Is left out if its caller is gone before its turn.
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
            Ok(answer) => (Done::Keep, Ok(answer)),
            Err(Failure::Refused(error)) => (Done::Undo, Err(error)),
            Err(failure) => return Err(failure),
        };
        self.kept = Some(kept);
        Ok(done)
    }

    fn refuse(&mut self, error: Error) {
        self.kept = Some(Err(error));
    }

    fn answer(mut self: Box<Self>, outcome: Result<()>) -> Option<Box<dyn Task>> {
        let Some(reply) = self.reply.take() else {
            self.attempts_left = self.attempts_left.saturating_sub(1);
            return if outcome.is_err() && self.attempts_left > 0 { Some(self) } else { None };
        };
        let kept = self.kept.take();
        // The caller may be gone; what it asked for is done all the same.
        let _ = reply.send(outcome.and_then(|()| kept.unwrap_or_else(|| Err(stopped()))));
        None
    }
}

/// A thread of the journal ended before it answered.
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

/// Whether an error concerns what one task reads or writes, so that others may go on.
fn is_of_one_row(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), None | Some(ErrorCode::ConstraintViolation))
}
