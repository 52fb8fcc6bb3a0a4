//! `refunds doctor`: whether everything that a refund needs is in order.

use std::{io, time::Duration};

use refunds_core::{
    Clock, Error, ErrorKind, PaymentId, RefundClient, SystemClock, parse_time, readable_duration,
};
use refunds_http::{Authorities, ReqwestTransport, Transport as _, bytes::Bytes, http};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use uuid::Uuid;

use super::{Context, Result, account};
use crate::{
    exit::Exit,
    journal as journals,
    output::{Check, State, print_checks},
    provider, registry,
};

/// The setting that every adapter over HTTP has for them.
const CA_FILE: &str = "ca_file";
/// How long each step on the network may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Tokens and signatures are refused by clocks that differ more than this.
const MAX_SKEW: Duration = Duration::from_secs(60);

/// The checks so far, and the exit status that they call for.
struct Report {
    checks: Vec<Check>,
    exit: Exit,
}

impl Report {
    fn ok(&mut self, name: &'static str, what: impl Into<String>) {
        self.checks.push(Check { name, state: State::Ok, what: what.into(), next: None });
    }

    fn skipped(&mut self, name: &'static str, what: &str) {
        self.checks.push(Check { name, state: State::Skipped, what: what.to_owned(), next: None });
    }

    fn problem(&mut self, name: &'static str, exit: Exit, what: impl Into<String>, next: impl Into<String>) {
        self.exit = self.exit.worst(exit);
        self.checks.push(Check { name, state: State::Problem, what: what.into(), next: Some(next.into()) });
    }

    fn error(&mut self, name: &'static str, error: &Error, next: &str) {
        self.problem(name, Exit::of_error(error), error.message(), next);
    }
}

pub(super) async fn run(context: &mut Context) -> Result<Exit> {
    let mut report = Report { checks: Vec::new(), exit: Exit::Done };
    match context.config.profile() {
        Some(profile) => match context.config.warning() {
            None => report.ok("profile", profile),
            Some(warning) => {
                report.problem("profile", Exit::Done, warning, "unset them, or change the profile");
            }
        },
        None => report.ok("profile", "none"),
    }
    let client = match provider::client(&context.config, None) {
        Ok(client) => {
            report.ok("settings", account::of(&client, &context.config));
            Some(client)
        }
        Err(error) => {
            report.error("settings", &error, "`refunds providers` lists the settings");
            None
        }
    };
    match journals::open(&context.config) {
        Ok(_) => report.ok("journal", "can be opened"),
        Err(error) => report.error("journal", &error, "`create` and `resolve` need it: set REFUNDS_JOURNAL"),
    }
    match client {
        Some(client) => match authorities(context) {
            Ok(authorities) => online(&mut report, &client, authorities).await,
            Err(error) => report.error("network", &error, "name a file with certificates, or leave it out"),
        },
        None => report.skipped("network", "there is no account to look for"),
    }
    print_checks(&mut context.out, context.format, &report.checks)?;
    Ok(report.exit)
}

/// What can be seen from here to the provider.
async fn online(report: &mut Report, client: &RefundClient, authorities: Option<Authorities>) {
    let scope = client.provider().scope();
    let Some(origin) = Origin::of(scope.origin()) else {
        report.skipped("network", "the provider has no address");
        return;
    };
    // What is behind a proxy need not be reachable from here; the request goes through it.
    if has_proxy() {
        report.skipped("name", "a proxy looks it up");
        report.skipped("connection", "a proxy makes it");
    } else if !resolves(report, &origin).await || !connects(report, &origin).await {
        return;
    }
    if !answers(report, scope.origin(), authorities).await {
        return;
    }
    authenticates(report, client).await;
}

/// The authorities in the settings.
fn authorities(context: &Context) -> Result<Option<Authorities>, Error> {
    let (_, settings) = registry::registry().settings_from_variables(context.config.variables().clone())?;
    settings.get(CA_FILE).map(|file| Authorities::from_file(CA_FILE, file)).transpose()
}

fn has_proxy() -> bool {
    let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    names.into_iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

struct Origin {
    host: String,
    port: u16,
}

impl Origin {
    fn of(origin: &str) -> Option<Self> {
        let uri: http::Uri = origin.parse().ok()?;
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        Some(Self { host: uri.host()?.to_owned(), port })
    }

    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

async fn resolves(report: &mut Report, origin: &Origin) -> bool {
    let found = timeout(LIMIT, lookup_host(origin.address())).await;
    match found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(addresses) => {
            let addresses: Vec<String> = addresses.map(|address| address.ip().to_string()).collect();
            report.ok("name", format!("{} is {}", origin.host, addresses.join(", ")));
            true
        }
        Err(error) => {
            let what = format!("{} has no address: {error}", origin.host);
            report.problem("name", Exit::Transient, what, "check the API URL and this machine's DNS");
            false
        }
    }
}

async fn connects(report: &mut Report, origin: &Origin) -> bool {
    let connected = timeout(LIMIT, TcpStream::connect(origin.address())).await;
    match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(_) => {
            report.ok("connection", format!("port {} accepts connections", origin.port));
            true
        }
        Err(error) => {
            let what = format!("port {} cannot be reached: {error}", origin.port);
            report.problem("connection", Exit::Transient, what, "check the firewall, or set HTTPS_PROXY");
            false
        }
    }
}

/// One request without a credential: it shows TLS and the provider's clock.
async fn answers(report: &mut Report, origin: &str, authorities: Option<Authorities>) -> bool {
    let request = http::Request::get(format!("{origin}/")).body(Bytes::new());
    let Ok(request) = request else { return false };
    let transport = ReqwestTransport::new(LIMIT);
    let transport = match authorities {
        Some(authorities) => transport.with_authorities(authorities),
        None => transport,
    };
    let sent = timeout(LIMIT, transport.send(request)).await;
    let response = match sent {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            let next = "check the API URL, the proxy, and `ca_file` or SSL_CERT_FILE";
            report.problem("response", Exit::Transient, error.to_string(), next);
            return false;
        }
        Err(_) => {
            report.problem("response", Exit::Transient, "no response in time", "try again");
            return false;
        }
    };
    let tls = if origin.starts_with("https:") { "TLS and HTTP work" } else { "HTTP works, without TLS" };
    report.ok("response", tls);
    let date = response.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
    match date.and_then(http_date) {
        Some(theirs) => clock(report, theirs),
        None => report.skipped("clock", "the provider does not say what time it is"),
    }
    true
}

/// A time as in HTTP's `Date`.
fn http_date(text: &str) -> Option<OffsetDateTime> {
    let numeric = text.replace("GMT", "+0000");
    OffsetDateTime::parse(&numeric, &Rfc2822).ok().or_else(|| parse_time(text))
}

fn clock(report: &mut Report, theirs: OffsetDateTime) {
    let skew = (SystemClock.now() - theirs).unsigned_abs();
    let differs = readable_duration(skew);
    if skew <= MAX_SKEW {
        report.ok("clock", format!("differs from the provider's by {differs}"));
    } else {
        let what = format!("differs from the provider's by {differs}");
        let next = "set this machine's clock: tokens and webhooks of another time are refused";
        report.problem("clock", Exit::Denied, what, next);
    }
}

/// Reads a payment that does not exist: a provider that says so has accepted the credentials.
async fn authenticates(report: &mut Report, client: &RefundClient) {
    let Ok(nobody) = PaymentId::new(Uuid::new_v4().to_string()) else { return };
    match client.payment(&nobody).await {
        Ok(_) => {}
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::InvalidRequest | ErrorKind::Unsupported => {}
            ErrorKind::PermissionDenied => {
                let next = "give these credentials the right to read payments and refunds";
                return report.error("credentials", &error, next);
            }
            ErrorKind::Unauthenticated => {
                let next = "check the credentials, and that they belong to this account and to test or live";
                return report.error("credentials", &error, next);
            }
            _ => return report.error("credentials", &error, "try again"),
        },
    }
    report.ok("credentials", "are accepted for reading");
    report.skipped("refunds", "the permission to refund cannot be checked without making a refund");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_responses_are_read() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.unix_timestamp(), 784_111_777);
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn a_clock_that_is_off_is_a_problem() {
        let of = |seconds| {
            let mut report = Report { checks: Vec::new(), exit: Exit::Done };
            clock(&mut report, SystemClock.now() + time::Duration::seconds(seconds));
            (report.checks[0].state, report.exit)
        };
        assert_eq!(of(-30), (State::Ok, Exit::Done));
        for seconds in [-120, 120, 400_000_000] {
            assert_eq!(of(seconds), (State::Problem, Exit::Denied));
        }
    }

    #[test]
    fn the_port_of_an_address() {
        for (text, want) in [
            ("https://api.example.com", Some("api.example.com:443")),
            ("http://[::1]:8080", Some("[::1]:8080")),
            ("", None),
        ] {
            assert_eq!(Origin::of(text).map(|origin| origin.address()).as_deref(), want, "{text}");
        }
    }
}
