/* The registry's records page by page: each goes on behind the last record of the one before,
 * and the first one leaves a trace. */
#include "test/service/registry_audit.h"

#include <stdio.h>
#include <string.h>

static void the_first_page_is_recorded_with_its_purpose(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	audit_begin();
	promise_answer_event();
	audit_answer_from(0, REGISTRY_TABLES, NULL, 0);
	assert_int_equal(audit_ask(), STATUS_OK);
	assert_int_equal(audit_reply()->n_records, 0);
	assert_int_equal(audit_reply()->next_page_token.len, 0);
	assert_int_equal(fake_pg_sent_count(), 1 + REGISTRY_TABLES);
	assert_string_equal(fake_pg_sent(0)->lane, "write");
	assert_string_equal(fake_pg_sent(1)->lane, "slow");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(fake_pg_sent(0), 0, 10));
	assert_string_equal(leaf->subject, "audit/registry");
	assert_string_equal(leaf->reason, "季度核对 2026-2");
	audit_begin();
	audit_asked.purpose = paper_text("");
	assert_int_equal(audit_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "purpose");
	stage_expect_nothing_sent();
	audit_begin();
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	assert_int_equal(audit_ask(), STATUS_DATABASE_AWAY);
}

static struct fake_cell *parameters(unsigned count, const char *value)
{
	struct fake_cell *cells = papers_alloc((count + 1) * 5 * sizeof(*cells));

	for (unsigned i = 0; i < count; i++) {
		char *region_ = papers_alloc(8);

		snprintf(region_, 8, "%06u", 140000 + i);
		cells[5 * i] = fake_text(region_);
		cells[5 * i + 1] = (struct fake_cell)FAKE_TEXT("supply-days-max");
		cells[5 * i + 2] = (struct fake_cell)FAKE_TIME(noon_ms);
		cells[5 * i + 3] = fake_text(value);
		cells[5 * i + 4] = (struct fake_cell)FAKE_TEXT("文件");
	}
	return cells;
}

/* One region, then parameters up to the page's last record. */
static const Rxcirc__V1__AuditRegistryResponse *full_page(void)
{
	const struct fake_cell region_[] = {FAKE_TEXT("140105"), FAKE_TEXT("小店区"),
		FAKE_TEXT("140100")};

	audit_begin();
	promise_answer_event();
	fake_pg_answer("regions_page", 3, region_, 1);
	for (unsigned i = TABLE_INSTITUTION; i < TABLE_PARAMETER; i++)
		fake_pg_answer(audit_tables[i].statement, audit_tables[i].columns, NULL, 0);
	fake_pg_answer("parameters_page", 5, parameters(AUDIT_RECORDS_MAX - 1, "7"),
		AUDIT_RECORDS_MAX - 1);
	assert_int_equal(audit_ask(), STATUS_OK);
	return audit_reply();
}

static void a_full_page_goes_on_in_its_table_behind_its_last_record(void **state)
{
	const Rxcirc__V1__AuditRegistryResponse *page = full_page();
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	assert_int_equal(page->n_records, AUDIT_RECORDS_MAX);
	u = fake_pg_last("parameters_page", &q);
	assert_int_equal(fake_number(u, q, 0), AUDIT_RECORDS_MAX - 1); /* what has room */
	stage_clear();
	audit_asked.page_token = page->next_page_token;
	audit_asked.purpose = paper_text("");
	audit_answer_from(TABLE_PARAMETER, TABLE_PARAMETER, parameters(2, "7"), 2);
	assert_int_equal(audit_ask(), STATUS_OK);
	assert_int_equal(audit_reply()->n_records, 2);
	assert_int_equal(audit_reply()->next_page_token.len, 0);
	assert_int_equal(fake_pg_sent_count(), 2); /* nothing recorded, no table read again */
	u = fake_pg_last("parameters_page", &q);
	assert_int_equal(fake_number(u, q, 0), AUDIT_RECORDS_MAX);
	assert_true(slice_equal(fake_value(u, q, 1), slice_of_text("140498")));
	assert_true(slice_equal(fake_value(u, q, 2), slice_of_text("supply-days-max")));
	assert_int_equal(fake_time(u, q, 3), noon_ms);
}

static void a_token_goes_on_with_nothing_else(void **state)
{
	const Rxcirc__V1__AuditRegistryResponse *page = full_page();
	uint8_t token[300];

	(void)state;
	stage_clear();
	audit_asked.page_token = page->next_page_token;
	stage.caller.spki[1] ^= 1;
	assert_int_equal(audit_ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_token");
	stage.caller.spki[1] ^= 1;
	assert_in_range(audit_asked.page_token.len, 1, sizeof(token));
	memcpy(token, audit_asked.page_token.data, audit_asked.page_token.len);
	for (size_t i = 0; i < audit_asked.page_token.len; i++) {
		token[i] ^= 0x10;
		audit_asked.page_token.data = token;
		assert_int_equal(audit_ask(), STATUS_FIELD_INVALID);
		token[i] ^= 0x10;
	}
	stage.now_ms += (int64_t)PAGE_TOKEN_S_MAX * 1000;
	assert_int_equal(audit_ask(), STATUS_FIELD_INVALID);
	stage_expect_nothing_sent();
}

/* Every part of every table's key finds its way through the token into the next question. */
static void each_table_goes_on_behind_its_own_key(void **state)
{
	static const struct {
		unsigned table;
		struct fake_cell row[COLUMNS_MAX];
		const char *params; /* of the next question: t(0), u(1) text, i id, k kind, z time */
	} keys[] = {
		{TABLE_REGION, {FAKE_TEXT("A"), FAKE_TEXT(""), FAKE_TEXT("")}, "t"},
		{TABLE_PRACTICE, {FAKE_TEXT("A"), FAKE_TEXT("B"), FAKE_BOOL(0), FAKE_TEXT("")}, "tu"},
		{TABLE_ITEM, {FAKE_TEXT("A"), FAKE_I16(3), FAKE_TEXT("B"), FAKE_TIME(77), FAKE_NULL,
			FAKE_TEXT(""), FAKE_TEXT(""), FAKE_TEXT(""), FAKE_TEXT(""), FAKE_I64(0),
			FAKE_BOOL(0)}, "tukz"},
		{TABLE_PERSON_BLOCK, {FAKE_BYTES("0123456789abcdef0123456789abcdef", 32), FAKE_I16(3),
			FAKE_TIME(77), FAKE_TIME(78), FAKE_TEXT("")}, "ikz"},
		{TABLE_VOUCHER_KEY, {FAKE_BYTES("0123456789abcdef0123456789abcdef", 32),
			FAKE_BYTES("0123456789abcdef0123456789abcdef", 32), FAKE_TIME(1), FAKE_TIME(2),
			FAKE_BOOL(0)}, "i"},
	};

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(keys); n++) {
		unsigned table = keys[n].table, columns = audit_tables[table].columns, q;
		struct fake_cell *rows = papers_alloc(AUDIT_RECORDS_MAX * columns * sizeof(*rows));
		const struct fake_unit *u;

		for (unsigned i = 0; i < AUDIT_RECORDS_MAX; i++)
			memcpy(rows + i * columns, keys[n].row, columns * sizeof(*rows));
		audit_begin();
		promise_answer_event();
		for (unsigned i = 0; i < table; i++)
			fake_pg_answer(audit_tables[i].statement, audit_tables[i].columns, NULL, 0);
		fake_pg_answer(audit_tables[table].statement, columns, rows, AUDIT_RECORDS_MAX);
		assert_int_equal(audit_ask(), STATUS_OK);
		audit_asked.page_token = audit_reply()->next_page_token;
		stage_clear();
		audit_answer_from(table, REGISTRY_TABLES, NULL, 0);
		assert_int_equal(audit_ask(), STATUS_OK);
		u = fake_pg_last(audit_tables[table].statement, &q);
		assert_int_equal(u->queries[q].params, 1 + strlen(keys[n].params));
		for (unsigned i = 0; keys[n].params[i] != '\0'; i++) {
			if (keys[n].params[i] == 't' || keys[n].params[i] == 'u')
				assert_true(slice_equal(fake_value(u, q, 1 + i),
					slice_of_text(keys[n].params[i] == 't' ? "A" : "B")));
			else if (keys[n].params[i] == 'i')
				assert_int_equal(fake_value(u, q, 1 + i).len, 32);
			else if (keys[n].params[i] == 'k')
				assert_int_equal(fake_number(u, q, 1 + i), 3);
			else
				assert_int_equal(fake_time(u, q, 1 + i), 77);
		}
	}
}

static void a_page_too_large_for_a_frame_is_cut_and_goes_on(void **state)
{
	struct fake_cell *rows = papers_alloc(200 * 12 * sizeof(*rows));
	char *code = papers_alloc(2001);
	unsigned told, q;

	(void)state;
	memset(code, 'x', 2000); /* as no table holds it that was left alone */
	for (unsigned i = 0; i < 200; i++)
		for (unsigned c = 0; c < 3; c++)
			rows[3 * i + c] = fake_text(c == 0 ? code : "");
	audit_begin();
	promise_answer_event();
	fake_pg_answer("regions_page", 3, rows, 200);
	/* its place does not fit a token: that is damage, and told as such */
	assert_int_equal(audit_ask(), STATUS_DATA_DAMAGED);
	code[400] = '\0';
	rows = papers_alloc(AUDIT_RECORDS_MAX * 12 * sizeof(*rows));
	for (unsigned i = 0; i < AUDIT_RECORDS_MAX; i++)
		for (unsigned c = 0; c < 3; c++)
			rows[3 * i + c] = fake_text(c == 0 ? code : "");
	audit_begin();
	promise_answer_event();
	fake_pg_answer("regions_page", 3, rows, AUDIT_RECORDS_MAX);
	assert_int_equal(audit_ask(), STATUS_OK);
	told = (unsigned)audit_reply()->n_records;
	assert_in_range(told, 400, AUDIT_RECORDS_MAX);
	audit_asked.page_token = audit_reply()->next_page_token;
	stage_clear();
	audit_answer_from(TABLE_REGION, REGISTRY_TABLES, NULL, 0);
	assert_int_equal(audit_ask(), STATUS_OK);
	assert_int_equal(fake_value(fake_pg_last("regions_page", &q), 0, 1).len, 400);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(the_first_page_is_recorded_with_its_purpose, "C11"),
		STAGED(a_full_page_goes_on_in_its_table_behind_its_last_record),
		STAGED(a_token_goes_on_with_nothing_else),
		STAGED(each_table_goes_on_behind_its_own_key),
		STAGED(a_page_too_large_for_a_frame_is_cut_and_goes_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit pages", tests, stage_open, stage_close);
}
