/* Proofs to be kept: their form, and what they prove under a policy. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "proto/dsse.h"
#include "proto/tile.h"
#include "proto/tlog_proof.h"
#include "test/unit/proto/note_draft.h"

enum { SIZE = 11, INDEX = 6, TIME_S = 1679315147 };

static struct signer the_log, witness;
static struct policy policy;
static struct merkle_hash leaves[SIZE];
static char problem[POLICY_PROBLEM_MAX];

static void make_policy(void)
{
	char vkeys[2][NOTE_KEY_TEXT_MAX], text[1024];

	note_key_format(vkeys[0], &the_log.key);
	note_key_format(vkeys[1], &witness.key);
	(void)snprintf(text, sizeof(text), "log %s\nwitness W %s\nquorum W\n", vkeys[0], vkeys[1]);
	assert_true(policy_parse(&policy, slice_of_text(text), problem));
}

static int make_log(void **state)
{
	(void)state;
	if (dsse_self_test() < 0)
		return -1;
	signer_make(&the_log, "example.com/log", NOTE_ED25519, 1);
	signer_make(&witness, "w.example", NOTE_COSIGNATURE, 2);
	for (unsigned i = 0; i < SIZE; i++) {
		char leaf[] = {'l', (char)('a' + i)};

		merkle_leaf_hash(&leaves[i], slice_of(leaf, sizeof(leaf)));
	}
	make_policy();
	return 0;
}

/* A merkle_subtree_fn over the leaves. */
static int subtree_of(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	(void)arg;
	tile_subtree_root(&leaves[index << level], 1U << level, ret);
	return 0;
}

/* The log's checkpoint, cosigned. */
static void draft_checkpoint(struct draft *d, uint64_t size)
{
	struct checkpoint c = {.origin = "example.com/log", .size = size};
	char text[CHECKPOINT_TEXT_MAX];

	assert_int_equal(merkle_root_make(SIZE, subtree_of, NULL, &c.root), 0);
	(void)checkpoint_format(text, &c);
	draft_init(d, text);
	draft_sign(d, &the_log, 0);
	draft_sign(d, &witness, TIME_S);
}

/* The proof of a leaf under that checkpoint, which it borrows. */
static void proof_make(struct tlog_proof *p, struct draft *d, uint64_t index)
{
	draft_checkpoint(d, SIZE);
	*p = (struct tlog_proof){.index = index, .note = draft_note(d)};
	assert_int_equal(merkle_inclusion_make(index, SIZE, subtree_of, NULL, &p->proof), 0);
}

/* ---- form ---------------------------------------------------------------------------------- */

#define HASHES \
	"gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n" \
	"B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n" \
	"EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n"
#define FIRST "c2sp.org/tlog-proof@v1\n"
#define NOTE "whatever\n"

static bool is_proof(const char *text)
{
	struct tlog_proof p;
	uint8_t extra[64];

	return tlog_proof_parse(&p, slice_of_text(text), extra, sizeof(extra));
}

static void a_proof_reads_as_it_is_written(void **state)
{
	static const char *const texts[] = {
		FIRST "index 73894\n" HASHES "\n" NOTE,
		FIRST "extra ZXh0cmE=\nindex 73894\n" HASHES "\n" NOTE,
		FIRST "index 0\n\n" NOTE,
		FIRST "extra AA==\nindex 0\n\n" NOTE,
		FIRST "index 4611686018427387903\n\n" NOTE,
	};
	char again[512];
	struct tlog_proof p;
	uint8_t extra[64];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(tlog_proof_parse(&p, slice_of_text(texts[i]), extra, sizeof(extra)));
		assert_true(slice_equal(p.note, slice_of_text(NOTE)));

		size_t len = tlog_proof_format(again, sizeof(again), &p);

		assert_true(slice_equal(slice_of(again, len), slice_of_text(texts[i])));
		for (size_t cap = 0; cap < len; cap++)
			assert_int_equal(tlog_proof_format(again, cap, &p), 0);
	}
	assert_true(tlog_proof_parse(&p, slice_of_text(texts[1]), extra, 5));
	assert_true(slice_equal(p.extra, slice_of_text("extra")));
	assert_int_equal(p.index, 73894);
	assert_int_equal(p.proof.count, 3);
	assert_memory_equal(p.proof.hashes[0].bytes, "\x81\x22\xb2\x5e", 4);
	assert_false(tlog_proof_parse(&p, slice_of_text(texts[1]), extra, 4));
}

static void what_is_not_a_proof_is_refused(void **state)
{
	static const char *const refused[] = {
		"", "\n", FIRST, FIRST "\n", FIRST "index 0\n", FIRST "index 0\n\n",
		FIRST "index 0\n" HASHES,
		FIRST "index 0\nwhatever",
		FIRST "index 0\n" NOTE, FIRST "index 0\n" HASHES NOTE, "index 0\n\n" NOTE,
		"c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE, "c2sp.org/tlog-proof@v1\r\nindex 0\n\n" NOTE,
		" " FIRST "index 0\n\n" NOTE, "\n" FIRST "index 0\n\n" NOTE, FIRST "\nindex 0\n\n" NOTE,
		/* extra */
		FIRST "extra\nindex 0\n\n" NOTE, FIRST "extra \nindex 0\n\n" NOTE,
		FIRST "extra ZXh0cmE\nindex 0\n\n" NOTE, FIRST "extra ZXh0cmF=\nindex 0\n\n" NOTE,
		FIRST "extra  ZXh0cmE=\nindex 0\n\n" NOTE, FIRST "Extra ZXh0cmE=\nindex 0\n\n" NOTE,
		FIRST "extra ZXh0cmE=\nextra ZXh0cmE=\nindex 0\n\n" NOTE,
		FIRST "index 0\nextra ZXh0cmE=\n\n" NOTE, FIRST "extra ZXh0cmE=\n", FIRST "extra ZXh0cmE=",
		/* the index */
		FIRST "index\n\n" NOTE, FIRST "index \n\n" NOTE, FIRST "index  0\n\n" NOTE,
		FIRST "index 00\n\n" NOTE, FIRST "index 01\n\n" NOTE, FIRST "index -1\n\n" NOTE,
		FIRST "index 0 \n\n" NOTE, FIRST "Index 0\n\n" NOTE, FIRST "index a\n\n" NOTE,
		FIRST "index 4611686018427387904\n\n" NOTE, FIRST "index 18446744073709551616\n\n" NOTE,
		FIRST "index 0\nindex 0\n\n" NOTE,
		/* hashes */
		FIRST "index 0\n " HASHES "\n" NOTE, FIRST "index 0\n" HASHES "x\n\n" NOTE,
		FIRST "index 0\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPg==\n\n" NOTE,
		FIRST "index 0\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlR=\n\n" NOTE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (is_proof(refused[i]))
			fail_msg("proof %zu is taken", i);
	}
}

static void the_largest_proof_is_taken_and_a_larger_one_refused(void **state)
{
	static uint8_t leaf[TILE_ENTRY_MAX], note[NOTE_MAX + 1], extra[TILE_ENTRY_MAX];
	static char text[TLOG_PROOF_MAX + 1];
	struct tlog_proof same, p = {.extra = slice_of(leaf, sizeof(leaf)),
		.index = MERKLE_SIZE_MAX - 1, .proof.count = MERKLE_PROOF_MAX,
		.note = slice_of(note, NOTE_MAX)};
	size_t len = tlog_proof_format(text, sizeof(text), &p);

	(void)state;
	assert_true(len > 0);
	assert_true(tlog_proof_parse(&same, slice_of(text, len), extra, sizeof(extra)));
	assert_int_equal(same.extra.len, TILE_ENTRY_MAX);
	assert_false(tlog_proof_parse(&same, slice_of(text, len), extra, sizeof(extra) - 1));
	p.note.len = NOTE_MAX + 1;
	len = tlog_proof_format(text, sizeof(text), &p);
	assert_false(tlog_proof_parse(&same, slice_of(text, len), extra, sizeof(extra)));
	p.proof.count = MERKLE_PROOF_MAX + 1;
	assert_int_equal(tlog_proof_format(text, sizeof(text), &p), 0);
	assert_false(tlog_proof_parse(&same, slice_of(text, sizeof(text)), extra, sizeof(extra)));
}

static void one_hash_more_than_a_tree_can_need_is_refused(void **state)
{
	static char text[TLOG_PROOF_MAX];
	struct tlog_proof p;
	struct writer w;

	(void)state;
	for (unsigned count = MERKLE_PROOF_MAX; count <= MERKLE_PROOF_MAX + 1; count++) {
		writer_init(&w, (uint8_t *)text, sizeof(text));
		writer_text(&w, FIRST "index 0\n");
		for (unsigned i = 0; i < count; i++)
			writer_text(&w, "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n");
		writer_text(&w, "\n" NOTE);
		assert_int_equal(tlog_proof_parse(&p, writer_written(&w), NULL, 0),
			count == MERKLE_PROOF_MAX);
	}
}

/* ---- proving ------------------------------------------------------------------------------- */

static void every_leaf_is_proved_and_no_other_in_its_place(void **state)
{
	(void)state;
	for (unsigned index = 0; index < SIZE; index++) {
		struct draft d;
		struct tlog_proof p;

		proof_make(&p, &d, index);
		for (unsigned i = 0; i < SIZE; i++) {
			assert_int_equal(tlog_proof_holds(&p, &leaves[i], &policy, problem), i == index);
			assert_string_equal(problem, i == index ? "" :
				"the hashes do not lead from the leaf to the checkpoint's root");
		}
	}
}

static void a_proof_kept_as_text_still_holds(void **state)
{
	char text[4096];
	uint8_t extra[16];
	struct draft d;
	struct tlog_proof p, kept;
	struct merkle_hash leaf;

	(void)state;
	proof_make(&p, &d, INDEX);
	p.extra = slice_of_text("lg");

	size_t len = tlog_proof_format(text, sizeof(text), &p);

	assert_true(tlog_proof_parse(&kept, slice_of(text, len), extra, sizeof(extra)));
	merkle_leaf_hash(&leaf, kept.extra);
	assert_true(tlog_proof_holds(&kept, &leaf, &policy, problem));
	assert_string_equal(problem, "");
}

/* Whatever bit of a kept proof is flipped, the leaf is not proved by it. */
static void no_bit_of_a_kept_proof_can_be_another(void **state)
{
	char text[4096];
	struct draft d;
	struct tlog_proof p, kept;

	(void)state;
	proof_make(&p, &d, INDEX);

	size_t len = tlog_proof_format(text, sizeof(text), &p);

	for (size_t bit = 0; bit < len * 8; bit++) {
		/* A signer renamed is one nobody knows; what is proved is proved by the others.  Here
		 * both are needed, so nothing is left. */
		text[bit / 8] ^= (char)(1 << bit % 8);
		if (tlog_proof_parse(&kept, slice_of(text, len), NULL, 0) &&
			tlog_proof_holds(&kept, &leaves[INDEX], &policy, problem))
			fail_msg("bit %zu of byte %zu does not count", bit % 8, bit / 8);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_true(tlog_proof_parse(&kept, slice_of(text, len), NULL, 0));
	assert_true(tlog_proof_holds(&kept, &leaves[INDEX], &policy, problem));
}

static void a_place_elsewhere_is_not_proved(void **state)
{
	static const uint64_t elsewhere[] = {0, INDEX - 1, INDEX + 1, SIZE - 1};
	struct draft d;
	struct tlog_proof p;

	(void)state;
	proof_make(&p, &d, INDEX);
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		p.index = elsewhere[i];
		assert_false(tlog_proof_holds(&p, &leaves[INDEX], &policy, problem));
	}
	p.index = SIZE;
	assert_false(tlog_proof_holds(&p, &leaves[INDEX], &policy, problem));
	assert_string_equal(problem, "the leaf's place lies beyond the checkpoint's tree");
}

static void a_checkpoint_the_policy_does_not_believe_proves_nothing(void **state)
{
	struct draft d;
	struct tlog_proof p;
	char text[CHECKPOINT_TEXT_MAX];

	(void)state;
	proof_make(&p, &d, INDEX);
	assert_true(tlog_proof_holds(&p, &leaves[INDEX], &policy, problem));
	/* The same without its witness. */
	memcpy(text, d.bytes, d.text_len);
	text[d.text_len] = '\0';
	draft_init(&d, text);
	draft_sign(&d, &the_log, 0);
	p.note = draft_note(&d);
	assert_false(tlog_proof_holds(&p, &leaves[INDEX], &policy, problem));
	assert_string_equal(problem, "the witnesses that cosigned it are not a quorum");
	p.note = slice_of_text(NOTE);
	assert_false(tlog_proof_holds(&p, &leaves[INDEX], &policy, problem));
	assert_string_equal(problem, "it is not a signed note");
}

static const struct CMUnitTest tests[] = {
	TEST(a_proof_reads_as_it_is_written),
	TEST(what_is_not_a_proof_is_refused),
	TEST(the_largest_proof_is_taken_and_a_larger_one_refused),
	TEST(one_hash_more_than_a_tree_can_need_is_refused),
	TEST(every_leaf_is_proved_and_no_other_in_its_place),
	TEST(a_proof_kept_as_text_still_holds),
	TEST(no_bit_of_a_kept_proof_can_be_another),
	TEST(a_place_elsewhere_is_not_proved),
	TEST(a_checkpoint_the_policy_does_not_believe_proves_nothing),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tlog proof", tests, make_log, NULL);
}
