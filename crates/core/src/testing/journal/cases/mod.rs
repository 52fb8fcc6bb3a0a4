//! The cases, and the one list of them.

mod blocking;
mod evidence;
mod faults;
mod forgetting;
mod intents;
mod keys;
mod outcomes;
mod pages;
mod people;
mod privacy;
mod races;
mod restarts;
mod scopes;
mod steps;
mod versions;
mod waiting;

use crate::testing::case::{Case, Run};

/// The one list of cases: name, what it shows, what it needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __refunds_journal_cases {
    ($then:ident $arguments:tt) => {
        $crate::__refunds_each_case! {
            $then $arguments
            intents {
                an_intent_is_there_once_it_is_acknowledged: "an acknowledged intent is stored, for every process",
                    "";
                an_entry_keeps_what_was_requested: "an entry holds the request as it was made", "";
                an_intents_times_are_exact: "window, attempt, settle and resubmit times add up", "";
                an_intent_is_stamped_when_it_is_committed: "an intent's times begin at its commit, not at the look",
                    "";
                no_intent_is_stamped_before_it_came: "calls at the same moment share no earlier time", "";
                the_times_of_a_row_are_its_own: "another process's policy changes no stored time", "";
                resubmit_from_is_never_before_unsettled_until:
                    "a resubmit time below the settle time is raised", "";
                the_first_intent_fixes_the_amount: "another amount under the reference is a conflict", "";
                numbers_only_grow: "one counter numbers the whole journal", "";
                a_dropped_call_frees_nothing:
                    "an intent whose call was dropped stays open, or was never stored", "";
            }
            blocking {
                another_reference_waits_until_unsettled_until:
                    "an unsettled refund blocks others of its money", "";
                what_is_settled_blocks_nothing: "settled refunds block nothing", "";
                hidden_equal_amounts_wait_until_resubmit_from:
                    "equal amounts wait longer where references are hidden", "";
                hidden_other_amounts_do_not_wait_until_resubmit_from: "other amounts do not wait longer", "";
                the_same_reference_waits_until_resubmit_from:
                    "without a key, a refund is sent again after R only", "";
                time_alone_settles_nothing: "only a look or evidence settles what is unsettled", "";
                a_look_that_began_too_early_proves_nothing: "a look counts from the time at which it began",
                    "";
                a_look_closes_what_it_covered_and_nothing_else: "an intent closes what its look covered",
                    "";
                a_refused_intent_closes_nothing: "an intent that is refused writes nothing", "";
                a_made_refund_is_not_sent_again: "a made refund is never sent again", "";
                a_previous_attempt_is_settled_with_the_next:
                    "the previous attempt is settled in the same commit", "";
                a_previous_attempt_that_may_be_under_way_still_blocks:
                    "an unknown outcome is not waived as previous", "";
            }
            keys {
                with_a_key_an_open_intent_blocks_until_not_after:
                    "an open intent is repeated from not_after on", "";
                with_a_key_an_unknown_outcome_blocks_nothing: "an unknown outcome is repeated at once", "";
                a_key_does_not_help_another_reference: "a key is of one refund", "";
                the_key_is_judged_inside_intend: "a key that ran out since the look is not used", "";
                the_key_is_known_until_its_last_moment: "a key is used up to its end", "";
                the_earliest_unsettled_key_decides: "the oldest unsettled send bounds the key", "";
                an_intent_without_a_key_cannot_be_repeated: "a send without a key is not fenced by one", "";
                a_stored_failure_uses_the_key_up: "a key that repeats a failure is not used", "";
                a_new_generation_needs_a_look_that_shows_nothing: "another key needs all sends proved absent",
                    "";
            }
            steps {
                a_step_is_intended_though_the_refund_is_made: "a remaining step moves no money", "";
                a_step_needs_a_made_refund: "a step without a made refund is refused", "";
                a_step_blocks_its_own_reference_only: "a step blocks only another attempt at itself", "";
                a_look_never_closes_a_step: "a look at refunds proves nothing about steps", "";
                a_step_is_left_to_the_call_that_made_the_refund:
                    "the call that made the refund may be taking the step", "";
                what_shows_no_step_left_ends_its_steps: "a completed refund has no steps under way", "";
            }
            versions {
                an_intent_moves_the_version: "an intent since the look refuses another reference's", "";
                an_intent_of_the_same_refund_moves_the_version:
                    "an intent since the look refuses its own repetition", "";
                an_outcome_moves_the_version: "an outcome since the look refuses an intent", "";
                an_observation_moves_the_version: "an observation since the look refuses an intent", "";
                an_observation_of_nothing_new_moves_nothing:
                    "observing what is known refuses nothing: no livelock", "";
                reading_moves_nothing: "reads, waits and other money keys refuse nothing", "";
                a_decision_moves_the_version: "a person's decision since the look refuses an intent", "";
                an_abandoned_intent_moves_the_version: "an abandoned intent since the look refuses another",
                    "";
                a_purge_moves_the_version: "a purge since the look refuses an intent", "";
                an_eviction_moves_the_version: "an eviction since the look refuses an intent",
                    "JournalHarness::open_with_capacity";
                a_version_that_never_was_commits_nothing: "only the present version commits", "";
            }
            races {
                one_of_two_calls_commits: "of two calls on one look, one sends", "";
                one_of_three_calls_commits: "of three calls on one look, one sends", "";
                one_of_two_references_commits: "of two references on one look, one is sent", "";
                one_of_three_references_commits: "of three references on one look, one is sent", "";
                a_payment_gets_one_money: "of two money keys for one payment, one is journalled", "";
                an_outcome_and_an_intent_do_not_cross: "a concurrent outcome and intent are both kept", "";
                everything_at_once_loses_nothing: "concurrent calls lose no write", "";
            }
            outcomes {
                made_overrides_every_state: "a late success makes the refund made, whatever was settled before", "";
                nothing_but_made_overrides_an_outcome: "every other late outcome changes nothing", "";
                settling_twice_is_settling_once: "an outcome may be repeated", "";
                an_outcome_is_kept_with_its_reason: "the kind and code of a failure are kept", "";
                a_late_outcome_settles_its_own_intent: "an outcome never settles a newer intent", "";
                a_refusal_says_nothing_about_earlier_intents: "earlier sends stay unsettled", "";
                made_ends_every_intent_of_its_refund: "a made refund has no unsettled intents", "";
                a_token_that_was_never_committed_settles_nothing: "an unknown token is not an error", "";
                bytes_that_left_late_begin_its_times_anew: "bytes sent after not_after restart all times", "";
                a_second_refund_is_kept_beside_the_first: "a double refund is never hidden", "";
                an_abandoned_intent_was_never_sent: "an abandoned intent is settled soon", "";
                an_intent_may_be_abandoned_while_it_is_committed: "abandoning waits for the commit", "";
            }
            evidence {
                what_carries_the_reference_is_made_at_any_time:
                    "a refund with its reference counts in any state", "";
                a_later_status_is_taken_over: "the status seen last is kept", "";
                an_id_alone_needs_the_version: "a refund without a reference counts only at the version of the look",
                    "";
                an_id_alone_is_no_refund_of_two_candidates: "a refund by id counts only where one intent can have made it",
                    "";
                an_id_alone_must_fit: "a refund by id must be new, have the amount and match an unsettled intent", "";
                one_refund_is_of_one_reference: "an id belongs to one reference, whatever call brings it", "";
                an_alias_is_an_id_of_its_refund: "the record of a refund is not a second refund", "";
                one_decision_under_two_payments_is_one_refund:
                    "one refund under an order and its transaction is not counted twice", "";
                another_amount_than_requested_is_a_fault: "a refund with another amount is kept but not accepted as made", "";
                what_is_not_journalled_is_written_if_adopted:
                    "a refund that was found is stored on request", "";
            }
            people {
                a_person_waits_until_unsettled_until: "a refund under way cannot be decided as not made", "";
                a_person_decides_on_the_newest_intent: "a decision about an older intent is refused", "";
                a_person_decides_what_a_refusal_left_open:
                    "after a refused last attempt, earlier ones can still be decided", "";
                a_person_does_not_decide_what_is_settled: "a settled refund cannot be decided", "";
                a_person_says_that_it_is_made: "a person can name the refund", "";
                a_person_shows_what_was_given_up: "a person's refund overrides every outcome but another refund", "";
                evidence_overrides_a_wrong_decision: "a refund that shows up is made, whatever was decided", "";
                a_dismissed_refund_is_never_taken_for_it: "a dismissed candidate is remembered", "";
            }
            scopes {
                accounts_share_nothing: "accounts and providers are separate, even with equal ids", "";
                an_outcome_is_of_its_own_money: "an outcome settles no intent of another payment", "";
                another_origin_is_refused_while_something_is_unsettled:
                    "an unsettled refund is not lost to another URL", "";
                a_payment_keeps_its_money: "a payment under another money key is an error", "";
                payments_of_one_money_wait_for_each_other: "an order and its transaction lock each other",
                    "";
            }
            waiting {
                every_write_wakes_a_waiter: "every write wakes a waiter", "";
                every_write_wakes_a_waiter_of_another_process: "a write of another process wakes it too",
                    "JournalHarness::reopen";
                a_waiter_wakes_when_its_time_is_over: "a wait ends at its time limit", "";
                what_happened_before_is_not_waited_for: "a version that has already moved ends the wait", "";
            }
            pages {
                pages_make_up_the_whole: "pages of any size make up the whole list, in order", "";
                pages_lose_nothing_while_it_changes: "entries that stay are on one of the pages", "";
                queries_read_what_they_name: "account, payment, reference and unsettled narrow it down", "";
            }
            forgetting {
                a_purge_keeps_what_guards: "a purge keeps what prevents a second refund", "";
                a_purge_spares_what_is_unsettled: "unsettled refunds are never forgotten", "";
                a_purge_spares_what_is_young: "recent entries are not forgotten", "";
                versions_go_on_after_a_purge: "the version counter never restarts", "";
                a_full_journal_sends_nothing: "a journal full of unsettled refunds returns full",
                    "JournalHarness::open_with_capacity";
                a_journal_forgets_what_is_needed_least: "eviction takes the least needed entries first",
                    "JournalHarness::open_with_capacity";
            }
            restarts {
                intents_survive_a_restart: "every part of an intent is durable", "JournalHarness::reopen";
                outcomes_survive_a_restart: "every outcome is durable", "JournalHarness::reopen";
                what_was_made_survives_a_restart: "a made refund is not sent after a restart",
                    "JournalHarness::reopen";
                what_is_unsettled_survives_a_restart: "an unsettled refund blocks after a restart",
                    "JournalHarness::reopen";
                a_process_that_ends_frees_nothing: "the end of a process settles nothing",
                    "JournalHarness::reopen";
                evidence_and_decisions_survive_a_restart: "observations and decisions are durable",
                    "JournalHarness::reopen";
                forgetting_survives_a_restart: "a purge is durable, and so is its version",
                    "JournalHarness::reopen";
                time_does_not_go_back: "setting the clock back moves no journal time back", "";
                time_does_not_go_back_over_a_restart: "nor does it after a restart", "JournalHarness::reopen";
            }
            privacy {
                private_data_is_not_read_back: "no entry shows a card number or an e-mail address", "";
                private_data_is_not_stored: "no byte of the storage contains private data", "JournalHarness::bytes_at_rest";
            }
            faults {
                an_intend_that_failed_left_nothing: "a failed commit stores nothing",
                    "JournalHarness::fail_next_commit";
                a_lost_acknowledgement_is_settled_by_its_token:
                    "an unacknowledged commit is settled by its token",
                    "JournalHarness::fail_next_commit";
                an_outcome_that_failed_to_commit_is_not_half_stored: "an outcome can be stored again",
                    "JournalHarness::fail_next_commit";
                every_other_write_can_be_repeated: "failed observations, decisions and purges can be repeated",
                    "JournalHarness::fail_next_commit";
            }
        }
    };
}

/// Every case of the journal kit, in order.
///
/// ```
/// for case in refunds_core::testing::journal_cases() {
///     println!("{}: {}", case.name, case.shows);
/// }
/// # assert!(refunds_core::testing::journal_cases().len() >= 80);
/// ```
#[must_use]
pub fn journal_cases() -> &'static [Case] {
    const CASES: &[Case] = crate::__refunds_journal_cases! { table [Journal] };
    CASES
}
