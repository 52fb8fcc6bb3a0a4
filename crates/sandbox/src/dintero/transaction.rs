//! A Checkout transaction: its document, its events, and the refunds that have not ended.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{document::Sums, spec::Refunds};
use crate::{
    clock::millis_z,
    common::{Common, Pending},
    ledger::Line,
    lock::lock,
    settle::Outcome,
    wire::Reply,
};

#[derive(Serialize, Deserialize)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) document: Map<String, Value>,
    pub(super) refunds: Refunds,
    pub(super) under_way: Vec<UnderWay>,
    pub(super) callback_url: Option<String>,
    /// Events of its refunds that have not been announced by webhook.
    pub(super) unannounced: Vec<Value>,
    /// If webhooks are early: what reads show, and until when.
    before: Option<(Map<String, Value>, OffsetDateTime)>,
}

/// A refund that is accepted but not final.
#[derive(Serialize, Deserialize)]
pub(super) struct UnderWay {
    pub(super) request_id: String,
    pub(super) line: Line,
    pub(super) pending: Pending,
    /// The final event without its outcome.
    pub(super) event: Map<String, Value>,
}

impl Transaction {
    pub(super) fn new(id: String, document: Map<String, Value>, refunds: Refunds) -> Self {
        Self {
            id,
            document,
            refunds,
            under_way: Vec::new(),
            callback_url: None,
            unannounced: Vec::new(),
            before: None,
        }
    }

    /// The document as reads show it.
    pub(super) fn seen(&self, now: OffsetDateTime) -> &Map<String, Value> {
        match &self.before {
            Some((before, until)) if now < *until => before,
            _ => &self.document,
        }
    }

    pub(super) fn reply(&self, status: u16) -> Reply {
        Reply::json(status, &self.shown(&self.document))
    }

    /// A document of this transaction as responses show it.
    pub(super) fn shown(&self, document: &Map<String, Value>) -> Value {
        let mut shown = document.clone();
        if self.refunds.repeats_events
            && let Some(Value::Array(events)) = shown.get_mut("events")
        {
            *events = events.iter().flat_map(|event| [event.clone(), event.clone()]).collect();
        }
        Value::Object(shown)
    }

    /// A request id in the format of this transaction's events.
    pub(super) fn written_id(&self, request_id: &str) -> String {
        if self.refunds.plain_request_ids { request_id.replace('-', "") } else { request_id.to_owned() }
    }

    /// Ends the pending refunds that are due, and returns how many there are.
    pub(super) fn settle_where(
        &mut self,
        common: &Common,
        outcome: Option<Outcome>,
        is_due: impl FnMut(&mut UnderWay) -> bool,
    ) -> usize {
        let outcome = outcome.unwrap_or(self.refunds.outcome);
        let ended: Vec<UnderWay> = self.under_way.extract_if(.., is_due).collect();
        let count = ended.len();
        for refund in ended {
            let correlation = self.written_id(&refund.request_id);
            let mut event = refund.event;
            event.insert("correlation_request_id".to_owned(), json!(correlation));
            event.insert("request_id".to_owned(), json!(self.written_id(&common.ids.uuid())));
            lock(&common.book).settle(refund.line, outcome.entry());
            self.push_refund(common, event, outcome);
        }
        count
    }

    /// Appends the REFUND event with this outcome.
    pub(super) fn push_refund(&mut self, common: &Common, mut event: Map<String, Value>, outcome: Outcome) {
        let succeeded = outcome == Outcome::Succeeded;
        event.insert("event".to_owned(), json!("REFUND"));
        event.insert("success".to_owned(), json!(succeeded));
        if !succeeded {
            event.insert("error".to_owned(), self.refunds.decline.to_json());
        }
        self.push_refund_event(common, event);
        if !succeeded && self.refunds.corrects {
            let sums = Sums::of(&self.document);
            let correction = json!({
                "status": sums.status(),
                "remaining_capture_amount": sums.total.saturating_sub(sums.captured),
                "remaining_refund_amount": sums.left(),
                "remaining_void_amount": 0,
            });
            if let Some(event) = self.newest_event() {
                event.insert("correction".to_owned(), correction);
            }
        }
    }

    /// Appends an event of a refund. It is announced by webhook; reads may show it later.
    pub(super) fn push_refund_event(&mut self, common: &Common, event: Map<String, Value>) {
        let now = common.now();
        let shown_from = common.outbox.shown_from(now);
        if shown_from > now {
            self.before = Some((self.seen(now).clone(), shown_from));
        }
        self.push_event(common, event);
        let newest = self.newest_event().cloned();
        self.unannounced.extend(newest.map(Value::Object));
    }

    /// Appends an event, and sets its status and the document's from the new sums.
    fn push_event(&mut self, common: &Common, mut event: Map<String, Value>) {
        let now = millis_z(common.now());
        event.insert("id".to_owned(), json!(common.ids.uuid()));
        event.insert("created_at".to_owned(), json!(now));
        let events = self.document.entry("events").or_insert_with(|| json!([]));
        match events {
            Value::Array(events) => events.push(Value::Object(event)),
            other => *other = json!([event]),
        }
        let status = json!(Sums::of(&self.document).status());
        if let Some(event) = self.newest_event() {
            event.insert("transaction_status".to_owned(), status.clone());
        }
        self.document.insert("status".to_owned(), status);
        self.document.insert("updated_at".to_owned(), json!(now));
    }

    fn newest_event(&mut self) -> Option<&mut Map<String, Value>> {
        self.document.get_mut("events")?.as_array_mut()?.last_mut()?.as_object_mut()
    }

    /// Appends an authorization or a capture of these items.
    pub(super) fn push_operation(&mut self, common: &Common, kind: &str, amount: i64, items: &[Value]) {
        let request_id = self.written_id(&common.ids.uuid());
        let event = json!({
            "event": kind,
            "success": true,
            "amount": amount,
            "items": items,
            "request_id": request_id,
        });
        if let Value::Object(event) = event {
            self.push_event(common, event);
        }
    }
}
