//! `refunds sandbox`: both providers' APIs on loopback, for other processes.

use std::io::{self, Write};

use refunds_sandbox::{Outcome, Sandbox, dintero, mattilda};
use serde_json::json;

use super::{Context, Result};
use crate::{args::SandboxArgs, exit::Exit, failure::Failure, interrupt::interrupted};

/// Where the commands that control a running sandbox find it.
const URL_VARIABLE: &str = "REFUNDS_SANDBOX_URL";

pub(super) async fn run(context: &mut Context, args: SandboxArgs) -> Result<Exit> {
    let sandbox = Sandbox::builder()
        .dintero_port(args.dintero_port)
        .mattilda_port(args.mattilda_port)
        .admin_port(args.admin_port)
        .start()
        .await
        .map_err(|error| Failure::other(format!("cannot start the sandbox: {error}")))?;
    let payments = payments(&sandbox);
    let page = sandbox.admin_url().unwrap_or_default();
    let mut env = sandbox.env();
    env.push((URL_VARIABLE.to_owned(), page.clone()));
    for fault in args.faults {
        sandbox.faults().add(fault);
    }
    // Before anything reads the variables: a signal that comes at once must be handled.
    let mut interrupted = std::pin::pin!(interrupted());
    tokio::select! {
        biased;
        () = &mut interrupted => return Ok(Exit::Done),
        () = std::future::ready(()) => {}
    }
    if context.format.is_json() {
        write_json(&mut context.out, &env, &payments)?;
    } else {
        writeln!(context.out, "# The page: {page}")?;
        write_shell(&mut context.out, &env, &payments)?;
    }
    context.out.flush()?;
    interrupted.await;
    Ok(Exit::Done)
}

/// A payment that exists from the start.
struct Ready {
    provider: &'static str,
    what: &'static str,
    id: String,
}

fn payments(sandbox: &Sandbox) -> [Ready; 7] {
    let (dintero, mattilda) = (sandbox.dintero(), sandbox.mattilda());
    let of_dintero = |what, id| Ready { provider: "dintero", what, id };
    let of_mattilda = |what, id| Ready { provider: "mattilda", what, id };
    let slow = dintero::TransactionSpec::new(44_850, "NOK").asynchronous(Outcome::Succeeded);
    let paid = dintero.captured(44_850, "NOK");
    let order = dintero::OrderSpec::new("NOK").line(1, 29_900).line(2, 14_950).captured_by(&paid);
    let slow_mattilda = mattilda::TransactionSpec::new(129_900, "MXN").asynchronous(Outcome::Succeeded);
    let declining = mattilda::TransactionSpec::new(129_900, "MXN").ends(Outcome::Declined);
    [
        of_dintero("captured", paid),
        of_dintero("order", dintero.order(order)),
        of_dintero("asynchronous", dintero.transaction(slow)),
        of_dintero("declining", dintero.transaction(declining_dintero())),
        of_mattilda("captured", mattilda.captured(129_900, "MXN")),
        of_mattilda("asynchronous", mattilda.transaction(slow_mattilda)),
        of_mattilda("declining", mattilda.transaction(declining)),
    ]
}

fn declining_dintero() -> dintero::TransactionSpec {
    dintero::TransactionSpec::new(44_850, "NOK").declines(dintero::Decline::default())
}

fn write_json(out: &mut impl Write, env: &[(String, String)], payments: &[Ready]) -> io::Result<()> {
    let env: serde_json::Map<_, _> = env.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut ids = serde_json::Map::new();
    for payment in payments {
        let provider = ids.entry(payment.provider).or_insert_with(|| json!({}));
        provider[payment.what] = json!(payment.id);
    }
    writeln!(out, "{}", json!({"env": env, "payments": ids}))
}

/// Lines for `eval`, with the payments as comments.
fn write_shell(out: &mut impl Write, env: &[(String, String)], payments: &[Ready]) -> io::Result<()> {
    writeln!(out, "# Both providers on loopback, until interrupted. In another shell:")?;
    for (name, value) in env {
        writeln!(out, "export {name}={}", quoted(value))?;
    }
    writeln!(out, "export REFUNDS_PROVIDER=dintero  # or mattilda")?;
    writeln!(out, "# Payments to refund:")?;
    for Ready { provider, what, id } in payments {
        writeln!(out, "#   {provider:<9} {what:<13} {id}")?;
    }
    Ok(())
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
