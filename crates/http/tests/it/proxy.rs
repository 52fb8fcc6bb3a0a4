//! A proxy that cannot be read is not passed over.

use refunds_core::ErrorKind;
use refunds_http::{BaseUrl, HttpClient};

use crate::common::{Act, Server, all_of, json, process, read, tls::TRUST, write};

const HTTPS: &str = "https://refunds.invalid";
const HTTP: &str = "http://refunds.invalid";

const ROWS: &[Row] = &[
    (&[("HTTPS_PROXY", "http://[canary")], HTTPS, Some("HTTPS_PROXY")),
    (&[("https_proxy", "ftp://canary:21")], HTTPS, Some("https_proxy")),
    (&[("HTTPS_PROXY", "::::canary")], HTTPS, Some("HTTPS_PROXY")),
    (&[("HTTPS_PROXY", "http://")], HTTPS, Some("HTTPS_PROXY")),
    (&[("HTTPS_PROXY", "http://:3128")], HTTPS, Some("HTTPS_PROXY")),
    (&[("HTTPS_PROXY", "http://127.0.0.1:canary")], HTTPS, Some("HTTPS_PROXY")),
    (&[("HTTPS_PROXY", "http://127.0.0.1:312899")], HTTPS, Some("HTTPS_PROXY")),
    (&[("HTTPS_PROXY", "socks5://127.0.0.1:1080")], HTTPS, Some("HTTPS_PROXY")),
    (&[("ALL_PROXY", "ftp://canary")], HTTPS, Some("ALL_PROXY")),
    (&[("all_proxy", "ftp://canary")], HTTP, Some("all_proxy")),
    (&[("HTTP_PROXY", "ftp://canary")], HTTP, Some("HTTP_PROXY")),
    (&[("http_proxy", "ftp://canary")], HTTP, Some("http_proxy")),
    // The one that counts is at fault, although another one could stand in for it.
    (&[("HTTPS_PROXY", "ftp://canary"), ("ALL_PROXY", "http://127.0.0.1:1")], HTTPS, Some("HTTPS_PROXY")),
    (&[("HTTPS_PROXY", "ftp://canary"), ("https_proxy", "http://127.0.0.1:1")], HTTPS, Some("HTTPS_PROXY")),
    (&[("HTTPS_PROXY", ""), ("ALL_PROXY", "ftp://canary")], HTTPS, Some("ALL_PROXY")),
    // These would not be used.
    (&[("HTTPS_PROXY", "")], HTTPS, None),
    (&[("HTTP_PROXY", "ftp://canary")], HTTPS, None),
    (&[("HTTPS_PROXY", "ftp://canary")], HTTP, None),
    (&[("https_proxy", "ftp://canary"), ("HTTPS_PROXY", "http://127.0.0.1:1")], HTTPS, None),
    (&[("ALL_PROXY", "ftp://canary"), ("HTTPS_PROXY", "http://127.0.0.1:1")], HTTPS, None),
    (&[("HTTPS_PROXY", "ftp://canary"), ("NO_PROXY", "other.example, .invalid")], HTTPS, None),
    (&[("HTTPS_PROXY", "ftp://canary"), ("no_proxy", "*")], HTTPS, None),
    (&[("HTTPS_PROXY", "ftp://canary"), ("REQUEST_METHOD", "GET")], HTTPS, None),
];

fn client(base: &str) -> HttpClient {
    HttpClient::builder("acme", BaseUrl::parse(base, true).unwrap()).build().unwrap()
}

/// Variables and values, the base URL that would use them, and the variable at fault.
type Row = (&'static [(&'static str, &'static str)], &'static str, Option<&'static str>);

#[test]
fn a_proxy_that_cannot_be_read_is_an_error_that_names_its_variable() {
    let rows: Vec<_> = ROWS.iter().map(|(environment, ..)| [*environment, TRUST].concat()).collect();
    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
    let Some(index) = process::each(a_proxy_that_cannot_be_read_is_an_error_that_names_its_variable, &rows)
    else {
        return;
    };
    let (_, base, at_fault) = ROWS[index];
    process::block_on(async {
        for request in [write(), read()] {
            let error = client(base).send(request).await.unwrap_err();
            assert!(!error.may_have_applied(), "{error:?}");
            assert!(!all_of(&error).contains("canary"), "{error:?}");
            let Some(variable) = at_fault else {
                assert_ne!(error.kind(), ErrorKind::Config, "{error:?}");
                continue;
            };
            assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
            let message = format!(
                "the environment variable {variable} does not name a proxy; expected http://host:port or \
                 https://host:port"
            );
            assert_eq!(error.message(), message);
        }
        // Loopback takes no proxy.
        let server = Server::doing(vec![Act::Write(json(200, "{}").into())]).await;
        server.client().send(write()).await.unwrap();
    });
}

#[test]
fn a_proxy_that_can_be_read_is_used() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxies = ["", "http://", "http://user:pass@"]
        .map(|prefix| format!("{prefix}{}", listener.local_addr().unwrap()));
    let rows: Vec<_> =
        proxies.iter().map(|proxy| [&[("HTTPS_PROXY", proxy.as_str())], TRUST].concat()).collect();
    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
    let seen = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        [(); 3].map(|()| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut begin = [0; 29];
            stream.read_exact(&mut begin).unwrap();
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
            String::from_utf8_lossy(&begin).into_owned()
        })
    });
    let Some(_) = process::each(a_proxy_that_can_be_read_is_used, &rows) else {
        assert_eq!(seen.join().unwrap(), ["CONNECT refunds.invalid:443 H"; 3]);
        return;
    };
    process::block_on(async {
        let error = client(HTTPS).send(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Transport, false), "{error:?}");
    });
}
