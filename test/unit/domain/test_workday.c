/* Working days over the real calendar of 2025 and 2026. */
#include "test/support/calendar.h"

#include "test/support/tap.h"

static void expect_end(const char *from, unsigned days, const char *end)
{
	int64_t due = workday_add(calendar_real(), calendar_at(from, 9 * 3600000), days);

	if (due != date_day_ends(calendar_day(end)))
		fail_msg("%u working days from %s do not end with %s", days, from, end);
}

static void the_calendar_is_sorted_and_only_weekends_are_exchanged(void **state)
{
	const struct workday_calendar *c = calendar_real();
	unsigned free_2026 = 0, worked_2026 = 0;

	(void)state;
	for (size_t i = 0; i < c->count; i++) {
		assert_true(i == 0 || c->days[i - 1].day < c->days[i].day);
		if (c->days[i].works)
			assert_true(date_weekday(c->days[i].day) >= 6);
		if (date_of_day(c->days[i].day).year == 2026) {
			free_2026 += !c->days[i].works;
			worked_2026 += c->days[i].works;
		}
	}
	assert_int_equal(free_2026, 33);
	assert_int_equal(worked_2026, 6);
}

static void an_ordinary_week_has_five_days(void **state)
{
	(void)state;
	expect_end("2026-03-02", 5, "2026-03-09"); /* Monday to Monday */
	expect_end("2026-03-06", 5, "2026-03-13"); /* Friday to Friday */
	expect_end("2026-03-07", 5, "2026-03-13"); /* Saturday counts from Monday on */
	expect_end("2026-03-02", 0, "2026-03-02");
}

static void a_holiday_makes_the_term_longer(void **state)
{
	(void)state;
	/* Spring Festival: 11..14 February (the 14th is a worked Saturday), then 24 and on */
	expect_end("2026-02-11", 5, "2026-02-25");
	expect_end("2026-02-10", 4, "2026-02-14");
	expect_end("2026-02-14", 1, "2026-02-24");
	/* 28 February, a Saturday, is worked in exchange */
	expect_end("2026-02-27", 1, "2026-02-28");
	expect_end("2026-02-27", 2, "2026-03-02");
	/* National Day: the 8th is the first day, the 10th a worked Saturday */
	expect_end("2026-09-30", 1, "2026-10-08");
	expect_end("2026-09-30", 3, "2026-10-10");
	expect_end("2026-09-30", 4, "2026-10-12");
	/* 2025 as 2026: 28 September was a worked Sunday */
	expect_end("2025-09-27", 1, "2025-09-28");
	expect_end("2025-09-30", 1, "2025-10-09");
	expect_end("2025-10-10", 1, "2025-10-11");
}

static void the_turn_of_the_year_needs_both_years(void **state)
{
	(void)state;
	expect_end("2025-12-31", 1, "2026-01-04"); /* a worked Sunday */
	expect_end("2026-12-25", 4, "2026-12-31");
	assert_int_equal(workday_add(calendar_real(), calendar_at("2026-12-25", 0), 5), WORKDAY_NONE);
}

static void a_year_nobody_knows_is_not_guessed(void **state)
{
	static const struct workday_calendar empty = {NULL, 0};

	(void)state;
	assert_true(workday_knows_year(calendar_real(), 2025));
	assert_true(workday_knows_year(calendar_real(), 2026));
	assert_false(workday_knows_year(calendar_real(), 2024));
	assert_false(workday_knows_year(calendar_real(), 2027));
	assert_int_equal(workday_add(calendar_real(), calendar_at("2024-12-31", 0), 1), WORKDAY_NONE);
	assert_int_equal(workday_add(calendar_real(), calendar_at("2027-01-01", 0), 0), WORKDAY_NONE);
	assert_int_equal(workday_add(&empty, calendar_at("2026-03-02", 0), 0), WORKDAY_NONE);
}

static void the_longest_term_is_computed_and_one_day_more_is_not(void **state)
{
	(void)state;
	assert_int_not_equal(workday_add(calendar_real(), calendar_at("2026-03-02", 0),
		WORKDAY_ADD_MAX), WORKDAY_NONE);
	assert_int_equal(workday_add(calendar_real(), calendar_at("2026-03-02", 0),
		WORKDAY_ADD_MAX + 1), WORKDAY_NONE);
}

static void a_term_begins_with_the_day_in_china(void **state)
{
	int64_t last = date_day_ends(calendar_day("2026-03-02"));

	(void)state;
	assert_int_equal(workday_add(calendar_real(), last, 1),
		date_day_ends(calendar_day("2026-03-03")));
	assert_int_equal(workday_add(calendar_real(), last + 1, 1),
		date_day_ends(calendar_day("2026-03-04")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_calendar_is_sorted_and_only_weekends_are_exchanged),
		TEST(an_ordinary_week_has_five_days),
		TEST(a_holiday_makes_the_term_longer),
		TEST(the_turn_of_the_year_needs_both_years),
		TEST(a_year_nobody_knows_is_not_guessed),
		TEST(the_longest_term_is_computed_and_one_day_more_is_not),
		TEST(a_term_begins_with_the_day_in_china),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("workday", tests, NULL, NULL);
}
