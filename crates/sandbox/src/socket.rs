//! A TCP stream that can end with a reset, and that keeps the request line of a request that could not be parsed.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::lock::lock;

const KEPT: usize = 4096;

/// The rest of the sandbox's view of a connection.
#[derive(Debug, Default)]
pub(crate) struct Line {
    reset: AtomicBool,
    has_request: AtomicBool,
    start: Mutex<Vec<u8>>,
}

impl Line {
    /// Makes the connection end with RST instead of FIN.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    /// Notes that a whole request head was read: its first bytes are no longer needed, and may be secret.
    pub(crate) fn read_request(&self) {
        self.has_request.store(true, Ordering::Relaxed);
        lock(&self.start).clear();
    }

    /// Method and target of a first request that could not be parsed, from its first line only.
    pub(crate) fn first_request_line(&self) -> Option<(String, String)> {
        let start = lock(&self.start);
        let line = start.split(|byte| *byte == b'\n').next()?;
        let line = String::from_utf8_lossy(line);
        let (method, rest) = line.trim_end().split_once(' ')?;
        let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target);
        Some((method.to_owned(), target.to_owned()))
    }

    fn keep(&self, read: &[u8]) {
        if self.has_request.load(Ordering::Relaxed) {
            return;
        }
        let mut start = lock(&self.start);
        let room = KEPT.saturating_sub(start.len());
        start.extend(read.iter().take(room));
    }
}

pub(crate) struct Socket {
    stream: TcpStream,
    line: Arc<Line>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, line: Arc<Line>) -> Self {
        Self { stream, line }
    }

    fn is_reset(&self) -> bool {
        self.line.reset.load(Ordering::Relaxed)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.is_reset() {
            // Closing a socket with zero linger sends RST. If that fails, it sends FIN, which also drops the connection.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Some(read) = buffer.filled().get(before..) {
            self.line.keep(read);
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_reset() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
