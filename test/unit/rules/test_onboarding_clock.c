/* The deadlines of an application: at each, one ms before and one after, across holidays. */
#include "rules/onboarding_clock.h"
#include "test/support/calendar.h"
#include "test/support/tap.h"

static struct onboarding_dates submitted(const char *day)
{
	struct onboarding_dates d = {
		.state = APPLICATION_ACCEPTED,
		.submitted_ms = calendar_at(day, 9 * 3600000),
		.notice_days = 5,
		.assessment_months = 2,
	};

	return d;
}

static void expect_day(int64_t due, const char *day)
{
	assert_int_equal(due, date_day_ends(calendar_day(day)));
}

static int64_t notice_due(const char *day)
{
	struct onboarding_dates d = submitted(day);

	return onboarding_notice_due(&d, calendar_real());
}

static void the_notice_has_five_working_days(void **state)
{
	(void)state;
	expect_day(notice_due("2026-04-13"), "2026-04-20");
	expect_day(notice_due("2026-02-11"), "2026-02-25"); /* over Spring Festival */
	expect_day(notice_due("2026-09-30"), "2026-10-13"); /* over National Day, 10-10 is worked */
	expect_day(notice_due("2026-04-30"), "2026-05-11"); /* over Labour Day, 05-09 is worked */
	assert_int_equal(notice_due("2026-12-30"), WORKDAY_NONE);
}

static void the_assessment_has_two_months_from_acceptance(void **state)
{
	struct onboarding_dates d = submitted("2026-04-13");

	(void)state;
	expect_day(onboarding_assessment_due(&d), "2026-06-13");
	d = submitted("2025-12-31");
	expect_day(onboarding_assessment_due(&d), "2026-02-28");
	d = submitted("2026-07-31");
	d.assessment_months = 1;
	expect_day(onboarding_assessment_due(&d), "2026-08-31");
}

static void the_combined_clock_starts_with_the_hosts_agreement(void **state)
{
	struct onboarding_dates d = submitted("2026-04-13");

	(void)state;
	d.combined = true;
	assert_int_equal(onboarding_assessment_due(&d), ONBOARDING_NO_DUE);
	d.agreement_ms = calendar_at("2026-05-20", 15 * 3600000);
	expect_day(onboarding_assessment_due(&d), "2026-07-20");
	/* supplementing before the clock started costs nothing, after it only the part that ran */
	d.noticed_ms = calendar_at("2026-04-15", 0);
	d.supplemented_ms = calendar_at("2026-05-10", 0);
	expect_day(onboarding_assessment_due(&d), "2026-07-20");
	d.supplemented_ms = calendar_at("2026-05-25", 0);
	expect_day(onboarding_assessment_due(&d), "2026-07-25");
}

static void the_clock_pauses_while_the_applicant_supplements(void **state)
{
	struct onboarding_dates d = submitted("2026-04-13");

	(void)state;
	d.noticed_ms = calendar_at("2026-04-17", 16 * 3600000);
	d.state = APPLICATION_SUPPLEMENTING;
	assert_int_equal(onboarding_assessment_due(&d), ONBOARDING_NO_DUE);
	d.state = APPLICATION_ACCEPTED;
	d.supplemented_ms = calendar_at("2026-04-27", 8 * 3600000);
	expect_day(onboarding_assessment_due(&d), "2026-06-23"); /* ten days more */
	d.supplemented_ms = calendar_at("2026-04-17", 17 * 3600000);
	expect_day(onboarding_assessment_due(&d), "2026-06-13"); /* the same day: none */
}

static void what_is_assessed_is_not_late_any_more(void **state)
{
	struct onboarding_dates d = submitted("2026-04-13");

	(void)state;
	for (int s = APPLICATION_STATE_FIRST; s <= APPLICATION_STATE_LAST; s++) {
		bool runs = s == APPLICATION_ACCEPTED || s == APPLICATION_CHECKED ||
			s == APPLICATION_VERIFIED;

		d.state = (enum application_state)s;
		assert_int_equal(onboarding_assessment_due(&d) != ONBOARDING_NO_DUE, runs);
		assert_int_equal(onboarding_window_due(&d) == ONBOARDING_NO_DUE,
			application_is_over(d.state));
	}
}

static void a_window_closes_with_the_second_month_of_its_quarter(void **state)
{
	static const struct {
		const char *submitted, *due;
	} cases[] = {
		{"2026-01-05", "2026-02-28"}, {"2028-01-31", "2028-02-29"}, {"2026-04-01", "2026-05-31"},
		{"2026-04-30", "2026-05-31"}, {"2026-07-31", "2026-08-31"}, {"2026-10-15", "2026-11-30"},
		/* a region that also takes applications in December has the month after for them */
		{"2026-12-31", "2027-01-31"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct onboarding_dates d = submitted(cases[i].submitted);

		expect_day(onboarding_window_due(&d), cases[i].due);
	}
}

static void the_earliest_deadline_is_next(void **state)
{
	struct onboarding_dates d = submitted("2026-04-13");

	(void)state;
	expect_day(onboarding_next_due(&d), "2026-05-31");
	d.assessment_months = 1;
	expect_day(onboarding_next_due(&d), "2026-05-13");
	d.state = APPLICATION_ASSESSED;
	expect_day(onboarding_next_due(&d), "2026-05-31");
	d.state = APPLICATION_PUBLISHED;
	assert_int_equal(onboarding_next_due(&d), ONBOARDING_NO_DUE);
}

static void a_window_is_open_in_its_months_only(void **state)
{
	(void)state;
	assert_true(onboarding_window_open("1 4 7 10", calendar_at("2026-04-01", 0)));
	assert_false(onboarding_window_open("1 4 7 10", calendar_at("2026-04-01", -1)));
	assert_true(onboarding_window_open("1 4 7 10", date_day_ends(calendar_day("2026-04-30"))));
	assert_false(onboarding_window_open("1 4 7 10",
		date_day_ends(calendar_day("2026-04-30")) + 1));
	assert_false(onboarding_window_open("10", calendar_at("2026-01-10", 0)));
	assert_false(onboarding_window_open("", calendar_at("2026-01-10", 0)));
	assert_true(onboarding_window_open("12", calendar_at("2026-12-10", 0)));
}

static void every_quarter_needs_a_window(void **state)
{
	(void)state;
	assert_int_equal(onboarding_quarters_closed("1 4 7 10"), 0);
	assert_int_equal(onboarding_quarters_closed("3 6 9 12"), 0);
	assert_int_equal(onboarding_quarters_closed("1 2 3 4 7"), 8);
	assert_int_equal(onboarding_quarters_closed("10 11 12"), 7);
	assert_int_equal(onboarding_quarters_closed(""), 15);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(the_notice_has_five_working_days, "TJ2-7b"),
		PROVES(the_assessment_has_two_months_from_acceptance, "TJ2-8b"),
		PROVES(the_combined_clock_starts_with_the_hosts_agreement, "TJ2-8b"),
		PROVES(the_clock_pauses_while_the_applicant_supplements, "TJ2-8c"),
		TEST(what_is_assessed_is_not_late_any_more),
		PROVES(a_window_closes_with_the_second_month_of_its_quarter, "JIN15-3.8b"),
		TEST(the_earliest_deadline_is_next),
		PROVES(a_window_is_open_in_its_months_only, "JIN15-3.8b"),
		PROVES(every_quarter_needs_a_window, "JIN15-3.8a"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("onboarding_clock", tests, NULL, NULL);
}
