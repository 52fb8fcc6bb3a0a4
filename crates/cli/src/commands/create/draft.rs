//! The requested refund before the payment's currency is known.

use refunds_core::{
    Clock, CreateRefund, Currency, Error, ErrorKind, PaymentId, Reference, RefundAmount, RefundClient,
    RefundTarget, SystemClock, TargetKind, journal::Query,
};

use super::{Result, in_create};
use crate::{
    args::CreateArgs,
    failure::{Failure, say},
    input::{self, Amount, Line},
};

/// The namespace of references that are derived because none was given.
const NAMESPACE: &str = "refunds/command";
const GIFT_CARD: &str = "gift-card";

pub(super) struct Draft {
    request: CreateRefund,
    has_reference: bool,
    /// Whether a person reads standard error.
    has_reader: bool,
    amount: Option<Amount>,
    lines: Vec<Line>,
    currency: Option<Currency>,
}

impl Draft {
    pub(super) fn read(args: &CreateArgs, can_ask: bool) -> Result<Self> {
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
        let reference = match (&args.reference, args.derive.as_slice()) {
            (Some(text), _) => Some(input::reference(text)?),
            (None, [namespace, parts @ ..]) => Some(input::derived(namespace, parts)?),
            (None, []) if can_ask || args.dry_run => None,
            (None, []) => {
                let message = "give the refund a reference: --reference, or --derive; it may be left out only \
                               where somebody can confirm the refund on a terminal";
                return Err(Failure::Usage(message.into()));
            }
        };
        let has_reference = reference.is_some();
        let mut request = CreateRefund::new(
            input::payment_id(&args.payment)?,
            RefundAmount::Remaining,
            reference.unwrap_or_else(Reference::random),
        );
        request.reason.clone_from(&args.reason);
        request.metadata = input::pairs("metadata", &args.metadata)?;
        request.options = input::pairs("option", &args.options)?;
        request.target = args.target.as_deref().map(target).transpose()?;
        let currency = args.currency.as_deref().map(input::currency).transpose()?;
        Ok(Self { request, has_reference, has_reader: can_ask, amount, lines, currency })
    }

    /// Reads the payment's currency if it is needed and was not given. A given currency is compared
    /// with the payment's before anything is submitted.
    pub(super) async fn request(self, client: &RefundClient) -> Result<CreateRefund> {
        let Self { mut request, has_reference, has_reader, amount, lines, currency } = self;
        // Before the payment is read.
        client.capabilities().check(&request).map_err(|error| in_create(client, error))?;
        let bare = amount.is_none() && lines.is_empty();
        if !bare || currency.is_some() {
            let currency = match currency {
                Some(currency) if !bare => currency,
                expected => currency_of(client, &request.payment_id, expected).await?,
            };
            if let Some(amount) = amount {
                request.amount = RefundAmount::Exact(amount.in_currency(currency)?);
            }
            request.lines = lines.iter().map(|line| line.in_currency(currency)).collect::<Result<_>>()?;
        }
        if !has_reference {
            request.reference = reference_of(client, &request).await?;
            if has_reader {
                say(&format!(
                    "reference {}: the same command makes no second refund before 00:00 UTC",
                    request.reference
                ));
            }
        }
        request.validate().map_err(|error| Failure::usage(&error))?;
        Ok(request)
    }
}

/// The reference of a refund that got none: that of the same refund in the journal if its outcome is not known yet,
/// and otherwise the same one for what is refunded on the same day, so that running the command again after a
/// failure finds the first refund.
async fn reference_of(client: &RefundClient, request: &CreateRefund) -> Result<Reference> {
    let amount = match request.amount {
        RefundAmount::Exact(amount) => amount,
        _ => client.payment(&request.payment_id).await?.refundable,
    };
    let query = Query::unsettled().of_scope(client.provider().scope()).of_payment(&request.payment_id);
    let mut unsettled = client.journal().entries(&query).await?.into_iter();
    Ok(match unsettled.find(|entry| entry.amount == amount) {
        Some(entry) => entry.reference,
        None => derived(request),
    })
}

fn derived(request: &CreateRefund) -> Reference {
    let amount = match request.amount {
        RefundAmount::Exact(amount) => amount.to_string(),
        _ => "full".to_owned(),
    };
    let lines = request.lines.iter().map(|line| format!("{}={}", line.id, line.amount));
    let day = SystemClock.now().date().to_string();
    let parts = [request.payment_id.canonical().to_string(), amount, day].into_iter().chain(lines);
    Reference::derive(NAMESPACE, parts)
}

/// What the money goes back to, as `gift-card:ID`, or in the provider's own words.
fn target(text: &str) -> Result<RefundTarget> {
    let (kind, id) = text.split_once(':').map_or((text, None), |(kind, id)| (kind, Some(id.to_owned())));
    let kind = match kind {
        "payment-method" => TargetKind::PaymentMethod,
        GIFT_CARD => TargetKind::GiftCard,
        "" => return Err(Failure::Usage("a target must be KIND or KIND:ID, such as gift-card:ID".into())),
        other => TargetKind::Other(other.to_owned()),
    };
    Ok(RefundTarget::new(kind, id.filter(|id| !id.is_empty())))
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
