//! `refunds create`: one refund, once.

use refunds_core::{
    CreateRefund, Currency, Error, ErrorKind, Operation, PaymentId, RefundAmount, RefundClient,
};

use super::{
    Context, Result,
    cut_off::{CutOff, until_interrupted},
    wait,
};
use crate::{
    args::CreateArgs,
    exit::Exit,
    failure::Failure,
    input::{self, Amount, Line},
};

pub(super) async fn run(context: &mut Context, args: &CreateArgs) -> Result<Exit> {
    let draft = Draft::read(args)?;
    let client = context.client()?;
    let request = draft.request(&client).await?;
    let created = until_interrupted(&client, &request, client.create(&request)).await;
    let refund = created.map_err(CutOff::into_error)?;
    if args.wait && !refund.status.is_final() {
        return wait::follow_made(context, &client, &request, refund, args.timeout).await;
    }
    context.show_made(&refund)
}

/// The requested refund before the payment's currency is known.
struct Draft {
    request: CreateRefund,
    amount: Option<Amount>,
    lines: Vec<Line>,
    currency: Option<Currency>,
}

impl Draft {
    fn read(args: &CreateArgs) -> Result<Self> {
        let amount = match (&args.amount, &args.minor_units) {
            (Some(text), _) => Some(Amount::major(text)?),
            (None, Some(text)) => Some(Amount::minor(text)?),
            (None, None) => None,
        };
        if amount.as_ref().is_some_and(|amount| !amount.is_positive()) {
            return Err(Failure::Usage("the amount must be greater than zero".into()));
        }
        let in_units = if args.minor_units.is_some() { Amount::minor } else { Amount::major };
        let lines = args.lines.iter().map(|line| Line::new(line, in_units)).collect::<Result<_>>()?;
        let mut request = CreateRefund::new(
            input::payment_id(&args.payment)?,
            RefundAmount::Remaining,
            input::reference(&args.reference)?,
        );
        request.reason.clone_from(&args.reason);
        request.metadata = input::pairs("metadata", &args.metadata)?;
        request.options = input::pairs("option", &args.options)?;
        let currency = args.currency.as_deref().map(input::currency).transpose()?;
        Ok(Self { request, amount, lines, currency })
    }

    /// Reads the payment's currency if it is needed and was not given. A given currency is compared
    /// with the payment's before anything is submitted.
    async fn request(self, client: &RefundClient) -> Result<CreateRefund> {
        let Self { mut request, amount, lines, currency } = self;
        // Before the payment is read.
        client.capabilities().check(&request).map_err(|error| in_create(client, error))?;
        let bare = amount.is_none() && lines.is_empty();
        if bare && currency.is_none() {
            return Ok(request);
        }
        let currency = match currency {
            Some(currency) if !bare => currency,
            expected => currency_of(client, &request.payment_id, expected).await?,
        };
        if let Some(amount) = amount {
            request.amount = RefundAmount::Exact(amount.in_currency(currency)?);
        }
        request.lines = lines.iter().map(|line| line.in_currency(currency)).collect::<Result<_>>()?;
        request.validate().map_err(|error| Failure::usage(&error))?;
        Ok(request)
    }
}

/// The payment's currency, which must be `expected` if that is given.
async fn currency_of(
    client: &RefundClient,
    payment: &PaymentId,
    expected: Option<Currency>,
) -> Result<Currency> {
    let currency = client.currency(payment).await?;
    match expected {
        Some(expected) if expected != currency => {
            let message = format!("the payment is in {currency}, but the refund is in {expected}");
            Err(in_create(client, Error::new(ErrorKind::InvalidRequest, message)).into())
        }
        _ => Ok(currency),
    }
}

fn in_create(client: &RefundClient, error: Error) -> Error {
    error.in_context(client.provider().name(), Operation::CreateRefund)
}
