/* The witness's answers, status by status, and what it tells its operator. */
#include "test/unit/notary/witness_stand.h"

#include <stdio.h>
#include <string.h>

/* ---- 200 ----------------------------------------------------------------------------------- */

static void a_log_is_cosigned_from_its_first_checkpoint_on(void **state)
{
	struct question q = stand_question(0, 3);

	(void)state;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	q = stand_question(3, 12);
	(void)stand_ask(&q);
	assert_cosigned(&q);
}

static void the_same_checkpoint_is_cosigned_again_with_the_new_time(void **state)
{
	struct question q = stand_question(0, 3);
	char first[NOTE_LINE_MAX];

	(void)state;
	(void)stand_ask(&q);
	snprintf(first, sizeof(first), "%s", stand_answer.text);
	fixture_now_ms += 1000;
	q.old_size = 3;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	assert_string_not_equal(stand_answer.text, first);
}

static void an_empty_log_is_cosigned(void **state)
{
	struct question q = stand_question(0, 0);

	(void)state;
	stand_get_checkpoint(LOG_NAME);
	assert_answer(404, NULL);
	(void)stand_ask(&q);
	assert_cosigned(&q);
	stand_get_checkpoint(LOG_NAME);
	assert_answer(200, NULL);
}

static void logs_do_not_get_in_each_others_way(void **state)
{
	struct question q = stand_question(0, 3), other = stand_question(0, 7);

	(void)state;
	other.origin = OTHER_NAME;
	other.fork_at = 2;
	other.signers[0] = other_secret;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	(void)stand_ask(&other);
	assert_cosigned(&other);
	q = stand_question(3, 4);
	(void)stand_ask(&q);
	assert_cosigned(&q);
}

static void a_log_may_change_its_key(void **state)
{
	struct question q = stand_question(0, 3);

	(void)state;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	q = stand_question(3, 5);
	q.signers[0] = next_secret;
	(void)stand_ask(&q);
	assert_cosigned(&q);
}

static void extension_lines_are_cosigned_with_the_rest(void **state)
{
	struct question q = stand_question(0, 3);

	(void)state;
	q.more_lines = "extension\n";
	(void)stand_ask(&q);
	assert_cosigned(&q);
	stand_get_checkpoint(LOG_NAME);
	assert_non_null(strstr(stand_answer.text, "\nextension\n\n"));
}

/* ---- refusals, in the order of the checks -------------------------------------------------- */

static void a_malformed_question_is_400(void **state)
{
	struct question q = stand_question(0, 3);
	const char *seen = stand_ask_body(slice_of_text("old 0\n"));

	(void)state;
	assert_answer(400, NULL);
	assert_says(seen, "info refused reason=malformed\n");
	q.signers[0] = NULL;
	(void)stand_ask(&q);
	assert_answer(400, NULL);
	q = stand_question(0, 3);
	q.more_lines = "\n";
	(void)stand_ask(&q);
	assert_answer(400, NULL);
}

static void an_unknown_origin_is_404_before_its_signature_is_looked_at(void **state)
{
	struct question q = stand_question(0, 3);
	const char *seen;

	(void)state;
	q.origin = "unknown.example/log";
	seen = stand_ask(&q);
	assert_answer(404, NULL);
	assert_says(seen, "info refused origin=\"unknown.example/log\" reason=log_not_known\n");
}

static void no_signature_of_the_log_is_403_before_the_sizes_are_looked_at(void **state)
{
	struct question q = stand_question(9, 3);
	const char *seen;

	(void)state;
	q.signers[0] = stranger;
	seen = stand_ask(&q);
	assert_answer(403, NULL);
	assert_says(seen, "info refused origin=\"" LOG_NAME "\" reason=not_signed");
	q.signers[0] = other_secret; /* known here, for another log */
	(void)stand_ask(&q);
	assert_answer(403, NULL);
}

static void a_false_signature_of_the_log_is_403(void **state)
{
	struct question q = stand_question(0, 3);

	(void)state;
	q.is_signature_spoilt = true;
	q.signers[1] = next_secret;
	(void)stand_ask(&q);
	assert_answer(403, NULL);
}

static void an_old_size_above_the_size_is_400_before_it_is_a_conflict(void **state)
{
	struct question q = stand_question(4, 3);

	(void)state;
	(void)stand_ask(&q);
	assert_answer(400, NULL);
}

static void another_old_size_is_409_with_the_one_it_knows(void **state)
{
	struct question q = stand_question(2, 3);

	(void)state;
	(void)stand_ask(&q);
	assert_answer(409, "0\n");
	assert_string_equal(stand_answer.type, "text/x.tlog.size");
	q.old_size = 0;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	q = stand_question(0, 5);
	q.proof_more = 1; /* not looked at yet */
	(void)stand_ask(&q);
	assert_answer(409, "3\n");
}

static void what_does_not_fit_what_it_knows_is_422(void **state)
{
	struct merkle_hash root;
	struct question q = stand_question(0, 0);

	(void)state;
	tree_root(&root, 1, NO_FORK);
	q.root = &root;
	(void)stand_ask(&q);
	assert_answer(422, NULL);
	q = stand_question(0, 3);
	q.proof_more = 1;
	(void)stand_ask(&q);
	assert_answer(422, NULL);
	q.proof_more = 0;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	q = stand_question(3, 3);
	q.fork_at = 1;
	(void)stand_ask(&q);
	assert_answer(422, NULL);
	q = stand_question(3, 5);
	q.is_proof_spoilt = true;
	(void)stand_ask(&q);
	assert_answer(422, NULL);
	q.is_proof_spoilt = false;
	(void)stand_ask(&q);
	assert_cosigned(&q);
}

static void a_clock_that_was_never_set_is_500(void **state)
{
	struct question q = stand_question(0, 3);
	struct slice body = question_write(&q);
	int64_t before = fixture_now_ms;
	const char *seen;

	(void)state;
	fixture_now_ms = (int64_t)CLOCK_S_MIN * 1000 - 2001; /* asking moves it by 2 s */
	seen = stand_ask_body(body);
	assert_answer(500, NULL);
	assert_says(seen, "reason=no_time");
	fixture_now_ms = (int64_t)CLOCK_S_MIN * 1000 - 2000;
	(void)stand_ask_body(body);
	assert_cosigned(&q);
	fixture_now_ms = before;
}

/* ---- what it tells of a log ---------------------------------------------------------------- */

static void a_proof_of_a_fork_is_kept_for_everybody(void **state)
{
	struct question q = stand_question(0, 3);
	char name[100], hash[ORIGIN_HASH_LEN + 1], file[NOTE_MAX];
	const char *seen;

	(void)state;
	(void)stand_ask(&q);
	q.fork_at = 2;
	seen = stand_ask(&q);
	assert_answer(409, "3\n");
	assert_says(seen, " error refused a FORK: another root");
	witness_origin_hash(hash, LOG_NAME);
	snprintf(name, sizeof(name), "%s.fork", hash);
	(void)file_get(folder_path(stand_folder, name), file, sizeof(file));
	assert_non_null(strstr(file, "\n\n" LOG_NAME "\n3\n"));
}

static void an_old_checkpoint_that_anybody_can_show_again_is_a_warning(void **state)
{
	struct question q = stand_question(0, 9);
	const char *seen;

	(void)state;
	(void)stand_ask(&q);
	q = stand_question(0, 3);
	seen = stand_ask(&q);
	assert_answer(409, "9\n");
	assert_says(seen, " warn refused a ROLLBACK");
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup_teardown(fn, stand_begin, stand_end)
	static const struct CMUnitTest tests[] = {
		FRESH(a_log_is_cosigned_from_its_first_checkpoint_on),
		FRESH(the_same_checkpoint_is_cosigned_again_with_the_new_time),
		FRESH(an_empty_log_is_cosigned),
		FRESH(logs_do_not_get_in_each_others_way),
		FRESH(a_log_may_change_its_key),
		FRESH(extension_lines_are_cosigned_with_the_rest),
		FRESH(a_malformed_question_is_400),
		FRESH(an_unknown_origin_is_404_before_its_signature_is_looked_at),
		FRESH(no_signature_of_the_log_is_403_before_the_sizes_are_looked_at),
		FRESH(a_false_signature_of_the_log_is_403),
		FRESH(an_old_size_above_the_size_is_400_before_it_is_a_conflict),
		FRESH(another_old_size_is_409_with_the_one_it_knows),
		FRESH(what_does_not_fit_what_it_knows_is_422),
		FRESH(a_clock_that_was_never_set_is_500),
		FRESH(a_proof_of_a_fork_is_kept_for_everybody),
		FRESH(an_old_checkpoint_that_anybody_can_show_again_is_a_warning),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
