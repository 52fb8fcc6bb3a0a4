//! Proxies in the environment that the layers below would pass over without a word.

use std::env;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

const CGI: &str = "REQUEST_METHOD";

/// A variable that should name a proxy and does not.
#[derive(Debug)]
pub(crate) struct ProxyFault {
    variable: &'static str,
    /// A proxy in the place of the one that cannot be read, to see which requests would use it.
    matcher: Matcher,
}

impl ProxyFault {
    /// What is wrong with the variable that names the proxy of requests with or without TLS. Which
    /// variable counts is as reqwest has it.
    pub(crate) fn find(tls: bool) -> Option<Self> {
        if env::var_os(CGI).is_some() {
            // A CGI program gets its client's headers in variables; so they do not count there.
            return None;
        }
        let own = if tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
        let counts = [own, ["ALL_PROXY", "all_proxy"]].into_iter().find_map(|names| {
            let (name, value) = names.into_iter().find_map(|name| Some((name, env::var_os(name)?)))?;
            (!value.is_empty()).then_some((name, value))
        });
        let (variable, value) = counts?;
        if value.to_str().is_some_and(is_readable) {
            return None;
        }
        let exempt = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| env::var(name).ok());
        let matcher = Matcher::builder().all("http://proxy.invalid").no(exempt.unwrap_or_default()).build();
        Some(Self { variable, matcher })
    }

    /// Whether a request to this address would go through the proxy.
    pub(crate) fn concerns(&self, uri: &Uri) -> bool {
        self.matcher.intercept(uri).is_some()
    }

    /// What to say of it. The value may hold a password.
    pub(crate) fn message(&self) -> String {
        format!(
            "the environment variable {} does not name a proxy; expected http://host:port or https://host:port",
            self.variable
        )
    }
}

/// Whether the layers below make of it a proxy that they can use.
fn is_readable(value: &str) -> bool {
    let Some(proxy) =
        Matcher::builder().all(value).build().intercept(&Uri::from_static("https://host.invalid"))
    else {
        return false;
    };
    let uri = proxy.uri();
    let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else { return false };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && !host.is_empty()
        // A port that is too large counts as none.
        && (uri.port_u16().is_some() || authority.as_str().trim_end_matches(':') == host)
}
