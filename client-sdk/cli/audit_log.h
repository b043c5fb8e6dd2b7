/* The log itself, from its files: checkpoint, tiles and leaves, each checked against what stands
 * above it, up to the root that the log and its witnesses signed.
 *
 * Ownership: audit_log_open() .. audit_log_close().  Threads: one at a time.
 * Errors: 0, or an exit code after saying why; what is wrong with the log is told as a discrepancy
 * and is no error.
 */
#ifndef CLI_AUDIT_LOG_H
#define CLI_AUDIT_LOG_H

#include "client-sdk/cli/audit_fold.h"
#include "client-sdk/cli/trail_source.h"
#include "client-sdk/src/hasher.h"
#include "proto/tile.h"
#include "proto/tlog_policy.h"

enum { AUDIT_TILE_MISSING = -1000 };

/* A tile of hashes, once it was fetched. */
struct audit_tile {
	struct tile_id id;
	bool is_there, was_fetched;
	struct merkle_hash hashes[TILE_WIDTH];
};

/* Hashes of one level as they are made from the level below. */
struct audit_level {
	struct merkle_hash hashes[TILE_WIDTH];
	unsigned count; /* of them, from the left edge of a tile on */
	bool is_whole;  /* none was passed over since that edge */
};

struct audit_log {
	struct trail_source *source; /* borrowed */
	const struct policy *policy; /* borrowed */
	struct audit_fold *fold;     /* borrowed; where discrepancies go */
	struct hasher *hasher;

	uint8_t note[NOTE_MAX];      /* the checkpoint, with its signatures */
	size_t note_len;
	struct checkpoint checkpoint;
	unsigned witnesses;
	uint64_t witnessed_s;

	struct audit_tile tiles[TILE_LEVEL_MAX + 1]; /* the last of each level */
	struct audit_level levels[TILE_LEVEL_MAX + 1];
	bool is_sound; /* the leaves read lead to the root */
};

CLI_CHECK int audit_log_open(struct audit_log *log, struct trail_source *source,
	const struct policy *policy, struct audit_fold *fold);
void audit_log_close(struct audit_log *log);

/* Fetch the checkpoint.  *ret_accepted: a log and a quorum of witnesses of the policy signed it;
 * otherwise that is told, and the log is as it was. */
CLI_CHECK int audit_log_checkpoint(struct audit_log *log, bool *ret_accepted);
/* Does the log continue this one?  Otherwise it was rolled back or forked, which is told. */
CLI_CHECK int audit_log_continues(struct audit_log *log, const struct checkpoint *old,
	bool *ret_continues);

/* The leaves of one tile, in order.  `is_good` says of each whether it is the log's. */
struct audit_leaves {
	uint64_t first;
	unsigned count;
	struct slice leaves[TILE_WIDTH];
	struct merkle_hash hashes[TILE_WIDTH]; /* the log's */
	bool is_good[TILE_WIDTH];
};
typedef int (*audit_leaves_fn)(const struct audit_leaves *leaves, void *user);

/* Every leaf from the tile of `from` on, with all tiles above; then log->is_sound is known. */
CLI_CHECK int audit_log_walk(struct audit_log *log, uint64_t from, audit_leaves_fn on_leaves,
	void *user);

/* For audit_log.c and audit_walk.c. */

/* The tile of hashes that has this one; NULL with *ret 0 when it is not there. */
const struct audit_tile *audit_tile_fetch(struct audit_log *log, int level, uint64_t index,
	int *ret);
/* A tile's bytes, at its width in this tree; a partial one that is gone is the front of a full one.
 * 0; -ENOENT; or an exit code. */
CLI_CHECK int audit_tile_bytes(struct audit_log *log, struct tile_id id, struct buffer *ret);
/* merkle_subtree_fn over the tiles: AUDIT_TILE_MISSING, which was told, or minus an exit code. */
CLI_CHECK int audit_subtree(void *log, unsigned level, uint64_t index, struct merkle_hash *ret);
void audit_tell_tile(struct audit_log *log, const struct tile_id *id, const char *expected,
	const char *found);

#endif
