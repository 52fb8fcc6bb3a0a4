//! `refunds resolve`: finishing creates whose outcome was unknown.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use refunds_core::{
    Money, Refund, RefundAmount, RefundClient, Scope, UnresolvedRefund,
    journal::{Entry, JournalTime, Query},
};

use super::{
    Context, Result, account,
    cut_off::{CutOff, until_interrupted},
    decide, handle,
    patience::{self, Patience},
};
use crate::{
    args::ResolveArgs,
    exit::Exit,
    failure::{Failure, warn},
    input,
    output::{Resolved, ResolvedWriter, clean},
};

pub(super) async fn run(context: &mut Context, args: &ResolveArgs) -> Result<Exit> {
    if let Some(statement) = decide::Statement::read(args)? {
        return decide::run(context, statement).await;
    }
    match &args.file {
        Some(file) => from_handle(context, file, args).await,
        None => from_journal(context, args).await,
    }
}

async fn from_handle(context: &mut Context, file: &Path, args: &ResolveArgs) -> Result<Exit> {
    let text = input::text(file)?;
    let unresolved = handle::find(&text)
        .ok_or_else(|| Failure::Usage(format!("no unresolved refund in {}", file.display())))?;
    let client = context.client_of(context.chosen.clone().as_deref().or(Some(&unresolved.provider)))?;
    if !args.look_only {
        let amount = match unresolved.request.amount {
            RefundAmount::Exact(amount) => Some(amount),
            _ => None,
        };
        check_limit(context, amount)?;
        let what = amount.map_or_else(|| "all that was left".to_owned(), |amount| amount.to_string());
        let question = format!(
            "At {}: a refund of {what} of {}. resolve looks for it and submits it if it was certainly not made. \
             Continue?",
            account::of(&client, &context.config),
            unresolved.request.payment_id
        );
        if can_confirm() && !args.yes && !super::confirmed(&clean(&question))? {
            return Err(not_confirmed());
        }
    }
    let resolved = finish(&client, &unresolved, args).await;
    context.show_made(&resolved.map_err(CutOff::into_error)?)
}

async fn from_journal(context: &mut Context, args: &ResolveArgs) -> Result<Exit> {
    if !args.look_only && !args.yes && !can_confirm() {
        let message = "resolve may submit the journal's unsettled refunds: add --yes, or --look-only to \
                       submit nothing";
        return Err(Failure::Usage(message.into()));
    }
    let client = context.client()?;
    let scope = client.provider().scope();
    let unsettled = client.journal().entries(&Query::unsettled()).await?;
    let (mut ours, others): (Vec<_>, Vec<_>) =
        unsettled.into_iter().partition(|entry| entry.money.scope == scope);
    note_others(&others, context.format.is_json());
    ours.sort_by_key(oldest);
    if !ours.is_empty()
        && !args.look_only
        && !args.yes
        && !confirm(&ours, &clean(&account::of(&client, &context.config)))?
    {
        return Err(not_confirmed());
    }
    if !args.look_only {
        for entry in &ours {
            check_limit(context, Some(entry.amount))?;
        }
    }
    let mut list = ResolvedWriter::new(&mut context.out, context.format);
    let mut exit = Exit::Done;
    for entry in &ours {
        let resolved = finish(&client, &handle::of_entry(entry), args).await;
        let is_interrupted = matches!(resolved, Err(CutOff::Interrupted(_)));
        let resolved = resolved.map_err(CutOff::into_error);
        exit = exit.worst(resolved.as_ref().map_or_else(Exit::of_error, Exit::of_refund));
        let (payment, reference) = (&entry.payment, &entry.reference);
        list.write(&Resolved { payment, reference, amount: entry.amount, result: resolved.as_ref() })?;
        if is_interrupted {
            break;
        }
    }
    list.finish()?;
    Ok(exit)
}

async fn finish(
    client: &RefundClient,
    unresolved: &UnresolvedRefund,
    args: &ResolveArgs,
) -> Result<Refund, CutOff> {
    loop {
        let call = async {
            if args.look_only {
                client.resolve_look_only(unresolved).await
            } else {
                client.resolve(unresolved).await
            }
        };
        let error = match until_interrupted(client, &unresolved.request, call).await {
            Err(CutOff::Failed(error)) if args.wait => error,
            ended => return ended,
        };
        match patience::until_resubmission(&error).await {
            Patience::Waited => {}
            Patience::Pointless => return Err(CutOff::Failed(error)),
            Patience::Interrupted => return Err(CutOff::Interrupted(error)),
        }
    }
}

fn oldest(entry: &Entry) -> Option<JournalTime> {
    entry.unsettled().map(|intent| intent.committed_at).min()
}

/// Warns about other accounts with unsettled refunds, which are left alone.
fn note_others(others: &[Entry], as_json: bool) {
    let mut scopes: Vec<&Scope> = others.iter().map(|entry| &entry.money.scope).collect();
    scopes.sort_unstable();
    for same in scopes.chunk_by(|one, next| one == next) {
        let count = same.len();
        let (refunds, are) = if count == 1 { ("refund", "is") } else { ("refunds", "are") };
        let message = format!(
            "{count} unsettled {refunds} of {} {are} left alone; configure that account to resolve them",
            same[0]
        );
        warn("other_account", &message, as_json);
    }
}

fn can_confirm() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn not_confirmed() -> Failure {
    Failure::Withheld("not confirmed, so nothing was submitted".into())
}

/// Refuses to submit more than the profile allows, and what is not known to be less.
fn check_limit(context: &Context, amount: Option<Money>) -> Result<()> {
    let Some(limit) = context.config.max_amount()? else { return Ok(()) };
    let refusal = match amount {
        Some(amount) => limit.refuses(amount),
        None => Some("the amount is not known, and there is a maximum for one refund".to_owned()),
    };
    refusal.map_or(Ok(()), |refusal| Err(Failure::Withheld(refusal)))
}

/// Asks for confirmation on the terminal.
fn confirm(entries: &[Entry], account: &str) -> io::Result<bool> {
    let refunds = if entries.len() == 1 { "refund is" } else { "refunds are" };
    super::confirmed(&format!(
        "{} {refunds} unsettled at {account}. resolve looks for each and submits those that were \
         certainly not made. Continue?",
        entries.len()
    ))
}
