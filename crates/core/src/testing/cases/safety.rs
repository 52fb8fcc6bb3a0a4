//! Hostile ids, secrets, many tasks and dropped futures.

use std::{
    collections::BTreeSet, error::Error as _, fmt::Write as _, future::poll_fn, task::Poll, time::Duration,
};

use crate::{
    Error,
    ErrorKind::{InvalidRequest, NotFound, Unsupported},
    MAX_ID_LEN, PageRequest, PaymentId, RefundId, RefundProvider,
    testing::{
        Fault, FaultTarget,
        kit::{Kit, attempt},
        verdict::{Verdict, ensure, failed, needs, not_read, ok, refused},
    },
};

use super::once::ends_in_one;

const TASKS: usize = 100;
/// A future is dropped after one to this many polls.
const POLLS: usize = 10;
/// How long a request on the wire has to arrive.
const A_MOMENT: Duration = Duration::from_millis(2);
/// How long a request of a dropped future has to be processed.
const A_WHILE: Duration = Duration::from_millis(25);

pub(crate) async fn hostile_payment_ids_reach_nothing(kit: Kit<'_>) -> Verdict {
    let (victim, minor) = kit.any().await;
    let refund = kit.create(&victim, minor).await?;
    let kinds = [NotFound, InvalidRequest, Unsupported];
    for id in hostile(victim.as_str()) {
        let Ok(payment) = PaymentId::new(&*id) else { continue };
        let (provider, before) = (kit.provider(), requests(kit).await.len());
        not_read(&format!("payment {id:?}"), provider.payment(&payment).await, &kinds)?;
        let listed = provider.list_refunds(&payment, &PageRequest::first()).await;
        not_read(&format!("list {id:?}"), listed, &kinds)?;
        not_read(&format!("get {id:?}"), provider.get_refund(&payment, &refund.id).await, &kinds)?;
        let request = kit.ask(&payment, minor);
        let result = provider.submit_refund(&attempt(&request)).await;
        refused(&format!("submission over {id:?}"), result, &kinds)?;
        refused(&format!("creation over {id:?}"), kit.client().create(&request).await, &kinds)?;
        not_on_the_wire(kit, &id, before).await?;
    }
    kit.ensure_moved(&victim, minor, "after hostile ids").await
}

pub(crate) async fn hostile_refund_ids_reach_nothing(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let victim = kit.create(&payment, minor).await?;
    for id in hostile(victim.id.as_str()) {
        let Ok(refund) = RefundId::new(&*id) else { continue };
        let before = requests(kit).await.len();
        let result = kit.provider().get_refund(&payment, &refund).await;
        not_read(&format!("get {id:?}"), result, &[NotFound, InvalidRequest])?;
        not_on_the_wire(kit, &id, before).await?;
    }
    Ok(())
}

pub(crate) async fn no_secret_is_in_debug(kit: Kit<'_>) -> Verdict {
    let secrets = secrets(kit)?;
    let (payment, minor) = kit.any().await;
    let refund = kit.create(&payment, minor).await?;
    let provider = kit.provider();
    let reported = ok("the payment", provider.payment(&payment).await)?;
    // After these calls a token is cached.
    for (what, shown) in [
        ("a fresh provider", format!("{:?}", kit.provider())),
        ("the provider", format!("{provider:?} {provider:#?}")),
        ("its client", format!("{:?}", kit.client_of(provider.clone()))),
        ("its capabilities", format!("{:?}", provider.capabilities())),
        ("a payment", format!("{reported:?}")),
        ("a refund", format!("{refund:?} {refund:#?}")),
    ] {
        shows_none(&secrets, what, &shown)?;
    }
    Ok(())
}

pub(crate) async fn no_secret_is_in_errors(kit: Kit<'_>) -> Verdict {
    let secrets = secrets(kit)?;
    let provider = kit.provider();
    let (payment, minor) = kit.any().await;
    let unknown = ok("an id", RefundId::new("no-such-refund"))?;
    let mut errors = vec![provider.get_refund(&payment, &unknown).await.err()];
    if let Some(unknown) = kit.harness.unknown_payment().await {
        errors.push(provider.payment(&unknown).await.err());
        errors.push(kit.client().create(&kit.ask(&unknown, minor)).await.err());
    }
    errors.push(provider.submit_refund(&attempt(&kit.ask(&payment, kit.whole() + kit.step()))).await.err());
    for fault in Fault::ALL {
        if kit.harness.inject(fault, FaultTarget::Read).await {
            errors.push(kit.provider().payment(&payment).await.err());
        }
        kit.harness.heal().await;
        let (payment, minor) = kit.any().await;
        if kit.harness.inject(fault, FaultTarget::Submit).await {
            errors.push(kit.provider().submit_refund(&attempt(&kit.ask(&payment, minor))).await.err());
        }
        kit.harness.heal().await;
    }
    for error in errors.into_iter().flatten() {
        shows_none(&secrets, "an error", &everything(&error))?;
    }
    Ok(())
}

pub(crate) async fn a_hundred_tasks_at_once_are_served(kit: Kit<'_>) -> Verdict {
    let provider = kit.provider();
    let client = kit.client_of(provider.clone());
    let mut tasks = Vec::new();
    for _ in 0..TASKS {
        let (payment, minor) = kit.any().await;
        let (client, request) = (client.clone(), kit.ask(&payment, minor));
        // This compiles only if the futures are `Send`.
        tasks.push(tokio::spawn(async move {
            let refund = client.create(&request).await?;
            let reported = client.provider().get_refund(&request.payment_id, &refund.id).await?;
            Ok::<_, Error>((request, reported))
        }));
    }
    let mut ids = BTreeSet::new();
    for task in tasks {
        let reported = task.await.map_err(|error| failed(format!("a task: {error}")))?;
        let (request, refund) = ok("one of a hundred tasks", reported)?;
        kit.ensure_moved(&request.payment_id, kit.part(), "after one of a hundred tasks").await?;
        ensure!(refund.payment_id == request.payment_id, "one task received another task's refund");
        ids.insert((refund.payment_id, refund.id));
    }
    ensure!(ids.len() == TASKS, "{TASKS} refunds were made, but only {} are distinct", ids.len());
    Ok(())
}

pub(crate) async fn dropped_reads_leave_it_usable(kit: Kit<'_>) -> Verdict {
    let payment = kit.captured(kit.whole()).await;
    let provider = kit.provider();
    for polls in 1..=POLLS {
        drop_after(polls, provider.overview(&payment)).await;
        drop_after(polls, provider.payment(&payment)).await;
        ok("a read after dropped ones", provider.payment(&payment).await)?;
    }
    Ok(())
}

pub(crate) async fn dropped_submissions_leave_it_usable_and_make_one(kit: Kit<'_>) -> Verdict {
    let provider = kit.provider();
    for polls in 1..=POLLS {
        let (payment, minor) = kit.any().await;
        let request = kit.ask(&payment, minor);
        drop_after(polls, Box::pin(kit.client_of(provider.clone()).create(&request))).await;
        tokio::time::sleep(A_WHILE).await;
        ok("a read after a dropped submission", provider.payment(&payment).await)?;
        ends_in_one(kit, &request, minor).await?;
    }
    let (payment, minor) = kit.any().await;
    let last = kit.client_of(provider).create(&kit.ask(&payment, minor)).await;
    ok("a refund after dropped ones", last)?;
    Ok(())
}

/// Polls a future this many times, with a moment for the wire in between, and drops it.
async fn drop_after(polls: usize, future: impl Future) {
    let mut future = std::pin::pin!(future);
    for _ in 0..polls {
        let poll = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if poll.is_ready() {
            return;
        }
        tokio::time::sleep(A_MOMENT).await;
    }
}

/// Ids that a careless adapter would turn into other requests, built around a real one.
fn hostile(real: &str) -> Vec<String> {
    let long: String = "x".repeat(MAX_ID_LEN);
    let plain = ["../x", "ax/by", "%2e%2e", "%2e%2e%2f%2e%2e", "x?y=1", "x#y", "x;y", "\\..\\x", "å%00"];
    let mut ids: Vec<String> = plain.map(str::to_owned).into();
    ids.push(long);
    ids.extend(
        [
            "{}?y=1",
            "{}#y",
            "{}/",
            "{}/refunds",
            "x/../{}",
            "../{}",
            "./{}",
            "{}%2f",
            "{}%3fy=1",
            "//{}",
            "{}/.",
        ]
        .map(|shape| shape.replace("{}", real)),
    );
    ids
}

/// Where the harness shows the wire: no request since `before` contains the id unescaped.
async fn not_on_the_wire(kit: Kit<'_>, id: &str, before: usize) -> Verdict {
    for path in requests(kit).await.into_iter().skip(before) {
        let bare = id.contains(['/', '?', '#', '%', '\\']) && path.contains(id);
        ensure!(!bare, "{id:?} is on the wire unescaped: {path}");
        ensure!(!path.contains("/../") && !path.contains("/./"), "a path has dot segments: {path}");
    }
    Ok(())
}

async fn requests(kit: Kit<'_>) -> Vec<String> {
    kit.harness.requests().await.unwrap_or_default()
}

fn secrets(kit: Kit<'_>) -> Verdict<Vec<String>> {
    let secrets = kit.harness.secrets();
    if secrets.is_empty() { Err(needs("secrets to look for")) } else { Ok(secrets) }
}

fn shows_none(secrets: &[String], what: &str, shown: &str) -> Verdict {
    // The message does not name the secret either.
    ensure!(!secrets.iter().any(|secret| shown.contains(secret.as_str())), "{what} shows a secret");
    Ok(())
}

/// All that an error can show.
fn everything(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?} {:?}", error.unresolved());
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, " {cause} {cause:?}");
        source = cause.source();
    }
    text
}
