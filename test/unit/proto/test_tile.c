/* Where tiles lie, what they hold, and bundles of leaves. */
#include "test/support/tap.h"

#include <string.h>

#include "proto/tile.h"

/* ---- paths --------------------------------------------------------------------------------- */

static const struct {
	struct tile_id id;
	const char *path;
} paths[] = {
	{{0, 1234067, 256}, "tile/0/x001/x234/067"},
	{{0, 0, 256}, "tile/0/000"},
	{{0, 0, 1}, "tile/0/000.p/1"},
	{{1, 255, 256}, "tile/1/255"},
	{{2, 999, 256}, "tile/2/999"},
	{{3, 1000, 256}, "tile/3/x001/000"},
	{{0, 1067, 112}, "tile/0/x001/067.p/112"},
	{{TILE_LEVEL_MAX, 7, 255}, "tile/7/007.p/255"},
	{{TILE_LEVEL_ENTRIES, 273, 112}, "tile/entries/273.p/112"},
	{{TILE_LEVEL_ENTRIES, 1000000, 256}, "tile/entries/x001/x000/000"},
	{{TILE_LEVEL_ENTRIES, UINT64_MAX, 255},
		"tile/entries/x018/x446/x744/x073/x709/x551/615.p/255"},
};

static void a_path_says_level_index_and_width(void **state)
{
	char path[TILE_PATH_MAX];
	struct tile_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		tile_path(path, &paths[i].id);
		assert_string_equal(path, paths[i].path);
		assert_true(tile_path_parse(path, &id));
		assert_int_equal(id.level, paths[i].id.level);
		assert_int_equal(id.index, paths[i].id.index);
		assert_int_equal(id.width, paths[i].id.width);
	}
}

static const char *const other_paths[] = {
	"", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "Tile/0/000", "tiles/0/000",
	"checkpoint", "tile/entries", "tile/entries/", "tile/entry/000", "tile/-1/000",
	/* levels */
	"tile//000", "tile/00/000", "tile/01/000", "tile/+1/000", "tile/8/000", "tile/63/000",
	"tile/255/000", "tile/18446744073709551616/000", "tile/a/000", "tile/0x/000",
	/* groups of the index */
	"tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1", "tile/0/1000", "tile/0/1234067",
	"tile/0/x001", "tile/0/x001/", "tile/0/x001/67", "tile/0/x001/0067", "tile/0/x1/067",
	"tile/0/x0001/067", "tile/0/001/067", "tile/0/x001/x067", "tile/0/X001/067",
	"tile/0/x001//067", "tile/0/xx001/067", "tile/0/x/067", "tile/0/x-01/067",
	"tile/0/x000/067", "tile/0/x000/x001/067", "tile/0/ 67", "tile/0/067 ", "tile/0/067/",
	"tile/0/067\n", "tile/0/0a7", "tile/0/..", "tile/0/x001/../067",
	/* one more than 2^64 - 1, and more groups than it has */
	"tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/x999/x999/x999/x999/x999/x999/999",
	"tile/0/x001/x000/x000/x000/x000/x000/x000/000",
	/* widths */
	"tile/0/067.p", "tile/0/067.p/", "tile/0/067.p/0", "tile/0/067.p/00", "tile/0/067.p/01",
	"tile/0/067.p/001", "tile/0/067.p/256", "tile/0/067.p/257", "tile/0/067.p/1000",
	"tile/0/067.p/4294967297", "tile/0/067.p/-1", "tile/0/067.p/1/", "tile/0/067.p/1 ",
	"tile/0/067.p/1.p/1", "tile/0/067.P/1", "tile/0/067p/1", "tile/0/x001.p/1/067",
	/* more than TILE_PATH_MAX */
	"tile/0/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/001",
};

static void any_other_path_is_refused(void **state)
{
	struct tile_id id = {.level = 42};

	(void)state;
	for (size_t i = 0; i < sizeof(other_paths) / sizeof(other_paths[0]); i++) {
		if (tile_path_parse(other_paths[i], &id))
			fail_msg("\"%s\" is taken", other_paths[i]);
	}
	assert_int_equal(id.level, 42);
}

static void no_byte_of_a_path_can_be_another(void **state)
{
	static const char path[] = "tile/3/x012/345.p/67";
	char other[sizeof(path)], again[TILE_PATH_MAX];
	struct tile_id id;

	(void)state;
	for (size_t at = 0; at < sizeof(path) - 1; at++) {
		for (int c = -128; c < 128; c++) {
			memcpy(other, path, sizeof(path));
			other[at] = (char)c;
			if (!tile_path_parse(other, &id))
				continue;
			tile_path(again, &id);
			assert_string_equal(again, other);
		}
	}
}

/* ---- geometry ------------------------------------------------------------------------------ */

static void assert_level(uint64_t size, int level, uint64_t full, unsigned partial)
{
	assert_int_equal(tile_partial_width(size, level), partial);
	if (full > 0) {
		assert_int_equal(tile_width_in(size, level, 0), TILE_WIDTH);
		assert_int_equal(tile_width_in(size, level, full - 1), TILE_WIDTH);
	}
	assert_int_equal(tile_width_in(size, level, full), partial);
	assert_int_equal(tile_width_in(size, level, full + 1), 0);
	assert_int_equal(tile_width_in(size, level, UINT64_MAX), 0);
}

static void a_tree_of_70000_has_the_tiles_of_the_specification(void **state)
{
	(void)state;
	assert_level(70000, TILE_LEVEL_ENTRIES, 273, 112);
	assert_level(70000, 0, 273, 112);
	assert_level(70000, 1, 1, 17);
	assert_level(70000, 2, 0, 1);
	assert_level(70000, 3, 0, 0);
	assert_level(70000, TILE_LEVEL_MAX, 0, 0);
}

static void whole_tiles_leave_no_partial_one_below(void **state)
{
	(void)state;
	assert_level(256, 0, 1, 0);
	assert_level(256, 1, 0, 1);
	assert_level(256, 2, 0, 0);
	assert_level(65536, 0, 256, 0);
	assert_level(65536, 1, 1, 0);
	assert_level(65536, 2, 0, 1);
	assert_level(65536, 3, 0, 0);
	assert_level(255, 0, 0, 255);
	assert_level(255, 1, 0, 0);
	assert_level(1, 0, 0, 1);
	assert_level(0, 0, 0, 0);
	assert_level(0, TILE_LEVEL_ENTRIES, 0, 0);
}

static void the_largest_tree_has_tiles_up_to_the_last_level(void **state)
{
	(void)state;
	for (int level = 0; level < TILE_LEVEL_MAX; level++)
		assert_level(MERKLE_SIZE_MAX, level, MERKLE_SIZE_MAX >> 8 * (level + 1), 0);
	assert_level(MERKLE_SIZE_MAX, TILE_LEVEL_MAX, 0, 64);
	assert_level(MERKLE_SIZE_MAX, TILE_LEVEL_MAX + 1, 0, 0);
	assert_level(MERKLE_SIZE_MAX, 63, 0, 0);
}

/* ---- subtrees ------------------------------------------------------------------------------ */

static void assert_subtree(unsigned level, uint64_t index, int tile_level, uint64_t tile_index,
	unsigned first, unsigned count)
{
	struct tile_id id;
	unsigned is_first, is_count;

	tile_of_subtree(level, index, &id, &is_first, &is_count);
	assert_int_equal(id.level, tile_level);
	assert_int_equal(id.index, tile_index);
	assert_int_equal(is_first, first);
	assert_int_equal(is_count, count);
}

static void a_subtree_is_found_in_the_tile_of_its_level(void **state)
{
	(void)state;
	assert_subtree(0, 0, 0, 0, 0, 1);
	assert_subtree(0, 255, 0, 0, 255, 1);
	assert_subtree(0, 256, 0, 1, 0, 1);
	assert_subtree(1, 127, 0, 0, 254, 2);
	assert_subtree(1, 128, 0, 1, 0, 2);
	assert_subtree(7, 1, 0, 0, 128, 128);
	assert_subtree(7, 3, 0, 1, 128, 128);
	assert_subtree(8, 1, 1, 0, 1, 1);
	assert_subtree(8, 300, 1, 1, 44, 1);
	assert_subtree(15, 5, 1, 2, 128, 128);
	assert_subtree(16, 0, 2, 0, 0, 1);
	assert_subtree(61, 1, 7, 0, 32, 32);
	assert_subtree(62, 0, 7, 0, 0, 64);
}

/* The leaves a tile's hashes stand for are those of the subtree, at every level. */
static void a_subtree_and_its_hashes_cover_the_same_leaves(void **state)
{
	(void)state;
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		for (uint64_t n = 0; n < 1000; n++) {
			uint64_t index = (n * 7919) % (MERKLE_SIZE_MAX >> level);
			struct tile_id id;
			unsigned first, count;

			tile_of_subtree(level, index, &id, &first, &count);
			assert_in_range(id.level, 0, TILE_LEVEL_MAX);
			assert_true(first + count <= TILE_WIDTH);
			assert_int_equal((id.index * TILE_WIDTH + first) << 8 * id.level, index << level);
			assert_int_equal((uint64_t)count << 8 * id.level, UINT64_C(1) << level);
		}
	}
}

static void the_root_of_hashes_is_that_of_the_tree_over_them(void **state)
{
	struct merkle_hash hashes[TILE_WIDTH], expected[TILE_WIDTH], root;

	(void)state;
	for (unsigned i = 0; i < TILE_WIDTH; i++) {
		hashes[i] = (struct merkle_hash){{(uint8_t)i}};
		expected[i] = hashes[i];
	}
	for (unsigned count = 1; count <= TILE_WIDTH; count *= 2) {
		tile_subtree_root(hashes, count, &root);
		assert_true(merkle_hash_equal(&root, &expected[0]));
		/* Level by level: the first hash covers twice as many the next time. */
		for (unsigned i = 0; i + 1 < TILE_WIDTH / count; i += 2)
			merkle_node_hash(&expected[i / 2], &expected[i], &expected[i + 1]);
	}
}

/* ---- bundles ------------------------------------------------------------------------------- */

static uint8_t large[TILE_ENTRY_MAX + 1];

static void what_is_put_into_a_bundle_comes_out_of_it(void **state)
{
	static uint8_t bytes[TILE_ENTRY_MAX + 64];
	struct slice leaf;
	struct writer w;
	struct reader r;

	(void)state;
	memset(large, 'l', sizeof(large));
	writer_init(&w, bytes, sizeof(bytes));
	tile_entry_put(&w, slice_of_text("first"));
	tile_entry_put(&w, slice_of_text(""));
	tile_entry_put(&w, slice_of(large, TILE_ENTRY_MAX));
	assert_false(w.failed);
	assert_int_equal(w.used, 2 + 5 + 2 + 2 + TILE_ENTRY_MAX);
	assert_memory_equal(bytes, "\0\5first\0\0\xff\xffl", 12);

	reader_init(&r, writer_written(&w));
	assert_true(tile_entry_next(&r, &leaf));
	assert_true(slice_equal(leaf, slice_of_text("first")));
	assert_true(tile_entry_next(&r, &leaf));
	assert_int_equal(leaf.len, 0);
	assert_true(tile_entry_next(&r, &leaf));
	assert_true(slice_equal(leaf, slice_of(large, TILE_ENTRY_MAX)));
	assert_false(tile_entry_next(&r, &leaf));
	assert_true(reader_is_done(&r));
}

static void a_leaf_above_the_limit_is_not_put(void **state)
{
	static uint8_t bytes[2 * sizeof(large)];
	struct writer w;

	(void)state;
	writer_init(&w, bytes, sizeof(bytes));
	tile_entry_put(&w, slice_of(large, TILE_ENTRY_MAX + 1));
	assert_true(w.failed);
	assert_int_equal(w.used, 0);
}

static void a_leaf_that_does_not_fit_is_not_begun(void **state)
{
	uint8_t bytes[7];
	struct writer w;

	(void)state;
	for (size_t cap = 0; cap <= sizeof(bytes); cap++) {
		writer_init(&w, bytes, cap);
		tile_entry_put(&w, slice_of_text("first"));
		assert_int_equal(w.failed, cap < sizeof(bytes));
		assert_int_equal(w.used, cap < sizeof(bytes) ? 0 : sizeof(bytes));
	}
}

static void a_bundle_cut_in_the_middle_is_seen(void **state)
{
	static const uint8_t bundle[] = "\0\5first\0\0\0\3end";
	const size_t len = sizeof(bundle) - 1;

	(void)state;
	for (size_t cut = 0; cut <= len; cut++) {
		bool is_whole = cut == 0 || cut == 7 || cut == 9 || cut == len;
		struct slice leaf;
		struct reader r;

		reader_init(&r, slice_of(bundle, cut));
		while (tile_entry_next(&r, &leaf))
			assert_true(leaf.len <= 5);
		assert_int_equal(r.failed, !is_whole);
		assert_int_equal(reader_is_done(&r), is_whole);
		assert_false(tile_entry_next(&r, &leaf));
	}
}

static const struct CMUnitTest tests[] = {
	TEST(a_path_says_level_index_and_width),
	TEST(any_other_path_is_refused),
	TEST(no_byte_of_a_path_can_be_another),
	TEST(a_tree_of_70000_has_the_tiles_of_the_specification),
	TEST(whole_tiles_leave_no_partial_one_below),
	TEST(the_largest_tree_has_tiles_up_to_the_last_level),
	TEST(a_subtree_is_found_in_the_tile_of_its_level),
	TEST(a_subtree_and_its_hashes_cover_the_same_leaves),
	TEST(the_root_of_hashes_is_that_of_the_tree_over_them),
	TEST(what_is_put_into_a_bundle_comes_out_of_it),
	TEST(a_leaf_above_the_limit_is_not_put),
	TEST(a_leaf_that_does_not_fit_is_not_begun),
	TEST(a_bundle_cut_in_the_middle_is_seen),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tile", tests, NULL, NULL);
}
