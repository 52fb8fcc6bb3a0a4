//! The wrong providers in order, with the fault of each.

#[allow(clippy::wildcard_imports, reason = "every fault has a row")]
use crate::provider_kit::mutations::*;
use crate::provider_kit::{Row, hooked, in_tenths, mutation, once, plain, with_key, with_option};

/// `"what is wrong": the base provider, the mutation;`
macro_rules! rows {
    ($($fault:literal: $memory:ident, $mutation:ident;)+) => {
        &[$(Row { fault: $fault, memory: $memory, mutation: mutation::<$mutation> }),+]
    };
}

pub(crate) const ROWS: &[Row] = rows! {
    "puts another provider name on its refunds": plain, WrongName;
    "drops the reference": plain, DropsReference;
    "computes amounts in floating point, and is sometimes off by one": plain, FloatsAmount;
    "refunds 101 instead of 100": plain, Takes101For100;
    "echoes the request's amount instead of the provider's": plain, EchoesAmount;
    "refunds any currency's number in the payment's currency": plain, TakesAnyCurrency;
    "echoes the request's currency": plain, AssumesCurrency;
    "forgets what is refunded in its sums": plain, ForgetsSums;
    "never reports its sums as complete": plain, NeverVouches;
    "reads only one page for its overview": plain, OverviewOfOnePage;
    "locates other money than it locks": plain, LocatesOtherMoney;
    "tells another currency before the refund": plain, TellsAnotherCurrency;
    "shows all as left where the money was located": plain, ShowsOldSums;
    "loses the last page": plain, LosesLastPage;
    "cuts a list short without saying so": plain, CutsShort;
    "lists in a different order each time": plain, ShufflesPages;
    "forgets a cursor once it was used": plain, SpendsCursors;
    "numbers its pages, and forgets of which size": plain, ForgetsThePageSize;
    "returns an empty list for an unknown payment": plain, NotFoundIsEmpty;
    "returns a 404 for a payment without refunds": plain, EmptyIsNotFound;
    "claims a key that is not honoured, and refunds twice": plain, IgnoresTheKey;
    "replays the current state, but claims to replay the first response": with_key, ReplaysAnotherResponse;
    "refuses a key in flight, but its capabilities do not say so": with_key, ConflictsInFlight;
    "retries by itself, and refunds twice": plain, RetriesByItself;
    "refuses requests beyond its limits with the wrong kind": plain, ValidatesVaguely;
    "rounds an amount that the provider cannot express": in_tenths, RoundsToItsUnits;
    "refunds what is left when more is requested": plain, TakesWhatIsLeft;
    "ignores the sign of an amount": plain, TakesTheAbsolute;
    "reports an authorization as captured": plain, RefundsAuthorizations;
    "reports an accepted refund as a failure": plain, CallsPendingAFailure;
    "reports an accepted refund as a success": plain, CallsPendingASuccess;
    "treats an unknown status as final": plain, UnknownIsFinal;
    "hides late failures": plain, HidesLateFailures;
    "mixes up declined and failed": plain, DeclinedIsFailed;
    "never reports the final status": plain, PendingForEver;
    "turns back to pending": plain, TurnsBack;
    "counts pending money as refundable": plain, PendingIsRefundable;
    "invents the time of a change": plain, InventsUpdates;
    "reports a time-out as not applied": plain, TimeoutNotApplied;
    "reports a server error as not applied": plain, ServerErrorNotApplied;
    "reports an unreadable response as not applied": plain, GarbageNotApplied;
    "reports that a 429 may have been applied": plain, TooManyApplied;
    "reports a 429 as not retryable": plain, TooManyForGood;
    "reports that a refused connection may have been applied": plain, NeverSentApplied;
    "reports a 401 as retryable": plain, UnauthorizedForAWhile;
    "reports a missing payment or refund as `Other`": plain, EverythingIsOther;
    "leaks its token in an error's source": plain, LeaksInErrors;
    "leaks its token in `Debug`": plain, LeaksInDebug;
    "finds refunds of other payments": plain, FindsAnybodys;
    "panics on hostile ids": plain, PanicsOnHostileIds;
    "cuts payment ids at a `?`": plain, CutsIdsAtTheQuery;
    "cuts refund ids at a `?`": plain, CutsRefundIdsAtTheQuery;
    "serves one task at a time": plain, OneAtATime;
    "stays locked when a future is dropped": plain, LockedByADrop;
    "miscounts its readers when a read is dropped": plain, LeaksByADrop;
    "loses order lines": plain, LosesLines;
    "loses metadata": plain, LosesMetadata;
    "reports a refunded line as refundable": plain, ForgetsRefundedLines;
    "refuses an option that it names": with_option, RefusesItsOption;
    "names an option that cannot be written": plain, NamesAnUnusableOption;
    "names an option twice": plain, NamesAnOptionTwice;
    "accepts unsigned webhooks": plain, BelievesWebhooks;
    "accepts webhooks whose bytes were changed": hooked, BelievesAlteredWebhooks;
    "checks that a signature is there, but not whether it matches": hooked, LooksForAnySignature;
    "accepts webhooks without a signature": hooked, BelievesWhatIsNotSigned;
    "accepts webhooks of any age": hooked, BelievesAnyAge;
    "accepts webhooks from the future": hooked, BelievesTheFuture;
    "returns the refund's id as the payment's in a notice": hooked, NoticesAnotherPayment;
    "claims multiple refunds per payment": once, ClaimsSeveral;
    "has a key too short for a reference": with_key, OffersAShortKey;
    "sends a request whose send window is closed": plain, IgnoresTheWindow;
    "claims to show references, but hides them": plain, HidesWhatItSaysItShows;
    "uses its token as the account": plain, ShowsItsTokenAsTheAccount;
    "has a different account each time": plain, ChangesItsAccount;
    "has one money key for multiple payments": plain, SharesMoney;
};
