/* How a hand-over may be paid: every rule at its limit and one beyond. */
#include "test/support/tap.h"

#include <stdio.h>
#include <string.h>

#include "rules/settlement.h"

static struct settlement sound(void)
{
	return (struct settlement){18400, 10000, 6400, 2000, 500, true, "310", "AUTH-1", "PAY-1",
		.kind = FEE_RETAIL_DRUGS, .fill_no = 1, .service_code = "", .price_max_fen = -1};
}

static struct settlement sound_consultation(void)
{
	return (struct settlement){1000, 600, 0, 400, 0, false, "310", "", "",
		.kind = FEE_CONSULTATION, .fill_no = 0, .by_hospital = true, .by_issuer = true,
		.service_code = "111000001", .price_max_fen = 1000};
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
	s.total_fen = s.pooled_fund_fen = s.personal_account_fen = s.cash_fen = s.delivery_fee_fen = 0;
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
		SETTLEMENT_FEN_MAX, false, "390", "", "", .kind = FEE_RETAIL_DRUGS, .fill_no = 1,
		.service_code = ""});
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

static void each_kind_of_fee_has_its_reporter_and_its_fill(void **state)
{
	struct settlement s = sound();

	(void)state;
	expect_sound(&s);
	s.by_hospital = true;
	expect_only(&s, "settlement-kind", "fee_kind", "SX15-4.2");
	s.kind = FEE_HOSPITAL_DRUGS;
	expect_sound(&s);
	s.by_hospital = false;
	expect_only(&s, "settlement-kind", "fee_kind", "SX15-4.2");
	s = sound();
	s.fill_no = 0;
	expect_only(&s, "settlement-fill", "fill_no", "SX15-4.2");
	s = sound_consultation();
	expect_sound(&s);
	s.fill_no = 1;
	expect_only(&s, "settlement-fill", "fill_no", "SX15-4.2");
	s = sound_consultation();
	s.by_issuer = false;
	expect_only(&s, "settlement-kind", "fee_kind", "SX15-4.2");
	s = sound_consultation();
	s.by_hospital = false;
	expect_only(&s, "settlement-kind", "fee_kind", "SX15-4.2");
	s = sound();
	s.kind = (enum fee_kind)5;
	expect_only(&s, "settlement-kind", "fee_kind", "SX15-4.2");
}

static void a_third_party_is_one_the_hospital_designated(void **state)
{
	struct settlement s = sound();

	(void)state;
	s.kind = FEE_THIRD_PARTY_DRUGS;
	expect_only(&s, "settlement-supplier", "fee_kind", "SX15-4.2");
	s.is_supplier = true;
	expect_sound(&s);
}

static void a_consultation_costs_at_most_the_ordinary_outpatient_price(void **state)
{
	struct settlement s = sound_consultation();

	(void)state;
	expect_sound(&s);
	s.price_max_fen = 999;
	expect_only(&s, "settlement-price", "total_fen", "TJ2-10a NH123-1.1");
	s.price_max_fen = -1;
	expect_only(&s, "settlement-price-unknown", "service_code", "TJ2-10a");
	s = sound_consultation();
	s.service_code = "";
	expect_only(&s, "settlement-service", "service_code", "TJ2-10a");
	s = sound_consultation();
	s.delivery_fee_fen = 1;
	expect_only(&s, "settlement-delivery", "delivery_fee_fen", "SX15-4.4");
	s = sound();
	s.service_code = "111000001";
	expect_only(&s, "settlement-service", "service_code", "TJ2-10a");
}

static void the_lowest_of_the_prices_is_the_ceiling(void **state)
{
	(void)state;
	assert_int_equal(settlement_price_max(0, 0, 0), -1);
	assert_int_equal(settlement_price_max(0, 0, 500), -1); /* its own price is no ordinary one */
	assert_int_equal(settlement_price_max(1000, 0, 0), 1000);
	assert_int_equal(settlement_price_max(0, 900, 0), 900);
	assert_int_equal(settlement_price_max(1000, 900, 0), 900);
	assert_int_equal(settlement_price_max(800, 900, 0), 800);
	assert_int_equal(settlement_price_max(800, 900, 700), 700);
	assert_int_equal(settlement_price_max(800, 900, 5000), 800); /* nor does it raise one */
}

static void the_payee_follows_from_the_kind_of_fee(void **state)
{
	(void)state;
	assert_string_equal(settlement_payee(FEE_CONSULTATION, "internet", "host"), "host");
	assert_string_equal(settlement_payee(FEE_HOSPITAL_DRUGS, "internet", "host"), "host");
	assert_string_equal(settlement_payee(FEE_THIRD_PARTY_DRUGS, "pharmacy", "host"), "host");
	assert_string_equal(settlement_payee(FEE_RETAIL_DRUGS, "pharmacy", "host"), "pharmacy");
}

/* Every rule that is broken, in order, as one text. */
static void broken_rules(const struct settlement *s, char *text, size_t size)
{
	text[0] = '\0';
	for (const struct settlement_rule *r = NULL; (r = settlement_broken_next(s, r)) != NULL;)
		snprintf(text + strlen(text), size - strlen(text), "%s/%s ", r->id, r->field);
}

/* Content by content: good and bad amounts, insurances and kinds.  With the authentication and the
 * order that an online payment must name, where it was paid changes nothing. */
static void the_same_content_is_judged_the_same_online_and_offline(void **state)
{
	static const int64_t totals[] = {1000, 999, -1}, funds[] = {600, 0}, accounts[] = {0, 200};
	static const char *const insurances[] = {"310", "390", ""};
	unsigned judged = 0, refused = 0;

	(void)state;
	for (unsigned n = 0; n < 3 * 2 * 2 * 3 * 4; n++) {
		struct settlement s = n % 4 == 0 ? sound_consultation() : sound();
		char online[1000], offline[1000];

		s.kind = (enum fee_kind)(n % 4 + 1);
		s.by_hospital = s.kind <= FEE_HOSPITAL_DRUGS;
		s.is_supplier = true;
		s.total_fen = totals[n / 4 % 3];
		s.pooled_fund_fen = funds[n / 12 % 2];
		s.personal_account_fen = accounts[n / 24 % 2];
		s.cash_fen = 1000 - s.pooled_fund_fen - s.personal_account_fen;
		s.insurance_type = insurances[n / 48];
		s.real_name_serial = "AUTH-1";
		s.payment_order_no = "PAY-1";
		s.online = true;
		broken_rules(&s, online, sizeof(online));
		s.online = false;
		broken_rules(&s, offline, sizeof(offline));
		assert_string_equal(online, offline);
		judged++;
		refused += online[0] != '\0';
	}
	assert_int_equal(judged, 144);
	assert_in_range(refused, 60, 130); /* both sides of every rule were seen */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PROVES(the_parts_sum_exactly_to_the_total, "SX15-4.3 TJ2-13a"),
		TEST(no_amount_is_negative_or_longer_than_16_digits),
		PROVES(the_delivery_fee_is_no_part_of_what_is_settled, "SX15-4.4 TJ2-13b"),
		PROVES(the_personal_account_is_of_employees_only, "SX15-4.3 TJ2-13a"),
		PROVES(an_online_payment_names_authentication_and_order, "TJ2-15a"),
		PROVES(each_kind_of_fee_has_its_reporter_and_its_fill, "SX15-4.2"),
		PROVES(a_third_party_is_one_the_hospital_designated, "SX15-4.2"),
		PROVES(a_consultation_costs_at_most_the_ordinary_outpatient_price,
			"TJ2-10a NH123-1.1 SX15-4.4 TJ2-13b"),
		PROVES(the_lowest_of_the_prices_is_the_ceiling, "TJ2-10a NT33-N1.2"),
		PROVES(the_payee_follows_from_the_kind_of_fee,
			"JIN15-1.2c TJ2-16 SX15-7.1 SX15-7.2"),
		PROVES(the_same_content_is_judged_the_same_online_and_offline,
			"SX15-4.1 NT33-J1.2 TJ2-10b"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settlement", tests, NULL, NULL);
}
