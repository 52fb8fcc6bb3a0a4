//! Which requests the admin port serves: those of this machine's own programs and of its own page.
//!
//! A browser on this machine also runs the pages of others. They can send requests here, so each check below takes a
//! way from them: names that resolve to this machine (`Host`), scripts of other pages (`Origin`), and their forms
//! (`Content-Type`). No response has a CORS header.

use http::{HeaderMap, Method, Uri, header, request::Parts};

use super::reply::Refusal;

pub(super) fn check(head: &Parts, port: u16) -> Result<(), Refusal> {
    let host = host(&head.headers, &head.uri, port)?;
    if let Some(origin) = one(&head.headers, header::ORIGIN)?
        && origin != format!("http://{host}")
    {
        return Err(Refusal::new(403, "the Origin header names another origin than this page's"));
    }
    if head.method == Method::GET || head.method == Method::HEAD {
        return Ok(());
    }
    let content_type = one(&head.headers, header::CONTENT_TYPE)?.unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Refusal::new(415, "this request must have the header `Content-Type: application/json`"))
    }
}

/// The only `Host`, if it is this machine's, with the port.
fn host<'a>(headers: &'a HeaderMap, target: &Uri, port: u16) -> Result<&'a str, Refusal> {
    let refusal =
        || Refusal::new(403, format!("the Host header must be 127.0.0.1:{port} or localhost:{port}"));
    let host = one(headers, header::HOST)?.ok_or_else(refusal)?;
    let name = host.strip_suffix(&format!(":{port}")).ok_or_else(refusal)?;
    let is_local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| name.eq_ignore_ascii_case(local));
    let is_meant = target.authority().is_none_or(|authority| authority.as_str() == host);
    if is_local && is_meant { Ok(host) } else { Err(refusal()) }
}

/// The value of a header that may be given once.
fn one(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(&name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(Refusal::new(403, format!("the {name} header is given more than once")));
    }
    let readable = |value: &'_ http::HeaderValue| value.to_str().is_ok();
    match value {
        Some(value) if !readable(value) => {
            Err(Refusal::new(403, format!("the {name} header is not readable")))
        }
        value => Ok(value.and_then(|value| value.to_str().ok())),
    }
}
