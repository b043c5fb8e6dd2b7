/* The steward's periodic work. */
#ifndef STORE_HOUSEKEEPING_H
#define STORE_HOUSEKEEPING_H

#include "base/arena.h"
#include "db/pg.h"

extern const struct pg_statement event_months_sql;
extern const struct pg_statement nonces_expire_sql;
extern const struct pg_statement events_queue_sql;

/* Make sure the trail has partitions for this month and the next `months`. */
MUST_CHECK int store_event_months(struct pg_unit *unit, struct arena *arena, int64_t now_ms,
	int32_t months);
/* Forget used presentations that expired long before `before_ms`. */
MUST_CHECK int store_nonces_expire(struct pg_unit *unit, struct arena *arena, int64_t before_ms);
/* Queue events that a server of the version before wrote, since the last look, without a place in
 * the log.  Row 0 says how many. */
MUST_CHECK int store_events_queue(struct pg_unit *unit, struct arena *arena);

#endif
