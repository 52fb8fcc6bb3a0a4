//! How a sandbox is reported: the variables that point to it, and its payments.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use refunds_sandbox::{Delivery, Provider};
use serde_json::json;

use super::payments::Ready;
use crate::output::clean;

/// What others need to use the sandbox.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) env: Vec<(String, String)>,
    /// The address of the page that shows and controls the sandbox.
    pub(super) page: String,
    pub(super) payments: Vec<Ready>,
    /// `None` if the ids go on from those of an earlier run.
    pub(super) seed: Option<u64>,
}

impl Access {
    /// One object on one line.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let env: serde_json::Map<_, _> =
            self.env.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let mut ids = serde_json::Map::new();
        for payment in &self.payments {
            let provider = ids.entry(payment.provider.as_str()).or_insert_with(|| json!({}));
            provider[&payment.name] = json!(payment.id);
        }
        let list: Vec<_> = self.payments.iter().map(Ready::to_json).collect();
        writeln!(out, "{}", json!({"env": env, "payments": ids, "list": list, "seed": self.seed}))
    }

    /// Lines for `eval`, with the payments as comments.
    pub(super) fn write_shell(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "# The page: {}", self.page)?;
        writeln!(out, "# Both providers on loopback, until interrupted. In another shell:")?;
        for (name, value) in &self.env {
            writeln!(out, "export {name}={}", quoted(value))?;
        }
        writeln!(out, "export REFUNDS_PROVIDER=dintero  # or mattilda")?;
        self.write_payments(out)
    }

    /// The same in sections, one for each provider.
    fn write_sections(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "# Written by `refunds sandbox`; worth nothing when the sandbox has ended.")?;
        for provider in [Provider::Dintero, Provider::Mattilda] {
            let prefix = format!("{}_", provider.as_str().to_ascii_uppercase());
            writeln!(out, "\n# With REFUNDS_PROVIDER={provider}:")?;
            for (name, value) in self.env.iter().filter(|(name, _)| name.starts_with(&prefix)) {
                writeln!(out, "export {name}={}", quoted(value))?;
            }
        }
        writeln!(out, "\n# The page, for `refunds sandbox fault` and the like:")?;
        writeln!(out, "export REFUNDS_SANDBOX_URL={}", quoted(&self.page))?;
        writeln!(out, "\n# The provider of `refunds` without --provider: dintero or mattilda.")?;
        writeln!(out, "export REFUNDS_PROVIDER=dintero\n")?;
        self.write_payments(out)
    }

    fn write_payments(&self, out: &mut impl Write) -> io::Result<()> {
        match self.seed {
            Some(seed) => writeln!(out, "# Payments to refund (--seed {seed} makes the same ids again):")?,
            None => writeln!(out, "# Payments to refund:")?,
        }
        let widest = |text: fn(&Ready) -> String| {
            self.payments.iter().map(|payment| text(payment).chars().count()).max().unwrap_or_default()
        };
        let names = widest(|payment| payment.name.clone());
        let amounts = widest(|payment| payment.money.to_string());
        for payment in &self.payments {
            let Ready { provider, name, id, money, .. } = payment;
            let (name, money) = (clean(name), money.to_string());
            writeln!(out, "#   {:<9} {name:<names$}  {money:>amounts$}  {}", provider.as_str(), clean(id))?;
        }
        Ok(())
    }

    /// Writes a file for a shell to source. It is complete from the moment when it is there, and only its owner
    /// can read it.
    pub(super) fn write_file(&self, path: &Path) -> io::Result<()> {
        let mut text = Vec::new();
        self.write_sections(&mut text)?;
        let mut part = path.as_os_str().to_owned();
        part.push(OsString::from(format!(".{}.part", std::process::id())));
        let part = Path::new(&part);
        let written = create_private(part)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| fs::rename(part, path));
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(part);
        }
        written
    }
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// One line about a webhook that was sent, or was not.
pub(super) fn delivery_line(delivery: &Delivery, as_json: bool) -> String {
    let Delivery { provider, url, event, attempt, status, error, .. } = delivery;
    if as_json {
        let webhook = json!({
            "provider": provider.as_str(),
            "event": event,
            "url": url,
            "attempt": attempt,
            "status": status,
            "error": error,
            "is_final": delivery.next_attempt.is_none(),
        });
        return json!({"webhook": webhook}).to_string();
    }
    let result = match (status, error) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => error.clone(),
        (None, None) => "no response".to_owned(),
    };
    let end = match delivery.next_attempt {
        Some(_) => ", will be sent again",
        None if delivery.is_accepted() => "",
        None => ", given up",
    };
    clean(&format!("webhook: {provider} {event} to {url}, attempt {attempt}: {result}{end}")).into_owned()
}

/// Quotes any text as one word of a POSIX shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_values_as_they_are() {
        assert_eq!(quoted("a\nb $x `y` \"z\" \\"), "'a\nb $x `y` \"z\" \\'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
