/* The log in PostgreSQL: places given out, leaves read in their order, the published checkpoint. */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include "base/arena.h"
#include "db/pg.h"
#include "domain/event.h"

extern const struct pg_statement log_sequence_sql;
extern const struct pg_statement log_state_sql;
extern const struct pg_statement log_leaves_sql;
extern const struct pg_statement log_places_sql;
extern const struct pg_statement log_publish_sql;
extern const struct pg_statement log_parts_sql;

/* Give places to at most `limit` events of the queue, unless another node is doing so. */
MUST_CHECK int store_log_sequence(struct pg_unit *unit, struct arena *arena, int32_t limit);
struct log_round {
	bool held;      /* this node was the one */
	uint64_t size;  /* of the log afterwards; 0 when not held */
	uint64_t added;
};
void store_log_sequenced(const struct pg_unit *unit, unsigned query, struct log_round *ret);

/* How long the log is, and the checkpoint that is published. */
MUST_CHECK int store_log_state(struct pg_unit *unit, struct arena *arena);
struct log_state {
	uint64_t size;
	uint64_t published_size;
	struct slice note; /* borrowed until the unit is cleared; empty: none yet */
};
void store_log_state_read(const struct pg_unit *unit, unsigned query, struct log_state *ret);

/* Leaves [from, from + limit), in order, with their events' bytes. */
MUST_CHECK int store_log_leaves(struct pg_unit *unit, struct arena *arena, uint64_t from,
	int32_t limit);
struct log_leaf {
	uint64_t index;
	struct slice hash;
	struct slice leaf; /* data NULL: the event is not there */
};
void store_log_leaf(const struct pg_unit *unit, unsigned query, int row, struct log_leaf *ret);

/* Where events stand: rows are those that have a place, in no order. */
struct log_place {
	int64_t at_ms;
	const uint8_t *event_id; /* EVENT_ID_LEN */
};
MUST_CHECK int store_log_places(struct pg_unit *unit, struct arena *arena,
	const struct log_place *events, size_t count);
void store_log_place(const struct pg_unit *unit, unsigned query, int row,
	struct slice *ret_event_id, uint64_t *ret_index);

/* Replace the published checkpoint by a larger one, never by a smaller. */
MUST_CHECK int store_log_publish(struct pg_unit *unit, struct arena *arena, uint64_t size,
	struct slice note, int64_t at_ms);

/* Make sure there are partitions for the next places. */
MUST_CHECK int store_log_parts(struct pg_unit *unit, struct arena *arena);

#endif
