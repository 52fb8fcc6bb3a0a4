//! `refunds list`: all refunds of a payment.

use futures_util::StreamExt;

use super::{Context, Result};
use crate::{args::PaymentArg, exit::Exit, failure::warn, input, output::RefundWriter};

/// More refunds than a page of any provider holds.
const PAGE: usize = 1000;

pub(super) async fn run(context: &mut Context, args: &PaymentArg) -> Result<Exit> {
    let payment = input::payment_id(&args.payment)?;
    let client = context.reader()?;
    let format = context.format;
    // Everything that has arrived is written at once.
    let mut pages = client.list(&payment).ready_chunks(PAGE);
    let mut list = RefundWriter::new(&mut context.out, format);
    while let Some(page) = pages.next().await {
        for refund in page {
            match refund {
                Ok(refund) => list.write(refund)?,
                Err(error) => {
                    list.abandon()?;
                    return Err(error.into());
                }
            }
        }
        list.flush()?;
        if list.out().is_gone() {
            return Ok(Exit::Done);
        }
    }
    list.finish()?;
    if !pages.get_ref().is_complete() {
        let message = "the provider may have more refunds of this payment than it listed";
        warn("incomplete_list", message, format.is_json());
    }
    Ok(Exit::Done)
}
