/* The files as they are served: parts of tiles, one leaf, the checkpoint -- and nothing else. */
#include "test/support/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ensure.h"
#include "base/err.h"
#include "test/unit/trail/faults.h"
#include "test/unit/trail/grove.h"
#include "trail/tree_file.h"

enum { SIZE = 700 }; /* two full tiles, and 188 leaves */

static char parent[GROVE_FOLDER_MAX], folder[GROVE_PATH_MAX];

static int grow(void **state)
{
	struct tree *t;

	(void)state;
	folder_make(parent);
	snprintf(folder, sizeof(folder), "%s", file_path(parent, "log"));
	t = tree_of(folder);
	tree_grow(t, SIZE);
	assert_int_equal(tree_publish(t, slice_of_text("the checkpoint\n")), 0);
	tree_close(t);
	return 0;
}

static int fell(void **state)
{
	(void)state;
	folder_remove(parent);
	return 0;
}

static void assert_read(const char *path, const void *bytes, size_t len)
{
	uint8_t *read = NULL;
	size_t read_len = 0;

	if (tree_file_read(folder, path, &read, &read_len) != 0)
		fail_msg("%s is not there", path);
	assert_int_equal(read_len, len);
	assert_memory_equal(read, bytes, len);
	free(read);
}

static void assert_not_there(const char *path)
{
	uint8_t *read;
	size_t len;

	if (tree_file_read(folder, path, &read, &len) != ERR_NOT_FOUND)
		fail_msg("\"%s\" is there", path);
}

/* ---- tiles --------------------------------------------------------------------------------- */

/* Write the hashes of so many leaves; the level-1 hashes when asked. */
static void hashes_of(int level, uint64_t first, unsigned count, struct merkle_hash *ret)
{
	for (unsigned i = 0; i < count; i++) {
		struct merkle_hash leaves[TILE_WIDTH];

		leaf_hash_of(first + i, &ret[i]);
		for (unsigned n = 0; level == 1 && n < TILE_WIDTH; n++)
			leaf_hash_of((first + i) * TILE_WIDTH + n, &leaves[n]);
		if (level == 1)
			tile_subtree_root(leaves, TILE_WIDTH, &ret[i]);
	}
}

static void every_partial_tile_is_the_beginning_of_its_file(void **state)
{
	struct merkle_hash hashes[TILE_WIDTH];
	char path[TILE_PATH_MAX];

	(void)state;
	for (unsigned width = 1; width < TILE_WIDTH; width++) {
		for (uint64_t index = 0; index < 3; index++) {
			struct tile_id id = {0, index, width};

			tile_path(path, &id);
			hashes_of(0, index * TILE_WIDTH, width, hashes);
			if (index < 2 || width <= SIZE - 2 * TILE_WIDTH)
				assert_read(path, hashes, width * sizeof(hashes[0]));
			else
				assert_not_there(path);
		}
	}
	hashes_of(0, TILE_WIDTH, TILE_WIDTH, hashes);
	assert_read("tile/0/001", hashes, sizeof(hashes));
	assert_not_there("tile/0/002");
	assert_not_there("tile/0/003.p/1");
	hashes_of(1, 0, 2, hashes);
	assert_read("tile/1/000.p/2", hashes, 2 * sizeof(hashes[0]));
	assert_read("tile/1/000.p/1", hashes, sizeof(hashes[0]));
	assert_not_there("tile/1/000.p/3");
	assert_not_there("tile/1/000");
	assert_not_there("tile/2/000.p/1");
}

static void every_partial_bundle_has_so_many_whole_leaves(void **state)
{
	static uint8_t bytes[TILE_WIDTH * (GROVE_LEAF_MAX + 2)];
	char path[TILE_PATH_MAX];

	(void)state;
	for (unsigned width = 1; width <= TILE_WIDTH; width++) {
		struct tile_id id = {TILE_LEVEL_ENTRIES, 1, width};
		struct writer w;

		writer_init(&w, bytes, sizeof(bytes));
		for (unsigned i = 0; i < width; i++) {
			uint8_t room[GROVE_LEAF_MAX];

			tile_entry_put(&w, leaf_of(TILE_WIDTH + i, room));
		}
		tile_path(path, &id);
		assert_read(path, bytes, w.used);
		id.index = 2;
		tile_path(path, &id);
		if (width > SIZE - 2 * TILE_WIDTH)
			assert_not_there(path);
	}
}

static void a_hash_or_a_leaf_that_is_not_whole_is_not_served(void **state)
{
	long hashes = file_len(folder, "tile/0/002"), leaves = file_len(folder, "tile/entries/002");

	(void)state;
	assert_int_equal(hashes, 188 * SHA256_LEN);
	file_set_len(folder, "tile/0/002", (size_t)hashes - 1);
	file_set_len(folder, "tile/entries/002", (size_t)leaves - 1);
	assert_not_there("tile/0/002.p/188");
	assert_not_there("tile/entries/002.p/188");
	for (int i = 0; i < 2; i++) {
		static const char *const paths[] = {"tile/0/002.p/187", "tile/entries/002.p/187"};
		uint8_t *read;
		size_t len;

		assert_int_equal(tree_file_read(folder, paths[i], &read, &len), 0);
		free(read);
	}
}

/* What the caller has in hand stays as it is: he may free it. */
static void a_leaf_that_is_not_there_is_not_found(void **state)
{
	uint8_t *leaf = NULL;
	size_t len = 7;

	(void)state;
	assert_int_equal(tree_file_entry(folder, SIZE, &leaf, &len), ERR_NOT_FOUND);
	assert_int_equal(tree_file_entry(folder, 3 * TILE_WIDTH, &leaf, &len), ERR_NOT_FOUND);
	assert_int_equal(tree_file_entry(folder, UINT64_MAX, &leaf, &len), ERR_NOT_FOUND);
	assert_int_equal(tree_file_entry("/tmp/there-is-nothing-here", 0, &leaf, &len), ERR_NOT_FOUND);
	assert_int_equal(tree_file_read(folder, "tile/0/002", &leaf, &len), ERR_NOT_FOUND);
	assert_null(leaf);
	assert_int_equal(len, 7);
}

static void hashes_are_all_there_or_none(void **state)
{
	struct merkle_hash hashes[TILE_WIDTH], wanted[TILE_WIDTH];
	struct tile_id id = {0, 2, TILE_WIDTH};

	(void)state;
	hashes_of(0, 2 * TILE_WIDTH, 188, wanted);
	assert_int_equal(tree_file_hashes(folder, &id, 100, 88, hashes), 0);
	assert_memory_equal(hashes, &wanted[100], 88 * sizeof(hashes[0]));
	assert_int_equal(tree_file_hashes(folder, &id, 100, 89, hashes), ERR_DAMAGED);
	assert_int_equal(tree_file_hashes(folder, &id, 188, 1, hashes), ERR_DAMAGED);
	id.index = 3;
	assert_int_equal(tree_file_hashes(folder, &id, 0, 1, hashes), ERR_DAMAGED);
}

static void a_folder_where_a_file_should_be_is_told_as_the_systems_fault(void **state)
{
	struct tile_id id = {0, 2, TILE_WIDTH};
	struct merkle_hash hash;
	uint8_t *read;
	size_t len;

	(void)state;
	assert_int_equal(unlink(file_path(folder, "tile/0/002")), 0);
	assert_int_equal(mkdir(file_path(folder, "tile/0/002"), 0755), 0);
	assert_int_equal(tree_file_read(folder, "tile/0/002.p/1", &read, &len), ERR_SYSTEM);
	assert_int_equal(tree_file_hashes(folder, &id, 0, 1, &hash), ERR_SYSTEM);
	assert_int_equal(tree_file_write(folder, &id, 0, slice_of("x", 1)), ERR_SYSTEM);
}

/* ---- nothing else -------------------------------------------------------------------------- */

static void no_path_leads_out_of_the_log(void **state)
{
	static const char *const paths[] = {"", ".", "..", "/", "../secret", "/etc/passwd", "secret",
		"tile", "tile/", "tile/0", "tile/0/", "tile/0/../../../secret", "tile/../../secret",
		"tile/0/000/../../../../secret", "tile/entries/../../../secret", "./checkpoint",
		"checkpoint/", "checkpoint/..", "checkpoint/../../secret", "/checkpoint", "Checkpoint",
		"checkpoint.new", ".checkpoint.new", "checkpoint%00", "..%2fsecret", "%2e%2e/secret",
		"tile/%30/000", "tile/0/%2e%2e/secret", "tile/0/000%00", "tile//0/000", "/tile/0/000",
		"tile/0/000/", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256",
		"tile/0/000.p/01", "tile/0/000.p/-1", "tile/0/0", "tile/0/00", "tile/0/0000",
		"tile/0/x000/000", "tile/00/000", "tile/8/000", "tile/-1/000", "tile/+0/000",
		"tile/entries/0", "tile/0/000 ", " tile/0/000", "tile/0/000\n", "tile/0/000?x",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile\\0\\000", "TILE/0/000"};
	static char long_path[8000];

	(void)state;
	file_put(parent, "secret", "secret", 6);
	for (unsigned i = 0; i < ARRAY_LEN(paths); i++)
		assert_not_there(paths[i]);
	for (size_t i = 0; i + 3 < sizeof(long_path); i += 3)
		memcpy(long_path + i, "../", 3);
	assert_not_there(long_path);
	memset(long_path, '0', sizeof(long_path) - 1);
	memcpy(long_path, "tile/0/", 7);
	assert_not_there(long_path);
}

/* ---- the checkpoint ------------------------------------------------------------------------ */

static void the_checkpoint_is_replaced_whole(void **state)
{
	static const char one[] = "a long checkpoint, longer than the next\n", two[] = "short\n";
	struct stat before, after;

	(void)state;
	assert_int_equal(tree_file_replace(folder, "checkpoint", slice_of_text(one)), 0);
	assert_read("checkpoint", one, strlen(one));
	assert_int_equal(stat(file_path(folder, "checkpoint"), &before), 0);
	assert_int_equal(tree_file_replace(folder, "checkpoint", slice_of_text(two)), 0);
	assert_read("checkpoint", two, strlen(two));
	/* another file took its place: whoever reads the old one reads it to its end */
	assert_int_equal(stat(file_path(folder, "checkpoint"), &after), 0);
	assert_true(before.st_ino != after.st_ino);
}

static void a_checkpoint_that_cannot_be_written_leaves_the_old_one(void **state)
{
	(void)state;
	write_fails_at = 1;
	assert_int_equal(tree_file_replace(folder, "checkpoint", slice_of_text("new")), ERR_SYSTEM);
	faults_forget();
	assert_read("checkpoint", "the checkpoint\n", 15);
	rename_fails_at = 1;
	assert_int_equal(tree_file_replace(folder, "checkpoint", slice_of_text("new")), ERR_SYSTEM);
	faults_forget();
	assert_read("checkpoint", "the checkpoint\n", 15);
	assert_int_equal(tree_file_replace(folder, "checkpoint", slice_of_text("new")), 0);
	assert_read("checkpoint", "new", 3);
}

static void before_the_first_checkpoint_there_is_none(void **state)
{
	(void)state;
	assert_int_equal(unlink(file_path(folder, "checkpoint")), 0);
	assert_not_there("checkpoint");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, grow, fell)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(every_partial_tile_is_the_beginning_of_its_file),
		CASE(every_partial_bundle_has_so_many_whole_leaves),
		CASE(a_hash_or_a_leaf_that_is_not_whole_is_not_served),
		CASE(a_leaf_that_is_not_there_is_not_found),
		CASE(hashes_are_all_there_or_none),
		CASE(a_folder_where_a_file_should_be_is_told_as_the_systems_fault),
		CASE(no_path_leads_out_of_the_log),
		CASE(the_checkpoint_is_replaced_whole),
		CASE(a_checkpoint_that_cannot_be_written_leaves_the_old_one),
		CASE(before_the_first_checkpoint_there_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tree_file", tests, NULL, NULL);
}
