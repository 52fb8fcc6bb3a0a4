//! The rows of §7: each guard that can be taken away, and what happens then.

use crate::protocol::model::{
    Violation::{self, MoreThanCaptured, NeverFinished, TwoRefunds, UntrueMade, UntrueNotApplied},
    config::{
        Config,
        Guard::{self, *},
        Key,
    },
};

/// A guard, the world in which it is missed, and how.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) guard: Guard,
    /// The guard before it: it is missed only where this one is taken away, too.
    pub(crate) behind: Option<Guard>,
    pub(crate) config: Config,
    pub(crate) violation: Violation,
}

const ONE: Config = Config::new([0, 0, 0], 2);
/// Two references, and money for one of them.
const TWO: Config = Config::new([0, 1, 0], 2).amounts([1, 1], 1);
/// Two references, and money for both.
const BOTH: Config = Config::new([0, 1, 0], 2).amounts([1, 2], 3);
const KEY: Config = Config::new([0, 0, 0], 2).key(Key::ForATime).sends(2);
const STORED: Config = Config::new([0, 0, 0], 1).key(Key::ForEverWithFailures).sends(2);
/// Two references of equal amounts whose refunds show no reference.
const HIDDEN: Config = Config::new([0, 1, 0], 2).hidden();

pub(crate) const ROWS: [Row; 39] = [
    row(DurableBeforeSend, ONE, TwoRefunds),
    row(NotAfterAtBytes, ONE, TwoRefunds),
    row(WindowFromBeforeIntend, ONE, TwoRefunds),
    row(DeadlinesCountLimit, ONE, TwoRefunds),
    row(ResubmitCoversDelta, ONE, TwoRefunds),
    row(LookBeganAfterItsTime, ONE, TwoRefunds),
    // Not two under one reference: the transaction checks that reference's intents as well.
    row(Version, TWO, MoreThanCaptured),
    row(LookBeforeIntent, ONE, TwoRefunds),
    row(IncompleteIsNotAbsent, ONE, TwoRefunds),
    row(IncompleteClosesNothingBesideKey, BOTH.key(Key::ForATime), UntrueNotApplied),
    row(ShownIsNotAbsent, BOTH, UntrueNotApplied),
    row(MemoryOfMade, ONE, TwoRefunds),
    row(UnsettledCounts, TWO, MoreThanCaptured),
    row(MadeButUnlistedCounts, TWO, MoreThanCaptured),
    row(UnknownFreesNothing, ONE, TwoRefunds),
    row(DroppingFreesNothing, ONE, TwoRefunds),
    row(OutcomeOfItsOwnNumber, ONE, TwoRefunds),
    row(RefusalSaysNothingOfEarlierOnes, ONE, UntrueNotApplied),
    row(RetentionFromEarliest, Config { workers: 1, sends: 3, ..KEY }, TwoRefunds),
    row(JournalsClock, ONE, TwoRefunds),
    row(CanonicalMoney, ONE, TwoRefunds),
    row(CanonicalMoney, TWO, MoreThanCaptured),
    row(EqualHiddenAmountsWait, HIDDEN, NeverFinished),
    row(EqualHiddenAmountsWait, HIDDEN.key(Key::ForATime).sends(2), NeverFinished),
    row(MatchWithVersion, HIDDEN, UntrueMade),
    behind(EqualHiddenAmountsWait, MatchOnlyWhereOneIsUnsettled, HIDDEN, UntrueMade),
    behind(
        EqualHiddenAmountsWait,
        MatchOnlyWhereOneIsUnsettled,
        HIDDEN.key(Key::ForATime).sends(2),
        UntrueMade,
    ),
    behind(EqualHiddenAmountsWait, NothingAbsentBesideCandidate, HIDDEN.key(Key::ForATime), UntrueMade),
    row(IntendClosesOthers, HIDDEN, NeverFinished),
    row(OthersAreSettledToo, HIDDEN, NeverFinished),
    row(KeyOnlyWhereHonoured, ONE.key(Key::Hoped), TwoRefunds),
    row(KeyMargin, KEY, TwoRefunds),
    row(KeyJudgedInIntend, KEY, TwoRefunds),
    row(GenerationOnlyAfterRepeatedFailure, STORED, TwoRefunds),
    row(GenerationAfterRepeatedFailure, STORED, NeverFinished),
    row(PersonWaits, ONE.person(), TwoRefunds),
    row(HandleWaits, ONE.handle().sends(4), TwoRefunds),
    row(FreshNeverPassesCandidate, HIDDEN.evicts(), TwoRefunds),
    row(NoEvictionBesideUnsettled, HIDDEN.evicts(), UntrueMade),
];

const fn row(guard: Guard, config: Config, violation: Violation) -> Row {
    Row { guard, behind: None, config, violation }
}

const fn behind(first: Guard, guard: Guard, config: Config, violation: Violation) -> Row {
    Row { guard, behind: Some(first), config, violation }
}
