/* What this node has promised: events that callers hold receipts of and that must soon stand in a
 * published checkpoint.
 *
 *     expected (a receipt was given) --> placed (its leaf was read from the log) --> published
 *
 * The leaf may be read before the promise is heard of, so leaves of the last moments are
 * remembered, too.  A promise that is not kept within PROMISE_MS is counted and told: then an event
 * was lost, or altered, between its commit and its place in the log.
 *
 * Bounded: AWAITED_MAX leaves and promises; the oldest gives way.  Threads: the loop's own.
 */
#ifndef TRAIL_AWAITED_H
#define TRAIL_AWAITED_H

#include "base/list.h"
#include "base/metrics.h"
#include "proto/merkle.h"

enum { AWAITED_MAX = 1 << 17 };

struct awaited;

struct awaited_metrics {
	struct metric_counter open;       /* promises not kept yet */
	struct metric_counter kept;
	struct metric_counter late;       /* not kept within PROMISE_MS */
	struct metric_counter forgotten;  /* given up: the table was full */
	struct metric_histogram us;       /* from the commit to the published checkpoint */
};

MUST_CHECK int awaited_new(struct awaited **ret);
void awaited_free(struct awaited *a); /* NULL ok */

/* A receipt was given for this leaf; times are those of clock_mono_us(). */
void awaited_expect(struct awaited *a, const struct merkle_hash *leaf, int64_t since_us);
/* The leaf stands at this place. */
void awaited_place(struct awaited *a, const struct merkle_hash *leaf, uint64_t index);
/* A checkpoint of this size is published: the promises it keeps are done with. */
void awaited_publish(struct awaited *a, uint64_t size, int64_t now_us);
/* How many promises have become overdue since it was asked last, and one of them. */
unsigned awaited_overdue(struct awaited *a, int64_t now_us, struct merkle_hash *ret_example);

const struct awaited_metrics *awaited_metrics(const struct awaited *a);

#endif
