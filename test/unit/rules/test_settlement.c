/* How a hand-over may be paid: every rule at its limit and one beyond. */
#include "test/support/tap.h"

#include "rules/settlement.h"

static struct settlement sound(void)
{
	return (struct settlement){18400, 10000, 6400, 2000, 500, true, "310", "AUTH-1", "PAY-1"};
}

/* The only broken rule is this one, of this field and source. */
static void expect_only(const struct settlement *s, const char *id, const char *field,
	const char *source)
{
	const struct settlement_rule *r = settlement_broken_next(s, NULL);

	assert_non_null(r);
	assert_string_equal(r->id, id);
	assert_string_equal(r->field, field);
	assert_string_equal(r->source, source);
	assert_null(settlement_broken_next(s, r));
}

static void expect_sound(const struct settlement *s)
{
	assert_null(settlement_broken_next(s, NULL));
}

static void the_parts_sum_exactly_to_the_total(void **state)
{
	struct settlement s = sound();

	(void)state;
	expect_sound(&s);
	s.cash_fen++;
	expect_only(&s, "settlement-parts", "total_fen", "SX15-4.3");
	s.cash_fen -= 2;
	expect_only(&s, "settlement-parts", "total_fen", "SX15-4.3");
	s = (struct settlement){0, 0, 0, 0, 0, false, "", "", ""};
	expect_sound(&s);
}

static void no_amount_is_negative_or_longer_than_16_digits(void **state)
{
	static const char *const fields[] = {"total_fen", "pooled_fund_fen", "personal_account_fen",
		"cash_fen", "delivery_fee_fen"};
	const int64_t bad[] = {-1, SETTLEMENT_FEN_MAX + 1, INT64_MAX, INT64_MIN};

	(void)state;
	for (unsigned f = 0; f < 5; f++)
		for (unsigned b = 0; b < 4; b++) {
			struct settlement s = sound();
			int64_t *const amounts[] = {&s.total_fen, &s.pooled_fund_fen,
				&s.personal_account_fen, &s.cash_fen, &s.delivery_fee_fen};

			*amounts[f] = bad[b];
			expect_only(&s, "settlement-amount", fields[f], "SX15-4.3");
		}
	expect_sound(&(struct settlement){SETTLEMENT_FEN_MAX, SETTLEMENT_FEN_MAX, 0, 0,
		SETTLEMENT_FEN_MAX, false, "390", "", ""});
}

static void the_delivery_fee_is_no_part_of_what_is_settled(void **state)
{
	struct settlement s = sound();
	const struct settlement_rule *r;

	(void)state;
	s.pooled_fund_fen += s.delivery_fee_fen;
	r = settlement_broken_next(&s, NULL);
	assert_string_equal(r->id, "settlement-parts");
	r = settlement_broken_next(&s, r);
	assert_non_null(r);
	assert_string_equal(r->id, "settlement-delivery");
	assert_string_equal(r->source, "SX15-4.4");
	assert_null(settlement_broken_next(&s, r));
	s = sound();
	s.delivery_fee_fen = 0;
	expect_sound(&s);
}

static void the_personal_account_is_of_employees_only(void **state)
{
	struct settlement s = sound();

	(void)state;
	s.insurance_type = "390";
	expect_only(&s, "settlement-account", "personal_account_fen", "SX15-4.3");
	s.cash_fen += s.personal_account_fen;
	s.personal_account_fen = 0;
	expect_sound(&s);
	s.insurance_type = "";
	expect_only(&s, "settlement-insurance", "insurance_type", "insutype");
	s.cash_fen += s.pooled_fund_fen;
	s.pooled_fund_fen = 0;
	expect_sound(&s);
}

static void an_online_payment_names_authentication_and_order(void **state)
{
	struct settlement s = sound();

	(void)state;
	s.real_name_serial = "";
	expect_only(&s, "settlement-authentication", "real_name_serial", "TJ2-15a");
	s = sound();
	s.payment_order_no = "";
	expect_only(&s, "settlement-payment", "payment_order_no", "TJ2-15a");
	s.real_name_serial = "";
	s.online = false;
	expect_sound(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(the_parts_sum_exactly_to_the_total, "SX15-4.3"),
		TEST(no_amount_is_negative_or_longer_than_16_digits),
		PROVES(the_delivery_fee_is_no_part_of_what_is_settled, "SX15-4.4"),
		PROVES(the_personal_account_is_of_employees_only, "SX15-4.3"),
		PROVES(an_online_payment_names_authentication_and_order, "TJ2-15a"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settlement", tests, NULL, NULL);
}
