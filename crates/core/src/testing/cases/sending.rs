//! What the journal relies on: the send window, reported references, the scope and the money key.

use std::time::Duration;

use crate::{
    References, SendWindow,
    testing::{
        kit::{Kit, attempt},
        verdict::{Verdict, ensure, ok, refused, skipped},
    },
};

/// How long a send window of the kit is open.
const WINDOW: Duration = Duration::from_secs(60);

pub(crate) async fn a_closed_window_sends_nothing(kit: Kit<'_>) -> Verdict {
    needs_window(kit)?;
    let (payment, minor) = kit.any().await;
    let window = SendWindow::new(kit.clock.clone(), WINDOW);
    let _ = window.close();
    let submit = attempt(&kit.ask(&payment, minor)).with_window(window);
    let error = refused(
        "a request whose window is closed",
        kit.provider().submit_refund(&submit).await,
        &[crate::ErrorKind::Timeout],
    )?;
    ensure!(error.is_retryable(), "it was not sent, but the error is not retryable: {error}");
    kit.ensure_moved(&payment, 0, "after a request whose window was closed").await
}

pub(crate) async fn a_request_that_leaves_begins_its_window(kit: Kit<'_>) -> Verdict {
    needs_window(kit)?;
    let (payment, minor) = kit.any().await;
    let window = SendWindow::new(kit.clock.clone(), WINDOW);
    let submit = attempt(&kit.ask(&payment, minor)).with_window(window.clone());
    ok("a submission", kit.provider().submit_refund(&submit).await)?;
    ensure!(window.has_begun(), "a request left, but its window was not begun");
    kit.ensure_moved(&payment, minor, "after a submission").await
}

pub(crate) async fn references_are_shown_where_capabilities_say(kit: Kit<'_>) -> Verdict {
    if kit.capabilities().references != References::Reported {
        return Err(skipped("its capabilities say that references may be hidden"));
    }
    let payments = [
        Some(kit.any().await),
        kit.slow(kit.part(), crate::RefundStatus::Succeeded).await.ok().map(|payment| (payment, kit.part())),
    ];
    for (payment, minor) in payments.into_iter().flatten() {
        let submit = attempt(&kit.ask(&payment, minor));
        let refund = ok("a submission", kit.provider().submit_refund(&submit).await)?;
        let read = ok("reading it", kit.provider().get_refund(&payment, &refund.id).await)?;
        let listed = kit.listing(&payment).await?.refunds;
        for shown in listed.iter().chain([&refund, &read]) {
            let reference = shown.reference.as_ref();
            ensure!(
                reference == Some(&submit.request.reference),
                "the capabilities say that references are shown, but refund {} shows {reference:?}",
                shown.id
            );
        }
    }
    Ok(())
}

pub(crate) async fn the_account_stays_the_same_and_is_no_secret(kit: Kit<'_>) -> Verdict {
    let scope = kit.provider().scope();
    ensure!(scope.provider() == kit.harness.name(), "the scope names the provider {:?}", scope.provider());
    ensure!(scope == kit.provider().scope(), "another instance with the same settings has another scope");
    let shown = format!("{scope} {scope:?}");
    for secret in kit.harness.secrets() {
        ensure!(!shown.contains(&secret), "the scope shows a secret");
    }
    Ok(())
}

pub(crate) async fn the_money_of_a_payment_stays_the_same(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let before = ok("the money key", kit.provider().money(&payment).await)?;
    kit.create(&payment, minor).await?;
    let after = ok("the money key after a refund", kit.provider().money(&payment).await)?;
    ensure!(before == after, "the money key was {before}, after a refund it is {after}");
    let (other, _) = kit.any().await;
    let others = ok("the money key of another payment", kit.provider().money(&other).await)?;
    ensure!(others != after, "two payments share the money key {after}");
    Ok(())
}

fn needs_window(kit: Kit<'_>) -> Verdict {
    let asks = kit.capabilities().send_window;
    if asks { Ok(()) } else { Err(skipped("it does not check a send window")) }
}
