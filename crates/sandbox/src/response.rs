//! Turning a reply into the response that hyper sends.

use bytes::Bytes;
use http::Response;

use crate::{body::WireBody, wire::Reply};

/// The connection ends here, without a response.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox dropped the connection on purpose")]
pub(crate) struct Hangup;

/// The response with the reply's own body.
pub(crate) fn into_response(reply: Reply) -> Result<Response<WireBody>, Hangup> {
    let body = WireBody::whole(Bytes::clone(&reply.body));
    with_body(reply, body)
}

/// The response with the reply's head and another body.
pub(crate) fn with_body(reply: Reply, body: WireBody) -> Result<Response<WireBody>, Hangup> {
    let mut response = Response::builder().status(reply.status);
    if !reply.content_type.is_empty() {
        response = response.header("content-type", reply.content_type);
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    // A fault may have a header or a status that HTTP does not allow: then there is nothing to send.
    response.body(body).map_err(|_| Hangup)
}
