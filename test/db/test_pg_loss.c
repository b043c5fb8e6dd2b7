/* Connections and servers that die: every unit is answered exactly once, and the answer is true. */
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ensure.h"
#include "base/err.h"
#include "test/db/fixture.h"
#include "test/support/tap.h"

static long long attempts(void)
{
	return pg_cluster_number(&cluster, "SELECT count(*) FROM attempt");
}

/* Tell the backends of the lanes something, from outside. */
static void signal_backends(const char *function)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql),
		"SELECT %s(pid) FROM pg_stat_activity WHERE application_name LIKE 'rxcircd %%'", function);
	pg_cluster_run(&cluster, sql);
}

/* The "min" or "max" process id of the backends of the write lane. */
static pid_t backend_pid(const char *which)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT coalesce(%s(pid), 0) FROM pg_stat_activity"
		" WHERE application_name = 'rxcircd write'", which);
	return (pid_t)pg_cluster_number(&cluster, sql);
}

static void set_standby(const char *name)
{
	char sql[100];

	(void)snprintf(sql, sizeof(sql), "ALTER SYSTEM SET synchronous_standby_names = '%s'", name);
	pg_cluster_run(&cluster, sql);
	pg_cluster_run(&cluster, "SELECT pg_reload_conf()");
	fixture_run_ms(300);
}

/* PostgreSQL says 57P01 in the place of a statement before COMMIT: proof that nothing was kept. */
static void batch_ended_by_an_administrator_runs_again(void **state)
{
	enum { COUNT = 20 };
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job jobs[COUNT];
	int i;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE attempt");
	for (i = 0; i < COUNT; i++) {
		job_init(&jobs[i]);
		job_add(&jobs[i], &stmt_attempt, i, NULL);
		if (i == COUNT / 2)
			job_add(&jobs[i], &stmt_sleep, 200, NULL);
		pg_submit(lane, &jobs[i].unit);
	}
	fixture_run_ms(80);
	signal_backends("pg_terminate_backend");
	jobs_wait(jobs, COUNT);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(jobs[i].status, 0);
	assert_int_equal(attempts(), COUNT);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->lost), 1);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->unknown), 0);
	jobs_clear(jobs, COUNT);
	fixture_close(lane);
}

static void read_whose_connection_dies_goes_back_to_the_queue(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_READ, 1);
	struct job jobs[3];
	int i;

	(void)state;
	job_submit(lane, &jobs[0], &stmt_ratio, 4, NULL);
	job_submit(lane, &jobs[1], &stmt_sleep, 200, NULL);
	job_submit(lane, &jobs[2], &stmt_ratio, 5, NULL);
	fixture_run_ms(80);
	signal_backends("pg_terminate_backend");
	jobs_wait(jobs, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(jobs[i].status, 0);
	assert_int_equal(pg_i64(&jobs[0].unit, 0, 0, 0), 25);
	assert_int_equal(pg_i64(&jobs[2].unit, 0, 0, 0), 20);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->lost), 1);
	jobs_clear(jobs, 3);
	fixture_close(lane);
}

/* A read that takes its connection with it each time is given up, not tried for ever. */
static void read_that_kills_its_connection_is_given_up(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_READ, 1);
	struct job job;
	int i;

	(void)state;
	job_submit(lane, &job, &stmt_sleep, 20000, NULL);
	for (i = 0; i < 200 && job.done == 0; i++) {
		fixture_run_ms(20);
		pg_cluster_run(&cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
			" WHERE application_name = 'rxcircd read' AND state = 'active'");
	}
	assert_int_equal(job.status, ERR_DB_AWAY);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->lost), PG_UNIT_TRIES);
	jobs_clear(&job, 1);
	fixture_close(lane);
}

/* One insert that waits for a standby which does not exist, until `end` (or the batch's own clock)
 * ends the wait.  The row is there, and nobody may call it done. */
static void unknown_after(void (*end)(void), int64_t batch_timeout_ms)
{
	struct pg_lane_options options = fixture_options(PG_LANE_WRITE, 1);
	struct pg_lane *lane;
	struct job job, next;

	options.batch_timeout_ms = batch_timeout_ms;
	pg_cluster_run(&cluster, "TRUNCATE attempt");
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	set_standby("nobody");
	job_submit(lane, &job, &stmt_attempt, 1, NULL);
	if (end != NULL) {
		fixture_run_ms(100);
		assert_int_equal(job.done, 0);
		end();
	}
	jobs_wait(&job, 1);
	assert_int_equal(job.status, ERR_OUTCOME_UNKNOWN);
	assert_null(job.unit.queries[0].result);
	pg_cluster_await(&cluster);
	set_standby("");
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->unknown), 1);
	job_submit(lane, &next, &stmt_attempt, 2, NULL);
	jobs_wait(&next, 1);
	assert_int_equal(next.status, 0);
	assert_int_equal(attempts(), 2);
	jobs_clear(&job, 1);
	jobs_clear(&next, 1);
	fixture_close(lane);
}

static void cancel_all(void)
{
	signal_backends("pg_cancel_backend");
}

static void terminate_all(void)
{
	signal_backends("pg_terminate_backend");
}

/* Nothing has reached us, not even the answer to BEGIN, and yet it is committed. */
static void kill_one(void)
{
	pid_t backend = backend_pid("max");

	assert_true(backend > 0);
	assert_int_equal(kill(backend, SIGKILL), 0);
}

static void cancelled_wait_for_the_standby_is_unknown(void **state)
{
	(void)state;
	unknown_after(cancel_all, 20000);
}

static void session_ended_in_the_wait_for_the_standby_is_unknown(void **state)
{
	(void)state;
	unknown_after(terminate_all, 20000);
}

static void backend_killed_in_the_wait_for_the_standby_is_unknown(void **state)
{
	(void)state;
	unknown_after(kill_one, 20000);
}

static void commit_without_answer_in_time_is_unknown(void **state)
{
	(void)state;
	unknown_after(NULL, 400);
}

/* More than any socket buffer takes, to a backend that does not read: COMMIT is still ours when the
 * connection ends, so the units run again, and once only. */
static void held_commit_makes_a_lost_batch_safe_to_run_again(void **state)
{
	enum { COUNT = 2, BYTES = 400 * 1024 };
	struct pg_lane_options options = fixture_options(PG_LANE_WRITE, 1);
	struct job jobs[COUNT], first;
	struct pg_lane *lane;
	char *note = malloc(BYTES + 1);
	pid_t stopped;
	int i;

	(void)state;
	assert_non_null(note);
	memset(note, 'x', BYTES);
	note[BYTES] = '\0';
	pg_cluster_run(&cluster, "TRUNCATE attempt");
	pg_cluster_run(&cluster, "TRUNCATE item");
	options.batch_timeout_ms = 400;
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	job_submit(lane, &first, &stmt_attempt, 1, NULL);
	jobs_wait(&first, 1);
	stopped = backend_pid("max");
	assert_int_equal(kill(stopped, SIGSTOP), 0);
	for (i = 0; i < COUNT; i++) {
		job_init(&jobs[i]);
		job_add(&jobs[i], &stmt_attempt, 2 + i, NULL);
		job_add(&jobs[i], &stmt_put, 2 + i, note);
		pg_submit(lane, &jobs[i].unit);
	}
	jobs_wait(jobs, COUNT);
	assert_int_equal(kill(stopped, SIGCONT), 0);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(jobs[i].status, 0);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->unknown), 0);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->lost), 1);
	fixture_run_ms(200); /* for the one that was stopped to find out */
	assert_int_equal(attempts(), 1 + COUNT);
	jobs_clear(&first, 1);
	jobs_clear(jobs, COUNT);
	fixture_close(lane);
	free(note);
}

/* The storm: 20,000 units over two connections while the postmaster is killed and started again,
 * alone and together with the backends in the middle of their batches.  Each unit carries a row
 * without any constraint, so that one run too many would show; every hundredth breaks a constraint
 * besides. */
enum { STORM_UNITS = 20000, STORM_IN_FLIGHT = 1000, STORM_BAD = 100, STORM_KILLS = 3 };

static struct {
	struct pg_lane *lane;
	struct job *jobs;
	size_t submitted, done;
	size_t kill_at; /* when so many are done */
	unsigned kills;
	pid_t backends[2];
	pthread_t thread;
	bool has_thread;
} storm;

static void storm_submit(void);

static void *storm_restart(void *arg)
{
	struct timespec pause = {0, 200 * 1000000};

	(void)arg;
	(void)nanosleep(&pause, NULL);
	pg_cluster_restart(&cluster);
	return NULL;
}

/* A batch is in flight: the lane sends before it calls done(). */
static void storm_kill(void)
{
	size_t i;

	if (storm.has_thread)
		assert_int_equal(pthread_join(storm.thread, NULL), 0);
	for (i = 0; storm.kills > 0 && i < ARRAY_LEN(storm.backends); i++)
		if (storm.backends[i] > 0)
			(void)kill(storm.backends[i], SIGKILL); /* the two may be one */
	pg_cluster_kill(&cluster);
	assert_int_equal(pthread_create(&storm.thread, NULL, storm_restart, NULL), 0);
	storm.has_thread = true;
	storm.kills++;
	storm.kill_at += STORM_UNITS / (STORM_KILLS + 1);
}

static void storm_done(struct pg_unit *unit)
{
	struct job *job = container_of(unit, struct job, unit);

	job->done++;
	job->status = unit->status;
	storm.done++;
	/* Asked beforehand: the question takes longer than a batch. */
	if (storm.done == storm.kill_at - STORM_IN_FLIGHT && storm.kills < STORM_KILLS) {
		storm.backends[0] = backend_pid("min");
		storm.backends[1] = backend_pid("max");
	}
	if (storm.done == storm.kill_at && storm.kills < STORM_KILLS)
		storm_kill();
	storm_submit();
}

static void storm_submit(void)
{
	struct job *job;
	size_t i;

	if (storm.submitted == STORM_UNITS)
		return;
	i = storm.submitted++;
	job = &storm.jobs[i];
	job_init(job);
	job->unit.done = storm_done;
	job->unit.row_key[0] = (uint8_t)(i * 7);
	job_add(job, &stmt_attempt, (int64_t)i, NULL);
	if (i % STORM_BAD == 0)
		job_add(job, &stmt_put, (int64_t)i, "bad");
	pg_submit(storm.lane, &job->unit);
}

static bool storm_is_over(void *arg)
{
	(void)arg;
	return storm.done >= STORM_UNITS;
}

/* How often each id is in the table. */
static unsigned char *storm_rows(void)
{
	unsigned char *rows = calloc(STORM_UNITS, 1);
	PGconn *pg = PQconnectdb(cluster.conninfo);
	PGresult *result = PQexec(pg, "SELECT id, count(*) FROM attempt GROUP BY id");
	int i;

	assert_non_null(rows);
	assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
	for (i = 0; i < PQntuples(result); i++)
		rows[strtol(PQgetvalue(result, i, 0), NULL, 10)] =
			(unsigned char)strtol(PQgetvalue(result, i, 1), NULL, 10);
	PQclear(result);
	PQfinish(pg);
	return rows;
}

static void storm_of_kills_loses_nothing_and_doubles_nothing(void **state)
{
	unsigned long done = 0, unknown = 0, undone = 0;
	unsigned char *rows;
	size_t i;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE attempt");
	storm.jobs = calloc(STORM_UNITS, sizeof(*storm.jobs));
	assert_non_null(storm.jobs);
	storm.kill_at = STORM_UNITS / (STORM_KILLS + 1);
	storm.lane = fixture_lane(PG_LANE_WRITE, 2);
	for (i = 0; i < STORM_IN_FLIGHT; i++)
		storm_submit();
	fixture_until(storm_is_over, NULL);
	assert_int_equal(pthread_join(storm.thread, NULL), 0);
	assert_int_equal(storm.kills, STORM_KILLS);
	fixture_close(storm.lane);
	rows = storm_rows();
	for (i = 0; i < STORM_UNITS; i++) {
		assert_int_equal(storm.jobs[i].done, 1);
		if (storm.jobs[i].status == 0) {
			done++;
			assert_int_equal(rows[i], 1);
			assert_int_not_equal(i % STORM_BAD, 0);
		} else if (storm.jobs[i].status == ERR_OUTCOME_UNKNOWN) {
			unknown++;
			assert_true(rows[i] <= 1);
		} else {
			undone++;
			assert_int_equal(rows[i], 0);
		}
		pg_unit_clear(&storm.jobs[i].unit);
	}
	print_message("# %lu done, %lu unknown, %lu undone\n", done, unknown, undone);
	assert_true(done > STORM_UNITS / 2);
	free(rows);
	free(storm.jobs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(batch_ended_by_an_administrator_runs_again),
		TEST(read_whose_connection_dies_goes_back_to_the_queue),
		TEST(read_that_kills_its_connection_is_given_up),
		TEST(cancelled_wait_for_the_standby_is_unknown),
		TEST(session_ended_in_the_wait_for_the_standby_is_unknown),
		TEST(backend_killed_in_the_wait_for_the_standby_is_unknown),
		TEST(commit_without_answer_in_time_is_unknown),
		TEST(held_commit_makes_a_lost_batch_safe_to_run_again),
		TEST(storm_of_kills_loses_nothing_and_doubles_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pg_loss", tests, fixture_start, fixture_stop);
}
