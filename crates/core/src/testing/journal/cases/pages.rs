//! Reading entries, in pages.

use std::collections::BTreeSet;

use super::super::kit::{
    JournalKit, Sent, beside, made, new_payment, new_refund, new_scope, not_applied, unknown,
};
use crate::{
    PaymentId, Reference,
    journal::{About, Entry, MoneyKey, Outcome, Query, Scope, position},
    testing::verdict::{Verdict, ensure, failed, ok},
};

/// More entries than fit on one page.
const ENTRIES: usize = 23;

async fn page(kit: JournalKit<'_>, query: Query) -> Verdict<Vec<Entry>> {
    ok("entries", kit.journal.entries(&query).await)
}

/// Refunds of multiple payments of one account, one of each unsettled.
async fn fill(kit: JournalKit<'_>, scope: &Scope) -> Verdict<Vec<Sent>> {
    let mut all = Vec::new();
    for at in 0..ENTRIES {
        let about = if at % 3 == 2 {
            beside(&all.last().map_or_else(new_refund, |sent: &Sent| sent.about.clone()))
        } else {
            let id = new_payment();
            About::new(MoneyKey::new(scope.clone(), id.clone()), &id, Reference::random())
        };
        let sent = kit.send(&about).await?;
        let outcome = if at % 3 == 0 { unknown() } else { not_applied() };
        kit.settle(&sent, &outcome).await?;
        all.push(sent);
    }
    Ok(all)
}

fn keys(entries: &[Entry]) -> BTreeSet<(MoneyKey, PaymentId, Reference)> {
    entries.iter().map(position).collect()
}

pub(crate) async fn pages_make_up_the_whole(kit: JournalKit<'_>) -> Verdict {
    let scope = new_scope();
    let all = fill(kit, &scope).await?;
    let whole = page(kit, Query::all().of_scope(scope.clone())).await?;
    ensure!(whole.len() == ENTRIES, "{ENTRIES} refunds have {} entries", whole.len());
    ensure!(whole.is_sorted_by_key(position), "the entries are not in order");
    for limit in [1, 7, ENTRIES, ENTRIES + 1] {
        let mut paged: Vec<Entry> = Vec::new();
        loop {
            let query = Query::all().of_scope(scope.clone()).page(paged.last(), limit);
            let next = page(kit, query).await?;
            ensure!(next.len() <= limit, "a page of {limit} has {} entries", next.len());
            if next.is_empty() {
                break;
            }
            paged.extend(next);
            ensure!(paged.len() <= ENTRIES, "pages of {limit} do not end");
        }
        ensure!(paged == whole, "pages of {limit} do not make up the whole");
    }
    for sent in all {
        let entry = whole.iter().find(|entry| entry.reference == sent.about.reference);
        ensure!(
            entry.is_some_and(|entry| entry.payment == sent.about.payment),
            "{:?} is missing",
            sent.about
        );
    }
    Ok(())
}

pub(crate) async fn pages_lose_nothing_while_it_changes(kit: JournalKit<'_>) -> Verdict {
    let scope = new_scope();
    let all = fill(kit, &scope).await?;
    let unsettled = || Query::unsettled().of_scope(scope.clone());
    let mut left = keys(&page(kit, unsettled()).await?);
    let mut last: Option<Entry> = None;
    let mut round = 0;
    loop {
        let next = page(kit, unsettled().page(last.as_ref(), 2)).await?;
        let Some(end) = next.last() else { break };
        for entry in &next {
            let place = position(entry);
            ensure!(
                last.as_ref().is_none_or(|last| position(last) < place),
                "a page repeats earlier entries"
            );
            left.remove(&place);
            // What was read is resolved at once, as `resolve` does.
            let sent = all.iter().find(|sent| sent.about.reference == entry.reference);
            if let Some(sent) = sent {
                kit.settle(sent, &Outcome::Made(made(&format!("re_{}", sent.about.reference)))).await?;
            }
        }
        last = Some(end.clone());
        // Others are added meanwhile, before those that were read.
        let id = PaymentId::trusted(format!("a{}", new_payment()));
        kit.send(&About::new(MoneyKey::new(scope.clone(), id.clone()), &id, Reference::random())).await?;
        round += 1;
        if round > 10 * ENTRIES {
            return Err(failed("the pages do not end"));
        }
    }
    ensure!(left.is_empty(), "{} entries that existed throughout are on no page", left.len());
    Ok(())
}

pub(crate) async fn queries_read_what_they_name(kit: JournalKit<'_>) -> Verdict {
    let scope = new_scope();
    let all = fill(kit, &scope).await?;
    let one = &all[1].about;
    let unknown = all.iter().filter(|sent| sent.about.reference != one.reference);
    let unsettled = page(kit, Query::unsettled().of_scope(scope.clone())).await?;
    let count = ENTRIES.div_ceil(3);
    ensure!(
        unsettled.len() == count,
        "{count} refunds are unsettled, but {} entries were read",
        unsettled.len()
    );
    let is_so = |entry: &Entry| entry.unsettled().next().is_some();
    ensure!(unsettled.iter().all(is_so), "a settled refund is read as unsettled");
    let by_reference = page(kit, Query::all().of_reference(one.reference.clone())).await?;
    let is_one = by_reference.len() == 1 && by_reference[0].payment == one.payment;
    ensure!(is_one, "by reference: {by_reference:?}");
    let by_payment = page(kit, Query::all().of_scope(scope.clone()).of_payment(&one.payment)).await?;
    let same = unknown.filter(|sent| sent.about.payment == one.payment).count() + 1;
    ensure!(
        by_payment.len() == same,
        "the payment has {same} refunds, but {} entries were read",
        by_payment.len()
    );
    let anywhere = page(kit, Query::all().of_payment(&one.payment)).await?;
    ensure!(anywhere == by_payment, "the payment of all accounts: {anywhere:?}");
    let empty = page(kit, Query::all().of_scope(new_scope())).await?;
    ensure!(empty.is_empty(), "an account without refunds has {empty:?}");
    let all_scopes = page(kit, Query::all()).await?;
    ensure!(keys(&all_scopes).len() == ENTRIES, "all of them are {}", all_scopes.len());
    Ok(())
}
