/* The periodic work: months ahead and old nonces in one unit, repeated, retried, ended. */
#include "test/support/tap.h"

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

static void answer_always(void)
{
	fake_pg_answer("event_months", 0, NULL, 0);
	fake_pg_always("event_months");
	fake_pg_answer("nonces_expire", 0, NULL, 0);
	fake_pg_always("nonces_expire");
}

static void a_round_makes_months_and_forgets_old_nonces(void **state)
{
	const struct fake_unit *u;
	int64_t now_ms;

	(void)state;
	answer_always();
	run_rounds(1);
	u = fake_pg_sent(0);
	now_ms = clock_wall_ms();
	assert_int_equal(u->count, 2);
	assert_string_equal(u->queries[0].statement, "event_months");
	assert_in_range(fake_time(u, 0, 0), now_ms - 60000, now_ms);
	assert_int_equal(fake_number(u, 0, 1), 6);
	assert_string_equal(u->queries[1].statement, "nonces_expire");
	/* no code that could still be shown is forgotten */
	assert_int_equal(fake_time(u, 1, 0), fake_time(u, 0, 0) - NONCE_KEPT_MS);
	assert_true(u->deadline_mono_ms > clock_mono_ms());
}

static void rounds_are_repeated(void **state)
{
	(void)state;
	answer_always();
	run_rounds(3);
	assert_true(fake_pg_sent_count() >= 3);
}

/* Ten seconds until the next try, however short the interval is. */
static void a_failed_round_is_not_repeated_at_once(void **state)
{
	(void)state;
	fake_pg_answer_failure("event_months", ERR_DB_AWAY, NULL);
	run_rounds(1);
	loop_timer_set(&timer, 10 * INTERVAL_MS);
	loop_run(loop);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void closing_during_a_round_is_fine(void **state)
{
	(void)state;
	fake_pg_hold("event_months");
	answer_always();
	in_flight = 1;
	run_rounds(1);
	assert_int_equal(fake_pg_pending(), 1);
	/* close_all() ends it */
}

int main(void)
{
#define OPENED(fn) cmocka_unit_test_setup_teardown(fn, open_all, close_all)
	static const struct CMUnitTest tests[] = {
		OPENED(a_round_makes_months_and_forgets_old_nonces),
		OPENED(rounds_are_repeated),
		OPENED(a_failed_round_is_not_repeated_at_once),
		OPENED(closing_during_a_round_is_fine),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("housekeeping", tests, NULL, NULL);
}
