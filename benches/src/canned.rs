//! A transport whose responses are there already.

use async_trait::async_trait;
use bytes::Bytes;
use refunds_http::{Body, Transport, TransportError};

/// Answers every request with the same body.
#[derive(Debug)]
pub(crate) struct Canned(pub(crate) Bytes);

#[async_trait]
impl Transport for Canned {
    async fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        let mut response = http::Response::new(Body::full(self.0.clone()));
        let json = http::HeaderValue::from_static("application/json");
        response.headers_mut().insert(http::header::CONTENT_TYPE, json);
        Ok(response)
    }
}
