//! `refunds get` and `refunds payment`: one read.

use super::{Context, Result};
use crate::{
    args::{GetArgs, PaymentArg},
    exit::Exit,
    failure::warn,
    input,
    output::{print_payment, print_refund},
};

pub(super) async fn refund(context: &mut Context, args: &GetArgs) -> Result<Exit> {
    let payment = input::payment_id(&args.of.payment)?;
    let refund = input::refund_id(&args.of.refund)?;
    let refund = context.reader()?.get(&payment, &refund).await?;
    print_refund(&mut context.out, context.format, &refund)?;
    Ok(Exit::Done)
}

pub(super) async fn payment(context: &mut Context, args: &PaymentArg) -> Result<Exit> {
    let payment = input::payment_id(&args.payment)?;
    let payment = context.reader()?.payment(&payment).await?;
    print_payment(&mut context.out, context.format, &payment)?;
    if !payment.complete {
        let message = "the provider may have refunds that it did not list: less may be left than shown";
        warn("incomplete_payment", message, context.format.is_json());
    }
    Ok(Exit::Done)
}
