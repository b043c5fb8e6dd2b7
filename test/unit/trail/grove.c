#include "test/unit/trail/grove.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/tap.h"

/* ---- files --------------------------------------------------------------------------------- */

void folder_make(char folder[GROVE_FOLDER_MAX])
{
	snprintf(folder, GROVE_FOLDER_MAX, "/tmp/test-trail-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void folder_remove(const char *folder)
{
	assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static unsigned counted;
static size_t counted_bytes;

static int count_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)path;
	(void)at;
	if (flag == FTW_F) {
		counted++;
		counted_bytes += (size_t)st->st_size;
	}
	return 0;
}

unsigned folder_count(const char *folder, size_t *ret_bytes)
{
	counted = 0;
	counted_bytes = 0;
	assert_int_equal(nftw(folder, count_one, 16, FTW_PHYS), 0);
	*ret_bytes = counted_bytes;
	return counted;
}

const char *file_path(const char *folder, const char *name)
{
	static char paths[4][GROVE_PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	assert_true(snprintf(path, GROVE_PATH_MAX, "%s/%s", folder, name) < GROVE_PATH_MAX);
	return path;
}

long file_len(const char *folder, const char *name)
{
	struct stat st;

	return stat(file_path(folder, name), &st) < 0 ? -1 : (long)st.st_size;
}

void file_set_len(const char *folder, const char *name, size_t len)
{
	assert_int_equal(truncate(file_path(folder, name), (off_t)len), 0);
}

void file_put(const char *folder, const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(file_path(folder, name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void file_flip(const char *folder, const char *name, size_t at)
{
	int fd = open(file_path(folder, name), O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	assert_int_equal(close(fd), 0);
}

/* ---- leaves -------------------------------------------------------------------------------- */

struct slice leaf_of(uint64_t index, uint8_t room[GROVE_LEAF_MAX])
{
	int len = snprintf((char *)room, GROVE_LEAF_MAX, "leaf %llu %.*s", (unsigned long long)index,
		(int)(index % 11), "..........");

	return slice_of(room, (size_t)len);
}

void leaf_hash_of(uint64_t index, struct merkle_hash *ret)
{
	uint8_t room[GROVE_LEAF_MAX];

	merkle_leaf_hash(ret, leaf_of(index, room));
}

void root_of(uint64_t size, struct merkle_hash *ret)
{
	struct merkle_run run;

	merkle_run_init(&run, 0);
	for (uint64_t i = 0; i < size; i++) {
		struct merkle_hash leaf;

		leaf_hash_of(i, &leaf);
		merkle_run_add(&run, &leaf);
	}
	merkle_run_root(&run, ret);
}

/* ---- trees --------------------------------------------------------------------------------- */

struct tree *tree_of(const char *folder)
{
	char problem[TREE_PROBLEM_MAX] = "";
	struct tree *t = NULL;

	if (tree_open(&t, folder, problem) < 0)
		fail_msg("%s", problem);
	return t;
}

void tree_grow(struct tree *t, uint64_t size)
{
	while (tree_size(t) < size) {
		uint8_t room[GROVE_LEAF_MAX];
		struct merkle_hash hash;
		uint64_t index = tree_size(t);

		leaf_hash_of(index, &hash);
		assert_int_equal(tree_add(t, &hash, leaf_of(index, room)), 0);
	}
	assert_int_equal(tree_flush(t), 0);
}

void assert_tree_whole(struct tree *t)
{
	struct merkle_hash root, wanted;

	root_of(tree_size(t), &wanted);
	assert_int_equal(merkle_root_make(tree_size(t), tree_subtree, t, &root), 0);
	assert_memory_equal(root.bytes, wanted.bytes, sizeof(root.bytes));
}

size_t leaves_len(uint64_t first, uint64_t end)
{
	uint8_t room[GROVE_LEAF_MAX];
	size_t len = 0;

	for (uint64_t i = first; i < end; i++)
		len += 2 + leaf_of(i, room).len;
	return len;
}

static void assert_tile_len(const char *folder, int level, uint64_t index, size_t len)
{
	struct tile_id id = {level, index, TILE_WIDTH};
	char name[TILE_PATH_MAX];

	tile_path(name, &id);
	if (file_len(folder, name) != (long)len)
		fail_msg("%s has %ld bytes, not %zu", name, file_len(folder, name), len);
}

/* Every file there is has exactly what a tree of that size has, and there is no other. */
void assert_geometry(const char *folder, uint64_t size)
{
	size_t bytes = 0, found;
	unsigned files = 0, is_there;

	for (int level = TILE_LEVEL_ENTRIES; level <= TILE_LEVEL_MAX; level++) {
		for (uint64_t i = 0; (is_there = tile_width_in(size, level, i)) > 0; i++) {
			uint64_t first = i * TILE_WIDTH;
			size_t len = level == TILE_LEVEL_ENTRIES ? leaves_len(first, first + is_there) :
				is_there * SHA256_LEN;

			assert_tile_len(folder, level, i, len);
			bytes += len;
			files++;
		}
	}
	/* An empty file of a tile that has just been filled, or cut, is none. */
	assert_true(folder_count(folder, &found) >= files);
	assert_int_equal(found, bytes);
}

/* ---- dice ---------------------------------------------------------------------------------- */

static uint64_t dice_state;

void dice_seed(uint64_t seed)
{
	dice_state = seed;
}

/* SplitMix64 */
unsigned dice(unsigned sides)
{
	uint64_t z = dice_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ z >> 31) % sides);
}
