//! The body of a request as reqwest takes it: in one piece, with a note of whether it was taken.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// How far one sending of a request gets, as its body sees it.
///
/// The layers below ask for the body when there is a connection and the head is ready. Until then no
/// server can have had a whole request, and none can have processed one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<AtomicU8>);

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Nothing of its body was handed over, and nothing will be.
    Nothing,
    /// Its body was handed over.
    Body,
    /// It has no body, so when it left is not known.
    Unknown,
}

impl Progress {
    fn start(&self) -> bool {
        self.0.compare_exchange(WAITING, STARTED, SeqCst, SeqCst).is_ok()
    }

    /// How far it got. A body that was not asked for by now is withheld if it is asked for later.
    fn stop(&self) -> Reached {
        match self.0.compare_exchange(WAITING, STOPPED, SeqCst, SeqCst) {
            Err(STARTED) => Reached::Body,
            _ => Reached::Nothing,
        }
    }
}

/// What is known of a request that is being sent. Dropping it withholds a body that has not left.
#[derive(Debug)]
pub(crate) struct Sending(Option<Progress>);

impl Sending {
    /// Prepares `bytes` as a body for reqwest.
    pub(crate) fn new(bytes: Bytes) -> (Self, reqwest::Body) {
        if bytes.is_empty() {
            return (Self(None), bytes.into());
        }
        let progress = Progress::default();
        let body = Outgoing { bytes, progress: progress.clone() };
        (Self(Some(progress)), reqwest::Body::wrap(body))
    }

    pub(crate) fn reached(&self) -> Reached {
        self.0.as_ref().map_or(Reached::Unknown, Progress::stop)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.reached();
    }
}

/// A body that leaves in one frame; its length is known before.
#[derive(Debug)]
struct Outgoing {
    bytes: Bytes,
    progress: Progress,
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Withheld;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withheld>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready(Some(if self.progress.start() { Ok(Frame::data(bytes)) } else { Err(Withheld) }))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// The body must not leave any more.
#[derive(Debug)]
struct Withheld;

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body was withheld")
    }
}

impl std::error::Error for Withheld {}

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const STOPPED: u8 = 2;
