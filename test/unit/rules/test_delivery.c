/* Whereto a hand-over may be brought. */
#include "test/support/tap.h"

#include "rules/delivery.h"

static void a_delivery_stays_in_the_prefecture(void **state)
{
	(void)state;
	assert_true(delivery_stays_inside("140105", "", "140105"));
	assert_true(delivery_stays_inside("140105", "", "140199"));
	assert_true(delivery_stays_inside("140105", "", "140100"));
	assert_false(delivery_stays_inside("140105", "", "140205"));
	assert_false(delivery_stays_inside("140105", "", "140000"));
	assert_false(delivery_stays_inside("140105", "", "110105"));
	assert_false(delivery_stays_inside("", "", "140105"));
	assert_false(delivery_stays_inside("", "", ""));
}

/* Regions directly under the province share four digits and are regions of their own; and a
 * province may be one pooling region. */
static void a_list_of_regions_says_it_where_the_prefecture_does_not(void **state)
{
	(void)state;
	assert_true(delivery_stays_inside("429004", "429004", "429004"));
	assert_false(delivery_stays_inside("429004", "429004", "429005"));
	assert_true(delivery_stays_inside("140105", "140100 140200", "140205"));
	assert_true(delivery_stays_inside("140105", "140100 140200", "140105"));
	assert_false(delivery_stays_inside("140105", "140100 140200", "140305"));
	assert_true(delivery_stays_inside("140105", "140000", "141182"));
	assert_false(delivery_stays_inside("140105", "140000", "110105"));
	/* the list is all there is */
	assert_false(delivery_stays_inside("140105", "140200", "140105"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(a_delivery_stays_in_the_prefecture, "JIN15-2.5"),
		PROVES(a_list_of_regions_says_it_where_the_prefecture_does_not, "JIN15-2.5"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
