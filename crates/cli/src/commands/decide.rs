//! `refunds resolve --not-made`, `--made` and `--not-this-one`: a person's statement about an intent.

use std::env;

use refunds_core::{
    Error, ErrorKind, Journal, Operation, Refund, RefundClient, RefundId,
    journal::{Decision, Entry, Evidence, IntentNumber, MadeRefund, Query, Verdict},
};

use super::{Context, Result, handle};
use crate::{args::ResolveArgs, exit::Exit, failure::Failure, input, output::print_entry};

/// The longest note or name, in bytes.
const MAX_TEXT: usize = 1000;

/// What a person states about an intent.
#[derive(Debug)]
pub(super) struct Statement {
    number: IntentNumber,
    what: What,
    note: String,
    by: String,
}

#[derive(Debug)]
enum What {
    NotMade,
    Made(RefundId),
    NotThisOne(RefundId),
}

impl Statement {
    /// The statement on the command line, if there is one.
    pub(super) fn read(args: &ResolveArgs) -> Result<Option<Self>> {
        let (what, number) = match (args.not_made, args.made.as_slice(), args.not_this_one.as_slice()) {
            (Some(number), _, _) => (What::NotMade, IntentNumber(number)),
            (None, [refund, number], _) => (What::Made(input::refund_id(refund)?), intent_number(number)?),
            (None, _, [refund, number]) => {
                (What::NotThisOne(input::refund_id(refund)?), intent_number(number)?)
            }
            _ => return Ok(None),
        };
        let by = match &args.by {
            Some(name) => name.clone(),
            None => user().ok_or_else(|| Failure::Usage("name who decides: --by NAME".into()))?,
        };
        let note = args.note.clone().unwrap_or_default();
        if matches!(what, What::NotMade) && note.trim().is_empty() {
            return Err(Failure::Usage("the note must say how you know that it was not made".into()));
        }
        for (name, text) in [("note", &note), ("name", &by)] {
            if text.len() > MAX_TEXT || text.contains(char::is_control) {
                let message = format!("the {name} must be one line of at most {MAX_TEXT} bytes");
                return Err(Failure::Usage(message));
            }
        }
        Ok(Some(Self { number, what, note, by }))
    }
}

/// Checks the statement against what the provider shows, then stores it. Submits nothing.
pub(super) async fn run(context: &mut Context, statement: Statement) -> Result<Exit> {
    let client = context.client()?;
    let entry = entry_of(&client, statement.number).await?;
    let verdict = match statement.what {
        What::NotMade => {
            look(&client, &entry).await?;
            Verdict::NotMade
        }
        What::Made(id) => match read_back(&client, &entry, &id).await? {
            Some(made) => Verdict::Made(made),
            // Reading it has already settled it.
            None => return show(context, &client, &entry).await,
        },
        What::NotThisOne(id) => {
            not_this_one(&client, &entry, &id).await?;
            Verdict::NotThisOne(id)
        }
    };
    let decision = Decision::new(statement.by, statement.note, verdict);
    client.journal().decide(&entry.money, statement.number, &decision).await?;
    show(context, &client, &entry).await
}

/// Refuses if the provider shows the refund or a possible match, or cannot be read.
async fn look(client: &RefundClient, entry: &Entry) -> Result<()> {
    let error = match client.resolve_look_only(&handle::of_entry(entry)).await {
        Ok(refund) => {
            let message = format!("the provider shows refund {} with this reference: it was made", refund.id);
            return Err(refused(client, message).into());
        }
        Err(error) => error,
    };
    let suspects = error.unresolved().map(|unresolved| unresolved.suspects.as_slice()).unwrap_or_default();
    if !suspects.is_empty() {
        let ids: Vec<_> = suspects.iter().map(AsRef::as_ref).collect();
        let message =
            format!("the refund may be {}: decide that first, with --made or --not-this-one", ids.join(", "));
        return Err(refused(client, message).into());
    }
    // An error with a cause means that the lookup did not complete.
    let has_looked = error.kind() == ErrorKind::OutcomeUnknown && std::error::Error::source(&error).is_none();
    if has_looked { Ok(()) } else { Err(error.into()) }
}

/// The refund as the provider reports it; `None` if reading it settled the entry.
async fn read_back(client: &RefundClient, entry: &Entry, id: &RefundId) -> Result<Option<MadeRefund>> {
    let refund = client.get(&entry.payment, id).await?;
    if refund.amount != entry.amount {
        let message = format!(
            "refund {} is over {}, but {} was requested: it is another refund",
            refund.id, refund.amount, entry.amount
        );
        return Err(refused(client, message).into());
    }
    if let Some(reference) = refund.reference.as_ref().filter(|reference| **reference != entry.reference) {
        let message = format!("refund {} has the reference {reference}: it is another refund", refund.id);
        return Err(refused(client, message).into());
    }
    let settled = again(client.journal().as_ref(), entry).await?.and_then(|entry| entry.made);
    if settled.is_some_and(|made| made.is_called(refund.money_id())) {
        return Ok(None);
    }
    Ok(Some(made(&refund)))
}

fn made(refund: &Refund) -> MadeRefund {
    let id = refund.money_id().clone();
    let mut made = MadeRefund::new(id, refund.amount, refund.status, Evidence::Person);
    made.alias = Some(refund.id.clone()).filter(|alias| *alias != made.id);
    made
}

/// Refuses if the provider shows that the refund belongs to the entry.
async fn not_this_one(client: &RefundClient, entry: &Entry, id: &RefundId) -> Result<()> {
    let refund = client.get(&entry.payment, id).await?;
    if refund.reference.as_ref() == Some(&entry.reference) {
        let message =
            format!("refund {} has the reference {}: it is this refund", refund.id, entry.reference);
        return Err(refused(client, message).into());
    }
    Ok(())
}

/// The entry of an intent. The journal refuses a decision about a settled one.
async fn entry_of(client: &RefundClient, number: IntentNumber) -> Result<Entry> {
    let scope = client.provider().scope();
    let has = |entry: &Entry| entry.intents.iter().any(|intent| intent.number == number);
    for query in [Query::unsettled(), Query::all()] {
        let entries = client.journal().entries(&query).await?;
        let Some(entry) = entries.into_iter().find(has) else { continue };
        if entry.money.scope == scope {
            return Ok(entry);
        }
        let message = format!(
            "intent {number} is of {}, but this is {scope}: configure that account to decide",
            entry.money.scope
        );
        return Err(Error::config(message).into());
    }
    let message =
        format!("the journal has no intent {number}; `refunds journal list --unsettled` shows its intents");
    Err(Error::new(ErrorKind::NotFound, message).into())
}

async fn again(journal: &dyn Journal, entry: &Entry) -> Result<Option<Entry>> {
    let query = Query::all()
        .of_scope(entry.money.scope.clone())
        .of_payment(&entry.payment)
        .of_reference(entry.reference.clone());
    Ok(journal.entries(&query).await?.into_iter().next())
}

async fn show(context: &mut Context, client: &RefundClient, entry: &Entry) -> Result<Exit> {
    let entry = again(client.journal().as_ref(), entry).await?.unwrap_or_else(|| entry.clone());
    print_entry(&mut context.out, context.format, &entry)?;
    Ok(Exit::Done)
}

fn refused(client: &RefundClient, message: String) -> Error {
    let error = Error::new(ErrorKind::Conflict, message).not_applied();
    error.with_provider(client.provider().name()).with_operation(Operation::CreateRefund)
}

fn intent_number(text: &str) -> Result<IntentNumber> {
    let number = text.parse().map(IntentNumber);
    number.map_err(|_| {
        Failure::Usage("an intent number must be a whole number, as `refunds journal` shows it".into())
    })
}

fn user() -> Option<String> {
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter();
    names.filter_map(|name| env::var(name).ok()).find(|name| !name.trim().is_empty())
}
