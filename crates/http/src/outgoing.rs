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

use crate::gate::RequestGate;

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
    /// Its gate kept it from leaving.
    Gate,
    /// Its body was handed over.
    Body,
    /// It has no body, so when it left is not known.
    Unknown,
}

impl Progress {
    fn start(&self) -> bool {
        self.0.compare_exchange(WAITING, STARTED, SeqCst, SeqCst).is_ok()
    }

    fn refuse(&self) {
        self.0.store(REFUSED, SeqCst);
    }

    /// How far it got. A body that was not asked for by now is withheld if it is asked for later.
    fn stop(&self) -> Reached {
        match self.0.compare_exchange(WAITING, STOPPED, SeqCst, SeqCst) {
            Err(STARTED) => Reached::Body,
            Err(REFUSED) => Reached::Gate,
            _ => Reached::Nothing,
        }
    }
}

/// What is known of a request that is being sent. Dropping it withholds a body that has not left.
#[derive(Debug)]
pub(crate) struct Sending(Option<Progress>);

impl Sending {
    /// Prepares `bytes` as a body for reqwest, or nothing where the gate is closed already. Without a
    /// body the gate is asked here: the layers below ask for nothing before the head leaves.
    pub(crate) fn new(bytes: Bytes, gate: Option<RequestGate>) -> Option<(Self, reqwest::Body)> {
        if bytes.is_empty() {
            return gate.is_none_or(|gate| gate.begin()).then(|| (Self(None), bytes.into()));
        }
        let progress = Progress::default();
        let body = Outgoing { bytes, gate, progress: progress.clone() };
        Some((Self(Some(progress)), reqwest::Body::wrap(body)))
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
    gate: Option<RequestGate>,
    progress: Progress,
}

impl Outgoing {
    /// Whether the body may leave now.
    fn begin(&self) -> bool {
        if !self.progress.start() {
            return false;
        }
        let open = self.gate.as_ref().is_none_or(RequestGate::begin);
        if !open {
            self.progress.refuse();
        }
        open
    }
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
        Poll::Ready(Some(if self.begin() { Ok(Frame::data(bytes)) } else { Err(Withheld) }))
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
const REFUSED: u8 = 3;

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::poll_fn};
    use http_body::Body as _;

    use super::*;

    fn outgoing(progress: &Progress) -> Outgoing {
        Outgoing { bytes: Bytes::from_static(b"{}"), gate: None, progress: progress.clone() }
    }

    fn leaves(body: &mut Outgoing) -> bool {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).now_or_never();
        frame.flatten().is_some_and(|frame| frame.is_ok())
    }

    #[test]
    fn a_body_leaves_once_and_that_is_known() {
        let progress = Progress::default();
        let mut body = outgoing(&progress);
        assert_eq!(body.size_hint().exact(), Some(2));
        assert!(leaves(&mut body) && body.is_end_stream());
        assert_eq!(Sending(Some(progress)).reached(), Reached::Body);
    }

    #[test]
    fn a_body_that_did_not_leave_in_time_never_does() {
        let progress = Progress::default();
        let mut body = outgoing(&progress);
        assert_eq!(Sending(Some(progress)).reached(), Reached::Nothing);
        assert!(!leaves(&mut body));

        let progress = Progress::default();
        let mut body = outgoing(&progress);
        drop(Sending(Some(progress)));
        assert!(!leaves(&mut body), "its call was given up");
    }
}
