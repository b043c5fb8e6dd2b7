/* The histogram loses less than one percent, and finds the right rank. */
#include "test/support/tap.h"

#include "test/bench/histogram.h"

static struct histogram h;

static void small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t v = 0; v < 256; v++) {
		histogram_clear(&h);
		histogram_record(&h, v);
		histogram_record(&h, 1000 * 1000); /* so that the largest does not tell */
		assert_int_equal(histogram_at(&h, 0.5), v);
	}
}

static void every_value_is_read_back_within_one_percent(void **state)
{
	(void)state;
	for (uint64_t v = 1; v < UINT32_MAX / 3; v = v * 17 / 16 + 1) {
		histogram_clear(&h);
		histogram_record(&h, v);
		histogram_record(&h, UINT32_MAX);
		assert_true(histogram_at(&h, 0.5) >= v);
		assert_true(histogram_at(&h, 0.5) - v <= v / 100);
	}
}

static void the_largest_slot_takes_the_limit_and_what_is_above_it(void **state)
{
	(void)state;
	histogram_clear(&h);
	histogram_record(&h, UINT32_MAX);
	assert_int_equal(h.slots[HISTOGRAM_SLOTS - 1], 1);
	histogram_record(&h, (uint64_t)UINT32_MAX + 1);
	histogram_record(&h, UINT64_MAX);
	assert_int_equal(h.slots[HISTOGRAM_SLOTS - 1], 3);
	assert_int_equal(h.max, UINT32_MAX);
	assert_int_equal(histogram_at(&h, 1), UINT32_MAX);
}

static void ranks_are_those_of_a_sorted_list(void **state)
{
	(void)state;
	histogram_clear(&h);
	for (uint64_t v = 1; v <= 200; v++)
		histogram_record(&h, v);
	assert_int_equal(histogram_at(&h, 0), 1);
	assert_int_equal(histogram_at(&h, 0.5), 100);
	assert_int_equal(histogram_at(&h, 0.501), 101);
	assert_int_equal(histogram_at(&h, 0.99), 198);
	assert_int_equal(histogram_at(&h, 1), 200);
}

static void an_empty_one_says_zero(void **state)
{
	(void)state;
	histogram_clear(&h);
	assert_int_equal(histogram_at(&h, 0.5), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(small_values_are_exact),
		TEST(every_value_is_read_back_within_one_percent),
		TEST(the_largest_slot_takes_the_limit_and_what_is_above_it),
		TEST(ranks_are_those_of_a_sorted_list),
		TEST(an_empty_one_says_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
