//! `refunds resolve`: finishing creates whose outcome was unknown.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use refunds_core::{
    Refund, RefundClient, Scope, UnresolvedRefund,
    journal::{Entry, JournalTime, Query},
};

use super::{
    Context, Result, account,
    cut_off::{CutOff, until_interrupted},
    decide, handle, patience,
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
    let resolved = finish(&client, &unresolved, args).await;
    context.show_made(&resolved.map_err(CutOff::into_error)?)
}

async fn from_journal(context: &mut Context, args: &ResolveArgs) -> Result<Exit> {
    let can_confirm = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !args.look_only && !args.yes && !can_confirm {
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
        return Err(Failure::Usage("not confirmed, so nothing was submitted".into()));
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
        let resolved = until_interrupted(client, &unresolved.request, call).await;
        match &resolved {
            Err(CutOff::Failed(error)) if args.wait && patience::until_resubmission(error).await => {}
            _ => return resolved,
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

/// Asks for confirmation on the terminal.
fn confirm(entries: &[Entry], account: &str) -> io::Result<bool> {
    let refunds = if entries.len() == 1 { "refund is" } else { "refunds are" };
    super::confirmed(&format!(
        "{} {refunds} unsettled at {account}. resolve looks for each and submits those that were \
         certainly not made. Continue?",
        entries.len()
    ))
}
