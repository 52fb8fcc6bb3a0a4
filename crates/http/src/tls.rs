//! Why TLS did not come about, and which setting that is about.

use std::{
    borrow::Cow,
    env,
    error::Error as StdError,
    fs::File,
    io::{self, ErrorKind as Io},
    path::Path,
};

use rustls::{CertificateError, Error as Tls, InvalidMessage};

const FILE: &str = "SSL_CERT_FILE";
const DIRECTORY: &str = "SSL_CERT_DIR";

/// Whether the layers below read these variables: elsewhere they ask the system.
const READS_ENVIRONMENT: bool = cfg!(all(unix, not(any(target_vendor = "apple", target_os = "android"))));

/// What to say of a failed connection where it is for a reason that lasts: a certificate, or a peer that
/// does not speak TLS.
pub(crate) fn lasting(error: &(dyn StdError + 'static)) -> Option<Cow<'static, str>> {
    match find(error)? {
        Tls::InvalidCertificate(fault) => Some(certificate(fault)),
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Some("the server does not speak TLS at this port; is the base URL right?".into())
        }
        _ => None,
    }
}

/// What to say where no certificate of an authority could be loaded.
pub(crate) fn no_authorities() -> Option<String> {
    unreadable().or_else(|| {
        let set: Vec<_> = [FILE, DIRECTORY].into_iter().filter(|name| is_set(name)).collect();
        (!set.is_empty())
            .then(|| format!("no certificate of an authority was found in what {} names", set.join(" or ")))
    })
}

/// Whether this is how a TLS server responds to what is not TLS: an alert.
pub(crate) fn is_alert(bytes: &[u8]) -> bool {
    // Content type, major version, minor version, length.
    matches!(bytes, [0x15, 3, 0..=4, 0, 2, ..])
}

fn certificate(fault: &CertificateError) -> Cow<'static, str> {
    use CertificateError as C;
    match fault {
        C::Expired | C::ExpiredContext { .. } => {
            "the server's certificate has expired, by this machine's clock".into()
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet, by this machine's clock".into()
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            "the server's certificate is for another host; is the base URL right?".into()
        }
        // A wrong signature is what an authority of the same name with another key looks like.
        C::UnknownIssuer | C::BadSignature => {
            let untrusted = "this machine does not trust the authority that signed the server's certificate";
            match unreadable() {
                Some(fault) => format!("{untrusted}; {fault}").into(),
                None if READS_ENVIRONMENT => format!(
                    "{untrusted}; is the base URL right? {FILE} can name a file with the authority's \
                     certificate"
                )
                .into(),
                None => format!("{untrusted}; is the base URL right?").into(),
            }
        }
        C::Revoked => "the server's certificate was revoked".into(),
        _ => "the server's certificate was not accepted".into(),
    }
}

/// The error of rustls in an error and its sources. An `io::Error` holds one without counting it among
/// its sources.
fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Tls> {
    if let Some(error) = error.downcast_ref::<Tls>() {
        return Some(error);
    }
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    held.map(|held| held as &'a (dyn StdError + 'static)).or_else(|| error.source()).and_then(find)
}

/// What is wrong with the variables that say where the certificates of authorities are.
fn unreadable() -> Option<String> {
    if !READS_ENVIRONMENT {
        return None;
    }
    if let Some(file) = env::var_os(FILE)
        && let Err(error) = File::open(file)
    {
        return Some(format!("{FILE} names a file that {}", fault(&error)));
    }
    let directories = env::var_os(DIRECTORY)?;
    env::split_paths(&directories).filter(|path| path != Path::new("")).find_map(|path| {
        let error = path.read_dir().err()?;
        Some(format!("{DIRECTORY} names a directory that {}", fault(&error)))
    })
}

fn fault(error: &io::Error) -> &'static str {
    if error.kind() == Io::NotFound { "does not exist" } else { "cannot be read" }
}

fn is_set(name: &str) -> bool {
    READS_ENVIRONMENT && env::var_os(name).is_some()
}
