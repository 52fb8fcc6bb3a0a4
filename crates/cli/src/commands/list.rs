//! `refunds list`: all refunds of a payment.

use std::io::{self, IsTerminal as _};

use futures_util::StreamExt;

use super::{Context, Result};
use crate::{
    args::PaymentArg,
    exit::Exit,
    failure::warn,
    input,
    output::{Format, RefundWriter},
    progress::Progress,
};

/// More refunds than a page of any provider holds.
const PAGE: usize = 1000;

pub(super) async fn run(context: &mut Context, args: &PaymentArg) -> Result<Exit> {
    let payment = input::payment_id(&args.payment)?;
    let client = context.reader()?;
    let format = context.format;
    // Everything that has arrived is written at once.
    let mut pages = client.list(&payment).ready_chunks(PAGE);
    let mut list = RefundWriter::new(&mut context.out, format);
    // Lines that appear on the same terminal are a sign of life of their own.
    let is_silent = format == Format::Table || !io::stdout().is_terminal();
    let progress = is_silent.then(|| Progress::start("reading refunds"));
    let mut count = 0_usize;
    while let Some(page) = pages.next().await {
        for refund in page {
            match refund {
                Ok(refund) => {
                    count += 1;
                    list.write(refund)?;
                }
                Err(error) => {
                    list.abandon()?;
                    return Err(error.into());
                }
            }
        }
        list.flush()?;
        if let Some(progress) = &progress {
            progress.say(format!("reading refunds: {count}"));
        }
        if list.out().is_gone() {
            return Ok(Exit::Done);
        }
    }
    drop(progress);
    list.finish()?;
    if !pages.get_ref().is_complete() {
        let message = "the provider may have more refunds of this payment than it listed";
        warn("incomplete_list", message, format.is_json());
    }
    Ok(Exit::Done)
}
