//! The wrong journals in order, with the fault of each.

#[allow(clippy::wildcard_imports, reason = "every fault has a row")]
use crate::journal_kit::faults::*;
use crate::journal_kit::wrong::{Row, mutation};

/// `"what is wrong": the fault;`
macro_rules! rows {
    ($($fault:literal: $mutation:ident;)+) => {
        &[$(Row { fault: $fault, mutation: mutation::<$mutation> }),+]
    };
}

pub(crate) const ROWS: &[Row] = rows! {
    "acknowledges before the commit": AcknowledgesBeforeTheCommit;
    "forgets made refunds when it is reopened": ForgetsMadeWhenReopened;
    "forgets unsettled refunds when it is reopened": ForgetsUnsettledWhenReopened;
    "forgets who decided when it is reopened": ForgetsDecisionsWhenReopened;
    "unblocks open intents when its process ends": FreesWhatIsOpenWhenDropped;
    "unblocks what a dropped call committed": FreesWhatADroppedCallCommitted;
    "repeats an unacknowledged commit under another number": RollsForwardUnderAnotherNumber;
    "acknowledges an outcome that it failed to store": StoresAnOutcomeAndDropsIt;
    "acknowledges an observation that it failed to store": ObservesAndDropsIt;
    "loses abandoned intents": LosesAbandonedIntents;
    "abandons what is made": AbandonsWhatIsMade;

    "uses the caller's clock": UsesTheCallersClock;
    "stamps a whole group of commits before some of them arrived": StampsTheWholeGroup;
    "leaves the attempt time out of its deadlines": ForgetsTheAttemptInItsTimes;
    "accepts a resubmit time below the settle time": TakesAResubmitTimeBelowTheSettleTime;
    "uses the reader's resubmit time": UsesTheReadersPolicy;
    "lets its time go back with the clock": LetsItsTimeGoBack;
    "judges a look by when it ended": JudgesALookByItsEnd;
    "judges the key by when the look began": JudgesTheKeyByTheLook;
    "counts the key from the newest send": CountsTheKeyFromTheNewestSend;
    "gives up a key early": GivesUpAKeyEarly;
    "ignores that bytes left late": IgnoresThatBytesLeftLate;

    "ignores the version": IgnoresTheVersion;
    "checks the version outside the transaction": ChecksTheVersionOutsideTheTransaction;
    "restarts its counter after a purge": RestartsItsCounterAfterAPurge;
    "counts versions per money": CountsVersionsPerMoney;
    "moves the version with every observation": MovesTheVersionWithEveryObservation;
    "moves no version with an outcome": MovesNoVersionWithAnOutcome;
    "moves no version with an observation": MovesNoVersionWithAnObservation;
    "moves no version with a decision": MovesNoVersionWithADecision;
    "moves no version with an abandoned intent": MovesNoVersionWithAnAbandonedIntent;
    "moves no version with a purge": MovesNoVersionWithAPurge;
    "moves no version with an eviction": MovesNoVersionWithAnEviction;

    "commits two blocking intents": TakesTwoBlockingIntents;
    "unblocks unknown intents": FreesWhatIsUnknown;
    "unblocks its own reference after `unsettled_until`": FreesItsReferenceAfterUnsettledUntil;
    "settles intents by time alone": LetsTimeSettle;
    "lets equal amounts pass where references are hidden": TakesEqualAmountsForApart;
    "makes every amount wait where references are hidden": LetsEveryAmountWaitForR;
    "sends a made refund again": SendsAMadeRefundAgain;
    "accepts another amount under the same reference": TakesAnotherAmount;
    "repeats a send that carried no key": RepeatsASendWithoutAKey;
    "repeats a stored failure": RepeatsAStoredFailure;
    "repeats a send with an earlier key": RepeatsWithAnEarlierKey;
    "accepts another key at any time": TakesAnotherKeyAtAnyTime;
    "forgets the generation of the key": ForgetsTheGeneration;
    "closes what a refused intent named as absent": ClosesWhatARefusedIntentNamed;
    "closes its own intents only": ClosesItsOwnIntentsOnly;
    "unblocks a previous attempt that is unknown": WaivesAPreviousAttemptThatIsUnknown;
    "accepts a step of a refund that was not made": TakesAStepOfNothing;
    "closes steps by a look at refunds": ClosesSteps;
    "forgets that an intent is a step": ForgetsTheStep;
    "takes a step from the call that made the refund": TakesAStepFromItsMaker;
    "reserves a step for a call that has ended": KeepsAStepToACallThatIsGone;
    "leaves completed steps open": LeavesDoneStepsOpen;
    "locks without the scope": LocksWithoutTheScope;

    "settles the newest instead of the number": SettlesTheNewest;
    "settles the oldest open intent": SettlesTheOldestOpenIntent;
    "lets unknown override made": LetsUnknownOverrideMade;
    "lets not applied override made": LetsNotAppliedOverrideMade;
    "lets not applied override unknown": LetsNotAppliedOverrideUnknown;
    "lets unknown reopen what is settled": LetsUnknownReopenWhatIsSettled;
    "lets a refusal settle earlier intents": LetsARefusalSettleEarlierIntents;
    "ignores late responses": BelievesNoLateResponse;
    "hides a second refund": HidesASecondRefund;
    "counts a repeated outcome as a second refund": CountsARepetitionAsASecondRefund;
    "drops the reason of an outcome": DropsTheReason;
    "fails for an unknown token": FailsForAnUnknownToken;

    "gives one refund to two references": GivesOneRefundToTwoReferences;
    "forgets the aliases of a refund": ForgetsAliases;
    "matches by id without the version": MatchesByIdWithoutTheVersion;
    "matches by id beside another candidate": MatchesByIdBesideAnotherCandidate;
    "matches by id a refund that existed before": MatchesWhatWasThereBefore;
    "observes only on the present version": ObservesOnTheVersionOnly;
    "adopts refunds unasked": AdoptsWhatNobodyAskedFor;
    "accepts every amount": BelievesEveryAmount;
    "accepts a person's decision at any time": BelievesAPersonAtAnyTime;
    "accepts a person's decision about any intent": BelievesAPersonAboutAnyIntent;
    "lets a person override what is settled": LetsAPersonOverrideWhatIsSettled;
    "lets a refusal end what a person can decide": DecidesTheNewestStateOnly;
    "refuses a refund that a person found after it was given up": RefusesWhatAPersonFound;
    "forgets who decided": ForgetsWhoDecided;

    "evicts what is unsettled": EvictsWhatIsUnsettled;
    "evicts made refunds first": EvictsMadeRefundsFirst;
    "purges what is unsettled": PurgesWhatIsUnsettled;
    "purges recent entries": PurgesWhatIsYoung;
    "purges made refunds unasked": PurgesMadeRefundsUnasked;
    "purges hidden refunds beside unsettled ones": PurgesHiddenRefundsBesideUnsettledOnes;
    "purges nothing": PurgesNothing;

    "sleeps through writes": SleepsThroughWrites;
    "waits for changes that already happened": WaitsForWhatHappenedBefore;
    "waits forever": WaitsForEver;
    "pages by offset": PagesByCounting;
    "repeats the end of a page": RepeatsTheEndOfAPage;
    "pages in no order": PagesInNoOrder;
    "reads settled refunds as unsettled": ReadsSettledAsUnsettled;
    "reads every account": ReadsEveryAccount;
    "leaves out made refunds of others": LeavesOutMadeRefunds;
    "forgets the origin and the money of a payment": ForgetsOriginAndMoney;
    "checks origin and money only in `open`": ChecksOriginAndMoneyWhenOpenedOnly;
    "drops part of the request": DropsPartOfTheRequest;
    "stores texts without redaction": KeepsTextsAsTheyCame;
    "stores adopted texts without redaction": KeepsAdoptedTextsAsTheyCame;
};
