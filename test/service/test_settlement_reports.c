/* What is read about money: who may ask about whom, pages, and what the review makes of a row. */
#include "test/service/scene.h"

#include <string.h>

#include "rxcirc/v1/settlement.pb-c.h"

#define CITY_OFFICE "A14010000001"

enum { DAY = 24 * 3600 * 1000 };

static const struct method charges_method = {"rxcirc.v1.Settlements/QueryCharges",
	query_charges_start};
static const struct method examine_method = {"rxcirc.v1.Settlements/ReviewSettlements",
	review_settlements_start};
static const struct method gaps_method = {"rxcirc.v1.Settlements/ReconcileSettlements",
	reconcile_settlements_start};
static uint8_t rx_id[RX_ID_LEN], person[PERSON_KEY_LEN];

static void as_city(void)
{
	stage_as(CALLER_CITY_OFFICER, CITY_OFFICE, HOME_REGION);
}

static void expect_text(const char *statement, unsigned param, const char *text)
{
	const struct fake_unit *u;
	unsigned q;

	u = fake_pg_last(statement, &q);
	assert_true(slice_equal(fake_value(u, q, param), slice_of_text(text)));
}

/* ---- a month ---- */

static Rxcirc__V1__QueryChargesRequest h;

static void begin_month(const char *institution)
{
	rxcirc__v1__query_charges_request__init(&h);
	h.month = paper_text("2026-03");
	h.institution_code = paper_text(institution);
}

static enum status_reason ask_month(void)
{
	const struct fake_cell lines[] = {
		FAKE_I16(1), FAKE_BOOL(true), FAKE_BOOL(false), FAKE_I64(1), FAKE_I64(1000), FAKE_I64(600),
		FAKE_I64(0), FAKE_I64(400), FAKE_I64(1), FAKE_I64(1000), FAKE_I64(600), FAKE_I64(0),
		FAKE_I64(400),
		FAKE_I16(3), FAKE_BOOL(false), FAKE_BOOL(true), FAKE_I64(0), FAKE_I64(0), FAKE_I64(0),
		FAKE_I64(0), FAKE_I64(0), FAKE_I64(2), FAKE_I64(900), FAKE_I64(500), FAKE_I64(0),
		FAKE_I64(400)};
	const struct fake_cell head[] = {FAKE_I16(2), FAKE_TIME(noon_ms), FAKE_I64(3), FAKE_I64(700),
		FAKE_I64(9)};

	stage_clear();
	fake_pg_answer("charge_lines", 13, lines, 2);
	fake_pg_answer("charge_head", 5, head, 1);
	return stage_call(&charges_method, &h);
}

static void a_month_is_told_with_what_differs_and_what_was_refused(void **state)
{
	const Rxcirc__V1__QueryChargesResponse *reply;

	(void)state;
	begin_month("");
	scene_as(PHYSICIAN); /* an internet hospital asks: its host answers */
	assert_int_equal(ask_month(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__query_charges_response__descriptor);
	assert_string_equal(reply->payee_code, HOST);
	assert_int_equal(reply->n_lines, 2);
	assert_false(reply->lines[0]->differs);
	assert_true(reply->lines[1]->differs);
	assert_true(reply->lines[1]->computed->cross_region);
	assert_false(reply->lines[1]->computed->internet);
	assert_int_equal(reply->lines[1]->computed->total_fen, 900);
	assert_true(reply->differs);
	assert_int_equal(reply->refused_lines, 3);
	assert_int_equal(reply->refused_fen, 700);
	assert_int_equal(reply->paid, 9);
	expect_text("charge_lines", 0, HOST);
	stage_expect_lane("charge_lines", "slow");
}

static void a_month_is_ones_own_or_of_the_officers_scope(void **state)
{
	(void)state;
	begin_month(HOST);
	scene_as(PHYSICIAN);
	assert_int_equal(ask_month(), STATUS_OK);
	scene_as(PHARMACIST);
	assert_int_equal(ask_month(), STATUS_SCOPE_NOT_ALLOWED);
	as_city();
	assert_int_equal(ask_month(), STATUS_OK);
	stage_as(CALLER_CITY_OFFICER, CITY_OFFICE, "140200");
	assert_int_equal(ask_month(), STATUS_SCOPE_NOT_ALLOWED);
	begin_month("H99999999999");
	assert_int_equal(ask_month(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "institution_code");
}

/* ---- gaps ---- */

static Rxcirc__V1__ReconcileSettlementsRequest g;

static void begin_gaps(void)
{
	rxcirc__v1__reconcile_settlements_request__init(&g);
	g.from_ms = noon_ms - DAY;
	g.until_ms = noon_ms;
	g.institution_code = paper_text("");
	g.region = paper_text("");
	as_city();
}

static enum status_reason ask_gaps(unsigned rows)
{
	struct fake_cell cells[8 * 3];
	const struct fake_cell counts[] = {FAKE_I16(1), FAKE_I64(3), FAKE_I16(4), FAKE_I64(7)};

	for (int i = 0; i < 3; i++) {
		const struct fake_cell row[8] = {FAKE_I16(1), FAKE_BYTES(rx_id, RX_ID_LEN),
			FAKE_I16((int16_t)(i + 1)), FAKE_TEXT(PHARMACY), FAKE_TEXT(""), FAKE_TIME(noon_ms),
			FAKE_I64(100), FAKE_I64(0)};

		memcpy(cells + 8 * i, row, sizeof(row));
	}
	stage_clear();
	fake_pg_answer("settlement_gaps", 8, cells, rows);
	fake_pg_answer("settlement_gap_counts", 2, counts, 2);
	return stage_call(&gaps_method, &g);
}

static void gaps_come_in_pages_with_counts_of_all(void **state)
{
	const Rxcirc__V1__ReconcileSettlementsResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	memset(rx_id, 0x41, sizeof(rx_id));
	begin_gaps();
	g.page_size = 2;
	assert_int_equal(ask_gaps(3), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__reconcile_settlements_response__descriptor);
	assert_int_equal(reply->n_rows, 2);
	assert_int_equal(reply->rows[1]->fill_no, 2);
	assert_int_equal(reply->n_counts, 4);
	assert_int_equal(reply->counts[0]->count, 3);
	assert_int_equal(reply->counts[1]->count, 0);
	assert_int_equal(reply->counts[3]->count, 7);
	assert_int_equal(reply->next.len, 22);
	g.after = reply->next;
	assert_int_equal(ask_gaps(1), STATUS_OK);
	u = fake_pg_last("settlement_gaps", &q);
	assert_int_equal(fake_number(u, q, 5), 1);
	assert_true(slice_equal(fake_value(u, q, 6), slice_of(rx_id, RX_ID_LEN)));
	assert_int_equal(fake_number(u, q, 7), 2);
	reply = stage_reply(&rxcirc__v1__reconcile_settlements_response__descriptor);
	assert_int_equal(reply->next.len, 0);
}

static void gaps_are_ones_own_or_of_the_officers_scope(void **state)
{
	(void)state;
	begin_gaps();
	assert_int_equal(ask_gaps(0), STATUS_OK);
	expect_text("settlement_gaps", 2, "");
	expect_text("settlement_gaps", 3, "1401");
	g.region = paper_text("140105");
	assert_int_equal(ask_gaps(0), STATUS_OK);
	expect_text("settlement_gaps", 3, "140105");
	g.region = paper_text("14");
	assert_int_equal(ask_gaps(0), STATUS_OK);
	expect_text("settlement_gaps", 3, "1401"); /* never more than the scope */
	g.region = paper_text("1402");
	assert_int_equal(ask_gaps(0), STATUS_SCOPE_NOT_ALLOWED);
	stage_as(CALLER_PROVINCE_OFFICER, CITY_OFFICE, "140000");
	assert_int_equal(ask_gaps(0), STATUS_OK);
	expect_text("settlement_gaps", 3, "1402");
	begin_gaps();
	scene_as(PHARMACIST);
	assert_int_equal(ask_gaps(0), STATUS_OK);
	expect_text("settlement_gaps", 2, PHARMACY);
	g.institution_code = paper_text(OTHER_PHARMACY);
	assert_int_equal(ask_gaps(0), STATUS_SCOPE_NOT_ALLOWED);
}

static void what_is_asked_of_gaps_has_its_limits(void **state)
{
	(void)state;
#define BAD(spoil, field) \
	begin_gaps(); \
	spoil; \
	stage_clear(); \
	assert_int_equal(stage_call(&gaps_method, &g), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field); \
	stage_expect_nothing_sent()
	BAD(g.from_ms = 0, "from_ms");
	BAD(g.until_ms = g.from_ms, "until_ms");
	BAD(g.until_ms = g.from_ms + INT64_C(93) * DAY + 1, "until_ms");
	BAD(g.page_size = 101, "page_size");
	BAD(g.gap = (Rxcirc__V1__SettlementGap)5, "gap");
	BAD(g.region = paper_text("140"), "region");
	BAD(g.region = paper_text("14%0"), "region");
	BAD(g.after = paper_bytes(rx_id, RX_ID_LEN), "after");
#undef BAD
	begin_gaps();
	g.until_ms = g.from_ms + INT64_C(93) * DAY;
	g.page_size = 100;
	assert_int_equal(ask_gaps(0), STATUS_OK);
}

/* ---- the review ---- */

/* int8[] of one element, as PostgreSQL writes it. */
static const uint8_t price[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 1,
	0, 0, 0, 8, 0, 0, 0, 0, 0, 0x98, 0x96, 0x80}; /* 10,000,000 */

static Rxcirc__V1__ReviewSettlementsRequest w;

static bool is_untraced; /* its line came without a trace code */

/* Arrays live until the stage is cleared: the row is made for each call. */
static void fill_row(struct fake_cell row[26])
{
	const struct slice drug = slice_of_text(stage.province.drugs[AMLODIPINE].code);
	const struct fake_cell cells[26] = {FAKE_BYTES(rx_id, RX_ID_LEN), FAKE_I16(1), FAKE_I16(1),
		FAKE_TEXT("SETL-1"), FAKE_TEXT(PHARMACY), FAKE_TEXT(PHARMACY), FAKE_TEXT(HOME_REGION),
		FAKE_TEXT(""), FAKE_I16(3), FAKE_TIME(noon_ms), FAKE_BOOL(true), FAKE_BOOL(false),
		FAKE_BOOL(false), FAKE_I64(1000), FAKE_I64(600), FAKE_I64(0), FAKE_I64(0),
		FAKE_BOOL(false), FAKE_BYTES(person, PERSON_KEY_LEN), FAKE_BOOL(true), FAKE_TIME(noon_ms),
		FAKE_I64(1000), fake_array_text(&drug, is_untraced), FAKE_BOOL(false),
		fake_array_text(&drug, 1), FAKE_BYTES(price, sizeof(price))};

	memcpy(row, cells, sizeof(cells));
}

static enum status_reason ask_review(void)
{
	struct fake_cell row[26];

	rxcirc__v1__review_settlements_request__init(&w);
	w.from_ms = noon_ms - DAY;
	w.until_ms = noon_ms;
	w.payee_code = paper_text("");
	w.all = true;
	as_city();
	stage_clear();
	fill_row(row);
	fake_pg_answer("settlements_review", 26, row, 1);
	return stage_call(&examine_method, &w);
}

static bool review_finds(const char *rule)
{
	const Rxcirc__V1__ReviewSettlementsResponse *reply;

	assert_int_equal(ask_review(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__review_settlements_response__descriptor);
	assert_int_equal(reply->n_settlements, 1);
	assert_int_equal(reply->looked_at, 1);
	for (size_t i = 0; i < reply->settlements[0]->n_findings; i++) {
		assert_true(reply->settlements[0]->findings[i]->message_zh[0] != '\0');
		if (strcmp(reply->settlements[0]->findings[i]->rule, rule) == 0)
			return true;
	}
	return false;
}

static void a_row_is_judged_by_the_registry_of_its_day(void **state)
{
	struct person_block *b;

	(void)state;
	is_untraced = false;
	stage.province.drugs[AMLODIPINE].price_e6 = 10000000;
	stage_rebuild();
	assert_false(review_finds("review-price"));
	stage.province.drugs[AMLODIPINE].price_e6 = 9999999;
	stage_rebuild();
	assert_true(review_finds("review-price"));
	assert_false(review_finds("review-blocked"));
	memset(person, 7, sizeof(person));
	b = &stage.province.blocks[stage.province.block_count++];
	*b = (struct person_block){.scope = BLOCK_SETTLEMENT, .from_ms = noon_ms - DAY,
		.until_ms = noon_ms + DAY, .reason = "decision 7"};
	memcpy(b->person_key, person, sizeof(person));
	stage_rebuild();
	assert_true(review_finds("review-blocked"));
}

static void a_missing_trace_code_counts_where_the_region_asks_for_it(void **state)
{
	struct parameter *exempt;

	(void)state;
	is_untraced = true;
	(void)province_parameter(&stage.province, HOME_REGION, "trace-level", "required");
	exempt = province_parameter(&stage.province, HOME_REGION, "trace-exempt-drugs", "Z");
	stage_rebuild();
	assert_true(review_finds("review-trace"));
	exempt->value = "Y XC08";
	stage_rebuild();
	assert_false(review_finds("review-trace"));
}

static void the_sample_is_the_same_for_everybody(void **state)
{
	const Rxcirc__V1__ReviewSettlementsResponse *reply;
	struct parameter *permille;
	bool first;

	(void)state;
	is_untraced = false;
	permille = province_parameter(&stage.province, HOME_REGION, "review-sample-permille", "1000");
	stage_rebuild();
	assert_int_equal(ask_review(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__review_settlements_response__descriptor);
	assert_true(reply->settlements[0]->sampled);
	permille->value = "0";
	stage_rebuild();
	assert_int_equal(ask_review(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__review_settlements_response__descriptor);
	assert_false(reply->settlements[0]->sampled);
	permille->value = "500";
	stage_rebuild();
	assert_int_equal(ask_review(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__review_settlements_response__descriptor);
	first = reply->settlements[0]->sampled;
	assert_int_equal(ask_review(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__review_settlements_response__descriptor);
	assert_int_equal(reply->settlements[0]->sampled, first);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_month_is_told_with_what_differs_and_what_was_refused,
			"TJ2-17a SX15-8.6 SX15-3.6"),
		STAGED_PROVES(a_month_is_ones_own_or_of_the_officers_scope, "SX15-8.6"),
		STAGED(gaps_come_in_pages_with_counts_of_all),
		STAGED(gaps_are_ones_own_or_of_the_officers_scope),
		STAGED(what_is_asked_of_gaps_has_its_limits),
		STAGED_PROVES(a_row_is_judged_by_the_registry_of_its_day, "TJ2-17b SX15-8.9"),
		STAGED_PROVES(a_missing_trace_code_counts_where_the_region_asks_for_it, "TJ2-17b"),
		STAGED_PROVES(the_sample_is_the_same_for_everybody, "TJ2-17b"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("settlement_reports", tests, stage_open, stage_close);
}
