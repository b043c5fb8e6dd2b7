/* The periodic work: events without a place, partitions ahead and old nonces in one unit, repeated,
 * retried, ended. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "service/housekeeping.h"
#include "test/support/fake_pg.h"

enum { INTERVAL_MS = 5, NONCE_KEPT_MS = 2 * 24 * 3600 * 1000 };

static struct loop *loop;
static struct pg_lane *lane;
static struct housekeeper *keeper;
static struct loop_timer timer;
static unsigned stop_at;

/* What the loop runs for: so many rounds asked, of which so many may still be in flight. */
static unsigned in_flight;

static void look(struct loop_timer *t)
{
	if (fake_pg_sent_count() >= stop_at && fake_pg_pending() == in_flight)
		loop_stop(loop);
	else
		loop_timer_set(t, 1);
}

static void run_rounds(unsigned count)
{
	stop_at = count;
	loop_timer_set(&timer, 1);
	loop_run(loop);
}

static int open_all(void **state)
{
	static const struct pg_lane_options options = {.name = "write"};

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	in_flight = 0;
	loop = loop_new();
	if (loop == NULL || pg_lane_open(&lane, loop, &options) != 0 ||
		loop_timer_open(&timer, loop, look) != 0)
		return -1;
	fake_pg_attach(loop);
	return housekeeper_open(&keeper, loop, lane, INTERVAL_MS);
}

static void lane_closed(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static int close_all(void **state)
{
	(void)state;
	housekeeper_close(keeper);
	loop_timer_close(&timer);
	pg_lane_close(lane, lane_closed, NULL);
	loop_run(loop);
	housekeeper_free(keeper);
	fake_pg_attach(NULL);
	fake_pg_reset();
	loop_free(loop);
	return 0;
}

/* Each round; so many events had no place in the queue. */
static void answer_rounds(int64_t unqueued)
{
	const struct fake_cell queued = FAKE_I64(unqueued);

	fake_pg_answer("events_queue", 1, &queued, 1);
	fake_pg_always("events_queue");
	fake_pg_answer("event_months", 0, NULL, 0);
	fake_pg_always("event_months");
	fake_pg_answer("log_parts", 0, NULL, 0);
	fake_pg_always("log_parts");
	fake_pg_answer("nonces_expire", 0, NULL, 0);
	fake_pg_always("nonces_expire");
}

static void a_round_queues_events_makes_partitions_and_forgets_old_nonces(void **state)
{
	const struct fake_unit *u;
	int64_t now_ms;

	(void)state;
	answer_rounds(0);
	run_rounds(1);
	u = fake_pg_sent(0);
	now_ms = clock_wall_ms();
	assert_int_equal(u->count, 4);
	assert_string_equal(u->queries[0].statement, "events_queue");
	assert_string_equal(u->queries[1].statement, "event_months");
	assert_in_range(fake_time(u, 1, 0), now_ms - 60000, now_ms);
	assert_int_equal(fake_number(u, 1, 1), 6);
	assert_string_equal(u->queries[2].statement, "log_parts");
	assert_string_equal(u->queries[3].statement, "nonces_expire");
	/* no code that could still be shown is forgotten */
	assert_int_equal(fake_time(u, 3, 0), fake_time(u, 1, 0) - NONCE_KEPT_MS);
	assert_true(u->deadline_mono_ms > clock_mono_ms());
}

/* What one round says on standard error. */
static void say(char *said, size_t cap, int64_t queued)
{
	FILE *captured = tmpfile();
	int before = dup(STDERR_FILENO);

	assert_true(captured != NULL && before >= 0);
	assert_true(dup2(fileno(captured), STDERR_FILENO) >= 0);
	log_set_level(LOG_LEVEL_WARN);
	answer_rounds(queued);
	run_rounds(1);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
	rewind(captured);
	said[fread(said, 1, cap - 1, captured)] = '\0';
	(void)fclose(captured);
}

static void events_that_had_no_place_are_told_of(void **state)
{
	char said[4096];

	(void)state;
	say(said, sizeof(said), 42);
	assert_non_null(strstr(said, "42 events"));
}

static void a_round_that_finds_none_says_nothing(void **state)
{
	char said[4096];

	(void)state;
	say(said, sizeof(said), 0);
	assert_string_equal(said, "");
}

static void rounds_are_repeated(void **state)
{
	(void)state;
	answer_rounds(0);
	run_rounds(3);
	assert_true(fake_pg_sent_count() >= 3);
}

/* Ten seconds until the next try, however short the interval is. */
static void a_failed_round_is_not_repeated_at_once(void **state)
{
	(void)state;
	fake_pg_answer_failure("events_queue", ERR_DB_AWAY, NULL);
	run_rounds(1);
	loop_timer_set(&timer, 10 * INTERVAL_MS);
	loop_run(loop);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void closing_during_a_round_is_fine(void **state)
{
	(void)state;
	fake_pg_hold("event_months");
	answer_rounds(0);
	in_flight = 1;
	run_rounds(1);
	assert_int_equal(fake_pg_pending(), 1);
	/* close_all() ends it */
}

int main(void)
{
#define OPENED(fn) cmocka_unit_test_setup_teardown(fn, open_all, close_all)
	static const struct CMUnitTest tests[] = {
		OPENED(a_round_queues_events_makes_partitions_and_forgets_old_nonces),
		OPENED(events_that_had_no_place_are_told_of),
		OPENED(a_round_that_finds_none_says_nothing),
		OPENED(rounds_are_repeated),
		OPENED(a_failed_round_is_not_repeated_at_once),
		OPENED(closing_during_a_round_is_fine),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("housekeeping", tests, NULL, NULL);
}
