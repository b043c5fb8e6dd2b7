#include "service/trail/log_view.h"

#include <stdlib.h>

#include "base/log.h"
#include "proto/checkpoint.h"
#include "trail/tree_file.h"

/* ---- opening ------------------------------------------------------------------------------- */

static int read_file(struct request *req, const char *path, struct slice *ret)
{
	size_t len;
	uint8_t *bytes;
	int r;

	if (req->shop->trail_directory == NULL)
		return ERR_NOT_FOUND;
	r = tree_file_read(req->shop->trail_directory, path, &bytes, &len);
	if (r < 0)
		return r;
	*ret = arena_copy(&req->arena, slice_of(bytes, len));
	free(bytes);
	return ret->len == len ? 0 : ERR_MEMORY;
}

static int damaged(const struct log_view *v, const char *what)
{
	log_error("the log's files do not lead to the checkpoint of %llu leaves: %s",
		(unsigned long long)v->size, what);
	return ERR_DAMAGED;
}

int log_view_open(struct request *req, struct log_view *ret)
{
	struct checkpoint checkpoint;
	struct note note;
	int r;

	*ret = (struct log_view){.tiles = arena_alloc(&req->arena, sizeof(*ret->tiles))};
	if (ret->tiles == NULL)
		return ERR_MEMORY;
	r = read_file(req, "checkpoint", &ret->note);
	if (r < 0)
		return r;
	if (!note_parse(&note, ret->note) || !checkpoint_parse(&checkpoint, note.text))
		return damaged(ret, "the checkpoint cannot be read");
	ret->size = checkpoint.size;
	ret->root = checkpoint.root;
	tile_source_init(ret->tiles, req->shop->trail_directory);
	return 0;
}

int log_view_reopen(struct request *req, uint64_t size, const struct merkle_hash *root,
	struct log_view *ret)
{
	int r = log_view_open(req, ret);

	if (r < 0)
		return r;
	if (ret->size < size)
		return ERR_NOT_FOUND;
	ret->size = size;
	ret->root = *root;
	ret->note = slice_of(NULL, 0);
	return 0;
}

/* ---- proofs -------------------------------------------------------------------------------- */

/* A tile that is not there, or shorter than it must be, is told; what failed for want of memory or
 * of a file handle is not the log's fault. */
static int told(const struct log_view *v, int r)
{
	return r == ERR_DAMAGED ? damaged(v, "a tile is shorter than it must be") : r;
}

int log_view_prove(const struct log_view *v, uint64_t index, const struct merkle_hash *leaf,
	struct merkle_proof *ret)
{
	int r = merkle_inclusion_make(index, v->size, tile_source_subtree, v->tiles, ret);

	if (r < 0)
		return told(v, r);
	if (merkle_inclusion_holds(leaf, index, v->size, ret, &v->root))
		return 0;
	log_error("place %llu of the log is not of the event that the tables have there",
		(unsigned long long)index);
	return damaged(v, "an event does not fit its place");
}

int log_view_consistency(const struct log_view *v, uint64_t old_size, struct merkle_proof *ret)
{
	struct merkle_hash old_root;
	int r = merkle_root_make(old_size, tile_source_subtree, v->tiles, &old_root);

	if (r == 0)
		r = merkle_consistency_make(old_size, v->size, tile_source_subtree, v->tiles, ret);
	if (r < 0)
		return told(v, r);
	if (!merkle_consistency_holds(old_size, &old_root, v->size, &v->root, ret))
		return damaged(v, "a smaller tree is not its beginning");
	return 0;
}

int log_view_check(const struct log_view *v, const struct merkle_run *run)
{
	struct merkle_run whole, right;
	struct merkle_hash root;
	int r = merkle_run_make(0, run->begin, tile_source_subtree, v->tiles, &whole);

	if (r == 0)
		r = merkle_run_make(run->end, v->size, tile_source_subtree, v->tiles, &right);
	if (r < 0)
		return told(v, r);
	if (!merkle_run_join(&whole, run) || !merkle_run_join(&whole, &right))
		return damaged(v, "its leaves do not touch");
	merkle_run_root(&whole, &root);
	return merkle_hash_equal(&root, &v->root) ? 0 : damaged(v, "leaves or tiles were altered");
}

int log_view_around(const struct log_view *v, uint64_t from, uint64_t until,
	struct merkle_run *ret_left, struct merkle_run *ret_right)
{
	struct merkle_run middle;
	int r = merkle_run_make(from, until, tile_source_subtree, v->tiles, &middle);

	if (r == 0)
		r = merkle_run_make(0, from, tile_source_subtree, v->tiles, ret_left);
	if (r == 0)
		r = merkle_run_make(until, v->size, tile_source_subtree, v->tiles, ret_right);
	return r < 0 ? told(v, r) : log_view_check(v, &middle); /* which joins the same nodes */
}

int log_view_entries(struct request *req, const struct log_view *v, uint64_t tile,
	struct slice *ret_bundle)
{
	struct tile_id id = {TILE_LEVEL_ENTRIES, tile,
		tile_width_in(v->size, TILE_LEVEL_ENTRIES, tile)};
	char path[TILE_PATH_MAX];
	int r;

	ensure(id.width > 0);
	tile_path(path, &id);
	r = read_file(req, path, ret_bundle);
	return r == ERR_NOT_FOUND ? damaged(v, "leaves are missing") : r;
}
