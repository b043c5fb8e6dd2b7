/* What a witness keeps and shows: to monitors, over a restart, in its numbers. */
#include "test/unit/notary/witness_stand.h"

#include <stdio.h>
#include <string.h>

/* ---- monitors ------------------------------------------------------------------------------ */

static void a_monitor_gets_the_last_one_with_both_signatures(void **state)
{
	struct question q = stand_question(0, 3);
	struct note note;

	(void)state;
	q.signers[1] = stranger;
	q.signers[2] = next_secret;
	(void)stand_ask(&q);
	stand_get_checkpoint(LOG_NAME);
	assert_answer(200, NULL);
	assert_string_equal(stand_answer.type, "text/plain; charset=utf-8");
	assert_true(note_parse(&note, slice_of(stand_answer.text, stand_answer.len)));
	assert_int_equal(note.count, 3); /* the stranger's is left out */
	assert_int_equal(note_verify(&note, note_secret_key(log_secret), NULL), NOTE_GOOD);
	assert_int_equal(note_verify(&note, note_secret_key(next_secret), NULL), NOTE_GOOD);
	assert_int_equal(note_verify(&note, note_secret_key(stand_secret), NULL), NOTE_GOOD);
	assert_int_equal(note_verify(&note, note_secret_key(stranger), NULL), NOTE_UNSIGNED);
}

static void a_line_that_is_given_twice_is_kept_once(void **state)
{
	struct question q = stand_question(0, 3);
	struct note note;

	(void)state;
	q.signers[1] = log_secret;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	stand_get_checkpoint(LOG_NAME);
	assert_true(note_parse(&note, slice_of(stand_answer.text, stand_answer.len)));
	assert_int_equal(note.count, 2);
}

static void a_log_that_was_never_cosigned_is_404(void **state)
{
	(void)state;
	stand_get_checkpoint(LOG_NAME);
	assert_answer(404, NULL);
	stand_get_checkpoint("unknown.example/log");
	assert_answer(404, NULL);
	stand_get("/checkpoint");
	assert_answer(404, NULL);
	stand_get("//checkpoint");
	assert_answer(404, NULL);
}

static void a_note_as_large_as_it_may_be_is_kept_with_our_line(void **state)
{
	static char lines[NOTE_MAX];
	struct question q = stand_question(0, 3);
	char text[CHECKPOINT_TEXT_MAX], line[NOTE_LINE_MAX];
	struct checkpoint c = tree_checkpoint(LOG_NAME, 3, NO_FORK);
	size_t text_len = checkpoint_format(text, &c), ours, theirs, room;

	(void)state;
	theirs = note_secret_sign(log_secret, line, slice_of(text, text_len), 1);
	ours = note_secret_sign(stand_secret, line, slice_of(text, text_len), 1);
	room = NOTE_MAX - text_len - 1 - theirs - ours;
	memset(lines, 'x', room - 1);
	lines[room - 1] = '\n';
	q.more_lines = lines;
	(void)stand_ask(&q);
	assert_cosigned(&q);
	memset(lines, 'x', room);
	lines[room] = '\n';
	q.old_size = 3;
	(void)stand_ask(&q);
	assert_answer(400, NULL);
}

static void a_note_with_as_many_signatures_as_there_can_be_is_kept_with_our_line(void **state)
{
	static struct witness w;
	static char lines[NOTE_MAX];
	struct http_request request = {.method = HTTP_POST, .path = "/add-checkpoint"};
	struct question q = {.origin = LOG_NAME, .size = 3, .fork_at = NO_FORK};
	struct checkpoint c = tree_checkpoint(LOG_NAME, 3, NO_FORK);
	char text[CHECKPOINT_TEXT_MAX], own[FOLDER_MAX];
	size_t text_len = checkpoint_format(text, &c), len = 0;
	struct note note;

	(void)state;
	folder_make(own);
	memset(&w, 0, sizeof(w));
	for (unsigned i = 0; i < WITNESS_LOGS_MAX; i++) {
		struct note_secret *s = secret_make(LOG_NAME, NOTE_ED25519, 100 + i);

		stand_add_log(&w, s);
		len += note_secret_sign(s, lines + len, slice_of(text, text_len), 0);
		note_secret_free(s);
	}
	static_assert((int)WITNESS_LOGS_MAX == (int)NOTE_SIGNATURES_MAX, "every place is taken");
	q.more_signatures = lines;
	request.body = question_write(&q);
	seen_begin();
	assert_int_equal(witness_open(&w, own, stand_secret, true, stand_problem), NOTARY_STARTED);
	witness_answer(&w, &request, &stand_answer);
	(void)seen_end();
	assert_cosigned(&q);
	assert_true(note_parse(&note, memory_note(w.logs[0].memory)));
	assert_int_equal(note.count, NOTE_SIGNATURES_MAX);
	assert_int_equal(note_verify(&note, note_secret_key(stand_secret), NULL), NOTE_GOOD);
	witness_close(&w);
	folder_remove(own);
}

/* ---- start --------------------------------------------------------------------------------- */

static void it_goes_on_where_it_ended(void **state)
{
	struct question q = stand_question(0, 9);
	char shown[NOTE_MAX];

	(void)state;
	(void)stand_ask(&q);
	stand_get_checkpoint(LOG_NAME);
	snprintf(shown, sizeof(shown), "%s", stand_answer.text);
	witness_close(&stand_witness);
	stand_open(false);
	stand_get_checkpoint(LOG_NAME);
	assert_string_equal(stand_answer.text, shown);
	stand_get_checkpoint(OTHER_NAME);
	assert_answer(404, NULL);
	q = stand_question(0, 10);
	(void)stand_ask(&q);
	assert_answer(409, "9\n");
}

static void assert_start(struct witness *w, bool is_new, enum notary_start expected,
	const char *word)
{
	stand_problem[0] = '\0';
	seen_begin();
	assert_int_equal(witness_open(w, stand_folder, stand_secret, is_new, stand_problem), expected);
	(void)seen_end();
	if (strstr(stand_problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", stand_problem, word);
}

static void a_log_more_is_begun_only_when_told(void **state)
{
	static struct witness w;

	(void)state;
	witness_close(&stand_witness);
	memset(&w, 0, sizeof(w));
	stand_add_log(&w, log_secret);
	stand_add_log(&w, other_secret);
	assert_start(&w, true, NOTARY_MISUSED, "first start of a log only");
	{
		struct note_secret *third = secret_make("third.example", NOTE_ED25519, KEY_OTHER);

		stand_add_log(&w, third);
		note_secret_free(third);
	}
	assert_start(&w, false, NOTARY_NO_MEMORY, "begin with --new");
	assert_start(&w, true, NOTARY_STARTED, "");
	witness_close(&w);
	assert_start(&w, false, NOTARY_STARTED, "");
	witness_close(&w);
	stand_open(false);
}

static void thirty_two_keys_are_taken_and_no_more(void **state)
{
	static struct witness w;
	char name[40], vkey[NOTE_KEY_TEXT_MAX];

	(void)state;
	memset(&w, 0, sizeof(w));
	for (unsigned i = 0; i <= WITNESS_LOGS_MAX; i++) {
		struct note_secret *s;

		snprintf(name, sizeof(name), "log%u.example", i);
		s = secret_make(name, NOTE_ED25519, 100 + i);
		vkey_of(vkey, s);
		note_secret_free(s);
		assert_int_equal(witness_add(&w, vkey, stand_problem), i < WITNESS_LOGS_MAX);
	}
	assert_non_null(strstr(stand_problem, "one too many"));
}

static void a_key_that_is_none_or_given_twice_is_refused(void **state)
{
	static struct witness w;
	char vkey[NOTE_KEY_TEXT_MAX];

	(void)state;
	memset(&w, 0, sizeof(w));
	stand_add_log(&w, log_secret);
	vkey_of(vkey, log_secret);
	assert_false(witness_add(&w, vkey, stand_problem));
	assert_non_null(strstr(stand_problem, "given twice"));
	vkey[strlen(vkey) - 1] = 'x';
	assert_false(witness_add(&w, vkey, stand_problem));
	assert_non_null(strstr(stand_problem, "no verifier key"));
	assert_false(witness_add(&w, "", stand_problem));
	assert_int_equal(w.logs_count, 1);
}

/* ---- the other pages ----------------------------------------------------------------------- */

static void the_numbers_tell_sizes_signatures_and_refusals(void **state)
{
	struct question q = stand_question(0, 3);

	(void)state;
	(void)stand_ask(&q);
	(void)stand_ask(&q);
	(void)stand_ask_body(slice_of_text("x"));
	stand_get("/metrics");
	assert_answer(200, NULL);
	assert_string_equal(stand_answer.type, "text/plain; version=0.0.4; charset=utf-8");
	assert_says(stand_answer.text, "\nrxcirc_witness_size{origin=\"" LOG_NAME "\"} 3\n");
	assert_says(stand_answer.text, "\nrxcirc_witness_size{origin=\"" OTHER_NAME "\"} 0\n");
	assert_says(stand_answer.text, "\nrxcirc_witness_signed_total{origin=\"" LOG_NAME "\"} 1\n");
	assert_says(stand_answer.text, "\nrxcirc_witness_refused_total{origin=\"" LOG_NAME
				 "\",reason=\"conflict\"} 1\n");
	assert_says(stand_answer.text,
		"\nrxcirc_witness_refused_total{origin=\"\",reason=\"malformed\"} 1\n");
}

static void the_numbers_of_as_many_logs_as_there_can_be_fit(void **state)
{
	static struct witness w;
	struct http_request request = {.method = HTTP_GET, .path = "/metrics"};
	char name[NOTE_NAME_MAX + 1], vkey[NOTE_KEY_TEXT_MAX], own[FOLDER_MAX];

	(void)state;
	folder_make(own);
	memset(&w, 0, sizeof(w));
	for (unsigned i = 0; i < WITNESS_LOGS_MAX; i++) {
		struct note_secret *s;

		memset(name, '"', sizeof(name)); /* each becomes two bytes */
		snprintf(name, sizeof(name), "%02u", i);
		name[2] = '"';
		name[NOTE_NAME_MAX] = '\0';
		s = secret_make(name, NOTE_ED25519, 100 + i);
		vkey_of(vkey, s);
		note_secret_free(s);
		assert_true(witness_add(&w, vkey, stand_problem));
	}
	seen_begin();
	assert_int_equal(witness_open(&w, own, stand_secret, true, stand_problem), NOTARY_STARTED);
	(void)seen_end();
	for (unsigned i = 0; i < WITNESS_LOGS_MAX; i++)
		for (unsigned v = 0; v < VERDICT_NR; v++)
			w.logs[i].answers[v] = UINT64_MAX;
	http_answer_init(&stand_answer, 200);
	witness_answer(&w, &request, &stand_answer);
	assert_false(stand_answer.failed);
	assert_non_null(strstr(stand_answer.text, "origin=\"00\\\"\\\""));
	witness_close(&w);
	folder_remove(own);
}

static void each_path_has_its_method(void **state)
{
	struct http_request request = {.method = HTTP_GET, .path = "/add-checkpoint"};

	(void)state;
	witness_answer(&stand_witness, &request, &stand_answer);
	assert_answer(405, NULL);
	assert_string_equal(stand_answer.allow, "POST");
	snprintf(request.path, sizeof(request.path), "/metrics");
	request.method = HTTP_POST;
	witness_answer(&stand_witness, &request, &stand_answer);
	assert_answer(405, NULL);
	assert_string_equal(stand_answer.allow, "GET, HEAD");
	stand_get("/healthz");
	assert_answer(200, "ok\n");
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup_teardown(fn, stand_begin, stand_end)
	static const struct CMUnitTest tests[] = {
		FRESH(a_monitor_gets_the_last_one_with_both_signatures),
		FRESH(a_line_that_is_given_twice_is_kept_once),
		FRESH(a_log_that_was_never_cosigned_is_404),
		FRESH(a_note_as_large_as_it_may_be_is_kept_with_our_line),
		FRESH(a_note_with_as_many_signatures_as_there_can_be_is_kept_with_our_line),
		FRESH(it_goes_on_where_it_ended),
		FRESH(a_log_more_is_begun_only_when_told),
		FRESH(thirty_two_keys_are_taken_and_no_more),
		FRESH(a_key_that_is_none_or_given_twice_is_refused),
		FRESH(the_numbers_tell_sizes_signatures_and_refusals),
		FRESH(the_numbers_of_as_many_logs_as_there_can_be_fit),
		FRESH(each_path_has_its_method),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
