/* The trail in PostgreSQL: events that come alone, presentations, and what officers read. */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include "base/arena.h"
#include "db/pg.h"
#include "domain/event.h"

extern const struct pg_statement event_put_sql;
extern const struct pg_statement events_put_sql;
extern const struct pg_statement voucher_use_sql;
extern const struct pg_statement trail_by_rx_sql;
extern const struct pg_statement trail_by_person_sql;
extern const struct pg_statement trail_by_institution_sql;
extern const struct pg_statement trail_by_practitioner_sql;
extern const struct pg_statement trail_by_time_sql;

/* An event without any other change: a refused presentation, a read. */
MUST_CHECK int store_event_put(struct pg_unit *unit, struct arena *arena,
	const struct event *event);

/* Several of one call and kind: each about a prescription, none numbered. */
MUST_CHECK int store_events_put(struct pg_unit *unit, struct arena *arena,
	const struct event *events, size_t count);

/* Use up a presentation, once across all server nodes; the caller who used it may ask again with
 * the same idempotency key.  Exactly one of the two events is written. */
struct voucher_use {
	const uint8_t *person_key;
	const uint8_t *nonce;           /* VOUCHER_NONCE_LEN */
	const uint8_t *idempotency_key; /* IDEMPOTENCY_KEY_LEN */
	bool may_be_fresh;              /* false: only a repetition is accepted */
	const struct event *accepted;   /* same time, institution and person in both */
	const struct event *refused;
};
MUST_CHECK int store_voucher_use(struct pg_unit *unit, struct arena *arena,
	const struct voucher_use *use);
bool store_voucher_used(const struct pg_unit *unit); /* true: accepted */

/* One page of the trail, oldest first. */
MUST_CHECK int store_trail(struct pg_unit *unit, struct arena *arena,
	const struct event_filter *filter);
struct trail_row {
	int64_t at_ms;
	struct slice event_id, leaf, leaf_hash; /* borrowed until the unit is cleared */
};
void store_trail_row(const struct pg_unit *unit, unsigned query, int row, struct trail_row *ret);
/* Its place in the log plus one; 0: it has none yet. */
uint64_t store_trail_place(const struct pg_unit *unit, unsigned query, int row);

#endif
