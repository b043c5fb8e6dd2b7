/* The queue of a lane: limits, deadlines, guards, and closing. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "test/db/fixture.h"
#include "test/support/death.h"
#include "test/support/tap.h"

/* A lane whose database is not there: everything stays in the queue. */
static struct pg_lane *lane_to_nowhere(enum pg_lane_kind kind)
{
	struct pg_lane_options options = fixture_options(kind, 1);
	struct pg_lane *lane;

	options.conninfo = "host=/nonexistent user=rxcirc";
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	return lane;
}

static void queue_takes_its_limit_and_refuses_one_more(void **state)
{
	struct pg_lane *lane = lane_to_nowhere(PG_LANE_WRITE);
	struct job *jobs = calloc(PG_QUEUE_UNITS + 1, sizeof(*jobs));
	int i;

	(void)state;
	assert_non_null(jobs);
	for (i = 0; i < PG_QUEUE_UNITS; i++)
		job_submit(lane, &jobs[i], &stmt_put, i, "waits");
	assert_int_equal(pg_lane_waiting(lane), PG_QUEUE_UNITS);
	job_submit(lane, &jobs[PG_QUEUE_UNITS], &stmt_put, i, "refused");
	jobs_wait(&jobs[PG_QUEUE_UNITS], 1);
	assert_int_equal(jobs[PG_QUEUE_UNITS].status, ERR_FULL);
	assert_int_equal(pg_lane_waiting(lane), PG_QUEUE_UNITS);
	assert_int_equal(jobs[PG_QUEUE_UNITS - 1].done, 0);
	assert_false(pg_lane_is_up(lane));
	fixture_close(lane);
	for (i = 0; i < PG_QUEUE_UNITS; i++)
		assert_int_equal(jobs[i].status, ERR_DB_AWAY);
	jobs_clear(jobs, PG_QUEUE_UNITS + 1);
	free(jobs);
}

static void deadline_without_a_database_is_away(void **state)
{
	struct pg_lane *lane = lane_to_nowhere(PG_LANE_READ);
	int64_t start_ms = clock_mono_ms();
	struct job jobs[2];

	(void)state;
	job_init(&jobs[0]);
	job_add(&jobs[0], &stmt_get, 1, NULL);
	jobs[0].unit.deadline_mono_ms = start_ms + 60;
	job_init(&jobs[1]); /* the earlier one comes later: the timer must follow */
	job_add(&jobs[1], &stmt_get, 1, NULL);
	jobs[1].unit.deadline_mono_ms = start_ms + 20;
	pg_submit(lane, &jobs[0].unit);
	pg_submit(lane, &jobs[1].unit);
	jobs_wait(&jobs[1], 1);
	assert_int_equal(jobs[1].status, ERR_DB_AWAY);
	assert_int_equal(jobs[0].done, 0);
	jobs_wait(jobs, 1);
	assert_true(clock_mono_ms() >= start_ms + 60);
	assert_int_equal(jobs[0].status, ERR_DB_AWAY);
	jobs_clear(jobs, 2);
	fixture_close(lane);
}

static void deadline_behind_a_slow_batch_is_a_timeout(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job slow, late, patient;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	job_submit(lane, &slow, &stmt_sleep, 300, NULL);
	fixture_run_ms(20);
	job_init(&late);
	job_add(&late, &stmt_put, 1, "late");
	late.unit.deadline_mono_ms = clock_mono_ms() + 50;
	pg_submit(lane, &late.unit);
	job_submit(lane, &patient, &stmt_put, 2, "patient");
	jobs_wait(&late, 1);
	assert_int_equal(late.status, ERR_TIMEOUT);
	assert_int_equal(slow.done, 0);
	jobs_wait(&patient, 1);
	assert_int_equal(patient.status, 0);
	assert_int_equal(slow.status, 0);
	assert_int_equal(pg_cluster_number(&cluster, "SELECT count(*) FROM item"), 1);
	jobs_clear(&slow, 1);
	jobs_clear(&late, 1);
	jobs_clear(&patient, 1);
	fixture_close(lane);
}

/* So many units of so many bytes each, in one turn; returns how many batches they made. */
static uint64_t batches_of(size_t count, size_t bytes)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job *jobs = calloc(count, sizeof(*jobs));
	char *note = malloc(bytes + 1);
	uint64_t batches;
	size_t i;

	assert_true(jobs != NULL && note != NULL);
	memset(note, 'x', bytes);
	note[bytes] = '\0';
	pg_cluster_run(&cluster, "TRUNCATE item");
	for (i = 0; i < count; i++)
		job_submit(lane, &jobs[i], &stmt_put, (int64_t)i, note);
	jobs_wait(jobs, count);
	for (i = 0; i < count; i++)
		assert_int_equal(jobs[i].status, 0);
	batches = metric_value(&pg_lane_metrics(lane)->batches);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->units), count);
	jobs_clear(jobs, count);
	fixture_close(lane);
	free(jobs);
	free(note);
	return batches;
}

static void batch_takes_its_limit_of_units_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(batches_of(PG_BATCH_UNITS, 1), 1);
	assert_int_equal(batches_of(PG_BATCH_UNITS + 1, 1), 2);
}

static void batch_takes_its_limit_of_bytes_and_no_more(void **state)
{
	(void)state; /* eight bytes of each are the id */
	assert_int_equal(batches_of(2, PG_BATCH_BYTES / 2 - 8), 1);
	assert_int_equal(batches_of(2, PG_BATCH_BYTES / 2 - 7), 2);
	assert_int_equal(batches_of(2, PG_BATCH_BYTES + 1), 2); /* larger than a batch: alone */
}

static void overfill_a_unit(void *arg)
{
	struct job job;
	int i;

	(void)arg;
	job_init(&job);
	for (i = 0; i < PG_UNIT_QUERIES; i++)
		job_add(&job, &stmt_get, i, NULL);
	pg_unit_add(&job.unit, &stmt_get, job.params[0]);
}

static void unit_takes_its_limit_of_queries_and_no_more(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job job;
	int i;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	job_init(&job);
	for (i = 0; i < PG_UNIT_QUERIES; i++)
		job_add(&job, &stmt_put, i, "one of four");
	pg_submit(lane, &job.unit);
	jobs_wait(&job, 1);
	assert_int_equal(job.status, 0);
	jobs_clear(&job, 1);
	fixture_close(lane);
	assert_true(death_of(overfill_a_unit, NULL));
}

static void options_out_of_range_are_refused(void **state)
{
	static const struct pg_statement wide = {"wide", "SELECT 1", PG_PARAMS_MAX + 1};
	static const struct pg_statement *const too_wide[] = {&wide, NULL};
	static const struct pg_statement *many[PG_STATEMENTS_MAX + 2];
	struct pg_lane_options good = fixture_options(PG_LANE_READ, 1), o;
	struct pg_lane *lane;
	int i;

	(void)state;
	o = good, o.connections = 0;
	assert_int_equal(pg_lane_open(&lane, loop, &o), ERR_CONFIG);
	o = good, o.connections = PG_LANE_CONNECTIONS + 1;
	assert_int_equal(pg_lane_open(&lane, loop, &o), ERR_CONFIG);
	o = good, o.statement_timeout_ms = 0;
	assert_int_equal(pg_lane_open(&lane, loop, &o), ERR_CONFIG);
	o = good, o.batch_timeout_ms = 0;
	assert_int_equal(pg_lane_open(&lane, loop, &o), ERR_CONFIG);
	o = good, o.conninfo = "host='unclosed";
	assert_int_equal(pg_lane_open(&lane, loop, &o), ERR_CONFIG);
	o = good, o.statements = too_wide;
	assert_int_equal(pg_lane_open(&lane, loop, &o), ERR_CONFIG);
	for (i = 0; i <= PG_STATEMENTS_MAX; i++)
		many[i] = &stmt_get;
	o = good, o.statements = many;
	assert_int_equal(pg_lane_open(&lane, loop, &o), ERR_CONFIG);
	many[PG_STATEMENTS_MAX] = NULL;
	assert_int_equal(pg_lane_open(&lane, loop, &o), 0);
	fixture_close(lane);
	o = good, o.connections = PG_LANE_CONNECTIONS;
	assert_int_equal(pg_lane_open(&lane, loop, &o), 0);
	fixture_close(lane);
}

enum { PATIENT_MS = 10000, BRIEF_MS = 400 };

/* A lane with this guard before a good one: how does a unit end that waits so long for it? */
static int status_behind_guard(const char *guard, int64_t wait_ms)
{
	const char *const guards[] = {guard, "SELECT current_setting('lock_timeout') = '2s'", NULL};
	struct pg_lane_options options = fixture_options(PG_LANE_READ, 1);
	struct pg_lane *lane;
	struct job job;
	int status;

	options.guards = guards;
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	job_init(&job);
	job_add(&job, &stmt_ratio, 5, NULL);
	job.unit.deadline_mono_ms = clock_mono_ms() + wait_ms;
	pg_submit(lane, &job.unit);
	jobs_wait(&job, 1);
	status = job.status;
	assert_int_equal(pg_lane_is_up(lane), status == 0);
	jobs_clear(&job, 1);
	fixture_close(lane);
	return status;
}

static void guard_must_be_one_true_row(void **state)
{
	(void)state;
	assert_int_equal(status_behind_guard("SELECT true", PATIENT_MS), 0);
	assert_int_equal(status_behind_guard("SELECT false", BRIEF_MS), ERR_DB_AWAY);
	assert_int_equal(status_behind_guard("SELECT NULL::boolean", BRIEF_MS), ERR_DB_AWAY);
	assert_int_equal(status_behind_guard("SELECT true WHERE false", BRIEF_MS), ERR_DB_AWAY);
	assert_int_equal(status_behind_guard("SELECT true FROM generate_series(1, 2)", BRIEF_MS),
		ERR_DB_AWAY);
	assert_int_equal(status_behind_guard("SELECT true, true", BRIEF_MS), ERR_DB_AWAY);
	assert_int_equal(status_behind_guard("SELECT nothing FROM nowhere", BRIEF_MS), ERR_DB_AWAY);
}

static void session_has_our_settings(void **state)
{
	(void)state;
	assert_int_equal(status_behind_guard(
		"SELECT current_setting('synchronous_commit') = 'on'"
		" AND current_setting('statement_timeout') = '10s'"
		" AND current_setting('TimeZone') = 'UTC'"
		" AND current_setting('client_encoding') = 'UTF8'"
		" AND current_setting('standard_conforming_strings') = 'on'"
		" AND current_setting('default_transaction_isolation') = 'read committed'"
		" AND current_setting('default_transaction_read_only') = 'on'"
		" AND current_setting('application_name') = 'rxcircd read'", PATIENT_MS), 0);
}

static void statement_that_cannot_be_prepared_refuses_the_connection(void **state)
{
	static const struct pg_statement broken = {"broken", "SELECT nothing FROM nowhere", 0};
	static const struct pg_statement *const broken_statements[] = {&stmt_get, &broken, NULL};
	struct pg_lane_options options = fixture_options(PG_LANE_READ, 1);
	struct pg_lane *lane;
	struct job job;

	(void)state;
	options.statements = broken_statements;
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	job_init(&job);
	job_add(&job, &stmt_get, 1, NULL);
	job.unit.deadline_mono_ms = clock_mono_ms() + 200;
	pg_submit(lane, &job.unit);
	jobs_wait(&job, 1);
	assert_int_equal(job.status, ERR_DB_AWAY);
	jobs_clear(&job, 1);
	fixture_close(lane);
}

/* A TCP port of 127.0.0.1 that is bound, and listens or refuses; the caller closes it. */
static int tcp_port(bool listens, int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	if (listens)
		assert_int_equal(listen(fd, 8), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* libpq changes its socket in the middle of connecting. */
static void next_host_is_taken_when_the_first_refuses(void **state)
{
	struct pg_lane_options options = fixture_options(PG_LANE_READ, 1);
	char conninfo[200];
	struct pg_lane *lane;
	struct job job;
	int port, fd = tcp_port(false, &port);

	(void)state;
	(void)snprintf(conninfo, sizeof(conninfo),
		"host=127.0.0.1,%s port=%d,5432 user=rxcirc dbname=postgres", cluster.dir, port);
	options.conninfo = conninfo;
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	job_submit(lane, &job, &stmt_ratio, 5, NULL);
	jobs_wait(&job, 1);
	assert_int_equal(job.status, 0);
	jobs_clear(&job, 1);
	fixture_close(lane);
	(void)close(fd);
}

static bool has_two_callers(void *arg)
{
	static int callers[2];
	static unsigned count;
	int fd = accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	callers[count++] = fd;
	if (count < 2)
		return false; /* stays open and is never answered */
	(void)close(callers[0]);
	(void)close(callers[1]);
	return true;
}

static void server_that_never_answers_is_given_up_and_called_again(void **state)
{
	struct pg_lane_options options = fixture_options(PG_LANE_READ, 1);
	int64_t start_ms = clock_mono_ms();
	char conninfo[200];
	struct pg_lane *lane;
	int port, fd = tcp_port(true, &port);

	(void)state;
	(void)snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1 port=%d user=rxcirc", port);
	options.conninfo = conninfo;
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	fixture_until(has_two_callers, &fd);
	assert_true(clock_mono_ms() - start_ms >= 4900); /* PG_CONNECT_MS_MAX */
	assert_false(pg_lane_is_up(lane));
	fixture_close(lane);
	(void)close(fd);
}

static struct pg_lane *chain_lane;

/* done() submits the unit again, until it has run ten times. */
static void chain_done(struct pg_unit *unit)
{
	struct job *job = container_of(unit, struct job, unit);

	job->status = unit->status;
	if (unit->status != 0 || job->done == 9) {
		job->done++;
		return;
	}
	pg_unit_clear(unit);
	job_add(job, &stmt_put, ++job->done, "chain");
	pg_submit(chain_lane, unit);
}

static bool chain_is_over(void *arg)
{
	return ((struct job *)arg)->done == 10;
}

static void done_may_submit(void **state)
{
	struct job job;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	chain_lane = fixture_lane(PG_LANE_WRITE, 1);
	job_init(&job);
	job.unit.done = chain_done;
	job_add(&job, &stmt_put, 0, "chain");
	pg_submit(chain_lane, &job.unit);
	fixture_until(chain_is_over, &job);
	assert_int_equal(job.status, 0);
	assert_int_equal(pg_cluster_number(&cluster, "SELECT count(*) FROM item"), 10);
	pg_unit_clear(&job.unit);
	fixture_close(chain_lane);
}

static void close_lets_what_is_in_flight_end(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job flying, waiting, late;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	job_init(&flying);
	job_add(&flying, &stmt_sleep, 100, NULL);
	job_add(&flying, &stmt_put, 1, "flying");
	pg_submit(lane, &flying.unit);
	fixture_run_ms(20);
	job_submit(lane, &waiting, &stmt_put, 2, "waiting");
	assert_int_equal(pg_lane_waiting(lane), 1);
	fixture_close(lane);
	assert_int_equal(flying.status, 0);
	assert_int_equal(waiting.status, ERR_DB_AWAY);
	assert_int_equal(pg_cluster_number(&cluster, "SELECT count(*) FROM item"), 1);
	jobs_clear(&flying, 1);
	jobs_clear(&waiting, 1);

	lane = lane_to_nowhere(PG_LANE_WRITE);
	job_submit(lane, &late, &stmt_put, 3, "late");
	fixture_close(lane);
	assert_int_equal(late.status, ERR_DB_AWAY);
	jobs_clear(&late, 1);
}

/* What lasts longer than PG_LANE_CLOSE_MS is cut off, and a write's fate is then unknown. */
static void close_does_not_wait_for_ever(void **state)
{
	struct pg_lane *writes = fixture_lane(PG_LANE_WRITE, 1);
	struct pg_lane *reads = fixture_lane(PG_LANE_READ, 1);
	int64_t start_ms = clock_mono_ms();
	struct job write, read;

	(void)state;
	job_submit(writes, &write, &stmt_sleep, 9000, NULL);
	job_submit(reads, &read, &stmt_sleep, 9000, NULL);
	fixture_run_ms(20);
	fixture_close(writes);
	assert_true(clock_mono_ms() < start_ms + 9000);
	assert_int_equal(write.status, ERR_OUTCOME_UNKNOWN);
	start_ms = clock_mono_ms();
	jobs_clear(&write, 1);
	pg_cluster_run(&cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		" WHERE application_name = 'rxcircd read'");
	fixture_close(reads);
	assert_int_equal(read.status, ERR_DB_AWAY);
	jobs_clear(&read, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(queue_takes_its_limit_and_refuses_one_more),
		TEST(deadline_without_a_database_is_away),
		TEST(deadline_behind_a_slow_batch_is_a_timeout),
		TEST(batch_takes_its_limit_of_units_and_no_more),
		TEST(batch_takes_its_limit_of_bytes_and_no_more),
		TEST(unit_takes_its_limit_of_queries_and_no_more),
		TEST(options_out_of_range_are_refused),
		TEST(guard_must_be_one_true_row),
		TEST(session_has_our_settings),
		TEST(statement_that_cannot_be_prepared_refuses_the_connection),
		TEST(next_host_is_taken_when_the_first_refuses),
		TEST(server_that_never_answers_is_given_up_and_called_again),
		TEST(done_may_submit),
		TEST(close_lets_what_is_in_flight_end),
		TEST(close_does_not_wait_for_ever),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pg_queue", tests, fixture_start, fixture_stop);
}
