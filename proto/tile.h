/* Tiles: how a log lies in static files, by C2SP tlog-tiles.
 *
 *     <prefix>/checkpoint
 *     <prefix>/tile/<L>/<N>[.p/<W>]        256 hashes of level L (roots of 256^L leaves each)
 *     <prefix>/tile/entries/<N>[.p/<W>]    the leaves themselves, each after its length (uint16)
 *
 * N in groups of three digits, all but the last with an x: 1234067 is x001/x234/067.  A partial
 * tile of a tree of `size` leaves has floor(size / 256^L) mod 256 hashes.
 *
 * Ownership: nothing here owns memory.  Threads: any.  Source: c2sp.org/tlog-tiles.
 */
#ifndef PROTO_TILE_H
#define PROTO_TILE_H

#include "proto/merkle.h"

enum {
	TILE_WIDTH = 256,          /* hashes of a full tile */
	TILE_HEIGHT = 8,           /* levels of the tree in one tile */
	TILE_BYTES = TILE_WIDTH * SHA256_LEN,
	TILE_LEVEL_MAX = 7,        /* 256^8 leaves are more than any tree has */
	TILE_LEVEL_ENTRIES = -1,   /* the leaves themselves */
	TILE_PATH_MAX = 64,        /* bytes, with the NUL */
	TILE_ENTRY_MAX = 65535,    /* bytes of one leaf */
};

struct tile_id {
	int level;        /* 0 .. TILE_LEVEL_MAX, or TILE_LEVEL_ENTRIES */
	uint64_t index;
	unsigned width;   /* 1 .. TILE_WIDTH; TILE_WIDTH = full */
};

/* "tile/0/x001/067.p/112" without a leading slash. */
void tile_path(char path[TILE_PATH_MAX], const struct tile_id *id);
/* The opposite; false when it is not the one way to write a tile's path. */
MUST_CHECK bool tile_path_parse(const char *path, struct tile_id *ret);

/* Hashes of the partial tile at the right edge; 0 = there is none. */
unsigned tile_partial_width(uint64_t size, int level);
/* Width of a tile in a tree of `size` leaves: TILE_WIDTH, the partial width, or 0 = not there. */
unsigned tile_width_in(uint64_t size, int level, uint64_t index);
/* The tile (of hashes) from whose `*ret_count` hashes beginning at `*ret_first` the root of a
 * complete subtree is computed (merkle_subtree_fn's level and index).  The tile is named as a full
 * one; how wide it is says the tree's size (tile_width_in). */
void tile_of_subtree(unsigned level, uint64_t index, struct tile_id *ret, unsigned *ret_first,
	unsigned *ret_count);
/* Root of `count` hashes (a power of two). */
void tile_subtree_root(const struct merkle_hash *hashes, unsigned count, struct merkle_hash *ret);

/* One after the other out of a bundle; false at its end and when it is cut in the middle (then
 * `bundle->failed`). */
MUST_CHECK bool tile_entry_next(struct reader *bundle, struct slice *ret_leaf);
/* Append a leaf to a bundle, which fails when it is longer than TILE_ENTRY_MAX or does not fit. */
void tile_entry_put(struct writer *bundle, struct slice leaf);

#endif
