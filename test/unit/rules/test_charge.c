/* What may be declared for a month, and when it differs from what the settlements say. */
#include "test/support/tap.h"

#include "rules/charge.h"

static struct charge_total sound(void)
{
	return (struct charge_total){FEE_RETAIL_DRUGS, true, false, 3, 30000, 20000, 6000, 4000};
}

static void expect(const struct charge_total *t, enum charge_problem problem)
{
	struct charge_total totals[] = {*t, *t};
	size_t at = 9;

	totals[0].internet = !t->internet;
	assert_int_equal(charge_judge(totals, 2, &at), problem);
	if (problem != CHARGE_OK)
		assert_int_equal(at, problem == CHARGE_TWICE);
}

static void a_total_is_sound_in_each_of_its_numbers(void **state)
{
	struct charge_total t = sound();

	(void)state;
	expect(&t, CHARGE_OK);
	t.kind = (enum fee_kind)0;
	expect(&t, CHARGE_KIND_UNKNOWN);
	t.kind = (enum fee_kind)5;
	expect(&t, CHARGE_KIND_UNKNOWN);
	t = sound();
	t.settlements = -1;
	expect(&t, CHARGE_COUNT_WRONG);
	t = sound();
	t.cash_fen++;
	expect(&t, CHARGE_PARTS_DIFFER);
	t = sound();
	t.total_fen = t.pooled_fund_fen = SETTLEMENT_FEN_MAX;
	t.personal_account_fen = t.cash_fen = 0;
	expect(&t, CHARGE_OK);
	t.total_fen = ++t.pooled_fund_fen;
	expect(&t, CHARGE_AMOUNT_WRONG);
	t.total_fen = t.pooled_fund_fen = -SETTLEMENT_FEN_MAX; /* a month that only reversed */
	expect(&t, CHARGE_OK);
	t.total_fen = --t.pooled_fund_fen;
	expect(&t, CHARGE_AMOUNT_WRONG);
}

static void online_and_offline_local_and_cross_region_are_four_places(void **state)
{
	struct charge_total totals[5];
	size_t at = 0;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		totals[i] = sound();
		totals[i].internet = i & 1;
		totals[i].cross_region = i >> 1 & 1;
	}
	assert_int_equal(charge_judge(totals, 4, &at), CHARGE_OK);
	assert_int_equal(charge_judge(totals, 5, &at), CHARGE_TWICE);
	assert_int_equal(at, 4);
	assert_int_equal(charge_judge(totals, 0, &at), CHARGE_OK);
}

static void any_other_number_differs(void **state)
{
	struct charge_total a = sound(), b = sound();

	(void)state;
	assert_false(charge_differs(&a, &b));
	b.settlements++;
	assert_true(charge_differs(&a, &b));
	b = sound();
	b.pooled_fund_fen++;
	b.cash_fen--;
	assert_true(charge_differs(&a, &b));
	b = sound();
	b.total_fen++;
	b.cash_fen++;
	assert_true(charge_differs(&a, &b));
	b = sound();
	b.personal_account_fen++;
	b.cash_fen--;
	assert_true(charge_differs(&a, &b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_total_is_sound_in_each_of_its_numbers),
		PROVES(online_and_offline_local_and_cross_region_are_four_places, "TJ2-17a TJ2-5.6"),
		PROVES(any_other_number_differs, "TJ2-17a"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("charge", tests, NULL, NULL);
}
