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

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const STOPPED: u8 = 2;
const REFUSED: u8 = 3;

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

    fn is_refused(&self) -> bool {
        self.0.load(SeqCst) == REFUSED
    }

    fn refuse(&self) {
        self.0.store(REFUSED, SeqCst);
    }

    /// How far it got. A body not requested by now is withheld if it is requested later.
    fn stop(&self) -> Reached {
        match self.0.compare_exchange(WAITING, STOPPED, SeqCst, SeqCst) {
            Err(STARTED) => Reached::Body,
            Err(REFUSED) => Reached::Gate,
            _ => Reached::Nothing,
        }
    }
}

/// What is known of a request that is being sent. Dropping it withholds a body that has not left, and
/// leaves a note of that in the request's gate.
#[derive(Debug)]
pub(crate) struct Sending {
    gate: RequestGate,
    /// `None` where there is no body.
    progress: Option<Progress>,
}

impl Sending {
    /// Prepares `bytes` as a body for reqwest, or nothing where the gate is closed already. Without a
    /// body the gate is asked here: the layers below ask for nothing before the head leaves.
    pub(crate) fn new(bytes: Bytes, gate: RequestGate) -> Option<(Self, reqwest::Body)> {
        gate.note(false);
        if bytes.is_empty() {
            return gate.begin().then(|| (Self { gate, progress: None }, bytes.into()));
        }
        let progress = Progress::default();
        let body = Outgoing { bytes, gate: gate.clone(), progress: progress.clone() };
        Some((Self { gate, progress: Some(progress) }, reqwest::Body::wrap(body)))
    }

    /// How far it got; a body not requested by now is not sent any more.
    pub(crate) fn stop(&self) -> Reached {
        self.progress.as_ref().map_or(Reached::Unknown, Progress::stop)
    }

    /// Whether its gate kept the body back.
    pub(crate) fn is_refused(&self) -> bool {
        self.progress.as_ref().is_some_and(Progress::is_refused)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.gate.note(matches!(self.stop(), Reached::Nothing | Reached::Gate));
    }
}

/// A body that leaves in one frame; its length is known before.
#[derive(Debug)]
struct Outgoing {
    bytes: Bytes,
    gate: RequestGate,
    progress: Progress,
}

impl Outgoing {
    /// Whether the body may leave now.
    fn begin(&self) -> bool {
        if !self.progress.start() {
            return false;
        }
        let open = self.gate.begin();
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

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::poll_fn};
    use http_body::Body as _;

    use super::*;

    fn sending() -> (Sending, Outgoing) {
        let (gate, progress) = (RequestGate::open(), Progress::default());
        let body =
            Outgoing { bytes: Bytes::from_static(b"{}"), gate: gate.clone(), progress: progress.clone() };
        (Sending { gate, progress: Some(progress) }, body)
    }

    fn leaves(body: &mut Outgoing) -> bool {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).now_or_never();
        frame.flatten().is_some_and(|frame| frame.is_ok())
    }

    #[test]
    fn a_body_leaves_once_and_that_is_known() {
        let (sending, mut body) = sending();
        assert_eq!(body.size_hint().exact(), Some(2));
        assert!(leaves(&mut body) && body.is_end_stream());
        assert_eq!(sending.stop(), Reached::Body);
        drop(sending);
        assert!(!body.gate.is_unsent());
    }

    #[test]
    fn a_body_that_did_not_leave_in_time_never_does() {
        let (stopped, mut body) = sending();
        assert_eq!(stopped.stop(), Reached::Nothing);
        assert!(!leaves(&mut body));

        let (dropped, mut body) = sending();
        drop(dropped);
        assert!(!leaves(&mut body) && body.gate.is_unsent(), "its call was given up");
    }

    #[test]
    fn what_an_earlier_sending_knew_does_not_count() {
        let gate = RequestGate::open();
        drop(Sending::new(Bytes::from_static(b"{}"), gate.clone()));
        assert!(gate.is_unsent());
        drop(Sending::new(Bytes::new(), gate.clone()));
        assert!(!gate.is_unsent(), "this one may have left");
    }
}
