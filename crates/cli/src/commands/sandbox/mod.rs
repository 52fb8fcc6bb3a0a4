//! `refunds sandbox`: both providers' APIs on loopback, for other processes.

mod check;
mod payments;
mod print;
mod scenario;
mod store;
mod suggest;
mod values;

use std::{
    hash::{BuildHasher, RandomState},
    io::Write,
    mem,
    path::Path,
};

use refunds_sandbox::{Provider, Sandbox};

use self::{
    payments::{Ready, Wanted},
    print::{Access, delivery_line},
    scenario::Scenario,
    store::Store,
};
use super::{Context, Result};
use crate::{
    args::SandboxArgs,
    exit::Exit,
    failure::{Failure, say},
    interrupt::interrupted,
};

/// Where the commands that control a running sandbox find it.
const URL_VARIABLE: &str = "REFUNDS_SANDBOX_URL";

/// Everything that happens to refunds.
const DINTERO_EVENTS: [&str; 2] = ["checkout_transaction", "shopping_order_event_add"];

pub(super) async fn run(context: &mut Context, args: SandboxArgs) -> Result<Exit> {
    let (mut scenario, source) = scenario::scenario(&args)?;
    // Of several faults that apply, the first one counts.
    let faults = [args.faults, check::faults(&scenario.faults, &source)?].concat();
    let (payments, source) = match mem::take(&mut scenario.payments) {
        none if none.is_empty() => scenario::default_payments()?,
        payments => (payments, source),
    };
    let wanted = check::payments(&payments, &source)?;
    let seed = scenario.seed.unwrap_or_else(random_seed);
    let mut store = args.state.as_deref().map(Store::open).transpose()?;
    let (records, known) = match &mut store {
        Some(store) => (store.records()?, store.payments()?),
        None => (Vec::new(), Vec::new()),
    };
    let seed_counts = records.is_empty();
    let sandbox = Sandbox::builder()
        .dintero_port(scenario.dintero.port.unwrap_or_default())
        .mattilda_port(scenario.mattilda.port.unwrap_or_default())
        .admin_port(args.admin_port.unwrap_or_default())
        .seed(seed)
        .records(records)
        .start()
        .await
        .map_err(|error| Failure::other(format!("cannot start the sandbox: {error}")))?;
    configure(&sandbox, scenario);
    for fault in faults {
        sandbox.faults().add(fault);
    }
    let is_new = |payment: &Wanted| {
        !known.iter().any(|known| (known.provider, &known.name) == (payment.provider, &payment.name))
    };
    let added = wanted.into_iter().filter(is_new).map(|payment| payment.add(&sandbox));
    let added: Vec<Ready> = added.collect();
    if let Some(store) = &mut store {
        // The payments first: a name without its payment would be listed for ever.
        store.save(&sandbox)?;
        store.add_payments(&added)?;
    }
    let payments = known.into_iter().chain(added).collect();
    // Before anything reads the variables: a signal that comes at once must be handled.
    let mut interrupted = std::pin::pin!(interrupted());
    tokio::select! {
        biased;
        () = &mut interrupted => return Ok(Exit::Done),
        () = std::future::ready(()) => {}
    }
    let page = sandbox.admin_url().unwrap_or_default();
    let mut env = sandbox.env();
    env.push((URL_VARIABLE.to_owned(), page.clone()));
    let access = Access { env, page, payments, seed: seed_counts.then_some(seed) };
    if let Some(file) = &args.env {
        access.write_file(file).map_err(|error| unwritable(file, &error))?;
    }
    let as_json = context.format.is_json();
    if as_json {
        access.write_json(&mut context.out)?;
    } else {
        access.write_shell(&mut context.out)?;
    }
    context.out.flush()?;
    tokio::select! {
        () = &mut interrupted => {}
        () = sandbox.webhooks().run(|delivery| say(&delivery_line(&delivery, as_json))) => {}
        failed = keep_saving(store.as_mut(), &sandbox) => failed?,
    }
    sandbox.stop_listening().await;
    if let Some(store) = &mut store {
        store.save(&sandbox)?;
    }
    Ok(Exit::Done)
}

/// Never ends if there is nothing to save to.
async fn keep_saving(store: Option<&mut Store>, sandbox: &Sandbox) -> Result<()> {
    match store {
        Some(store) => store.keep_saving(sandbox).await,
        None => std::future::pending().await,
    }
}

/// Sets everything but ports, seed and payments.
fn configure(sandbox: &Sandbox, scenario: Scenario) {
    let Scenario { settle_after, dintero, mattilda, .. } = scenario;
    if let Some(time) = settle_after {
        sandbox.set_settle_after(Some(time.0.0));
        sandbox.set_settle_after_reads(None);
    }
    for (provider, rate) in
        [(Provider::Dintero, dintero.rate_limit), (Provider::Mattilda, mattilda.rate_limit)]
    {
        sandbox.set_rate_limit(provider, rate.map(|rate| rate.0.0));
    }
    if let Some(url) = dintero.webhooks {
        sandbox.dintero().subscribe(url.0.0, DINTERO_EVENTS);
    }
    let side = sandbox.mattilda();
    if let Some(url) = mattilda.webhooks {
        side.subscribe(url.0.0);
    }
    if let Some(fields) = mattilda.fields {
        side.set_fields(fields.into());
    }
    if let Some(size) = mattilda.page_size {
        side.set_page_size(size.0.into());
    }
    if let Some(mode) = mattilda.idempotency {
        side.set_idempotency(mode.into());
    }
}

/// Short enough to be typed.
fn random_seed() -> u64 {
    RandomState::new().hash_one("seed") % 1_000_000
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::other(format!("cannot write {}: {error}", file.display()))
}
