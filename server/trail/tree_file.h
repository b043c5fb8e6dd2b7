/* Files of the log: where a tile lies, and reading and writing parts of it.
 *
 * Every function opens, acts and closes: nothing is held, and other threads may read meanwhile.
 */
#ifndef TRAIL_TREE_FILE_H
#define TRAIL_TREE_FILE_H

#include "proto/tile.h"

enum { TREE_PATH_MAX = 1200 };

/* The width of a tile does not count here: its file has the full tile's name. */

/* The directory itself, made when it is not there.  ERR_SYSTEM: nothing can be written into it. */
MUST_CHECK int tree_file_begin(const char *directory);
/* Whole hashes of a tile's file, 0 .. TILE_WIDTH. */
unsigned tree_file_width(const char *directory, const struct tile_id *id);
/* Write at an offset; directories are made.  ERR_SYSTEM. */
MUST_CHECK int tree_file_write(const char *directory, const struct tile_id *id, size_t at,
	struct slice bytes);
/* What was written stays, also when the power goes.  ERR_SYSTEM. */
MUST_CHECK int tree_file_sync(const char *directory, const struct tile_id *id);
/* Cut to `len` bytes if it is there and longer.  ERR_SYSTEM. */
MUST_CHECK int tree_file_cut(const char *directory, const struct tile_id *id, size_t len);
/* Hashes [first, first + count).  ERR_DAMAGED when they are not all there. */
MUST_CHECK int tree_file_hashes(const char *directory, const struct tile_id *id, unsigned first,
	unsigned count, struct merkle_hash *ret);
/* The hashes of the leaves of a bundle: of those that are whole, `max` at most, and in how many
 * bytes they lie.  ERR_SYSTEM, ERR_MEMORY. */
MUST_CHECK int tree_file_leaves(const char *directory, const struct tile_id *entries, unsigned max,
	struct merkle_hash *ret, unsigned *ret_count, size_t *ret_len);
/* One leaf of the log; its bytes are the caller's to free.  ERR_NOT_FOUND, ERR_SYSTEM,
 * ERR_MEMORY. */
MUST_CHECK int tree_file_entry(const char *directory, uint64_t index, uint8_t **ret,
	size_t *ret_len);
/* Replace a file of the directory whole, so that a reader sees the old or the new one. */
MUST_CHECK int tree_file_replace(const char *directory, const char *name, struct slice bytes);

/* Read a checkpoint or tile by its path ("checkpoint", "tile/0/x001/067.p/112"), for whoever serves
 * them.  The bytes are the caller's to free.  ERR_NOT_FOUND, ERR_SYSTEM, ERR_MEMORY. */
MUST_CHECK int tree_file_read(const char *directory, const char *path, uint8_t **ret,
	size_t *ret_len);

#endif
