//! Live events: what changed, as server-sent events.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::json;
use tokio::time::timeout;

use super::reply::{Body, with_body};
use crate::changes::{Change, Changes, Follower};

/// Changes within this time are one event.
const MERGED_OVER: Duration = Duration::from_millis(50);
/// A comment this often shows that the connection is alive, and ends it if it is not.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// After how many milliseconds a client connects again.
const OPENING: &str = "retry: 1000\n\n";

pub(super) fn stream(changes: &Changes) -> Response<Body> {
    let events = stream::unfold((changes.follow(), true), |(mut follower, is_first)| async move {
        let text = if is_first { OPENING.to_owned() } else { next(&mut follower).await? };
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), (follower, false)))
    });
    with_body(200, "text/event-stream", StreamBody::new(events).boxed_unsync())
}

async fn next(follower: &mut Follower) -> Option<String> {
    match timeout(ALIVE_EVERY, follower.next(MERGED_OVER)).await {
        Ok(changed) => {
            let changed: Vec<_> = changed?.into_iter().map(Change::as_str).collect();
            Some(format!("event: change\ndata: {}\n\n", json!({"changed": changed})))
        }
        Err(_) => Some(": alive\n\n".to_owned()),
    }
}
