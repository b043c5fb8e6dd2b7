/* Runs of leaves, and the largest trees. */
#include "test/support/tap.h"

#include <string.h>

#include "test/unit/proto/merkle_definition.h"

enum { RUN_SIZE = 64 };

/* ---- runs ---------------------------------------------------------------------------------- */

static void run_of(struct merkle_run *run, unsigned begin, unsigned end)
{
	merkle_run_init(run, begin);
	for (unsigned i = begin; i < end; i++)
		merkle_run_add(run, part_root(i, i + 1));
}

static void assert_same_run(const struct merkle_run *a, const struct merkle_run *b)
{
	assert_int_equal(a->begin, b->begin);
	assert_int_equal(a->end, b->end);
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->nodes, b->nodes, a->count * sizeof(a->nodes[0]));
}

static void a_run_grown_is_the_run_made(void **state)
{
	struct source source = {.size = SIZE};
	struct merkle_run grown, made;

	(void)state;
	for (unsigned begin = 0; begin <= SIZE; begin += 1 + begin / RUN_SIZE * 7) {
		merkle_run_init(&grown, begin);
		for (unsigned end = begin; end <= SIZE; end++) {
			assert_int_equal(merkle_run_make(begin, end, subtree_of, &source, &made), 0);
			assert_same_run(&grown, &made);
			assert_int_equal(grown.count, merkle_run_width(begin, end));
			if (end < SIZE)
				merkle_run_add(&grown, part_root(end, end + 1));
		}
	}
}

static void a_run_from_the_start_is_a_tree(void **state)
{
	struct merkle_run run;
	struct merkle_hash root;

	(void)state;
	for (unsigned size = 0; size <= SIZE; size++) {
		run_of(&run, 0, size);
		merkle_run_root(&run, &root);
		assert_true(merkle_hash_equal(&root, root_of(size)));
		assert_int_equal(run.count, __builtin_popcount(size));
	}
}

static void runs_that_touch_are_joined_in_any_order(void **state)
{
	static struct merkle_run runs[RUN_SIZE + 1][RUN_SIZE + 1];
	struct merkle_run first, last;

	(void)state;
	for (unsigned begin = 0; begin <= RUN_SIZE; begin++) {
		for (unsigned end = begin; end <= RUN_SIZE; end++)
			run_of(&runs[begin][end], begin, end);
	}
	for (unsigned n = 0; n <= RUN_SIZE; n++) {
		for (unsigned b = 0; b <= n; b++) {
			for (unsigned a = 0; a <= b; a++) {
				first = runs[0][a];
				assert_true(merkle_run_join(&first, &runs[a][b]));
				assert_same_run(&first, &runs[0][b]);
				assert_true(merkle_run_join(&first, &runs[b][n]));
				assert_same_run(&first, &runs[0][n]);
				last = runs[a][b];
				assert_true(merkle_run_join(&last, &runs[b][n]));
				assert_same_run(&last, &runs[a][n]);
			}
		}
	}
}

static void assert_not_joined(const struct merkle_run *left, const struct merkle_run *right)
{
	struct merkle_run run = *left;

	assert_false(merkle_run_join(&run, right));
	assert_same_run(&run, left);
}

static void runs_that_do_not_touch_are_not_joined(void **state)
{
	struct merkle_run left, right;

	(void)state;
	run_of(&left, 0, 10);
	run_of(&right, 11, 20);
	assert_not_joined(&left, &right);
	run_of(&right, 9, 20);
	assert_not_joined(&left, &right);
	assert_not_joined(&right, &left);
	run_of(&right, 10, 20);
	assert_not_joined(&right, &left);
	assert_true(merkle_run_join(&left, &right));
}

static void a_malformed_run_is_not_joined(void **state)
{
	struct merkle_run left, right, sound;

	(void)state;
	run_of(&left, 0, 10);
	run_of(&sound, 10, 20);
	for (unsigned count = 0; count <= 2 * MERKLE_LEVELS; count++) {
		right = sound;
		right.count = count;
		if (count != sound.count)
			assert_not_joined(&left, &right);
		right = left;
		right.count = count;
		if (count != left.count)
			assert_false(merkle_run_join(&right, &sound));
	}
	right = sound;
	right.count = UINT32_MAX;
	assert_not_joined(&left, &right);
	right = sound;
	right.end = 9;
	assert_not_joined(&left, &right);
	right.end = MERKLE_SIZE_MAX + 1;
	right.count = merkle_run_width(right.begin, right.end);
	assert_not_joined(&left, &right);
	right.end = UINT64_MAX;
	right.count = merkle_run_width(right.begin, right.end);
	assert_not_joined(&left, &right);
}

/* ---- limits -------------------------------------------------------------------------------- */

/* A tree whose leaves are all the same has one root for each level. */
static struct merkle_hash level_roots[MERKLE_LEVELS];

static int equal_subtree(void *arg, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	(void)arg;
	assert_true((index + 1) << level <= MERKLE_SIZE_MAX);
	if (level == 0)
		merkle_leaf_hash(&level_roots[0], slice_of_text("the same"));
	for (unsigned i = 1; i <= level; i++)
		merkle_node_hash(&level_roots[i], &level_roots[i - 1], &level_roots[i - 1]);
	*ret = level_roots[level];
	return 0;
}

static void the_largest_tree_is_proved_and_one_larger_is_refused(void **state)
{
	const uint64_t max = MERKLE_SIZE_MAX;
	struct merkle_hash leaf, root;
	struct merkle_proof proof;

	(void)state;
	assert_int_equal(equal_subtree(NULL, 0, 0, &leaf), 0);
	assert_int_equal(merkle_root_make(max, equal_subtree, NULL, &root), 0);
	for (uint64_t index = 0; index < max; index = index * 2 + 1) {
		assert_int_equal(merkle_inclusion_make(index, max, equal_subtree, NULL, &proof), 0);
		assert_int_equal(proof.count, MERKLE_LEVELS - 1);
		assert_true(merkle_inclusion_holds(&leaf, index, max, &proof, &root));
		assert_false(merkle_inclusion_holds(&leaf, index, max + 1, &proof, &root));
	}
	/* Twice as large, and true: the next level is one more pair of equals. */
	proof.hashes[proof.count++] = root;
	merkle_node_hash(&root, &root, &root);
	assert_false(merkle_inclusion_holds(&leaf, 0, max * 2, &proof, &root));
	assert_true(merkle_inclusion_make(max, max, equal_subtree, NULL, &proof) < 0);
	assert_true(merkle_inclusion_make(0, max + 1, equal_subtree, NULL, &proof) < 0);
	assert_true(merkle_inclusion_make(0, 0, equal_subtree, NULL, &proof) < 0);
	assert_true(merkle_root_make(max + 1, equal_subtree, NULL, &root) < 0);
}

static void the_longest_growth_is_proved_and_one_longer_is_refused(void **state)
{
	const uint64_t max = MERKLE_SIZE_MAX;
	struct merkle_hash root1, root2;
	struct merkle_proof proof;

	(void)state;
	assert_int_equal(equal_subtree(NULL, 0, 0, &root1), 0);
	assert_int_equal(merkle_root_make(max, equal_subtree, NULL, &root2), 0);
	for (uint64_t size1 = max - 1; size1 > 0; size1 /= 2) {
		assert_int_equal(merkle_root_make(size1, equal_subtree, NULL, &root1), 0);
		assert_int_equal(merkle_consistency_make(size1, max, equal_subtree, NULL, &proof), 0);
		assert_true(size1 != max - 1 || proof.count == MERKLE_PROOF_MAX);
		assert_true(merkle_consistency_holds(size1, &root1, max, &root2, &proof));
		assert_false(merkle_consistency_holds(size1, &root1, max + 1, &root2, &proof));
	}
	assert_true(merkle_consistency_make(1, max + 1, equal_subtree, NULL, &proof) < 0);
	proof.count = 0;
	assert_true(merkle_consistency_holds(max, &root2, max, &root2, &proof));
	assert_false(merkle_consistency_holds(max + 1, &root2, max + 1, &root2, &proof));
}

static void a_proof_that_claims_more_hashes_than_there_is_room_for_is_refused(void **state)
{
	struct merkle_proof proof = {.count = MERKLE_PROOF_MAX + 1};

	(void)state;
	assert_false(merkle_inclusion_holds(root_of(1), 0, MERKLE_SIZE_MAX, &proof, root_of(2)));
	assert_false(merkle_consistency_holds(3, root_of(3), MERKLE_SIZE_MAX, root_of(4), &proof));
	proof.count = UINT32_MAX;
	assert_false(merkle_inclusion_holds(root_of(1), 0, MERKLE_SIZE_MAX, &proof, root_of(2)));
	assert_false(merkle_consistency_holds(3, root_of(3), MERKLE_SIZE_MAX, root_of(4), &proof));
}

static void a_run_ends_at_the_largest_tree(void **state)
{
	const uint64_t max = MERKLE_SIZE_MAX;
	struct merkle_run run, widest, last;

	(void)state;
	/* The most nodes a run can have; the last leaf closes all but those on its left. */
	assert_int_equal(merkle_run_make(1, max - 1, equal_subtree, NULL, &widest), 0);
	assert_int_equal(widest.count, 2 * (MERKLE_LEVELS - 2));
	merkle_run_add(&widest, &level_roots[0]);
	assert_int_equal(widest.end, max);
	assert_int_equal(widest.count, MERKLE_LEVELS - 1);
	/* No leaf is taken beyond. */
	last = widest;
	merkle_run_add(&widest, &level_roots[0]);
	assert_same_run(&widest, &last);
	assert_int_equal(merkle_run_make(0, 1, equal_subtree, NULL, &run), 0);
	assert_true(merkle_run_join(&run, &widest));
	assert_int_equal(run.end, max);
	assert_int_equal(run.count, 1);
	merkle_run_init(&run, UINT64_MAX);
	merkle_run_add(&run, &level_roots[0]);
	assert_int_equal(run.count, 0);
	assert_true(merkle_run_make(1, max + 1, equal_subtree, NULL, &run) < 0);
	assert_true(merkle_run_make(2, 1, equal_subtree, NULL, &run) < 0);
}

static const struct CMUnitTest tests[] = {
	TEST(a_run_grown_is_the_run_made),
	TEST(a_run_from_the_start_is_a_tree),
	TEST(runs_that_touch_are_joined_in_any_order),
	TEST(runs_that_do_not_touch_are_not_joined),
	TEST(a_malformed_run_is_not_joined),
	TEST(the_largest_tree_is_proved_and_one_larger_is_refused),
	TEST(the_longest_growth_is_proved_and_one_longer_is_refused),
	TEST(a_proof_that_claims_more_hashes_than_there_is_room_for_is_refused),
	TEST(a_run_ends_at_the_largest_tree),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("merkle run", tests, NULL, NULL);
}
