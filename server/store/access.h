/* Who looked at a person's prescriptions or changed them, as the person may ask (C27). */
#ifndef STORE_ACCESS_H
#define STORE_ACCESS_H

#include "base/arena.h"
#include "db/pg.h"
#include "store/event.h"

extern const struct pg_statement accesses_sql;

/* A page, newest first: what comes after (older than) the last row of the page before. */
struct access_page {
	const uint8_t *person_key;
	int64_t before_ms;
	uint8_t before_event_id[EVENT_ID_LEN];
	int32_t limit;
};

/* Rows are read with store_trail_row().  0 or ERR_MEMORY. */
MUST_CHECK int store_accesses(struct pg_unit *unit, struct arena *arena,
	const struct access_page *page);

#endif
