/* A log in files, opened again after any kind of end: always a whole beginning of what it was. */
#include "test/support/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"
#include "test/unit/trail/faults.h"
#include "test/unit/trail/grove.h"
#include "trail/tile_source.h"

enum { LARGE = 70 * 1000, CUTS = 40, CUT_SIZE_MAX = 1400 };

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

/* ---- opened again -------------------------------------------------------------------------- */

/* What was opened is a whole beginning, and with the rest added it is the whole log. */
static void assert_heals(uint64_t size_before, uint64_t size)
{
	struct tree *t = tree_of(folder);

	assert_in_range(tree_size(t), 0, size_before);
	assert_tree_whole(t);
	tree_grow(t, size);
	assert_tree_whole(t);
	assert_geometry(folder, size);
	tree_close(t);
}

static void a_tree_is_opened_as_it_was_closed(void **state)
{
	static const uint64_t sizes[] = {1, 2, 255, 256, 257, 511, 512, 513, 1000};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
		struct tree *t = tree_of(folder);

		tree_grow(t, sizes[i]);
		tree_close(t);
		t = tree_of(folder);
		assert_int_equal(tree_size(t), sizes[i]);
		assert_tree_whole(t);
		tree_close(t);
		assert_geometry(folder, sizes[i]);
	}
}

static void leaves_that_were_not_flushed_are_gone(void **state)
{
	struct tree *t = tree_of(folder);
	struct merkle_hash hash;
	uint8_t room[GROVE_LEAF_MAX];

	(void)state;
	tree_grow(t, 300);
	leaf_hash_of(300, &hash);
	assert_int_equal(tree_add(t, &hash, leaf_of(300, room)), 0);
	tree_close(t);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), 300);
	tree_close(t);
	assert_heals(300, 700);
}

/* One file of the log of `size` leaves, by chance. */
static const char *any_file(uint64_t size)
{
	static char name[TILE_PATH_MAX];
	uint64_t tiles = (size + TILE_WIDTH - 1) / TILE_WIDTH;
	struct tile_id id = {0, dice((unsigned)tiles), TILE_WIDTH};

	switch (dice(5)) {
	case 0:
		id.level = 1;
		id.index = 0;
		break;
	case 1:
	case 2:
		id.level = TILE_LEVEL_ENTRIES;
		break;
	default:
		break;
	}
	tile_path(name, &id);
	return name;
}

static void damage(uint64_t size)
{
	const char *name = any_file(size);
	long len = file_len(folder, name);

	if (len <= 0)
		return;
	switch (dice(4)) {
	case 0: /* it never reached the disk */
		assert_int_equal(unlink(file_path(folder, name)), 0);
		break;
	case 1: /* its length did, its last bytes did not */
		file_set_len(folder, name, dice((unsigned)len));
		file_set_len(folder, name, (size_t)len);
		break;
	default:
		file_set_len(folder, name, dice((unsigned)len));
	}
}

/* Full tiles further back are on disk for good.  Of those that are lost all the same only the
 * hashes are missed. */
static void damage_lengths(uint64_t size)
{
	const char *name = any_file(size);
	long len = file_len(folder, name);

	if (len > 0 && strstr(name, "entries") == NULL)
		file_set_len(folder, name, dice((unsigned)len));
}

static void grow_and_leave(uint64_t size)
{
	struct tree *t = tree_of(folder);

	while (tree_size(t) < size) {
		uint64_t next = tree_size(t) + 1 + dice(400);

		tree_grow(t, next < size ? next : size);
	}
	tree_close(t);
}

/* The power goes: of the last two tiles anything may be missing. */
static void whatever_was_cut_from_the_last_tiles_a_whole_prefix_is_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CUTS; i++) {
		uint64_t size = 1 + dice(2 * TILE_WIDTH);

		grow_and_leave(size);
		for (unsigned n = 1 + dice(3); n > 0; n--)
			damage(size);
		assert_heals(size, size + dice(300));
		tear_down(NULL);
		folder_make(folder);
	}
}

static void whichever_files_were_shortened_a_whole_prefix_is_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CUTS; i++) {
		uint64_t size = 1 + dice(CUT_SIZE_MAX);

		grow_and_leave(size);
		for (unsigned n = 1 + dice(4); n > 0; n--)
			damage_lengths(size);
		assert_heals(size, size + dice(300));
		tear_down(NULL);
		folder_make(folder);
	}
}

static void expect_size_after(const char *name, size_t len, uint64_t size)
{
	struct tree *t;

	grow_and_leave(600);
	file_set_len(folder, name, len);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), size);
	tree_close(t);
	assert_heals(600, 600);
}

static void the_shorter_one_of_hashes_and_leaves_says_where_the_log_ends(void **state)
{
	(void)state;
	expect_size_after("tile/0/002", 10 * SHA256_LEN, 512 + 10);
	expect_size_after("tile/0/002", 10 * SHA256_LEN - 1, 512 + 9);
	expect_size_after("tile/0/002", 0, 512);
	expect_size_after("tile/entries/002", leaves_len(512, 530), 530);
	expect_size_after("tile/entries/002", leaves_len(512, 530) - 1, 529);
	expect_size_after("tile/entries/002", leaves_len(512, 530) + 1, 530);
	expect_size_after("tile/entries/002", 0, 512);
	expect_size_after("tile/0/001", 255 * SHA256_LEN, 256 + 255);
	expect_size_after("tile/1/000", 0, 600);
	expect_size_after("tile/1/000", 3, 600);
}

static void a_torn_last_entry_is_cut_off_before_the_next_is_written(void **state)
{
	struct tree *t;

	(void)state;
	grow_and_leave(20);
	file_set_len(folder, "tile/entries/000", leaves_len(0, 15) + 5);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), 15);
	assert_int_equal(file_len(folder, "tile/entries/000"), leaves_len(0, 15));
	assert_int_equal(file_len(folder, "tile/0/000"), 15 * SHA256_LEN);
	tree_close(t);
	assert_heals(15, 40);
}

/* As after a power cut: the length is there, the bytes are not. */
static void a_hash_that_is_not_its_leafs_ends_the_log_before_it(void **state)
{
	struct tree *t;

	(void)state;
	grow_and_leave(600);
	file_flip(folder, "tile/0/002", 40 * SHA256_LEN + 3);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), 512 + 40);
	tree_close(t);
	assert_heals(600, 600);
	file_flip(folder, "tile/entries/002", leaves_len(512, 520) + 4);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), 520);
	tree_close(t);
	assert_heals(600, 600);
	file_flip(folder, "tile/0/001", 200 * SHA256_LEN); /* the last full one */
	t = tree_of(folder);
	assert_int_equal(tree_size(t), 256 + 200);
	tree_close(t);
	assert_heals(600, 600);
}

/* ---- large --------------------------------------------------------------------------------- */

static struct merkle_hash large_root;

static void assert_large(struct tree *t)
{
	struct merkle_hash root;

	tree_grow(t, LARGE);
	assert_int_equal(merkle_root_make(LARGE, tree_subtree, t, &root), 0);
	assert_memory_equal(root.bytes, large_root.bytes, sizeof(root.bytes));
	assert_geometry(folder, LARGE);
	tree_close(t);
}

static void expect_large(uint64_t size)
{
	struct tree *t = tree_of(folder);

	assert_int_equal(tree_size(t), size);
	assert_large(t);
}

static void levels_above_are_made_again_from_those_below(void **state)
{
	struct tree *t = tree_of(folder);

	(void)state;
	root_of(LARGE, &large_root);
	/* the power goes between the full tile of leaves and the full tile above it */
	tree_grow(t, TILE_WIDTH * TILE_WIDTH);
	tree_close(t);
	file_set_len(folder, "tile/1/000", 200 * SHA256_LEN + 7);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), TILE_WIDTH * TILE_WIDTH);
	assert_large(t);
	assert_int_equal(unlink(file_path(folder, "tile/1/000")), 0);
	assert_int_equal(unlink(file_path(folder, "tile/2/000")), 0);
	expect_large(LARGE);
	file_set_len(folder, "tile/1/001", 1);
	expect_large(LARGE);
	/* nothing above can be made from a tile that is gone */
	assert_int_equal(unlink(file_path(folder, "tile/1/000")), 0);
	assert_int_equal(unlink(file_path(folder, "tile/0/200")), 0);
	expect_large(200 * TILE_WIDTH);
	assert_int_equal(unlink(file_path(folder, "tile/0/260")), 0);
	expect_large(260 * TILE_WIDTH);
}

/* Nobody looks at old tiles when the log is opened.  What they are needed for fails, and is not
 * wrong. */
static void an_old_tile_that_is_gone_is_told_when_it_is_needed(void **state)
{
	struct merkle_hash root;
	struct merkle_proof proof;
	struct tile_source *source = calloc(1, sizeof(*source));
	struct tree *t = tree_of(folder);

	(void)state;
	assert_non_null(source);
	tree_grow(t, LARGE);
	tree_close(t);
	file_set_len(folder, "tile/0/100", 100 * SHA256_LEN);
	t = tree_of(folder);
	assert_int_equal(tree_size(t), LARGE);
	assert_int_equal(merkle_root_make(LARGE, tree_subtree, t, &root), 0);
	assert_memory_equal(root.bytes, large_root.bytes, sizeof(root.bytes));
	tile_source_init(source, folder);
	assert_int_equal(merkle_inclusion_make(100 * TILE_WIDTH + 5, LARGE, tree_subtree, t, &proof),
		ERR_DAMAGED);
	assert_int_equal(merkle_inclusion_make(100 * TILE_WIDTH + 5, LARGE, tile_source_subtree,
		source, &proof), ERR_DAMAGED);
	assert_int_equal(merkle_inclusion_make(101 * TILE_WIDTH, LARGE, tree_subtree, t, &proof), 0);
	assert_int_equal(merkle_inclusion_make(101 * TILE_WIDTH, LARGE, tile_source_subtree, source,
		&proof), 0);
	free(source);
	tree_close(t);
}

/* ---- files that cannot be written ---------------------------------------------------------- */

static void add_until_it_fails(struct tree *t)
{
	int r = 0;

	while (r == 0) {
		uint8_t room[GROVE_LEAF_MAX];
		struct merkle_hash hash;
		uint64_t index = tree_size(t);

		assert_in_range(index, 0, LARGE);
		leaf_hash_of(index, &hash);
		r = tree_add(t, &hash, leaf_of(index, room));
		if (r == 0 && dice(50) == 0)
			r = tree_flush(t);
	}
	assert_int_equal(r, ERR_SYSTEM);
	assert_int_equal(errno, ENOSPC);
}

static void expect_failure_and_healing(int *fails_at, int n)
{
	struct tree *t = tree_of(folder);
	struct merkle_hash hash;
	uint8_t room[GROVE_LEAF_MAX];
	uint64_t size;

	*fails_at = n;
	add_until_it_fails(t);
	size = tree_size(t);
	faults_forget();
	/* nothing more, although there is room again: what is in the files is not known any more */
	leaf_hash_of(size, &hash);
	for (unsigned i = 0; i < 3 * TILE_WIDTH; i++)
		assert_int_equal(tree_add(t, &hash, leaf_of(size, room)), ERR_SYSTEM);
	assert_int_equal(tree_flush(t), ERR_SYSTEM);
	assert_int_equal(tree_size(t), size);
	tree_close(t);
	assert_heals(size, size + 300);
}

static void after_a_file_could_not_be_written_the_tree_is_opened_again_whole(void **state)
{
	(void)state;
	for (int n = 1; n < 24; n += 2) {
		expect_failure_and_healing(&write_fails_at, n);
		tear_down(NULL);
		folder_make(folder);
	}
	for (int n = 1; n < 8; n++) {
		expect_failure_and_healing(&sync_fails_at, n);
		tear_down(NULL);
		folder_make(folder);
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_tree_is_opened_as_it_was_closed),
		CASE(leaves_that_were_not_flushed_are_gone),
		CASE(whatever_was_cut_from_the_last_tiles_a_whole_prefix_is_found),
		CASE(whichever_files_were_shortened_a_whole_prefix_is_found),
		CASE(the_shorter_one_of_hashes_and_leaves_says_where_the_log_ends),
		CASE(a_torn_last_entry_is_cut_off_before_the_next_is_written),
		CASE(a_hash_that_is_not_its_leafs_ends_the_log_before_it),
		CASE(levels_above_are_made_again_from_those_below),
		CASE(an_old_tile_that_is_gone_is_told_when_it_is_needed),
		CASE(after_a_file_could_not_be_written_the_tree_is_opened_again_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tree_open", tests, NULL, NULL);
}
