//! A Checkout transaction, read: its refunds, its sums, its lines.

pub(crate) mod corrections;
pub(crate) mod events;
pub(crate) mod grouping;
pub(crate) mod lines;
pub(crate) mod refund;
#[cfg(test)]
#[path = "tests/hostile.rs"]
mod tests;
pub(crate) mod totals;

use std::{borrow::Cow, collections::HashSet};

use refunds_core::{
    Currency, Extra, Handover, Money, Overview, Payment, PaymentId, Refund, RefundFailure, RefundId,
    RefundLine, RefundList, RefundStatus, Result,
};
use refunds_http::{Response, redact};
use serde_json::{Map, Value};

use crate::{
    NAME,
    checkout::events::{Group, Standing, reference},
    checkout::grouping::{are_distinct, groups},
    checkout::totals::{Taken, Totals},
    convert::{self, Fault, METADATA_PREFIX, ORDER, ORDER_KEY, RequestId, keep},
    wire::{self, IntoOwned as _},
};

/// The provider's words for refunds, where nothing was corrected.
const WORDS: [(&str, Option<bool>, &str); 4] = [
    ("REFUND", Some(true), "REFUND success:true"),
    ("REFUND", Some(false), "REFUND success:false"),
    ("INITIATE_REFUND", Some(true), "INITIATE_REFUND success:true"),
    ("INITIATE_REFUND", Some(false), "INITIATE_REFUND success:false"),
];

/// How many members a refund keeps in `extra`.
const MOST_EXTRA: usize = 10;

/// How many refunds are filled in one kind of detail after the other: the code of all details does not fit into
/// the processor's instruction cache, and the data of all refunds not into its data cache.
const AT_ONCE: usize = 16;

/// A transaction as the adapter works with it.
pub(crate) struct Transaction<'a> {
    pub(crate) id: PaymentId,
    pub(crate) currency: Currency,
    pub(crate) wire: wire::Transaction<'a>,
    groups: Vec<Group>,
    refunds: Vec<Refund>,
    totals: Totals,
}

impl<'a> Transaction<'a> {
    /// Reads a response with the transaction `id`.
    ///
    /// # Errors
    ///
    /// A protocol error where it holds another one, no currency, or an amount that is none.
    pub(crate) fn read(response: &'a Response, id: &PaymentId, keep_raw: bool) -> Result<Self> {
        let wire = response.json()?;
        let transaction = Self::new(wire, id).map_err(|fault| response.protocol_error(fault))?;
        if !keep_raw {
            return Ok(transaction);
        }
        let raw: Value = response.json()?;
        Ok(transaction.with_raw(&raw))
    }

    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn new(mut wire: wire::Transaction<'a>, id: &PaymentId) -> std::result::Result<Self, Fault> {
        if wire.id.as_deref() != Some(id.as_str()) {
            return Err("the response's `id` is not the transaction's".to_owned());
        }
        let currency = convert::currency(wire.currency.as_deref())?;
        let groups = groups(wire.events.list());
        let mut refunds: Vec<Refund> = Vec::with_capacity(groups.len());
        let mut taken = Vec::with_capacity(groups.len());
        let method = convert::payment_method(
            None,
            None,
            &wire.payment_product,
            &wire.payment_product_type,
            &wire.card,
        );
        for groups in groups.chunks(AT_ONCE) {
            let start = refunds.len();
            for group in groups {
                refunds.push(refund(&wire, id, currency, group)?);
            }
            let refunds = &mut refunds[start..];
            for (group, refund) in groups.iter().zip(&mut *refunds) {
                taken.push(Taken { at: group.first, status: refund.status, amount: refund.amount });
                refund.payment_method.clone_from(&method);
                describe(refund, wire.events.list(), group);
            }
            for (group, refund) in groups.iter().zip(&mut *refunds) {
                refund.lines = lines_of(wire.events.list(), group, currency)?;
            }
            for (group, refund) in groups.iter().zip(&mut *refunds) {
                keep_extra(&wire, group, &mut refund.extra);
            }
            for (group, refund) in groups.iter().zip(&mut *refunds) {
                refund.metadata = take_metadata(wire.events.list_mut(), group);
                let own_key = ORDER_KEY.strip_prefix(METADATA_PREFIX).unwrap_or_default();
                if refund.metadata.contains_key(own_key) && refund.extra.contains_key(ORDER) {
                    refund.metadata.remove(own_key);
                }
            }
        }
        if !are_distinct(refunds.iter().map(|refund| &refund.id)) {
            distinguish_by_event_id(&wire, &groups, &mut refunds)?;
        }
        let totals = Totals::of(&wire, currency, &taken)?;
        Ok(Self { id: id.clone(), currency, wire, groups, refunds, totals })
    }

    fn with_raw(mut self, raw: &Value) -> Self {
        let empty = Vec::new();
        // Events that are not objects were left out when reading, and are here too.
        let events = raw.get("events").and_then(Value::as_array).unwrap_or(&empty);
        let events: Vec<&Value> = events.iter().filter(|event| event.is_object()).collect();
        for (group, refund) in self.groups.iter().zip(&mut self.refunds) {
            let members = group.all().filter_map(|at| events.get(at));
            *refund = refund.clone().with_raw(members.map(|event| Value::clone(event)).collect());
        }
        self
    }

    /// The same, which outlives the response.
    pub(crate) fn into_owned(self) -> Transaction<'static> {
        let Self { id, currency, wire, groups, refunds, totals } = self;
        Transaction { id, currency, wire: wire.into_owned(), groups, refunds, totals }
    }

    pub(crate) fn into_refunds(self) -> Vec<Refund> {
        self.refunds
    }

    pub(crate) fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    pub(crate) fn captured(&self) -> Money {
        self.totals.captured
    }

    pub(crate) fn refundable(&self) -> Result<Money, Fault> {
        self.totals.refundable()
    }

    pub(crate) fn payment(&self) -> Result<Payment> {
        let Totals { captured, refunded, pending } = self.totals;
        let mut payment = Payment::new(NAME, self.id.clone(), captured, refunded, pending)?;
        payment.provider_status = self.wire.status.to_text();
        for (name, value) in [
            ("settlement_status", &self.wire.settlement_status),
            ("payment_product", &self.wire.payment_product),
            ("payment_product_type", &self.wire.payment_product_type),
            ("merchant_reference", &self.wire.merchant_reference),
            ("merchant_reference_2", &self.wire.merchant_reference_2),
            ("session_id", &self.wire.session_id),
        ] {
            keep(&mut payment.extra, name, value.as_deref());
        }
        Ok(payment.with_refundable_lines(self.lines().refundable(self.currency)))
    }

    pub(crate) fn into_overview(self) -> Result<Overview> {
        let overview = Overview::new(self.payment()?, RefundList::whole(self.refunds.clone()));
        Ok(overview.with_handover(Handover::new(self.into_owned())))
    }

    /// The refund that is called `id`: by its own id, or by the id of one of its events or requests.
    pub(crate) fn refund_called(&self, id: &str) -> Option<&Refund> {
        let own = self.refunds.iter().find(|refund| refund.id.as_str() == id);
        own.or_else(|| {
            let events = self.wire.events.list();
            let at = self.groups.iter().position(|group| group.is_called(events, id))?;
            self.refunds.get(at)
        })
    }

    /// Whether the refund was first accepted and carried out later.
    pub(crate) fn is_asynchronous(&self, refund: &Refund) -> bool {
        let at = self.refunds.iter().position(|other| other.id == refund.id);
        let group = at.and_then(|at| self.groups.get(at));
        group.is_some_and(|group| group.is_asynchronous(self.wire.events.list()))
    }
}

/// The merchant's metadata of a refund, which nothing else needs.
fn take_metadata(events: &mut [wire::Event<'_>], group: &Group) -> Map<String, Value> {
    let mut places = std::iter::once(group.decisive(events)).chain(group.members());
    let Some(at) = places.find(|at| events[*at].metadata.is_some()) else { return Map::new() };
    convert::metadata(events[at].metadata.take().unwrap_or_default())
}

/// Refunds of one request are called by their events: they would hide each other in a list.
fn distinguish_by_event_id(
    wire: &wire::Transaction<'_>,
    groups: &[Group],
    refunds: &mut [Refund],
) -> std::result::Result<(), Fault> {
    let mut ids = HashSet::new();
    for (group, refund) in groups.iter().zip(refunds) {
        if !ids.insert(refund.id.clone()) {
            refund.id = event_id(wire, group)?;
            if !ids.insert(refund.id.clone()) {
                return Err("two refunds that are not one have the same `id`".to_owned());
            }
        }
    }
    Ok(())
}

fn refund(
    wire: &wire::Transaction<'_>,
    id: &PaymentId,
    currency: Currency,
    group: &Group,
) -> std::result::Result<Refund, Fault> {
    let events = wire.events.list();
    let status = group.status(events);
    let amount = convert::money(&group.amount(events).amount, currency, "refund event")?;
    let own_id = group.request(events).and_then(RequestId::refund_id);
    let own_id = own_id.map_or_else(|| event_id(wire, group), Ok)?;
    let word = word(&events[group.decisive(events)], group.standing);
    let mut refund = Refund::new(NAME, own_id, id.clone(), status, word, amount);
    if let Some(order) = order(events, group).and_then(Value::as_str)
        && let Ok(order) = PaymentId::new(order)
    {
        refund = refund.with_made_for(order);
    }
    // A direct refund without a reference has none. Whether an initiating event would carry it is not
    // documented, so without one there it may still have one.
    if (group.is_asynchronous(events) || status == RefundStatus::Unknown)
        && group.decisive_first(events).all(|event| reference(event).is_none())
    {
        refund = refund.with_unreported_reference();
    }
    Ok(refund)
}

/// The order that a refund was made for.
fn order<'a>(events: &'a [wire::Event<'_>], group: &Group) -> Option<&'a Value> {
    group.decisive_first(events).find_map(|event| event.metadata.as_ref()?.get(ORDER_KEY))
}

/// Fills in what the events of a refund say of it.
fn describe(refund: &mut Refund, events: &[wire::Event<'_>], group: &Group) {
    let (first, decisive) = (group.first(events), &events[group.decisive(events)]);
    refund.extra = Extra::with_capacity(MOST_EXTRA);
    let extra = &mut refund.extra;
    let text = group.decisive_first(events).find_map(reference);
    refund.reference = convert::reference(extra, "event_reference", text);
    refund.created_at = convert::read_time(extra, "created_at", &first.created_at);
    refund.updated_at = match refund.created_at {
        Some(time) if std::ptr::eq(first, decisive) => Some(time),
        _ => convert::read_time(extra, "updated_at", &decisive.created_at),
    };
    refund.failure = failure(decisive, refund.status);
    keep(extra, ORDER, order(events, group).cloned());
}

/// The lines of the first event that has any, and of all the decisive one first.
fn lines_of(
    events: &[wire::Event<'_>],
    group: &Group,
    currency: Currency,
) -> std::result::Result<Vec<RefundLine>, Fault> {
    let mut items = group.decisive_first(events).map(|event| event.items.list());
    convert::lines(items.find(|items| !items.is_empty()).unwrap_or_default(), currency, false)
}

/// Keeps what has no field of its own.
fn keep_extra(wire: &wire::Transaction<'_>, group: &Group, extra: &mut Extra) {
    let events = wire.events.list();
    let decisive = &events[group.decisive(events)];
    // In the order of their names, which is that of `extra`.
    keep(extra, "correction", decisive.correction.as_deref().cloned());
    keep(extra, "correlation_request_id", decisive.correlation_request_id.as_deref());
    keep(extra, "created_by", decisive.created_by.as_deref());
    keep(extra, "error", decisive.error.as_deref().cloned());
    for (name, value) in [
        ("event_id", &decisive.id),
        ("merchant_reference", &wire.merchant_reference),
        ("merchant_reference_2", &wire.merchant_reference_2),
        ("request_id", &decisive.request_id),
        ("session_id", &wire.session_id),
        ("settlement_status", &wire.settlement_status),
        ("transaction_status", &decisive.transaction_status),
    ] {
        keep(extra, name, value.as_deref());
    }
    if group.all().nth(1).is_some() {
        let mut seen = HashSet::new();
        let ids = group.all().filter_map(|at| events[at].id.as_deref());
        let ids: Vec<&str> = ids.filter(|id| seen.insert(*id)).collect();
        if ids.len() > 1 {
            extra.insert("event_ids", ids);
        }
    }
}

/// The id of the decisive event, where requests do not distinguish refunds.
fn event_id(wire: &wire::Transaction<'_>, group: &Group) -> std::result::Result<RefundId, Fault> {
    let events = wire.events.list();
    let id = group.first(events).id.as_deref().or(events[group.decisive(events)].id.as_deref());
    id.and_then(|id| RefundId::new(id).ok())
        .ok_or_else(|| "a refund event has neither a `request_id` nor an `id`".to_owned())
}

/// The provider's own word: the event, and whether it succeeded.
fn word(event: &wire::Event<'_>, standing: Standing) -> Cow<'static, str> {
    let name = event.event.as_ref().map(|name| &*name.word).unwrap_or_default();
    let usual = WORDS.iter().find(|(usual, success, _)| *usual == name && *success == *event.success);
    if let (Some((_, _, word)), Standing::Stands) = (usual, standing) {
        return Cow::Borrowed(word);
    }
    let success = event.success.map(|success| format!(" success:{success}")).unwrap_or_default();
    let corrected = if standing == Standing::Stands { "" } else { " corrected" };
    format!("{name}{success}{corrected}").into()
}

fn failure(event: &wire::Event<'_>, status: RefundStatus) -> Option<RefundFailure> {
    if !matches!(status, RefundStatus::Failed | RefundStatus::Declined) {
        return None;
    }
    let empty = Map::new();
    let error = event.error.as_deref().unwrap_or(&empty);
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let kind = || error.get("type").and_then(|types| convert::words(types).next());
    let code = text("code").or_else(kind).or_else(|| text("result_code"));
    let failure =
        RefundFailure::new(code.map(redact), text("message").map(redact), convert::retry_advice(error));
    (failure != RefundFailure::default()).then_some(failure)
}
