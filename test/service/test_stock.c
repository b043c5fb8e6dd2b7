/* What an institution says it has: what is put, left out and refused. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "rules/stock.h"
#include "rxcirc/v1/stock.pb-c.h"

enum { ROWS = STOCK_ROWS_MAX + 1 };

static const struct method put_stock_method = {"rxcirc.v1.Pharmacy/PutStock", put_stock_start};
static Rxcirc__V1__PutStockRequest m;
static Rxcirc__V1__StockRow rows[ROWS], *row_list[ROWS];

static char *drug(unsigned index)
{
	return paper_text(stage.province.drugs[index].code);
}

static void begin(void)
{
	rxcirc__v1__put_stock_request__init(&m);
	for (unsigned i = 0; i < ROWS; i++) {
		rxcirc__v1__stock_row__init(&rows[i]);
		rows[i].drug_code = i < DRUGS ? drug(i) : papers_alloc(16);
		if (i >= DRUGS)
			(void)snprintf(rows[i].drug_code, 16, "UNKNOWN-%u", i);
		rows[i].quantity_e4 = 50000;
		rows[i].unit = paper_text("盒");
		rows[i].price_e6 = 12500000;
		rows[i].as_of_ms = noon_ms;
		row_list[i] = &rows[i];
	}
	m.rows = row_list;
	m.n_rows = 2;
	scene_as(PHARMACIST);
	stage_clear();
}

static void begin_feed(void)
{
	begin();
	m.feed_no = 70;
	m.pages = 3;
	m.page = 2;
	m.as_of_ms = noon_ms - 1;
	rows[1].as_of_ms = 0;
}

static void answer(bool taken, int64_t feed_no, int16_t pages, int16_t pages_taken)
{
	const struct fake_cell cells[] = {FAKE_BOOL(taken), FAKE_I64(feed_no), FAKE_I16(pages),
		FAKE_I16(pages_taken)};

	fake_pg_answer("stock_put", 4, cells, 1);
}

static enum status_reason put(bool taken, int64_t feed_no, int16_t pages, int16_t pages_taken)
{
	stage_clear();
	answer(taken, feed_no, pages, pages_taken);
	return stage_call(&put_stock_method, &m);
}

static const Rxcirc__V1__PutStockResponse *reply(void)
{
	return stage_reply(&rxcirc__v1__put_stock_response__descriptor);
}

static char *letters(size_t count)
{
	char *text = papers_alloc(count + 1);

	memset(text, 'x', count);
	return text;
}

static void rows_are_put_in_one_statement(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	assert_int_equal(put(true, 0, 0, 0), STATUS_OK);
	assert_int_equal(reply()->next_page, 0);
	assert_int_equal(reply()->n_unknown, 0);
	assert_int_equal(fake_pg_sent_count(), 1);
	u = fake_pg_last("stock_put", &q);
	assert_string_equal(u->lane, "write");
	assert_true(slice_equal(fake_value(u, q, 0), slice_of_text(PHARMACY)));
	assert_int_equal(fake_number(u, q, 2), 0);
	assert_int_equal(fake_time(u, q, 11), noon_ms);
	assert_non_null(memmem(fake_value(u, q, 6).data, fake_value(u, q, 6).len, rows[0].drug_code,
		strlen(rows[0].drug_code)));
}

static void a_page_of_an_inventory_says_which_comes_next(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin_feed();
	assert_int_equal(put(true, 70, 3, 1), STATUS_OK);
	assert_int_equal(reply()->next_page, 3);
	u = fake_pg_last("stock_put", &q);
	assert_int_equal(fake_number(u, q, 2), 70);
	assert_int_equal(fake_number(u, q, 3), 3);
	assert_int_equal(fake_number(u, q, 4), 2);
	assert_int_equal(fake_time(u, q, 5), noon_ms - 1);
	m.page = 3;
	assert_int_equal(put(true, 70, 3, 2), STATUS_OK);
	assert_int_equal(reply()->next_page, 0);
}

static void drugs_nobody_knows_are_left_out_and_named(void **state)
{
	(void)state;
	begin();
	m.n_rows = DRUGS + 2;
	stage.province.drugs[METFORMIN].flags |= CODE_WITHDRAWN;
	stage_rebuild();
	assert_int_equal(put(true, 0, 0, 0), STATUS_OK);
	assert_int_equal(reply()->n_unknown, 3);
	assert_string_equal(reply()->unknown[0], rows[METFORMIN].drug_code);
	assert_string_equal(reply()->unknown[2], rows[DRUGS + 1].drug_code);
}

static void ask(int64_t feed_no, int16_t pages, int16_t pages_taken)
{
	const struct fake_cell cells[] = {FAKE_I64(feed_no), FAKE_I16(pages), FAKE_I16(pages_taken)};

	stage_clear();
	fake_pg_answer("stock_feed", 3, cells, feed_no == 0 ? 0 : 1);
}

static void an_inventory_can_be_asked_for(void **state)
{
	(void)state;
	begin_feed();
	m.page = 0;
	m.n_rows = 0;
	ask(0, 0, 0);
	assert_int_equal(stage_call(&put_stock_method, &m), STATUS_OK);
	assert_int_equal(reply()->next_page, 1);
	stage_expect_lane("stock_feed", "read");
	ask(69, 3, 3); /* the one before */
	assert_int_equal(stage_call(&put_stock_method, &m), STATUS_OK);
	assert_int_equal(reply()->next_page, 1);
	ask(70, 3, 2);
	assert_int_equal(stage_call(&put_stock_method, &m), STATUS_OK);
	assert_int_equal(reply()->next_page, 3);
	ask(70, 3, 3);
	assert_int_equal(stage_call(&put_stock_method, &m), STATUS_OK);
	assert_int_equal(reply()->next_page, 0);
	ask(71, 1, 0);
	assert_int_equal(stage_call(&put_stock_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "feed_no");
}

static void a_page_out_of_order_is_refused(void **state)
{
	(void)state;
	begin_feed();
	assert_int_equal(put(false, 70, 3, 0), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page");
	assert_non_null(strstr(stage.req.findings[0]->message, "page 1 "));
	assert_int_equal(put(false, 71, 3, 0), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "feed_no");
	assert_int_equal(put(false, 70, 4, 1), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "pages");
}

static void refuse_each_malformed_field(void)
{
#define FAULT(start, spoil, field) \
	start(); \
	spoil; \
	assert_int_equal(stage_call(&put_stock_method, &m), STATUS_FIELD_INVALID); \
	stage_expect_found("FIELD", field); \
	stage_expect_nothing_sent()
	FAULT(begin, m.n_rows = 0, "rows");
	FAULT(begin, m.n_rows = STOCK_ROWS_MAX + 1, "rows");
	FAULT(begin, m.page = 1, "feed_no");
	FAULT(begin, m.pages = 1, "feed_no");
	FAULT(begin, m.feed_no = -1, "feed_no");
	FAULT(begin_feed, m.pages = 0, "pages");
	FAULT(begin_feed, m.pages = STOCK_PAGES_MAX + 1, "pages");
	FAULT(begin_feed, m.page = 4, "page");
	FAULT(begin_feed, m.page = 0, "rows"); /* asks, and brings rows */
	FAULT(begin_feed, m.as_of_ms = 0, "as_of_ms");
	FAULT(begin_feed, m.as_of_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + 1, "as_of_ms");
	FAULT(begin, rows[1].drug_code = paper_text(""), "rows[1].drug_code");
	FAULT(begin, rows[1].drug_code = letters(CODE_MAX + 1), "rows[1].drug_code");
	FAULT(begin, rows[1].drug_code = rows[0].drug_code, "rows[].drug_code");
	FAULT(begin, rows[1].quantity_e4 = -1, "rows[1].quantity_e4");
	FAULT(begin, rows[1].quantity_e4 = STOCK_QUANTITY_E4_MAX + 1, "rows[1].quantity_e4");
	FAULT(begin, rows[1].unit = paper_text(""), "rows[1].unit");
	FAULT(begin, rows[1].unit = letters(STOCK_UNIT_MAX + 1), "rows[1].unit");
	FAULT(begin, rows[1].price_e6 = -1, "rows[1].price_e6");
	FAULT(begin, rows[1].price_e6 = STOCK_PRICE_E6_MAX + 1, "rows[1].price_e6");
	FAULT(begin, rows[1].as_of_ms = 0, "rows[1].as_of_ms"); /* no inventory to take it from */
	FAULT(begin, rows[1].as_of_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX + 1, "rows[1].as_of_ms");
#undef FAULT
}

static void every_field_has_its_limit(void **state)
{
	(void)state;
	refuse_each_malformed_field();
	begin_feed();
	m.n_rows = STOCK_ROWS_MAX;
	m.pages = STOCK_PAGES_MAX;
	m.page = STOCK_PAGES_MAX;
	rows[0].quantity_e4 = STOCK_QUANTITY_E4_MAX;
	rows[0].price_e6 = STOCK_PRICE_E6_MAX;
	rows[0].unit = letters(STOCK_UNIT_MAX);
	rows[0].as_of_ms = noon_ms + SIGNED_AT_SKEW_MS_MAX;
	rows[1].drug_code = letters(CODE_MAX);
	assert_int_equal(put(true, 70, 3, 1), STATUS_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(rows_are_put_in_one_statement, "JIN15-2.2"),
		STAGED_PROVES(a_page_of_an_inventory_says_which_comes_next, "JIN15-2.2"),
		STAGED(drugs_nobody_knows_are_left_out_and_named),
		STAGED(an_inventory_can_be_asked_for),
		STAGED(a_page_out_of_order_is_refused),
		STAGED(every_field_has_its_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stock", tests, stage_open, stage_close);
}
