#include "test/db/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "test/support/tap.h"

struct pg_cluster cluster;
struct loop *loop;

const struct pg_statement stmt_put = {
	"test_put", "INSERT INTO item VALUES ($1::bigint, $2::text)", 2};
const struct pg_statement stmt_divide = {
	"test_divide", "INSERT INTO item VALUES ($1::bigint, (100 / $2::bigint)::text)", 2};
const struct pg_statement stmt_pair = {
	"test_pair", "INSERT INTO pair VALUES ($1::bigint, $2::bigint)", 2};
const struct pg_statement stmt_attempt = {
	"test_attempt", "INSERT INTO attempt VALUES ($1::bigint)", 1};
const struct pg_statement stmt_sleep = {
	"test_sleep", "SELECT pg_sleep($1::bigint / 1000.0)::text", 1};
const struct pg_statement stmt_get = {
	"test_get", "SELECT note FROM item WHERE id = $1::bigint", 1};
const struct pg_statement stmt_ratio = {"test_ratio", "SELECT 100 / $1::bigint", 1};
const struct pg_statement stmt_shape = {"test_shape", "SELECT * FROM shape", 0};
const struct pg_statement stmt_forget = {"test_forget", "DEALLOCATE ALL", 0};
const struct pg_statement stmt_clash = {"test_clash", "SELECT clash()", 0};
const struct pg_statement *const fixture_statements[] = {&stmt_put, &stmt_divide, &stmt_pair,
	&stmt_attempt, &stmt_sleep, &stmt_get, &stmt_ratio, &stmt_shape, &stmt_forget, &stmt_clash,
	NULL};

static const char fixture_schema[] =
	"CREATE TABLE item (id bigint CONSTRAINT item_pk PRIMARY KEY, "
	" note text NOT NULL CONSTRAINT item_note_ck CHECK (note <> 'bad'));"
	"CREATE TABLE pair (id bigint PRIMARY KEY, k bigint, "
	" CONSTRAINT pair_k_uq UNIQUE (k) DEFERRABLE INITIALLY DEFERRED);"
	"CREATE TABLE attempt (id bigint);"
	"CREATE TABLE shape (a bigint);"
	"CREATE SEQUENCE clashes;"
	"CREATE FUNCTION clash() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN "
	" PERFORM nextval('clashes'); RAISE EXCEPTION 'clash' USING ERRCODE = '40001'; END $$;";

int fixture_start(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	if (!pg_cluster_start(&cluster, NULL))
		return -1;
	pg_cluster_run(&cluster, fixture_schema);
	loop = loop_new();
	return loop != NULL ? 0 : -1;
}

int fixture_stop(void **state)
{
	(void)state;
	loop_free(loop);
	pg_cluster_stop(&cluster);
	return 0;
}

struct pg_lane_options fixture_options(enum pg_lane_kind kind, unsigned connections)
{
	return (struct pg_lane_options){
		.name = kind == PG_LANE_WRITE ? "write" : "read",
		.kind = kind,
		.conninfo = cluster.conninfo,
		.statements = fixture_statements,
		.connections = connections,
		.statement_timeout_ms = 10000,
		.batch_timeout_ms = 20000,
	};
}

struct fixture_wait {
	struct loop_timer timer;
	bool (*is_true)(void *arg);
	void *arg;
	int64_t until_ms;
	bool is_late;
};

static void fixture_look(struct loop_timer *timer)
{
	struct fixture_wait *w = container_of(timer, struct fixture_wait, timer);

	w->is_late = clock_mono_ms() > w->until_ms;
	if (w->is_late || (w->is_true != NULL && w->is_true(w->arg)))
		loop_stop(loop);
	else
		loop_timer_set(timer, 2);
}

static bool fixture_wait(bool (*is_true)(void *arg), void *arg, int64_t ms)
{
	struct fixture_wait w = {.is_true = is_true, .arg = arg, .until_ms = clock_mono_ms() + ms};

	assert_int_equal(loop_timer_open(&w.timer, loop, fixture_look), 0);
	loop_timer_set(&w.timer, 0);
	loop_run(loop);
	loop_timer_close(&w.timer);
	return !w.is_late;
}

void fixture_until(bool (*is_true)(void *arg), void *arg)
{
	if (!fixture_wait(is_true, arg, FIXTURE_WAIT_MS))
		fail_msg("waited %d ms in vain", FIXTURE_WAIT_MS);
}

void fixture_run_ms(int64_t ms)
{
	(void)fixture_wait(NULL, NULL, ms); /* being late is what it waits for */
}

static bool fixture_is_up(void *arg)
{
	const struct pg_lane *lane = arg;

	return metric_value(&pg_lane_metrics(lane)->connections_up) > 0 && pg_lane_is_up(lane);
}

struct pg_lane *fixture_lane(enum pg_lane_kind kind, unsigned connections)
{
	struct pg_lane_options options = fixture_options(kind, connections);
	struct pg_lane *lane;

	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	fixture_until(fixture_is_up, lane);
	return lane;
}

static void fixture_closed(void *arg)
{
	*(bool *)arg = true;
}

static bool fixture_flag(void *arg)
{
	return *(bool *)arg;
}

void fixture_close(struct pg_lane *lane)
{
	bool is_closed = false;

	pg_lane_close(lane, fixture_closed, &is_closed);
	assert_false(is_closed);
	fixture_until(fixture_flag, &is_closed);
	fixture_run_ms(5); /* the grave */
}

static void job_done(struct pg_unit *unit)
{
	struct job *job = container_of(unit, struct job, unit);

	job->done++;
	job->status = unit->status;
}

void job_init(struct job *job)
{
	memset(job, 0, sizeof(*job));
	pg_unit_init(&job->unit, job_done);
}

void job_add(struct job *job, const struct pg_statement *statement, int64_t a, const char *note)
{
	struct pg_param *params = job->params[job->unit.count];

	pg_param_i64(&params[0], a);
	pg_param_text(&params[1], note);
	pg_unit_add(&job->unit, statement, params);
}

void job_add_number(struct job *job, const struct pg_statement *statement, int64_t a, int64_t b)
{
	struct pg_param *params = job->params[job->unit.count];

	pg_param_i64(&params[0], a);
	pg_param_i64(&params[1], b);
	pg_unit_add(&job->unit, statement, params);
}

void job_submit(struct pg_lane *lane, struct job *job, const struct pg_statement *statement,
	int64_t a, const char *note)
{
	job_init(job);
	job_add(job, statement, a, note);
	pg_submit(lane, &job->unit);
	assert_int_equal(job->done, 0);
}

struct jobs {
	struct job *jobs;
	size_t count;
};

static bool jobs_are_done(void *arg)
{
	const struct jobs *j = arg;
	size_t i;

	for (i = 0; i < j->count; i++)
		if (j->jobs[i].done == 0)
			return false;
	return true;
}

void jobs_wait(struct job *jobs, size_t count)
{
	struct jobs j = {jobs, count};

	fixture_until(jobs_are_done, &j);
}

void jobs_clear(struct job *jobs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		assert_int_equal(jobs[i].done, 1);
		pg_unit_clear(&jobs[i].unit);
	}
}
