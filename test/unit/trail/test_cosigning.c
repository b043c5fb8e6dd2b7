/* Witnesses: the quorum, those who are late, and those who are of no use. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "test/unit/trail/rounds.h"

/* ---- the quorum and those who are late ----------------------------------------------------- */

static void with_a_quorum_the_others_are_given_a_grace(void **state)
{
	int64_t since_ms;

	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_holds;
	since_ms = clock_mono_ms();
	round_sign(5, SIGNING_DONE);
	assert_note(5, 5);
	assert_in_range(clock_mono_ms() - since_ms, GRACE_MS - 5, PATIENCE_MS - 1000);
}

static void the_grace_is_given_once(void **state)
{
	int64_t since_ms;

	(void)state;
	round_begin_with(ONE_OF_THREE, PATIENCE_MS, PATIENCE_MS, 6 * GRACE_MS);
	witnesses[1].manner = member_holds;
	witnesses[2].manner = member_holds;
	round_start(5);
	await_question(&witnesses[1]);
	since_ms = clock_mono_ms();
	web_run_ms(bench.loop, 3 * GRACE_MS);
	assert_int_equal(bench.ends, 0);
	member_answers_held(&witnesses[1]);
	round_await(SIGNING_DONE);
	assert_note(5, 3);
	/* another answer does not prolong it */
	assert_in_range(clock_mono_ms() - since_ms, 0, 8 * GRACE_MS);
}

static void who_answers_in_the_grace_is_in_the_note(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_holds;
	round_start(5);
	await_question(&witnesses[1]);
	web_run_ms(bench.loop, 10);
	member_answers_held(&witnesses[1]);
	round_await(SIGNING_DONE);
	assert_note(5, 7);
}

static void too_few_witnesses_leave_it_short(void **state)
{
	(void)state;
	round_begin_with(TWO_OF_THREE, PATIENCE_MS, IMPATIENCE_MS, GRACE_MS);
	witnesses[0].manner = member_cuts;
	witnesses[2].manner = member_holds;
	round_sign(5, SIGNING_SHORT);
	assert_note(5, 2);
	assert_witness(0, 0, 0, 1, 0, false);
	assert_witness(1, 5, 1, 0, 0, true);
	assert_witness(2, 0, 0, 1, 0, false);
	witnesses[0].manner = member_is_honest;
	witnesses[2].manner = member_is_honest;
	round_sign(6, SIGNING_DONE);
	assert_note(6, 7);
	assert_witness(0, 6, 1, 1, 0, true);
}

static void a_slow_witness_is_not_asked_twice_at_a_time_and_joins_later(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_holds;
	round_sign(5, SIGNING_DONE);
	round_sign(6, SIGNING_DONE);
	assert_note(6, 5);
	assert_int_equal(witnesses[1].asked, 1);
	witnesses[1].manner = member_is_honest;
	member_answers_held(&witnesses[1]); /* of the first round */
	await_cosignature(1);
	assert_witness(1, 5, 1, 0, 0, true);
	round_sign(7, SIGNING_DONE);
	assert_note(7, 7);
	assert_int_equal(witnesses[1].last_old_size, 5);
}

static void a_late_answer_to_a_round_before_is_not_of_this_one(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_holds;
	round_sign(5, SIGNING_DONE);
	witnesses[2].manner = member_holds;
	round_start(6);
	await_question(&witnesses[2]);
	member_answers_held(&witnesses[1]); /* while the quorum of the second lacks one */
	await_cosignature(1);
	assert_int_equal(bench.ends, 1);
	member_answers_held(&witnesses[2]);
	round_await(SIGNING_DONE);
	assert_note(6, 5);
}

/* The same leaves again: the late cosignature would be good, but the log has not signed yet. */
static void a_late_cosignature_does_not_stand_in_for_the_logs_signature(void **state)
{
	(void)state;
	round_begin(ONE_OF_THREE);
	witnesses[1].manner = member_holds;
	round_sign(5, SIGNING_DONE);
	witnesses[1].manner = member_is_honest;
	signer->manner = member_holds;
	round_start(5);
	await_question(signer);
	member_answers_held(&witnesses[1]);
	await_cosignature(1);
	assert_int_equal(bench.ends, 1);
	member_answers_held(signer);
	round_await(SIGNING_DONE);
	assert_note(5, 7);
}

static void a_late_conflict_brings_nobody_an_unsigned_checkpoint(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_holds;
	round_sign(5, SIGNING_DONE);
	witnesses[1].manner = member_is_honest;
	member_remembers(&witnesses[1], 3);
	signer->manner = member_holds;
	round_start(6);
	await_question(signer);
	witnesses[1].asked = 0;
	member_answers_held(&witnesses[1]); /* 409: it remembers 3 */
	web_run_ms(bench.loop, 20);
	assert_int_equal(witnesses[1].asked, 0);
	member_answers_held(signer);
	round_await(SIGNING_DONE);
	assert_note(6, 7);
	assert_int_equal(witnesses[1].last_old_size, 3);
}

static void an_answer_after_the_end_does_no_harm(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_holds;
	round_sign(5, SIGNING_DONE);
	member_answers_held(&witnesses[1]);
	await_cosignature(1);
	assert_int_equal(bench.ends, 1);
	assert_note(5, 5);
	assert_witness(1, 5, 1, 0, 0, true);
}

/* ---- witnesses ----------------------------------------------------------------------------- */

static void a_witness_with_another_key_is_left_out(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	signer_make(&witnesses[1].signer, "witness.example/w1", NOTE_COSIGNATURE, 999);
	round_sign(20, SIGNING_DONE);
	assert_note(20, 5);
	assert_witness(1, 0, 0, 0, 1, true);
}

static void of_several_lines_the_witnesss_own_is_taken(void **state)
{
	char lines[3 * NOTE_LINE_MAX], line[NOTE_LINE_MAX];
	int len;

	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_says;
	witnesses[1].status = 200;
	member_line(&witnesses[2], 20, line); /* of another witness, which is away */
	len = snprintf(lines, sizeof(lines), "%s", line);
	member_line(&witnesses[1], 20, line);
	snprintf(lines + len, sizeof(lines) - (size_t)len, "%s%s", line, line);
	witnesses[1].text = lines;
	witnesses[2].manner = member_cuts;
	round_sign(20, SIGNING_DONE);
	assert_note(20, 3);
}

static void a_line_of_others_is_no_cosignature(void **state)
{
	char line[NOTE_LINE_MAX];

	(void)state;
	round_begin(TWO_OF_THREE);
	member_line(&witnesses[2], 20, line);
	witnesses[1].manner = member_says;
	witnesses[1].status = 200;
	witnesses[1].text = line;
	witnesses[2].manner = member_cuts;
	round_sign(20, SIGNING_SHORT);
	assert_note(20, 1);
	assert_witness(1, 0, 0, 0, 1, true);
}

/* What a witness may say, and which of its numbers counts it. */
static void expect_left_out(int status, const char *text, bool is_away)
{
	const struct witness_metrics *m = signing_witness(bench.signing, 1);
	uint64_t away = metric_value(&m->away), refused = metric_value(&m->refused);

	witnesses[1].status = status;
	witnesses[1].text = text;
	round_sign(20, SIGNING_DONE);
	assert_note(20, 5);
	assert_int_equal(metric_value(&m->away), away + is_away);
	assert_int_equal(metric_value(&m->refused), refused + !is_away);
	assert_int_equal(metric_value(&m->is_up), !is_away);
}

static void a_senseless_answer_of_a_witness_leaves_it_out(void **state)
{
	static char long_text[HTTP_REPLY_MAX + 2];
	char line[NOTE_LINE_MAX];

	(void)state;
	round_begin(TWO_OF_THREE);
	witnesses[1].manner = member_says;
	expect_left_out(200, "", false);
	expect_left_out(200, "\n", false);
	expect_left_out(200, "\n\n\n", false);
	expect_left_out(200, "cosigned!\n", false);
	member_line(&witnesses[1], 19, line);
	expect_left_out(200, line, false);
	member_line(&witnesses[1], 20, line);
	line[strlen(line) - 1] = '\0';
	expect_left_out(200, line, false);
	memset(long_text, '\n', NOTE_MAX);
	expect_left_out(200, long_text, false);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 2] = '\n';
	expect_left_out(200, long_text, true); /* longer than any answer */
	expect_left_out(403, "", false);
	expect_left_out(422, "", false);
	expect_left_out(404, "", true);
	expect_left_out(500, "", true);
	expect_left_out(302, "", true);
	expect_left_out(409, "", true);
	expect_left_out(409, "many\n", true);
	witnesses[1].manner = member_is_honest;
	round_sign(21, SIGNING_DONE);
	assert_note(21, 7);
}

static void a_witness_that_knows_another_log_refuses(void **state)
{
	(void)state;
	round_begin(TWO_OF_THREE);
	member_remembers_other(&witnesses[1], 11);
	round_sign(20, SIGNING_DONE);
	assert_note(20, 5);
	assert_witness(1, 0, 0, 0, 1, true);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, round_set_up, round_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(with_a_quorum_the_others_are_given_a_grace),
		CASE(the_grace_is_given_once),
		CASE(who_answers_in_the_grace_is_in_the_note),
		CASE(too_few_witnesses_leave_it_short),
		CASE(a_slow_witness_is_not_asked_twice_at_a_time_and_joins_later),
		CASE(a_late_answer_to_a_round_before_is_not_of_this_one),
		CASE(a_late_cosignature_does_not_stand_in_for_the_logs_signature),
		CASE(a_late_conflict_brings_nobody_an_unsigned_checkpoint),
		CASE(an_answer_after_the_end_does_no_harm),
		CASE(a_witness_with_another_key_is_left_out),
		CASE(of_several_lines_the_witnesss_own_is_taken),
		CASE(a_line_of_others_is_no_cosignature),
		CASE(a_senseless_answer_of_a_witness_leaves_it_out),
		CASE(a_witness_that_knows_another_log_refuses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (http_process_start() < 0)
		return 1;
	return cmocka_run_group_tests_name("cosigning", tests, NULL, NULL);
}
