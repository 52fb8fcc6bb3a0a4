//! `Idempotency-Key`: the first response is stored and replayed; until then, other requests get a conflict.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use time::OffsetDateTime;

use super::{
    error::{self, Detail},
    options::{ErrorShape, IdempotencyMode},
};
use crate::{
    api::Grant,
    clock::later,
    wire::{Incoming, Reply},
};

const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_KEY: usize = 255;

/// A key belongs to a merchant account, not to a path: for another payment, it replays the first payment's response.
pub(super) type Scoped = (String, String);

#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) mode: IdempotencyMode,
    kept: HashMap<Scoped, (OffsetDateTime, Reply)>,
    in_flight: HashSet<Scoped>,
}

impl Keys {
    /// The response that is known in advance: a replay, a conflict, or an invalid key.
    pub(super) fn known_reply(
        &mut self,
        request: &Incoming,
        grant: &Grant,
        now: OffsetDateTime,
    ) -> Option<Reply> {
        let key = self.key(request, grant)?;
        if key.1.is_empty() || key.1.len() > MAX_KEY {
            let detail = Detail {
                location: "header",
                pointer: "/idempotency-key".to_owned(),
                message: "must have between 1 and 255 characters".to_owned(),
                kind: "value_error",
            };
            return Some(error::invalid(&[detail], ErrorShape::Envelope));
        }
        if self.in_flight.contains(&key) {
            return Some(error::concurrent());
        }
        self.kept.retain(|_, (until, _)| *until > now);
        self.kept.get(&key).map(|(_, reply)| reply.clone())
    }

    pub(super) fn keep(&mut self, request: &Incoming, grant: &Grant, reply: &Reply, now: OffsetDateTime) {
        if let Some(key) = self.key(request, grant).filter(|_| reply.is_stored) {
            let until = later(now, KEPT_FOR);
            self.kept.insert(key, (until, reply.clone()));
        }
    }

    /// The stored responses.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&Scoped, &(OffsetDateTime, Reply))> {
        self.kept.iter()
    }

    pub(super) fn restore(&mut self, key: Scoped, until: OffsetDateTime, reply: Reply) {
        self.kept.insert(key, (until, reply));
    }

    pub(super) fn begin(&mut self, request: &Incoming, grant: &Grant) -> bool {
        self.key(request, grant).is_some_and(|key| self.in_flight.insert(key))
    }

    pub(super) fn end(&mut self, request: &Incoming, grant: &Grant) {
        if let Some(key) = self.key(request, grant) {
            self.in_flight.remove(&key);
        }
    }

    fn key(&self, request: &Incoming, grant: &Grant) -> Option<Scoped> {
        if self.mode == IdempotencyMode::Ignored || request.method != "POST" {
            return None;
        }
        let key = request.header("idempotency-key")?;
        Some((grant.merchant_account.clone(), key.to_owned()))
    }
}
