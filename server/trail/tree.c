/* Per level the tile at the right edge lies in memory, too; everything left of it is read when a
 * proof needs it. */
#include "trail/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "trail/tree_file.h"

enum { TREE_LEVELS = TILE_LEVEL_MAX + 1, TREE_BUNDLE_MAX = TILE_WIDTH * (TILE_ENTRY_MAX + 2) };

/* The right edge of one level. */
struct edge {
	uint64_t index;     /* of the tile */
	unsigned width;     /* hashes in it, 0 .. TILE_WIDTH - 1 */
	unsigned written;   /* of these, in the file */
	struct merkle_hash hashes[TILE_WIDTH];
};

struct tree {
	char directory[TREE_PATH_MAX];
	uint64_t size;
	struct edge edges[TREE_LEVELS];
	/* leaves of the entries tile that are not in its file yet, and the bytes of those that are */
	uint8_t *bundle;
	struct writer entries;
	size_t entries_len;
	bool failed; /* a file could not be written: nothing more is, until the tree is opened again */
};

/* ---- writing ------------------------------------------------------------------------------- */

static int edge_write(struct tree *t, int level)
{
	struct edge *e = &t->edges[level];
	struct tile_id id = {level, e->index, TILE_WIDTH};
	size_t at = e->written * sizeof(e->hashes[0]);
	int r;

	if (e->written == e->width)
		return 0;
	r = tree_file_write(t->directory, &id, at, slice_of(&e->hashes[e->written],
		(e->width - e->written) * sizeof(e->hashes[0])));
	if (r == 0)
		e->written = e->width;
	return r;
}

static int entries_write(struct tree *t)
{
	struct slice bytes = writer_written(&t->entries);
	struct tile_id id = {TILE_LEVEL_ENTRIES, t->edges[0].index, TILE_WIDTH};
	int r = bytes.len == 0 ? 0 : tree_file_write(t->directory, &id, t->entries_len, bytes);

	if (r < 0)
		return r;
	t->entries_len += bytes.len;
	writer_init(&t->entries, t->bundle, TREE_BUNDLE_MAX);
	return 0;
}

/* The full tile, and with the leaves' hashes the leaves. */
static int edge_complete(struct tree *t, int level)
{
	struct tile_id id = {level, t->edges[level].index, TILE_WIDTH};
	struct tile_id entries = {TILE_LEVEL_ENTRIES, id.index, TILE_WIDTH};
	int r = 0;

	if (level == 0) {
		r = entries_write(t);
		if (r == 0)
			r = tree_file_sync(t->directory, &entries);
		t->entries_len = 0; /* of the next one */
	}
	if (r == 0)
		r = edge_write(t, level);
	return r < 0 ? r : tree_file_sync(t->directory, &id);
}

/* A hash joins a level; a tile that is full becomes one hash of the level above. */
static int edge_add(struct tree *t, int level, const struct merkle_hash *hash)
{
	struct edge *e = &t->edges[level];
	struct merkle_hash root;
	int r;

	e->hashes[e->width++] = *hash;
	if (e->width < TILE_WIDTH)
		return 0;
	r = edge_complete(t, level);
	if (r < 0)
		return r;
	tile_subtree_root(e->hashes, TILE_WIDTH, &root);
	e->index++;
	e->width = e->written = 0;
	ensure(level < TILE_LEVEL_MAX);
	return edge_add(t, level + 1, &root);
}

int tree_add(struct tree *t, const struct merkle_hash *hash, struct slice leaf)
{
	int r;

	if (t->failed)
		return ERR_SYSTEM;
	tile_entry_put(&t->entries, leaf);
	ensure(!t->entries.failed); /* the bundle has room for the longest ones */
	t->size++;
	r = edge_add(t, 0, hash);
	t->failed = r < 0;
	return r;
}

int tree_flush(struct tree *t)
{
	int r = t->failed ? ERR_SYSTEM : entries_write(t);

	for (int level = 0; r == 0 && level < TREE_LEVELS; level++)
		r = edge_write(t, level);
	t->failed = r < 0;
	return r;
}

int tree_publish(struct tree *t, struct slice note)
{
	return tree_file_replace(t->directory, "checkpoint", note);
}

/* ---- reading ------------------------------------------------------------------------------- */

uint64_t tree_size(const struct tree *t)
{
	return t->size;
}

int tree_subtree(void *tree, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	struct tree *t = tree;
	struct merkle_hash hashes[TILE_WIDTH];
	unsigned first, count;
	struct tile_id id;
	int r;

	tile_of_subtree(level, index, &id, &first, &count);
	ensure(id.level <= TILE_LEVEL_MAX);
	if (id.index == t->edges[id.level].index && first + count <= t->edges[id.level].width) {
		tile_subtree_root(&t->edges[id.level].hashes[first], count, ret);
		return 0;
	}
	r = tree_file_hashes(t->directory, &id, first, count, hashes);
	if (r == 0)
		tile_subtree_root(hashes, count, ret);
	return r;
}

/* ---- opening ------------------------------------------------------------------------------- */

static bool tile_is_full(const struct tree *t, int level, uint64_t index)
{
	struct tile_id id = {level, index, TILE_WIDTH};

	return tree_file_width(t->directory, &id) == TILE_WIDTH;
}

/* The first level-0 tile that is not full, if those that are come first. */
static uint64_t first_partial(const struct tree *t)
{
	uint64_t full = 0, beyond = 1;

	while (tile_is_full(t, 0, beyond - 1)) {
		full = beyond;
		beyond *= 2;
	}
	while (full + 1 < beyond) { /* tiles up to `full` are full, that before `beyond` is not */
		uint64_t middle = full + (beyond - full) / 2;

		if (tile_is_full(t, 0, middle - 1))
			full = middle;
		else
			beyond = middle;
	}
	return full;
}

/* The first level-0 tile that is not full although a level above would have to be made from it. */
static uint64_t first_missing(const struct tree *t, uint64_t full)
{
	for (uint64_t i = 0; i < full; i++) {
		if (i % TILE_WIDTH == 0 && full - i >= TILE_WIDTH && tile_is_full(t, 1, i / TILE_WIDTH))
			i += TILE_WIDTH - 1;
		else if (!tile_is_full(t, 0, i))
			return i;
	}
	return full;
}

/* The last tile and its leaves end at the same leaf: the last whose hash is that of its bytes. */
static int edge_load(struct tree *t, uint64_t index)
{
	struct tile_id id = {0, index, TILE_WIDTH}, entries = {TILE_LEVEL_ENTRIES, index, TILE_WIDTH};
	unsigned width = tree_file_width(t->directory, &id), there, good = 0;
	struct merkle_hash leaves[TILE_WIDTH];
	struct edge *e = &t->edges[0];
	int r = tree_file_leaves(t->directory, &entries, width, leaves, &there, &t->entries_len);

	if (r == 0 && there > 0)
		r = tree_file_hashes(t->directory, &id, 0, there, e->hashes);
	if (r < 0)
		return r;
	while (good < there && merkle_hash_equal(&leaves[good], &e->hashes[good]))
		good++;
	if (good < there)
		r = tree_file_leaves(t->directory, &entries, good, leaves, &there, &t->entries_len);
	e->index = index;
	e->width = e->written = good;
	t->size = index * TILE_WIDTH + good;
	return r;
}

/* What only the tile has, or only its leaves, is cut off. */
static int edge_cut(struct tree *t)
{
	struct edge *e = &t->edges[0];
	struct tile_id id = {0, e->index, TILE_WIDTH};
	struct tile_id entries = {TILE_LEVEL_ENTRIES, e->index, TILE_WIDTH};
	int r = tree_file_cut(t->directory, &id, e->width * SHA256_LEN);

	return r < 0 ? r : tree_file_cut(t->directory, &entries, t->entries_len);
}

/* The right edge of the leaves.  The last full tile may not have reached the disk whole, when the
 * power went before the next one was begun. */
static int edge_find(struct tree *t)
{
	uint64_t full = first_missing(t, first_partial(t));
	int r = full == 0 ? 0 : edge_load(t, full - 1);

	if (r == 0 && (full == 0 || t->edges[0].width == TILE_WIDTH))
		r = edge_load(t, full);
	return r < 0 ? r : edge_cut(t);
}

/* `count` hashes of a tile above, from the full tiles below it. */
static int tile_derive(const struct tree *t, const struct tile_id *id, unsigned count,
	struct merkle_hash *ret)
{
	struct merkle_hash hashes[TILE_WIDTH];

	for (unsigned i = 0; i < count; i++) {
		struct tile_id below = {id->level - 1, id->index * TILE_WIDTH + i, TILE_WIDTH};
		int r = tree_file_hashes(t->directory, &below, 0, TILE_WIDTH, hashes);

		if (r < 0)
			return r;
		tile_subtree_root(hashes, TILE_WIDTH, &ret[i]);
	}
	return 0;
}

/* A full tile above that was not written to its end. */
static int tile_mend(const struct tree *t, const struct tile_id *id)
{
	struct merkle_hash hashes[TILE_WIDTH];
	int r = tile_derive(t, id, TILE_WIDTH, hashes);

	if (r == 0)
		r = tree_file_write(t->directory, id, 0, slice_of(hashes, sizeof(hashes)));
	return r < 0 ? r : tree_file_sync(t->directory, id);
}

/* A level above: its last tile from those below it, whatever its own file says. */
static int edge_derive(struct tree *t, int level)
{
	struct edge *e = &t->edges[level];
	uint64_t count = t->size >> (TILE_HEIGHT * level);
	struct tile_id id = {level, 0, TILE_WIDTH};
	int r = 0;

	e->index = count / TILE_WIDTH;
	e->width = (unsigned)(count % TILE_WIDTH);
	e->written = 0;
	for (; r == 0 && id.index < e->index; id.index++)
		if (!tile_is_full(t, level, id.index))
			r = tile_mend(t, &id);
	if (r == 0)
		r = tile_derive(t, &id, e->width, e->hashes);
	if (r == 0)
		r = tree_file_cut(t->directory, &id, 0);
	return r < 0 ? r : edge_write(t, level);
}

static int tree_load(struct tree *t)
{
	int r = tree_file_begin(t->directory);

	if (r == 0)
		r = edge_find(t);
	for (int level = 1; r == 0 && level < TREE_LEVELS; level++)
		r = edge_derive(t, level);
	return r;
}

int tree_open(struct tree **ret, const char *directory, char problem[TREE_PROBLEM_MAX])
{
	struct tree *t = calloc(1, sizeof(*t));
	int r = ERR_MEMORY;

	if (t != NULL && (t->bundle = malloc(TREE_BUNDLE_MAX)) != NULL) {
		ensure(strlen(directory) + TILE_PATH_MAX < sizeof(t->directory));
		memcpy(t->directory, directory, strlen(directory) + 1);
		writer_init(&t->entries, t->bundle, TREE_BUNDLE_MAX);
		r = tree_load(t);
	}
	if (r < 0) {
		snprintf(problem, TREE_PROBLEM_MAX, "could not open the log in \"%.200s\": %s", directory,
			r == ERR_SYSTEM ? strerror(errno) : err_text(r));
		tree_close(t);
		return r;
	}
	*ret = t;
	return 0;
}

void tree_close(struct tree *t)
{
	if (t == NULL)
		return;
	free(t->bundle);
	free(t);
}
