//! Certificates of authorities beside the machine's.

use std::{fmt, fs, path::Path};

use refunds_core::{Error, Result};

/// More than all authorities of the world take.
const MAX_BYTES: u64 = 4 << 20;

/// Certificates of authorities that sign servers' certificates, beside those that the machine trusts: for a
/// proxy that looks into TLS, or a provider's test system.
#[derive(Clone)]
pub struct Authorities(Vec<reqwest::Certificate>);

impl Authorities {
    /// Reads a PEM file with one or more certificates, which the setting `key` names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](refunds_core::ErrorKind::Config), naming the setting, if the file cannot be read or
    /// holds no certificate.
    pub fn from_file(key: &str, path: impl AsRef<Path>) -> Result<Self> {
        let refuse = |fault: &str| Error::config(format!("the setting `{key}` names a file that {fault}"));
        let about = |error: std::io::Error| {
            let is_missing = error.kind() == std::io::ErrorKind::NotFound;
            refuse(if is_missing { "does not exist" } else { "cannot be read" })
        };
        let path = path.as_ref();
        if fs::metadata(path).map_err(about)?.len() > MAX_BYTES {
            return Err(refuse("is too large"));
        }
        let pem = fs::read(path).map_err(about)?;
        match reqwest::Certificate::from_pem_bundle(&pem) {
            Ok(certificates) if !certificates.is_empty() => Ok(Self(certificates)),
            _ => Err(refuse("holds no certificate in PEM")),
        }
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = reqwest::Certificate> {
        self.0.iter().cloned()
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.0.len())
    }
}
