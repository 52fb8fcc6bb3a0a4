//! `refunds create`: one refund, once.

mod draft;
mod plan;

use std::io::{self, IsTerminal};

use refunds_core::{CreateRefund, Error, Refund, RefundAmount, RefundClient};

use self::{draft::Draft, plan::Plan};
use super::{
    Context, Result,
    cut_off::{CutOff, until_interrupted},
    patience, wait,
};
use crate::{
    args::CreateArgs,
    config::MaxAmount,
    exit::Exit,
    failure::{Failure, say},
    output::clean,
};

pub(super) async fn run(context: &mut Context, args: &CreateArgs) -> Result<Exit> {
    let can_ask = io::stdin().is_terminal() && io::stderr().is_terminal();
    let draft = Draft::read(args, can_ask)?;
    let limit = match &args.max_amount {
        Some(text) => {
            Some(MaxAmount::parse(text).map_err(|fault| Failure::Usage(format!("--max-amount {fault}")))?)
        }
        None => context.config.max_amount()?,
    };
    if args.dry_run {
        let client = context.reader()?;
        let request = draft.request(&client).await?;
        let plan = Plan::read(&client, &request).await?;
        check(limit.as_ref(), &plan)?;
        plan.print(context)?;
        return Ok(Exit::Done);
    }
    let client = context.client()?;
    let request = draft.request(&client).await?;
    confirm(context, args, &client, &request, limit.as_ref(), can_ask).await?;
    let refund = made(&client, &request, args.wait).await?;
    if args.wait && !refund.status.is_final() {
        return wait::follow_made(context, &client, &request, refund, args.timeout).await;
    }
    context.show_made(&refund)
}

/// Checks the amount against the limit, and asks the person at the terminal, if there is one.
async fn confirm(
    context: &Context,
    args: &CreateArgs,
    client: &RefundClient,
    request: &CreateRefund,
    limit: Option<&MaxAmount>,
    can_ask: bool,
) -> Result<()> {
    let asks = can_ask && !args.yes;
    match request.amount {
        RefundAmount::Exact(amount) if !asks => {
            if let Some(refusal) = limit.and_then(|limit| limit.refuses(amount)) {
                return Err(Failure::Usage(refusal));
            }
        }
        _ if !asks && limit.is_none() => {}
        _ => {
            let plan = Plan::read(client, request).await?;
            check(limit, &plan)?;
            // What is there already moves no money, and what is more than is left is refused with the reason.
            if asks && plan.existing.is_none() && plan.left_after().is_some() {
                for line in plan.lines(&context.config) {
                    say(&clean(&line));
                }
                return if super::confirmed("Make this refund?")? {
                    Ok(())
                } else {
                    Err(Failure::Usage("not confirmed, so nothing was sent".into()))
                };
            }
        }
    }
    context.say_account(client);
    Ok(())
}

fn check(limit: Option<&MaxAmount>, plan: &Plan<'_>) -> Result<()> {
    match limit.and_then(|limit| limit.refuses(plan.amount)) {
        Some(refusal) if plan.existing.is_none() => Err(Failure::Usage(refusal)),
        _ => Ok(()),
    }
}

/// Creates the refund. With `waits`, it also waits for the time from which a lost one may be submitted again.
async fn made(client: &RefundClient, request: &CreateRefund, waits: bool) -> Result<Refund> {
    loop {
        let error = match until_interrupted(client, request, client.create(request)).await {
            Ok(refund) => return Ok(refund),
            Err(CutOff::Failed(error)) if waits => error,
            Err(cut_off) => return Err(cut_off.into_error().into()),
        };
        if !patience::until_resubmission(&error).await {
            return Err(Failure::from(error));
        }
    }
}

/// The error of an operation that has not begun.
fn in_create(client: &RefundClient, error: Error) -> Error {
    error.in_context(client.provider().name(), refunds_core::Operation::CreateRefund)
}
