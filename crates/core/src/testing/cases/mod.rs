//! The cases, and the one list of them.

mod capabilities;
mod faults;
mod identity;
mod life;
mod once;
mod pages;
mod refusals;
mod safety;
mod sending;

use crate::testing::case::{Case, Run};

/// The one list of cases: name, what it shows, what it needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __refunds_cases {
    ($then:ident $arguments:tt) => {
        $crate::__refunds_each_case! {
            $then $arguments
            identity {
                a_response_matches_its_request:
                    "a submission returns its payment, amount, currency and reference", "";
                every_response_names_the_provider:
                    "payments and refunds carry the provider's name in the registry", "";
                create_get_and_list_agree: "create, get and list return the same refund", "";
                a_payment_is_reported_as_it_is: "a fresh payment is captured and fully refundable", "";
                sums_are_those_of_the_refunds: "a payment's refunded and pending amounts match its refunds", "";
                the_overview_agrees_with_its_parts: "overview returns what payment and list return", "";
                amounts_stay_exact: "no amount is off by a minor unit anywhere", "";
                references_come_back_as_they_were: "unusual and long references come back unchanged", "";
            }
            pages {
                a_payment_without_refunds_lists_none: "a payment without refunds has an empty list, not an error", "";
                a_list_holds_every_refund_once: "the stream yields every refund once", "partial, multiple";
                a_list_longer_than_a_page_is_whole: "a list of 23 is complete, or says that it is not",
                    "partial, multiple";
                pages_of_one_make_up_the_whole: "pages with limit 1 make up the whole list", "partial, multiple";
                the_order_is_the_same_each_time: "the order is oldest or newest first, at any page size",
                    "partial, multiple";
                an_empty_page_ends_nothing_early: "empty pages between others lose nothing", "partial, multiple";
                cursors_work_in_another_process: "a cursor works in a fresh instance, more than once, with any limit",
                    "partial, multiple";
            }
            refusals {
                more_than_is_left_is_refused: "the client refuses more than is refundable", "partial";
                more_than_is_left_is_refused_by_the_provider: "the provider itself refuses it too", "";
                zero_and_negative_amounts_are_refused: "the client refuses zero and negative amounts", "";
                zero_and_negative_amounts_are_refused_by_the_provider: "the provider itself refuses it too", "";
                another_currency_is_refused: "the client refuses another currency", "";
                another_currency_is_never_echoed: "a response's currency is the payment's, not the request's", "";
                what_is_not_captured_is_not_refunded: "an authorization is not refunded",
                    "Harness::authorized";
                an_unknown_payment_is_not_found: "no call finds a payment that is not there", "";
                an_unknown_refund_is_not_found: "a refund that is not there is not found", "";
                another_payments_refund_is_not_found: "a refund is found only under its own payment", "";
                an_empty_remainder_is_refused: "Remaining is NotRefundable where nothing is left", "";
                limits_are_checked_before_anything_is_sent: "what validate refuses is never sent",
                    "a limit of the provider";
            }
            once {
                the_same_reference_is_the_same_refund: "a repeated request returns the same refund and moves nothing", "";
                the_same_reference_over_another_amount_is_a_conflict: "one reference has one amount",
                    "partial, multiple";
                two_references_are_two_refunds: "two references are two refunds", "partial, multiple";
                the_remainder_is_what_is_left: "Remaining is what is left after partial refunds",
                    "partial, multiple";
                workers_with_one_journal_make_one: "workers that share a journal make one refund", "";
                workers_without_a_journal_make_one_by_the_key: "workers without a journal make one refund by the key",
                    "a key that is honoured";
                the_key_is_honoured: "one submission sent twice is one refund", "a key that is honoured";
                a_key_over_another_amount_moves_nothing: "a key with another amount moves nothing",
                    "a key that is honoured, partial, multiple";
                the_key_replays_as_capabilities_say: "a repeated submission gets what the capabilities say",
                    "a key that is honoured, Harness::slow";
                a_key_in_flight_is_handled_as_capabilities_say: "repetitions in flight are one refund, or conflicts \
                    where the capabilities say so", "a key that is honoured";
                a_spent_reference_stays_spent: "a declined reference is not submitted again",
                    "Harness::slow";
            }
            life {
                what_is_accepted_is_not_a_failure: "an accepted refund has neither failed nor succeeded",
                    "Harness::slow";
                what_is_pending_becomes_final: "a pending refund reaches a final status", "Harness::slow";
                the_final_status_shows_where_capabilities_say: "get and list show the final status where flagged",
                    "Harness::slow";
                nothing_turns_back_into_pending: "a final status stays final", "";
                money_under_way_counts_as_gone: "pending money is not refundable", "Harness::slow";
                a_late_failure_is_reported_and_frees_the_money: "a failure after acceptance is reported",
                    "Harness::slow";
                a_decline_is_reported_and_frees_the_money: "a decline after acceptance is reported",
                    "Harness::slow";
                a_reversed_success_is_reported: "a success that the bank reverses becomes a failure",
                    "Harness::reverse";
                an_unknown_status_is_not_final: "an unknown status is Unknown, and its money counts as refunded",
                    "Harness::slow";
                versions_merge_into_the_last: "all versions of a refund merge into the last, in any order", "";
            }
            faults {
                a_request_never_sent_is_reported_truthfully: "never sent: retryable, not applied",
                    "Harness::inject";
                a_request_without_a_response_is_reported_truthfully: "no response: retryable, may have applied",
                    "Harness::inject";
                a_lost_response_is_reported_truthfully: "response lost: retryable, may have applied",
                    "Harness::inject";
                a_server_error_after_processing_is_reported_truthfully: "5xx: Unavailable, may have applied",
                    "Harness::inject";
                a_server_error_is_reported_truthfully: "5xx: Unavailable, retryable", "Harness::inject";
                too_many_requests_are_reported_truthfully: "429: RateLimited, retryable, not applied",
                    "Harness::inject";
                an_unreadable_response_is_reported_truthfully: "garbage: Protocol, may have applied",
                    "Harness::inject";
                refused_credentials_are_reported_truthfully: "401: Unauthenticated for good, or renewed once",
                    "Harness::inject";
                the_amount_is_the_responses_not_the_requests: "the amount is the provider's, not an echo",
                    "Harness::inject";
                another_amount_is_not_accepted: "a response with another amount is not accepted",
                    "Harness::inject";
                a_lost_response_ends_in_one_refund: "made, response lost: one refund in the end",
                    "Harness::inject";
                a_lost_request_ends_in_one_refund: "not made, no response: one refund in the end",
                    "Harness::inject";
                a_rejected_request_ends_in_one_refund: "rejected: one refund in the end",
                    "Harness::inject";
                what_is_unresolved_can_be_resolved: "resolve finishes an unresolved refund once",
                    "Harness::inject";
                a_failed_read_is_reported_truthfully: "failed reads have the right kind",
                    "Harness::inject";
                a_failed_read_is_retried: "reads are retried after a temporary failure", "Harness::inject";
            }
            safety {
                hostile_payment_ids_reach_nothing: "hostile payment ids find nothing and move nothing", "";
                hostile_refund_ids_reach_nothing: "hostile refund ids find nothing", "";
                no_secret_is_in_debug: "no Debug shows a secret", "Harness::secrets";
                no_secret_is_in_errors: "no error shows a secret", "Harness::secrets";
                a_hundred_tasks_at_once_are_served: "one instance serves a hundred tasks", "";
                dropped_reads_leave_it_usable: "dropped reads leave the provider usable", "";
                dropped_submissions_leave_it_usable_and_make_one: "dropped creations end in one refund", "";
            }
            sending {
                a_closed_window_sends_nothing: "nothing is sent after the send window has closed",
                    "Capabilities::send_window";
                a_request_that_leaves_begins_its_window: "a request checks its send window before it leaves",
                    "Capabilities::send_window";
                references_are_shown_where_capabilities_say: "references show in every response",
                    "References::Reported";
                the_account_stays_the_same_and_is_no_secret: "the scope is stable and shows no secret", "";
                the_money_of_a_payment_stays_the_same: "the money key of a payment is its own and never changes", "";
            }
            capabilities {
                partial_means_less_than_the_whole: "partial refunds are supported, or refused", "";
                multiple_means_more_than_one: "multiple refunds are supported, or refused", "partial";
                lines_mean_lines: "order lines come back and reduce what is left of them, or are refused", "Harness::lines";
                gift_cards_mean_gift_cards: "gift cards are refunded, or refused",
                    "Harness::gift_card";
                metadata_means_metadata: "metadata comes back, or is refused", "";
                options_mean_options: "named options are accepted, others are refused before anything is sent", "";
                an_unsigned_webhook_is_refused: "an unsigned webhook is refused, as Unsupported \
                    where webhooks are not supported", "";
                a_genuine_webhook_is_verified: "a webhook names its payment and refund",
                    "webhooks, Harness::webhook";
                an_altered_webhook_is_refused: "a webhook whose bytes were changed is refused",
                    "webhooks, Harness::webhook";
                a_webhook_out_of_time_is_refused: "a webhook from an hour ago, or ahead, is refused",
                    "webhooks, Harness::webhook, a signature with a time";
                the_keys_limits_are_usable: "the key's length and retention are usable", "an idempotency key";
            }
        }
    };
}

/// Every case of the conformance kit, in order.
///
/// ```
/// for case in refunds_core::testing::cases() {
///     println!("{}: {}", case.name, case.shows);
/// }
/// # assert!(refunds_core::testing::cases().len() >= 30);
/// ```
#[must_use]
pub fn cases() -> &'static [Case] {
    const CASES: &[Case] = crate::__refunds_cases! { table [Provider] };
    CASES
}
