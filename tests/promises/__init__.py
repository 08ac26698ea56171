"""The nine promises of docs/architecture.md, and the tests that hold them: each fails when its promise is broken.

The tests of this folder run a whole service (the wiring of bot/app.py, the real flows, the trained understanding) on
both databases; those of other folders look at one part. `test_table.py` checks that every test named here exists.

1. Nothing lost: stored before acknowledged, whole or not at all, what was owed is sent after a crash.
   stored first           tests/bot/test_web_door.py::test_a_database_that_is_gone_has_words
                          tests/resilience/test_kills.py::test_dying_around_every_commit
   whole or not at all    test_1_nothing_lost.py::test_a_turn_that_fails_leaves_nothing_and_is_taken_again
   given up with words    test_1_nothing_lost.py::test_the_third_failure_is_said_and_calls_a_human
                          test_1_nothing_lost.py::test_even_when_what_calls_the_human_is_broken
   what a crash left      tests/bot/test_worker.py::test_what_a_crash_left_is_found_in_the_rows
                          tests/bot/test_outbox.py::test_a_crash_after_sending_sends_again_only_after_the_lease
   any text               tests/bot/test_inbox.py::test_what_cannot_be_stored_is_taken_out
2. Nothing twice: unique provider ids, a redelivery changes nothing, one notification a fact.
   a redelivery           test_2_nothing_twice.py::test_everything_delivered_again_changes_nothing
                          test_2_nothing_twice.py::test_the_database_itself_refuses_a_second_message_of_one_id
   one answer             test_2_nothing_twice.py::test_a_message_given_to_two_processes_is_answered_once
   one notification       tests/bot/test_notifications.py::test_what_is_written_in_one_go_is_told_once
   the lease fences       tests/bot/test_outbox.py::test_only_the_holder_of_the_lease_settles
                          tests/bot/test_outbox.py::test_workers_never_share_a_job
3. In order: one turn at a time per conversation, replies leave in order.
   turns                  test_3_in_order.py::test_processes_that_race_for_a_conversation_answer_it_once_and_in_order
                          test_3_in_order.py::test_a_message_that_must_rest_holds_back_the_next
                          tests/bot/test_worker.py::test_a_conversation_has_one_turn_at_a_time_and_none_is_missed
   replies                test_3_in_order.py::test_replies_arrive_as_they_were_written_through_a_provider_that_fails
4. One time, one person: by database constraint, whoever asks.
   the constraint         test_4_one_time_one_person.py::test_rows_that_skip_every_check_are_refused
                          tests/directory/test_race.py::test_two_hundred_residents_want_the_last_place
   the others             test_4_one_time_one_person.py::test_the_second_is_offered_the_next_openings
   moves, cancellations   test_4_one_time_one_person.py::test_a_time_given_back_can_be_taken_and_a_time_moved_to_cannot
                          tests/directory/test_booking_machine.py::test_bookings_and_cells_stay_in_order
   openings are true      tests/directory/test_openings.py::test_an_opening_respects_everything
                          tests/directory/test_openings.py::test_both_clock_change_nights
5. One speaker: silent on every path while a lead owns the conversation, checked at send.
   every path             test_5_one_speaker.py::test_at_every_question_the_bot_says_nothing
                          test_5_one_speaker.py::test_a_reminder_waits_for_the_lead
   at send                tests/bot/test_outbox.py::test_a_reply_computed_before_the_handover_is_dropped
                          tests/bot/test_web_wait.py::test_replies_of_a_former_speaker_die_and_what_was_shown_stays
                          test_5_one_speaker.py::test_a_sound_asked_for_before_the_lead_came_never_leaves
   its question is over   test_5_one_speaker.py::test_a_yes_to_the_lead_is_no_yes_to_the_bot
   the lead knows         test_5_one_speaker.py::test_the_lead_is_told_that_the_person_wrote
                          test_5_one_speaker.py::test_a_turn_that_fails_while_a_lead_speaks_is_the_leads
6. Never a dead end: two misses lead to choices, three to a human; every error has words and a way on.
   at every question      test_6_never_a_dead_end.py::test_two_misses_lead_to_choices_and_three_to_a_human
   nothing asked          test_6_never_a_dead_end.py::test_when_nothing_is_asked_as_well
   every repair           test_6_never_a_dead_end.py::test_every_repair_speaks
                          test_6_never_a_dead_end.py::test_every_reason_to_misunderstand_has_words
   every refusal          test_6_never_a_dead_end.py::test_every_refusal_of_a_booking_has_words_and_the_flow_goes_on
                          test_6_never_a_dead_end.py::test_every_refusal_of_the_site_has_words_and_a_way_on
   whatever is tapped     test_6_never_a_dead_end.py::test_whatever_a_forged_button_carries_the_conversation_goes_on
                          test_6_never_a_dead_end.py::test_no_tap_sets_what_the_flows_keep_for_themselves
7. True or silent: every figure has a source and a day; past its review it is not shown.
   topics, channels, days test_7_true_or_silent.py::test_no_figure_is_read_past_its_review_nor_an_unsure_one
   sources                test_7_true_or_silent.py::test_every_answer_names_a_source_and_the_day_it_was_checked
   no other figure        test_7_true_or_silent.py::test_no_figure_stands_in_a_sentence_itself
   the day it is          test_7_true_or_silent.py::test_in_a_real_conversation_the_calendar_decides
8. Theirs to leave: STOP, SUPPRIMER and MES DONNÉES on every channel, at any moment, do what they say.
   at every question      test_8_theirs_to_leave.py::test_at_every_question_they_do_what_they_say
   in other words         test_8_theirs_to_leave.py::test_an_erasure_asked_for_in_other_words_is_confirmed_then_done
   silent after STOP      test_8_theirs_to_leave.py::test_after_stop_nothing_comes_until_they_write_again
   nothing is left        tests/bot/test_consent.py::test_the_erased_are_nowhere_once_the_last_word_left
   the long silent        tests/bot/test_consent.py::test_the_sweep_forgets_and_settles
9. No one else's eyes: doors fail closed, leads see their territory only, encrypted at rest, no personal data in logs.
   logs                   test_9_no_one_elses_eyes.py::test_nothing_a_person_says_is_logged
                          test_9_served.py::test_the_terminal_of_the_service_names_nobody
   disks                  test_9_no_one_elses_eyes.py::test_what_people_tell_is_not_on_the_disk_in_clear
   keys                   test_9_no_one_elses_eyes.py::test_without_a_key_nothing_is_stored_nor_served
   doors                  test_9_no_one_elses_eyes.py::test_every_door_stays_shut_for_whoever_proves_nothing
                          tests/bot/test_web_door.py::test_another_sites_page_is_refused
                          tests/desk/test_door.py::test_nobody_sees_or_does_anything_without_a_login
   sounds                 test_9_sounds.py::test_nobody_listens_to_what_was_said_to_another
                          test_9_sounds.py::test_no_log_tells_what_was_listened_to
                          tests/bot/test_web_sound.py::test_nobody_hears_what_was_said_to_another
                          tests/bot/test_voice.py::test_the_text_goes_by_the_standard_input_alone
   territories            tests/desk/test_cases.py::test_another_territory_does_not_exist
                          tests/desk/test_agenda.py::test_a_colleague_s_booking_is_out_of_reach
                          test_9_no_one_elses_eyes.py::test_only_the_lead_of_the_territory_is_told
"""
