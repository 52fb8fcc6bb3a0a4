//! The certificates of the HTTP crate's tests, which are good for loopback.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// The variable that names the authorities to trust.
pub(crate) const TRUST: &str = "SSL_CERT_FILE";

/// What the variable was before this program set it for its own server.
pub(crate) const ORIGINAL_TRUST: &str = "REFUNDS_BENCHES_SSL_CERT_FILE";

/// A program that may use the network: it trusts what this one was started to trust.
pub(crate) fn outside(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    match env::var_os(ORIGINAL_TRUST) {
        Some(file) => command.env(TRUST, file),
        None => command.env_remove(TRUST),
    };
    command
}

/// The authority behind the server's certificate.
pub(crate) fn authority() -> PathBuf {
    fixture("trusted.pem")
}

/// Speaks HTTP/2 only.
pub(crate) fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(fixture("good.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("key.pem")).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config).into()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/http/tests/fixtures/tls").join(name)
}
