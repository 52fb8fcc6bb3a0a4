//! What is said where TLS does not come about, and that it is said at once.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use refunds_core::{Error, ErrorKind};
use refunds_http::{Authorities, BaseUrl, HttpClient};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::common::{
    Server, all_of, json, process, read,
    tls::{Acceptor, GOOD, TRUST},
    write,
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
const NO_CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Answers over TLS, and counts the connections.
async fn server(certificate: &str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (acceptor, count) = (Acceptor::new(certificate, &["http/1.1"]), Arc::<AtomicUsize>::default());
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let _ = stream.read(&mut [0; 4096]).await?;
                stream.write_all(json(200, "{}").as_bytes()).await?;
                stream.shutdown().await
            });
        }
    });
    (address, count)
}

fn client(scheme: &str, address: SocketAddr) -> HttpClient {
    let base = BaseUrl::parse(&format!("{scheme}://{address}"), false).unwrap();
    HttpClient::builder("acme", base).build().unwrap()
}

/// A write and a read fail in this way: for good, and without anything sent.
async fn fails(client: HttpClient, address: SocketAddr, message: &str) {
    for request in [write(), read()] {
        let error: Error = client.send(request).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Config, message), "{error:?}");
        assert!(!error.is_retryable() && !error.may_have_applied(), "{error:?}");
        assert!(!all_of(&error).contains(&address.to_string()), "{error:?}");
    }
}

#[test]
fn a_certificate_that_is_not_accepted_is_named_at_once() {
    process::alone(a_certificate_that_is_not_accepted_is_named_at_once, TRUST, async {
        let (address, _) = server(GOOD).await;
        client("https", address).send(write()).await.unwrap();
        for (certificate, message) in [
            ("expired.pem", "the server's certificate has expired, by this machine's clock"),
            ("early.pem", "the server's certificate is not valid yet, by this machine's clock"),
            ("other_host.pem", "the server's certificate is for another host; is the base URL right?"),
            (
                "unknown.pem",
                "this machine does not trust the authority that signed the server's certificate; is the \
                 base URL right? SSL_CERT_FILE can name a file with the authority's certificate",
            ),
        ] {
            let (address, connections) = server(certificate).await;
            fails(client("https", address), address, message).await;
            assert_eq!(connections.load(SeqCst), 2, "{certificate}: one for each call");
        }
    });
}

#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_place_for_certificates_that_has_none_is_named() {
    let (file, directory) = ("SSL_CERT_FILE", "SSL_CERT_DIR");
    let environments: &[&[(&str, &str)]] = &[
        &[(file, "/canary/ca.pem")],
        &[(directory, "/canary")],
        &[(directory, concat!(env!("CARGO_MANIFEST_DIR"), "/src:/canary"))],
        &[(file, NO_CERTIFICATE)],
        &[(directory, FIXTURES)],
        // One of the two is enough for other servers, and this one is signed by another authority.
        &[(file, "/canary/ca.pem"), (directory, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls"))],
    ];
    let Some(index) = process::each(a_place_for_certificates_that_has_none_is_named, environments) else {
        return;
    };
    let message = [
        "SSL_CERT_FILE names a file that does not exist",
        "SSL_CERT_DIR names a directory that does not exist",
        "SSL_CERT_DIR names a directory that does not exist",
        "no certificate of an authority was found in what SSL_CERT_FILE names",
        "no certificate of an authority was found in what SSL_CERT_DIR names",
        "this machine does not trust the authority that signed the server's certificate; SSL_CERT_FILE names \
         a file that does not exist",
    ][index];
    process::block_on(async {
        let (address, connections) = server("unknown.pem").await;
        let client = client("https", address);
        let error = client.send(write()).await.unwrap_err();
        assert!(!all_of(&error).contains("canary"), "{error:?}");
        fails(client, address, message).await;
        assert_eq!(connections.load(SeqCst), if index == 5 { 3 } else { 0 });
    });
}

#[test]
fn https_to_a_port_without_tls_says_so() {
    process::alone(https_to_a_port_without_tls_says_so, TRUST, async {
        for greeting in [json(400, "{}"), "220 mail.example ESMTP\r\n".to_owned()] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(greeting.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            });
            let message = "the server does not speak TLS at this port; is the base URL right?";
            fails(client("https", address), address, message).await;
        }
    });
}

#[tokio::test]
async fn http_to_a_port_with_tls_says_so() {
    let (address, _) = server(GOOD).await;
    let message = "the server speaks TLS at this port; does the base URL begin with https://?";
    fails(client("http", address), address, message).await;
}

/// Bytes that are not HTTP are not a response of an older version of it, even if they are half TLS.
#[tokio::test]
async fn a_response_without_a_head_is_a_transport_error() {
    for said in ["{}", "\x15\x02", "\x15", "\x16\x03\x03", "200 OK", "SSH-2.0-OpenSSH_9.6\r\n\r\n"] {
        let server = Server::saying(said).await;
        let error = server.client().send(write()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Transport, true), "{said:?}");
        assert_eq!(server.requests().len(), 1, "{said:?}");
    }
}

#[tokio::test]
async fn an_authority_from_a_file_is_trusted() {
    let (address, _) = server(GOOD).await;
    let base = || BaseUrl::parse(&format!("https://{address}"), false).unwrap();
    let authorities = Authorities::from_file("ca_file", format!("{FIXTURES}/tls/trusted.pem")).unwrap();
    assert_eq!(format!("{authorities:?}"), "Authorities(1)");
    let client = HttpClient::builder("acme", base()).authorities(authorities).build().unwrap();
    client.send(write()).await.unwrap();
    let error = HttpClient::builder("acme", base()).build().unwrap().send(write()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_applied()), (ErrorKind::Config, false));
}

#[test]
fn a_file_without_an_authority_is_a_configuration_error() {
    for (file, fault) in [
        ("/no/such/file.pem", "does not exist"),
        (FIXTURES, "cannot be read"),
        (NO_CERTIFICATE, "holds no certificate in PEM"),
    ] {
        let error = Authorities::from_file("ca_file", file).unwrap_err();
        let message = format!("the setting `ca_file` names a file that {fault}");
        assert_eq!((error.kind(), error.message()), (ErrorKind::Config, &*message));
    }
}
