/* Where drugs are: who stands in the answer, in which order, and how old the feeds are. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "rules/stock.h"
#include "rxcirc/v1/stock.pb-c.h"

#define DISTANT "P14020000009"

enum { WANTS = RX_LINES_MAX + 1, SEARCHES = 64 };

static const struct method insured_method = {"rxcirc.v1.Insured/FindStock", find_stock_start};
static const struct method feeds_method = {"rxcirc.v1.Agency/ListStockFeeds",
	list_stock_feeds_start};
static Rxcirc__V1__FindStockRequest m;
static Rxcirc__V1__StockWant wants[WANTS], *want_list[WANTS];
static Rxcirc__V1__ListStockFeedsRequest feeds;

/* One row of what the database finds. */
struct row {
	const char *code;
	int64_t found, fen, as_of_ms;
};

static void begin(void)
{
	rxcirc__v1__find_stock_request__init(&m);
	for (unsigned i = 0; i < WANTS; i++) {
		rxcirc__v1__stock_want__init(&wants[i]);
		wants[i].drug_code = paper_text(i == 0 ? "D-A" : "D-B");
		wants[i].quantity_e4 = 10000 * (i + 1);
		want_list[i] = &wants[i];
	}
	m.wants = want_list;
	m.n_wants = 2;
	m.region = paper_text("140105");
	stage.province.agreement_count = 0;
	(void)province_designation(&stage.province, PHARMACY);
	(void)province_designation(&stage.province, OTHER_PHARMACY);
	(void)province_designation(&stage.province, DISTANT);
	(void)province_designation(&stage.province, OTHER_HOSPITAL);
	stage_rebuild();
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	stage_clear();
}

/* Where an institution will stand among those asked for: registry order is that of the codes. */
static int32_t place_of(const char *code)
{
	static const char *const near[] = {OTHER_HOSPITAL, PHARMACY, OTHER_PHARMACY, DISTANT};
	int32_t place = 0;

	for (unsigned i = 0; i < ARRAY_LEN(near); i++) {
		const struct institution *in = province_place(&stage.province, near[i]);

		if (strcmp(near[i], code) == 0)
			return place;
		place += in->status == INSTITUTION_ACTIVE;
	}
	fail_msg("%s is not asked for", code);
	return -1;
}

static void answer(const struct row *found, unsigned count)
{
	struct fake_cell cells[4 * 8] = {0};

	for (unsigned i = 0; i < count; i++) {
		cells[4 * i] = (struct fake_cell)FAKE_I32(place_of(found[i].code));
		cells[4 * i + 1] = (struct fake_cell)FAKE_I64(found[i].found);
		cells[4 * i + 2] = (struct fake_cell)FAKE_I64(found[i].fen);
		cells[4 * i + 3] = (struct fake_cell)FAKE_TIME(found[i].as_of_ms);
	}
	fake_pg_answer("stock_find", 4, cells, count);
}

static const Rxcirc__V1__FindStockResponse *find(const struct row *found, unsigned count)
{
	stage_clear();
	answer(found, count);
	assert_int_equal(stage_call(&insured_method, &m), STATUS_OK);
	return stage_reply(&rxcirc__v1__find_stock_response__descriptor);
}

static bool is_asked(const char *code)
{
	const struct fake_unit *u;
	struct slice codes;
	unsigned q;

	u = fake_pg_last("stock_find", &q);
	codes = fake_value(u, q, 0);
	return memmem(codes.data, codes.len, code, strlen(code)) != NULL;
}

static void places_are_told_with_what_is_missing_and_what_it_costs(void **state)
{
	const struct row found[] = {{PHARMACY, 1, 5000, noon_ms - HOUR_MS},
		{OTHER_PHARMACY, 3, 7000, noon_ms - 25 * HOUR_MS}};
	const Rxcirc__V1__FindStockResponse *r;

	(void)state;
	begin();
	r = find(found, 2);
	assert_int_equal(r->n_places, 2);
	assert_string_equal(r->places[0]->code, OTHER_PHARMACY);
	assert_int_equal(r->places[0]->accept, 1);
	assert_int_equal(r->places[0]->n_missing, 0);
	assert_int_equal(r->places[0]->total_fen, 7000);
	assert_true(r->places[0]->stale);
	assert_string_equal(r->places[1]->code, PHARMACY);
	assert_string_equal(r->places[1]->name, "药店");
	assert_int_equal(r->places[1]->accept, 0);
	assert_int_equal(r->places[1]->n_missing, 1);
	assert_int_equal(r->places[1]->missing[0], 2);
	assert_int_equal(r->places[1]->as_of_ms, noon_ms - HOUR_MS);
	assert_false(r->places[1]->stale);
	assert_int_equal(r->next.len, 0);
	stage_expect_lane("stock_find", "slow");
}

/* Whoever may do business stands there, with stock, without, or having told nothing. */
static void every_pharmacy_of_the_region_is_shown_and_no_other(void **state)
{
	const Rxcirc__V1__FindStockResponse *r;

	(void)state;
	begin();
	r = find(NULL, 0);
	assert_int_equal(r->n_places, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(r->places[i]->accept, -1);
		assert_int_equal(r->places[i]->n_missing, 2);
		assert_int_equal(r->places[i]->as_of_ms, 0);
		assert_true(r->places[i]->stale);
	}
	assert_false(is_asked(DISTANT));
	m.region = paper_text("");
	assert_int_equal(find(NULL, 0)->n_places, 3);
	assert_true(is_asked(DISTANT));
	m.region = paper_text("140200");
	assert_string_equal(find(NULL, 0)->places[0]->code, DISTANT);
	m.region = paper_text("140000");
	assert_int_equal(find(NULL, 0)->n_places, 3);
	m.region = paper_text("110100");
	assert_int_equal(find(NULL, 0)->n_places, 0);
}

static void who_may_not_do_business_is_not_shown(void **state)
{
	const Rxcirc__V1__FindStockResponse *r;

	(void)state;
	begin();
	province_place(&stage.province, PHARMACY)->status = INSTITUTION_SUSPENDED;
	stage_rebuild();
	r = find(NULL, 0);
	assert_int_equal(r->n_places, 1);
	assert_string_equal(r->places[0]->code, OTHER_PHARMACY);
	begin();
	stage.province.agreements[0].ends_ms = noon_ms; /* PHARMACY's */
	stage_rebuild();
	assert_int_equal(find(NULL, 0)->n_places, 1);
	assert_false(is_asked(PHARMACY));
	province_place(&stage.province, PHARMACY)->status = INSTITUTION_ACTIVE;
}

/* The choice is the person's: the hospital's own pharmacy stands beside the others. */
static void a_hospital_that_dispenses_stands_among_the_pharmacies(void **state)
{
	const struct row found[] = {{OTHER_HOSPITAL, 3, 7000, noon_ms}, {PHARMACY, 3, 9000, noon_ms}};
	const Rxcirc__V1__FindStockResponse *r;
	unsigned hospital_first = 0;

	(void)state;
	begin();
	for (unsigned i = 0; i < SEARCHES; i++) {
		r = find(found, 2);
		assert_int_equal(r->n_places, 3);
		assert_string_equal(r->places[2]->code, OTHER_PHARMACY);
		hospital_first += strcmp(r->places[0]->code, OTHER_HOSPITAL) == 0;
	}
	/* neither it, nor the cheaper one, is always first: 1 in 2^63 */
	assert_in_range(hospital_first, 1, SEARCHES - 1);
}

static void who_issued_the_prescription_changes_nothing(void **state)
{
	const struct row found[] = {{PHARMACY, 3, 9000, noon_ms}, {OTHER_PHARMACY, 3, 9000, noon_ms}};
	const Rxcirc__V1__FindStockResponse *r;
	unsigned first = 0;

	(void)state;
	begin();
	scene_as(PHYSICIAN);
	for (unsigned i = 0; i < SEARCHES; i++) {
		r = find(found, 2);
		assert_int_equal(r->n_places, 2);
		first += strcmp(r->places[0]->code, PHARMACY) == 0;
	}
	assert_in_range(first, 1, SEARCHES - 1);
}

static void the_county_asked_for_comes_before_others(void **state)
{
	const struct row found[] = {{PHARMACY, 3, 9000, noon_ms}, {OTHER_PHARMACY, 3, 9000, noon_ms}};

	(void)state;
	begin();
	province_place(&stage.province, OTHER_PHARMACY)->region = "140106";
	stage_rebuild();
	for (unsigned i = 0; i < 16; i++) {
		m.region = paper_text("140105");
		assert_string_equal(find(found, 2)->places[0]->code, PHARMACY);
		m.region = paper_text("140106");
		assert_string_equal(find(found, 2)->places[0]->code, OTHER_PHARMACY);
	}
	province_place(&stage.province, OTHER_PHARMACY)->region = HOME_REGION;
}

static void pages_are_cut_from_one_order(void **state)
{
	const struct row found[] = {{PHARMACY, 3, 9000, noon_ms}, {OTHER_PHARMACY, 3, 9000, noon_ms},
		{DISTANT, 3, 9000, noon_ms}, {OTHER_HOSPITAL, 1, 1, noon_ms}};
	const Rxcirc__V1__FindStockResponse *r;
	char seen[4][16];

	(void)state;
	begin();
	m.region = paper_text("");
	for (unsigned i = 0; i < 16; i++) {
		m.page_size = 1;
		m.after.len = 0;
		for (unsigned page = 0; page < 4; page++) {
			r = find(found, 4);
			assert_int_equal(r->n_places, 1);
			(void)snprintf(seen[page], sizeof(seen[page]), "%s", r->places[0]->code);
			for (unsigned before = 0; before < page; before++)
				assert_string_not_equal(seen[before], seen[page]);
			assert_int_equal(r->next.len > 0, page < 3);
			m.after = paper_bytes(r->next.data, r->next.len);
		}
		assert_string_equal(seen[3], OTHER_HOSPITAL);
	}
}

static void a_drug_wanted_twice_needs_both_quantities(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	m.n_wants = 3; /* A 1, B 2, B 3 */
	(void)find(NULL, 0);
	u = fake_pg_last("stock_find", &q);
	for (unsigned i = 0; i < 3; i++) {
		static const int64_t needed[] = {10000, 50000, 50000}, paid[] = {10000, 20000, 30000};
		const uint8_t *at = fake_value(u, q, 2).data + 20 + 12 * i + 4;
		struct reader r;

		reader_init(&r, slice_of(at, 8));
		assert_int_equal(reader_u64(&r), needed[i]);
		reader_init(&r, slice_of(fake_value(u, q, 3).data + 20 + 12 * i + 4, 8));
		assert_int_equal(reader_u64(&r), paid[i]);
	}
}

static void refuse(const char *field)
{
	stage_clear();
	assert_int_equal(stage_call(&insured_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
}

static void every_field_of_a_search_has_its_limit(void **state)
{
	uint8_t mark[33] = {0};

	(void)state;
#define FAULT(spoil, field) \
	begin(); \
	spoil; \
	refuse(field)
	FAULT(m.n_wants = 0, "wants");
	FAULT(m.n_wants = RX_LINES_MAX + 1, "wants");
	FAULT(wants[1].drug_code = paper_text(""), "wants[].drug_code");
	FAULT(wants[1].quantity_e4 = 0, "wants[].quantity_e4");
	FAULT(wants[1].quantity_e4 = STOCK_QUANTITY_E4_MAX + 1, "wants[].quantity_e4");
	FAULT(m.region = paper_text("14010"), "region");
	FAULT(m.region = paper_text("taiyua"), "region");
	FAULT(m.page_size = STOCK_PLACES_PAGE_MAX + 1, "page_size");
	FAULT(m.after = paper_bytes(mark, 19), "after");
	FAULT(m.after = paper_bytes(mark, 32), "after");
#undef FAULT
	begin();
	m.n_wants = RX_LINES_MAX;
	wants[1].quantity_e4 = STOCK_QUANTITY_E4_MAX;
	m.page_size = STOCK_PLACES_PAGE_MAX;
	assert_int_equal(find(NULL, 0)->n_places, 2);
}

/* A registry of so many pharmacies, all of them open. */
static void open_pharmacies(unsigned count)
{
	struct registry_builder *b = registry_builder_new(2, stage.registry);
	char code[16], id[24];

	assert_non_null(b);
	assert_int_equal(registry_renew(b, REGISTRY_INSTITUTION), 0);
	assert_int_equal(registry_renew(b, REGISTRY_AGREEMENT), 0);
	for (unsigned i = 0; i < count; i++) {
		const struct institution place = {.code = code, .name = "药店", .region = HOME_REGION,
			.kind = INSTITUTION_PHARMACY, .status = INSTITUTION_ACTIVE, .host_code = "",
			.chain_code = "", .filing_no = "", .address = ""};
		struct agreement a = stage.province.agreements[0];

		(void)snprintf(code, sizeof(code), "P%011u", i);
		(void)snprintf(id, sizeof(id), "AG-2026-%08x", i);
		a.id = id;
		a.institution_code = code;
		assert_int_equal(registry_add_institution(b, &place), 0);
		assert_int_equal(registry_add_agreement(b, &a), 0);
	}
	registry_unref(stage.registry);
	stage.registry = registry_finish(b);
	assert_non_null(stage.registry);
}

static void a_search_goes_through_so_many_and_no_more(void **state)
{
	const Rxcirc__V1__FindStockResponse *r;

	(void)state;
	begin();
	open_pharmacies(STOCK_SEARCH_MAX);
	r = find(NULL, 0);
	assert_int_equal(r->n_places, STOCK_PLACES_PAGE_MAX);
	assert_true(r->next.len > 0);
	begin();
	open_pharmacies(STOCK_SEARCH_MAX + 1);
	refuse("region");
}

/* ---- the age of feeds ----------------------------------------------------------------------- */

static void feeds_begin(void)
{
	begin();
	rxcirc__v1__list_stock_feeds_request__init(&feeds);
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
}

static const Rxcirc__V1__ListStockFeedsResponse *list(unsigned count)
{
	const struct fake_cell cells[] = {
		FAKE_TIME(noon_ms - 24 * HOUR_MS), FAKE_TIME(noon_ms - HOUR_MS), FAKE_NULL, FAKE_I64(812),
		FAKE_TIME(noon_ms - 24 * HOUR_MS - 1), FAKE_TIME(noon_ms - 7), FAKE_TIME(noon_ms - 9),
		FAKE_I64(1), FAKE_NULL, FAKE_NULL, FAKE_NULL, FAKE_I64(0)};

	stage_clear();
	fake_pg_answer("stock_feeds", 4, cells, count);
	assert_int_equal(stage_call(&feeds_method, &feeds), STATUS_OK);
	return stage_reply(&rxcirc__v1__list_stock_feeds_response__descriptor);
}

static void officers_see_how_old_each_feed_is(void **state)
{
	const Rxcirc__V1__ListStockFeedsResponse *r;

	(void)state;
	feeds_begin();
	r = list(3);
	assert_int_equal(r->n_feeds, 3);
	assert_string_equal(r->feeds[0]->pharmacy_code, PHARMACY);
	assert_int_equal(r->feeds[0]->as_of_ms, noon_ms - 24 * HOUR_MS);
	assert_int_equal(r->feeds[0]->received_at_ms, noon_ms - HOUR_MS);
	assert_int_equal(r->feeds[0]->drugs, 812);
	assert_false(r->feeds[0]->stale);
	assert_true(r->feeds[1]->stale); /* a millisecond older than 24 hours */
	assert_int_equal(r->feeds[1]->complete_as_of_ms, noon_ms - 9);
	assert_string_equal(r->feeds[2]->pharmacy_code, DISTANT);
	assert_int_equal(r->feeds[2]->as_of_ms, 0);
	assert_true(r->feeds[2]->stale);
	feeds.stale_only = true;
	assert_int_equal(list(3)->n_feeds, 2);
	(void)province_parameter(&stage.province, "140000", "stock-stale-h", "25");
	stage_rebuild();
	r = list(3);
	assert_int_equal(r->n_feeds, 1);
	assert_string_equal(r->feeds[0]->pharmacy_code, DISTANT);
}

static void a_city_officer_sees_the_feeds_of_the_own_prefecture(void **state)
{
	(void)state;
	feeds_begin();
	stage_as(CALLER_CITY_OFFICER, "A14010000000", "140100");
	assert_int_equal(list(2)->n_feeds, 2);
	feeds.region = paper_text("140200");
	assert_int_equal(list(0)->n_feeds, 0);
	feeds_begin();
	feeds.page_size = 1;
	assert_string_equal(list(1)->next, PHARMACY);
	feeds.after = paper_text(PHARMACY);
	feeds.page_size = 2;
	assert_string_equal(list(2)->next, "");
	feeds.page_size = STOCK_FEEDS_PAGE_MAX;
	(void)list(2);
	feeds.page_size++;
	stage_clear();
	assert_int_equal(stage_call(&feeds_method, &feeds), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_size");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(places_are_told_with_what_is_missing_and_what_it_costs),
		STAGED_PROVES(every_pharmacy_of_the_region_is_shown_and_no_other,
			"JIN15-1.3c NT33-N2.3"),
		STAGED(who_may_not_do_business_is_not_shown),
		STAGED_PROVES(a_hospital_that_dispenses_stands_among_the_pharmacies, "NT33-N2.3"),
		STAGED_PROVES(who_issued_the_prescription_changes_nothing, "JIN15-1.3c"),
		STAGED(the_county_asked_for_comes_before_others),
		STAGED(pages_are_cut_from_one_order),
		STAGED(a_drug_wanted_twice_needs_both_quantities),
		STAGED(every_field_of_a_search_has_its_limit),
		STAGED(a_search_goes_through_so_many_and_no_more),
		STAGED_PROVES(officers_see_how_old_each_feed_is, "JIN15-2.2"),
		STAGED(a_city_officer_sees_the_feeds_of_the_own_prefecture),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("find stock", tests, stage_open, stage_close);
}
