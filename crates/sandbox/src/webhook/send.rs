//! A minimal HTTP client: one request, one status, to this machine only.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use super::{message::SignedRequest, target::address};

/// The status of the response, or why there is none.
pub(super) async fn send(request: &SignedRequest, limit: Duration) -> Result<u16, String> {
    match timeout(limit, exchange(request)).await {
        Ok(result) => result,
        Err(_) => Err("no response within the time limit".to_owned()),
    }
}

async fn exchange(request: &SignedRequest) -> Result<u16, String> {
    let url: Uri = request.url.parse().map_err(text)?;
    let address = address(&url).ok_or("never sent: not plain HTTP to a loopback address")?;
    let host = url.authority().map_or("", |authority| authority.as_str());
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut message = Request::builder().method(request.method.as_str()).uri(path).header("host", host);
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let body = Full::new(Bytes::from(request.body.clone()));
    let message = message.header("connection", "close").body(body).map_err(text)?;

    let stream = TcpStream::connect(address).await.map_err(text)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    // When the connection ends, the sender has the result.
    let drive = async {
        let _ = connection.await;
        pending::<()>().await;
    };
    tokio::select! {
        biased;
        response = sender.send_request(message) => {
            response.map(|response| response.status().as_u16()).map_err(text)
        }
        () = drive => Err(String::new()),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
