/* Which step may follow which: every pair against a table written out once more. */
#include "test/support/tap.h"

#include <string.h>

#include "domain/delivery.h"
#include "rxcirc/v1/delivery.pb-c.h"

/* allowed[before][event]; ORDERED after something is a new order. */
static const char *const allowed[DELIVERY_EVENTS] = {
	[DELIVERY_ORDERED] = "collected cancelled",
	[DELIVERY_COLLECTED] = "under-way failed",
	[DELIVERY_UNDER_WAY] = "under-way signed failed",
	[DELIVERY_SIGNED] = "",
	[DELIVERY_FAILED] = "returned ordered",
	[DELIVERY_RETURNED] = "ordered",
	[DELIVERY_CANCELLED] = "ordered",
};

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += len)
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

static void every_step_follows_exactly_what_the_table_says(void **state)
{
	unsigned pairs = 0;

	(void)state;
	for (int before = DELIVERY_ORDERED; before < DELIVERY_EVENTS; before++)
		for (int event = DELIVERY_ORDERED; event < DELIVERY_EVENTS; event++) {
			bool may = (delivery_follows((enum delivery_event)event) &
				DELIVERY_BIT((unsigned)before)) != 0;

			assert_int_equal(may,
				has_word(allowed[before], delivery_word((enum delivery_event)event)));
			pairs += may;
		}
	assert_int_equal(pairs, 11);
}

static void lost_is_what_ended_without_a_signature(void **state)
{
	(void)state;
	for (int e = DELIVERY_ORDERED; e < DELIVERY_EVENTS; e++)
		assert_int_equal(delivery_is_lost((enum delivery_event)e), e == DELIVERY_FAILED ||
			e == DELIVERY_RETURNED || e == DELIVERY_CANCELLED);
}

static void the_numbers_are_those_of_the_wire(void **state)
{
	(void)state;
	assert_int_equal(DELIVERY_ORDERED, RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_ORDERED);
	assert_int_equal(DELIVERY_COLLECTED, RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_COLLECTED);
	assert_int_equal(DELIVERY_UNDER_WAY, RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_UNDER_WAY);
	assert_int_equal(DELIVERY_SIGNED, RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_SIGNED);
	assert_int_equal(DELIVERY_FAILED, RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_FAILED);
	assert_int_equal(DELIVERY_RETURNED, RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_RETURNED);
	assert_int_equal(DELIVERY_CANCELLED, RXCIRC__V1__DELIVERY_EVENT__DELIVERY_EVENT_CANCELLED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(every_step_follows_exactly_what_the_table_says, "NT33-N2.5"),
		TEST(lost_is_what_ended_without_a_signature),
		TEST(the_numbers_are_those_of_the_wire),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
