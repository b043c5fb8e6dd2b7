/* A log in files: its geometry, its root, its proofs and where it lies. */
#include "test/support/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "test/unit/trail/faults.h"
#include "test/unit/trail/grove.h"
#include "trail/tile_source.h"
#include "trail/tree_file.h"

enum { LARGE = 70 * 1000 };

static char folder[GROVE_FOLDER_MAX];

static int set_up(void **state)
{
	(void)state;
	faults_forget();
	dice_seed(2026);
	folder_make(folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

/* ---- geometry ------------------------------------------------------------------------------ */

static void growth_gives_the_geometry_of_tiles_and_the_root_of_the_leaves(void **state)
{
	struct tree *t = tree_of(folder);
	struct merkle_run run;

	(void)state;
	merkle_run_init(&run, 0);
	while (tree_size(t) < LARGE) {
		uint64_t size = tree_size(t) + 1 + dice(1500);
		struct merkle_hash root, wanted;

		for (uint64_t i = tree_size(t); i < size; i++) {
			struct merkle_hash leaf;

			leaf_hash_of(i, &leaf);
			merkle_run_add(&run, &leaf);
		}
		tree_grow(t, size);
		merkle_run_root(&run, &wanted);
		assert_int_equal(merkle_root_make(size, tree_subtree, t, &root), 0);
		assert_memory_equal(root.bytes, wanted.bytes, sizeof(root.bytes));
	}
	assert_geometry(folder, tree_size(t));
	tree_close(t);
}

static void assert_proofs_hold(struct tree *t, uint64_t size)
{
	struct merkle_hash root, leaf, smaller;
	uint64_t index = dice((unsigned)size), size1 = 1 + dice((unsigned)size);
	struct merkle_proof proof;

	assert_int_equal(merkle_root_make(size, tree_subtree, t, &root), 0);
	assert_int_equal(merkle_inclusion_make(index, size, tree_subtree, t, &proof), 0);
	leaf_hash_of(index, &leaf);
	assert_true(merkle_inclusion_holds(&leaf, index, size, &proof, &root));
	assert_int_equal(merkle_root_make(size1, tree_subtree, t, &smaller), 0);
	assert_int_equal(merkle_consistency_make(size1, size, tree_subtree, t, &proof), 0);
	assert_true(merkle_consistency_holds(size1, &smaller, size, &root, &proof));
}

static void proofs_of_every_size_hold(void **state)
{
	struct tree *t = tree_of(folder);

	(void)state;
	tree_grow(t, 3000);
	for (unsigned i = 0; i < 300; i++)
		assert_proofs_hold(t, 1 + dice(3000));
	tree_close(t);
}

static void an_empty_tree_has_the_empty_root(void **state)
{
	struct tree *t = tree_of(folder);

	(void)state;
	assert_int_equal(tree_size(t), 0);
	assert_int_equal(tree_flush(t), 0);
	assert_tree_whole(t);
	tree_close(t);
	assert_geometry(folder, 0);
}

static void every_leaf_can_be_read_again(void **state)
{
	struct tree *t = tree_of(folder);

	(void)state;
	tree_grow(t, 700);
	for (uint64_t i = 0; i < 700; i++) {
		uint8_t room[GROVE_LEAF_MAX], *bytes = NULL;
		struct slice wanted = leaf_of(i, room);
		size_t len = 0;

		assert_int_equal(tree_file_entry(folder, i, &bytes, &len), 0);
		assert_int_equal(len, wanted.len);
		assert_memory_equal(bytes, wanted.data, len);
		free(bytes);
	}
	tree_close(t);
}

static void the_longest_leaf_is_kept_and_an_empty_one_too(void **state)
{
	static uint8_t bytes[TILE_ENTRY_MAX];
	struct tree *t = tree_of(folder);
	uint8_t *read = NULL;
	size_t len = 7;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (unsigned i = 0; i < TILE_WIDTH + 2; i++) { /* a bundle of nothing else fits */
		struct slice leaf = slice_of(bytes, i == 3 ? 0 : sizeof(bytes));
		struct merkle_hash hash;

		merkle_leaf_hash(&hash, leaf);
		assert_int_equal(tree_add(t, &hash, leaf), 0);
	}
	assert_int_equal(tree_flush(t), 0);
	tree_close(t);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), TILE_WIDTH + 2);
	assert_int_equal(tree_file_entry(folder, TILE_WIDTH + 1, &read, &len), 0);
	assert_int_equal(len, sizeof(bytes));
	assert_memory_equal(read, bytes, len);
	free(read);
	assert_int_equal(tree_file_entry(folder, 3, &read, &len), 0);
	assert_int_equal(len, 0);
	free(read);
	tree_close(t);
}

static void a_full_tile_and_its_leaves_are_on_disk_before_the_next_begins(void **state)
{
	struct tree *t = tree_of(folder);

	(void)state;
	syncs = 0;
	tree_grow(t, TILE_WIDTH - 1);
	assert_int_equal(syncs, 0);
	tree_grow(t, TILE_WIDTH);
	assert_int_equal(syncs, 2);
	tree_grow(t, 3 * TILE_WIDTH + 5);
	assert_int_equal(syncs, 6);
	tree_close(t);
}

/* ---- tiles beside the tree ----------------------------------------------------------------- */

static void another_thread_reads_the_same_proofs_from_the_files(void **state)
{
	struct tile_source *source = calloc(1, sizeof(*source));
	struct tree *t = tree_of(folder);

	(void)state;
	assert_non_null(source);
	tile_source_init(source, folder);
	for (uint64_t size = 1; size < 5000; size += 1 + dice(400)) {
		struct merkle_proof one, other;
		uint64_t index = dice((unsigned)size);

		tree_grow(t, size);
		assert_int_equal(merkle_inclusion_make(index, size, tree_subtree, t, &one), 0);
		assert_int_equal(merkle_inclusion_make(index, size, tile_source_subtree, source, &other),
			0);
		assert_int_equal(one.count, other.count);
		assert_memory_equal(one.hashes, other.hashes, one.count * sizeof(one.hashes[0]));
	}
	free(source);
	tree_close(t);
}

/* ---- where it lies ------------------------------------------------------------------------- */

static void a_place_that_is_no_directory_is_refused_with_a_sentence(void **state)
{
	char problem[TREE_PROBLEM_MAX] = "";
	struct tree *t = NULL;

	(void)state;
	file_put(folder, "file", "x", 1);
	assert_int_equal(tree_open(&t, file_path(folder, "file"), problem), ERR_SYSTEM);
	assert_non_null(strstr(problem, "could not open the log in \""));
	assert_non_null(strstr(problem, strerror(ENOTDIR)));
	assert_int_equal(tree_open(&t, file_path(folder, "file/below"), problem), ERR_SYSTEM);
	assert_null(t);
	tree_close(NULL);
}

static void a_directory_is_made_with_all_above_it(void **state)
{
	struct tree *t = tree_of(file_path(folder, "a/b/c"));

	(void)state;
	tree_grow(t, 3);
	tree_close(t);
	assert_int_equal(file_len(folder, "a/b/c/tile/0/000"), 3 * SHA256_LEN);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(growth_gives_the_geometry_of_tiles_and_the_root_of_the_leaves),
		CASE(proofs_of_every_size_hold),
		CASE(an_empty_tree_has_the_empty_root),
		CASE(every_leaf_can_be_read_again),
		CASE(the_longest_leaf_is_kept_and_an_empty_one_too),
		CASE(a_full_tile_and_its_leaves_are_on_disk_before_the_next_begins),
		CASE(another_thread_reads_the_same_proofs_from_the_files),
		CASE(a_place_that_is_no_directory_is_refused_with_a_sentence),
		CASE(a_directory_is_made_with_all_above_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
