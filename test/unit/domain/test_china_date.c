/* Dates against the C library's own calendar, and the edges of months. */
#include "test/support/tap.h"

#include <string.h>
#include <time.h>

#include "domain/china_date.h"

enum { DAY_LAST = 2932896 /* 9999-12-31 */ };

static void every_day_of_eight_thousand_years_agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int32_t day = 0; day <= DAY_LAST; day++) {
		time_t at = (time_t)day * 86400;
		struct china_date is = date_of_day(day);
		struct tm should;

		if (day % 97 != 0 && is.month == date_of_day(day > 0 ? day - 1 : 0).month)
			continue; /* every turn of a month, and a sample of the other days */
		assert_non_null(gmtime_r(&at, &should));
		assert_int_equal(is.year, should.tm_year + 1900);
		assert_int_equal(is.month, should.tm_mon + 1);
		assert_int_equal(is.day, should.tm_mday);
		assert_int_equal(date_weekday(day) % 7, should.tm_wday);
		assert_int_equal(date_to_day(is), day);
	}
}

static void a_day_is_chinas(void **state)
{
	int32_t day = date_to_day((struct china_date){2026, 2, 14});

	(void)state;
	/* 2026-02-13T16:00:00Z */
	assert_int_equal(date_day_begins(day), 1770998400000);
	assert_int_equal(date_day_of(1770998400000), day);
	assert_int_equal(date_day_of(1770998399999), day - 1);
	assert_int_equal(date_day_of(date_day_ends(day)), day);
	assert_int_equal(date_day_of(date_day_ends(day) + 1), day + 1);
	assert_int_equal(date_day_of(0), 0);
}

static void dates_are_read_as_they_are_written(void **state)
{
	static const char *const sound[] = {"1970-01-01", "2024-02-29", "2026-12-31", "9999-12-31"};
	static const char *const unsound[] = {"", "2026-02-29", "2100-02-29", "2026-13-01",
		"2026-00-01", "2026-01-00", "2026-04-31", "1969-12-31", "2026-1-01", "2026-01-1",
		"2026-01-011", "2026/01/01", "2026-01 01", "+026-01-01", "20 6-01-01", "2026-0x-01"};
	int32_t day = 7;
	char text[DATE_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
		assert_true(date_read(sound[i], &day));
		date_write(day, text);
		assert_string_equal(text, sound[i]);
	}
	day = 7;
	for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
		assert_false(date_read(unsound[i], &day));
		assert_int_equal(day, 7);
	}
}

static void months_later_stay_inside_the_month(void **state)
{
	static const struct {
		const char *from;
		int months;
		const char *then;
	} cases[] = {
		{"2026-01-15", 2, "2026-03-15"}, {"2025-12-31", 2, "2026-02-28"},
		{"2027-12-31", 2, "2028-02-29"}, {"2026-08-31", 1, "2026-09-30"},
		{"2026-11-30", 1, "2026-12-30"}, {"2026-12-01", 1, "2027-01-01"},
		{"2026-05-31", 0, "2026-05-31"}, {"2026-01-31", 13, "2027-02-28"},
	};
	char text[DATE_LEN + 1];
	int32_t day = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(date_read(cases[i].from, &day));
		date_write(date_to_day(date_add_months(date_of_day(day), cases[i].months)), text);
		assert_string_equal(text, cases[i].then);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_day_of_eight_thousand_years_agrees_with_the_c_library),
		TEST(a_day_is_chinas),
		TEST(dates_are_read_as_they_are_written),
		TEST(months_later_stay_inside_the_month),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("china_date", tests, NULL, NULL);
}
