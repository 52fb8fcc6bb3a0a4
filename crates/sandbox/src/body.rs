//! Response bodies, good and bad.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

const ENDLESS_CHUNK: usize = 16 * 1024;

pub(crate) enum WireBody {
    /// Head and body in one write.
    Whole(Option<Bytes>),
    /// Announces `announced` bytes, sends `part`, and breaks off.
    Truncated { part: Option<Bytes>, announced: u64, flushed: bool },
    /// A JSON string that never ends.
    Endless { opened: bool },
    /// One byte at a time.
    Drip { rest: Bytes, every: Duration, timer: Pin<Box<Sleep>> },
}

impl WireBody {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self::Whole(Some(body))
    }

    pub(crate) fn truncated(body: &Bytes) -> Self {
        Self::Truncated {
            part: Some(body.slice(..body.len() / 2)),
            announced: body.len() as u64,
            flushed: false,
        }
    }

    pub(crate) fn drip(body: Bytes, every: Duration) -> Self {
        Self::Drip { rest: body, every, timer: Box::pin(sleep(Duration::ZERO)) }
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Self::Truncated { part, flushed, .. } => {
                if let Some(part) = part.take() {
                    return Poll::Ready(Some(Ok(Frame::data(part))));
                }
                if !*flushed {
                    // Pending once lets the connection flush the first half before the error.
                    *flushed = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let cut = io::Error::from(io::ErrorKind::ConnectionAborted);
                Poll::Ready(Some(Err(cut)))
            }
            Self::Endless { opened } => {
                let chunk = if *opened {
                    Bytes::from(vec![b'a'; ENDLESS_CHUNK])
                } else {
                    *opened = true;
                    Bytes::from_static(b"{\"id\":\"")
                };
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Self::Drip { rest, every, timer } => {
                if rest.is_empty() {
                    return Poll::Ready(None);
                }
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                *timer = Box::pin(sleep(*every));
                Poll::Ready(Some(Ok(Frame::data(rest.split_to(1)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.as_ref().is_none_or(Bytes::is_empty),
            Self::Drip { rest, .. } => rest.is_empty(),
            Self::Truncated { .. } | Self::Endless { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Truncated { announced, .. } => SizeHint::with_exact(*announced),
            Self::Drip { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Endless { .. } => SizeHint::new(),
        }
    }
}
