/* The feed in PostgreSQL: events by who is told of them, in the order of their commits.
 *
 * A row is told only when its transaction is older than every one that still runs, so no row ever
 * appears behind one that was told.  Places are rows, never the horizon itself: after a crash
 * numbers of transactions that left no trace are given out again, those of rows that were read are
 * not.
 */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "base/arena.h"
#include "db/pg.h"
#include "proto/limits.h"

enum {
	FEED_ASKERS_MAX = 256,              /* of one statement */
	/* Node clocks stamp events before they are committed: so much earlier than the row before it
	 * an event may be stamped.  Nodes apart by more could not take a single signature. */
	FEED_SLACK_MS = 24 * 3600 * 1000,
};

extern const struct pg_statement feed_sql;
extern const struct pg_statement feed_last_sql;

/* Where somebody has read to: the row, and no row after it is stamped earlier than floor_ms. */
struct feed_place {
	int64_t tx;
	int64_t at_ms;
	uint8_t event_id[EVENT_ID_LEN];
	int64_t floor_ms;
};

struct feed_asker {
	const char *institution_code;
	struct feed_place after;
};

/* What the askers (1 .. FEED_ASKERS_MAX) are told next, at most `limit` rows each.  Everything is
 * copied into the arena but the codes. */
MUST_CHECK int store_feed(struct pg_unit *unit, struct arena *arena,
	const struct feed_asker *askers, size_t count, int32_t limit);
struct feed_row {
	size_t asker;
	struct feed_place place;
	struct slice leaf;
	/* of a rejection: the sealed review and its key; {NULL, 0} when it is none, or was shredded */
	struct slice sealed, wrapped;
	uint16_t generation;
};
/* Row `row` of query 0: ordered by asker, then place.  Borrowed until the unit is cleared. */
void store_feed_row(const struct pg_unit *unit, int row, struct feed_row *ret);

/* The place of the newest row this institution may be told of. */
MUST_CHECK int store_feed_last(struct pg_unit *unit, struct arena *arena,
	const char *institution_code);
/* False when there is none. */
bool store_feed_last_read(const struct pg_unit *unit, struct feed_place *ret);

#endif
