//! Waiters wake up.

use std::{sync::Arc, time::Duration};

use super::super::kit::{
    JournalKit, SECOND, Sent, listed, made, new_refund, not_applied, not_made, poll_once, unknown,
};
use crate::{
    journal::{Journal, MoneyKey, Outcome, Purge, Seen, Version},
    testing::verdict::{Verdict, ensure, ok},
};

/// Longer than the clock of a case runs unless the case needs it.
const LONG: Duration = Duration::from_secs(3600);

/// A waiter, and the write that must wake it before its time limit.
async fn woken_by<T>(
    kit: JournalKit<'_>,
    waiting: &Arc<dyn Journal>,
    money: &MoneyKey,
    since: Version,
    write: impl Future<Output = Verdict<T>>,
) -> Verdict {
    let mut waiter = std::pin::pin!(waiting.wait(money, since, LONG));
    // It may return early, but then the case shows nothing.
    let early = poll_once(&mut waiter).await;
    write.await?;
    let waited = match early {
        std::task::Poll::Ready(waited) => waited,
        std::task::Poll::Pending => {
            let (waited, ran) = kit.run_until("a waiter after a write", 60 * SECOND, waiter).await?;
            ensure!(ran < LONG, "the wait missed a write and ended by its time limit");
            waited
        }
    };
    ok("waiting", waited)
}

async fn ensure_every_write_wakes(kit: JournalKit<'_>, waiting: &Arc<dyn Journal>) -> Verdict {
    let version = async |sent: &Sent| Ok(kit.open(&sent.about).await?.version);
    for outcome in [Outcome::Made(made("re_1")), not_applied(), unknown()] {
        let sent = kit.send(&new_refund()).await?;
        let since = version(&sent).await?;
        woken_by(kit, waiting, &sent.about.money, since, kit.settle(&sent, &outcome)).await?;
    }
    let sent = kit.send(&new_refund()).await?;
    let seen = [Seen::new(&sent.about.payment, sent.about.reference.clone(), listed("re_1"))];
    let observing = async { ok("observing", kit.journal.observe(&sent.about.money, &seen, None).await) };
    woken_by(kit, waiting, &sent.about.money, version(&sent).await?, observing).await?;

    let about = new_refund();
    let since = kit.open(&about).await?.version;
    woken_by(kit, waiting, &about.money, since, kit.send(&about)).await?;

    let sent = kit.send(&new_refund()).await?;
    let abandoning = async {
        kit.journal.abandon(&sent.key);
        Ok(())
    };
    woken_by(kit, waiting, &sent.about.money, version(&sent).await?, abandoning).await?;

    let sent = kit.send(&new_refund()).await?;
    kit.pass_until(sent.intent.unsettled_until).await?;
    let decision = not_made();
    let deciding =
        async { ok("deciding", kit.journal.decide(&sent.about.money, sent.intent.number, &decision).await) };
    woken_by(kit, waiting, &sent.about.money, version(&sent).await?, deciding).await?;

    kit.pass_until(sent.intent.resubmit_from).await?;
    let purging = async { ok("purging", kit.journal.purge(&Purge::older_than(Duration::ZERO)).await) };
    woken_by(kit, waiting, &sent.about.money, version(&sent).await?, purging).await
}

pub(crate) async fn every_write_wakes_a_waiter(kit: JournalKit<'_>) -> Verdict {
    ensure_every_write_wakes(kit, kit.journal).await
}

pub(crate) async fn every_write_wakes_a_waiter_of_another_process(kit: JournalKit<'_>) -> Verdict {
    let other = kit.reopened().await?;
    ensure_every_write_wakes(kit, &other).await
}

pub(crate) async fn a_waiter_wakes_when_its_time_is_over(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send(&new_refund()).await?;
    let since = kit.open(&sent.about).await?.version;
    let at_most = 30 * SECOND;
    let waiter = kit.journal.wait(&sent.about.money, since, at_most);
    let (waited, ran) = kit.run_until("a waiter whose time is over", at_most, waiter).await?;
    ok("waiting", waited)?;
    ensure!(ran <= 10 * at_most, "the wait was limited to {at_most:?}, but the clock ran {ran:?}");
    let waiter = kit.journal.wait(&sent.about.money, since, Duration::ZERO);
    let (waited, _) = kit.run_until("a waiter with no time limit left", SECOND, waiter).await?;
    ok("waiting", waited)
}

pub(crate) async fn what_happened_before_is_not_waited_for(kit: JournalKit<'_>) -> Verdict {
    let about = new_refund();
    let since = kit.open(&about).await?.version;
    kit.send(&about).await?;
    let waiter = kit.journal.wait(&about.money, since, LONG);
    let (waited, ran) = kit.run_until("a waiter for an earlier change", 60 * SECOND, waiter).await?;
    ensure!(ran < LONG, "the wait missed an earlier change and ended by its time limit");
    ok("waiting", waited)
}
