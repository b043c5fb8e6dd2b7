/* The limits inside the upload rules: at each, one below, one above. */
#include "test/support/tap.h"

#include <stdio.h>

#include "test/unit/rules/case.h"

static struct upload_case c;

static int fresh(void **state)
{
	(void)state;
	case_init(&c);
	return 0;
}

static void an_ordinary_prescription_is_valid_one_to_three_days(void **state)
{
	(void)state;
	c.facts.validity_days = 1;
	EXPECT_NONE(&c);
	c.facts.validity_days = 3;
	EXPECT_NONE(&c);
	c.facts.validity_days = 0;
	EXPECT(&c, "RX-VALIDITY");
	c.facts.validity_days = 4;
	EXPECT(&c, "RX-VALIDITY");
}

static void a_long_or_repeated_one_is_valid_up_to_90_days(void **state)
{
	(void)state;
	c.facts.long_prescription = true;
	c.facts.validity_days = 90;
	EXPECT_NONE(&c);
	c.facts.validity_days = 91;
	EXPECT(&c, "RX-VALIDITY");
	c.facts.validity_days = 0;
	EXPECT(&c, "RX-VALIDITY");
	c.facts.long_prescription = false;
	c.facts.fills_max = 2;
	c.facts.validity_days = 90;
	EXPECT_NONE(&c);
	c.facts.validity_days = 91;
	EXPECT(&c, "RX-VALIDITY");
	c.facts.fills_max = 1;
	c.facts.validity_days = 90;
	EXPECT(&c, "RX-VALIDITY");
}

/* Supply in 1/10000 days of the only line. */
static void supply(int64_t days_e4)
{
	case_lines(&c, 1, 11, days_e4);
}

static void ordinary_supply_is_at_most_7_days(void **state)
{
	(void)state;
	supply(69999);
	EXPECT_NONE(&c);
	supply(70000);
	EXPECT_NONE(&c);
	supply(70001); /* 7.0001 days */
	EXPECT(&c, "RX-SUPPLY");
}

static void a_stated_reason_allows_more_than_7_days(void **state)
{
	(void)state;
	supply(70001);
	c.facts.supply_reason = true;
	EXPECT_NONE(&c);
}

static void emergency_supply_is_at_most_3_days(void **state)
{
	(void)state;
	c.facts.emergency = true;
	supply(30000);
	EXPECT_NONE(&c);
	supply(30001);
	EXPECT(&c, "RX-SUPPLY");
	c.facts.supply_reason = true;
	EXPECT(&c, "RX-SUPPLY");
}

static void a_long_prescription_is_at_most_28_days(void **state)
{
	(void)state;
	c.facts.long_prescription = true;
	supply(28 * 10000);
	EXPECT_NONE(&c);
	supply(28 * 10000 + 1);
	EXPECT(&c, "RX-LONG");
	supply(29 * 10000);
	EXPECT(&c, "RX-LONG");
	c.facts.supply_reason = true; /* that is for ordinary ones */
	EXPECT(&c, "RX-LONG");
}

static void an_assessed_and_confirmed_one_is_at_most_84_days(void **state)
{
	(void)state;
	c.facts.long_prescription = true;
	supply(29 * 10000);
	c.facts.long_assessed = true;
	EXPECT(&c, "RX-LONG");
	c.facts.long_assessed = false;
	c.facts.long_confirmed = true;
	EXPECT(&c, "RX-LONG");
	c.facts.long_assessed = true;
	EXPECT_NONE(&c);
	supply(84 * 10000);
	EXPECT_NONE(&c);
	supply(84 * 10000 + 1);
	EXPECT(&c, "RX-LONG");
	supply(85 * 10000);
	EXPECT(&c, "RX-LONG");
}

static void the_line_with_the_longest_supply_decides(void **state)
{
	(void)state;
	case_lines(&c, 3, 11, 70000);
	c.lines[1].days_e4 = 70001;
	EXPECT(&c, "RX-SUPPLY");
}

static void herbal_pieces_are_counted_in_doses_not_days(void **state)
{
	(void)state;
	c.facts.herbal = true;
	case_lines(&c, 3, 13, 14 * 10000);
	EXPECT_NONE(&c);
}

static void five_drugs_are_taken_and_six_are_not(void **state)
{
	(void)state;
	case_lines(&c, 5, 11, 70000);
	EXPECT_NONE(&c);
	case_lines(&c, 6, 11, 70000);
	EXPECT(&c, "RX-LINES");
	case_lines(&c, 6, 12, 70000); /* patent medicines count, too */
	EXPECT(&c, "RX-LINES");
	c.facts.herbal = true;
	case_lines(&c, CASE_LINES, 13, 70000);
	EXPECT_NONE(&c);
}

static void born(const char *birth_date, int year, int month, int day)
{
	c.facts.birth_date = birth_date;
	c.facts.issued_at_ms = china_ms(year, month, day);
}

static void a_guardian_is_needed_until_the_day_before_the_sixth_birthday(void **state)
{
	(void)state;
	born("2020-05-29", 2026, 5, 28); /* 5 years, 364 days */
	EXPECT(&c, "RX-GUARDIAN");
	c.facts.issued_at_ms = china_ms(2026, 5, 29) - 1; /* the last millisecond of that day */
	EXPECT(&c, "RX-GUARDIAN");
	c.facts.issued_at_ms = china_ms(2026, 5, 29); /* the birthday begins, in China */
	EXPECT_NONE(&c);
	born("2020-05-29", 2026, 5, 28);
	c.facts.guardian_confirmed = true;
	EXPECT_NONE(&c);
}

static void born_on_29_February_one_is_six_on_1_March(void **state)
{
	(void)state;
	born("2020-02-29", 2026, 2, 28);
	EXPECT(&c, "RX-GUARDIAN");
	born("2020-02-29", 2026, 3, 1);
	EXPECT_NONE(&c);
}

static void ages_are_full_years_in_China(void **state)
{
	(void)state;
	assert_int_equal(rules_age_years("2020-02-29", china_ms(2024, 2, 28)), 3);
	assert_int_equal(rules_age_years("2020-02-29", china_ms(2024, 2, 29)), 4);
	assert_int_equal(rules_age_years("2000-01-01", china_ms(2026, 1, 1)), 26);
	assert_int_equal(rules_age_years("2000-01-01", china_ms(2026, 1, 1) - 1), 25);
	assert_int_equal(rules_age_years("2026-05-29", china_ms(2026, 5, 29)), 0);
	assert_int_equal(rules_age_years("1900-12-31", china_ms(2026, 12, 30)), 125);
}

static void what_is_no_date_is_no_age(void **state)
{
	static const char *const texts[] = {"", "2020", "2020-02", "2020-02-30x", "20200229",
		"2020-13-01", "2020-00-01", "2020-01-00", "2020-01-32", "2020/01/01", "2020-1-1",
		"2020-01-1", "yyyy-MM-dd", "2020-01-01 "};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (rules_age_years(texts[i], china_ms(2026, 5, 29)) != -1)
			fail_msg("\"%s\" has an age", texts[i]);
	assert_int_equal(rules_age_years(NULL, china_ms(2026, 5, 29)), -1);
}

static void without_a_birth_date_a_guardian_does_not_help(void **state)
{
	(void)state;
	c.facts.birth_date = "unknown";
	c.facts.guardian_confirmed = true;
	EXPECT(&c, "RX-GUARDIAN");
}

static void the_unborn_are_not_old_enough(void **state)
{
	(void)state;
	born("2030-01-01", 2026, 5, 29);
	EXPECT(&c, "RX-GUARDIAN");
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup(fn, fresh)
#define FRESH_PROVES(fn, ids) {#fn " [" ids "]", fn, fresh, NULL, NULL}
	static const struct CMUnitTest tests[] = {
		FRESH_PROVES(an_ordinary_prescription_is_valid_one_to_three_days, "C1"),
		FRESH_PROVES(a_long_or_repeated_one_is_valid_up_to_90_days, "C1"),
		FRESH_PROVES(ordinary_supply_is_at_most_7_days, "C2"),
		FRESH_PROVES(a_stated_reason_allows_more_than_7_days, "C2"),
		FRESH_PROVES(emergency_supply_is_at_most_3_days, "C2"),
		FRESH_PROVES(a_long_prescription_is_at_most_28_days, "C15"),
		FRESH_PROVES(an_assessed_and_confirmed_one_is_at_most_84_days, "C15"),
		FRESH(the_line_with_the_longest_supply_decides),
		FRESH(herbal_pieces_are_counted_in_doses_not_days),
		FRESH_PROVES(five_drugs_are_taken_and_six_are_not, "C3"),
		FRESH_PROVES(a_guardian_is_needed_until_the_day_before_the_sixth_birthday, "C8"),
		FRESH_PROVES(born_on_29_February_one_is_six_on_1_March, "C8"),
		FRESH(ages_are_full_years_in_China),
		FRESH(what_is_no_date_is_no_age),
		FRESH(without_a_birth_date_a_guardian_does_not_help),
		FRESH(the_unborn_are_not_old_enough),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("upload limits", tests, NULL, NULL);
}
