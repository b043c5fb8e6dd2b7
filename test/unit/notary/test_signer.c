/* The signer's answers, what it remembers of them, and what it tells the operator. */
#include "test/unit/notary/fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "notary/signer.h"

static char folder[FOLDER_MAX], problem[NOTARY_PROBLEM_MAX];
static struct note_secret *secret, *stranger;
static struct signer signer;
static struct http_answer answer;

static const char *state_path(void)
{
	return folder_path(folder, "last");
}

static int begin(void **state)
{
	(void)state;
	folder_make(folder);
	secret = secret_make(LOG_NAME, NOTE_ED25519, KEY_LOG);
	stranger = secret_make(LOG_NAME, NOTE_ED25519, KEY_STRANGER);
	seen_begin();
	if (signer_open(&signer, state_path(), secret, true, problem) != NOTARY_STARTED)
		fail_msg("%s", problem);
	assert_non_null(strstr(seen_end(), "began origin=\"" LOG_NAME "\" size=0"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	signer_close(&signer);
	note_secret_free(secret);
	note_secret_free(stranger);
	folder_remove(folder);
	return 0;
}

/* Ask; the answer stays in `answer`, what was logged is returned. */
static const char *ask_body(struct slice body)
{
	struct http_request request = {.method = HTTP_POST, .path = "/sign-checkpoint", .body = body};

	seen_begin();
	http_answer_init(&answer, 200);
	signer_answer(&signer, &request, &answer);
	return seen_end();
}

static const char *ask(uint64_t old_size, uint64_t size, uint64_t fork_at)
{
	struct question q = {.origin = LOG_NAME, .old_size = old_size, .size = size,
		.fork_at = fork_at};

	return ask_body(question_write(&q));
}

static void assert_answer(int status, const char *text)
{
	assert_int_equal(answer.status, status);
	if (text != NULL)
		assert_string_equal(answer.text, text);
}

/* The answer is a signature line over this checkpoint, and the file has both. */
static void assert_signed(uint64_t size, uint64_t fork_at)
{
	char note[NOTE_MAX], file[NOTE_MAX];
	struct checkpoint c = tree_checkpoint(LOG_NAME, size, fork_at);
	size_t len = checkpoint_format(note, &c);
	struct note parsed;

	assert_answer(200, NULL);
	assert_string_equal(answer.type, "text/plain; charset=utf-8");
	snprintf(note + len, sizeof(note) - len, "\n%s", answer.text);
	assert_true(note_parse(&parsed, slice_of_text(note)));
	assert_int_equal(parsed.count, 1);
	assert_int_equal(note_verify(&parsed, note_secret_key(secret), NULL), NOTE_GOOD);
	(void)file_get(state_path(), file, sizeof(file));
	assert_string_equal(file, note);
}

static void a_log_is_signed_from_its_first_checkpoint_on(void **state)
{
	(void)state;
	(void)ask(0, 3, NO_FORK);
	assert_signed(3, NO_FORK);
	(void)ask(3, 3, NO_FORK);
	assert_signed(3, NO_FORK);
	(void)ask(3, 10, NO_FORK);
	assert_signed(10, NO_FORK);
}

static void an_empty_log_is_signed(void **state)
{
	(void)state;
	(void)ask(0, 0, NO_FORK);
	assert_signed(0, NO_FORK);
}

static void another_old_size_is_told_the_one_it_knows(void **state)
{
	const char *seen;

	(void)state;
	(void)ask(0, 5, NO_FORK);
	seen = ask(0, 9, NO_FORK);
	assert_answer(409, "5\n");
	assert_string_equal(answer.type, "text/x.tlog.size");
	assert_says(seen, "info refused origin=\"" LOG_NAME "\" reason=conflict asked_old=0"
			  " asked_size=9 signed_size=5\n");
}

static void a_rollback_is_an_error_the_operator_sees(void **state)
{
	const char *seen;

	(void)state;
	(void)ask(0, 9, NO_FORK);
	seen = ask(0, 4, NO_FORK);
	assert_answer(409, "9\n");
	assert_says(seen, " warn refused a ROLLBACK");
	assert_says(seen, "asked_size=4 signed_size=9");
	seen = ask(9, 4, NO_FORK);
	assert_answer(400, NULL);
	assert_says(seen, " warn refused a ROLLBACK");
	(void)ask(9, 9, NO_FORK);
	assert_signed(9, NO_FORK);
}

static void a_fork_is_an_error_the_operator_sees(void **state)
{
	const char *seen;

	(void)state;
	(void)ask(0, 9, NO_FORK);
	seen = ask(9, 9, 8);
	assert_answer(422, NULL);
	assert_says(seen, " error refused a FORK: another root");
	seen = ask(9, 12, 8);
	assert_answer(422, NULL);
	assert_says(seen, " error refused a FORK or a wrong proof");
	assert_says(seen, "reason=proof_fails asked_old=9 asked_size=12 signed_size=9");
	(void)ask(9, 12, NO_FORK);
	assert_signed(12, NO_FORK);
}

static void a_flood_of_one_refusal_does_not_hide_another(void **state)
{
	struct http_request request = {.method = HTTP_POST, .path = "/sign-checkpoint"};
	struct question q = {.origin = LOG_NAME, .size = 9, .fork_at = NO_FORK};
	const char *seen;

	(void)state;
	(void)ask(0, 5, NO_FORK);
	request.body = question_write(&q);
	seen_begin();
	for (unsigned i = 0; i < 200; i++)
		signer_answer(&signer, &request, &answer);
	q = (struct question){.origin = LOG_NAME, .old_size = 5, .size = 5, .fork_at = 2};
	request.body = question_write(&q);
	signer_answer(&signer, &request, &answer);
	seen = seen_end();
	assert_says(seen, " error refused a FORK");
}

static void another_origin_is_not_signed(void **state)
{
	struct question q = {.origin = OTHER_NAME, .size = 5, .fork_at = NO_FORK};

	(void)state;
	(void)ask_body(question_write(&q));
	assert_answer(404, NULL);
	q.origin = "log.example/r";
	(void)ask_body(question_write(&q));
	assert_answer(404, NULL);
}

static void what_is_malformed_is_refused(void **state)
{
	struct question q = {.origin = LOG_NAME, .size = 5, .fork_at = NO_FORK, .signers = {secret}};
	const char *seen = ask_body(slice_of_text("hello"));

	(void)state;
	assert_answer(400, NULL);
	assert_says(seen, "info refused reason=malformed\n");
	(void)ask_body(slice_of(NULL, 0));
	assert_answer(400, NULL);
	(void)ask_body(question_write(&q)); /* signed already: not what a signer is asked */
	assert_answer(400, NULL);
	q.signers[0] = NULL;
	q.more_lines = "extension\n";
	(void)ask_body(question_write(&q));
	assert_answer(400, NULL);
	assert_int_equal(memory_last(signer.log.memory)->size, 0);
}

static void a_signature_needs_no_clock(void **state)
{
	int64_t before = fixture_now_ms;

	(void)state;
	fixture_now_ms = 0;
	(void)ask(0, 5, NO_FORK);
	fixture_now_ms = before;
	assert_signed(5, NO_FORK);
}

static void what_cannot_be_written_is_not_signed(void **state)
{
	const char *seen;

	(void)state;
	(void)ask(0, 5, NO_FORK);
	/* A folder that is gone takes no file, not even from root. */
	(void)unlink(state_path());
	(void)unlink(folder_path(folder, "last.lock"));
	assert_int_equal(rmdir(folder), 0);
	seen = ask(5, 8, NO_FORK);
	assert_answer(500, NULL);
	assert_null(strstr(answer.text, "\xe2\x80\x94"));
	assert_says(seen, " error could not write the memory of \"" LOG_NAME "\"");
	assert_int_equal(memory_last(signer.log.memory)->size, 5);
	folder_make(folder); /* for the end */
}

static void it_goes_on_where_it_ended(void **state)
{
	(void)state;
	(void)ask(0, 5, NO_FORK);
	signer_close(&signer);
	seen_begin();
	assert_int_equal(signer_open(&signer, state_path(), secret, false, problem), NOTARY_STARTED);
	assert_says(seen_end(), "remembers origin=\"" LOG_NAME "\" size=5");
	(void)ask(0, 4, NO_FORK);
	assert_answer(409, "5\n");
	(void)ask(5, 7, NO_FORK);
	assert_signed(7, NO_FORK);
}

static void assert_start(const struct note_secret *s, bool is_new, enum notary_start expected,
	const char *word)
{
	struct signer second;

	problem[0] = '\0';
	assert_int_equal(signer_open(&second, state_path(), s, is_new, problem), expected);
	if (strstr(problem, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void it_does_not_start_without_its_own_memory(void **state)
{
	(void)state;
	assert_start(secret, false, NOTARY_NO_PLACE, "another process");
	signer_close(&signer);
	assert_start(secret, true, NOTARY_MISUSED, "--new is for the first start only");
	assert_start(stranger, false, NOTARY_NO_MEMORY, "not this key's");
	assert_start(stranger, true, NOTARY_NO_MEMORY, "not this key's");
	file_put(state_path(), "rubbish", 7, 0600);
	assert_start(secret, false, NOTARY_NO_MEMORY, "damaged");
	assert_start(secret, true, NOTARY_NO_MEMORY, "damaged");
	assert_int_equal(unlink(state_path()), 0);
	assert_start(secret, false, NOTARY_NO_MEMORY, "begin with --new");
	seen_begin();
	assert_int_equal(signer_open(&signer, state_path(), secret, true, problem), NOTARY_STARTED);
	(void)seen_end();
}

static void assert_route(enum http_method method, const char *path, int status, const char *allow)
{
	struct http_request request = {.method = method};

	snprintf(request.path, sizeof(request.path), "%s", path);
	http_answer_init(&answer, 200);
	seen_begin();
	signer_answer(&signer, &request, &answer);
	(void)seen_end();
	assert_int_equal(answer.status, status);
	if (allow == NULL)
		assert_null(answer.allow);
	else
		assert_string_equal(answer.allow, allow);
}

static void there_is_nothing_else_to_ask(void **state)
{
	(void)state;
	assert_route(HTTP_GET, "/healthz", 200, NULL);
	assert_route(HTTP_HEAD, "/healthz", 200, NULL);
	assert_route(HTTP_POST, "/healthz", 405, "GET, HEAD");
	assert_route(HTTP_GET, "/sign-checkpoint", 405, "POST");
	assert_route(HTTP_OTHER, "/sign-checkpoint", 405, "POST");
	assert_route(HTTP_POST, "/sign-checkpoint", 400, NULL);
	assert_route(HTTP_POST, "/add-checkpoint", 404, NULL);
	assert_route(HTTP_GET, "/", 404, NULL);
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
	static const struct CMUnitTest tests[] = {
		FRESH(a_log_is_signed_from_its_first_checkpoint_on),
		FRESH(an_empty_log_is_signed),
		FRESH(another_old_size_is_told_the_one_it_knows),
		FRESH(a_rollback_is_an_error_the_operator_sees),
		FRESH(a_fork_is_an_error_the_operator_sees),
		FRESH(a_flood_of_one_refusal_does_not_hide_another),
		FRESH(another_origin_is_not_signed),
		FRESH(what_is_malformed_is_refused),
		FRESH(a_signature_needs_no_clock),
		FRESH(what_cannot_be_written_is_not_signed),
		FRESH(it_goes_on_where_it_ended),
		FRESH(it_does_not_start_without_its_own_memory),
		FRESH(there_is_nothing_else_to_ask),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
