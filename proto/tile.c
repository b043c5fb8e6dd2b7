/* Paths of tiles, which tile holds what, and bundles of leaves. */
#include "proto/tile.h"

#include <stdio.h>
#include <string.h>

#include "proto/lines.h"

enum {
	GROUP = 1000,      /* three digits of an index */
	GROUPS_MAX = 7,    /* of 2^64 - 1 */
};

static_assert(sizeof("tile/entries/") - 1 + GROUPS_MAX * 5 + sizeof(".p/255") <= TILE_PATH_MAX,
	"the longest path fits");
static_assert(MERKLE_LEVELS <= (TILE_LEVEL_MAX + 1) * TILE_HEIGHT, "every level lies in a tile");

static void put_index(struct writer *w, uint64_t index)
{
	unsigned groups[GROUPS_MAX], count = 0;

	do {
		groups[count++] = (unsigned)(index % GROUP);
		index /= GROUP;
	} while (index > 0);
	while (count-- > 0) {
		char text[sizeof("x000/")];

		(void)snprintf(text, sizeof(text), count > 0 ? "x%03u/" : "%03u", groups[count] % GROUP);
		writer_text(w, text);
	}
}

void tile_path(char path[TILE_PATH_MAX], const struct tile_id *id)
{
	struct writer w;

	writer_init(&w, (uint8_t *)path, TILE_PATH_MAX);
	writer_text(&w, "tile/");
	if (id->level == TILE_LEVEL_ENTRIES)
		writer_text(&w, "entries");
	else
		line_put_decimal(&w, (uint64_t)id->level);
	writer_text(&w, "/");
	put_index(&w, id->index);
	if (id->width != TILE_WIDTH) {
		writer_text(&w, ".p/");
		line_put_decimal(&w, id->width);
	}
	writer_u8(&w, 0);
}

/* Take the decimal digits off the front, however they are written; false when there are none or
 * their number is above `max`. */
static bool take_number(struct slice *rest, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	size_t len = 0;

	for (; len < rest->len && rest->data[len] >= '0' && rest->data[len] <= '9'; len++) {
		v = v * 10 + (uint64_t)(rest->data[len] - '0');
		if (v > max)
			return false;
	}
	if (len == 0)
		return false;
	*rest = slice_of(rest->data + len, rest->len - len);
	*ret = v;
	return true;
}

static bool take_level(struct slice *rest, int *ret)
{
	uint64_t level;

	if (line_skip(rest, "entries/")) {
		*ret = TILE_LEVEL_ENTRIES;
		return true;
	}
	if (!take_number(rest, TILE_LEVEL_MAX, &level) || !line_skip(rest, "/"))
		return false;
	*ret = (int)level;
	return true;
}

static bool take_index(struct slice *rest, uint64_t *ret)
{
	uint64_t index = 0, group;
	bool is_last;

	do {
		is_last = !line_skip(rest, "x");
		if (!take_number(rest, GROUP - 1, &group) ||
			__builtin_mul_overflow(index, GROUP, &index) ||
			__builtin_add_overflow(index, group, &index))
			return false;
		if (!is_last && !line_skip(rest, "/"))
			return false;
	} while (!is_last);
	*ret = index;
	return true;
}

bool tile_path_parse(const char *path, struct tile_id *ret)
{
	struct slice rest = slice_of_text(path);
	struct tile_id id = {.width = TILE_WIDTH};
	uint64_t width;
	char same[TILE_PATH_MAX];

	if (rest.len >= TILE_PATH_MAX || !line_skip(&rest, "tile/") ||
		!take_level(&rest, &id.level) || !take_index(&rest, &id.index))
		return false;
	if (line_skip(&rest, ".p/")) {
		if (!take_number(&rest, TILE_WIDTH - 1, &width) || width == 0)
			return false;
		id.width = (unsigned)width;
	}
	/* What is left to be seen: zeroes too many or too few, and whatever stands behind. */
	tile_path(same, &id);
	if (strcmp(same, path) != 0)
		return false;
	*ret = id;
	return true;
}

/* Hashes of a level in a tree of `size` leaves. */
static uint64_t hashes_of_level(uint64_t size, int level)
{
	if (level == TILE_LEVEL_ENTRIES)
		return size;
	return level > TILE_LEVEL_MAX ? 0 : size >> TILE_HEIGHT * level;
}

unsigned tile_partial_width(uint64_t size, int level)
{
	return (unsigned)(hashes_of_level(size, level) % TILE_WIDTH);
}

unsigned tile_width_in(uint64_t size, int level, uint64_t index)
{
	uint64_t full = hashes_of_level(size, level) / TILE_WIDTH;

	if (index < full)
		return TILE_WIDTH;
	return index == full ? tile_partial_width(size, level) : 0;
}

void tile_of_subtree(unsigned level, uint64_t index, struct tile_id *ret, unsigned *ret_first,
	unsigned *ret_count)
{
	unsigned height = level % TILE_HEIGHT;
	uint64_t first = index << height;

	*ret = (struct tile_id){
		.level = (int)(level / TILE_HEIGHT),
		.index = first / TILE_WIDTH,
		.width = TILE_WIDTH,
	};
	*ret_first = (unsigned)(first % TILE_WIDTH);
	*ret_count = 1U << height;
}

void tile_subtree_root(const struct merkle_hash *hashes, unsigned count, struct merkle_hash *ret)
{
	struct merkle_run run;

	merkle_run_init(&run, 0);
	for (unsigned i = 0; i < count; i++)
		merkle_run_add(&run, &hashes[i]);
	merkle_run_root(&run, ret);
}

bool tile_entry_next(struct reader *bundle, struct slice *ret_leaf)
{
	if (bundle->failed || bundle->left == 0)
		return false;

	struct slice leaf = reader_slice(bundle, reader_u16(bundle));

	if (bundle->failed)
		return false;
	*ret_leaf = leaf;
	return true;
}

void tile_entry_put(struct writer *bundle, struct slice leaf)
{
	/* All of it or nothing: a length without its leaf would be taken for another leaf's. */
	if (leaf.len > TILE_ENTRY_MAX || bundle->failed ||
		bundle->cap - bundle->used < sizeof(uint16_t) + leaf.len) {
		bundle->failed = true;
		return;
	}
	writer_u16(bundle, (uint16_t)leaf.len);
	writer_slice(bundle, leaf);
}
