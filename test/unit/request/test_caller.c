/* How far a caller sees: a city officer its prefecture, a provincial one the province. */
#include "request/caller.h"

#include "test/support/tap.h"

static const struct caller city = {.role = CALLER_CITY_OFFICER, .region = "140100"},
	province = {.role = CALLER_PROVINCE_OFFICER, .region = "140000"},
	pharmacy = {.role = CALLER_PHARMACY, .region = "140105"};

static void only_the_two_offices_are_officers(void **state)
{
	(void)state;
	for (int bit = 0; bit <= 5; bit++) {
		struct caller c = {.role = (enum caller_role)(1 << bit)};

		assert_int_equal(caller_is_officer(&c),
			c.role == CALLER_CITY_OFFICER || c.role == CALLER_PROVINCE_OFFICER);
	}
}

static void a_city_officer_is_bound_to_the_prefecture(void **state)
{
	char prefix[REGION_CODE_LEN + 1];

	(void)state;
	assert_true(caller_covers(&city, "140100"));
	assert_true(caller_covers(&city, "140105"));
	assert_false(caller_covers(&city, "140200"));
	assert_false(caller_covers(&city, "130100"));
	assert_false(caller_covers(&city, "140000"));
	assert_false(caller_covers(&city, "140"));
	assert_false(caller_covers(&city, "")); /* of an institution the registry does not know */
	assert_string_equal(caller_scope(&city, prefix), "1401");
}

static void nobody_else_is_bound_by_region(void **state)
{
	char prefix[REGION_CODE_LEN + 1];

	(void)state;
	assert_true(caller_covers(&province, "140200"));
	assert_true(caller_covers(&province, ""));
	assert_string_equal(caller_scope(&province, prefix), "");
	assert_true(caller_covers(&pharmacy, "140200"));
	assert_string_equal(caller_scope(&pharmacy, prefix), "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_two_offices_are_officers),
		cmocka_unit_test(a_city_officer_is_bound_to_the_prefecture),
		cmocka_unit_test(nobody_else_is_bound_by_region),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
