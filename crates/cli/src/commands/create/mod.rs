//! `refunds create`: one refund, once.

mod draft;
mod plan;

use std::io::{self, IsTerminal};

use refunds_core::{CreateRefund, Error, Refund, RefundAmount, RefundClient};

use super::{
    Context, Result,
    cut_off::{CutOff, until_interrupted},
    patience::{self, Patience},
    wait,
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
    let draft = draft::Draft::read(args, can_ask)?;
    let limit = match &args.max_amount {
        Some(text) => {
            Some(MaxAmount::parse(text).map_err(|fault| Failure::Usage(format!("--max-amount {fault}")))?)
        }
        None => context.config.max_amount()?,
    };
    if args.dry_run {
        let client = context.reader()?;
        let request = draft.request(&client).await?;
        let plan = plan::Plan::read(&client, &request).await?;
        plan.print(context)?;
        plan.check(limit.as_ref())?;
        return Ok(Exit::Done);
    }
    let client = context.client()?;
    let mut request = draft.request(&client).await?;
    request.amount = confirmed(context, &client, &request, limit.as_ref(), can_ask && !args.yes).await?;
    let refund = made(&client, &request, args.wait).await?;
    if args.wait && !refund.status.is_final() {
        return wait::follow_made(context, &client, &request, refund, args.timeout).await;
    }
    context.show_made(&refund)
}

/// The amount to submit. If there is a limit or somebody is asked, it is exactly what was compared and shown: what
/// is left of a payment may change in between.
async fn confirmed(
    context: &Context,
    client: &RefundClient,
    request: &CreateRefund,
    limit: Option<&MaxAmount>,
    asks: bool,
) -> Result<RefundAmount> {
    let is_within = |amount| limit.is_none_or(|limit| limit.refuses(amount).is_none());
    let needs_plan = match request.amount {
        RefundAmount::Exact(amount) => asks || !is_within(amount),
        _ => asks || limit.is_some(),
    };
    if !needs_plan {
        context.say_account(client);
        return Ok(request.amount);
    }
    let plan = plan::Plan::read(client, request).await?;
    plan.check(limit)?;
    if plan.existing.is_some() {
        // It moves no money.
        context.say_account(client);
        return Ok(request.amount);
    }
    if asks {
        for line in plan.lines(&context.config) {
            say(&clean(&line));
        }
        if !super::confirmed("Make this refund?")? {
            return Err(Failure::Withheld("not confirmed, so nothing was submitted".into()));
        }
    } else {
        context.say_account(client);
    }
    Ok(RefundAmount::Exact(plan.amount))
}

/// Creates the refund. With `waits`, it also waits for the time from which a lost one may be submitted again.
async fn made(client: &RefundClient, request: &CreateRefund, waits: bool) -> Result<Refund> {
    loop {
        let error = match until_interrupted(client, request, client.create(request)).await {
            Ok(refund) => return Ok(refund),
            Err(CutOff::Failed(error)) if waits => error,
            Err(cut_off) => return Err(cut_off.into_error().into()),
        };
        if patience::until_resubmission(&error).await != Patience::Waited {
            return Err(Failure::from(error));
        }
    }
}

/// The error of an operation that has not begun.
fn in_create(client: &RefundClient, error: Error) -> Error {
    error.in_context(client.provider().name(), refunds_core::Operation::CreateRefund)
}
