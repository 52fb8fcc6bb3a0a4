//! Where a provider lives.

use std::fmt;

use refunds_core::{Error, Result, Settings};
use url::{Host, Url};

/// The root of a provider's API: the only origin that requests, and with them credentials, go to.
///
/// ```
/// use refunds_http::BaseUrl;
///
/// let base = BaseUrl::parse("https://api.dintero.com/v1/", false)?;
/// assert_eq!(base.to_string(), "https://api.dintero.com/v1");
/// assert!(BaseUrl::parse("http://localhost:8080", false).is_ok());
/// assert!(BaseUrl::parse("http://api.dintero.com/v1", false).is_err());
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    /// Scheme, host, port and path prefix, without a slash at the end.
    root: String,
    origin: String,
}

impl BaseUrl {
    /// Reads and checks a base URL.
    ///
    /// It must be `https://`, or `http://` on a loopback host (`127.0.0.0/8`, `::1`, `localhost`);
    /// `allow_http` lets plain HTTP through elsewhere. A path prefix is kept, and whether it ends
    /// with a slash does not matter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config) for anything else, and for user names,
    /// passwords, queries and fragments. The message never repeats the text, which may hold a password.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self> {
        // The parser would drop these without a word.
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(fault("contains spaces or control characters"));
        }
        let url = Url::parse(text).map_err(|cause| fault("cannot be read").with_source(cause))?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(fault("must begin with https://")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fault("must not hold a user name or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(fault("must not hold a query or a fragment"));
        }
        let host = url.host().ok_or_else(|| fault("has no host"))?;
        let loopback = is_loopback(&host.to_string());
        if !tls && !loopback && !allow_http {
            return Err(fault("is plain http:// on a host that is not loopback; use https://"));
        }
        Ok(Self {
            root: url.as_str().trim_end_matches('/').to_owned(),
            origin: url.origin().ascii_serialization(),
        })
    }

    /// Reads and checks the base URL in the setting `key`, or `default` where it is not
    /// set.
    ///
    /// ```
    /// use refunds_core::Settings;
    /// use refunds_http::BaseUrl;
    ///
    /// let settings = Settings::new().with("api_url", "ftp://localhost");
    /// let error = BaseUrl::from_settings(&settings, "api_url", "https://api.acme.example", false);
    /// assert!(error.unwrap_err().message().starts_with("the setting `api_url`: "));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), naming the setting.
    pub fn from_settings(settings: &Settings, key: &str, default: &str, allow_http: bool) -> Result<Self> {
        Self::parse_setting(key, settings.get(key).unwrap_or(default), allow_http)
    }

    /// As [`parse`](Self::parse), of a text that the setting `key` holds: for a configuration that has
    /// it from a method of its builder as well.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), naming the setting.
    pub fn parse_setting(key: &str, text: &str, allow_http: bool) -> Result<Self> {
        Self::parse(text, allow_http).map_err(|error| {
            let message = format!("the setting `{key}`: {}", error.message());
            error.with_message(message)
        })
    }

    /// Scheme, host and port, as a [`Scope`](refunds_core::Scope) names the API.
    ///
    /// ```
    /// let base = refunds_http::BaseUrl::parse("https://api.example.com:443/v1", false)?;
    /// assert_eq!(base.origin(), "https://api.example.com");
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.root
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.root)
    }
}

/// Whether a host, as written in a URL, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    // A host whose last part begins with a letter is a name. Almost all are, and parsing one takes long.
    let last = host.rsplit('.').next().unwrap_or_default();
    if host.is_ascii() && !host.contains('%') && last.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return host.eq_ignore_ascii_case("localhost");
    }
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

fn fault(what: &str) -> Error {
    Error::config(format!("the base URL {what}"))
}

#[cfg(test)]
mod tests {
    use refunds_core::ErrorKind;

    use super::*;

    #[test]
    fn which_base_urls_are_taken() {
        for (text, allow_http, want) in [
            ("https://api.dintero.com/v1", false, Some("https://api.dintero.com/v1")),
            ("https://api.dintero.com/v1//", false, Some("https://api.dintero.com/v1")),
            ("https://API.example.com", false, Some("https://api.example.com")),
            ("https://api.example.com:8443/", false, Some("https://api.example.com:8443")),
            ("http://127.0.0.1:80", false, Some("http://127.0.0.1")),
            ("http://127.9.9.9:8080/x", false, Some("http://127.9.9.9:8080/x")),
            ("http://[::1]:8080", false, Some("http://[::1]:8080")),
            ("http://localhost", false, Some("http://localhost")),
            ("http://localhost.evil.example", false, None),
            ("http://10.0.0.1", false, None),
            ("http://10.0.0.1", true, Some("http://10.0.0.1")),
            ("http://128.0.0.1", false, None),
            ("ftp://localhost", true, None),
            ("localhost:8080", true, None),
            ("https://", true, None),
            ("https://h/?q", true, None),
            ("https://h/#f", true, None),
            ("https://u@h", true, None),
            ("https://u:canary@h", true, None),
            ("https://:canary@h", true, None),
            (" https://h", true, None),
            ("https://h\n", true, None),
            ("https://a b/", true, None),
            ("", true, None),
        ] {
            let got = BaseUrl::parse(text, allow_http);
            assert_eq!(got.as_ref().ok().map(BaseUrl::as_str), want, "{text:?}");
            if let Err(error) = got {
                assert_eq!(error.kind(), ErrorKind::Config, "{text:?}");
                assert!(!format!("{error} {error:?}").contains("canary"), "{text:?}");
            }
        }
    }
}
