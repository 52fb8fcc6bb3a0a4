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
                an_answer_is_about_what_was_asked:
                    "a submission is answered with its payment, amount, currency and reference", "";
                every_answer_names_the_provider:
                    "payments and refunds carry the provider's name in the registry", "";
                create_get_and_list_agree: "create, get and list tell the same refund", "";
                a_payment_is_told_as_it_is: "a fresh payment is captured, and all of it refundable", "";
                sums_are_those_of_the_refunds: "what a payment tells as gone is what its refunds hold", "";
                the_overview_agrees_with_its_parts: "overview tells what payment and list tell", "";
                amounts_stay_exact: "no amount is off by a minor unit anywhere", "";
                references_come_back_as_they_were: "odd and long references come back unchanged", "";
            }
            pages {
                a_payment_without_refunds_lists_none: "no refunds are an empty list, not an error", "";
                a_list_holds_every_refund_once: "the stream has every refund, each once", "partial, several";
                a_list_longer_than_a_page_is_whole: "a list of 23 is whole, or says that it is not",
                    "partial, several";
                pages_of_one_make_up_the_whole: "pages with limit 1 make up the whole", "partial, several";
                the_order_is_the_same_each_time: "the order is that of making, or backwards, at any page size",
                    "partial, several";
                an_empty_page_ends_nothing_early: "gaps between pages lose nothing", "partial, several";
                cursors_work_in_another_process: "a cursor works in a fresh instance, and twice",
                    "partial, several";
            }
            refusals {
                more_than_is_left_is_refused: "the client refuses too much", "partial";
                more_than_is_left_is_refused_by_the_provider: "so does the provider itself", "";
                nothing_and_less_are_refused: "the client refuses zero and less", "";
                nothing_and_less_are_refused_by_the_provider: "so does the provider itself", "";
                another_currency_is_refused: "the client refuses another currency", "";
                another_currency_is_never_echoed: "an answer's currency is the payment's, not the request's", "";
                what_is_not_captured_is_not_refunded: "an authorization is not refunded",
                    "Harness::authorized";
                an_unknown_payment_is_not_found: "no call finds a payment that is not there", "";
                an_unknown_refund_is_not_found: "a refund that is not there is not found", "";
                another_payments_refund_is_not_found: "a refund is found under its own payment only", "";
                the_rest_of_nothing_is_refused: "nothing left is NotRefundable", "";
                limits_are_checked_before_anything_is_sent: "what validate refuses is never sent",
                    "a limit of the provider";
            }
            once {
                the_same_reference_is_the_same_refund: "asked again, the same refund; nothing moves", "";
                the_same_reference_over_another_amount_is_a_conflict: "one reference has one amount",
                    "partial, several";
                two_references_are_two_refunds: "two references are two refunds", "partial, several";
                the_rest_is_what_is_left: "Remaining is what is left after partial refunds",
                    "partial, several";
                workers_with_one_journal_make_one: "workers that share a journal make one refund", "";
                workers_without_a_journal_make_one_by_the_key: "workers without a journal do so by the key",
                    "a key that is honoured";
                the_key_is_honoured: "one submission sent twice is one refund", "a key that is honoured";
                a_key_over_another_amount_moves_nothing: "a key over another amount moves nothing",
                    "a key that is honoured, partial, several";
                the_key_replays_what_it_says: "a repetition is answered as the capabilities say",
                    "a key that is honoured, Harness::slow";
                a_key_in_flight_is_answered_as_said: "repetitions in flight are one refund, or conflicts \
                    where the capabilities say so", "a key that is honoured";
                a_spent_reference_stays_spent: "a declined reference is not tried again",
                    "Harness::slow";
            }
            life {
                what_is_accepted_is_not_a_failure: "accepted is neither failed nor succeeded",
                    "Harness::slow";
                what_is_pending_becomes_final: "a pending refund comes to its end", "Harness::slow";
                the_end_is_told_where_it_is_said_to_be: "get and list tell the end where flagged",
                    "Harness::slow";
                nothing_turns_back_into_pending: "what was final stays final", "";
                money_under_way_counts_as_gone: "pending money is not refundable", "Harness::slow";
                a_late_failure_is_told_and_frees_the_money: "a failure after acceptance is told",
                    "Harness::slow";
                a_decline_is_told_and_frees_the_money: "a decline after acceptance is told",
                    "Harness::slow";
                a_reversed_success_is_told: "a success that the bank reverses is a failure",
                    "Harness::reverse";
                an_unknown_word_is_not_final: "an unknown status is Unknown, and its money gone",
                    "Harness::slow";
                versions_merge_into_the_last: "all that was told merges into the last, in any order", "";
            }
            faults {
                a_request_never_sent_is_told_truthfully: "never sent: retryable, not applied",
                    "Harness::inject";
                a_request_without_an_answer_is_told_truthfully: "no answer: retryable, may have applied",
                    "Harness::inject";
                a_lost_answer_is_told_truthfully: "answer lost: retryable, may have applied",
                    "Harness::inject";
                a_server_error_afterwards_is_told_truthfully: "5xx: Unavailable, may have applied",
                    "Harness::inject";
                a_server_error_is_told_truthfully: "5xx: Unavailable, retryable", "Harness::inject";
                too_many_requests_are_told_truthfully: "429: RateLimited, retryable, not applied",
                    "Harness::inject";
                an_unreadable_answer_is_told_truthfully: "garbage: Protocol, may have applied",
                    "Harness::inject";
                refused_credentials_are_told_truthfully: "401: Unauthenticated for good, or renewed once",
                    "Harness::inject";
                the_answers_amount_is_told_not_the_requests: "the amount is the provider's, not an echo",
                    "Harness::inject";
                another_amount_is_not_believed: "an answer over another amount is refused",
                    "Harness::inject";
                a_lost_answer_ends_in_one_refund: "made and not answered: one refund in the end",
                    "Harness::inject";
                a_lost_request_ends_in_one_refund: "not made and not answered: one refund in the end",
                    "Harness::inject";
                what_was_turned_away_is_made_in_the_end: "turned away: one refund in the end",
                    "Harness::inject";
                what_is_unresolved_can_be_resolved: "resolve finishes what was unclear, once",
                    "Harness::inject";
                a_read_in_trouble_is_told_truthfully: "failed reads have the right kind",
                    "Harness::inject";
                a_read_in_trouble_is_tried_again: "reads get over what passes", "Harness::inject";
            }
            safety {
                hostile_payment_ids_reach_nothing: "hostile payment ids find nothing and move nothing", "";
                hostile_refund_ids_reach_nothing: "hostile refund ids find nothing", "";
                no_secret_is_in_debug: "no Debug shows a secret", "Harness::secrets";
                no_secret_is_in_errors: "no error shows a secret", "Harness::secrets";
                a_hundred_tasks_at_once_are_served: "one instance serves a hundred tasks", "";
                dropped_reads_leave_it_usable: "dropped reads leave it usable", "";
                dropped_submissions_leave_it_usable_and_make_one: "dropped creations end in one refund", "";
            }
            sending {
                a_closed_window_sends_nothing: "what may not leave any more is not sent",
                    "Capabilities::send_window";
                a_request_that_leaves_begins_its_window: "a request that leaves asks its window",
                    "Capabilities::send_window";
                references_are_shown_where_it_is_said: "references show in every response",
                    "References::Reported";
                the_account_stays_the_same_and_is_no_secret: "the scope is stable and shows no secret", "";
                the_money_of_a_payment_stays_the_same: "a payment's money is its own, for ever", "";
            }
            capabilities {
                partial_means_less_than_the_whole: "partial is offered, or refused", "";
                several_means_more_than_one: "several are offered, or refused", "partial";
                lines_mean_lines: "order lines are told back, or refused", "Harness::lines";
                gift_cards_mean_gift_cards: "gift cards get their money, or are refused",
                    "Harness::gift_card";
                metadata_means_metadata: "metadata is told back, or refused", "";
                a_webhook_that_nobody_signed_is_refused: "an unsigned webhook is refused, as Unsupported \
                    where webhooks are not offered", "";
                a_genuine_webhook_is_verified: "a webhook names its payment and refund",
                    "webhooks, Harness::webhook";
                an_altered_webhook_is_refused: "a webhook whose bytes were changed is refused",
                    "webhooks, Harness::webhook";
                a_webhook_out_of_time_is_refused: "a webhook of an hour ago, or ahead, is refused",
                    "webhooks, Harness::webhook, a signature with a time";
                the_keys_rules_can_be_kept: "the key's rules are usable and true", "an idempotency key";
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
