//! The reading thread, with a connection of its own. It also notices commits of other processes.

use std::{
    io,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use refunds_core::{Error, Result};
use rusqlite::{Connection, Statement};
use tokio::sync::oneshot;

use crate::{
    call::stopped,
    error::{Failure, of_sqlite},
    shared::Shared,
    tables::Tables,
};

/// How often to check for other processes' commits while a call waits: less and less often.
#[cfg(not(test))]
const POLL_FIRST: Duration = Duration::from_millis(50);
/// The journal kit lets its clock run on until a waiter wakes up.
#[cfg(test)]
const POLL_FIRST: Duration = Duration::from_millis(1);
const POLL_LAST: Duration = Duration::from_millis(500);

/// Reads in a transaction and sends the result; false if the connection must be replaced.
type Read = Box<dyn FnOnce(Result<&mut Tables<'_>>) -> bool + Send>;

/// The reader's queue. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Reader {
    queue: Option<mpsc::Sender<Read>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

impl Reader {
    /// Starts the thread on a connection.
    pub(crate) fn start(shared: Arc<Shared>, connection: Connection) -> io::Result<Self> {
        let (queue, reads) = mpsc::channel();
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("refunds-journal-reader".to_owned())
            .spawn(move || run(&theirs, &reads, connection))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), shared })
    }

    /// Queues a read and returns its result. The whole read sees one state of the file.
    pub(crate) async fn call<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tables<'_>, &Shared) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let read: Read = Box::new(move |tables| {
            let (read, is_usable) = match tables.map(|tables| act(tables, &shared)) {
                Ok(Ok(read)) => (Ok(read), true),
                Ok(Err(failure)) => {
                    let is_usable = !failure.is_of_connection();
                    (Err(failure.into_error(&shared.path)), is_usable)
                }
                Err(error) => (Err(error), false),
            };
            // The caller may be gone.
            let _ = reply.send(read);
            is_usable
        });
        if let Some(queue) = &self.queue {
            // If the thread is gone, the result never arrives, which is an error.
            let _ = queue.send(read);
        }
        result.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, its callers have their errors.
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, reads: &mpsc::Receiver<Read>, connection: Connection) {
    let mut next = Some(connection);
    loop {
        let connection = next.take().map_or_else(|| shared.connect(), Ok);
        let ended = match &connection {
            Ok(connection) => match Session::new(shared, connection) {
                Ok(session) => session.serve(reads),
                Err(error) => refuse(reads, of_sqlite(&shared.path, error)),
            },
            Err(error) => refuse(reads, error.clone()),
        };
        match ended {
            Ended::AtTheEnd => return,
            // A commit may be missed until the file is opened again.
            Ended::Broken => shared.notify(),
        }
    }
}

/// Fails the next read with an error.
fn refuse(reads: &mpsc::Receiver<Read>, error: Error) -> Ended {
    let Ok(read) = reads.recv() else { return Ended::AtTheEnd };
    read(Err(error));
    Ended::Broken
}

/// Why reading from a connection ended.
enum Ended {
    /// The queue is gone.
    AtTheEnd,
    /// The connection must be replaced.
    Broken,
}

/// Reading from one connection.
struct Session<'a, 'c> {
    shared: &'a Shared,
    connection: &'c Connection,
    tables: Tables<'c>,
    /// Changes when another connection commits, as seen from this one.
    data_version: Statement<'c>,
    seen: i64,
}

impl<'a, 'c> Session<'a, 'c> {
    fn new(shared: &'a Shared, connection: &'c Connection) -> rusqlite::Result<Self> {
        let tables = Tables::new(connection)?;
        let mut data_version = connection.prepare("PRAGMA data_version")?;
        let seen = data_version.query_row([], |row| row.get(0))?;
        Ok(Self { shared, connection, tables, data_version, seen })
    }

    fn serve(mut self, reads: &mpsc::Receiver<Read>) -> Ended {
        let mut pause = POLL_FIRST;
        loop {
            let next = if self.shared.is_waited_for() {
                reads.recv_timeout(pause)
            } else {
                reads.recv().map_err(mpsc::RecvTimeoutError::from)
            };
            match next {
                Ok(read) => {
                    if !self.read(read) {
                        return Ended::Broken;
                    }
                    pause = POLL_FIRST;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => pause = (pause * 2).min(POLL_LAST),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ended::AtTheEnd,
            }
            match self.has_moved() {
                Ok(false) => {}
                Ok(true) => {
                    pause = POLL_FIRST;
                    self.shared.notify();
                }
                Err(_) => return Ended::Broken,
            }
        }
    }

    /// Reads in one transaction; false if the connection must be replaced.
    fn read(&mut self, read: Read) -> bool {
        match self.connection.execute_batch("BEGIN") {
            Ok(()) => read(Ok(&mut self.tables)) && self.connection.execute_batch("COMMIT").is_ok(),
            Err(error) => read(Err(of_sqlite(&self.shared.path, error))),
        }
    }

    /// Whether another connection has committed since the last check.
    fn has_moved(&mut self) -> rusqlite::Result<bool> {
        if !self.shared.is_waited_for() {
            return Ok(false);
        }
        let before = self.seen;
        self.seen = self.data_version.query_row([], |row| row.get(0))?;
        Ok(self.seen != before)
    }
}
