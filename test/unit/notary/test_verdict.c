/* What becomes of a petition: the order of the checks, and each at its limit. */
#include "test/unit/notary/fixture.h"

#include <string.h>

#include "notary/verdict.h"

static struct note_secret *log_secret, *next_secret, *stranger;

static int make_keys(void **state)
{
	(void)state;
	log_secret = secret_make(LOG_NAME, NOTE_ED25519, KEY_LOG);
	next_secret = secret_make(LOG_NAME, NOTE_ED25519, KEY_LOG_NEXT);
	stranger = secret_make(LOG_NAME, NOTE_ED25519, KEY_STRANGER);
	return 0;
}

static int drop_keys(void **state)
{
	(void)state;
	note_secret_free(log_secret);
	note_secret_free(next_secret);
	note_secret_free(stranger);
	return 0;
}

static struct question signed_question(uint64_t old_size, uint64_t size)
{
	return (struct question){.origin = LOG_NAME, .old_size = old_size, .size = size,
		.fork_at = NO_FORK, .signers = {log_secret}};
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool reads_signed(const char *body)
{
	struct petition p;

	return petition_read_signed(&p, slice_of_text(body));
}

static bool reads_bare(const char *body)
{
	struct petition p;

	return petition_read_bare(&p, slice_of_text(body));
}

#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define LINE "\xe2\x80\x94 a AAAAAAAA\n"

static void a_bare_checkpoint_is_three_lines_and_an_empty_one(void **state)
{
	(void)state;
	assert_true(reads_bare("old 0\n\na\n1\n" ROOT "\n\n"));
	assert_true(reads_bare("old 1\n" ROOT "\n\na\n1\n" ROOT "\n\n"));
	assert_false(reads_bare("old 0\n\na\n1\n" ROOT "\n"));
	assert_false(reads_bare("old 0\n\na\n1\n" ROOT "\n\n\n"));
	assert_false(reads_bare("old 0\n\na\n1\n" ROOT "\nmore\n\n"));
	assert_false(reads_bare("old 0\n\na\n1\n" ROOT "\n\n" LINE));
	assert_false(reads_bare("old 0\na\n1\n" ROOT "\n\n"));
	assert_false(reads_bare("old 00\n\na\n1\n" ROOT "\n\n"));
	assert_false(reads_bare("old -1\n\na\n1\n" ROOT "\n\n"));
	assert_false(reads_bare("old  0\n\na\n1\n" ROOT "\n\n"));
	assert_false(reads_bare("a\n1\n" ROOT "\n\n"));
	assert_false(reads_bare("old 0\n\na\n01\n" ROOT "\n\n"));
	assert_false(reads_bare("old 0\n\n\n1\n" ROOT "\n\n"));
	assert_false(reads_bare("old 0\n\n"));
	assert_false(reads_bare("old 0\n"));
	assert_false(reads_bare(""));
}

static void a_signed_checkpoint_needs_a_signature_line(void **state)
{
	(void)state;
	assert_true(reads_signed("old 0\n\na\n1\n" ROOT "\n\n" LINE));
	assert_false(reads_signed("old 0\n\na\n1\n" ROOT "\n\n"));
	assert_false(reads_signed("old 0\n\na\n1\n" ROOT "\n" LINE));
	assert_false(reads_signed("old 0\n\na\n1\n" ROOT "\n\n" LINE "x"));
	assert_false(reads_signed("old 0\n\na\n1\n\n" LINE));
}

static void extension_lines_are_signed_with_the_rest_unless_empty(void **state)
{
	static const char body[] = "old 0\n\na\n1\n" ROOT "\nmore\nand more\n\n" LINE;
	struct petition p;

	(void)state;
	assert_true(petition_read_signed(&p, slice_of_text(body)));
	assert_int_equal(p.checkpoint.size, 1);
	assert_int_equal(p.text.len, strlen("a\n1\n" ROOT "\nmore\nand more\n"));
	assert_false(reads_signed("old 0\n\na\n1\n" ROOT "\nmore\n\nmore\n\n" LINE));
	assert_false(reads_signed("old 0\n\na\n1\n" ROOT "\n\nmore\n\n" LINE));
}

static void a_proof_of_63_hashes_is_read_and_one_of_64_is_not(void **state)
{
	struct question q = signed_question(1, 2);
	struct petition p;
	struct slice body;
	char longer[CHECKPOINT_QUESTION_MAX + 64];
	size_t first = strlen("old 1\n"), line = strlen(ROOT "\n");

	(void)state;
	q.proof_more = MERKLE_PROOF_MAX - 1;
	body = question_write(&q);
	assert_true(petition_read_signed(&p, body));
	assert_int_equal(p.proof.count, MERKLE_PROOF_MAX);
	memcpy(longer, body.data, first + line);
	memcpy(longer + first + line, body.data + first, body.len - first);
	assert_false(petition_read_signed(&p, slice_of(longer, body.len + line)));
}

static void a_size_of_2_to_the_62_is_read_and_one_more_is_not(void **state)
{
	(void)state;
	assert_true(reads_bare("old 4611686018427387904\n\na\n4611686018427387904\n" ROOT "\n\n"));
	assert_false(reads_bare("old 4611686018427387905\n\na\n4611686018427387904\n" ROOT "\n\n"));
	assert_false(reads_bare("old 4611686018427387904\n\na\n4611686018427387905\n" ROOT "\n\n"));
}

/* ---- signatures ---------------------------------------------------------------------------- */

static enum verdict on_signature(const struct question *q, const struct note_key *keys,
	unsigned count)
{
	struct petition p;

	assert_true(petition_read_signed(&p, question_write(q)));
	return verdict_on_signature(&p, keys, count);
}

static void one_of_the_keys_of_a_log_is_enough(void **state)
{
	struct note_key keys[2] = {*note_secret_key(log_secret), *note_secret_key(next_secret)};
	struct question q = signed_question(0, 3);

	(void)state;
	assert_int_equal(on_signature(&q, keys, 2), VERDICT_SIGN);
	q.signers[0] = next_secret;
	assert_int_equal(on_signature(&q, keys, 2), VERDICT_SIGN);
	assert_int_equal(on_signature(&q, keys, 1), VERDICT_NOT_SIGNED);
	q.signers[1] = stranger;
	assert_int_equal(on_signature(&q, keys, 2), VERDICT_SIGN);
	q.signers[0] = stranger;
	q.signers[1] = NULL;
	assert_int_equal(on_signature(&q, keys, 2), VERDICT_NOT_SIGNED);
}

static void a_false_signature_spoils_a_good_one(void **state)
{
	struct note_key keys[2] = {*note_secret_key(log_secret), *note_secret_key(next_secret)};
	struct question q = signed_question(0, 3);

	(void)state;
	q.is_signature_spoilt = true;
	assert_int_equal(on_signature(&q, keys, 2), VERDICT_NOT_SIGNED);
	q.signers[1] = next_secret;
	assert_int_equal(on_signature(&q, keys, 2), VERDICT_NOT_SIGNED);
	q.signers[0] = stranger; /* whose false signature is nobody's business */
	assert_int_equal(on_signature(&q, keys, 2), VERDICT_SIGN);
}

/* ---- growth -------------------------------------------------------------------------------- */

static enum verdict growth(const struct question *q, uint64_t last_size, enum suspicion *suspicion)
{
	struct checkpoint last = tree_checkpoint(LOG_NAME, last_size, NO_FORK);
	struct petition p;
	enum verdict v;

	assert_true(petition_read_signed(&p, question_write(q)));
	v = verdict_on_growth(&p, &last);
	*suspicion = verdict_suspicion(v, &p, &last);
	return v;
}

#define assert_growth(q, last_size, verdict, expected) \
	do { \
		enum suspicion s_; \
		assert_int_equal(growth(q, last_size, &s_), verdict); \
		assert_int_equal(s_, expected); \
	} while (0)

static void a_log_that_only_grew_is_signed(void **state)
{
	(void)state;
	for (uint64_t old = 0; old <= 20; old++)
		for (uint64_t size = old; size <= 20; size++) {
			struct question q = signed_question(old, size);

			assert_growth(&q, old, VERDICT_SIGN, SUSPICION_NONE);
		}
}

static void the_same_checkpoint_is_signed_again(void **state)
{
	struct question q = signed_question(7, 7);

	(void)state;
	assert_growth(&q, 7, VERDICT_SIGN, SUSPICION_NONE);
	q = signed_question(0, 0);
	assert_growth(&q, 0, VERDICT_SIGN, SUSPICION_NONE);
}

static void an_old_size_above_the_size_is_malformed_before_it_is_a_conflict(void **state)
{
	struct question q = signed_question(8, 7);

	(void)state;
	assert_growth(&q, 7, VERDICT_OLD_ABOVE_SIZE, SUSPICION_NONE);
	assert_growth(&q, 3, VERDICT_OLD_ABOVE_SIZE, SUSPICION_NONE);
	assert_growth(&q, 8, VERDICT_OLD_ABOVE_SIZE, SUSPICION_ROLLBACK);
}

static void another_old_size_is_a_conflict_before_the_proof_is_looked_at(void **state)
{
	struct question q = signed_question(5, 9);

	(void)state;
	assert_growth(&q, 4, VERDICT_CONFLICT, SUSPICION_NONE);
	assert_growth(&q, 6, VERDICT_CONFLICT, SUSPICION_NONE);
	q.is_proof_spoilt = true;
	assert_growth(&q, 6, VERDICT_CONFLICT, SUSPICION_NONE);
	q = signed_question(0, 9);
	q.proof_more = 1;
	assert_growth(&q, 6, VERDICT_CONFLICT, SUSPICION_NONE);
}

static void a_smaller_log_is_a_rollback(void **state)
{
	struct question q = signed_question(0, 6);

	(void)state;
	assert_growth(&q, 7, VERDICT_CONFLICT, SUSPICION_ROLLBACK);
	assert_growth(&q, 6, VERDICT_CONFLICT, SUSPICION_NONE);
	q = signed_question(6, 6);
	assert_growth(&q, 7, VERDICT_CONFLICT, SUSPICION_ROLLBACK);
}

static void another_root_of_the_same_size_is_a_fork_whatever_is_answered(void **state)
{
	struct question q = signed_question(7, 7);

	(void)state;
	q.fork_at = 6;
	assert_growth(&q, 7, VERDICT_OTHER_ROOT, SUSPICION_FORK);
	q.old_size = 3;
	assert_growth(&q, 7, VERDICT_CONFLICT, SUSPICION_FORK);
	q.fork_at = 7; /* not a leaf of it is another */
	q.old_size = 7;
	assert_growth(&q, 7, VERDICT_SIGN, SUSPICION_NONE);
}

static void a_proof_from_another_tree_is_a_breach(void **state)
{
	(void)state;
	for (uint64_t old = 1; old < 12; old++) {
		struct question q = signed_question(old, 12);

		q.fork_at = old - 1; /* the last leaf that was signed is another */
		assert_growth(&q, old, VERDICT_PROOF_FAILS, SUSPICION_BREACH);
		q.fork_at = old;
		assert_growth(&q, old, VERDICT_SIGN, SUSPICION_NONE);
	}
}

static void a_proof_with_a_hash_too_many_or_a_wrong_one_fails(void **state)
{
	struct question q = signed_question(5, 9);

	(void)state;
	q.is_proof_spoilt = true;
	assert_growth(&q, 5, VERDICT_PROOF_FAILS, SUSPICION_BREACH);
	q = signed_question(5, 9);
	q.proof_more = 1;
	assert_growth(&q, 5, VERDICT_PROOF_FAILS, SUSPICION_BREACH);
}

static void a_proof_where_none_is_needed_is_refused(void **state)
{
	struct question q = signed_question(0, 9);

	(void)state;
	q.proof_more = 1;
	assert_growth(&q, 0, VERDICT_NEEDLESS_PROOF, SUSPICION_NONE);
	q = signed_question(9, 9);
	q.proof_more = 1;
	assert_growth(&q, 9, VERDICT_NEEDLESS_PROOF, SUSPICION_NONE);
	q = signed_question(0, 0);
	q.proof_more = 1;
	assert_growth(&q, 0, VERDICT_NEEDLESS_PROOF, SUSPICION_NONE);
}

static void an_empty_tree_has_the_empty_root_only(void **state)
{
	struct question q = signed_question(0, 0);
	struct merkle_hash root;

	(void)state;
	tree_root(&root, 1, NO_FORK);
	q.root = &root;
	assert_growth(&q, 0, VERDICT_EMPTY_ROOT, SUSPICION_FORK);
	assert_growth(&q, 5, VERDICT_CONFLICT, SUSPICION_ROLLBACK);
	merkle_empty_hash(&root);
	assert_growth(&q, 0, VERDICT_SIGN, SUSPICION_NONE);
}

static void what_nobody_signed_raises_no_suspicion(void **state)
{
	struct checkpoint last = tree_checkpoint(LOG_NAME, 9, NO_FORK);
	struct question q = signed_question(0, 3);
	struct petition p;

	(void)state;
	assert_true(petition_read_signed(&p, question_write(&q)));
	assert_int_equal(verdict_suspicion(VERDICT_NOT_SIGNED, &p, &last), SUSPICION_NONE);
}

static void the_statuses_are_those_of_the_specification(void **state)
{
	static const int statuses[VERDICT_NR] = {
		[VERDICT_SIGN] = 200,
		[VERDICT_MALFORMED] = 400,
		[VERDICT_LOG_NOT_KNOWN] = 404,
		[VERDICT_NOT_SIGNED] = 403,
		[VERDICT_OLD_ABOVE_SIZE] = 400,
		[VERDICT_CONFLICT] = 409,
		[VERDICT_EMPTY_ROOT] = 422,
		[VERDICT_NEEDLESS_PROOF] = 422,
		[VERDICT_OTHER_ROOT] = 422,
		[VERDICT_PROOF_FAILS] = 422,
		[VERDICT_NOT_KEPT] = 500,
		[VERDICT_NO_TIME] = 500,
	};

	(void)state;
	for (unsigned v = 0; v < VERDICT_NR; v++)
		assert_int_equal(verdict_words((enum verdict)v)->status, statuses[v]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_bare_checkpoint_is_three_lines_and_an_empty_one),
		TEST(a_signed_checkpoint_needs_a_signature_line),
		TEST(extension_lines_are_signed_with_the_rest_unless_empty),
		TEST(a_proof_of_63_hashes_is_read_and_one_of_64_is_not),
		TEST(a_size_of_2_to_the_62_is_read_and_one_more_is_not),
		TEST(one_of_the_keys_of_a_log_is_enough),
		TEST(a_false_signature_spoils_a_good_one),
		TEST(a_log_that_only_grew_is_signed),
		TEST(the_same_checkpoint_is_signed_again),
		TEST(an_old_size_above_the_size_is_malformed_before_it_is_a_conflict),
		TEST(another_old_size_is_a_conflict_before_the_proof_is_looked_at),
		TEST(a_smaller_log_is_a_rollback),
		TEST(another_root_of_the_same_size_is_a_fork_whatever_is_answered),
		TEST(a_proof_from_another_tree_is_a_breach),
		TEST(a_proof_with_a_hash_too_many_or_a_wrong_one_fails),
		TEST(a_proof_where_none_is_needed_is_refused),
		TEST(an_empty_tree_has_the_empty_root_only),
		TEST(what_nobody_signed_raises_no_suspicion),
		TEST(the_statuses_are_those_of_the_specification),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
