/* How a hand-over was paid: what is written, what is refused, and what is told again. */
#include "test/service/scene.h"

#include <string.h>

#include "crypto/digest.h"
#include "rxcirc/v1/hospital.pb-c.h"

static const struct method settle_method = {"rxcirc.v1.Pharmacy/ReportSettlement",
	report_settlement_start};
static const struct method identity_method = {"rxcirc.v1.Hospital/ReportIdentityCheck",
	report_identity_check_start};
static uint8_t rx_id[RX_ID_LEN];
static Rxcirc__V1__ReportSettlementRequest m;

static void begin(void)
{
	for (unsigned i = 0; i < RX_ID_LEN; i++)
		rx_id[i] = (uint8_t)(0x41 + i);
	rxcirc__v1__report_settlement_request__init(&m);
	m.rx_id = (ProtobufCBinaryData){sizeof(rx_id), rx_id};
	m.fill_no = 1;
	m.settlement_id = paper_text("SETL-1");
	m.settled_at_ms = noon_ms;
	m.total_fen = 18400;
	m.pooled_fund_fen = 10000;
	m.personal_account_fen = 6400;
	m.cash_fen = 2000;
	m.delivery_fee_fen = 500;
	m.channel = paper_text("online");
	m.real_name_serial = paper_text("AUTH-1");
	m.payment_order_no = paper_text("PAY-77");
	m.insurance_type = paper_text("310");
	m.hospital_code = paper_text(HOSPITAL);
	scene_as(PHARMACIST);
	stage_clear();
}

static void answer(bool key_is_new, bool fits, int16_t standing)
{
	const struct fake_cell cells[] = {FAKE_BOOL(key_is_new), FAKE_BOOL(fits), FAKE_I16(standing)};

	fake_pg_answer("settlement_put", 3, cells, 1);
}

static enum status_reason settle(bool key_is_new, bool fits, int16_t standing)
{
	stage_clear();
	answer(key_is_new, fits, standing);
	return stage_call(&settle_method, &m);
}

static char *letters(size_t count)
{
	char *text = papers_alloc(count + 1);

	memset(text, 'x', count);
	text[count] = '\0';
	return text;
}

static void a_settlement_is_one_statement_in_its_prescriptions_bucket(void **state)
{
	const Rxcirc__V1__ReportSettlementResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	assert_int_equal(settle(true, true, 4), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__report_settlement_response__descriptor);
	assert_true(reply->recorded);
	assert_int_equal(fake_pg_sent_count(), 1);
	u = fake_pg_last("settlement_put", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_number(u, q, 0), 0x4142);
	assert_true(slice_equal(fake_value(u, q, 2), slice_of_text(PHARMACY)));
	assert_true(slice_equal(fake_value(u, q, 12), slice_of(rx_id, sizeof(rx_id))));
	assert_int_equal(fake_number(u, q, 13), 1);
	assert_int_equal(fake_number(u, q, 16), 18400);
	assert_int_equal(fake_number(u, q, 17), 10000);
	assert_int_equal(fake_number(u, q, 18), 6400);
	assert_int_equal(fake_number(u, q, 19), 2000);
	assert_int_equal(fake_number(u, q, 20), 500);
	assert_true(slice_equal(fake_value(u, q, 21), slice_of_text("online")));
	assert_true(slice_equal(fake_value(u, q, 25), slice_of_text("PAY-77")));
	assert_true(slice_equal(fake_value(u, q, 26), slice_of_text(HOSPITAL)));
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 9));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_SETTLED);
	assert_int_equal(leaf->rx_seq, 0);
	assert_memory_equal(leaf->rx_id.data, rx_id, sizeof(rx_id));
}

static void a_settlement_and_its_real_name_check_have_the_same_digest(void **state)
{
	Rxcirc__V1__ReportIdentityCheckRequest check;
	const struct fake_cell written[] = {FAKE_BOOL(true), FAKE_BOOL(true)};
	const struct fake_unit *u;
	uint8_t serial[DIGEST_LEN];
	unsigned q;

	(void)state;
	begin();
	rxcirc__v1__report_identity_check_request__init(&check);
	check.serial = paper_text("AUTH-1");
	check.voucher_id = paper_text(PERSON);
	check.mode = RXCIRC__V1__IDENTITY_MODE__IDENTITY_MODE_VOUCHER;
	check.checked_at_ms = noon_ms;
	check.channel = paper_text("app-1");
	check.passed = true;
	scene_as(PHYSICIAN);
	fake_pg_answer("identity_check_put", 2, written, 1);
	assert_int_equal(stage_call(&identity_method, &check), STATUS_OK);
	u = fake_pg_last("identity_check_put", &q);
	memcpy(serial, fake_value(u, q, 12).data, sizeof(serial));
	scene_as(PHARMACIST);
	assert_int_equal(settle(true, true, 4), STATUS_OK);
	u = fake_pg_last("settlement_put", &q);
	assert_memory_equal(fake_value(u, q, 24).data, serial, sizeof(serial));
	m.channel = paper_text("store");
	m.real_name_serial = paper_text("");
	assert_int_equal(settle(true, true, 4), STATUS_OK);
	u = fake_pg_last("settlement_put", &q);
	assert_true(u->queries[q].param[24].is_null);
}

static void refuse_each_malformed_field(void)
{
#define FAULT(spoil, field) \
	begin(); \
	spoil; \
	assert_int_equal(stage_call(&settle_method, &m), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field); \
	stage_expect_nothing_sent()
	FAULT(m.rx_id.len = 15, "rx_id");
	FAULT(m.fill_no = 32768, "fill_no");
	FAULT(m.settlement_id = paper_text(""), "settlement_id");
	FAULT(m.settlement_id = letters(31), "settlement_id");
	FAULT(m.settled_at_ms = 0, "settled_at_ms");
	FAULT(m.settled_at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + 1, "settled_at_ms");
	FAULT(m.channel = paper_text("post"), "channel");
	FAULT(m.real_name_serial = letters(101), "real_name_serial");
	FAULT(m.payment_order_no = letters(65), "payment_order_no");
	FAULT(m.insurance_type = paper_text("31"), "insurance_type");
	FAULT(m.insurance_type = paper_text("31x"), "insurance_type");
	FAULT(m.hospital_code = paper_text(""), "hospital_code");
	FAULT(m.hospital_code = letters(INSTITUTION_CODE_MAX + 1), "hospital_code");
	FAULT(m.service_code = letters(CODE_MAX + 1), "service_code");
	FAULT(m.pay_channel = letters(31), "pay_channel");
	FAULT(m.fee_kind = (Rxcirc__V1__FeeKind)5, "fee_kind");
	FAULT(m.fee_kind = (Rxcirc__V1__FeeKind)-1, "fee_kind");
#undef FAULT
}

static void every_field_has_its_limit(void **state)
{
	(void)state;
	refuse_each_malformed_field();
	begin();
	m.fill_no = 32767;
	m.settlement_id = letters(30);
	m.settled_at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX;
	m.real_name_serial = letters(100);
	m.payment_order_no = letters(64);
	m.pay_channel = letters(30);
	m.hospital_code = letters(INSTITUTION_CODE_MAX);
	assert_int_equal(settle(true, true, 4), STATUS_OK);
}

static void expect_rule(const char *rule, const char *field)
{
	stage_clear();
	assert_int_equal(stage_call(&settle_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found(rule, field);
	stage_expect_nothing_sent();
}

static void an_online_settlement_without_authentication_or_order_is_refused(void **state)
{
	(void)state;
	begin();
	m.real_name_serial = paper_text("");
	m.payment_order_no = paper_text("");
	expect_rule("settlement-authentication", "real_name_serial");
	stage_expect_found("settlement-payment", "payment_order_no"); /* both at once */
}

static void parts_that_do_not_sum_or_hold_the_delivery_fee_are_refused(void **state)
{
	(void)state;
	begin();
	m.cash_fen--;
	expect_rule("settlement-parts", "total_fen");
	begin();
	m.pooled_fund_fen += m.delivery_fee_fen;
	expect_rule("settlement-delivery", "delivery_fee_fen");
	begin();
	m.insurance_type = paper_text("390");
	expect_rule("settlement-account", "personal_account_fen");
}

static void what_the_fill_or_an_earlier_settlement_says_is_refused(void **state)
{
	(void)state;
	begin();
	assert_int_equal(settle(false, false, 0), STATUS_PRESCRIPTION_NOT_FOUND);
	assert_int_equal(settle(false, false, 1), STATUS_FIELD_INVALID);
	stage_expect_found("settlement-total", "total_fen");
	assert_int_equal(settle(false, false, 2), STATUS_SETTLEMENT_EXISTS);
	assert_int_equal(settle(false, false, 3), STATUS_FIELD_INVALID);
	stage_expect_found("settlement-blocked", "pooled_fund_fen");
}

/* ---- who is paid, and for what ---- */

static const char *payee_of(void)
{
	const Rxcirc__V1__ReportSettlementResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	assert_int_equal(settle(true, true, 4), STATUS_OK);
	u = fake_pg_last("settlement_put", &q);
	reply = stage_reply(&rxcirc__v1__report_settlement_response__descriptor);
	assert_true(slice_equal(fake_value(u, q, 28), slice_of_text(reply->payee_code)));
	assert_int_equal(fake_number(u, q, 27), reply->fee_kind);
	return reply->payee_code;
}

static void a_consultation_by(const char *hospital)
{
	begin();
	stage_as(CALLER_HOSPITAL, hospital, HOME_REGION);
	m.fee_kind = RXCIRC__V1__FEE_KIND__FEE_KIND_CONSULTATION;
	m.fill_no = 0;
	m.service_code = paper_text("111000001");
	m.hospital_code = paper_text(hospital);
	m.total_fen = 1000;
	m.pooled_fund_fen = 600;
	m.personal_account_fen = 0;
	m.cash_fen = 400;
	m.delivery_fee_fen = 0;
}

static void the_agency_pays_by_rule_and_not_by_word(void **state)
{
	(void)state;
	begin();
	assert_string_equal(payee_of(), PHARMACY);
	m.fee_kind = RXCIRC__V1__FEE_KIND__FEE_KIND_RETAIL_DRUGS;
	assert_string_equal(payee_of(), PHARMACY);
	stage_as(CALLER_HOSPITAL, HOSPITAL, HOME_REGION);
	m.fee_kind = RXCIRC__V1__FEE_KIND__FEE_KIND_UNSPECIFIED; /* a hospital's drugs are its own */
	assert_string_equal(payee_of(), HOST);
	a_consultation_by(HOSPITAL);
	(void)province_parameter(&stage.province, HOME_REGION, "consultation-price-fen", "1000");
	stage_rebuild();
	stage_as(CALLER_HOSPITAL, HOSPITAL, HOME_REGION);
	assert_string_equal(payee_of(), HOST);
}

static void a_consultation_above_the_ordinary_price_is_refused(void **state)
{
	struct item *own;

	(void)state;
	a_consultation_by(HOSPITAL);
	expect_rule("settlement-price-unknown", "service_code");
	(void)province_parameter(&stage.province, HOME_REGION, "consultation-price-fen", "1000");
	stage_rebuild();
	a_consultation_by(HOSPITAL);
	assert_int_equal(settle(true, true, 4), STATUS_OK);
	m.total_fen++;
	m.cash_fen++;
	expect_rule("settlement-price", "total_fen");
	own = province_item(&stage.province, HOSPITAL, ITEM_SERVICE, "111000001");
	own->amount_fen = 900; /* it published a lower price of its own */
	stage_rebuild();
	a_consultation_by(HOSPITAL);
	expect_rule("settlement-price", "total_fen");
}

/* The same price, whoever owns the hospital. */
static void a_hospital_not_publicly_owned_has_the_same_ceiling(void **state)
{
	(void)state;
	province_place(&stage.province, HOSPITAL)->non_public = true;
	(void)province_parameter(&stage.province, HOME_REGION, "consultation-price-fen", "1000");
	stage_rebuild();
	a_consultation_by(HOSPITAL);
	assert_int_equal(settle(true, true, 4), STATUS_OK);
	m.total_fen++;
	m.cash_fen++;
	expect_rule("settlement-price", "total_fen");
}

static void a_third_party_is_paid_through_the_host_that_designated_it(void **state)
{
	(void)state;
	begin();
	m.fee_kind = RXCIRC__V1__FEE_KIND__FEE_KIND_THIRD_PARTY_DRUGS;
	expect_rule("settlement-supplier", "fee_kind");
	(void)province_item(&stage.province, HOST, ITEM_SUPPLIER, PHARMACY);
	stage_rebuild();
	scene_as(PHARMACIST);
	assert_string_equal(payee_of(), HOST);
}


static void the_same_call_again_gets_the_same_answer(void **state)
{
	const struct fake_unit *u;
	uint8_t mac[32], reply[64];
	size_t len;
	unsigned q;

	(void)state;
	begin();
	stage.keep_key = true;
	assert_int_equal(settle(true, true, 4), STATUS_OK);
	u = fake_pg_last("settlement_put", &q);
	memcpy(mac, fake_value(u, q, 4).data, sizeof(mac));
	len = fake_value(u, q, 5).len;
	assert_in_range(len, 1, sizeof(reply));
	memcpy(reply, fake_value(u, q, 5).data, len);
	for (unsigned other_body = 0; other_body < 2; other_body++) {
		m.cross_region = other_body != 0;
		stage_clear();
		answer(false, true, 2);
		promise_answer_kept("reply_replay", mac, slice_of(reply, len), NULL);
		assert_int_equal(stage_call(&settle_method, &m),
			other_body ? STATUS_IDEMPOTENCY_KEY_REUSED : STATUS_OK);
		assert_int_equal(fake_number(fake_pg_last("reply_replay", &q), q, 0), 0x4142);
	}
}

static void two_at_one_moment_are_told_apart_by_a_second_try(void **state)
{
	(void)state;
	begin();
	stage_clear();
	fake_pg_answer_failure("settlement_put", ERR_DB_UNIQUE, "23505");
	answer(false, false, 2);
	assert_int_equal(stage_call(&settle_method, &m), STATUS_SETTLEMENT_EXISTS);
}

/* The first write may have happened, or may happen still: "no" must not be said. */
static void what_nobody_knows_is_not_refused(void **state)
{
	(void)state;
	begin();
	stage_clear();
	fake_pg_answer_failure("settlement_put", ERR_OUTCOME_UNKNOWN, NULL);
	answer(false, false, 0);
	assert_int_equal(stage_call(&settle_method, &m), STATUS_OUTCOME_UNKNOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_settlement_is_one_statement_in_its_prescriptions_bucket,
			"NT33-N3.2 NT33-N2.4"),
		STAGED_PROVES(the_agency_pays_by_rule_and_not_by_word,
			"JIN15-1.2c TJ2-16 SX15-7.1 SX15-7.2"),
		STAGED_PROVES(a_consultation_above_the_ordinary_price_is_refused, "TJ2-10a NH123-1.1"),
		STAGED_PROVES(a_hospital_not_publicly_owned_has_the_same_ceiling, "NT33-N1.2"),
		STAGED_PROVES(a_third_party_is_paid_through_the_host_that_designated_it,
			"SX15-4.2 SX15-7.1"),
		STAGED_PROVES(a_settlement_and_its_real_name_check_have_the_same_digest, "TJ2-15a"),
		STAGED(every_field_has_its_limit),
		STAGED_PROVES(an_online_settlement_without_authentication_or_order_is_refused, "TJ2-15a"),
		STAGED_PROVES(parts_that_do_not_sum_or_hold_the_delivery_fee_are_refused,
			"SX15-4.3 SX15-4.4"),
		STAGED(what_the_fill_or_an_earlier_settlement_says_is_refused),
		STAGED(the_same_call_again_gets_the_same_answer),
		STAGED(two_at_one_moment_are_told_apart_by_a_second_try),
		STAGED(what_nobody_knows_is_not_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settlement", tests, stage_open, stage_close);
}
