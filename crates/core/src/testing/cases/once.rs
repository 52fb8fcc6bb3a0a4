//! A refund requested once is made once.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::{
    CreateRefund, ErrorKind, Refund, RefundStatus, Replay, Result,
    testing::{
        kit::{Kit, ask_remaining, attempt},
        verdict::{Verdict, ensure, failed, ok, refused, skipped},
    },
};

const WORKERS: usize = 4;

pub(crate) async fn the_same_reference_is_the_same_refund(kit: Kit<'_>) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    let first = ok("creating it", kit.client().create(&request).await)?;
    for when in ["repeated", "repeated again"] {
        let result = kit.client().create(&request).await;
        the_same(kit, &first, result, when).await?;
        kit.ensure_moved(&payment, minor, when).await?;
        kit.ensure_made_once(&request, when).await?;
    }
    Ok(())
}

pub(crate) async fn the_same_reference_over_another_amount_is_a_conflict(kit: Kit<'_>) -> Verdict {
    kit.needs_multiple()?;
    let payment = kit.captured(kit.whole()).await;
    let request = kit.ask(&payment, kit.third());
    ok("creating it", kit.client().create(&request).await)?;
    let mut another = kit.ask(&payment, kit.third() + kit.step());
    another.reference = request.reference.clone();
    match kit.client().create(&another).await {
        Ok(refund) => return Err(failed(format!("one reference with two amounts returned {refund:?}"))),
        Err(error) => {
            let truth = (error.kind(), error.may_have_applied());
            ensure!(truth == (ErrorKind::Conflict, false), "not a conflict: {error}");
        }
    }
    kit.ensure_moved(&payment, kit.third(), "after the conflict").await?;
    kit.ensure_made_once(&request, "after the conflict").await
}

pub(crate) async fn two_references_are_two_refunds(kit: Kit<'_>) -> Verdict {
    kit.needs_multiple()?;
    let payment = kit.captured(kit.whole()).await;
    let first = kit.create(&payment, kit.third()).await?;
    // Equal amounts: where references are hidden, the journal distinguishes them.
    let second = kit.create(&payment, kit.third()).await?;
    ensure!(first.id != second.id, "two references share the refund {}", first.id);
    kit.ensure_moved(&payment, 2 * kit.third(), "after two refunds").await
}

pub(crate) async fn the_remainder_is_what_is_left(kit: Kit<'_>) -> Verdict {
    kit.needs_multiple()?;
    let payment = kit.captured(kit.whole()).await;
    kit.create(&payment, kit.third()).await?;
    let request = ask_remaining(&payment);
    let rest = ok("the remainder", kit.client().create(&request).await)?;
    let left = kit.money(kit.whole() - kit.third());
    ensure!(rest.amount == left, "{left} was refundable, but {} was refunded", rest.amount);
    the_same(kit, &rest, kit.client().create(&request).await, "the remainder, requested again").await?;
    let payment_now = ok("the payment", kit.provider().payment(&payment).await)?;
    ensure!(
        payment_now.refundable.is_zero(),
        "after the remainder, {} is still refundable",
        payment_now.refundable
    );
    kit.ensure_moved(&payment, kit.whole(), "after the remainder").await
}

pub(crate) async fn workers_with_one_journal_make_one(kit: Kit<'_>) -> Verdict {
    one_of_many_workers(kit, true).await
}

pub(crate) async fn workers_without_a_journal_make_one_by_the_key(kit: Kit<'_>) -> Verdict {
    kit.needs_key()?;
    one_of_many_workers(kit, false).await
}

pub(crate) async fn the_key_is_honoured(kit: Kit<'_>) -> Verdict {
    kit.needs_key()?;
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    let first = ok("a submission", kit.provider().submit_refund(&attempt(&request)).await)?;
    if let Some(again) = replayed(kit, &request).await? {
        ensure!(first.id == again.id, "one key made two refunds: {} and {}", first.id, again.id);
    }
    kit.ensure_moved(&payment, minor, "after one submission, sent twice").await?;
    kit.ensure_made_once(&request, "after one submission, sent twice").await
}

pub(crate) async fn a_key_over_another_amount_moves_nothing(kit: Kit<'_>) -> Verdict {
    kit.needs_key()?;
    kit.needs_multiple()?;
    let payment = kit.captured(kit.whole()).await;
    let request = kit.ask(&payment, kit.third());
    ok("a submission", kit.provider().submit_refund(&attempt(&request)).await)?;
    let mut another = kit.ask(&payment, kit.third() + kit.step());
    another.reference = request.reference.clone();
    if let Ok(refund) = kit.provider().submit_refund(&attempt(&another)).await {
        // A provider may return the first refund, but not as if it were the second.
        ensure!(
            refund.amount == kit.money(kit.third()),
            "the key's refund is reported with the amount {}",
            refund.amount
        );
    }
    kit.ensure_moved(&payment, kit.third(), "one key, two amounts").await
}

pub(crate) async fn the_key_replays_as_capabilities_say(kit: Kit<'_>) -> Verdict {
    kit.needs_key()?;
    let payment = kit.slow(kit.whole(), RefundStatus::Succeeded).await?;
    let request = kit.ask(&payment, kit.part());
    let first = ok("a submission", kit.provider().submit_refund(&attempt(&request)).await)?;
    let end = super::life::end(kit, &first).await?.status;
    let Some(again) = replayed(kit, &request).await? else { return Ok(()) };
    let replay = kit.replay();
    if first.status == end && again.status == end {
        return Err(skipped(
            "the first response has the final status, so both kinds of replay look the same",
        ));
    }
    let expected = if replay == Some(Replay::FirstAnswer) { first.status } else { end };
    ensure!(
        again.status == expected,
        "{replay:?} means {expected}, but the repeated submission returned {}",
        again.status
    );
    Ok(())
}

pub(crate) async fn a_key_in_flight_is_handled_as_capabilities_say(kit: Kit<'_>) -> Verdict {
    kit.needs_key()?;
    let (payment, minor) = kit.any().await;
    let submit = attempt(&kit.ask(&payment, minor));
    let attempts = (0..WORKERS).map(|_| async { kit.provider().submit_refund(&submit).await });
    let result = join_all(attempts).await;
    let conflict = kit.capabilities().idempotency.honoured().is_some_and(|key| key.conflict_in_flight);
    let (mut ids, mut met_conflict) = (BTreeSet::new(), false);
    for result in result {
        match result {
            Ok(refund) => drop(ids.insert(refund.id)),
            Err(error) => {
                let allowed = error.kind() == ErrorKind::Conflict
                    && if error.is_retryable() { conflict } else { kit.replay() == Some(Replay::Refused) };
                ensure!(allowed && !error.may_have_applied(), "a key in flight: {error}");
                met_conflict |= error.is_retryable();
            }
        }
    }
    ensure!(ids.len() == 1, "concurrent submissions with one key returned {ids:?}");
    kit.ensure_moved(&payment, minor, "after concurrent submissions with one key").await?;
    if conflict && !met_conflict {
        return Err(skipped("no submission met another one in flight, so no conflict was shown"));
    }
    Ok(())
}

pub(crate) async fn a_spent_reference_stays_spent(kit: Kit<'_>) -> Verdict {
    let payment = kit.slow(kit.whole(), RefundStatus::Declined).await?;
    let request = kit.ask(&payment, kit.part());
    let first = ok("creating it", kit.client().create(&request).await)?;
    super::life::end(kit, &first).await?;
    let result = kit.client().create(&request).await;
    the_same(kit, &first, result, "repeated after the decline").await?;
    kit.ensure_made_once(&request, "repeated after the decline").await
}

/// Submits again: returns the refund, or `None` where it is refused as the capabilities say.
async fn replayed(kit: Kit<'_>, request: &CreateRefund) -> Verdict<Option<Refund>> {
    let result = kit.provider().submit_refund(&attempt(request)).await;
    if kit.replay() != Some(Replay::Refused) {
        let hint = "the same submission (if the provider refuses it, `Replay::Refused` says so)";
        return ok(hint, result).map(Some);
    }
    let error = refused("the same submission", result, &[ErrorKind::Conflict])?;
    ensure!(!error.is_retryable(), "a spent reference stays spent, but the error is retryable: {error}");
    Ok(None)
}

/// Workers request the same refund at the same moment, each with a provider of its own.
async fn one_of_many_workers(kit: Kit<'_>, journal: bool) -> Verdict {
    let (payment, minor) = kit.any().await;
    let request = kit.ask(&payment, minor);
    // Concurrently in one task: each looks before any of them has a response.
    let workers = (0..WORKERS).map(|_| {
        let client = if journal { kit.client() } else { kit.without_journal(kit.provider()) };
        let request = &request;
        async move { client.create(request).await }
    });
    let result = join_all(workers).await;
    kit.ensure_moved(&payment, minor, "after all workers").await?;
    kit.ensure_made_once(&request, "after all workers").await?;
    // Without a journal, a refund that shows no reference may be any caller's.
    let honest = !journal && kit.hides(&payment).await?;
    let mut ids = BTreeSet::new();
    for result in result {
        match result {
            Ok(refund) => drop(ids.insert(refund.id)),
            Err(error) if honest && error.kind() == ErrorKind::OutcomeUnknown => {}
            Err(error) => return Err(failed(format!("a worker failed: {error}"))),
        }
    }
    ensure!(ids.len() == 1, "the workers returned {ids:?}");
    Ok(())
}

/// The same refund again, or `OutcomeUnknown` where references are hidden.
pub(super) async fn the_same(kit: Kit<'_>, first: &Refund, reported: Result<Refund>, when: &str) -> Verdict {
    match reported {
        Ok(refund) => ensure!(refund.id == first.id, "{when}: {} instead of {}", refund.id, first.id),
        Err(error) => {
            let honest = error.kind() == ErrorKind::OutcomeUnknown && kit.hides(&first.payment_id).await?;
            ensure!(honest, "{when}: {error}");
        }
    }
    Ok(())
}

/// After any failure, one more request in a healthy world ends in one refund.
pub(super) async fn ends_in_one(kit: Kit<'_>, request: &CreateRefund, minor: i64) -> Verdict {
    kit.harness.heal().await;
    let payment = &request.payment_id;
    match kit.client().create(request).await {
        Ok(refund) => {
            ensure!(refund.amount == kit.money(minor), "in the end, its amount is {}", refund.amount);
        }
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown && kit.hides(payment).await? => {}
        Err(error) => return Err(failed(format!("repeated in a healthy world: {error}"))),
    }
    kit.ensure_moved(payment, minor, "in the end").await?;
    kit.ensure_made_once(request, "in the end").await
}
