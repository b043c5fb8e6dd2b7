/* Takes the place of the db library at link time: implements db/pg.h, db/pg_value.h's columns and
 * db/pg_listen.h over answers a test has scripted, and keeps what was submitted.
 *
 *     static const struct fake_cell row[] = {FAKE_I64(7), FAKE_TEXT("paid"), FAKE_NULL};
 *     fake_pg_answer("rx_load", 3, row, 1);
 *     ... the code under test submits ...
 *     fake_pg_run();
 *     assert_int_equal(fake_number(fake_pg_sent(0), 0, 1), 42);
 *
 * Each statement has a queue of answers; a unit takes one for each of its queries when it is ended.
 * A statement without an answer ends the test program with its name.  done() is only ever called
 * by fake_pg_step(), fake_pg_run() or, when attached to a loop, by a deferred task.
 *
 * Ownership: everything given is copied.  fake_pg_reset() forgets all of it; no unit may be pending
 * or hold results then.  Threads: one.
 */
#ifndef TEST_SUPPORT_FAKE_PG_H
#define TEST_SUPPORT_FAKE_PG_H

#include <string.h>

#include "db/pg.h"
#include "db/pg_listen.h"
#include "db/pg_value.h"

enum fake_kind {
	FAKE_KIND_NULL,
	FAKE_KIND_BOOL,
	FAKE_KIND_I16,
	FAKE_KIND_I32,
	FAKE_KIND_I64,
	FAKE_KIND_TIME, /* ms since 1970 */
	FAKE_KIND_TEXT,
	FAKE_KIND_BYTES,
};

/* One column of one row; asking for another type stops the program, as with PostgreSQL. */
struct fake_cell {
	enum fake_kind kind;
	int64_t number;
	struct slice bytes;
};

#define FAKE_NULL {.kind = FAKE_KIND_NULL}
#define FAKE_BOOL(v) {.kind = FAKE_KIND_BOOL, .number = (v)}
#define FAKE_I16(v) {.kind = FAKE_KIND_I16, .number = (v)}
#define FAKE_I32(v) {.kind = FAKE_KIND_I32, .number = (v)}
#define FAKE_I64(v) {.kind = FAKE_KIND_I64, .number = (v)}
#define FAKE_TIME(ms) {.kind = FAKE_KIND_TIME, .number = (ms)}
#define FAKE_TEXT(literal) \
	{.kind = FAKE_KIND_TEXT, .bytes = {(const uint8_t *)("" literal), sizeof(literal) - 1}}
#define FAKE_BYTES(p, n) {.kind = FAKE_KIND_BYTES, .bytes = {(const uint8_t *)(p), (n)}}

/* The same where a constant will not do. */
static inline struct fake_cell fake_text(const char *text)
{
	return (struct fake_cell){.kind = FAKE_KIND_TEXT, .bytes = slice_of_text(text)};
}
static inline struct fake_cell fake_bytes(struct slice bytes)
{
	return (struct fake_cell){.kind = FAKE_KIND_BYTES, .bytes = bytes};
}
/* text[] or bytea[], for pg_array_open(); lives until fake_pg_reset(). */
struct fake_cell fake_array_text(const struct slice *v, size_t count);
struct fake_cell fake_array_bytes(const struct slice *v, size_t count);

/* The next time the statement is run: `rows` rows of `columns` cells.  0 rows are no rows. */
void fake_pg_answer(const char *statement, unsigned columns, const struct fake_cell *cells,
	unsigned rows);
/* The next time: no rows, so many changed. */
void fake_pg_answer_affected(const char *statement, int64_t affected);
/* The next time: the whole unit ends with this status; sqlstate may be NULL. */
void fake_pg_answer_failure(const char *statement, int status, const char *sqlstate);
/* The answer given last to this statement holds for all times after, too. */
void fake_pg_always(const char *statement);
/* Answers given and not used: 0 at the end of a good test. */
unsigned fake_pg_unused(void);
void fake_pg_reset(void);

/* End the unit that waits longest (of those not held); false when there is none. */
bool fake_pg_step(void);
void fake_pg_run(void); /* until there is none */
/* Units with this statement stay where they are until the lane is closed, or NULL is held. */
void fake_pg_hold(const char *statement);
unsigned fake_pg_pending(void);
/* From now on what is submitted is ended at the end of each turn of the loop; NULL: no more. */
void fake_pg_attach(struct loop *loop);
void fake_pg_set_up(bool is_up); /* what pg_lane_is_up() and pg_listen_is_up() say; true at first */
void fake_pg_notify(const char *channel); /* calls `notified` of who listens */

enum { FAKE_UNITS_MAX = 4096 };

/* What was submitted, in order, since the last reset. */
struct fake_unit {
	const char *lane; /* the name of its lane */
	uint8_t row_key[PG_ROW_KEY_LEN];
	int64_t deadline_mono_ms;
	unsigned count;
	struct fake_query {
		const char *statement;
		int params;
		struct {
			bool is_null;
			struct slice value;
		} param[PG_PARAMS_MAX];
	} queries[PG_UNIT_QUERIES];
};

unsigned fake_pg_sent_count(void);
const struct fake_unit *fake_pg_sent(unsigned index);
/* The last unit that holds this statement, and where in it; the test fails when there is none. */
const struct fake_unit *fake_pg_last(const char *statement, unsigned *ret_query);
/* A parameter as a number (any width) or as it is. */
int64_t fake_number(const struct fake_unit *u, unsigned query, unsigned param);
struct slice fake_value(const struct fake_unit *u, unsigned query, unsigned param);
int64_t fake_time(const struct fake_unit *u, unsigned query, unsigned param); /* ms since 1970 */

#endif
