/* The walk over the leaves, tile by tile.
 *
 * Each tile of leaves is held against the tile of their hashes, and both against the hash of that
 * tile in the level above: whichever of the two agrees with it is right, so that what is told is
 * what was altered.  The last tile has none above it; there the root decides.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/audit_log.h"
#include "client-sdk/cli/say.h"

/* One tile of leaves being looked at. */
struct walk_tile {
	struct tile_id id;       /* of its hashes */
	struct buffer bundle;
	struct audit_leaves leaves;
	struct merkle_hash made[TILE_WIDTH];  /* from the leaves */
	struct merkle_hash said[TILE_WIDTH];  /* by the tile of hashes */
	bool has_leaves, has_said, agrees;
};

struct walk {
	struct audit_log *log;
	struct merkle_run left;  /* what comes before the first tile, and grows */
	struct leaf_run run, scratch;
	bool left_is_lost;
	struct walk_tile tile;
};

/* ---- one tile ---- */

static bool bundle_take(struct walk_tile *t)
{
	struct reader reader;

	reader_init(&reader, slice_of(t->bundle.data, t->bundle.len));
	for (unsigned i = 0; i < t->leaves.count; i++)
		if (!tile_entry_next(&reader, &t->leaves.leaves[i]))
			return false;
	return true;
}

static int tile_read(struct walk *w, uint64_t index)
{
	struct walk_tile *t = &w->tile;
	const struct audit_tile *said;
	struct tile_id entries;
	int r;

	t->id = (struct tile_id){0, index, tile_width_in(w->log->checkpoint.size, 0, index)};
	t->leaves.first = index * TILE_WIDTH;
	t->leaves.count = t->id.width;
	said = audit_tile_fetch(w->log, 0, index, &r);
	if (r != 0)
		return r;
	t->has_said = said != NULL;
	if (said)
		memcpy(t->said, said->hashes, t->id.width * sizeof(t->said[0]));
	entries = t->id;
	entries.level = TILE_LEVEL_ENTRIES;
	buffer_clear(&t->bundle);
	r = audit_tile_bytes(w->log, entries, &t->bundle);
	if (r > 0)
		return r;
	t->has_leaves = r == 0 && bundle_take(t);
	if (!t->has_leaves)
		audit_tell_tile(w->log, &entries, "a tile of leaves",
			r == 0 ? "fewer leaves than the log has" : "no such file");
	t->agrees = t->has_leaves && t->has_said;
	for (unsigned i = 0; t->has_leaves && i < t->leaves.count; i++) {
		hasher_leaf(w->log->hasher, t->leaves.leaves[i], &t->made[i]);
		t->agrees = t->agrees && merkle_hash_equal(&t->made[i], &t->said[i]);
	}
	return 0;
}

/* ---- what was altered ---- */

static void tell_leaves(struct walk *w)
{
	const struct walk_tile *t = &w->tile;

	for (unsigned i = 0; i < t->leaves.count; i++) {
		struct discrepancy d = {.kind = "leaf-altered", .has_index = true,
			.index = t->leaves.first + i, .subject = ""};

		if (merkle_hash_equal(&t->made[i], &t->said[i]))
			continue;
		hex_format(t->said[i].bytes, SHA256_LEN, d.expected);
		hex_format(t->made[i].bytes, SHA256_LEN, d.found);
		audit_tell(w->log->fold, &d);
	}
}

static void tell_hashes(struct walk *w)
{
	const struct walk_tile *t = &w->tile;

	for (unsigned i = 0; i < t->leaves.count; i++) {
		char expected[2 * SHA256_LEN + 1], found[2 * SHA256_LEN + 1];

		if (merkle_hash_equal(&t->made[i], &t->said[i]))
			continue;
		hex_format(t->made[i].bytes, SHA256_LEN, expected);
		hex_format(t->said[i].bytes, SHA256_LEN, found);
		audit_tell_tile(w->log, &t->id, expected, found);
	}
}

/* Which of the two is the log's?  `made_holds`, `said_holds`: what stands above agrees with it. */
static void tile_decide(struct walk *w, bool made_holds, bool said_holds)
{
	struct walk_tile *t = &w->tile;
	bool use_said = t->has_said && (!t->has_leaves || (said_holds && !made_holds));

	if (t->has_leaves && t->has_said && !t->agrees) {
		if (!made_holds)
			tell_leaves(w);
		if (!said_holds)
			tell_hashes(w);
	}
	for (unsigned i = 0; i < t->leaves.count; i++) {
		t->leaves.hashes[i] = use_said ? t->said[i] : t->made[i];
		t->leaves.is_good[i] = t->has_leaves &&
			merkle_hash_equal(&t->leaves.hashes[i], &t->made[i]);
	}
}

/* ---- the levels above ---- */

/* A hash of this level as it follows from below; whole tiles lead on to the next. */
static int level_push(struct audit_log *log, int level, uint64_t index,
	const struct merkle_hash *hash, bool is_told)
{
	struct audit_level *at = &log->levels[level];
	unsigned place = (unsigned)(index % TILE_WIDTH);
	const struct audit_tile *tile;
	struct merkle_hash root;
	int r;

	if (place == 0)
		*at = (struct audit_level){.is_whole = true};
	at->is_whole = at->is_whole && at->count == place;
	at->hashes[place] = *hash;
	at->count = place + 1;
	tile = audit_tile_fetch(log, level, index / TILE_WIDTH, &r);
	if (r != 0)
		return r;
	if (tile && !is_told && !merkle_hash_equal(&tile->hashes[place], hash)) {
		char expected[2 * SHA256_LEN + 1], found[2 * SHA256_LEN + 1];

		hex_format(hash->bytes, SHA256_LEN, expected);
		hex_format(tile->hashes[place].bytes, SHA256_LEN, found);
		audit_tell_tile(log, &tile->id, expected, found);
	}
	if (!at->is_whole || at->count < TILE_WIDTH || level == TILE_LEVEL_MAX)
		return 0;
	hasher_subtree(log->hasher, at->hashes, TILE_WIDTH, &root);
	return level_push(log, level + 1, index / TILE_WIDTH, &root, false);
}

static int full_tile_judge(struct walk *w)
{
	struct walk_tile *t = &w->tile;
	struct merkle_hash made, said, chosen;
	const struct audit_tile *above;
	bool made_holds, said_holds;
	int r;

	hasher_subtree(w->log->hasher, t->made, TILE_WIDTH, &made);
	hasher_subtree(w->log->hasher, t->said, TILE_WIDTH, &said);
	above = audit_tile_fetch(w->log, 1, t->id.index / TILE_WIDTH, &r);
	if (r != 0)
		return r;
	made_holds = above && merkle_hash_equal(&above->hashes[t->id.index % TILE_WIDTH], &made);
	said_holds = above && merkle_hash_equal(&above->hashes[t->id.index % TILE_WIDTH], &said);
	tile_decide(w, made_holds, said_holds);
	hasher_subtree(w->log->hasher, t->leaves.hashes, TILE_WIDTH, &chosen);
	/* Two against each other and against the one above: all that is known is told already. */
	return level_push(w->log, 1, t->id.index, &chosen, !t->agrees);
}

/* ---- the end ---- */

/* Whether the run with these hashes behind it is the signed tree. */
static bool leads_to_root(struct walk *w, const struct merkle_hash *tail, unsigned count)
{
	struct leaf_run *run = &w->scratch;
	struct merkle_run whole = w->left;
	struct merkle_hash root;

	*run = w->run;
	for (unsigned i = 0; i < count; i++)
		leaf_run_add(run, w->log->hasher, &tail[i]);
	leaf_run_close(run, w->log->hasher);
	if (w->left_is_lost || !merkle_run_join(&whole, &run->run))
		return false;
	merkle_run_root(&whole, &root);
	return merkle_hash_equal(&root, &w->log->checkpoint.root);
}

static void root_tell(struct walk *w)
{
	char root[2 * SHA256_LEN + 1];
	struct discrepancy d = {.kind = "tile-altered", .subject = "tile/"};

	hex_format(w->log->checkpoint.root.bytes, SHA256_LEN, root);
	(void)snprintf(d.expected, sizeof(d.expected), "leaves and hashes that lead to root %s", root);
	(void)snprintf(d.found, sizeof(d.found), "others");
	audit_tell(w->log->fold, &d);
}

/* The tile at the edge: the root decides. */
static void last_tile_judge(struct walk *w)
{
	const struct walk_tile *t = &w->tile;
	bool made_holds = t->has_leaves && leads_to_root(w, t->made, t->leaves.count);
	bool said_holds = t->has_said && leads_to_root(w, t->said, t->leaves.count);

	tile_decide(w, made_holds, said_holds);
	w->log->is_sound = made_holds || said_holds;
}

/* ---- all of it ---- */

static int tile_walk(struct walk *w, uint64_t index, audit_leaves_fn on_leaves, void *user)
{
	struct walk_tile *t = &w->tile;
	bool is_full;
	int r = tile_read(w, index);

	if (r != 0)
		return r;
	is_full = t->id.width == TILE_WIDTH;
	if (!t->has_leaves)
		memcpy(t->made, t->said, sizeof(t->made)); /* so that the tree can go on */
	if (!t->has_said)
		memcpy(t->said, t->made, sizeof(t->said));
	if (is_full)
		r = full_tile_judge(w);
	else
		last_tile_judge(w);
	if (r != 0)
		return r;
	for (unsigned i = 0; is_full && i < t->leaves.count; i++)
		leaf_run_add(&w->run, w->log->hasher, &t->leaves.hashes[i]);
	if (!t->has_leaves)
		for (unsigned i = 0; i < t->leaves.count; i++)
			t->leaves.leaves[i] = slice_of(NULL, 0);
	return on_leaves(&t->leaves, user);
}

/* The tree before the first tile, from the tiles above. */
static int left_make(struct walk *w, uint64_t begin)
{
	int r = merkle_run_make(0, begin, audit_subtree, w->log, &w->left);

	w->left_is_lost = r < 0;
	return r < 0 && r != AUDIT_TILE_MISSING ? -r : 0;
}

int audit_log_walk(struct audit_log *log, uint64_t from, audit_leaves_fn on_leaves, void *user)
{
	uint64_t size = log->checkpoint.size, first = from / TILE_WIDTH;
	struct walk *w = calloc(1, sizeof(*w));
	int r = w ? 0 : fail(EXIT_FAULT, "memory is short", "内存不足");

	log->is_sound = false;
	memset(log->levels, 0, sizeof(log->levels));
	if (r == 0) {
		w->log = log;
		leaf_run_init(&w->run, first * TILE_WIDTH);
		r = left_make(w, first * TILE_WIDTH);
	}
	for (uint64_t index = first; r == 0 && index * TILE_WIDTH < size; index++)
		r = tile_walk(w, index, on_leaves, user);
	if (r == 0 && size % TILE_WIDTH == 0)
		log->is_sound = leads_to_root(w, NULL, 0);
	if (r == 0 && !log->is_sound)
		root_tell(w);
	if (w)
		buffer_clear(&w->tile.bundle);
	free(w);
	return r;
}
