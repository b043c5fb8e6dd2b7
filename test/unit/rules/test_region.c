/* Lists of regions, and pairs of them. */
#include "rules/region.h"

#include "test/support/tap.h"

static void a_region_covers_what_lies_in_it(void **state)
{
	(void)state;
	assert_true(region_is_listed("140000", "140105"));
	assert_true(region_is_listed("140100", "140105"));
	assert_true(region_is_listed("140105", "140105"));
	assert_false(region_is_listed("140106", "140105"));
	assert_false(region_is_listed("140200", "140105"));
	assert_false(region_is_listed("130000", "140105"));
	assert_false(region_is_listed("140105", "140100")); /* a part is not the whole */
	assert_true(region_is_listed("1401", "140105"));
}

static void a_list_covers_what_any_of_it_covers(void **state)
{
	(void)state;
	assert_true(region_is_listed("130000 140200 140100", "140105"));
	assert_false(region_is_listed("130000 140200", "140105"));
	assert_false(region_is_listed("", "140105"));
	assert_true(region_is_listed("*", "140105"));
	assert_true(region_is_listed("130000 *", "140105"));
	assert_true(region_is_listed("*", ""));
	assert_false(region_is_listed("140000", ""));
}

static void regions_of_one_prefecture_are_not_foreign(void **state)
{
	(void)state;
	assert_false(region_is_foreign("140105", "140100"));
	assert_false(region_is_foreign("140105", "140123"));
	assert_true(region_is_foreign("140105", "140202"));
	assert_true(region_is_foreign("140100", "130100"));
	assert_false(region_is_foreign("", "130100")); /* not told */
	assert_false(region_is_foreign("140100", ""));
}

static void recognition_takes_both(void **state)
{
	(void)state;
	assert_true(region_is_recognised("140105", "*", "140202", "*"));
	assert_true(region_is_recognised("140105", "140200", "140202", "140100 140300"));
	assert_false(region_is_recognised("140105", "140300", "140202", "*"));
	assert_false(region_is_recognised("140105", "*", "140202", "140300"));
	assert_false(region_is_recognised("140105", "", "140202", ""));
	assert_true(region_is_recognised("140105", "", "140106", "")); /* at home */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_covers_what_lies_in_it),
		cmocka_unit_test(a_list_covers_what_any_of_it_covers),
		PROVES(regions_of_one_prefecture_are_not_foreign, "JIN15-1.4a"),
		PROVES(recognition_takes_both, "SX15-6.5"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("regions", tests, NULL, NULL);
}
