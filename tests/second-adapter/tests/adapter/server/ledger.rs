//! Charges, reversals and the money between them.

use refunds_core::serde_json::{Map, Value, json};
use refunds_core::time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use refunds_core::{Clock, SystemClock};

/// A code, a text, and the field that it is about.
pub(super) type Refusal = (u16, &'static str, String, Option<&'static str>);

#[derive(Clone)]
pub(crate) struct Charge {
    pub id: String,
    pub currency: &'static str,
    pub decimals: usize,
    pub captured: i64,
    pub authorized_only: bool,
    /// The state in which the bank answers at once.
    pub at_once: &'static str,
    /// The state in which queued reversals end.
    pub end: &'static str,
    pub created: OffsetDateTime,
}

#[derive(Clone)]
pub(crate) struct Reversal {
    pub id: String,
    pub charge: String,
    pub amount: i64,
    pub state: &'static str,
    pub external_id: String,
    pub note: Option<String>,
    pub labels: Map<String, Value>,
    pub created: OffsetDateTime,
    pub changed: OffsetDateTime,
}

#[derive(Default)]
pub(crate) struct Ledger {
    charges: Vec<Charge>,
    reversals: Vec<Reversal>,
}

impl Ledger {
    /// A captured charge whose reversals are done at once.
    pub(crate) fn charge(&mut self, currency: &'static str, decimals: usize, captured: i64) -> &mut Charge {
        self.charges.push(Charge {
            id: format!("chg-{:04}", self.charges.len() + 1),
            currency,
            decimals,
            captured,
            authorized_only: false,
            at_once: "done",
            end: "done",
            created: now(),
        });
        self.charges.last_mut().unwrap()
    }

    pub(crate) fn find_charge(&self, id: &str) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.id == id)
    }

    pub(crate) fn find_reversal(&self, id: &str) -> Option<&Reversal> {
        self.reversals.iter().find(|reversal| reversal.id == id)
    }

    pub(crate) fn reversals_of<'a>(&'a self, charge: &'a str) -> impl Iterator<Item = &'a Reversal> {
        self.reversals.iter().filter(move |reversal| reversal.charge == charge)
    }

    /// What is given back, or under way.
    pub(crate) fn moved(&self, charge: &str) -> i64 {
        let gone = self.reversals_of(charge).filter(|one| !matches!(one.state, "rejected" | "bounced"));
        gone.map(|one| one.amount).sum()
    }

    /// Makes a reversal of a charge, or says why not.
    pub(crate) fn reverse(&mut self, charge: &str, wanted: &Wanted) -> Result<Reversal, Refusal> {
        let refuse = |status, code, text: &str| Err((status, code, text.to_owned(), None));
        let Some(charge) = self.find_charge(charge).cloned() else {
            return refuse(404, "unknown_charge", "no such charge");
        };
        let Some(amount) = minor(&wanted.amount, charge.decimals).filter(|amount| *amount > 0) else {
            return Err((400, "malformed", "no amount".to_owned(), Some("amount")));
        };
        if self.reversals_of(&charge.id).any(|one| one.external_id == wanted.external_id) {
            return refuse(409, "external_id_taken", "there is one already");
        }
        if charge.authorized_only {
            return refuse(422, "not_captured", "capture it first");
        }
        let now = now();
        if now - charge.created > Duration::days(180) {
            return refuse(422, "window_closed", "older than 180 days");
        }
        let left = charge.captured - self.moved(&charge.id);
        if amount > left {
            let text = format!("only {} is left", major(left, charge.decimals));
            return Err((422, "too_much", text, Some("amount")));
        }
        let made = Reversal {
            id: format!("rev-{:04}", self.reversals.len() + 1),
            charge: charge.id,
            amount,
            state: charge.at_once,
            external_id: wanted.external_id.clone(),
            note: wanted.note.clone(),
            labels: wanted.labels.clone(),
            created: now,
            changed: now,
        };
        self.reversals.push(made.clone());
        Ok(made)
    }

    /// Brings the queued reversals of a charge to their end.
    pub(crate) fn settle(&mut self, charge: &str) {
        let Some(end) = self.find_charge(charge).map(|charge| charge.end) else {
            return;
        };
        for one in self.reversals.iter_mut().filter(|one| one.charge == charge && one.state == "queued") {
            one.state = end;
            one.changed = now();
        }
    }

    /// Lets a reversal that is done bounce.
    pub(crate) fn bounce(&mut self, id: &str) -> bool {
        match self.reversals.iter_mut().find(|one| one.id == id && one.state == "done") {
            Some(one) => {
                one.state = "bounced";
                one.changed = now();
                true
            }
            None => false,
        }
    }

    pub(crate) fn charge_json(&self, charge: &Charge) -> Value {
        let (mut reversed, mut reversing) = (0, 0);
        for one in self.reversals_of(&charge.id) {
            match one.state {
                "done" => reversed += one.amount,
                "rejected" | "bounced" => {}
                _ => reversing += one.amount,
            }
        }
        let captured = if charge.authorized_only { 0 } else { charge.captured };
        let text = |amount| major(amount, charge.decimals);
        json!({
            "id": charge.id,
            "currency": charge.currency,
            "state": if charge.authorized_only { "authorized" } else { "captured" },
            "captured": text(captured),
            "reversed": text(reversed),
            "reversing": text(reversing),
            "paid_with": {"scheme": "visa", "last4": "4242"},
            "created": instant(charge.created),
        })
    }

    /// A reversal, which tells `more` than it moved.
    pub(crate) fn reversal_json(&self, one: &Reversal, more: i64) -> Value {
        let decimals = self.find_charge(&one.charge).map_or(2, |charge| charge.decimals);
        let refusal = (one.state == "rejected")
            .then(|| json!({"code": "account_closed", "text": "the account is closed"}));
        json!({
            "id": one.id,
            "charge": one.charge,
            "amount": major(one.amount + more, decimals),
            "state": one.state,
            "external_id": one.external_id,
            "note": one.note,
            "labels": one.labels,
            "created": instant(one.created),
            "changed": instant(one.changed),
            "refusal": refusal,
        })
    }
}

/// A request for a reversal whose form has been checked.
pub(crate) struct Wanted {
    pub amount: String,
    pub external_id: String,
    pub note: Option<String>,
    pub labels: Map<String, Value>,
}

fn now() -> OffsetDateTime {
    SystemClock.now()
}

fn instant(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap()
}

fn major(minor: i64, decimals: usize) -> String {
    let digits = format!("{minor:0width$}", width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    if decimals == 0 { whole.to_owned() } else { format!("{whole}.{part}") }
}

fn minor(text: &str, decimals: usize) -> Option<i64> {
    let (whole, part) = if decimals == 0 { (text, "") } else { text.split_once('.')? };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = !whole.is_empty() && part.len() == decimals && digits(whole) && digits(part);
    if fits { format!("{whole}{part}").parse().ok() } else { None }
}
