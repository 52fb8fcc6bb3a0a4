//! `refunds wait`, and `create --wait`: following a refund to its end.

use std::time::Duration;

use refunds_core::{CreateRefund, Error, ErrorKind, Operation, Refund, RefundClient, WaitOutcome};

use super::{Context, Result};
use crate::{
    args::WaitArgs,
    exit::Exit,
    failure::{Failure, report},
    input,
    interrupt::interrupted,
    output::clean,
    progress::Progress,
};

pub(super) async fn run(context: &mut Context, args: &WaitArgs) -> Result<Exit> {
    let payment = input::payment_id(&args.of.payment)?;
    let refund = input::refund_id(&args.of.refund)?;
    let client = context.reader()?;
    let progress = Progress::start(format!("following refund {}", clean(refund.as_str())));
    let followed = client.wait_until_final(&payment, &refund, args.timeout).await;
    drop(progress);
    match followed? {
        WaitOutcome::Final(refund) => context.show_made(&refund),
        WaitOutcome::TimedOut(refund) => {
            context.show_made(&refund)?;
            Ok(still_open(context, &refund))
        }
    }
}

/// Follows a refund that was just made. The refund is shown even if following it fails.
pub(super) async fn follow_made(
    context: &mut Context,
    client: &RefundClient,
    request: &CreateRefund,
    made: Refund,
    timeout: Duration,
) -> Result<Exit> {
    let progress =
        Progress::start(format!("following refund {}, which is {}", clean(made.id.as_str()), made.status));
    let followed = tokio::select! {
        followed = client.wait_until_final(&made.payment_id, &made.id, timeout) => followed,
        () = interrupted() => Ok(WaitOutcome::TimedOut(made.clone())),
    };
    drop(progress);
    match followed {
        Ok(WaitOutcome::Final(refund)) if refund.needs_completion() => {
            let finished = tokio::select! {
                finished = client.create(request) => finished.unwrap_or(refund),
                () = interrupted() => refund,
            };
            context.show_made(&finished)
        }
        Ok(WaitOutcome::Final(refund)) => context.show_made(&refund),
        Ok(WaitOutcome::TimedOut(refund)) => {
            context.show_made(&refund)?;
            Ok(still_open(context, &refund))
        }
        Err(error) => {
            context.show_made(&made)?;
            Err(not_followed(&made, error).into())
        }
    }
}

fn still_open(context: &Context, refund: &Refund) -> Exit {
    let message = format!(
        "refund {} is {}, which is not final yet; `refunds wait {} {}` continues to follow it",
        refund.id, refund.status, refund.payment_id, refund.id
    );
    let error = Error::new(ErrorKind::Timeout, message)
        .with_provider(refund.provider.clone())
        .with_operation(Operation::WaitUntilFinal);
    report(&Failure::Refunds(error), Some(refund.payment_id.as_str()), context.format.is_json())
}

/// The refund was made, so a failed read must not look as if nothing had happened.
fn not_followed(made: &Refund, error: Error) -> Error {
    let message = format!("refund {} was made, but following it failed: {}", made.id, error.message());
    error
        .with_message(message)
        .with_may_have_applied(true)
        .with_provider(made.provider.clone())
        .with_operation(Operation::WaitUntilFinal)
}
