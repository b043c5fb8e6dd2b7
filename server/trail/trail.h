/* The trail as a log: places given out, a checkpoint signed and published, promises kept.
 *
 *     sequence --> read --> sign --> publish --> rest (interval) --> sequence ...
 *
 * Every node does this all the time.  Whoever gives places in a round has its checkpoint signed;
 * the others read along, and take over when nothing is published for a while.
 *
 * When the database's log, the files or the signer contradict each other, the trail halts and says
 * why: nothing is sequenced or published until somebody has looked (README).  Calls are served
 * meanwhile; their events wait in the queue, and receipts that are late are told of.
 *
 * Threads: the loop's own, except trail_expect(), trail_wish() and the numbers: any.
 */
#ifndef TRAIL_TRAIL_H
#define TRAIL_TRAIL_H

#include "db/pg.h"
#include "domain/event.h"
#include "trail/awaited.h"
#include "trail/signing.h"
#include "trail/tree.h"

struct trail;

enum { TRAIL_PROBLEM_MAX = TREE_PROBLEM_MAX, TRAIL_WISHES_MAX = 1024 };

struct trail_options {
	struct loop *loop;
	struct pg_lane *read, *write;  /* of the same loop */
	const char *directory;
	const char *signer;
	const struct policy *policy;   /* outlives the trail */
	int64_t interval_ms;
	int64_t witness_ms;
	bool hold;                     /* without a quorum of witnesses nothing is published */
};

enum trail_trouble {
	TRAIL_WELL,
	TRAIL_SIGNER_AWAY,
	TRAIL_NO_QUORUM,
	TRAIL_DATABASE_AWAY,
	TRAIL_HALTED,
};

struct trail_metrics {
	struct metric_counter size, published_size;
	struct metric_counter published_at_ms;    /* wall clock; 0 = nothing yet */
	struct metric_counter sequenced;          /* leaves this node gave places to */
	struct metric_counter checkpoints;         /* this node had signed and published */
	struct metric_counter trouble;            /* enum trail_trouble */
};

/* 0, or an error with a sentence in `problem`. */
MUST_CHECK int trail_open(struct trail **ret, const struct trail_options *options,
	char problem[TRAIL_PROBLEM_MAX]);
/* Before the lanes are closed: nothing more is asked, wishes end without a proof. */
void trail_close(struct trail *t);
/* After the lanes are closed. */
void trail_free(struct trail *t);

/* Receipts that were given, so that each is seen to stand in a checkpoint. */
struct trail_batch {
	struct loop_message message;
	struct trail *trail;
	int64_t since_us;
	unsigned count;
	struct {
		int64_t at_ms; /* the event's time */
		struct merkle_hash leaf;
	} promises[RECEIPTS_MAX];
};
void trail_expect(struct trail *t, struct trail_batch *batch); /* from malloc(); taken over */

/* Somebody waits for the proof of one event.  `granted` comes once in the loop `home`, with the
 * proof (to be freed) or NULL: it was not published in time, the trail was closed, or too many
 * wait. */
struct wish {
	struct loop_message message;
	struct list link;
	struct trail *trail;
	struct loop *home;
	void (*granted)(struct wish *wish);
	struct promise promise;
	int64_t until_mono_ms; /* then it ends without a proof */
	char *proof;       /* C2SP tlog-proof */
	size_t proof_len;
};
void trail_wish(struct trail *t, struct wish *wish); /* borrowed until granted() */

const struct trail_metrics *trail_metrics(const struct trail *t);
const struct awaited_metrics *trail_awaited(const struct trail *t);
const struct witness_metrics *trail_witness(const struct trail *t, unsigned i);

#endif
