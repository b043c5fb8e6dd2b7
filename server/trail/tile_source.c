/* Tiles as small trees. */
#include "trail/tile_source.h"

#include "base/ensure.h"
#include "base/err.h"
#include "trail/tree_file.h"

void tile_source_init(struct tile_source *s, const char *directory)
{
	s->directory = directory;
	s->next = 0;
	for (unsigned i = 0; i < TILE_SOURCE_TILES; i++)
		s->tiles[i].count = 0;
}

/* Every hash above those that are there; nodes of subtrees that are not complete are never asked
 * for. */
static void tile_grow(struct tile_read *t)
{
	for (unsigned height = 1; height <= TILE_HEIGHT; height++) {
		unsigned first = TILE_WIDTH >> height, complete = t->count >> height;

		for (unsigned i = first; i < first + complete; i++)
			merkle_node_hash(&t->nodes[i], &t->nodes[2 * i], &t->nodes[2 * i + 1]);
	}
}

static int tile_load(struct tile_source *s, const struct tile_id *id, struct tile_read **ret)
{
	struct tile_read *t = &s->tiles[s->next];
	unsigned count = tree_file_width(s->directory, id);
	int r;

	if (count == 0)
		return ERR_DAMAGED;
	t->count = 0;
	r = tree_file_hashes(s->directory, id, 0, count, &t->nodes[TILE_WIDTH]);
	if (r < 0)
		return r;
	t->id = *id;
	t->count = count;
	tile_grow(t);
	s->next = (s->next + 1) % TILE_SOURCE_TILES;
	*ret = t;
	return 0;
}

/* The tile as it is known, when it has so many hashes; a file that grew since is read again. */
static struct tile_read *tile_known(struct tile_source *s, const struct tile_id *id, unsigned count)
{
	for (unsigned i = 0; i < TILE_SOURCE_TILES; i++) {
		struct tile_read *t = &s->tiles[i];

		if (t->count >= count && t->id.level == id->level && t->id.index == id->index)
			return t;
	}
	return NULL;
}

int tile_source_subtree(void *source, unsigned level, uint64_t index, struct merkle_hash *ret)
{
	struct tile_source *s = source;
	struct tile_read *t;
	struct tile_id id;
	unsigned first, count;
	int r = 0;

	tile_of_subtree(level, index, &id, &first, &count);
	ensure(id.level <= TILE_LEVEL_MAX);
	t = tile_known(s, &id, first + count);
	if (t == NULL)
		r = tile_load(s, &id, &t);
	if (r < 0)
		return r;
	if (t->count < first + count)
		return ERR_DAMAGED;
	*ret = t->nodes[(TILE_WIDTH + first) / count];
	return 0;
}
