//! `refunds journal`: listing, showing and purging entries.

use std::sync::Arc;

use refunds_core::{
    Error, ErrorKind, Journal,
    journal::{Entry, Purge, Query},
};

use super::{Context, Result};
use crate::{
    args::{JournalCommand, JournalList, JournalPurge, JournalShow},
    exit::Exit,
    failure::{Failure, warn},
    input, journal as journals,
    output::{EntryWriter, print_entry, print_purged},
    provider,
};

/// How many entries are read at once.
const PAGE: usize = 500;

pub(super) async fn run(context: &mut Context, command: JournalCommand) -> Result<Exit> {
    match command {
        JournalCommand::List(args) => list(context, &args).await,
        JournalCommand::Show(args) => show(context, &args).await,
        JournalCommand::Purge(args) => purge(context, &args).await,
    }
}

async fn list(context: &mut Context, args: &JournalList) -> Result<Exit> {
    let mut query = if args.unsettled { Query::unsettled() } else { Query::all() };
    if let Some(payment) = &args.payment {
        query = query.of_payment(&input::payment_id(payment)?);
    }
    if let Some(reference) = &args.reference {
        query = query.of_reference(input::reference(reference)?);
    }
    let query = context.of_account(query, args.all_accounts)?;
    let journal = context.journal()?;
    let mut list = EntryWriter::new(&mut context.out, context.format, args.all_accounts);
    if let Some(journal) = journal {
        let mut last: Option<Entry> = None;
        loop {
            let page = journal.entries(&query.clone().page(last.as_ref(), PAGE)).await?;
            for entry in &page {
                list.write(entry)?;
            }
            if page.len() < PAGE {
                break;
            }
            last = page.into_iter().next_back();
        }
    }
    list.finish()?;
    Ok(Exit::Done)
}

async fn show(context: &mut Context, args: &JournalShow) -> Result<Exit> {
    let query = Query::all()
        .of_payment(&input::payment_id(&args.payment)?)
        .of_reference(input::reference(&args.reference)?);
    let query = context.of_account(query, args.all_accounts)?;
    let entries = match context.journal()? {
        Some(journal) => journal.entries(&query).await?,
        None => Vec::new(),
    };
    if entries.is_empty() {
        let message =
            format!("the journal has no refund of {} with reference {}", args.payment, args.reference);
        return Err(Error::new(ErrorKind::NotFound, message).into());
    }
    for entry in &entries {
        print_entry(&mut context.out, context.format, entry)?;
    }
    Ok(Exit::Done)
}

async fn purge(context: &mut Context, args: &JournalPurge) -> Result<Exit> {
    let mut what = Purge::older_than(args.older_than);
    if args.forget_made {
        if !args.yes {
            let message = "--forget-made forgets for good which refunds were made. A create that is repeated \
                           afterwards relies on the provider's list alone, and may make a second refund \
                           if the list does not show references. Add --yes to confirm";
            return Err(Failure::Usage(message.into()));
        }
        what = what.and_forget_made();
    }
    let count = match context.journal()? {
        Some(journal) => journal.purge(&what).await?,
        None => 0,
    };
    let forgotten = if args.forget_made {
        "forgotten, including that they were made"
    } else {
        "requests and times forgotten; the record of made refunds is kept"
    };
    print_purged(&mut context.out, context.format, count, forgotten)?;
    Ok(Exit::Done)
}

impl Context {
    /// The journal, if there is one yet.
    fn journal(&self) -> Result<Option<Arc<dyn Journal>>> {
        let journal = journals::open_existing(&self.config)?;
        if journal.is_none() {
            warn("no_journal", "there is no journal yet", self.format.is_json());
        }
        Ok(journal)
    }

    /// Narrows a query to the configured account, unless `all` is set.
    fn of_account(&self, query: Query, all: bool) -> Result<Query> {
        if all {
            return Ok(query);
        }
        let client = provider::client(&self.config, None)?;
        Ok(query.of_scope(client.provider().scope()))
    }
}
