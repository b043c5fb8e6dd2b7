#include "test/unit/notary/witness_stand.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

char stand_folder[FOLDER_MAX], stand_problem[NOTARY_PROBLEM_MAX];
struct note_secret *stand_secret, *log_secret, *next_secret, *other_secret, *stranger;
struct witness stand_witness;
struct http_answer stand_answer;

void stand_add_log(struct witness *w, const struct note_secret *s)
{
	char vkey[NOTE_KEY_TEXT_MAX];

	vkey_of(vkey, s);
	if (!witness_add(w, vkey, stand_problem))
		fail_msg("%s", stand_problem);
}

void stand_open(bool is_new)
{
	memset(&stand_witness, 0, sizeof(stand_witness));
	stand_add_log(&stand_witness, log_secret);
	stand_add_log(&stand_witness, other_secret);
	stand_add_log(&stand_witness, next_secret);
	assert_int_equal(stand_witness.logs_count, 2);
	seen_begin();
	if (witness_open(&stand_witness, stand_folder, stand_secret, is_new, stand_problem) !=
		NOTARY_STARTED)
		fail_msg("%s", stand_problem);
	(void)seen_end();
}

int stand_begin(void **state)
{
	(void)state;
	folder_make(stand_folder);
	stand_secret = secret_make(WITNESS_NAME, NOTE_COSIGNATURE, KEY_WITNESS);
	log_secret = secret_make(LOG_NAME, NOTE_ED25519, KEY_LOG);
	next_secret = secret_make(LOG_NAME, NOTE_ED25519, KEY_LOG_NEXT);
	other_secret = secret_make(OTHER_NAME, NOTE_ED25519, KEY_OTHER);
	stranger = secret_make(LOG_NAME, NOTE_ED25519, KEY_STRANGER);
	stand_open(true);
	return 0;
}

int stand_end(void **state)
{
	(void)state;
	witness_close(&stand_witness);
	note_secret_free(stand_secret);
	note_secret_free(log_secret);
	note_secret_free(next_secret);
	note_secret_free(other_secret);
	note_secret_free(stranger);
	folder_remove(stand_folder);
	return 0;
}

const char *stand_ask_body(struct slice body)
{
	struct http_request request = {.method = HTTP_POST, .path = "/add-checkpoint", .body = body};

	seen_begin();
	http_answer_init(&stand_answer, 200);
	witness_answer(&stand_witness, &request, &stand_answer);
	return seen_end();
}

struct question stand_question(uint64_t old_size, uint64_t size)
{
	return (struct question){.origin = LOG_NAME, .old_size = old_size, .size = size,
		.fork_at = NO_FORK, .signers = {log_secret}};
}

const char *stand_ask(const struct question *q)
{
	return stand_ask_body(question_write(q));
}

void assert_answer(int status, const char *text)
{
	assert_int_equal(stand_answer.status, status);
	if (text != NULL)
		assert_string_equal(stand_answer.text, text);
}

void assert_cosigned(const struct question *q)
{
	struct slice body = question_write(q);
	char note[2 * NOTE_MAX];
	struct petition p;
	struct note parsed;
	uint64_t time_s;

	assert_answer(200, NULL);
	assert_true(petition_read_signed(&p, body));
	snprintf(note, sizeof(note), "%.*s\n%s", (int)p.text.len, (const char *)p.text.data,
		stand_answer.text);
	assert_true(note_parse(&parsed, slice_of_text(note)));
	assert_int_equal(parsed.count, 1);
	assert_int_equal(note_verify(&parsed, note_secret_key(stand_secret), &time_s), NOTE_GOOD);
	assert_int_equal(time_s, fixture_now_ms / 1000);
}

void stand_get(const char *path)
{
	struct http_request request = {.method = HTTP_GET};

	snprintf(request.path, sizeof(request.path), "%s", path);
	http_answer_init(&stand_answer, 200);
	witness_answer(&stand_witness, &request, &stand_answer);
}

void stand_get_checkpoint(const char *origin)
{
	char path[HTTP_PATH_MAX], hash[ORIGIN_HASH_LEN + 1];

	witness_origin_hash(hash, origin);
	snprintf(path, sizeof(path), "/%s/checkpoint", hash);
	stand_get(path);
}
