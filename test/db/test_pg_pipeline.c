/* A batch of units against a real PostgreSQL: who fails, fails alone. */
#include "base/err.h"
#include "test/db/fixture.h"
#include "test/support/tap.h"

static long long count_items(void)
{
	return pg_cluster_number(&cluster, "SELECT count(*) FROM item");
}

static void commits_a_unit(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job job;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	job_submit(lane, &job, &stmt_put, 1, "one");
	jobs_wait(&job, 1);
	assert_int_equal(job.status, 0);
	assert_string_equal(job.unit.sqlstate, "");
	assert_int_equal(pg_affected(&job.unit, 0), 1);
	assert_int_equal(count_items(), 1);
	jobs_clear(&job, 1);
	fixture_close(lane);
}

/* One hundred good ones with three bad ones among them, submitted in one turn. */
static void good_neighbours_of_failing_units_commit(void **state)
{
	enum { COUNT = 103, TWIN = 20, CHECK = 50, ZERO = 90 };
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	static struct job jobs[COUNT];
	int i;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	pg_cluster_run(&cluster, "INSERT INTO item VALUES (20, 'was here before')");
	for (i = 0; i < COUNT; i++) {
		job_init(&jobs[i]);
		if (i == ZERO)
			job_add_number(&jobs[i], &stmt_divide, i, 0);
		else
			job_add(&jobs[i], &stmt_put, i, i == CHECK ? "bad" : "good");
		pg_submit(lane, &jobs[i].unit);
	}
	jobs_wait(jobs, COUNT);
	for (i = 0; i < COUNT; i++) {
		int expected = i == TWIN ? ERR_DB_UNIQUE
			: i == CHECK ? ERR_DB_CHECK : i == ZERO ? ERR_DB_REFUSED : 0;

		assert_int_equal(jobs[i].status, expected);
	}
	assert_string_equal(jobs[TWIN].unit.sqlstate, "23505");
	assert_string_equal(jobs[CHECK].unit.sqlstate, "23514");
	assert_string_equal(jobs[ZERO].unit.sqlstate, "22012");
	assert_int_equal(count_items(), 101);
	assert_true(metric_value(&pg_lane_metrics(lane)->reruns) >= 1);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->lost), 0);
	jobs_clear(jobs, COUNT);
	fixture_close(lane);
}

/* Forty bad ones: whoever is spoilt twice goes alone, so each gets its own answer. */
static void many_failing_units_get_their_own_answers(void **state)
{
	enum { COUNT = 80 };
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 2);
	static struct job jobs[COUNT];
	int i;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	for (i = 0; i < COUNT; i++)
		job_submit(lane, &jobs[i], &stmt_put, i, i % 2 == 0 ? "bad" : "good");
	jobs_wait(jobs, COUNT);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(jobs[i].status, i % 2 == 0 ? ERR_DB_CHECK : 0);
	assert_int_equal(count_items(), COUNT / 2);
	jobs_clear(jobs, COUNT);
	fixture_close(lane);
}

static void queries_of_a_unit_succeed_or_fail_together(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job jobs[2];

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	job_init(&jobs[0]);
	job_add(&jobs[0], &stmt_put, 1, "first");
	job_add(&jobs[0], &stmt_put, 2, "second");
	job_add(&jobs[0], &stmt_put, 3, "bad");
	job_init(&jobs[1]);
	job_add(&jobs[1], &stmt_put, 4, "fourth");
	job_add(&jobs[1], &stmt_get, 4, NULL);
	pg_submit(lane, &jobs[0].unit);
	pg_submit(lane, &jobs[1].unit);
	jobs_wait(jobs, 2);
	assert_int_equal(jobs[0].status, ERR_DB_CHECK);
	assert_null(jobs[0].unit.queries[0].result);
	assert_int_equal(jobs[1].status, 0);
	assert_string_equal(pg_text(&jobs[1].unit, 1, 0, 0), "fourth");
	assert_int_equal(count_items(), 1);
	jobs_clear(jobs, 2);
	fixture_close(lane);
}

/* Nobody can be blamed for an error at COMMIT, so everybody runs alone. */
static void deferred_constraint_is_told_to_the_unit_that_broke_it(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job jobs[3];
	int i, done = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		job_init(&jobs[i]);
		job_add_number(&jobs[i], &stmt_pair, i, i < 2 ? 7 : 8);
		pg_submit(lane, &jobs[i].unit);
	}
	jobs_wait(jobs, 3);
	for (i = 0; i < 3; i++)
		done += jobs[i].status == 0 ? 1 : 0;
	assert_int_equal(done, 2);
	assert_int_equal(jobs[2].status, 0);
	i = jobs[0].status == 0 ? 1 : 0;
	assert_int_equal(jobs[i].status, ERR_DB_UNIQUE);
	assert_string_equal(jobs[i].unit.sqlstate, "23505");
	assert_int_equal(pg_cluster_number(&cluster, "SELECT count(*) FROM pair"), 2);
	jobs_clear(jobs, 3);
	fixture_close(lane);
}

static void good_neighbours_of_a_failing_read_are_read(void **state)
{
	enum { COUNT = 9, ZERO = 4 };
	struct pg_lane *lane = fixture_lane(PG_LANE_READ, 1);
	struct job jobs[COUNT];
	int i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		job_submit(lane, &jobs[i], &stmt_ratio, i - ZERO, NULL);
	jobs_wait(jobs, COUNT);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(jobs[i].status, i == ZERO ? ERR_DB_REFUSED : 0);
		if (i != ZERO)
			assert_int_equal(pg_i64(&jobs[i].unit, 0, 0, 0), 100 / (i - ZERO));
	}
	assert_string_equal(jobs[ZERO].unit.sqlstate, "22012");
	jobs_clear(jobs, COUNT);
	fixture_close(lane);
}

static void read_lane_refuses_to_write(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_READ, 1);
	struct job job;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	job_submit(lane, &job, &stmt_put, 1, "one");
	jobs_wait(&job, 1);
	assert_int_not_equal(job.status, 0);
	assert_string_equal(job.unit.sqlstate, "25006");
	assert_int_equal(count_items(), 0);
	jobs_clear(&job, 1);
	fixture_close(lane);
}

/* 40001 raised on purpose: the sequence counts the tries, for it is not rolled back. */
static void conflict_is_tried_again_and_then_told(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job job;

	(void)state;
	job_submit(lane, &job, &stmt_clash, 0, NULL);
	jobs_wait(&job, 1);
	assert_int_equal(job.status, ERR_DB_CONFLICT);
	assert_string_equal(job.unit.sqlstate, "40001");
	assert_int_equal(pg_cluster_number(&cluster, "SELECT last_value FROM clashes"), PG_UNIT_TRIES);
	jobs_clear(&job, 1);
	fixture_close(lane);
}

static void outdated_plan_costs_a_connection_and_nothing_else(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_READ, 1);
	struct job job;

	(void)state;
	job_submit(lane, &job, &stmt_shape, 0, NULL);
	jobs_wait(&job, 1);
	assert_int_equal(job.status, 0);
	jobs_clear(&job, 1);
	pg_cluster_run(&cluster, "ALTER TABLE shape ADD COLUMN b bigint");
	job_submit(lane, &job, &stmt_shape, 0, NULL);
	jobs_wait(&job, 1);
	assert_int_equal(job.status, 0);
	assert_int_equal(metric_value(&pg_lane_metrics(lane)->lost), 1);
	jobs_clear(&job, 1);
	fixture_close(lane);
}

static void forgotten_statement_costs_a_connection_and_nothing_else(void **state)
{
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	struct job job;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE item");
	job_init(&job);
	job_add(&job, &stmt_put, 1, "one");
	job_add(&job, &stmt_forget, 0, NULL);
	pg_submit(lane, &job.unit);
	jobs_wait(&job, 1); /* COMMIT itself was forgotten: certainly not done, however often tried */
	assert_int_equal(job.status, ERR_DB_REFUSED);
	assert_string_equal(job.unit.sqlstate, "26000");
	assert_int_equal(count_items(), 0);
	jobs_clear(&job, 1);
	job_submit(lane, &job, &stmt_put, 1, "one");
	jobs_wait(&job, 1);
	assert_int_equal(job.status, 0);
	jobs_clear(&job, 1);
	fixture_close(lane);
}

static void statement_timeout_is_a_timeout(void **state)
{
	struct pg_lane_options options = fixture_options(PG_LANE_WRITE, 1);
	struct pg_lane *lane;
	struct job job;

	(void)state;
	options.statement_timeout_ms = 50;
	assert_int_equal(pg_lane_open(&lane, loop, &options), 0);
	job_submit(lane, &job, &stmt_sleep, 2000, NULL);
	jobs_wait(&job, 1);
	assert_int_equal(job.status, ERR_TIMEOUT);
	assert_string_equal(job.unit.sqlstate, "57014");
	jobs_clear(&job, 1);
	fixture_close(lane);
}

/* Sorted, two batches take their locks in the same order. */
static void units_of_a_batch_are_sorted_by_row_key(void **state)
{
	enum { COUNT = 64 };
	struct pg_lane *lane = fixture_lane(PG_LANE_WRITE, 1);
	static struct job jobs[COUNT];
	long long unsorted;
	int i;

	(void)state;
	pg_cluster_run(&cluster, "TRUNCATE attempt");
	for (i = 0; i < COUNT; i++) {
		job_init(&jobs[i]);
		job_add(&jobs[i], &stmt_attempt, COUNT - i, NULL);
		jobs[i].unit.row_key[15] = (uint8_t)(COUNT - i);
		pg_submit(lane, &jobs[i].unit);
	}
	jobs_wait(jobs, COUNT);
	/* In the order they were inserted, each id is larger than the one before. */
	unsorted = pg_cluster_number(&cluster,
		"SELECT count(*) FROM (SELECT id, lag(id) OVER (ORDER BY ctid) AS before FROM attempt) a"
		" WHERE id < before");
	assert_int_equal(unsorted, 0);
	assert_int_equal(pg_cluster_number(&cluster, "SELECT count(*) FROM attempt"), COUNT);
	jobs_clear(jobs, COUNT);
	fixture_close(lane);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(commits_a_unit),
		TEST(good_neighbours_of_failing_units_commit),
		TEST(many_failing_units_get_their_own_answers),
		TEST(queries_of_a_unit_succeed_or_fail_together),
		TEST(deferred_constraint_is_told_to_the_unit_that_broke_it),
		TEST(good_neighbours_of_a_failing_read_are_read),
		TEST(read_lane_refuses_to_write),
		TEST(conflict_is_tried_again_and_then_told),
		TEST(outdated_plan_costs_a_connection_and_nothing_else),
		TEST(forgotten_statement_costs_a_connection_and_nothing_else),
		TEST(statement_timeout_is_a_timeout),
		TEST(units_of_a_batch_are_sorted_by_row_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pg_pipeline", tests, fixture_start, fixture_stop);
}
