//! A transport that fails below HTTP, where a server of a test can not.

use std::{fmt, sync::Mutex};

use async_trait::async_trait;
use bytes::Bytes;

use super::{lock, pass};
use crate::transport::{Body, Limits, Transport, TransportError, TransportErrorKind as Kind};

/// What becomes of a request on a [`Cable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cut {
    /// There is no connection: nothing is sent.
    Unplugged,
    /// The request is lost on its way, which the caller can not tell from the other way round.
    RequestLost,
    /// The request arrives and is carried out, and the answer is lost.
    AnswerLost,
}

type Which = Box<dyn Fn(&http::Request<Bytes>) -> bool + Send + Sync>;

/// Carries requests as the transport under it does, but for those that it was told to lose.
///
/// With it, a harness of core's conformance kit can inject the troubles `NeverSent`, `NoAnswer` and
/// `AnswerLost`, whatever the server behind it.
///
/// ```
/// use refunds_http::{ReqwestTransport, testing::{Cable, Cut}};
/// use std::time::Duration;
///
/// let cable = Cable::over(ReqwestTransport::new(Duration::from_secs(5)));
/// cable.cut(Cut::AnswerLost, |request| request.uri().path().ends_with("/refunds"));
/// // … the next request to such a path is carried out, and nobody hears of it …
/// cable.mend();
/// ```
pub struct Cable<T> {
    inner: T,
    cuts: Mutex<Vec<(Cut, Which)>>,
}

impl<T: Transport> Cable<T> {
    /// A cable without faults over `inner`.
    pub fn over(inner: T) -> Self {
        Self { inner, cuts: Mutex::default() }
    }

    /// Loses the next request of which `which` is true.
    pub fn cut(&self, cut: Cut, which: impl Fn(&http::Request<Bytes>) -> bool + Send + Sync + 'static) {
        lock(&self.cuts).push((cut, Box::new(which)));
    }

    /// Takes back every cut that did not happen yet.
    pub fn mend(&self) {
        lock(&self.cuts).clear();
    }

    fn happens(&self, request: &http::Request<Bytes>) -> Option<Cut> {
        let mut cuts = lock(&self.cuts);
        let at = cuts.iter().position(|(_, which)| which(request))?;
        Some(cuts.remove(at).0)
    }
}

#[async_trait]
impl<T: Transport> Transport for Cable<T> {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Body>, TransportError> {
        match self.happens(&request) {
            None => self.inner.send(request, limits).await,
            Some(Cut::Unplugged) => Err(TransportError::unsent(Kind::Connect)),
            Some(Cut::RequestLost) => {
                pass(&request)?;
                Err(TransportError::sent(Kind::Timeout))
            }
            Some(Cut::AnswerLost) => {
                self.inner.send(request, limits).await?;
                Err(TransportError::sent(Kind::Broken))
            }
        }
    }

    fn asks_gate(&self) -> bool {
        self.inner.asks_gate()
    }
}

impl<T: fmt::Debug> fmt::Debug for Cable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cuts: Vec<_> = lock(&self.cuts).iter().map(|(cut, _)| *cut).collect();
        f.debug_struct("Cable").field("inner", &self.inner).field("cuts", &cuts).finish()
    }
}
