/* Roots of subtrees read from the log's files, for whoever makes proofs beside the tree's thread.
 *
 * The last few tiles stay in memory with every hash above them, so that proofs of neighbours cost
 * little.  Files are not believed: what is made from them is to be checked against a signed root
 * before it is handed out.
 *
 * Ownership: the directory's name is borrowed.  Threads: one at a time; each may have its own.
 */
#ifndef TRAIL_TILE_SOURCE_H
#define TRAIL_TILE_SOURCE_H

#include "proto/tile.h"

enum { TILE_SOURCE_TILES = 8 };

struct tile_source {
	const char *directory;
	unsigned next; /* the place that gives way */
	struct tile_read {
		struct tile_id id;
		unsigned count;                              /* hashes its file had; 0 = none was read */
		struct merkle_hash nodes[2 * TILE_WIDTH];    /* 1 = the root, i's children 2i and 2i + 1 */
	} tiles[TILE_SOURCE_TILES];
};

void tile_source_init(struct tile_source *s, const char *directory);
/* A merkle_subtree_fn with the source as argument.  ERR_DAMAGED when a file has not all of it;
 * ERR_SYSTEM, ERR_MEMORY. */
MUST_CHECK int tile_source_subtree(void *source, unsigned level, uint64_t index,
	struct merkle_hash *ret);

#endif
