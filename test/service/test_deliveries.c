/* Money and goods side by side: whom an officer and an institution see, and how pages are cut. */
#include "test/service/scene.h"

#include <string.h>

#include "rxcirc/v1/delivery.pb-c.h"

static const struct method agency_method = {"rxcirc.v1.Agency/ReconcileDeliveries",
	reconcile_deliveries_start};
static Rxcirc__V1__ReconcileDeliveriesRequest m;

static void begin(void)
{
	rxcirc__v1__reconcile_deliveries_request__init(&m);
	m.from_ms = noon_ms - 30 * (int64_t)DAY_MS;
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
}

static void answer(unsigned rows)
{
	const struct fake_cell cells[] = {
		FAKE_I16(1), FAKE_BYTES("0123456789abcdef", 16), FAKE_I16(1), FAKE_TIME(noon_ms - 9),
		FAKE_TEXT(PHARMACY), FAKE_TEXT(HOME_REGION), FAKE_TEXT(""), FAKE_I16(0), FAKE_NULL,
		FAKE_I16(4), FAKE_BYTES("0123456789abcdeg", 16), FAKE_I16(2), FAKE_TIME(noon_ms - 8),
		FAKE_TEXT(PHARMACY), FAKE_TEXT(HOME_REGION), FAKE_TEXT("SF-1"), FAKE_I16(5),
		FAKE_TIME(noon_ms - 7)};

	fake_pg_answer("delivery_gaps", 9, cells, rows);
}

static enum status_reason ask(unsigned rows)
{
	stage_clear();
	answer(rows);
	return stage_call(&agency_method, &m);
}

static bool names(unsigned param, const char *text)
{
	const struct fake_unit *u;
	struct slice value;
	unsigned q;

	u = fake_pg_last("delivery_gaps", &q);
	value = fake_value(u, q, param);
	return memmem(value.data, value.len, text, strlen(text)) != NULL;
}

static void disagreements_are_told_with_what_stands(void **state)
{
	const Rxcirc__V1__ReconcileDeliveriesResponse *r;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	assert_int_equal(ask(2), STATUS_OK);
	r = stage_reply(&rxcirc__v1__reconcile_deliveries_response__descriptor);
	assert_int_equal(r->n_gaps, 2);
	assert_int_equal(r->gaps[0]->kind,
		RXCIRC__V1__DELIVERY_GAP_KIND__DELIVERY_GAP_KIND_NO_ORDER);
	assert_int_equal(r->gaps[0]->event, 0);
	assert_int_equal(r->gaps[0]->event_at_ms, 0);
	assert_int_equal(r->gaps[1]->kind,
		RXCIRC__V1__DELIVERY_GAP_KIND__DELIVERY_GAP_KIND_NOT_DELIVERED);
	assert_string_equal(r->gaps[1]->delivery_no, "SF-1");
	assert_int_equal(r->gaps[1]->fill_no, 2);
	assert_int_equal(r->gaps[1]->event_at_ms, noon_ms - 7);
	assert_int_equal(r->next.len, 0);
	u = fake_pg_last("delivery_gaps", &q);
	assert_string_equal(u->lane, "slow");
	assert_int_equal(fake_time(u, q, 3), m.from_ms);
	assert_int_equal(fake_time(u, q, 4), noon_ms);
	assert_int_equal(fake_number(u, q, 9), DELIVERY_PAGE_MAX + 1);
}

static void a_page_goes_on_behind_the_last_row(void **state)
{
	const Rxcirc__V1__ReconcileDeliveriesResponse *r;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	m.page_size = 1;
	assert_int_equal(ask(2), STATUS_OK);
	r = stage_reply(&rxcirc__v1__reconcile_deliveries_response__descriptor);
	assert_int_equal(r->n_gaps, 1);
	m.after = paper_bytes(r->next.data, r->next.len);
	assert_int_equal(ask(1), STATUS_OK);
	u = fake_pg_last("delivery_gaps", &q);
	assert_int_equal(fake_time(u, q, 5), noon_ms - 9);
	assert_true(slice_equal(fake_value(u, q, 6), slice_of("0123456789abcdef", 16)));
	assert_int_equal(fake_number(u, q, 7), 1);
	assert_int_equal(fake_number(u, q, 8), 1);
}

static void an_officer_sees_the_own_scope(void **state)
{
	(void)state;
	begin();
	assert_int_equal(ask(0), STATUS_OK);
	assert_true(names(0, HOME_REGION) && names(0, "140202"));
	stage_as(CALLER_CITY_OFFICER, "A14010000000", "140100");
	assert_int_equal(ask(0), STATUS_OK);
	assert_true(names(0, HOME_REGION) && !names(0, "140202"));
	m.region = paper_text("140202");
	assert_int_equal(ask(0), STATUS_OK);
	assert_false(names(0, "140202"));
	begin();
	m.region = paper_text("140200");
	m.pharmacy_code = paper_text("P14020000009");
	assert_int_equal(ask(0), STATUS_OK);
	assert_true(names(0, "140202") && !names(0, HOME_REGION));
	assert_true(names(2, "P14020000009"));
}

static void an_institution_sees_itself_only(void **state)
{
	(void)state;
	begin();
	scene_as(PHARMACIST);
	assert_int_equal(ask(0), STATUS_OK);
	assert_true(names(2, PHARMACY));
	m.pharmacy_code = paper_text(PHARMACY);
	assert_int_equal(ask(0), STATUS_OK);
	m.pharmacy_code = paper_text(OTHER_PHARMACY);
	stage_clear();
	assert_int_equal(stage_call(&agency_method, &m), STATUS_SCOPE_NOT_ALLOWED);
	stage_expect_nothing_sent();
}

/* Two regions of one prefecture, each with its own patience. */
static void each_region_says_how_long_is_late(void **state)
{
	const struct fake_unit *u;
	struct slice late;
	unsigned q;
	struct reader r;
	int64_t us[2];

	(void)state;
	begin();
	(void)province_parameter(&stage.province, HOME_REGION, "delivery-days-max", "3");
	stage_rebuild();
	m.region = paper_text("140000");
	assert_int_equal(ask(0), STATUS_OK);
	u = fake_pg_last("delivery_gaps", &q);
	late = fake_value(u, q, 1);
	/* regions in the order of their codes: the last two are 140105 and 140202 */
	for (unsigned i = 0; i < 2; i++) {
		reader_init(&r, slice_of(late.data + late.len - 8 - 12 * (1 - i), 8));
		us[i] = (int64_t)reader_u64(&r);
	}
	assert_int_equal(us[0] - us[1], (7 - 3) * INT64_C(86400) * 1000000);
}

static void every_field_has_its_limit(void **state)
{
	uint8_t mark[28] = {0};

	(void)state;
#define FAULT(spoil, field) \
	begin(); \
	spoil; \
	assert_int_equal(stage_call(&agency_method, &m), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field); \
	stage_expect_nothing_sent()
	FAULT(m.from_ms = noon_ms, "from_ms");
	FAULT(m.from_ms = -1, "from_ms");
	FAULT(m.from_ms = noon_ms - DELIVERY_PERIOD_DAYS_MAX * (int64_t)DAY_MS - 1, "from_ms");
	FAULT(m.until_ms = m.from_ms, "from_ms");
	FAULT(m.region = paper_text("1401"), "region");
	FAULT(m.page_size = DELIVERY_PAGE_MAX + 1, "page_size");
	FAULT(m.after = paper_bytes(mark, 26), "after");
	FAULT(m.after = paper_bytes(mark, 28), "after");
#undef FAULT
	begin();
	m.from_ms = noon_ms - DELIVERY_PERIOD_DAYS_MAX * (int64_t)DAY_MS;
	m.page_size = DELIVERY_PAGE_MAX;
	m.after = paper_bytes(mark, 27);
	assert_int_equal(ask(0), STATUS_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(disagreements_are_told_with_what_stands, "NT33-N5.2"),
		STAGED(a_page_goes_on_behind_the_last_row),
		STAGED_PROVES(an_officer_sees_the_own_scope, "NT33-N5.2"),
		STAGED(an_institution_sees_itself_only),
		STAGED(each_region_says_how_long_is_late),
		STAGED(every_field_has_its_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("deliveries", tests, stage_open, stage_close);
}
