//! What is explored: who does what at which provider, with which guards.

use super::state::WORKERS;

/// How long a request may take to leave after its commit. All durations are in ticks.
pub(crate) const WINDOW: u8 = 1;
/// How long its connection lasts at most.
pub(crate) const LIMIT: u8 = 1;
/// How long after its connection ended a request may still be carried out, or be missing in lists: Δ.
pub(crate) const DELTA: u8 = 1;
/// How long other references wait after the last connection has ended.
pub(crate) const SETTLE: u8 = 0;
/// The age of an intent from which other references go on.
pub(crate) const UNSETTLED: u8 = WINDOW + LIMIT + SETTLE;
/// How long before its end a key is not relied on any more.
pub(crate) const MARGIN: u8 = WINDOW + LIMIT + DELTA;
/// How long the provider remembers a key, where it does not for ever.
pub(crate) const RETENTION: u8 = MARGIN + 1;

/// What the provider does with an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    None,
    /// The client believes that it is honoured, and it is not.
    Hoped,
    /// It is honoured for a time after the first request with it was carried out: one tick more than the
    /// margin.
    ForATime,
    /// It is honoured for ever, and a failure is stored and repeated as well as a success.
    ForEverWithFailures,
}

/// A rule of §7. Taking one away must lead to a counterexample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Guard {
    DurableBeforeSend,
    NotAfterAtBytes,
    WindowFromBeforeIntend,
    DeadlinesCountLimit,
    ResubmitCoversDelta,
    LookBeganAfterItsTime,
    Version,
    LookBeforeIntent,
    IncompleteIsNotAbsent,
    IncompleteClosesNothingBesideKey,
    ShownIsNotAbsent,
    MemoryOfMade,
    UnsettledCounts,
    MadeButUnlistedCounts,
    UnknownFreesNothing,
    DroppingFreesNothing,
    OutcomeOfItsOwnNumber,
    RefusalSaysNothingOfEarlierOnes,
    RetentionFromEarliest,
    JournalsClock,
    CanonicalMoney,
    EqualHiddenAmountsWait,
    MatchWithVersion,
    MatchOnlyWhereOneIsUnsettled,
    IntendClosesOthers,
    NothingAbsentBesideCandidate,
    OthersAreSettledToo,
    KeyOnlyWhereHonoured,
    KeyMargin,
    KeyJudgedInIntend,
    GenerationOnlyAfterRepeatedFailure,
    GenerationAfterRepeatedFailure,
    PersonWaits,
    HandleWaits,
    FreshNeverPassesCandidate,
    NoEvictionBesideUnsettled,
}

/// The guards that are taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Without(u64);

impl Without {
    pub(crate) fn guards(guards: &[Guard]) -> Self {
        Self(guards.iter().fold(0, |all, guard| all | 1 << (*guard as u8)))
    }

    pub(crate) fn has(self, guard: Guard) -> bool {
        self.0 & (1 << (guard as u8)) == 0
    }
}

/// One world to explore.
#[expect(clippy::struct_excessive_bools, reason = "independent facts")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    /// Of each worker, its reference; workers beyond `workers` do nothing.
    pub(crate) references: [u8; WORKERS],
    pub(crate) workers: usize,
    /// Of each reference, the amount.
    pub(crate) amounts: [u8; 2],
    pub(crate) captured: u8,
    pub(crate) key: Key,
    pub(crate) hidden: bool,
    /// The journal may forget made refunds.
    pub(crate) evicts: bool,
    /// A person may say, truthfully, that a refund is not made.
    pub(crate) person: bool,
    /// At the beginning, the request of a process that is gone is under way, and only its handle is known.
    pub(crate) handle: bool,
    /// Whether calls in a healthy world end in the refund at last. Not so where the journal forgot a refund
    /// that shows no reference: that takes a person.
    pub(crate) finishes: bool,
    /// How many intents can be alive at once: with made refunds, the bound of the search.
    pub(crate) sends: usize,
}

impl Config {
    pub(crate) const fn new(references: [u8; WORKERS], workers: usize) -> Self {
        Self {
            references,
            workers,
            amounts: [1, 1],
            captured: 9,
            key: Key::None,
            hidden: false,
            evicts: false,
            person: false,
            handle: false,
            finishes: true,
            sends: 3,
        }
    }

    pub(crate) const fn key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    pub(crate) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    pub(crate) const fn amounts(mut self, amounts: [u8; 2], captured: u8) -> Self {
        self.amounts = amounts;
        self.captured = captured;
        self
    }

    pub(crate) const fn evicts(mut self) -> Self {
        self.evicts = true;
        self.finishes = !self.hidden;
        self
    }

    pub(crate) const fn person(mut self) -> Self {
        self.person = true;
        self
    }

    pub(crate) const fn handle(mut self) -> Self {
        self.handle = true;
        self
    }

    pub(crate) const fn sends(mut self, sends: usize) -> Self {
        self.sends = sends;
        self
    }
}
