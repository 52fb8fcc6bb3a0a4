//! What is separate, and what is shared.

use super::super::kit::{
    JournalKit, made, money_of, new_intent, new_payment, new_refund, new_scope, not_applied, unknown,
};
use crate::{
    ErrorKind, Reference,
    journal::{About, IntentState, MoneyKey, Outcome, Query, Scope},
    testing::verdict::{Verdict, ensure, ok, refused},
};

pub(crate) async fn accounts_share_nothing(kit: JournalKit<'_>) -> Verdict {
    // One payment id and one reference at two accounts and at two providers.
    let scope = new_scope();
    let scopes = [
        scope.clone(),
        Scope::new(scope.provider(), format!("{}-test", scope.account()), scope.origin()),
        Scope::new("other", scope.account(), scope.origin()),
    ];
    let (payment, reference) = (new_payment(), Reference::random());
    let refunds =
        scopes.map(|scope| About::new(MoneyKey::new(scope, payment.clone()), &payment, reference.clone()));
    let mut sent = Vec::new();
    for about in &refunds {
        let standing = kit.open(about).await?;
        let is_empty = standing.mine.is_none() && standing.others.is_empty();
        ensure!(is_empty, "another account's refund is shown: {standing:?}");
        sent.push(kit.send(about).await?);
    }
    // One refund id, too: it is unique only within an account.
    kit.settle(&sent[0], &Outcome::Made(made("re_1"))).await?;
    kit.ensure_not_made(&refunds[1], "another account's refund is made").await?;
    kit.settle(&sent[1], &Outcome::Made(made("re_1"))).await?;
    kit.ensure_made(&refunds[1], &made("re_1").id, "an id that another account has, too").await?;
    kit.ensure_state(&sent[2], IntentState::Open, "other accounts' refunds are made").await?;
    for about in &refunds {
        let query = Query::all().of_scope(about.money.scope.clone());
        let entries = ok("entries", kit.journal.entries(&query).await)?;
        let is_one = entries.len() == 1 && entries[0].money == about.money;
        ensure!(is_one, "{} has one refund, but its entries are {entries:?}", about.money.scope);
    }
    Ok(())
}

pub(crate) async fn an_outcome_is_of_its_own_money(kit: JournalKit<'_>) -> Verdict {
    let (one, two) = (kit.send(&new_refund()).await?, kit.send(&new_refund()).await?);
    kit.settle(&two, &not_applied()).await?;
    kit.ensure_state(&one, IntentState::Open, "a refund of another payment was settled").await?;
    kit.ensure_state(&two, IntentState::NotApplied, "it was settled").await
}

pub(crate) async fn another_origin_is_refused_while_something_is_unsettled(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_and_settle(&new_refund(), &unknown()).await?;
    let about = &sent.about;
    let origin = "https://api.elsewhere.example.com".to_owned();
    let scope = Scope::new(about.money.scope.provider(), about.money.scope.account(), origin.clone());
    let moved = About::new(
        MoneyKey::new(scope.clone(), about.money.id.clone()),
        &about.payment,
        about.reference.clone(),
    );
    let error = refused("opening at another origin", kit.journal.open(&moved).await, &[ErrorKind::Config])?;
    let names_both =
        [&origin, about.money.scope.origin()].iter().all(|name| error.to_string().contains(*name));
    ensure!(names_both, "the error does not name both origins: {error}");
    let new = new_intent(&moved, &kit.open(about).await?);
    refused("intending at another origin", kit.journal.intend(&new).await, &[ErrorKind::Config])?;
    // Other payments are not affected, nor is this one once it is settled.
    let other = new_payment();
    kit.open(&About::new(MoneyKey::new(scope, other.clone()), &other, Reference::random())).await?;
    kit.settle(&sent, &Outcome::Made(made("re_1"))).await?;
    kit.open(&moved).await.map(drop)
}

pub(crate) async fn a_payment_keeps_its_money(kit: JournalKit<'_>) -> Verdict {
    let sent = kit.send_and_settle(&new_refund(), &not_applied()).await?;
    let about = &sent.about;
    let elsewhere = MoneyKey::new(about.money.scope.clone(), new_payment());
    let moved = About::new(elsewhere, &about.payment, Reference::random());
    let opened = kit.journal.open(&moved).await;
    refused("a payment under another money key", opened, &[ErrorKind::Config])?;
    let new = new_intent(&moved, &kit.open(about).await?);
    refused("intending under another money key", kit.journal.intend(&new).await, &[ErrorKind::Config])?;
    ensure!(kit.entry(&moved).await?.is_none(), "refused, but stored");
    Ok(())
}

pub(crate) async fn payments_of_one_money_wait_for_each_other(kit: JournalKit<'_>) -> Verdict {
    let order = kit.send(&new_refund()).await?;
    let transaction = About::new(order.about.money.clone(), &new_payment(), order.about.reference.clone());
    // One reference under two payments is two refunds of the same money.
    let standing = kit.open(&transaction).await?;
    ensure!(standing.mine.is_none(), "another payment's refund counts as this one's");
    ensure!(standing.others.len() == 1, "a refund of the same money is not shown: {standing:?}");
    let small = |new: &mut crate::journal::NewIntent| new.amount = money_of(1);
    kit.refuse_now(&transaction, "a refund of the same money is open", small).await?;
    kit.pass_until(order.intent.unsettled_until).await?;
    kit.send_as(&transaction, small).await?;
    let first = kit.known(&order.about).await?;
    ensure!(first.intents.len() == 1, "the two became one: {first:?}");
    Ok(())
}
