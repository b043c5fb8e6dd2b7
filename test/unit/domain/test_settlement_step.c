/* Who may do what after what: every pair of states and steps. */
#include "test/support/tap.h"

#include "domain/settlement_step.h"

static void only_these_pairs_are_allowed(void **state)
{
	static const enum settlement_step allowed[][2] = {
		{SETTLEMENT_OPEN, SETTLEMENT_PAY}, {SETTLEMENT_OPEN, SETTLEMENT_REFUSE},
		{SETTLEMENT_REFUSE, SETTLEMENT_APPEAL}, {SETTLEMENT_APPEAL, SETTLEMENT_UPHOLD},
		{SETTLEMENT_REFUSE, SETTLEMENT_WITHDRAW}, {SETTLEMENT_APPEAL, SETTLEMENT_WITHDRAW},
		{SETTLEMENT_WITHDRAW, SETTLEMENT_PAY}};
	unsigned found = 0;

	(void)state;
	for (unsigned from = 0; from < SETTLEMENT_STEPS; from++)
		for (unsigned step = 0; step < SETTLEMENT_STEPS; step++) {
			bool expected = false;

			for (unsigned i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
				expected = expected || (allowed[i][0] == from && allowed[i][1] == step);
			assert_int_equal(settlement_step_may_follow((enum settlement_step)from,
				(enum settlement_step)step), expected);
			found += expected;
		}
	assert_int_equal(found, 7);
}

static void only_the_payee_appeals_and_only_another_officer_decides(void **state)
{
	(void)state;
	for (unsigned step = 0; step < SETTLEMENT_STEPS; step++) {
		const struct settlement_step_row *row = settlement_step_row((enum settlement_step)step);

		assert_int_equal(row->by_payee, step == SETTLEMENT_APPEAL);
		assert_int_equal(row->by_another, step == SETTLEMENT_UPHOLD || step == SETTLEMENT_WITHDRAW);
		assert_int_equal(row->refuses, step == SETTLEMENT_REFUSE);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(only_these_pairs_are_allowed, "TJ2-17c SX15-8.4"),
		PROVES(only_the_payee_appeals_and_only_another_officer_decides, "TJ2-17c"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settlement_step", tests, NULL, NULL);
}
