/* The published log as one export sees it: a checkpoint, and the files that lead to its root.
 *
 * Nothing is handed out that was not checked against the root: a file that is damaged makes an
 * error (ERR_DAMAGED, logged here), never a wrong proof.
 *
 * Ownership: everything lies in the request's arena.  Threads: the loop's own; the files are read
 * at once, a few tiles a page.
 */
#ifndef SERVICE_TRAIL_LOG_VIEW_H
#define SERVICE_TRAIL_LOG_VIEW_H

#include "request/request.h"
#include "trail/tile_source.h"

struct log_view {
	uint64_t size;
	struct merkle_hash root;
	struct slice note;         /* the checkpoint with its signatures; of a reopened view empty */
	struct tile_source *tiles;
};

/* The published checkpoint.  ERR_NOT_FOUND: there is none yet. */
MUST_CHECK int log_view_open(struct request *req, struct log_view *ret);
/* As it was opened before, maybe on another node.  ERR_NOT_FOUND: this node has not come so far. */
MUST_CHECK int log_view_reopen(struct request *req, uint64_t size, const struct merkle_hash *root,
	struct log_view *ret);

/* That this leaf stands at `index` < size. */
MUST_CHECK int log_view_prove(const struct log_view *v, uint64_t index,
	const struct merkle_hash *leaf, struct merkle_proof *ret);
/* That the first `old_size` leaves are the beginning of this log. */
MUST_CHECK int log_view_consistency(const struct log_view *v, uint64_t old_size,
	struct merkle_proof *ret);
/* What stands left of `from` and right of `until` <= size. */
MUST_CHECK int log_view_around(const struct log_view *v, uint64_t from, uint64_t until,
	struct merkle_run *ret_left, struct merkle_run *ret_right);
/* Whether these are the log's leaves from run->begin on. */
MUST_CHECK int log_view_check(const struct log_view *v, const struct merkle_run *run);
/* The leaves of one tile of entries, in the arena: those below `size`.  *ret_bundle is read with
 * tile_entry_next(). */
MUST_CHECK int log_view_entries(struct request *req, const struct log_view *v, uint64_t tile,
	struct slice *ret_bundle);

#endif
