/* What the tests of the db floor share: one cluster per program, a loop, lanes, and jobs, which are
 * units that remember how often and how they ended.
 */
#ifndef TEST_DB_FIXTURE_H
#define TEST_DB_FIXTURE_H

#include "db/pg.h"
#include "db/pg_value.h"
#include "test/support/pg_cluster.h"

extern struct pg_cluster cluster;
extern struct loop *loop;

/* For cmocka_run_group_tests: the cluster with the tables, the loop. */
int fixture_start(void **state);
int fixture_stop(void **state);

/* item (id primary key, note, which must not be 'bad'), pair (deferred unique), attempt (no
 * constraint at all, to count rows that are there twice). */
extern const struct pg_statement stmt_put;     /* id, note -> item */
extern const struct pg_statement stmt_divide;  /* id, divisor -> item, note = 100 / divisor */
extern const struct pg_statement stmt_pair;    /* id, k -> pair; k is unique, checked at COMMIT */
extern const struct pg_statement stmt_attempt; /* id -> attempt */
extern const struct pg_statement stmt_sleep;   /* ms */
extern const struct pg_statement stmt_get;     /* id -> note */
extern const struct pg_statement stmt_ratio;   /* divisor -> 100 / divisor */
extern const struct pg_statement stmt_shape;   /* -> *, whose plan an ALTER TABLE outdates */
extern const struct pg_statement stmt_forget;  /* DEALLOCATE ALL */
extern const struct pg_statement stmt_clash;   /* counts itself, then raises 40001 */
extern const struct pg_statement *const fixture_statements[];

/* Default options of a lane with `connections` connections. */
struct pg_lane_options fixture_options(enum pg_lane_kind kind, unsigned connections);
/* Open one and wait until a connection is up; close one and wait for closed(). */
struct pg_lane *fixture_lane(enum pg_lane_kind kind, unsigned connections);
void fixture_close(struct pg_lane *lane);

/* Run the loop until `is_true`; fails the test after FIXTURE_WAIT_MS. */
enum { FIXTURE_WAIT_MS = 60 * 1000 };
void fixture_until(bool (*is_true)(void *arg), void *arg);
void fixture_run_ms(int64_t ms);

struct job {
	struct pg_unit unit;
	struct pg_param params[PG_UNIT_QUERIES][2];
	unsigned done; /* how often */
	int status;
};

/* Make it a unit of nothing; then add queries. */
void job_init(struct job *job);
void job_add(struct job *job, const struct pg_statement *statement, int64_t a, const char *note);
void job_add_number(struct job *job, const struct pg_statement *statement, int64_t a, int64_t b);
/* One query, submitted. */
void job_submit(struct pg_lane *lane, struct job *job, const struct pg_statement *statement,
	int64_t a, const char *note);
void jobs_wait(struct job *jobs, size_t count); /* until each was done at least once */
/* Each was done exactly once; free the results. */
void jobs_clear(struct job *jobs, size_t count);

#endif
