//! Callbacks of a session: a GET or POST of the `callback_url`, with more parameters.
//! <https://docs.dintero.com/api-reference/example-session-callbacks/session-callback>

use std::borrow::Cow;

use refunds_core::{ErrorKind, Notice, Result, WebhookRequest};
use refunds_http::{Delivery, Digest, HmacKey, is_signed};
use time::OffsetDateTime;
use url::{Url, form_urlencoded};

use super::{DELIVERY, transaction};
use crate::{DinteroConfig, NAME};

pub(super) const SIGNATURE: &str = "Dintero-Signature";

/// Verifies a callback. Its body is not signed, so it is not read.
pub(super) fn verify(config: &DinteroConfig, request: &WebhookRequest) -> Result<Notice> {
    let delivery = Delivery::new(NAME, request);
    if config.callback_secrets.is_empty() {
        return Err(delivery.error(ErrorKind::Config, "the setting `callback_secret` is missing"));
    }
    if request.method == "GET" && !request.body.is_empty() {
        return Err(delivery.forged("a callback by GET has no body, and this one has"));
    }
    let signature = Signature::read(delivery, delivery.header(SIGNATURE)?)?;
    let called = Called::read(delivery, &request.url)?;
    let query = called.query();
    let message: [&[u8]; 11] = [
        signature.time.as_bytes(),
        b"\n",
        config.account_id.as_bytes(),
        b"\n",
        request.method.as_bytes(),
        b"\n",
        called.host.as_bytes(),
        b"\n",
        called.path.as_bytes(),
        b"\n",
        query.as_bytes(),
    ];
    let keys = config.callback_secrets.iter().map(HmacKey::text);
    if !is_signed(Digest::Sha256, keys, &message, signature.code) {
        return Err(
            delivery.forged("the signature does not match the method, the public URL and the secrets")
        );
    }
    delivery.check_time(signature.at)?;
    notice(config, request, &called)
}

fn notice(config: &DinteroConfig, request: &WebhookRequest, called: &Called<'_>) -> Result<Notice> {
    let delivery = Delivery::new(NAME, request);
    let Some(id) = called.parameter("transaction_id") else {
        return Err(match called.parameter("error") {
            // With `report_error=true` Dintero also reports sessions that led to no transaction.
            Some(_) => {
                delivery.error(ErrorKind::Unsupported, "the callback reports an error before any transaction")
            }
            None => delivery.error(ErrorKind::Protocol, "the callback does not name its transaction"),
        });
    };
    let mut notice = Notice::new(NAME, transaction(delivery, config, id)?);
    let own = |text: &str| text.to_owned();
    let sent = request.header(DELIVERY).filter(|id| !id.is_empty());
    notice.delivery_id = sent.or_else(|| called.parameter("event_id")).map(own);
    notice.event = called.parameter("event").map(own);
    // `time` is when the transaction was created: to a later event of it, it says nothing.
    if notice.event.is_none() {
        notice.occurred_at = called.parameter("time").and_then(refunds_core::parse_time);
    }
    Ok(notice)
}

/// What the header says: `t=1582236537,v0-hmac-sha256=6bed…`.
struct Signature<'a> {
    time: &'a str,
    at: OffsetDateTime,
    code: &'a str,
}

impl<'a> Signature<'a> {
    /// Each of the two is there once. Parts of other names may come some day, beside these.
    fn read(delivery: Delivery<'_>, header: &'a str) -> Result<Self> {
        let (mut time, mut code) = (None, None);
        for part in header.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or_else(|| {
                delivery.forged(format!("the header {SIGNATURE} is not of the form t=…,v0-hmac-sha256=…"))
            })?;
            let place = match name {
                "t" => &mut time,
                "v0-hmac-sha256" => &mut code,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(delivery.forged(format!("the header {SIGNATURE} has more than one {name}")));
            }
        }
        let part = |name, value: Option<&'a str>| {
            value.ok_or_else(|| delivery.forged(format!("the header {SIGNATURE} has no {name}")))
        };
        let (time, code) = (part("t", time)?, part("v0-hmac-sha256", code)?);
        let at = delivery.signed_at(SIGNATURE, time)?;
        Ok(Self { time, at, code })
    }
}

/// The public URL in the parts that are signed, as `URL` and `URLSearchParams` of the web have them.
struct Called<'a> {
    /// In lower case, without the port.
    host: String,
    /// As it was on the wire.
    path: &'a str,
    /// Decoded, by name; those of one name in their order.
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Called<'a> {
    fn read(delivery: Delivery<'_>, url: &'a str) -> Result<Self> {
        let host = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "https" | "http"))
            .and_then(|url| url.host_str().map(str::to_owned));
        // A fault of the configuration: the origin comes from the receiver's set-up.
        let (Some(host), Some((_, rest))) = (host, url.split_once("://")) else {
            return Err(delivery.error(
                ErrorKind::Config,
                "the request's URL must be the public one, such as https://shop.example/callback?…",
            ));
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = place.find('/').map_or("/", |at| &place[at..]);
        let mut parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        parameters.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        Ok(Self { host, path, parameters })
    }

    /// Sorted and encoded as forms are, however it was on the wire: a blank is a `+`, not `%20`.
    fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish()
    }

    /// A parameter's value. The last one: Dintero appends its own.
    fn parameter(&self, name: &str) -> Option<&str> {
        let mut of_name = self.parameters.iter().rev().filter(|(given, _)| given == name);
        of_name.next().map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }
}
