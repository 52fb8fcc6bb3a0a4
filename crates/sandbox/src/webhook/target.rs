//! Where webhooks are sent.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::Uri;

/// Whether the URL is plain HTTP to this machine. Nothing is ever sent to any other.
pub(crate) fn is_loopback(url: &str) -> bool {
    url.parse().is_ok_and(|url| address(&url).is_some())
}

/// The address of a loopback URL. No name is ever looked up.
pub(super) fn address(url: &Uri) -> Option<SocketAddr> {
    let authority = url.authority()?;
    if url.scheme_str() != Some("http") || authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let address: IpAddr = match bare {
        Some(host) => host.parse::<Ipv6Addr>().ok()?.into(),
        None if host.eq_ignore_ascii_case("localhost") => Ipv4Addr::LOCALHOST.into(),
        None => host.parse::<Ipv4Addr>().ok()?.into(),
    };
    let port = authority.port_u16().unwrap_or(80);
    address.is_loopback().then(|| SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_to_other_machines() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/a?b", true),
            ("http://127.9.9.9/", true),
            ("http://LOCALHOST:1/", true),
            ("http://[::1]:80/", true),
            ("https://127.0.0.1/", false),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://127.0.0.1@example.com/", false),
            ("http://example.com@127.0.0.1/", false),
            ("http://0.0.0.0/", false),
            ("http://10.0.0.1/", false),
            ("http://[::ffff:10.0.0.1]/", false),
            ("http://2130706433/", false),
            ("http://example.com/", false),
            ("/path", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(url), expected, "{url}");
        }
    }
}
