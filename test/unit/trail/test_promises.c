/* What was promised: kept with its checkpoint, told when it is late, also by a halted trail. */
#include "test/support/tap.h"

#include <stdlib.h>

#include "base/clock.h"
#include "test/unit/trail/station.h"

static struct database *const database = &station.database;

static void promise(uint64_t place, int64_t at_ms)
{
	struct trail_batch *batch = calloc(1, sizeof(*batch));

	assert_non_null(batch);
	batch->since_us = clock_mono_us();
	batch->count = 1;
	batch->promises[0].at_ms = at_ms;
	leaf_hash_of(place, &batch->promises[0].leaf);
	trail_expect(station.trail, batch);
	web_run_ms(station.loop, 5);
}

static void assert_promises(uint64_t open, uint64_t kept, uint64_t late)
{
	const struct awaited_metrics *m = trail_awaited(station.trail);

	assert_int_equal(metric_value(&m->open), open);
	assert_int_equal(metric_value(&m->kept), kept);
	assert_int_equal(metric_value(&m->late), late);
}

static void a_promise_is_kept_when_its_event_is_published(void **state)
{
	(void)state;
	station_start();
	promise(3, clock_wall_ms());
	assert_promises(1, 0, 0);
	database->queued = 7;
	await_published(7);
	assert_promises(0, 1, 0);
	promise(5, clock_wall_ms()); /* heard of later */
	database->queued = 1;
	await_published(8);
	assert_promises(0, 2, 0);
}

static void a_promise_whose_event_never_comes_is_late(void **state)
{
	(void)state;
	station_start();
	promise(1000, clock_wall_ms());
	run_rounds();
	assert_promises(1, 0, 0);
	station_skew_ms += PROMISE_MS + 1;
	run_rounds();
	assert_promises(0, 0, 1);
}

static void a_trail_that_halted_still_tells_which_promises_are_late(void **state)
{
	(void)state;
	database->queued = 7;
	database->liar = 4;
	database->lie = LIE_LEAF;
	station_start();
	await_trouble(TRAIL_HALTED);
	promise(1000, clock_wall_ms());
	station_skew_ms += PROMISE_MS + 1;
	web_run_ms(station.loop, 1500);
	assert_promises(0, 0, 1);
	assert_int_equal(station_trouble(), TRAIL_HALTED);
}

/* The same answer may be given again, long after its leaf was read. */
static void an_old_promise_given_again_is_not_watched(void **state)
{
	int64_t before_ms;

	(void)state;
	database->queued = 7;
	station_start();
	await_published(7);
	before_ms = clock_wall_ms();
	station_skew_ms += 1000;
	station_stop();
	station_start();
	promise(3, before_ms);
	assert_promises(0, 0, 0);
	station_skew_ms += DEADLINE_MS_MAX;
	promise(4, clock_wall_ms() - DEADLINE_MS_MAX - 1000);
	assert_promises(0, 0, 0);
	promise(4, clock_wall_ms());
	assert_promises(1, 0, 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, station_set_up, station_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_promise_is_kept_when_its_event_is_published),
		CASE(a_promise_whose_event_never_comes_is_late),
		CASE(a_trail_that_halted_still_tells_which_promises_are_late),
		CASE(an_old_promise_given_again_is_not_watched),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (http_process_start() < 0)
		return 1;
	return cmocka_run_group_tests_name("trail promises", tests, NULL, NULL);
}
