/* The open loop's clock: what is due agrees with when it was meant. */
#include "test/support/tap.h"

#include "test/bench/schedule.h"

static const int64_t start_ns = 123456789012345;

static void nothing_is_due_before_the_start(void **state)
{
	const struct schedule s = {start_ns, 1000};

	(void)state;
	assert_int_equal(schedule_due(&s, start_ns - 1), 0);
	assert_int_equal(schedule_due(&s, start_ns), 1);
}

static void a_call_is_due_at_its_nanosecond_and_not_before(void **state)
{
	static const double rates[] = {0.5, 1, 3, 999.99, 2390, 100000};

	(void)state;
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		const struct schedule s = {start_ns, rates[r]};

		for (size_t i = 1; i < 5000; i += 7) {
			assert_int_equal(schedule_due(&s, schedule_at_ns(&s, i) - 1), i);
			assert_int_equal(schedule_due(&s, schedule_at_ns(&s, i)), i + 1);
		}
	}
}

static void a_stall_makes_all_that_was_missed_due(void **state)
{
	const struct schedule s = {start_ns, 2000};

	(void)state;
	assert_int_equal(schedule_due(&s, start_ns + 10 * INT64_C(1000000000)), 20001);
	assert_int_equal(schedule_at_ns(&s, 20000), start_ns + 10 * INT64_C(1000000000));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(nothing_is_due_before_the_start),
		TEST(a_call_is_due_at_its_nanosecond_and_not_before),
		TEST(a_stall_makes_all_that_was_missed_due),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
