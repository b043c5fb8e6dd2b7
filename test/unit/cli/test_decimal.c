/* Exact decimals: at each limit and one above it. */
#include "test/support/tap.h"

#include "client-sdk/cli/decimal.h"

static void reads_whole_and_fraction(void **state)
{
	int64_t v = 0;

	(void)state;
	assert_int_equal(decimal_parse("12.5", 16, 4, 4, &v), DECIMAL_OK);
	assert_int_equal(v, 125000);
	assert_int_equal(decimal_parse("478.500000", 16, 6, 6, &v), DECIMAL_OK);
	assert_int_equal(v, 478500000);
	assert_int_equal(decimal_parse("0.01", 16, 2, 2, &v), DECIMAL_OK);
	assert_int_equal(v, 1);
	assert_int_equal(decimal_parse("0", 16, 2, 2, &v), DECIMAL_OK);
	assert_int_equal(v, 0);
	assert_int_equal(decimal_parse("007.50", 16, 2, 2, &v), DECIMAL_OK);
	assert_int_equal(v, 750);
	assert_int_equal(decimal_parse("28", 8, 2, 4, &v), DECIMAL_OK);
	assert_int_equal(v, 280000);
}

static void holds_no_more_digits_behind_the_point_than_the_field(void **state)
{
	int64_t v = -7;

	(void)state;
	assert_int_equal(decimal_parse("1.1234", 16, 4, 4, &v), DECIMAL_OK);
	assert_int_equal(v, 11234);
	v = -7;
	assert_int_equal(decimal_parse("1.12345", 16, 4, 4, &v), DECIMAL_TOO_FINE);
	assert_int_equal(decimal_parse("1.10000", 16, 4, 4, &v), DECIMAL_TOO_FINE);
	assert_int_equal(decimal_parse("1.0", 10, 0, 0, &v), DECIMAL_TOO_FINE);
	assert_int_equal(v, -7); /* out-parameters are written only on success */
}

static void holds_no_more_digits_before_the_point_than_the_field(void **state)
{
	int64_t v = -7;

	(void)state;
	assert_int_equal(decimal_parse("999999999999.9999", 16, 4, 4, &v), DECIMAL_OK);
	assert_true(v == INT64_C(9999999999999999));
	assert_int_equal(decimal_parse("99999999999999.99", 16, 2, 2, &v), DECIMAL_OK);
	assert_true(v == INT64_C(9999999999999999));
	assert_int_equal(decimal_parse("000999999999999", 16, 4, 4, &v), DECIMAL_OK);
	v = -7;
	assert_int_equal(decimal_parse("1000000000000", 16, 4, 4, &v), DECIMAL_TOO_LARGE);
	assert_int_equal(decimal_parse("99999999999999999999999999", 16, 4, 4, &v), DECIMAL_TOO_LARGE);
	assert_int_equal(decimal_parse("1", 17, 0, 2, &v), DECIMAL_TOO_LARGE); /* past 64 bits */
	assert_int_equal(v, -7);
}

static void refuses_what_is_not_plain_digits(void **state)
{
	static const char *const texts[] = {"", ".", "1.", ".5", "-1", "+1", " 1", "1 ", "1e3", "1,5",
		"1.2.3", "0x10", "１", "NaN", "1\n"};
	int64_t v = -7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(decimal_parse(texts[i], 16, 4, 4, &v), DECIMAL_MALFORMED);
	assert_int_equal(v, -7);
}

static void writes_the_shortest_form(void **state)
{
	static const struct {
		int64_t value;
		unsigned scale, digits_min;
		const char *text;
	} cases[] = {
		{125000, 4, 0, "12.5"}, {40000, 4, 0, "4"}, {0, 4, 0, "0"}, {1, 4, 0, "0.0001"},
		{5000, 2, 2, "50.00"}, {12500000, 6, 2, "12.50"}, {98000, 6, 2, "0.098"},
		{-50, 2, 2, "-0.50"}, {INT64_MIN, 0, 0, "-9223372036854775808"},
		{INT64_MAX, 4, 0, "922337203685477.5807"},
	};
	char text[DECIMAL_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decimal_format(cases[i].value, cases[i].scale, cases[i].digits_min, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void amounts_round_half_up_to_fen(void **state)
{
	int64_t fen = -7;

	(void)state;
	assert_int_equal(decimal_amount_fen(98000, 2100000, &fen), 0); /* 0.098 x 210 */
	assert_int_equal(fen, 2058);
	assert_int_equal(decimal_amount_fen(5000, 10000, &fen), 0); /* half a fen */
	assert_int_equal(fen, 1);
	assert_int_equal(decimal_amount_fen(4999, 10000, &fen), 0);
	assert_int_equal(fen, 0);
	assert_int_equal(decimal_amount_fen(INT64_C(9999999999999999), 10000, &fen), 0);
	fen = -7;
	assert_int_equal(decimal_amount_fen(INT64_MAX, INT64_MAX, &fen), -1);
	assert_int_equal(decimal_amount_fen(-1, 10000, &fen), -1);
	assert_int_equal(fen, -7);
}

static void amounts_agree_within_less_than_a_fen(void **state)
{
	(void)state;
	assert_true(decimal_amount_agrees(12500000, 40000, 5000));
	assert_false(decimal_amount_agrees(12500000, 40000, 5001));
	assert_false(decimal_amount_agrees(12500000, 40000, 4999));
	assert_true(decimal_amount_agrees(3333333, 10000, 333)); /* 3.333333: cut */
	assert_true(decimal_amount_agrees(3333333, 10000, 334)); /* raised */
	assert_false(decimal_amount_agrees(3333333, 10000, 335));
	assert_false(decimal_amount_agrees(INT64_MAX, INT64_MAX, 1));
}

static const struct CMUnitTest tests[] = {
	TEST(reads_whole_and_fraction),
	TEST(holds_no_more_digits_behind_the_point_than_the_field),
	TEST(holds_no_more_digits_before_the_point_than_the_field),
	TEST(refuses_what_is_not_plain_digits),
	TEST(writes_the_shortest_form),
	TEST(amounts_round_half_up_to_fen),
	TEST(amounts_agree_within_less_than_a_fen),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/decimal", tests, NULL, NULL);
}
