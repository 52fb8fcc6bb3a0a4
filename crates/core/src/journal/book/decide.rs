//! Storing a person's decision.

use super::{Book, Counter};
use crate::{
    Error, ErrorKind, Result,
    journal::{
        entry::{Decision, Entry, IntentState, Verdict},
        key::{IntentNumber, JournalTime},
    },
};

impl Book {
    /// Stores a decision about the newest intent of a refund.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] if the intent is unknown, is not the newest of its refund, is already settled,
    /// or may still be in flight.
    pub fn decide(
        &mut self,
        number: IntentNumber,
        decision: &Decision,
        now: JournalTime,
        counter: &mut Counter,
    ) -> Result<()> {
        let has = |entry: &Entry| entry.intents.iter().any(|intent| intent.number == number);
        let Some(at) = self.entries.iter().position(has) else {
            return Err(refused(format!("the journal has no intent {number} of this payment")));
        };
        if let Verdict::Made(refund) = &decision.verdict
            && self.owner(at, refund).is_some()
        {
            return Err(refused(format!("refund {} belongs to another reference", refund.id)));
        }
        let entry = &mut self.entries[at];
        check(entry, number, &decision.verdict, now)?;
        match &decision.verdict {
            Verdict::NotMade => {
                // The person looked after all of them had ended.
                for intent in entry.intents.iter_mut().filter(|intent| intent.state.is_open_ended()) {
                    intent.state = IntentState::NotMade;
                    intent.settled_at = Some(now);
                }
            }
            Verdict::Made(refund) => {
                entry.set_made(refund);
                for intent in entry.intents.iter_mut().filter(|intent| intent.state.is_open_ended()) {
                    intent.state = IntentState::Made;
                    intent.settled_at = Some(now);
                }
            }
            Verdict::NotThisOne(id) => {
                entry.suspects.retain(|suspect| suspect != id);
                if !entry.known_before.contains(id) {
                    entry.known_before.push(id.clone());
                }
            }
        }
        entry.decision = Some(Box::new(Decision { at: now, ..decision.clone() }));
        self.touch(at, counter);
        Ok(())
    }
}

fn check(entry: &Entry, number: IntentNumber, verdict: &Verdict, now: JournalTime) -> Result<()> {
    let Some(newest) = entry.newest() else { return Err(refused("the refund has no intent".to_owned())) };
    if newest.number != number {
        return Err(refused(format!(
            "intent {number} is not the newest of the reference {}; check again and decide on intent {}",
            entry.reference, newest.number
        )));
    }
    // A made refund overrides every other outcome.
    let overrides = matches!(verdict, Verdict::Made(_)) && entry.made.is_none();
    // The newest intent may be refused while an earlier one is unknown and still to be decided.
    if entry.unsettled_sends().next().is_none() && !overrides {
        let state = if entry.made.is_some() { "made" } else { newest.state.as_str() };
        return Err(refused(format!("intent {number} is already settled: {state}")));
    }
    let last = entry.unsettled_sends().map(|intent| intent.unsettled_until).max();
    if *verdict == Verdict::NotMade
        && let Some(until) = last.filter(|until| now < *until)
    {
        return Err(refused(format!(
            "intent {number} may still be in progress until {}; check the provider after that, then decide",
            crate::clock::rounded(until.to_datetime())
        ))
        .with_retryable(true)
        .with_retry_after(until.since(now)));
    }
    Ok(())
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Conflict, message).not_applied()
}
