/* What may be handed over: the arithmetic, and every way a hand-over may be wrong. */
#include "test/support/tap.h"

#include "rules/fill.h"

static const struct prescription_line lines[3] = {
	{1, "AMLODIPINE", 40000, 0},
	{2, "XINKESHU", 50000, 20000},
	{3, "METFORMIN", 30000, 30000},
};

/* 12.50 yuan times 4 and 26.80 yuan times 3. */
static void whole(struct fill_line fills[2])
{
	fills[0] = (struct fill_line){1, "AMLODIPINE", 40000, 12500000, 5000};
	fills[1] = (struct fill_line){2, "XINKESHU", 30000, 26800000, 8040};
}

static enum fill_problem problem_of(const struct fill_line *fills, size_t count, int64_t total)
{
	return fill_judge(lines, 3, 1, fills, count, total).problem;
}

static void everything_owed_completes(void **state)
{
	struct fill_line fills[2];
	struct fill_decision d;

	(void)state;
	whole(fills);
	d = fill_judge(lines, 3, 1, fills, 2, 13040);
	assert_int_equal(d.problem, FILL_OK);
	assert_true(d.complete);
}

static void one_unit_less_does_not_complete(void **state)
{
	struct fill_line fills[2];
	struct fill_decision d;

	(void)state;
	whole(fills);
	fills[1].quantity_e4 = 29999;
	fills[1].amount_fen = fill_amount_fen(26800000, 29999);
	d = fill_judge(lines, 3, 1, fills, 2, 5000 + fills[1].amount_fen);
	assert_int_equal(d.problem, FILL_OK);
	assert_false(d.complete);
}

static void one_line_of_several_does_not_complete(void **state)
{
	struct fill_line fills[2];
	struct fill_decision d;

	(void)state;
	whole(fills);
	d = fill_judge(lines, 3, 1, fills, 1, 5000);
	assert_int_equal(d.problem, FILL_OK);
	assert_false(d.complete);
}

static void one_unit_more_than_owed_is_refused(void **state)
{
	struct fill_line fills[2];
	struct fill_decision d;

	(void)state;
	whole(fills);
	fills[1].quantity_e4 = 30001;
	fills[1].amount_fen = fill_amount_fen(26800000, 30001);
	d = fill_judge(lines, 3, 1, fills, 2, 5000 + fills[1].amount_fen);
	assert_int_equal(d.problem, FILL_QUANTITY_EXCEEDED);
	assert_int_equal(d.line, 1);
	assert_false(d.complete);
}

static void nothing_is_given_of_what_was_given(void **state)
{
	struct fill_line done = {3, "METFORMIN", 1, 0, 0};

	(void)state;
	assert_int_equal(problem_of(&done, 1, 0), FILL_QUANTITY_EXCEEDED);
}

static void the_largest_quantity_is_refused_without_overflow(void **state)
{
	struct fill_line fill = {1, "AMLODIPINE", INT64_MAX, INT64_MAX, -1};

	(void)state;
	assert_int_equal(problem_of(&fill, 1, -1), FILL_QUANTITY_EXCEEDED);
}

static void a_line_that_is_not_there_is_refused(void **state)
{
	struct fill_line fills[2];

	(void)state;
	whole(fills);
	fills[0].line_no = 0;
	assert_int_equal(problem_of(fills, 2, 13040), FILL_LINE_UNKNOWN);
	fills[0].line_no = 4;
	assert_int_equal(problem_of(fills, 2, 13040), FILL_LINE_UNKNOWN);
	fills[0].line_no = UINT32_MAX;
	assert_int_equal(problem_of(fills, 2, 13040), FILL_LINE_UNKNOWN);
}

static void the_same_line_twice_is_refused(void **state)
{
	struct fill_line fills[2] = {
		{1, "AMLODIPINE", 10000, 12500000, 1250},
		{1, "AMLODIPINE", 10000, 12500000, 1250},
	};
	struct fill_decision d = fill_judge(lines, 3, 1, fills, 2, 2500);

	(void)state;
	assert_int_equal(d.problem, FILL_LINE_UNKNOWN);
	assert_int_equal(d.line, 1);
}

static void another_drug_is_refused(void **state)
{
	struct fill_line fills[2];

	(void)state;
	whole(fills);
	fills[0].drug_code = "AMLODIPIN";
	assert_int_equal(problem_of(fills, 2, 13040), FILL_DRUG_DIFFERS);
	fills[0].drug_code = "";
	assert_int_equal(problem_of(fills, 2, 13040), FILL_DRUG_DIFFERS);
}

static void a_quantity_must_be_positive(void **state)
{
	struct fill_line fills[2];

	(void)state;
	whole(fills);
	fills[0].quantity_e4 = 0;
	assert_int_equal(problem_of(fills, 2, 13040), FILL_QUANTITY_NOT_POSITIVE);
	fills[0].quantity_e4 = -1;
	assert_int_equal(problem_of(fills, 2, 13040), FILL_QUANTITY_NOT_POSITIVE);
	fills[0].quantity_e4 = INT64_MIN;
	assert_int_equal(problem_of(fills, 2, 13040), FILL_QUANTITY_NOT_POSITIVE);
}

static void an_amount_is_price_times_quantity(void **state)
{
	struct fill_line fills[2];

	(void)state;
	whole(fills);
	fills[0].amount_fen = 4999;
	assert_int_equal(problem_of(fills, 2, 13039), FILL_AMOUNT_WRONG);
	fills[0].amount_fen = 5001;
	assert_int_equal(problem_of(fills, 2, 13041), FILL_AMOUNT_WRONG);
	fills[0].amount_fen = -5000;
	assert_int_equal(problem_of(fills, 2, 3040), FILL_AMOUNT_WRONG);
	whole(fills);
	fills[0].unit_price_e6 = -1;
	fills[0].amount_fen = -1;
	assert_int_equal(problem_of(fills, 2, 8039), FILL_AMOUNT_WRONG);
}

static void the_total_is_the_sum(void **state)
{
	struct fill_line fills[2];

	(void)state;
	whole(fills);
	assert_int_equal(problem_of(fills, 2, 13039), FILL_TOTAL_WRONG);
	assert_int_equal(problem_of(fills, 2, 13041), FILL_TOTAL_WRONG);
	assert_int_equal(problem_of(fills, 2, -13040), FILL_TOTAL_WRONG);
}

/* Two lines whose amounts are right but whose sum is not a number any more. */
static void a_sum_beyond_64_bits_is_refused(void **state)
{
	static const struct prescription_line rich[2] = {
		{1, "A", INT64_MAX, 0},
		{2, "B", INT64_MAX, 0},
	};
	const int64_t quantity = 100000000; /* so that the amount is the price */
	const struct fill_line fills[2] = {
		{1, "A", quantity, INT64_MAX, INT64_MAX},
		{2, "B", quantity, 1, 1},
	};

	(void)state;
	assert_int_equal(fill_amount_fen(INT64_MAX, quantity), INT64_MAX);
	assert_int_equal(fill_judge(rich, 2, 1, fills, 2, INT64_MIN).problem, FILL_TOTAL_WRONG);
	assert_int_equal(fill_judge(rich, 2, 1, fills, 1, INT64_MAX).problem, FILL_OK);
}

static void free_of_charge_is_an_amount(void **state)
{
	struct fill_line fill = {1, "AMLODIPINE", 10000, 0, 0};

	(void)state;
	assert_int_equal(problem_of(&fill, 1, 0), FILL_OK);
}

static void amounts_round_half_up_to_fen(void **state)
{
	(void)state;
	assert_int_equal(fill_amount_fen(12500000, 40000), 5000);
	assert_int_equal(fill_amount_fen(98000, 2100000), 2058);    /* 0.098 x 210 = 20.58 */
	assert_int_equal(fill_amount_fen(5000, 10000), 1);          /* 0.005 yuan: up */
	assert_int_equal(fill_amount_fen(4999, 10000), 0);          /* 0.004999 yuan: down */
	assert_int_equal(fill_amount_fen(49999999, 1), 0);          /* 0.0049999999: down */
	assert_int_equal(fill_amount_fen(50000000, 1), 1);          /* 0.005: up */
	assert_int_equal(fill_amount_fen(15000, 10000), 2);         /* 0.015: up, not to even */
	assert_int_equal(fill_amount_fen(25000, 10000), 3);         /* 0.025 */
	assert_int_equal(fill_amount_fen(0, 10000), 0);
	assert_int_equal(fill_amount_fen(1000000, 0), 0);
}

static void amounts_beyond_64_bits_and_below_zero_are_none(void **state)
{
	(void)state;
	assert_int_equal(fill_amount_fen(INT64_MAX, INT64_MAX), -1);
	assert_int_equal(fill_amount_fen(INT64_MAX, 100000001), -1);
	assert_int_equal(fill_amount_fen(INT64_MAX, 100000000), INT64_MAX);
	assert_int_equal(fill_amount_fen(-1, 10000), -1);
	assert_int_equal(fill_amount_fen(10000, -1), -1);
	assert_int_equal(fill_amount_fen(INT64_MIN, INT64_MIN), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(everything_owed_completes),
		TEST(one_unit_less_does_not_complete),
		TEST(one_line_of_several_does_not_complete),
		TEST(one_unit_more_than_owed_is_refused),
		TEST(nothing_is_given_of_what_was_given),
		TEST(the_largest_quantity_is_refused_without_overflow),
		TEST(a_line_that_is_not_there_is_refused),
		TEST(the_same_line_twice_is_refused),
		TEST(another_drug_is_refused),
		TEST(a_quantity_must_be_positive),
		TEST(an_amount_is_price_times_quantity),
		TEST(the_total_is_the_sum),
		TEST(a_sum_beyond_64_bits_is_refused),
		TEST(free_of_charge_is_an_amount),
		TEST(amounts_round_half_up_to_fen),
		TEST(amounts_beyond_64_bits_and_below_zero_are_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
