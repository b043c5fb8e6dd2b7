/* Checkpoints and the question put to a witness. */
#include "test/support/tap.h"

#include <string.h>

#include "proto/checkpoint.h"

/* The examples of tlog-checkpoint and tlog-witness. */
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define TEXT "example.com/behind-the-sofa\n20852163\n" ROOT "\n"
#define HASHES \
	"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" \
	"jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n" \
	"5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n" \
	"/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
#define NOTE TEXT "\n" \
	"\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4" \
	"URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
#define QUESTION "old 20852014\n" HASHES "\n" NOTE

static bool is_checkpoint(const char *text)
{
	struct checkpoint c;

	return checkpoint_parse(&c, slice_of_text(text));
}

/* ---- checkpoints --------------------------------------------------------------------------- */

static void the_example_of_the_specification_is_read_and_written(void **state)
{
	char text[CHECKPOINT_TEXT_MAX];
	struct checkpoint c;
	struct note note;

	(void)state;
	assert_true(note_parse(&note, slice_of_text(NOTE)));
	assert_true(checkpoint_parse(&c, note.text));
	assert_string_equal(c.origin, "example.com/behind-the-sofa");
	assert_int_equal(c.size, 20852163);
	assert_memory_equal(c.root.bytes, "\x0a\xc5\x18\x6a", 4);
	assert_int_equal(checkpoint_format(text, &c), strlen(TEXT));
	assert_string_equal(text, TEXT);
}

static void an_origin_may_be_anything_on_one_line(void **state)
{
	(void)state;
	assert_true(is_checkpoint("a log + more\n0\n" ROOT "\n"));
	assert_true(is_checkpoint("\xe6\x97\xa5\xe5\xbf\x97\n0\n" ROOT "\n"));
	assert_true(is_checkpoint(" \n0\n" ROOT "\n"));
	assert_false(is_checkpoint("\n0\n" ROOT "\n"));
	assert_false(is_checkpoint("a\tlog\n0\n" ROOT "\n"));
	assert_false(is_checkpoint("a\xfflog\n0\n" ROOT "\n"));
	assert_false(is_checkpoint("a log\r\n0\n" ROOT "\n"));
}

static void a_nul_does_not_end_an_origin(void **state)
{
	static const char text[] = "a\0b\n0\n" ROOT "\n";
	struct checkpoint c;

	(void)state;
	assert_false(checkpoint_parse(&c, slice_of(text, sizeof(text) - 1)));
}

static void what_is_not_a_checkpoint_is_refused(void **state)
{
	static const char *const refused[] = {
		"", "\n", "\n\n\n", "a\n", "a\n0\n", "a\n0\n" ROOT, "a\n0\n\n" ROOT "\n",
		"a\n0\n" ROOT "\n\n", "a\n0\n" ROOT "\nextension\n", "a\n0\n" ROOT "\nx",
		"a\n" ROOT "\n0\n",
		/* sizes */
		"a\n\n" ROOT "\n", "a\n00\n" ROOT "\n", "a\n01\n" ROOT "\n", "a\n-1\n" ROOT "\n",
		"a\n+1\n" ROOT "\n", "a\n 1\n" ROOT "\n", "a\n1 \n" ROOT "\n", "a\n0x1\n" ROOT "\n",
		"a\n1.0\n" ROOT "\n", "a\n18446744073709551616\n" ROOT "\n",
		/* roots: none, of 31 and of 33 bytes, bits left over, no padding, another alphabet */
		"a\n0\n\n", "a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
		"a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n",
		"a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
		"a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
		"a\n0\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
		"a\n0\n " ROOT "\n", "a\n0\n" ROOT " \n", "a\n0\n" ROOT "\r\n",
	};

	(void)state;
	assert_true(is_checkpoint("a\n0\n" ROOT "\n"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (is_checkpoint(refused[i]))
			fail_msg("checkpoint %zu is taken", i);
	}
}

static void the_largest_checkpoint_is_taken_and_a_larger_one_refused(void **state)
{
	char text[CHECKPOINT_TEXT_MAX], longer[CHECKPOINT_TEXT_MAX + 1];
	struct checkpoint c = {.size = MERKLE_SIZE_MAX}, same;
	size_t len;

	(void)state;
	memset(c.origin, 'o', NOTE_NAME_MAX);
	len = checkpoint_format(text, &c);
	assert_true(checkpoint_parse(&same, slice_of_text(text)));
	assert_string_equal(same.origin, c.origin);
	assert_int_equal(same.size, MERKLE_SIZE_MAX);
	longer[0] = 'o';
	memcpy(longer + 1, text, len + 1);
	assert_false(is_checkpoint(longer));
	c.size = MERKLE_SIZE_MAX + 1;
	assert_true(checkpoint_format(text, &c) > 0);
	assert_false(is_checkpoint(text));
	c.size = UINT64_MAX;
	assert_true(checkpoint_format(text, &c) > 0);
	assert_false(is_checkpoint(text));
}

/* ---- questions ----------------------------------------------------------------------------- */

static bool is_question(const char *text)
{
	struct checkpoint_question q;

	return checkpoint_question_parse(&q, slice_of_text(text));
}

static void the_question_of_the_specification_is_read_and_written(void **state)
{
	char text[CHECKPOINT_QUESTION_MAX];
	struct checkpoint_question q;
	size_t len;

	(void)state;
	assert_true(checkpoint_question_parse(&q, slice_of_text(QUESTION)));
	assert_int_equal(q.old_size, 20852014);
	assert_int_equal(q.proof.count, 4);
	assert_memory_equal(q.proof.hashes[3].bytes, "\xff\xa5\x95\x84", 4);
	assert_true(slice_equal(q.note, slice_of_text(NOTE)));
	len = checkpoint_question_format(text, sizeof(text), &q);
	assert_true(slice_equal(slice_of(text, len), slice_of_text(QUESTION)));
	for (size_t cap = 0; cap < len; cap++)
		assert_int_equal(checkpoint_question_format(text, cap, &q), 0);
	assert_int_equal(checkpoint_question_format(text, len, &q), len);
}

static void the_first_question_proves_nothing(void **state)
{
	struct checkpoint_question q;

	(void)state;
	assert_true(checkpoint_question_parse(&q, slice_of_text("old 0\n\n" NOTE)));
	assert_int_equal(q.old_size, 0);
	assert_int_equal(q.proof.count, 0);
	assert_true(slice_equal(q.note, slice_of_text(NOTE)));
}

static void what_is_not_a_question_is_refused(void **state)
{
	static const char *const refused[] = {
		"", "\n", "old 0", "old 0\n", "old 0\n\n", "old\n\n" NOTE, "old \n\n" NOTE,
		"old  0\n\n" NOTE,
		"old 0 \n\n" NOTE, "Old 0\n\n" NOTE, "0\n\n" NOTE, " old 0\n\n" NOTE, "old 0\r\n\n" NOTE,
		"old 00\n\n" NOTE, "old 07\n\n" NOTE, "old -1\n\n" NOTE, "old 4611686018427387905\n\n" NOTE,
		"old 18446744073709551616\n\n" NOTE, "size 7\n\n" NOTE, "\nold 0\n\n" NOTE,
		/* no empty line, a hash that is none, and one of 31 bytes */
		"old 7\nwhatever",
		"old 7\n" NOTE, "old 7\n" HASHES NOTE, "old 7\n" HASHES, "old 7\nwhatever\n\n" NOTE,
		"old 7\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkQ==\n\n" NOTE,
		"old 7\n " HASHES "\n" NOTE,
	};

	(void)state;
	assert_true(is_question("old 7\n" HASHES "\n" NOTE));
	assert_true(is_question("old 4611686018427387904\n\n" NOTE));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (is_question(refused[i]))
			fail_msg("question %zu is taken", i);
	}
}

static void the_longest_proof_is_taken_and_a_longer_one_refused(void **state)
{
	char text[CHECKPOINT_QUESTION_MAX];
	struct checkpoint_question q = {.old_size = 7, .note = slice_of_text(NOTE)}, same;
	struct writer w;
	size_t len;

	(void)state;
	q.proof.count = MERKLE_PROOF_MAX;
	len = checkpoint_question_format(text, sizeof(text), &q);
	assert_true(len > 0);
	assert_true(checkpoint_question_parse(&same, slice_of(text, len)));
	assert_int_equal(same.proof.count, MERKLE_PROOF_MAX);
	q.proof.count = MERKLE_PROOF_MAX + 1;
	assert_int_equal(checkpoint_question_format(text, sizeof(text), &q), 0);

	writer_init(&w, (uint8_t *)text, sizeof(text));
	writer_text(&w, "old 7\n");
	for (unsigned i = 0; i <= MERKLE_PROOF_MAX; i++)
		writer_text(&w, ROOT "\n");
	writer_text(&w, "\n" NOTE);
	assert_false(w.failed);
	assert_false(checkpoint_question_parse(&same, writer_written(&w)));
}

static void the_largest_question_is_taken_and_a_larger_one_refused(void **state)
{
	static uint8_t note[NOTE_MAX + 1];
	static char text[CHECKPOINT_QUESTION_MAX + 1];
	struct checkpoint_question q = {.old_size = MERKLE_SIZE_MAX}, same;
	size_t len;

	(void)state;
	q.proof.count = MERKLE_PROOF_MAX;
	memset(note, 'n', sizeof(note));
	q.note = slice_of(note, NOTE_MAX);
	len = checkpoint_question_format(text, sizeof(text), &q);
	assert_in_range(len, NOTE_MAX, CHECKPOINT_QUESTION_MAX);
	assert_true(checkpoint_question_parse(&same, slice_of(text, len)));
	q.note = slice_of(note, NOTE_MAX + 1);
	len = checkpoint_question_format(text, sizeof(text), &q);
	assert_true(len > 0);
	assert_false(checkpoint_question_parse(&same, slice_of(text, len)));
	assert_false(checkpoint_question_parse(&same, slice_of(text, sizeof(text))));
}

static const struct CMUnitTest tests[] = {
	TEST(the_example_of_the_specification_is_read_and_written),
	TEST(an_origin_may_be_anything_on_one_line),
	TEST(a_nul_does_not_end_an_origin),
	TEST(what_is_not_a_checkpoint_is_refused),
	TEST(the_largest_checkpoint_is_taken_and_a_larger_one_refused),
	TEST(the_question_of_the_specification_is_read_and_written),
	TEST(the_first_question_proves_nothing),
	TEST(what_is_not_a_question_is_refused),
	TEST(the_longest_proof_is_taken_and_a_longer_one_refused),
	TEST(the_largest_question_is_taken_and_a_larger_one_refused),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
