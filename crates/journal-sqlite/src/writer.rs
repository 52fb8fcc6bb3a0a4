//! The writing thread. Everything in its queue when it gets the file's lock is committed together.

use std::{
    io,
    sync::{Arc, atomic::Ordering, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use refunds_core::Result;
use rusqlite::Connection;

use crate::{
    call::{self, Call, Task, stopped},
    clock::TARGET,
    error::{Failure, of_sqlite},
    group::Group,
    shared::Shared,
    store::Store,
};

/// The most operations in one commit, so that the lock is not held for long.
const GROUP: usize = 128;
/// How long after a failure, and how often, a call without a waiting caller is tried again.
const REPEAT_AFTER: Duration = Duration::from_secs(1);
const ATTEMPTS: u8 = 5;

/// The writer's queue. Dropping it ends the thread after everything in the queue.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Task>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on a connection.
    pub(crate) fn start(shared: Arc<Shared>, connection: Connection) -> io::Result<Self> {
        let (queue, tasks) = mpsc::channel();
        let thread = thread::Builder::new().name("refunds-journal-writer".to_owned()).spawn(move || {
            Thread { shared, tasks, repeated: Vec::new() }.run(connection);
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues an operation and returns its result. It runs even if the caller does not wait.
    pub(crate) async fn call<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Group<'_, '_>) -> Result<T, Failure> + Send + 'static,
    {
        let (call, result) = Call::new(act);
        self.push(Box::new(call));
        result.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// As [`call`](Self::call), unless the caller is gone before its turn.
    pub(crate) async fn call_while_wanted<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Group<'_, '_>) -> Result<T, Failure> + Send + 'static,
    {
        let (call, result) = Call::new(act);
        self.push(Box::new(call.void_without_caller()));
        result.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Queues an operation that no caller waits for.
    pub(crate) fn detach<F>(&self, act: F)
    where
        F: FnMut(&mut Group<'_, '_>) -> Result<(), Failure> + Send + 'static,
    {
        self.push(Box::new(Call::detached(act, ATTEMPTS)));
    }

    fn push(&self, task: Box<dyn Task>) {
        if let Some(queue) = &self.queue {
            // If the thread is gone, the result never arrives, which is an error there.
            let _ = queue.send(task);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, its callers have their errors.
            let _ = thread.join();
        }
    }
}

struct Thread {
    shared: Arc<Shared>,
    tasks: mpsc::Receiver<Box<dyn Task>>,
    /// Failed tasks to try again, without waiting callers.
    repeated: Vec<Box<dyn Task>>,
}

impl Thread {
    fn run(&mut self, connection: Connection) {
        let mut next = Some(connection);
        while let Some(mut tasks) = self.next() {
            // A connection that failed is replaced when it is needed again.
            match next.take().map_or_else(|| self.shared.connect(), Ok) {
                Ok(connection) => self.serve(&connection, tasks),
                Err(error) => {
                    self.drain(&mut tasks);
                    self.finish(tasks, Err(error));
                }
            }
        }
    }

    /// Serves the queue on one connection until it ends, or the connection must be replaced.
    fn serve(&mut self, connection: &Connection, first: Vec<Box<dyn Task>>) {
        let mut store = match Store::new(connection) {
            Ok(store) => store,
            Err(error) => {
                return self.finish(first, Err(of_sqlite(&self.shared.path, error)));
            }
        };
        let mut next = Some(first);
        while let Some(mut tasks) = next {
            let committed = self.commit(connection, &mut store, &mut tasks);
            let is_usable = match &committed {
                Ok(()) => true,
                Err(failure) => !failure.is_of_connection() && connection.is_autocommit(),
            };
            self.finish(tasks, committed.map_err(|failure| failure.into_error(&self.shared.path)));
            if !is_usable {
                return;
            }
            next = self.next();
        }
    }

    /// Commits the queue in one transaction.
    fn commit<'c>(
        &mut self,
        connection: &'c Connection,
        store: &mut Store<'c>,
        tasks: &mut Vec<Box<dyn Task>>,
    ) -> Result<(), Failure> {
        let shared = Arc::clone(&self.shared);
        let mut group = Group::begin(&shared, connection, store)?;
        // Tasks that arrived while waiting for the lock are included.
        self.drain(tasks);
        for task in tasks.iter_mut() {
            call::run(task.as_mut(), &mut group, &shared.path)?;
            shared.writes.fetch_add(1, Ordering::Relaxed);
        }
        let has_changed = group.has_changed();
        let committed = group.commit();
        if has_changed {
            shared.commits.fetch_add(1, Ordering::Relaxed);
            // Also where the commit failed: it may have been stored.
            shared.notify();
        }
        committed
    }

    /// Waits for the next tasks; `None` at the end.
    fn next(&mut self) -> Option<Vec<Box<dyn Task>>> {
        let first = if self.repeated.is_empty() {
            self.tasks.recv().ok()
        } else {
            self.tasks.recv_timeout(REPEAT_AFTER).ok()
        };
        let mut tasks = std::mem::take(&mut self.repeated);
        tasks.extend(first);
        if tasks.is_empty() { None } else { Some(tasks) }
    }

    fn drain(&self, tasks: &mut Vec<Box<dyn Task>>) {
        tasks.extend(self.tasks.try_iter().take(GROUP.saturating_sub(tasks.len())));
    }

    fn finish(&mut self, tasks: Vec<Box<dyn Task>>, outcome: Result<()>) {
        if let Err(error) = &outcome {
            tracing::debug!(target: TARGET, %error, tasks = tasks.len(), "the journal could not be written");
        }
        for task in tasks {
            self.repeated.extend(task.finish(outcome.clone()));
        }
    }
}
