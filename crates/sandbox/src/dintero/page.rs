//! The query of a list: one page after a given id.

use super::error;
use crate::wire::{Incoming, Reply};

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

pub(super) struct PageQuery {
    pub(super) parameters: Vec<(String, String)>,
    limit: usize,
}

impl PageQuery {
    pub(super) fn read(request: &Incoming) -> Result<Self, Reply> {
        let mut query = Self { parameters: request.query_pairs(), limit: DEFAULT_LIMIT };
        if let Some(limit) = query.last("limit") {
            query.limit = limit
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| error::invalid("limit", "must be between 1 and 100"))?;
        }
        Ok(query)
    }

    /// The last value of a parameter.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().rev().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The items after `starting_after`, as many as `limit` allows.
    pub(super) fn page<T>(&self, mut items: Vec<T>, id: impl Fn(&T) -> &str) -> Result<Vec<T>, Reply> {
        if let Some(after) = self.last("starting_after") {
            let at = items
                .iter()
                .position(|item| id(item) == after)
                .ok_or_else(|| error::invalid("starting_after", "is not in the list"))?;
            items.drain(..=at);
        }
        items.truncate(self.limit);
        Ok(items)
    }
}
