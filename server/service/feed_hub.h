/* The watchers of one worker: told together, by one question to the database for up to
 * FEED_ASKERS_MAX of them.
 *
 *     join --> ready --(a round asks, a page is told)--> resting --(poll_ms later)--> ready ..
 *                ^                    |
 *                +---- page was full -+
 *
 * Nobody is woken by NOTIFY: a transaction that notifies holds a lock of the whole database until
 * it is committed, so changes of prescriptions would be committed one after the other.  A question
 * each poll_ms costs as much however many changes there are, and nothing without watchers.
 *
 * A watcher keeps its place and nothing of what it was told: memory does not grow with time.  One
 * whose peer does not read is not asked for; after FEED_CLOGGED_MS it is ended.
 *
 * Ownership: a watcher is embedded in its owner and borrowed until ended() or feed_hub_leave().
 * Threads: the loop's own.
 */
#ifndef SERVICE_FEED_HUB_H
#define SERVICE_FEED_HUB_H

#include "request/request.h"
#include "store/feed.h"

enum {
	FEED_PAGE_ROWS = 32,          /* of one watcher in one round */
	FEED_PAGE_BYTES = 48 * 1024,  /* of one frame; a single event may be larger */
	FEED_CLOGGED_MS = 5 * 1000,   /* a peer that does not read is waited for */
	FEED_ROUND_MS = 5 * 1000,     /* deadline of a round's question */
	FEED_POLL_MS_MAX = 10 * 1000,
};

struct feed_watcher {
	struct request *req;      /* with part() and is_clogged() */
	struct feed_place place;  /* told up to here */
	int64_t heartbeat_ms;
	/* Told once, from the hub's own turn: at the deadline with STATUS_OK, else why. */
	void (*ended)(struct feed_watcher *w, enum status_reason reason);

	/* the hub's own */
	struct list link;
	size_t in_round;          /* place in the running round + 1; 0 = in none */
	int64_t due_mono_ms, said_mono_ms, clogged_mono_ms;
};

struct feed_hub;
/* The lane must be a read lane.  ERR_MEMORY. */
MUST_CHECK int feed_hub_open(struct feed_hub **ret, struct loop *loop, struct pg_lane *lane,
	const struct keyring *keys, int64_t poll_ms);
/* No watcher may be left; the lane is closed afterwards, then the hub may be freed. */
void feed_hub_close(struct feed_hub *hub);
void feed_hub_free(struct feed_hub *hub); /* NULL ok */

void feed_hub_join(struct feed_hub *hub, struct feed_watcher *w);
/* Without ended(). */
void feed_hub_leave(struct feed_hub *hub, struct feed_watcher *w);

#endif
