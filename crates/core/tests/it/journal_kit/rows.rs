//! The wrong journals in order, with what is wrong with each.

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
    "frees what is open when its process ends": FreesWhatIsOpenWhenDropped;
    "frees what a dropped call committed": FreesWhatADroppedCallCommitted;
    "repeats a commit that it did not acknowledge under another number": RollsForwardUnderAnotherNumber;
    "acknowledges an outcome that it failed to store": StoresAnOutcomeAndDropsIt;
    "acknowledges an observation that it failed to store": ObservesAndDropsIt;
    "loses abandoned intents": LosesAbandonedIntents;
    "abandons what is made": AbandonsWhatIsMade;

    "uses the caller's clock": UsesTheCallersClock;
    "stamps the whole group before an item came": StampsTheWholeGroup;
    "shortens its times by the attempt": ForgetsTheAttemptInItsTimes;
    "takes a resubmit time below the settle time": TakesAResubmitTimeBelowTheSettleTime;
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

    "takes two blocking intents": TakesTwoBlockingIntents;
    "frees what is unknown": FreesWhatIsUnknown;
    "frees its own reference after `unsettled_until`": FreesItsReferenceAfterUnsettledUntil;
    "lets time settle": LetsTimeSettle;
    "lets equal amounts pass where references are hidden": TakesEqualAmountsForApart;
    "lets every amount wait where references are hidden": LetsEveryAmountWaitForR;
    "sends a made refund again": SendsAMadeRefundAgain;
    "takes another amount under the same reference": TakesAnotherAmount;
    "repeats a send that carried no key": RepeatsASendWithoutAKey;
    "repeats a stored failure": RepeatsAStoredFailure;
    "repeats a send with an earlier key": RepeatsWithAnEarlierKey;
    "takes another key at any time": TakesAnotherKeyAtAnyTime;
    "forgets the generation of the key": ForgetsTheGeneration;
    "closes what a refused intent named": ClosesWhatARefusedIntentNamed;
    "closes its own intents only": ClosesItsOwnIntentsOnly;
    "waives a previous attempt that is unknown": WaivesAPreviousAttemptThatIsUnknown;
    "takes a step that is left of nothing": TakesAStepOfNothing;
    "closes steps by a look at refunds": ClosesSteps;
    "forgets that an intent is a step": ForgetsTheStep;
    "takes a step from the call that made the refund": TakesAStepFromItsMaker;
    "keeps a step to a call that is gone": KeepsAStepToACallThatIsGone;
    "leaves steps open that are done": LeavesDoneStepsOpen;
    "locks without the scope": LocksWithoutTheScope;

    "settles the newest instead of the number": SettlesTheNewest;
    "settles the oldest open intent": SettlesTheOldestOpenIntent;
    "lets unknown override made": LetsUnknownOverrideMade;
    "lets not applied override made": LetsNotAppliedOverrideMade;
    "lets not applied override unknown": LetsNotAppliedOverrideUnknown;
    "lets unknown reopen what is settled": LetsUnknownReopenWhatIsSettled;
    "lets a refusal settle earlier intents": LetsARefusalSettleEarlierIntents;
    "believes no late response": BelievesNoLateResponse;
    "hides a second refund": HidesASecondRefund;
    "counts a repeated outcome as a second refund": CountsARepetitionAsASecondRefund;
    "drops the reason of an outcome": DropsTheReason;
    "fails for an unknown token": FailsForAnUnknownToken;

    "gives one refund to two references": GivesOneRefundToTwoReferences;
    "forgets the second name of a refund": ForgetsAliases;
    "matches by id without the version": MatchesByIdWithoutTheVersion;
    "matches by id beside another candidate": MatchesByIdBesideAnotherCandidate;
    "matches by id what was there before": MatchesWhatWasThereBefore;
    "observes on the present version only": ObservesOnTheVersionOnly;
    "adopts what nobody asked for": AdoptsWhatNobodyAskedFor;
    "believes every amount": BelievesEveryAmount;
    "believes a person at any time": BelievesAPersonAtAnyTime;
    "believes a person about any intent": BelievesAPersonAboutAnyIntent;
    "lets a person override what is settled": LetsAPersonOverrideWhatIsSettled;
    "lets a refusal end what a person can decide": DecidesTheNewestStateOnly;
    "refuses what a person found after it was given up": RefusesWhatAPersonFound;
    "forgets who decided": ForgetsWhoDecided;

    "evicts what is unsettled": EvictsWhatIsUnsettled;
    "evicts made refunds first": EvictsMadeRefundsFirst;
    "purges what is unsettled": PurgesWhatIsUnsettled;
    "purges what is young": PurgesWhatIsYoung;
    "purges made refunds unasked": PurgesMadeRefundsUnasked;
    "purges hidden refunds beside unsettled ones": PurgesHiddenRefundsBesideUnsettledOnes;
    "purges nothing": PurgesNothing;

    "sleeps through writes": SleepsThroughWrites;
    "waits for what happened before": WaitsForWhatHappenedBefore;
    "waits forever": WaitsForEver;
    "pages by counting": PagesByCounting;
    "repeats the end of a page": RepeatsTheEndOfAPage;
    "pages in no order": PagesInNoOrder;
    "reads settled refunds as unsettled": ReadsSettledAsUnsettled;
    "reads every account": ReadsEveryAccount;
    "leaves out made refunds of others": LeavesOutMadeRefunds;
    "forgets the origin and the money of a payment": ForgetsOriginAndMoney;
    "checks origin and money when opened only": ChecksOriginAndMoneyWhenOpenedOnly;
    "drops part of the request": DropsPartOfTheRequest;
    "keeps texts as they came": KeepsTextsAsTheyCame;
    "keeps adopted texts as they came": KeepsAdoptedTextsAsTheyCame;
};
