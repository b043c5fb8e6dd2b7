/* Roots of subtrees out of the files: the tree's own, kept a while, never more than is there. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "test/unit/trail/grove.h"
#include "trail/tile_source.h"

/* More than 256^2 leaves: three levels of tiles. */
enum { FOREST = 66000, GROVE = 700 };

static char folder[GROVE_FOLDER_MAX];
static struct tile_source source;

static int make_folder(void **state)
{
	(void)state;
	folder_make(folder);
	tile_source_init(&source, folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

static void grow(uint64_t size)
{
	struct tree *t = tree_of(folder);

	tree_grow(t, size);
	tree_close(t);
}

static void assert_proved(uint64_t index, uint64_t size, const struct merkle_hash *root)
{
	struct merkle_proof proof;
	struct merkle_hash leaf;

	leaf_hash_of(index, &leaf);
	assert_int_equal(merkle_inclusion_make(index, size, tile_source_subtree, &source, &proof), 0);
	assert_true(merkle_inclusion_holds(&leaf, index, size, &proof, root));
}

static void every_subtree_is_the_trees_own(void **state)
{
	struct tree *t = tree_of(folder);

	(void)state;
	tree_grow(t, GROVE);
	for (unsigned level = 0; (UINT64_C(1) << level) <= GROVE; level++)
		for (uint64_t index = 0; (index + 1) << level <= GROVE; index++) {
			struct merkle_hash expected, found;

			assert_int_equal(tree_subtree(t, level, index, &expected), 0);
			assert_int_equal(tile_source_subtree(&source, level, index, &found), 0);
			assert_true(merkle_hash_equal(&expected, &found));
		}
	tree_close(t);
}

static void proofs_through_three_levels_of_tiles_hold(void **state)
{
	static const uint64_t sizes[] = {1, 255, 256, 257, 65535, 65536, 65537, FOREST};
	struct merkle_hash root;

	(void)state;
	grow(FOREST);
	dice_seed(8);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		root_of(sizes[i], &root);
		assert_proved(0, sizes[i], &root);
		assert_proved(sizes[i] - 1, sizes[i], &root);
		for (unsigned n = 0; n < 20; n++)
			assert_proved(dice((unsigned)sizes[i]), sizes[i], &root);
	}
}

static void a_smaller_tree_is_proved_to_be_the_beginning(void **state)
{
	struct merkle_hash old_root, root;
	struct merkle_proof proof;

	(void)state;
	grow(GROVE);
	root_of(GROVE, &root);
	for (uint64_t size = 0; size <= GROVE; size += 7) {
		root_of(size, &old_root);
		assert_int_equal(merkle_consistency_make(size, GROVE, tile_source_subtree, &source,
			&proof), 0);
		assert_true(merkle_consistency_holds(size, &old_root, GROVE, &root, &proof));
	}
}

static void a_file_that_is_missing_or_short_is_damage(void **state)
{
	struct merkle_hash hash;

	(void)state;
	assert_int_equal(tile_source_subtree(&source, 0, 0, &hash), ERR_DAMAGED);
	grow(GROVE);
	file_set_len(folder, "tile/0/001", 100 * SHA256_LEN + 31);
	assert_int_equal(tile_source_subtree(&source, 0, 256 + 99, &hash), 0);
	assert_int_equal(tile_source_subtree(&source, 0, 256 + 100, &hash), ERR_DAMAGED);
	assert_int_equal(tile_source_subtree(&source, 2, 64 + 24, &hash), 0);
	assert_int_equal(tile_source_subtree(&source, 2, 64 + 25, &hash), ERR_DAMAGED);
	assert_int_equal(remove(file_path(folder, "tile/1/000")), 0);
	assert_int_equal(tile_source_subtree(&source, 8, 0, &hash), ERR_DAMAGED);
	file_set_len(folder, "tile/0/002", 0);
	assert_int_equal(tile_source_subtree(&source, 0, 512, &hash), ERR_DAMAGED);
}

/* What comes out of an altered file leads to no root that anybody signed. */
static void a_file_that_was_altered_proves_nothing(void **state)
{
	struct merkle_hash root, leaf;
	struct merkle_proof proof;

	(void)state;
	grow(GROVE);
	root_of(GROVE, &root);
	file_flip(folder, "tile/0/001", 17 * SHA256_LEN);
	for (uint64_t index = 256; index < 512; index++) {
		leaf_hash_of(index, &leaf);
		assert_int_equal(merkle_inclusion_make(index, GROVE, tile_source_subtree, &source,
			&proof), 0);
		/* the altered leaf itself is not asked for by its own proof */
		assert_int_equal(merkle_inclusion_holds(&leaf, index, GROVE, &proof, &root),
			index == 256 + 17);
	}
}

static void a_tile_that_grew_is_read_again(void **state)
{
	struct merkle_hash hash, leaf;

	(void)state;
	grow(100);
	assert_int_equal(tile_source_subtree(&source, 0, 99, &hash), 0);
	assert_int_equal(tile_source_subtree(&source, 0, 100, &hash), ERR_DAMAGED);
	grow(101);
	assert_int_equal(tile_source_subtree(&source, 0, 100, &hash), 0);
	leaf_hash_of(100, &leaf);
	assert_true(merkle_hash_equal(&hash, &leaf));
}

static void the_last_few_tiles_are_kept(void **state)
{
	struct merkle_hash hash;

	(void)state;
	grow((TILE_SOURCE_TILES + 1) * TILE_WIDTH);
	assert_int_equal(tile_source_subtree(&source, 0, 0, &hash), 0);
	assert_int_equal(remove(file_path(folder, "tile/0/000")), 0);
	for (unsigned i = 1; i < TILE_SOURCE_TILES; i++)
		assert_int_equal(tile_source_subtree(&source, 0, i * TILE_WIDTH, &hash), 0);
	assert_int_equal(tile_source_subtree(&source, 3, 0, &hash), 0);
	assert_int_equal(tile_source_subtree(&source, 0, TILE_SOURCE_TILES * TILE_WIDTH, &hash), 0);
	assert_int_equal(tile_source_subtree(&source, 3, 0, &hash), ERR_DAMAGED);
}

#define IN_FOLDER(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_FOLDER(every_subtree_is_the_trees_own),
		IN_FOLDER(proofs_through_three_levels_of_tiles_hold),
		IN_FOLDER(a_smaller_tree_is_proved_to_be_the_beginning),
		IN_FOLDER(a_file_that_is_missing_or_short_is_damage),
		IN_FOLDER(a_file_that_was_altered_proves_nothing),
		IN_FOLDER(a_tile_that_grew_is_read_again),
		IN_FOLDER(the_last_few_tiles_are_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tile source", tests, NULL, NULL);
}
