//! Ending pending refunds.

use super::{Mattilda, State, model::Refund};
use crate::{lock::lock, settle::Outcome};

impl Mattilda {
    pub(crate) fn settle(&self, transaction: Option<&str>, outcome: Option<Outcome>) {
        self.settle_where(&mut lock(&self.state), outcome, |_, refund| {
            transaction.is_none_or(|id| id == refund.transaction_id)
        });
    }

    /// Ends the refunds that are due, queues their webhooks, and returns how many there are.
    pub(super) fn settle_where(
        &self,
        state: &mut State,
        outcome: Option<Outcome>,
        mut is_due: impl FnMut(usize, &mut Refund) -> bool,
    ) -> usize {
        let mut ended = Vec::new();
        for (at, refund) in state.refunds.iter_mut().enumerate() {
            if is_due(at, refund) && refund.settle(&self.common, outcome) {
                ended.push(at);
            }
        }
        for refund in ended.iter().filter_map(|at| state.refunds.get(*at)) {
            self.announce(state, refund);
        }
        ended.len()
    }

    /// Counts a read of these refunds, and settles those that have been read often enough.
    pub(super) fn count_reads(&self, state: &mut State, shown: &[usize]) {
        let settling = self.common.settling();
        self.settle_where(state, None, |at, refund| {
            shown.contains(&at) && refund.pending.as_mut().is_some_and(|pending| pending.was_read(settling))
        });
    }
}
