//! What tables, CSV and JSON have in common for journal entries.

use refunds_core::{
    CreateRefund, ErrorKind, Money, PaymentId, Reference, RefundId, RefundStatus, Scope,
    journal::{Decision, Entry, Evidence, Intent, IntentNumber, JournalTime, MadeRefund, Verdict},
};
use serde::Serialize;

use super::super::rows::when;

/// An entry as JSON, with all its intents.
#[derive(Debug, Serialize)]
pub(super) struct EntryRow<'a> {
    #[serde(flatten)]
    scope: &'a Scope,
    payment_id: &'a PaymentId,
    money: &'a PaymentId,
    reference: &'a Reference,
    amount: Money,
    state: &'static str,
    unsettled: bool,
    resubmit_from: Option<String>,
    refund: Option<RefundRow<'a>>,
    suspects: &'a [RefundId],
    intents: Vec<IntentRow<'a>>,
    decision: Option<DecisionRow<'a>>,
    request: Option<&'a CreateRefund>,
    #[serde(skip)]
    pub(super) entry: &'a Entry,
}

#[derive(Debug, Serialize)]
struct RefundRow<'a> {
    id: &'a RefundId,
    listed_as: Option<&'a RefundId>,
    amount: Money,
    status: RefundStatus,
    evidence: Evidence,
    fault: Option<&'a str>,
    second: Option<&'a RefundId>,
}

#[derive(Debug, Serialize)]
struct IntentRow<'a> {
    number: IntentNumber,
    state: &'static str,
    moves_money: bool,
    committed_at: String,
    not_after: String,
    attempt_until: String,
    unsettled_until: String,
    resubmit_from: String,
    key_until: Option<String>,
    settled_at: Option<String>,
    error: Option<WhyRow<'a>>,
}

#[derive(Debug, Serialize)]
struct WhyRow<'a> {
    kind: ErrorKind,
    code: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct DecisionRow<'a> {
    by: &'a str,
    note: &'a str,
    verdict: &'static str,
    refund_id: Option<&'a RefundId>,
    at: String,
}

impl<'a> EntryRow<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        Self {
            scope: &entry.money.scope,
            payment_id: &entry.payment,
            money: &entry.money.id,
            reference: &entry.reference,
            amount: entry.amount,
            state: state(entry),
            unsettled: entry.unsettled().next().is_some(),
            resubmit_from: entry.resubmit_from().map(time),
            refund: entry.made.as_ref().map(RefundRow::of),
            suspects: &entry.suspects,
            intents: entry.intents.iter().map(IntentRow::of).collect(),
            decision: entry.decision.as_deref().map(DecisionRow::of),
            request: entry.request.as_ref(),
            entry,
        }
    }
}

impl<'a> RefundRow<'a> {
    fn of(made: &'a MadeRefund) -> Self {
        Self {
            id: &made.id,
            listed_as: made.alias.as_ref(),
            amount: made.amount,
            status: made.status,
            evidence: made.evidence,
            fault: made.fault.as_deref(),
            second: made.doubled.as_ref(),
        }
    }
}

impl<'a> IntentRow<'a> {
    fn of(intent: &'a Intent) -> Self {
        let why = |why: &'a refunds_core::journal::Why| WhyRow { kind: why.kind, code: why.code.as_deref() };
        Self {
            number: intent.number,
            state: intent.state.as_str(),
            moves_money: !intent.step,
            committed_at: time(intent.committed_at),
            not_after: time(intent.not_after),
            attempt_until: time(intent.attempt_until),
            unsettled_until: time(intent.unsettled_until),
            resubmit_from: time(intent.resubmit_from),
            key_until: intent.key_until.map(time),
            settled_at: intent.settled_at.map(time),
            error: intent.why.as_ref().map(why),
        }
    }
}

impl<'a> DecisionRow<'a> {
    fn of(decision: &'a Decision) -> Self {
        let refund_id = match &decision.verdict {
            Verdict::Made(made) => Some(&made.id),
            Verdict::NotThisOne(id) => Some(id),
            _ => None,
        };
        let verdict = verdict(&decision.verdict);
        Self { by: &decision.by, note: &decision.note, verdict, refund_id, at: time(decision.at) }
    }
}

pub(super) fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Made(_) => "made",
        Verdict::NotMade => "not_made",
        Verdict::NotThisOne(_) => "not_this_one",
        _ => "other",
    }
}

/// The state of a refund: made, or that of its newest unsettled intent, or of its newest intent.
pub(super) fn state(entry: &Entry) -> &'static str {
    if entry.made.is_some() {
        return "made";
    }
    entry.unsettled_sends().last().or(entry.newest()).map_or("settled", |intent| intent.state.as_str())
}

/// RFC 3339 in UTC, to the millisecond.
pub(super) fn time(time: JournalTime) -> String {
    when(Some(time.to_datetime()))
}
