/* From a tree to a checkpoint signed by the log, whatever the signer says and whoever is faster. */
#include "test/support/tap.h"

#include <string.h>

#include "base/ensure.h"
#include "test/unit/trail/rounds.h"

/* ---- signed -------------------------------------------------------------------------------- */

static void a_checkpoint_is_signed_and_cosigned_by_all(void **state)
{
	(void)state;
	round_begin(ALL_OF_THREE);
	round_sign(5, SIGNING_DONE);
	assert_note(5, 7);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		assert_witness(i, 5, 1, 0, 0, true);
	assert_int_equal(signing_known(bench.signing), 5);
}

static void whoever_is_asked_again_is_asked_from_what_it_remembers(void **state)
{
	(void)state;
	round_begin(ALL_OF_THREE);
	round_sign(5, SIGNING_DONE);
	round_sign(17, SIGNING_DONE);
	assert_note(17, 7);
	assert_int_equal(signer->last_old_size, 5);
	assert_int_equal(witnesses[2].last_old_size, 5);
	round_sign(17, SIGNING_DONE); /* the same again, as when it could not be stored */
	assert_note(17, 7);
	round_sign(40, SIGNING_DONE);
	assert_note(40, 7);
	assert_int_equal(signer->asked, 4);
}

static void a_round_may_be_started_at_the_end_of_another(void **state)
{
	(void)state;
	round_begin(ALL_OF_THREE);
	bench.again = 9;
	round_sign(5, SIGNING_DONE);
	round_await(SIGNING_DONE);
	assert_note(9, 7);
}

static void without_a_quorum_in_the_policy_nobody_is_waited_for_longer_than_the_grace(void **state)
{
	(void)state;
	round_begin(NO_QUORUM);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		witnesses[i].manner = member_holds;
	round_sign(5, SIGNING_DONE);
	assert_note(5, 0);
}

static void a_witness_without_an_address_is_not_asked(void **state)
{
	(void)state;
	round_begin(NO_QUORUM);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		bench.council.policy.witnesses[i].url[0] = '\0';
	round_sign(5, SIGNING_DONE);
	assert_note(5, 0);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		assert_int_equal(witnesses[i].asked, 0);
}

/* ---- other sizes --------------------------------------------------------------------------- */

static void a_signer_that_remembers_more_than_we_thought_is_asked_from_there(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	member_remembers(signer, 11);
	round_sign(20, SIGNING_DONE);
	assert_note(20, 7);
	assert_int_equal(signer->asked, 2);
	assert_int_equal(signer->last_old_size, 11);
	member_remembers(signer, 4); /* its memory was restored */
	round_sign(21, SIGNING_DONE);
	assert_int_equal(signer->last_old_size, 4);
}

static void a_witness_that_remembers_more_than_we_thought_is_asked_from_there(void **state)
{
	(void)state;
	round_begin(ALL_OF_THREE);
	member_remembers(&witnesses[1], 11);
	round_sign(20, SIGNING_DONE);
	assert_note(20, 7);
	assert_int_equal(witnesses[1].asked, 2);
	assert_witness(1, 20, 1, 0, 0, true);
}

static void a_signer_that_is_ahead_is_told_with_its_size(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	member_remembers(signer, 30);
	round_in_vain(20, SIGNING_AHEAD, "has signed 30 leaves, not only 20");
	assert_int_equal(signing_known(bench.signing), 30);
	assert_int_equal(witnesses[0].asked, 0);
	round_sign(30, SIGNING_DONE);
	assert_note(30, 7);
}

static void what_one_witness_claims_to_remember_is_not_known(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	member_remembers(&witnesses[1], 30);
	round_sign(20, SIGNING_DONE);
	assert_note(20, 5);
	assert_int_equal(signing_known(bench.signing), 20);
	assert_witness(1, 0, 0, 0, 0, true);
}

static void what_so_many_remember_that_the_others_are_no_quorum_is_known(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	member_remembers(&witnesses[1], 30);
	member_remembers(&witnesses[2], 35);
	round_sign(20, SIGNING_SHORT);
	assert_note(20, 1);
	assert_int_equal(signing_known(bench.signing), 30);
}

static void a_signer_that_never_agrees_is_asked_three_times(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	signer->manner = member_says;
	signer->status = 409;
	signer->text = "7\n";
	round_in_vain(20, SIGNING_AWAY, "other nodes were faster");
	assert_int_equal(signer->asked, 3);
}

static void a_witness_that_never_agrees_is_asked_three_times(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[0].manner = member_says;
	witnesses[0].status = 409;
	witnesses[0].text = "7\n";
	round_sign(20, SIGNING_DONE);
	assert_note(20, 6);
	assert_int_equal(witnesses[0].asked, 3);
	round_sign(21, SIGNING_DONE);
	assert_int_equal(witnesses[0].asked, 6);
}

/* ---- the signer ---------------------------------------------------------------------------- */

static void a_signer_that_knows_another_log_refuses(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	member_remembers_other(signer, 11);
	round_in_vain(20, SIGNING_REFUSED, "another log of 11 leaves");
	assert_int_equal(witnesses[0].asked, 0);
}

static void a_signer_that_is_away_is_told_with_the_reason(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	web_close(signer->web);
	signer->web = NULL;
	round_in_vain(20, SIGNING_AWAY, "the signer did not answer: ");
	member_come_back(&bench.council, signer);
	signer->manner = member_cuts;
	round_in_vain(20, SIGNING_AWAY, "the signer did not answer: ");
	signer->manner = member_is_honest;
	round_sign(20, SIGNING_DONE);
	assert_note(20, 7);
}

static void a_signer_that_is_slow_is_away(void **state)
{
	(void)state;
	round_begin_with(TWO_OF_THREE, IMPATIENCE_MS, PATIENCE_MS, GRACE_MS);
	signer->manner = member_holds;
	round_in_vain(20, SIGNING_AWAY, "the signer did not answer: ");
	member_answers_held(signer);
	signer->manner = member_is_honest;
	round_sign(20, SIGNING_DONE);
}

static void a_signer_with_another_key_is_not_believed(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	signer_make(&signer->signer, COUNCIL_ORIGIN, NOTE_ED25519, 999);
	round_in_vain(20, SIGNING_FAILED, "not by the log's key");
	assert_int_equal(witnesses[0].asked, 0);
}

static void expect_senseless(int status, const char *text)
{
	signer->status = status;
	signer->text = text;
	round_sign(20, SIGNING_FAILED);
	assert_string_not_equal(signing_why(bench.signing), "");
	assert_int_equal(witnesses[0].asked, 0);
}

static void a_senseless_answer_of_the_signer_is_a_failure_and_no_more(void **state)
{
	static char long_text[NOTE_MAX + 1];
	char line[NOTE_LINE_MAX];

	(void)state;
	round_begin(TWO_OF_THREE);
	signer->manner = member_says;
	expect_senseless(200, "");
	expect_senseless(200, "\n");
	expect_senseless(200, "yes\n");
	member_line(&witnesses[0], 20, line); /* good, but not the log's */
	expect_senseless(200, line);
	member_line(signer, 19, line); /* the log's, but of another checkpoint */
	expect_senseless(200, line);
	member_line(signer, 20, line);
	line[strlen(line) - 1] = '\0';
	expect_senseless(200, line);
	memset(long_text, 'x', sizeof(long_text) - 1);
	expect_senseless(200, long_text);
	expect_senseless(204, "");
	expect_senseless(400, "");
	expect_senseless(403, "");
	expect_senseless(404, "");
	expect_senseless(500, "");
	expect_senseless(409, "");
	expect_senseless(409, "\n");
	expect_senseless(409, "5");
	expect_senseless(409, "-5\n");
	expect_senseless(409, "007\n");
	expect_senseless(409, "5 \n");
	expect_senseless(409, "five\n");
	expect_senseless(409, "5\n5\n");
	expect_senseless(409, "99999999999999999999\n");
	expect_senseless(409, "9999999999999999999\n");
	signer->manner = member_is_honest;
	round_sign(20, SIGNING_DONE);
	assert_note(20, 7);
}

/* ---- our own fault ------------------------------------------------------------------------- */

static void a_tile_that_is_gone_is_a_failure(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	tree_grow(bench.tree, 600);
	file_set_len(bench.log_folder, "tile/0/000", 17);
	round_in_vain(200, SIGNING_FAILED, "could not compute the root");
	member_remembers(signer, 200);
	round_in_vain(600, SIGNING_FAILED, "could not ask the signer");
}

static void hold_call(struct http_call *call)
{
	(void)call;
}

static void without_room_for_another_call_the_round_fails(void **state)
{
	static struct http_call calls[HTTP_CALLS_MAX];

	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[0].manner = member_holds;
	for (unsigned i = 0; i < COUNCIL_HELD; i++) {
		calls[i] = (struct http_call){.url = witnesses[0].web->url, .type = "text/plain",
			.body = slice_of_text("x"), .timeout_ms = PATIENCE_MS, .done = hold_call};
		assert_int_equal(http_ask(bench.http, &calls[i]), 0);
	}
	for (unsigned i = COUNCIL_HELD; i < HTTP_CALLS_MAX; i++) {
		calls[i] = calls[0];
		calls[i].url = "http://127.0.0.1:1";
		assert_int_equal(http_ask(bench.http, &calls[i]), 0);
	}
	round_in_vain(20, SIGNING_FAILED, "could not ask the signer");
}

static void closing_ends_the_round_in_silence(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	for (unsigned i = 0; i < COUNCIL_WITNESSES; i++)
		witnesses[i].manner = member_holds;
	round_start(20);
	await_question(&witnesses[2]);
	http_close(bench.http);
	signing_close(bench.signing);
	bench.http = NULL;
	bench.signing = NULL;
	web_run_ms(bench.loop, 20);
	assert_int_equal(bench.ends, 0);
}

static void closing_between_the_end_and_its_telling_is_silent_too(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	tree_grow(bench.tree, 600);
	file_set_len(bench.log_folder, "tile/0/000", 17);
	round_start(200);
	http_close(bench.http);
	signing_close(bench.signing);
	bench.http = NULL;
	bench.signing = NULL;
	web_run_ms(bench.loop, 20);
	assert_int_equal(bench.ends, 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, round_set_up, round_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_checkpoint_is_signed_and_cosigned_by_all),
		CASE(whoever_is_asked_again_is_asked_from_what_it_remembers),
		CASE(a_round_may_be_started_at_the_end_of_another),
		CASE(without_a_quorum_in_the_policy_nobody_is_waited_for_longer_than_the_grace),
		CASE(a_witness_without_an_address_is_not_asked),
		CASE(a_signer_that_remembers_more_than_we_thought_is_asked_from_there),
		CASE(a_witness_that_remembers_more_than_we_thought_is_asked_from_there),
		CASE(a_signer_that_is_ahead_is_told_with_its_size),
		CASE(what_one_witness_claims_to_remember_is_not_known),
		CASE(what_so_many_remember_that_the_others_are_no_quorum_is_known),
		CASE(a_signer_that_never_agrees_is_asked_three_times),
		CASE(a_witness_that_never_agrees_is_asked_three_times),
		CASE(a_signer_that_knows_another_log_refuses),
		CASE(a_signer_that_is_away_is_told_with_the_reason),
		CASE(a_signer_that_is_slow_is_away),
		CASE(a_signer_with_another_key_is_not_believed),
		CASE(a_senseless_answer_of_the_signer_is_a_failure_and_no_more),
		CASE(a_tile_that_is_gone_is_a_failure),
		CASE(without_room_for_another_call_the_round_fails),
		CASE(closing_ends_the_round_in_silence),
		CASE(closing_between_the_end_and_its_telling_is_silent_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (http_process_start() < 0)
		return 1;
	return cmocka_run_group_tests_name("signing", tests, NULL, NULL);
}
