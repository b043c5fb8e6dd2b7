/* What becomes of a settlement: reversal, receipt, review of its lines; and a month declared. */
#include "test/service/scene.h"

#include <string.h>

#include "domain/settlement_step.h"
#include "rxcirc/v1/settlement.pb-c.h"

static const struct method reverse_method = {"rxcirc.v1.Settlements/ReverseSettlement",
	reverse_settlement_start};
static const struct method receipt_method = {"rxcirc.v1.Settlements/ReportReceipt",
	report_receipt_start};
static const struct method decide_method = {"rxcirc.v1.Settlements/DecideSettlement",
	decide_settlement_start};
static const struct method declare_method = {"rxcirc.v1.Settlements/DeclareCharges",
	declare_charges_start};
static uint8_t rx_id[RX_ID_LEN];

static ProtobufCBinaryData its_rx(void)
{
	for (unsigned i = 0; i < RX_ID_LEN; i++)
		rx_id[i] = (uint8_t)(0x41 + i);
	return (ProtobufCBinaryData){sizeof(rx_id), rx_id};
}

static char *letters(size_t count)
{
	char *text = papers_alloc(count + 1);

	memset(text, 'x', count);
	text[count] = '\0';
	return text;
}

static enum status_reason call(const struct method *method, const char *statement,
	const void *message, int16_t word, bool fits)
{
	const struct fake_cell cells[] = {FAKE_BOOL(fits), FAKE_BOOL(fits), FAKE_I16(word)};

	stage_clear();
	fake_pg_answer(statement, 3, cells, 1);
	return stage_call(method, message);
}

#define FAULT(begin, spoil, method, message, field_) \
	begin(); \
	spoil; \
	stage_clear(); \
	assert_int_equal(stage_call(method, message), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field_); \
	stage_expect_nothing_sent()

/* ---- reversal ---- */

static Rxcirc__V1__ReverseSettlementRequest v;

static void begin_reversal(void)
{
	rxcirc__v1__reverse_settlement_request__init(&v);
	v.rx_id = its_rx();
	v.fill_no = 1;
	v.settlement_id = paper_text("SETL-1");
	v.reversal_id = paper_text("REV-1");
	v.reversed_at_ms = noon_ms;
	v.reason = RXCIRC__V1__REVERSAL_REASON__REVERSAL_REASON_MISTAKE;
	v.note = paper_text("金额有误");
	v.operator_ = paper_text("OP-1");
	v.total_fen = 18400;
	v.pooled_fund_fen = 10000;
	v.personal_account_fen = 6400;
	v.cash_fen = 2000;
	scene_as(PHARMACIST);
}

static enum status_reason reverse(int16_t word, bool fits)
{
	return call(&reverse_method, "settlement_reverse", &v, word, fits);
}

static void a_reversal_says_who_and_why_and_takes_back_every_part(void **state)
{
	const struct fake_unit *u;
	const Rxcirc__V1__EventLeaf *leaf;
	unsigned q;

	(void)state;
	begin_reversal();
	assert_int_equal(reverse(4, true), STATUS_OK);
	u = fake_pg_last("settlement_reverse", &q);
	assert_int_equal(fake_number(u, q, 0), 0x4142);
	assert_true(slice_equal(fake_value(u, q, 2), slice_of_text(PHARMACY)));
	assert_true(slice_equal(fake_value(u, q, 14), slice_of_text("SETL-1")));
	assert_true(slice_equal(fake_value(u, q, 15), slice_of_text("REV-1")));
	assert_true(slice_equal(fake_value(u, q, 16), slice_of_text("OP-1")));
	assert_true(slice_equal(fake_value(u, q, 17), slice_of_text("金额有误")));
	assert_int_equal(fake_number(u, q, 20), 18400);
	assert_int_equal(fake_number(u, q, 23), 2000);
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 9));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_SETTLEMENT_REVERSED);
	assert_int_equal(reverse(0, false), STATUS_SETTLEMENT_NOT_FOUND);
	assert_int_equal(reverse(2, false), STATUS_SETTLEMENT_EXISTS);
	assert_int_equal(reverse(1, false), STATUS_FIELD_INVALID);
	stage_expect_found("reversal-parts", "total_fen");
	assert_int_equal(reverse(3, false), STATUS_FIELD_INVALID);
	stage_expect_found("reversal-return", "reason");
}

static void every_field_of_a_reversal_has_its_limit(void **state)
{
	(void)state;
#define BAD(spoil, field) FAULT(begin_reversal, spoil, &reverse_method, &v, field)
	BAD(v.rx_id.len = 15, "rx_id");
	BAD(v.fill_no = 32768, "fill_no");
	BAD(v.settlement_id = paper_text(""), "settlement_id");
	BAD(v.reversal_id = letters(31), "reversal_id");
	BAD(v.operator_ = paper_text(""), "operator");
	BAD(v.operator_ = letters(51), "operator");
	BAD(v.note = paper_text(""), "note");
	BAD(v.note = letters(601), "note");
	BAD(v.reversed_at_ms = 0, "reversed_at_ms");
	BAD(v.reversed_at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + 1, "reversed_at_ms");
	BAD(v.reason = RXCIRC__V1__REVERSAL_REASON__REVERSAL_REASON_UNSPECIFIED, "reason");
#undef BAD
	begin_reversal();
	v.fill_no = 32767;
	v.reversal_id = letters(30);
	v.operator_ = letters(50);
	v.note = letters(600);
	v.reversed_at_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX;
	assert_int_equal(reverse(4, true), STATUS_OK);
}

/* ---- receipt ---- */

static Rxcirc__V1__ReportReceiptRequest c;

static void begin_receipt(void)
{
	rxcirc__v1__report_receipt_request__init(&c);
	c.rx_id = its_rx();
	c.fill_no = 1;
	c.settlement_id = paper_text("SETL-1");
	c.kind = RXCIRC__V1__RECEIPT_KIND__RECEIPT_KIND_E_BILL;
	c.number = paper_text("14060124-1");
	c.issued_at_ms = noon_ms;
	scene_as(PHARMACIST);
}

static void a_receipt_has_kind_number_and_moment(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin_receipt();
	for (int kind = 1; kind <= 3; kind++) {
		c.kind = (Rxcirc__V1__ReceiptKind)kind;
		assert_int_equal(call(&receipt_method, "receipt_put", &c, 4, true), STATUS_OK);
		u = fake_pg_last("receipt_put", &q);
		assert_int_equal(fake_number(u, q, 15), kind);
		assert_true(slice_equal(fake_value(u, q, 16), slice_of_text("14060124-1")));
	}
	assert_int_equal(call(&receipt_method, "receipt_put", &c, 0, false),
		STATUS_SETTLEMENT_NOT_FOUND);
	assert_int_equal(call(&receipt_method, "receipt_put", &c, 1, false), STATUS_FIELD_INVALID);
	stage_expect_found("receipt-exists", "number");
#define BAD(spoil, field) FAULT(begin_receipt, spoil, &receipt_method, &c, field)
	BAD(c.kind = (Rxcirc__V1__ReceiptKind)0, "kind");
	BAD(c.kind = (Rxcirc__V1__ReceiptKind)4, "kind");
	BAD(c.number = paper_text(""), "number");
	BAD(c.number = letters(65), "number");
	BAD(c.issued_at_ms = 0, "issued_at_ms");
#undef BAD
	begin_receipt();
	c.number = letters(64);
	assert_int_equal(call(&receipt_method, "receipt_put", &c, 4, true), STATUS_OK);
}

/* ---- review of a line ---- */

static Rxcirc__V1__DecideSettlementRequest d;

static void begin_refusal(void)
{
	rxcirc__v1__decide_settlement_request__init(&d);
	d.rx_id = its_rx();
	d.fill_no = 1;
	d.settlement_id = paper_text("SETL-1");
	d.line_no = 1;
	d.step = RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_REFUSE;
	d.rule = paper_text("review-price");
	d.ground = RXCIRC__V1__REFUSAL_GROUND__REFUSAL_GROUND_REASONABLENESS;
	d.amount_fen = 500;
	d.action = RXCIRC__V1__AGREEMENT_ACTION__AGREEMENT_ACTION_TALK;
	d.note = paper_text("价格过高");
	stage_as(CALLER_CITY_OFFICER, OFFICE, HOME_REGION);
}

static void begin_step(enum settlement_step step)
{
	begin_refusal();
	d.step = (Rxcirc__V1__SettlementStep)step;
	d.rule = paper_text("");
	d.ground = (Rxcirc__V1__RefusalGround)0;
	d.action = (Rxcirc__V1__AgreementAction)0;
	d.amount_fen = 0;
}

static enum status_reason decide(int16_t word, bool fits)
{
	return call(&decide_method, "settlement_decide", &d, word, fits);
}

static void a_refusal_names_rule_ground_amount_and_consequence(void **state)
{
	const struct fake_unit *u;
	const Rxcirc__V1__EventLeaf *leaf;
	unsigned q;

	(void)state;
	begin_refusal();
	assert_int_equal(decide(9, true), STATUS_OK);
	u = fake_pg_last("settlement_decide", &q);
	assert_int_equal(fake_number(u, q, 15), 1);
	assert_int_equal(fake_number(u, q, 16), SETTLEMENT_REFUSE);
	assert_int_equal(fake_number(u, q, 17), 1 << SETTLEMENT_OPEN);
	assert_true(slice_equal(fake_value(u, q, 18), slice_of_text("review-price")));
	assert_int_equal(fake_number(u, q, 20), 500);
	assert_true(slice_equal(fake_value(u, q, 24), slice_of_text("1401"))); /* the own prefecture */
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 9));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_SETTLEMENT_REFUSED);
	assert_string_equal(leaf->reason, "refused");
#define BAD(spoil, field) FAULT(begin_refusal, spoil, &decide_method, &d, field)
	BAD(d.rule = paper_text(""), "rule");
	BAD(d.rule = letters(51), "rule");
	BAD(d.ground = (Rxcirc__V1__RefusalGround)0, "ground");
	BAD(d.ground = (Rxcirc__V1__RefusalGround)3, "ground");
	BAD(d.amount_fen = 0, "amount_fen");
	BAD(d.action = (Rxcirc__V1__AgreementAction)0, "action");
	BAD(d.action = (Rxcirc__V1__AgreementAction)6, "action");
	BAD(d.note = paper_text(""), "note");
	BAD(d.step = (Rxcirc__V1__SettlementStep)0, "step");
	BAD(d.step = (Rxcirc__V1__SettlementStep)6, "step");
	BAD(d.line_no = 32768, "line_no");
	BAD(d.step = RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_PAY, "amount_fen");
#undef BAD
}

static void why_a_step_is_not_taken_is_told(void **state)
{
	(void)state;
	begin_refusal();
	assert_int_equal(decide(0, false), STATUS_SETTLEMENT_NOT_FOUND);
	assert_int_equal(decide(1, false), STATUS_SCOPE_NOT_ALLOWED);
	assert_int_equal(decide(2, false), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "line_no");
	assert_int_equal(decide(4, false), STATUS_FIELD_INVALID);
	stage_expect_found("refusal-amount", "amount_fen");
	assert_int_equal(decide(10 + SETTLEMENT_UPHOLD, false), STATUS_SETTLEMENT_STEP_REFUSED);
	stage_expect_found("settlement-step", "step");
	begin_step(SETTLEMENT_UPHOLD);
	assert_int_equal(decide(3, false), STATUS_SELF_APPROVAL);
}

static void officers_decide_and_only_the_payee_appeals(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	for (unsigned step = SETTLEMENT_PAY; step < SETTLEMENT_STEPS; step++)
		for (unsigned officer = 0; officer < 2; officer++) {
			if (step == SETTLEMENT_REFUSE)
				begin_refusal();
			else
				begin_step((enum settlement_step)step);
			if (officer == 0)
				scene_as(PHYSICIAN); /* an internet hospital: its host is the payee */
			assert_int_equal(decide(9, true), (step == SETTLEMENT_APPEAL) == (officer == 0) ?
				STATUS_OK : STATUS_ROLE_NOT_ALLOWED);
		}
	begin_step(SETTLEMENT_APPEAL);
	scene_as(PHYSICIAN);
	assert_int_equal(decide(9, true), STATUS_OK);
	u = fake_pg_last("settlement_decide", &q);
	assert_true(slice_equal(fake_value(u, q, 25), slice_of_text(HOST)));
}

/* ---- a month ---- */

static Rxcirc__V1__DeclareChargesRequest h;
static Rxcirc__V1__ChargeTotal totals[17], *pointers[17];

static void begin_month(void)
{
	rxcirc__v1__declare_charges_request__init(&h);
	for (unsigned i = 0; i < 17; i++) {
		rxcirc__v1__charge_total__init(&totals[i]);
		totals[i].fee_kind = (Rxcirc__V1__FeeKind)(i / 4 % 4 + 1);
		totals[i].internet = i & 1;
		totals[i].cross_region = i >> 1 & 1;
		totals[i].settlements = 1;
		totals[i].total_fen = 100;
		totals[i].pooled_fund_fen = 60;
		totals[i].cash_fen = 40;
		pointers[i] = &totals[i];
	}
	h.month = paper_text("2026-03");
	h.revision = 1;
	h.totals = pointers;
	h.n_totals = 16;
	scene_as(PHYSICIAN);
}

static enum status_reason declare(void)
{
	const struct fake_cell cells[] = {FAKE_BOOL(true), FAKE_BOOL(true)};

	stage_clear();
	fake_pg_answer("charges_declare", 2, cells, 1);
	return stage_call(&declare_method, &h);
}

static void an_internet_hospital_declares_for_its_host(void **state)
{
	const Rxcirc__V1__DeclareChargesResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin_month();
	assert_int_equal(declare(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__declare_charges_response__descriptor);
	assert_string_equal(reply->payee_code, HOST);
	assert_int_equal(reply->totals, 16);
	u = fake_pg_last("charges_declare", &q);
	assert_true(slice_equal(fake_value(u, q, 12), slice_of_text(HOST)));
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 9));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_CHARGES_DECLARED);
	assert_string_equal(leaf->subject, "charges/" HOST "/2026-03/1");
}

static void a_declared_month_is_sound(void **state)
{
	(void)state;
#define BAD(spoil, field) FAULT(begin_month, spoil, &declare_method, &h, field)
	BAD(h.month = paper_text("2026-3"), "month");
	BAD(h.month = paper_text("2026-13"), "month");
	BAD(h.month = paper_text("2099-01"), "month");
	BAD(h.month = paper_text("1999-01"), "month");
	BAD(h.revision = 0, "revision");
	BAD(h.revision = 100, "revision");
	BAD(h.n_totals = 17, "totals");
	BAD(totals[3].fee_kind = (Rxcirc__V1__FeeKind)0, "totals[3]");
	BAD(totals[3].internet = false, "totals[3]");
	BAD(totals[15].cash_fen++, "totals[15]");
	BAD(totals[0].settlements = -1, "totals[0]");
#undef BAD
	begin_month();
	h.revision = 99;
	h.n_totals = 0;
	assert_int_equal(declare(), STATUS_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_reversal_says_who_and_why_and_takes_back_every_part, "NT33-N5.2"),
		STAGED(every_field_of_a_reversal_has_its_limit),
		STAGED_PROVES(a_receipt_has_kind_number_and_moment, "JIN15-4.4b TJ2-5.2 SX15-3.2b"),
		STAGED_PROVES(a_refusal_names_rule_ground_amount_and_consequence, "SX15-8.4 TJ2-17b"),
		STAGED_PROVES(why_a_step_is_not_taken_is_told, "TJ2-17c"),
		STAGED_PROVES(officers_decide_and_only_the_payee_appeals, "TJ2-17c SX15-8.4"),
		STAGED_PROVES(an_internet_hospital_declares_for_its_host, "TJ2-17a SX15-8.6"),
		STAGED_PROVES(a_declared_month_is_sound, "TJ2-17a"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settlement_life", tests, stage_open, stage_close);
}
