//! Acme's records, and its rules for returns.

use std::collections::BTreeMap;

use refunds_core::serde_json::{Value, json};

/// How many units one minor unit is: `PROVIDER.md`, "Money".
pub(crate) fn whole(currency: &str) -> i64 {
    if ["ISK", "UGX"].contains(&currency) { 100 } else { 1 }
}

/// Payments, returns and keys, in memory.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    payments: BTreeMap<String, Payment>,
    returns: Vec<Return>,
    /// The request of each key, and the index of the return that it made.
    keys: BTreeMap<String, (NewReturn, usize)>,
    /// Each change is one second later than the previous one.
    ticks: u32,
}

#[derive(Debug)]
struct Payment {
    currency: String,
    captured: i64,
    /// The state in which its returns end, if they do not end at once.
    end: Option<&'static str>,
}

#[derive(Debug)]
struct Return {
    payment: String,
    reference: String,
    units: i64,
    note: Option<String>,
    labels: BTreeMap<String, String>,
    state: &'static str,
    /// Its state after it is settled.
    end: &'static str,
    made_at: u32,
    changed_at: u32,
}

impl Return {
    fn reduces_refundable(&self) -> bool {
        !["refused", "bounced", "withdrawn"].contains(&self.state)
    }
}

/// A request for a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewReturn {
    pub(crate) payment: String,
    pub(crate) reference: String,
    pub(crate) units: String,
    pub(crate) currency: String,
    pub(crate) note: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// A status and the name of a problem.
pub(crate) type Problem = (u16, &'static str);

impl Ledger {
    /// A payment of `captured` units. With `end`, its returns are queued and end in that state.
    pub(crate) fn open(&mut self, captured: i64, currency: &str, end: Option<&'static str>) -> String {
        let id = format!("pp_{:06}", self.payments.len() + 1);
        self.payments.insert(id.clone(), Payment { currency: currency.to_owned(), captured, end });
        id
    }

    pub(crate) fn payment(&self, id: &str) -> Result<Value, Problem> {
        let payment = self.payments.get(id).ok_or((404, "no_such_payment"))?;
        let returned = self.sum(id, |one| one.state == "paid");
        let money = |units: i64| json!({ "units": units.to_string(), "currency": payment.currency });
        Ok(json!({
            "id": id,
            "state": if payment.captured > 0 { "captured" } else { "reserved" },
            "captured": money(payment.captured),
            "returned": money(returned),
            "in_flight": money(self.held(id) - returned),
        }))
    }

    /// Makes a return, or finds the one that the key made before: the status and the return.
    pub(crate) fn submit(&mut self, key: &str, new: NewReturn) -> Result<(u16, Value), Problem> {
        let fits = |text: &str, max: usize| text.chars().count() <= max;
        let labels_fit =
            new.labels.len() <= 10 && new.labels.iter().all(|(key, value)| fits(key, 20) && fits(value, 100));
        let note_fits = new.note.as_ref().is_none_or(|note| fits(note, 140));
        if key.is_empty() || !fits(key, 128) || !fits(&new.reference, 128) || !note_fits || !labels_fit {
            return Err((400, "malformed"));
        }
        let payment = self.payments.get(&new.payment).ok_or((404, "no_such_payment"))?;
        if let Some((before, index)) = self.keys.get(key) {
            return if *before == new { Ok((200, self.json(*index))) } else { Err((409, "key_taken")) };
        }
        let digits = new.units.len() <= 12 && new.units.bytes().all(|byte| byte.is_ascii_digit());
        let units = new.units.parse::<i64>().ok().filter(|units| digits && *units > 0);
        let units = units.ok_or((400, "malformed"))?;
        if units % whole(&new.currency) != 0 {
            return Err((400, "malformed"));
        }
        if new.currency != payment.currency {
            return Err((422, "wrong_currency"));
        }
        if payment.captured == 0 {
            return Err((422, "not_captured"));
        }
        if units > payment.captured - self.held(&new.payment) {
            return Err((422, "too_much"));
        }
        let (state, end) = payment.end.map_or(("paid", "paid"), |end| ("queued", end));
        self.ticks += 1;
        self.returns.push(Return {
            payment: new.payment.clone(),
            reference: new.reference.clone(),
            units,
            note: new.note.clone(),
            labels: new.labels.clone(),
            state,
            end,
            made_at: self.ticks,
            changed_at: self.ticks,
        });
        let index = self.returns.len() - 1;
        self.keys.insert(key.to_owned(), (new, index));
        Ok((if state == "paid" { 201 } else { 202 }, self.json(index)))
    }

    pub(crate) fn find(&self, id: &str) -> Result<Value, Problem> {
        let index = (0..self.returns.len()).find(|index| return_id(*index) == id);
        index.map(|index| self.json(index)).ok_or((404, "no_such_return"))
    }

    /// A page of `size` that begins after the return `after`.
    pub(crate) fn page(&self, payment: &str, size: usize, after: Option<&str>) -> Result<Value, Problem> {
        if !self.payments.contains_key(payment) {
            return Err((404, "no_such_payment"));
        }
        let theirs = (0..self.returns.len()).filter(|index| self.returns[*index].payment == payment);
        let mut left = theirs.filter(|index| after.is_none_or(|after| *return_id(*index) > *after));
        let page: Vec<_> = left.by_ref().take(size).collect();
        let next = page.last().filter(|_| left.next().is_some()).map(|last| return_id(*last));
        let returns: Vec<_> = page.into_iter().map(|index| self.json(index)).collect();
        Ok(json!({ "returns": returns, "page": { "size": size, "after": next } }))
    }

    /// Settles the queued returns of a payment.
    pub(crate) fn settle(&mut self, payment: &str) {
        self.ticks += 1;
        for one in self.returns.iter_mut().filter(|one| one.payment == payment && one.state == "queued") {
            (one.state, one.changed_at) = (one.end, self.ticks);
        }
    }

    /// Makes a paid return bounce.
    pub(crate) fn bounce(&mut self, id: &str) -> bool {
        let Some(index) = (0..self.returns.len()).find(|index| return_id(*index) == id) else { return false };
        self.ticks += 1;
        (self.returns[index].state, self.returns[index].changed_at) = ("bounced", self.ticks);
        true
    }

    /// The units that are returned or in flight.
    pub(crate) fn held(&self, payment: &str) -> i64 {
        self.sum(payment, Return::reduces_refundable)
    }

    /// How many returns were made under a reference.
    pub(crate) fn made(&self, payment: &str, reference: &str) -> usize {
        self.returns.iter().filter(|one| one.payment == payment && one.reference == reference).count()
    }

    fn sum(&self, payment: &str, counts: impl Fn(&Return) -> bool) -> i64 {
        self.returns.iter().filter(|one| one.payment == payment && counts(one)).map(|one| one.units).sum()
    }

    fn json(&self, index: usize) -> Value {
        let one = &self.returns[index];
        let time = |ticks: u32| format!("2031-05-01T10:{:02}:{:02}Z", ticks / 60 % 60, ticks % 60);
        let ended_badly = ["refused", "bounced"].contains(&one.state);
        json!({
            "id": return_id(index),
            "payment": one.payment,
            "merchant_ref": one.reference,
            "state": one.state,
            "amount": { "units": one.units.to_string(), "currency": self.payments[&one.payment].currency },
            "note": one.note,
            "labels": one.labels,
            "made_at": time(one.made_at),
            "changed_at": time(one.changed_at),
            "bank_trace": format!("BT-{}", index + 1),
            "channel": "api",
            "why": ended_badly.then(|| json!({ "code": "account_closed", "text": "The account is closed" })),
        })
    }
}

fn return_id(index: usize) -> String {
    format!("ret_{:06}", index + 1)
}
