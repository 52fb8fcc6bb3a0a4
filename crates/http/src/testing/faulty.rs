//! A transport that fails below HTTP, where a test's server cannot.

use std::{fmt, sync::Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use refunds_core::testing::Fault;

use super::{lock, pass};
use crate::transport::{Body, Transport, TransportError, TransportErrorKind as Kind};

type Matches = Box<dyn Fn(&http::Request<Bytes>) -> bool + Send + Sync>;

/// Carries requests like the transport inside it, except those that a fault was injected for.
///
/// With it, a harness of core's conformance kit can inject `NeverSent`, `NoResponse` and `ResponseLost`
/// in front of any server.
///
/// ```
/// use refunds_core::testing::Fault;
/// use refunds_http::{ReqwestTransport, testing::FaultyTransport};
/// use std::time::Duration;
///
/// let transport = FaultyTransport::over(ReqwestTransport::new(Duration::from_secs(5)));
/// assert!(transport.inject(Fault::ResponseLost, |request| request.uri().path().ends_with("/refunds")));
/// // … the next request to such a path is carried out, and its response is lost …
/// transport.heal();
/// ```
pub struct FaultyTransport<T> {
    inner: T,
    faults: Mutex<Vec<(Fault, Matches)>>,
}

impl<T: Transport> FaultyTransport<T> {
    /// Wraps `inner`, without faults.
    pub fn over(inner: T) -> Self {
        Self { inner, faults: Mutex::default() }
    }

    /// Makes the next request for which `matches` is true go wrong. Returns `false` for a fault that
    /// only a server can produce.
    pub fn inject(
        &self,
        fault: Fault,
        matches: impl Fn(&http::Request<Bytes>) -> bool + Send + Sync + 'static,
    ) -> bool {
        let below_http = matches!(fault, Fault::NeverSent | Fault::NoResponse | Fault::ResponseLost);
        if below_http {
            lock(&self.faults).push((fault, Box::new(matches)));
        }
        below_http
    }

    /// Removes every fault that has not happened yet.
    pub fn heal(&self) {
        lock(&self.faults).clear();
    }

    fn next_fault(&self, request: &http::Request<Bytes>) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let at = faults.iter().position(|(_, matches)| matches(request))?;
        Some(faults.remove(at).0)
    }
}

#[async_trait]
impl<T: Transport> Transport for FaultyTransport<T> {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        match self.next_fault(&request) {
            Some(Fault::NeverSent) => Err(TransportError::unsent(Kind::Connect)),
            Some(Fault::NoResponse) => {
                pass(&request)?;
                Err(TransportError::sent(Kind::Timeout))
            }
            Some(Fault::ResponseLost) => {
                self.inner.send(request).await?;
                Err(TransportError::sent(Kind::Broken))
            }
            _ => self.inner.send(request).await,
        }
    }

    fn asks_gate(&self) -> bool {
        self.inner.asks_gate()
    }
}

impl<T: fmt::Debug> fmt::Debug for FaultyTransport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<_> = lock(&self.faults).iter().map(|(fault, _)| *fault).collect();
        f.debug_struct("FaultyTransport").field("inner", &self.inner).field("faults", &faults).finish()
    }
}
