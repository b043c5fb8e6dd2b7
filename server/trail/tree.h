/* The log in files: its tiles and the leaves themselves, as they are served (proto/tile.h).
 *
 *     <directory>/tile/<L>/<N>        the tile, growing: its first W hashes are the partial .p/W
 *     <directory>/tile/entries/<N>    likewise
 *     <directory>/checkpoint          the published one, replaced whole
 *
 * A partial tile is the beginning of the full one, so nothing is written twice and no old partial
 * tiles lie about; whoever serves the files cuts them (trail/tree_file.h).
 *
 * A tile that is full is on disk for good before the next one begins.
 *
 * Files are derived.  What is lost or damaged in a crash is found when the tree is opened: it ends
 * at the last leaf whose hash is that of its bytes, and the rest is made again from the database.
 *
 * Threads: one at a time; whoever reads the files, any.
 */
#ifndef TRAIL_TREE_H
#define TRAIL_TREE_H

#include "proto/tile.h"

struct tree;

enum { TREE_PROBLEM_MAX = 300 };

/* Open what is there, or begin; a tile that was being written when the power went is cut to what is
 * whole.  ERR_SYSTEM or ERR_MEMORY, with one sentence in `problem`. */
MUST_CHECK int tree_open(struct tree **ret, const char *directory, char problem[TREE_PROBLEM_MAX]);
void tree_close(struct tree *t); /* NULL ok */

uint64_t tree_size(const struct tree *t);
/* The next leaf, at most TILE_ENTRY_MAX bytes; in the files after tree_flush().  ERR_SYSTEM:
 * nothing more can be added until the tree is opened again. */
MUST_CHECK int tree_add(struct tree *t, const struct merkle_hash *hash, struct slice leaf);
MUST_CHECK int tree_flush(struct tree *t);

/* Of flushed leaves: root and proofs; a merkle_subtree_fn with the tree as argument.  ERR_DAMAGED
 * when a file is shorter than it was. */
MUST_CHECK int tree_subtree(void *tree, unsigned level, uint64_t index, struct merkle_hash *ret);

/* Replace the checkpoint. */
MUST_CHECK int tree_publish(struct tree *t, struct slice note);

#endif
