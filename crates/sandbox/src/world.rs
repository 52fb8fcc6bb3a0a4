//! Both APIs, the log, the faults, and the requests that arrive late.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use time::OffsetDateTime;

use crate::{
    api::{Api, Grant},
    clock::later,
    common::Common,
    dintero::Dintero,
    fault::Faults,
    lock::lock,
    log::Log,
    mattilda::Mattilda,
    operate::Operate,
    origin,
    provider::Provider,
    rate::Rates,
    record::Record,
    settle::Outcome,
    wire::{Incoming, Reply},
};

pub(crate) struct World {
    pub(crate) common: Arc<Common>,
    pub(crate) dintero: Arc<Dintero>,
    pub(crate) mattilda: Arc<Mattilda>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) rates: Rates,
    late: Mutex<Vec<Late>>,
}

/// A request that arrives although its sender has lost the connection.
struct Late {
    provider: Provider,
    request: Incoming,
    grant: Grant,
    due: Due,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Due {
    At(OffsetDateTime),
    AfterRequests(u32),
}

impl World {
    pub(crate) fn new(common: Arc<Common>, dintero: Arc<Dintero>, mattilda: Arc<Mattilda>, log: Log) -> Self {
        let faults = Faults::marking(Arc::clone(&common.changes));
        Self { common, dintero, mattilda, faults, log, rates: Rates::default(), late: Mutex::default() }
    }

    pub(crate) fn api(&self, provider: Provider) -> &dyn Api {
        match provider {
            Provider::Dintero => &*self.dintero,
            Provider::Mattilda => &*self.mattilda,
        }
    }

    pub(crate) fn operate(&self, provider: Provider) -> &dyn Operate {
        match provider {
            Provider::Dintero => &*self.dintero,
            Provider::Mattilda => &*self.mattilda,
        }
    }

    /// Checks and processes one request.
    pub(crate) fn process(&self, provider: Provider, request: &Incoming) -> Reply {
        let api = self.api(provider);
        match api.admit(request) {
            Ok(grant) => origin::during(request.number, || api.process(request, &grant)),
            Err(refused) => refused,
        }
    }

    /// Keeps a request for later. Its credentials were checked when it was sent: a token that expires in between does
    /// not stop it.
    pub(crate) fn defer(&self, provider: Provider, request: Incoming, grant: Grant, due: Due) {
        self.api(provider).begin(&request, &grant);
        lock(&self.late).push(Late { provider, request, grant, due });
    }

    pub(crate) fn due_in(&self, delay: Duration) -> Due {
        Due::At(later(self.common.now(), delay))
    }

    pub(crate) fn export(&self) -> Vec<Record> {
        // The ledger last: whatever refers to an entry of it finds the entry.
        [self.dintero.export(), self.mattilda.export(), self.common.export()].concat()
    }

    pub(crate) fn restore(&self, records: &[Record]) -> io::Result<()> {
        self.common.restore(records)?;
        self.dintero.restore(records)?;
        self.mattilda.restore(records)
    }

    /// Does everything that is due on the clock. Doing it before the next read is as good as doing it in time.
    pub(crate) fn catch_up(&self) {
        let now = self.common.now();
        self.apply_late(|due| matches!(due, Due::At(at) if *at <= now));
        self.dintero.settle_due();
        self.mattilda.settle_due();
    }

    /// Ends the pending refunds of this payment, or of all, with this outcome, or each with its own.
    pub(crate) fn settle(&self, payment: Option<&str>, outcome: Option<Outcome>) {
        self.catch_up();
        self.dintero.settle(payment, outcome);
        self.mattilda.settle(payment, outcome);
    }

    /// Counts a request, for those that arrive late after a number of requests.
    pub(crate) fn count_request(&self) {
        self.apply_late(|due| match due {
            Due::AfterRequests(0) => true,
            Due::AfterRequests(left) => {
                *left -= 1;
                false
            }
            Due::At(_) => false,
        });
    }

    pub(crate) fn apply_all_late(&self) {
        self.apply_late(|_| true);
    }

    fn apply_late(&self, mut is_due: impl FnMut(&mut Due) -> bool) {
        let due: Vec<Late> = lock(&self.late).extract_if(.., |late| is_due(&mut late.due)).collect();
        for late in due {
            let api = self.api(late.provider);
            api.end(&late.request, &late.grant);
            origin::during(late.request.number, || api.process(&late.request, &late.grant));
        }
    }
}
