//! The cable between the adapter and the server: a transport that can fail below HTTP.

use std::{sync::Mutex, time::Duration};

use refunds_core::async_trait;
use refunds_http::{
    Body, Limits, ReqwestTransport, Transport, TransportError, TransportErrorKind as Kind, bytes::Bytes, http,
};

/// What becomes of the next request of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// There is no connection.
    Unplugged,
    /// The request is lost on its way.
    RequestLost,
    /// The answer is lost on its way.
    AnswerLost,
}

/// Carries requests as [`ReqwestTransport`] does, until it is cut.
#[derive(Debug)]
pub(crate) struct Cable {
    inner: ReqwestTransport,
    /// With whether it is for a submission.
    cut: Mutex<Option<(Cut, bool)>>,
}

impl Cable {
    pub(crate) fn new() -> Self {
        Self { inner: ReqwestTransport::new(Duration::from_secs(5)), cut: Mutex::default() }
    }

    pub(crate) fn cut(&self, cut: Cut, submission: bool) {
        *self.cut.lock().unwrap() = Some((cut, submission));
    }

    pub(crate) fn mend(&self) {
        *self.cut.lock().unwrap() = None;
    }

    fn happens(&self, request: &http::Request<Bytes>) -> Option<Cut> {
        let mut cut = self.cut.lock().unwrap();
        let submission = request.method() == "POST" && request.uri().path().ends_with("/returns");
        let read = request.method() == "GET";
        cut.take_if(|(_, on)| if *on { submission } else { read }).map(|(cut, _)| cut)
    }
}

#[async_trait]
impl Transport for Cable {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Body>, TransportError> {
        match self.happens(&request) {
            None => self.inner.send(request, limits).await,
            Some(Cut::Unplugged) => Err(TransportError::unsent(Kind::Connect)),
            Some(Cut::RequestLost) => Err(TransportError::sent(Kind::Timeout)),
            Some(Cut::AnswerLost) => {
                self.inner.send(request, limits).await?;
                Err(TransportError::sent(Kind::Broken))
            }
        }
    }
}
