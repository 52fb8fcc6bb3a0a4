//! Each wrong provider, and the cases that must catch it.

#[allow(clippy::wildcard_imports, reason = "every fault has a row")]
use crate::provider_kit::mutations::*;
use crate::provider_kit::{Row, hooked, in_tenths, mutation, once, plain, with_key, with_option};

/// `"what is wrong": the base provider, the mutation => the cases that have to fail;`
macro_rules! rows {
    ($($fault:literal: $memory:ident, $mutation:ident => $($case:ident)+;)+) => {
        &[$(Row {
            fault: $fault,
            memory: $memory,
            mutation: mutation::<$mutation>,
            caught_by: &[$(stringify!($case)),+],
        }),+]
    };
}

pub(crate) const ROWS: &[Row] = rows! {
    "puts another provider name on its refunds": plain, WrongName =>
        every_response_names_the_provider;
    "drops the reference": plain, DropsReference =>
        a_response_matches_its_request every_response_names_the_provider
        create_get_and_list_agree sums_are_those_of_the_refunds
        the_overview_agrees_with_its_parts amounts_stay_exact references_come_back_as_they_were
        more_than_is_left_is_refused an_unknown_refund_is_not_found
        another_payments_refund_is_not_found an_empty_remainder_is_refused
        the_same_reference_is_the_same_refund
        the_same_reference_over_another_amount_is_a_conflict two_references_are_two_refunds
        the_remainder_is_what_is_left workers_with_one_journal_make_one a_spent_reference_stays_spent
        what_is_pending_becomes_final the_final_status_shows_where_capabilities_say
        nothing_turns_back_into_pending money_under_way_counts_as_gone
        a_late_failure_is_reported_and_frees_the_money a_decline_is_reported_and_frees_the_money
        a_reversed_success_is_reported an_unknown_status_is_not_final versions_merge_into_the_last
        another_amount_is_not_accepted a_lost_response_ends_in_one_refund
        a_lost_request_ends_in_one_refund a_rejected_request_ends_in_one_refund
        what_is_unresolved_can_be_resolved hostile_payment_ids_reach_nothing
        hostile_refund_ids_reach_nothing no_secret_is_in_debug
        a_hundred_tasks_at_once_are_served dropped_submissions_leave_it_usable_and_make_one
        references_are_shown_where_capabilities_say the_money_of_a_payment_stays_the_same
        partial_means_less_than_the_whole multiple_means_more_than_one lines_mean_lines
        metadata_means_metadata;
    "computes amounts in floating point, and is sometimes off by one": plain, FloatsAmount =>
        amounts_stay_exact;
    "refunds 101 instead of 100": plain, Takes101For100 =>
        amounts_stay_exact;
    "echoes the request's amount instead of the provider's": plain, EchoesAmount =>
        the_amount_is_the_responses_not_the_requests;
    "refunds any currency's number in the payment's currency": plain, TakesAnyCurrency =>
        another_currency_is_never_echoed;
    "echoes the request's currency": plain, AssumesCurrency =>
        another_currency_is_never_echoed;
    "forgets what is refunded in its sums": plain, ForgetsSums =>
        sums_are_those_of_the_refunds amounts_stay_exact the_remainder_is_what_is_left
        money_under_way_counts_as_gone an_unknown_status_is_not_final;
    "never reports its sums as complete": plain, NeverVouches =>
        every_response_names_the_provider create_get_and_list_agree a_payment_is_reported_as_it_is
        sums_are_those_of_the_refunds the_overview_agrees_with_its_parts amounts_stay_exact
        references_come_back_as_they_were more_than_is_left_is_refused
        another_currency_is_refused what_is_not_captured_is_not_refunded
        an_unknown_refund_is_not_found another_payments_refund_is_not_found
        an_empty_remainder_is_refused the_same_reference_is_the_same_refund
        the_same_reference_over_another_amount_is_a_conflict two_references_are_two_refunds
        the_remainder_is_what_is_left workers_with_one_journal_make_one a_spent_reference_stays_spent
        what_is_pending_becomes_final the_final_status_shows_where_capabilities_say
        nothing_turns_back_into_pending money_under_way_counts_as_gone
        a_late_failure_is_reported_and_frees_the_money a_decline_is_reported_and_frees_the_money
        a_reversed_success_is_reported an_unknown_status_is_not_final versions_merge_into_the_last
        another_amount_is_not_accepted a_lost_response_ends_in_one_refund
        a_lost_request_ends_in_one_refund a_rejected_request_ends_in_one_refund
        what_is_unresolved_can_be_resolved hostile_payment_ids_reach_nothing
        hostile_refund_ids_reach_nothing no_secret_is_in_debug
        a_hundred_tasks_at_once_are_served dropped_submissions_leave_it_usable_and_make_one
        the_money_of_a_payment_stays_the_same partial_means_less_than_the_whole
        multiple_means_more_than_one lines_mean_lines metadata_means_metadata;
    "reads only one page for its overview": plain, OverviewOfOnePage =>
        the_overview_agrees_with_its_parts;
    "loses the last page": plain, LosesLastPage =>
        a_list_longer_than_a_page_is_whole pages_of_one_make_up_the_whole
        the_order_is_the_same_each_time an_empty_page_ends_nothing_early
        cursors_work_in_another_process;
    "cuts a list short without saying so": plain, CutsShort =>
        a_list_holds_every_refund_once a_list_longer_than_a_page_is_whole pages_of_one_make_up_the_whole
        an_empty_page_ends_nothing_early cursors_work_in_another_process;
    "lists in a different order each time": plain, ShufflesPages =>
        the_order_is_the_same_each_time;
    "forgets a cursor once it was used": plain, SpendsCursors =>
        cursors_work_in_another_process;
    "numbers its pages, and forgets of which size": plain, ForgetsThePageSize =>
        cursors_work_in_another_process;
    "returns an empty list for an unknown payment": plain, NotFoundIsEmpty =>
        an_unknown_payment_is_not_found hostile_payment_ids_reach_nothing;
    "returns a 404 for a payment without refunds": plain, EmptyIsNotFound =>
        every_response_names_the_provider create_get_and_list_agree sums_are_those_of_the_refunds
        the_overview_agrees_with_its_parts amounts_stay_exact references_come_back_as_they_were
        a_payment_without_refunds_lists_none more_than_is_left_is_refused
        another_currency_is_refused what_is_not_captured_is_not_refunded
        an_unknown_refund_is_not_found another_payments_refund_is_not_found
        an_empty_remainder_is_refused the_same_reference_is_the_same_refund
        the_same_reference_over_another_amount_is_a_conflict two_references_are_two_refunds
        the_remainder_is_what_is_left workers_with_one_journal_make_one a_spent_reference_stays_spent
        what_is_pending_becomes_final the_final_status_shows_where_capabilities_say
        nothing_turns_back_into_pending money_under_way_counts_as_gone
        a_late_failure_is_reported_and_frees_the_money a_decline_is_reported_and_frees_the_money
        a_reversed_success_is_reported an_unknown_status_is_not_final versions_merge_into_the_last
        another_amount_is_not_accepted a_lost_response_ends_in_one_refund
        a_lost_request_ends_in_one_refund a_rejected_request_ends_in_one_refund
        what_is_unresolved_can_be_resolved a_failed_read_is_reported_truthfully
        hostile_payment_ids_reach_nothing hostile_refund_ids_reach_nothing no_secret_is_in_debug
        a_hundred_tasks_at_once_are_served dropped_submissions_leave_it_usable_and_make_one
        the_money_of_a_payment_stays_the_same partial_means_less_than_the_whole
        multiple_means_more_than_one lines_mean_lines metadata_means_metadata;
    "claims a key that is not honoured, and refunds twice": plain, IgnoresTheKey =>
        workers_without_a_journal_make_one_by_the_key the_key_is_honoured
        a_key_over_another_amount_moves_nothing the_key_replays_as_capabilities_say
        a_key_in_flight_is_handled_as_capabilities_say;
    "replays the current state, but claims to replay the first response": with_key, ReplaysAnotherResponse =>
        the_key_replays_as_capabilities_say;
    "refuses a key in flight, but its capabilities do not say so": with_key, ConflictsInFlight =>
        a_key_in_flight_is_handled_as_capabilities_say;
    "retries by itself, and refunds twice": plain, RetriesByItself =>
        a_request_never_sent_is_reported_truthfully a_request_without_a_response_is_reported_truthfully
        a_lost_response_is_reported_truthfully a_server_error_after_processing_is_reported_truthfully
        a_server_error_is_reported_truthfully too_many_requests_are_reported_truthfully
        a_lost_response_ends_in_one_refund;
    "refuses requests beyond its limits with the wrong kind": plain, ValidatesVaguely =>
        limits_are_checked_before_anything_is_sent;
    "rounds an amount that the provider cannot express": in_tenths, RoundsToItsUnits =>
        limits_are_checked_before_anything_is_sent;
    "refunds what is left when more is requested": plain, TakesWhatIsLeft =>
        more_than_is_left_is_refused_by_the_provider;
    "ignores the sign of an amount": plain, TakesTheAbsolute =>
        zero_and_negative_amounts_are_refused_by_the_provider;
    "reports an authorization as captured": plain, RefundsAuthorizations =>
        what_is_not_captured_is_not_refunded;
    "reports an accepted refund as a failure": plain, CallsPendingAFailure =>
        a_spent_reference_stays_spent what_is_accepted_is_not_a_failure
        what_is_pending_becomes_final the_final_status_shows_where_capabilities_say
        nothing_turns_back_into_pending money_under_way_counts_as_gone
        a_late_failure_is_reported_and_frees_the_money a_decline_is_reported_and_frees_the_money
        an_unknown_status_is_not_final versions_merge_into_the_last
        references_are_shown_where_capabilities_say;
    "reports an accepted refund as a success": plain, CallsPendingASuccess =>
        what_is_accepted_is_not_a_failure;
    "treats an unknown status as final": plain, UnknownIsFinal =>
        an_unknown_status_is_not_final;
    "hides late failures": plain, HidesLateFailures =>
        a_late_failure_is_reported_and_frees_the_money a_reversed_success_is_reported;
    "mixes up declined and failed": plain, DeclinedIsFailed =>
        a_decline_is_reported_and_frees_the_money;
    "never reports the final status": plain, PendingForEver =>
        what_is_pending_becomes_final the_final_status_shows_where_capabilities_say
        nothing_turns_back_into_pending a_reversed_success_is_reported versions_merge_into_the_last;
    "turns back to pending": plain, TurnsBack =>
        nothing_turns_back_into_pending;
    "counts pending money as refundable": plain, PendingIsRefundable =>
        money_under_way_counts_as_gone an_unknown_status_is_not_final;
    "invents the time of a change": plain, InventsUpdates =>
        a_reversed_success_is_reported;
    "reports a time-out as not applied": plain, TimeoutNotApplied =>
        a_request_without_a_response_is_reported_truthfully a_lost_response_is_reported_truthfully
        what_is_unresolved_can_be_resolved;
    "reports a server error as not applied": plain, ServerErrorNotApplied =>
        a_server_error_after_processing_is_reported_truthfully;
    "reports an unreadable response as not applied": plain, GarbageNotApplied =>
        an_unreadable_response_is_reported_truthfully a_lost_response_ends_in_one_refund;
    "reports that a 429 may have been applied": plain, TooManyApplied =>
        too_many_requests_are_reported_truthfully;
    "reports a 429 as not retryable": plain, TooManyForGood =>
        too_many_requests_are_reported_truthfully a_failed_read_is_reported_truthfully
        a_failed_read_is_retried;
    "reports that a refused connection may have been applied": plain, NeverSentApplied =>
        a_request_never_sent_is_reported_truthfully;
    "reports a 401 as retryable": plain, UnauthorizedForAWhile =>
        refused_credentials_are_reported_truthfully a_failed_read_is_reported_truthfully;
    "reports a missing payment or refund as `Other`": plain, EverythingIsOther =>
        the_overview_agrees_with_its_parts an_unknown_payment_is_not_found
        an_unknown_refund_is_not_found another_payments_refund_is_not_found
        hostile_payment_ids_reach_nothing hostile_refund_ids_reach_nothing;
    "leaks its token in an error's source": plain, LeaksInErrors =>
        no_secret_is_in_errors;
    "leaks its token in `Debug`": plain, LeaksInDebug =>
        no_secret_is_in_debug;
    "finds refunds of other payments": plain, FindsAnybodys =>
        another_payments_refund_is_not_found;
    "panics on hostile ids": plain, PanicsOnHostileIds =>
        hostile_payment_ids_reach_nothing;
    "cuts payment ids at a `?`": plain, CutsIdsAtTheQuery =>
        hostile_payment_ids_reach_nothing;
    "cuts refund ids at a `?`": plain, CutsRefundIdsAtTheQuery =>
        hostile_refund_ids_reach_nothing;
    "serves one task at a time": plain, OneAtATime =>
        a_hundred_tasks_at_once_are_served;
    "stays locked when a future is dropped": plain, LockedByADrop =>
        dropped_submissions_leave_it_usable_and_make_one;
    "miscounts its readers when a read is dropped": plain, LeaksByADrop =>
        workers_with_one_journal_make_one dropped_reads_leave_it_usable dropped_submissions_leave_it_usable_and_make_one;
    "loses order lines": plain, LosesLines =>
        lines_mean_lines;
    "loses metadata": plain, LosesMetadata =>
        metadata_means_metadata;
    "reports a refunded line as refundable": plain, ForgetsRefundedLines =>
        lines_mean_lines;
    "refuses an option that it names": with_option, RefusesItsOption =>
        options_mean_options;
    "names an option that cannot be written": plain, NamesAnUnusableOption =>
        options_mean_options;
    "names an option twice": plain, NamesAnOptionTwice =>
        options_mean_options;
    "accepts unsigned webhooks": plain, BelievesWebhooks =>
        an_unsigned_webhook_is_refused;
    "accepts webhooks whose bytes were changed": hooked, BelievesAlteredWebhooks =>
        an_altered_webhook_is_refused;
    "checks that a signature is there, but not whether it matches": hooked, LooksForAnySignature =>
        an_altered_webhook_is_refused a_webhook_out_of_time_is_refused;
    "accepts webhooks without a signature": hooked, BelievesWhatIsNotSigned =>
        an_altered_webhook_is_refused;
    "accepts webhooks of any age": hooked, BelievesAnyAge =>
        a_webhook_out_of_time_is_refused;
    "accepts webhooks from the future": hooked, BelievesTheFuture =>
        a_webhook_out_of_time_is_refused;
    "returns the refund's id as the payment's in a notice": hooked, NoticesAnotherPayment =>
        a_genuine_webhook_is_verified;
    "claims multiple refunds per payment": once, ClaimsSeveral =>
        the_overview_agrees_with_its_parts a_list_holds_every_refund_once
        a_list_longer_than_a_page_is_whole pages_of_one_make_up_the_whole
        the_order_is_the_same_each_time an_empty_page_ends_nothing_early cursors_work_in_another_process
        two_references_are_two_refunds the_remainder_is_what_is_left multiple_means_more_than_one;
    "has a key too short for a reference": with_key, OffersAShortKey =>
        the_keys_limits_are_usable;
    "sends a request whose send window is closed": plain, IgnoresTheWindow =>
        a_lost_response_ends_in_one_refund what_is_unresolved_can_be_resolved a_closed_window_sends_nothing
        a_request_that_leaves_begins_its_window;
    "claims to show references, but hides them": plain, HidesWhatItSaysItShows =>
        references_are_shown_where_capabilities_say;
    "uses its token as the account": plain, ShowsItsTokenAsTheAccount =>
        no_secret_is_in_debug
        the_account_stays_the_same_and_is_no_secret;
    "has a different account each time": plain, ChangesItsAccount =>
        workers_with_one_journal_make_one what_is_unresolved_can_be_resolved
        the_account_stays_the_same_and_is_no_secret;
    "has one money key for multiple payments": plain, SharesMoney =>
        the_money_of_a_payment_stays_the_same;
};
