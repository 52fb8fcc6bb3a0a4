//! The last word on whether a request may leave.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

/// Decides, at the last moment before a request leaves, whether it still may.
///
/// A caller that gives up on a call cannot stop what a transport is doing at that moment. With a gate, it
/// can: once it has closed the gate, it knows either that nothing was or will be sent, or that something was.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU8, Ordering::SeqCst}};
/// use refunds_core::Operation;
/// use refunds_http::{Request, SendGate};
///
/// /// 0 is open, 1 is sent, 2 is closed.
/// #[derive(Debug, Default)]
/// struct Window(AtomicU8);
///
/// impl SendGate for Window {
///     fn begin(&self) -> bool {
///         self.0.compare_exchange(0, 1, SeqCst, SeqCst) != Err(2)
///     }
/// }
///
/// impl Window {
///     /// Whether nothing was sent, and nothing will be.
///     fn close(&self) -> bool {
///         self.0.compare_exchange(0, 2, SeqCst, SeqCst) != Err(1)
///     }
/// }
///
/// let window = Arc::new(Window::default());
/// let request = Request::post(Operation::SubmitRefund)
///     .path("refunds")
///     .json(&serde_json::json!({ "amount": 1299 }))
///     .send_gate(window.clone());
/// assert!(window.close(), "it was not sent yet");
/// ```
pub trait SendGate: fmt::Debug + Send + Sync {
    /// Whether bytes may leave now. Where it returns `true`, it takes them for sent.
    ///
    /// It is called again for each further time that the request is sent, such as after a 401, and
    /// returns `true` again as long as the gate is open. It must return at once.
    fn begin(&self) -> bool;
}

impl SendGate for refunds_core::SendWindow {
    fn begin(&self) -> bool {
        Self::begin(self)
    }
}

/// A request's [`SendGate`], in the extensions of the [`http::Request`] that a
/// [`Transport`](crate::Transport) gets.
///
/// Each time it sends the request, a transport calls [`begin`](Self::begin) right before the first byte of
/// the body leaves (or of the head, if there is no body), and as late as it can. If `begin` returns `false`,
/// no byte may leave, and the call fails as unsent with
/// [`TransportErrorKind::Expired`](crate::TransportErrorKind::Expired). A transport that wraps another one
/// leaves this to the inner one.
///
/// ```
/// use refunds_http::{RequestGate, TransportError, TransportErrorKind, bytes::Bytes, http};
///
/// fn may_leave(request: &http::Request<Bytes>) -> Result<(), TransportError> {
///     match request.extensions().get::<RequestGate>() {
///         Some(gate) if !gate.begin() => Err(TransportError::unsent(TransportErrorKind::Expired)),
///         _ => Ok(()),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RequestGate {
    gate: Option<Arc<dyn SendGate>>,
    /// What the transport last knew, for a call that is given up before the transport returns.
    unsent: Arc<AtomicBool>,
    is_read: bool,
}

impl RequestGate {
    /// Wraps a gate, for tests of a transport. [`Request::send_gate`](crate::Request::send_gate) does it
    /// for requests.
    #[must_use]
    pub fn new(gate: Arc<dyn SendGate>) -> Self {
        Self { gate: Some(gate), unsent: Arc::default(), is_read: false }
    }

    /// The gate of a request that has none.
    pub(crate) fn open() -> Self {
        Self { gate: None, unsent: Arc::default(), is_read: false }
    }

    /// Says whether the request is one that moves no money, whatever its method.
    pub(crate) fn with_read(self, is_read: bool) -> Self {
        Self { is_read, ..self }
    }

    pub(crate) fn is_read(&self) -> bool {
        self.is_read
    }

    /// Whether bytes may leave now; see [`SendGate::begin`].
    #[must_use]
    pub fn begin(&self) -> bool {
        self.gate.as_ref().is_none_or(|gate| gate.begin())
    }

    /// Notes whether the request certainly was not sent, and will not be.
    pub(crate) fn note(&self, unsent: bool) {
        self.unsent.store(unsent, SeqCst);
    }

    pub(crate) fn is_unsent(&self) -> bool {
        self.unsent.load(SeqCst)
    }
}
