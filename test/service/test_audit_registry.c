/* The registry's records as digests: what an event said of a record when it was put is what its row
 * says afterwards, and what an officer is shown. */
#include "test/service/records.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "rxcirc/v1/trail.pb-c.h"
#include "store/registry_page.h"

enum { COLUMNS_MAX = 12, FIRST = 12 }; /* a put's own parameters begin behind the tail's */

static const struct method audit_method = {"rxcirc.v1.Agency/AuditRegistry",
	audit_registry_start};
static const struct method query_method = {"rxcirc.v1.Agency/QueryRegistry",
	query_registry_start};
static Rxcirc__V1__AuditRegistryRequest asked;

/* The tables in the order in which they are read, with so many columns. */
static const struct {
	const char *statement;
	unsigned columns;
} tables[REGISTRY_TABLES] = {
	{"regions_page", 3}, {"institutions_page", 12}, {"certificates_page", 9},
	{"practitioners_page", 7}, {"practices_page", 4}, {"practitioner_keys_page", 3},
	{"voucher_keys_page", 5}, {"items_page", 11}, {"parameters_page", 5},
	{"person_blocks_page", 5},
};

static void begin(void)
{
	rxcirc__v1__audit_registry_request__init(&asked);
	asked.purpose = paper_text("季度核对 2026-2");
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
}

/* One table has rows, from this one on all others are empty. */
static void answer_from(unsigned first, unsigned table, const struct fake_cell *cells,
	unsigned rows)
{
	for (unsigned i = first; i < REGISTRY_TABLES; i++)
		fake_pg_answer(tables[i].statement, tables[i].columns, i == table ? cells : NULL,
			i == table ? rows : 0);
}

static enum status_reason ask(void)
{
	return stage_call(&audit_method, &asked);
}

static const Rxcirc__V1__AuditRegistryResponse *reply(void)
{
	assert_int_equal(fake_pg_unused(), 0);
	assert_true(stage.req.reply.len <= FRAME_BODY_MAX - 1024);
	return stage_reply(&rxcirc__v1__audit_registry_response__descriptor);
}

/* The digest of the only row of one table. */
static const Rxcirc__V1__AuditedRecord *audited(unsigned table, const struct fake_cell *row)
{
	begin();
	promise_answer_event();
	answer_from(0, table, row, 1);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(reply()->n_records, 1);
	return reply()->records[0];
}

/* ---- from a put into its row --------------------------------------------------------------- */

/* How a column follows from the put's parameters: their number, and what it is. */
struct column {
	char type; /* t text, b bytes, s smallint, l bigint, o boolean, z time */
	unsigned param;
};

static struct fake_cell cell_of(const struct fake_unit *u, unsigned q, struct column c)
{
	struct slice copy;
	uint8_t *bytes;

	if (u->queries[q].param[c.param].is_null)
		return (struct fake_cell)FAKE_NULL;
	copy = fake_value(u, q, c.param);
	bytes = papers_alloc(copy.len + 1);
	if (copy.len > 0)
		memcpy(bytes, copy.data, copy.len);
	copy = slice_of(bytes, copy.len);
	switch (c.type) {
	case 't':
		return (struct fake_cell){.kind = FAKE_KIND_TEXT, .bytes = copy};
	case 'b':
		return fake_bytes(copy);
	case 's':
		return (struct fake_cell)FAKE_I16(fake_number(u, q, c.param));
	case 'l':
		return (struct fake_cell)FAKE_I64(fake_number(u, q, c.param));
	case 'o':
		return (struct fake_cell)FAKE_BOOL(fake_number(u, q, c.param));
	default:
		return (struct fake_cell)FAKE_TIME(fake_time(u, q, c.param));
	}
}

/* The chosen record is put; its row afterwards, as far as it follows from the put. */
static const Rxcirc__V1__EventLeaf *put_into(const char *statement, const struct column *columns,
	unsigned count, struct fake_cell row[COLUMNS_MAX])
{
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	record_answer(statement, true);
	if (record_put() != STATUS_OK)
		fail_msg("%s: %s", statement, status_row_of(stage.req.status)->reason);
	leaf = record_leaf(statement);
	u = fake_pg_last(statement, &q);
	for (unsigned i = 0; i < count; i++)
		if (columns[i].type != 0)
			row[i] = cell_of(u, q, (struct column){columns[i].type, FIRST + columns[i].param});
	return leaf;
}

static void expect_same(const Rxcirc__V1__EventLeaf *leaf, unsigned table,
	const struct fake_cell *row)
{
	const Rxcirc__V1__AuditedRecord *record_ = audited(table, row);

	assert_string_equal(record_->subject, leaf->subject);
	assert_int_equal(record_->record_sha256.len, SHA256_LEN);
	assert_int_equal(leaf->record_sha256.len, SHA256_LEN);
	assert_memory_equal(record_->record_sha256.data, leaf->record_sha256.data, SHA256_LEN);
	records_begin();
}

static const struct column region_columns[] = {{'t', 0}, {'t', 1}, {'t', 2}},
	institution_columns[] = {{'t', 0}, {'t', 1}, {'s', 2}, {'s', 3}, {'t', 4}, {'t', 5}, {'t', 6},
		{'t', 8}, {'t', 10}, {'o', 7}, {'o', 9}},
	certificate_columns[] = {{'b', 0}, {'t', 1}, {'s', 2}, {'t', 4}, {'z', 5}, {'z', 6},
		{'o', 7}, {'s', 8}, {'t', 3}},
	practitioner_columns[] = {{'t', 0}, {'t', 1}, {'s', 2}, {'o', 3}, {'t', 4}, {'t', 6},
		{'t', 5}},
	practice_columns[] = {{'t', 0}, {'t', 1}, {'o', 2}},
	key_columns[] = {{'b', 9}, {'b', 0}, {'t', 2}},
	voucher_key_columns[] = {{'b', 0}, {'b', 1}, {'z', 2}, {'z', 3}, {'o', 4}},
	item_columns[] = {{'t', 0}, {'s', 1}, {'t', 2}, {'z', 3}, {'z', 4}, {'t', 5}, {'t', 6},
		{'t', 7}, {'t', 10}, {'l', 8}, {'o', 11}},
	parameter_columns[] = {{'t', 0}, {'t', 1}, {'z', 2}, {'t', 3}, {'t', 4}},
	block_columns[] = {{'b', 1}, {'s', 2}, {'z', 3}, {'z', 4}, {'t', 5}};

#define PUT_INTO(statement, columns, row) put_into(statement, columns, ARRAY_LEN(columns), row)

static void places_and_people_say_the_same_in_event_and_row(void **state)
{
	struct fake_cell row[COLUMNS_MAX];

	(void)state;
	records_begin();
	CHOOSE(region, REGION);
	expect_same(PUT_INTO("region_put", region_columns, row), TABLE_REGION, row);
	institution.chain_code = paper_text("K14000000001");
	institution.filing_no = paper_text("晋备 7");
	institution.address = paper_text("小店区 1 号");
	institution.published = true;
	CHOOSE(institution, INSTITUTION);
	row[11] = (struct fake_cell)FAKE_TEXT("小店区"); /* told, but no part of the record */
	expect_same(PUT_INTO("institution_put", institution_columns, row), TABLE_INSTITUTION, row);
	practitioner.licence_no = paper_text("L 9");
	practitioner.suspended = true;
	CHOOSE(practitioner, PRACTITIONER);
	expect_same(PUT_INTO("practitioner_put", practitioner_columns, row), TABLE_PRACTITIONER, row);
	CHOOSE(practice, PRACTICE);
	row[3] = (struct fake_cell)FAKE_TEXT("");
	expect_same(PUT_INTO("practice_put", practice_columns, row), TABLE_PRACTICE, row);
	char *departments[] = {paper_text("A03.01"), paper_text("B04")};

	practice.departments = departments;
	practice.n_departments = 2;
	practice.ended = true;
	CHOOSE(practice, PRACTICE);
	row[3] = (struct fake_cell)FAKE_TEXT("A03.01 B04");
	expect_same(PUT_INTO("practice_put", practice_columns, row), TABLE_PRACTICE, row);
}

static void certificates_say_the_same_whoever_holds_them(void **state)
{
	struct fake_cell row[COLUMNS_MAX];

	(void)state;
	records_begin();
	CHOOSE(certificate, CERTIFICATE);
	expect_same(PUT_INTO("certificate_put", certificate_columns, row), TABLE_CERTIFICATE, row);
	CHOOSE(officer, OFFICER);
	expect_same(PUT_INTO("certificate_put", certificate_columns, row), TABLE_CERTIFICATE, row);
	duties[0] = RXCIRC__V1__OFFICER_DUTY__OFFICER_DUTY_AUDIT; /* in whatever order they come */
	duties[1] = RXCIRC__V1__OFFICER_DUTY__OFFICER_DUTY_REGISTRAR;
	officer.n_duties = 2;
	officer.provincial = true; /* whose region is not kept as it was given */
	CHOOSE(officer, OFFICER);
	expect_same(PUT_INTO("certificate_put", certificate_columns, row), TABLE_CERTIFICATE, row);
}

static void keys_say_the_same_without_their_proof_of_possession(void **state)
{
	const struct person *who = &stage.province.people[PHYSICIAN];
	Rxcirc__V1__PractitionerKey key = RXCIRC__V1__PRACTITIONER_KEY__INIT;
	uint8_t bytes[2048], possession[SIGNATURE_LEN] = {1};
	size_t len = province_key_statement(&stage.province, who, bytes, sizeof(bytes));
	struct fake_cell row[COLUMNS_MAX];

	(void)state;
	records_begin();
	key.statement = stage_unpack(&rxcirc__v1__signed_document__descriptor, slice_of(bytes, len));
	key.possession_signature = paper_bytes(possession, sizeof(possession));
	CHOOSE(key, KEY);
	expect_same(PUT_INTO("practitioner_key_put", key_columns, row), TABLE_KEY, row);
	CHOOSE(voucher_key, VOUCHER_KEY);
	expect_same(PUT_INTO("voucher_key_put", voucher_key_columns, row), TABLE_VOUCHER_KEY, row);
}

static void facts_say_the_same_without_the_digest_of_their_evidence(void **state)
{
	struct fake_cell row[COLUMNS_MAX];

	(void)state;
	records_begin();
	CHOOSE(item, ITEM);
	expect_same(PUT_INTO("item_put", item_columns, row), TABLE_ITEM, row);
	item.until_ms = noon_ms + DAY_MS;
	item.amount_fen = 12345;
	item.note = paper_text("依据");
	item.authority = paper_text("省卫健委");
	item.evidence_sha256 = paper_bytes(digest, SHA256_LEN);
	item.withdrawn = true;
	CHOOSE(item, ITEM);
	expect_same(PUT_INTO("item_put", item_columns, row), TABLE_ITEM, row);
	CHOOSE(parameter, PARAMETER);
	expect_same(PUT_INTO("parameter_put", parameter_columns, row), TABLE_PARAMETER, row);
}

/* The digest is keyed: neither the name nor the digest says whose block it is. */
static void a_persons_block_says_the_same_and_names_nobody(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	struct fake_cell row[COLUMNS_MAX], other[COLUMNS_MAX];
	const Rxcirc__V1__AuditedRecord *record_;
	uint8_t person[PERSON_KEY_LEN] = {1};

	(void)state;
	records_begin();
	CHOOSE(person_block, PERSON_BLOCK);
	leaf = PUT_INTO("person_block_put", block_columns, row);
	expect_same(leaf, TABLE_PERSON_BLOCK, row);
	memcpy(other, row, sizeof(row));
	other[0] = (struct fake_cell)FAKE_BYTES(person, sizeof(person));
	record_ = audited(TABLE_PERSON_BLOCK, other);
	assert_string_not_equal(record_->subject, leaf->subject);
	assert_memory_not_equal(record_->record_sha256.data, leaf->record_sha256.data, SHA256_LEN);
}

/* ---- what an officer is shown -------------------------------------------------------------- */

static void it_is_the_digest_of_what_a_query_shows(void **state)
{
	Rxcirc__V1__QueryRegistryRequest query = RXCIRC__V1__QUERY_REGISTRY_REQUEST__INIT;
	const Rxcirc__V1__QueryRegistryResponse *shown;
	const struct institution *i = province_place(&stage.province, PHARMACY);
	const struct fake_cell row[] = {fake_text(i->code), fake_text(i->name),
		FAKE_I16((int16_t)i->kind), FAKE_I16((int16_t)i->status), fake_text(i->region),
		fake_text(i->host_code), fake_text(i->chain_code), fake_text(i->filing_no),
		fake_text(i->address), FAKE_BOOL(i->non_public), FAKE_BOOL(i->published), FAKE_TEXT("")};
	const Rxcirc__V1__AuditedRecord *record_ = audited(TABLE_INSTITUTION, row);
	uint8_t bytes[4096], hash[SHA256_LEN];

	(void)state;
	begin();
	query.kind = RXCIRC__V1__REGISTRY_KIND__REGISTRY_KIND_INSTITUTION;
	query.code = paper_text(PHARMACY);
	assert_int_equal(stage_call(&query_method, &query), STATUS_OK);
	shown = stage_reply(&rxcirc__v1__query_registry_response__descriptor);
	assert_int_equal(shown->n_records, 1);
	digest_sha256(hash, slice_of(bytes, rxcirc__v1__registry_record__pack(shown->records[0],
		bytes)));
	assert_memory_equal(record_->record_sha256.data, hash, SHA256_LEN);
}

static void every_altered_column_changes_the_digest(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	struct fake_cell row[COLUMNS_MAX], altered[COLUMNS_MAX];

	(void)state;
	records_begin();
	CHOOSE(item, ITEM);
	leaf = PUT_INTO("item_put", item_columns, row);
	for (unsigned i = 0; i < ARRAY_LEN(item_columns); i++) {
		const Rxcirc__V1__AuditedRecord *record_;

		memcpy(altered, row, sizeof(row));
		if (altered[i].kind == FAKE_KIND_TEXT)
			altered[i] = (struct fake_cell)FAKE_TEXT("altered");
		else if (altered[i].kind == FAKE_KIND_NULL)
			altered[i] = (struct fake_cell)FAKE_TIME(noon_ms + 1);
		else
			altered[i].number ^= 1;
		record_ = audited(TABLE_ITEM, altered);
		assert_memory_not_equal(record_->record_sha256.data, leaf->record_sha256.data,
			SHA256_LEN);
	}
}

/* A statement that somebody overwrote. */
static void what_cannot_be_read_is_named_and_has_no_digest(void **state)
{
	static const uint8_t key_id[KEY_ID_LEN] = {0xab, 0x01};
	const struct fake_cell broken[] = {FAKE_BYTES("\x0a\x7f", 2), FAKE_BYTES(key_id, KEY_ID_LEN),
		FAKE_TEXT("D140105003217")};
	const Rxcirc__V1__AuditedRecord *record_ = audited(TABLE_KEY, broken);

	(void)state;
	assert_memory_equal(record_->subject, "key/D140105003217/ab01000000", 28);
	assert_int_equal(record_->record_sha256.len, 0);
}

/* ---- pages and traces ---------------------------------------------------------------------- */

static void the_first_page_is_recorded_with_its_purpose(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	begin();
	promise_answer_event();
	answer_from(0, REGISTRY_TABLES, NULL, 0);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(reply()->n_records, 0);
	assert_int_equal(reply()->next_page_token.len, 0);
	assert_int_equal(fake_pg_sent_count(), 1 + REGISTRY_TABLES);
	assert_string_equal(fake_pg_sent(0)->lane, "write");
	assert_string_equal(fake_pg_sent(1)->lane, "slow");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(fake_pg_sent(0), 0, 10));
	assert_string_equal(leaf->subject, "audit/registry");
	assert_string_equal(leaf->reason, "季度核对 2026-2");
	begin();
	asked.purpose = paper_text("");
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "purpose");
	stage_expect_nothing_sent();
	begin();
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	assert_int_equal(ask(), STATUS_DATABASE_AWAY);
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

	begin();
	promise_answer_event();
	fake_pg_answer("regions_page", 3, region_, 1);
	for (unsigned i = TABLE_INSTITUTION; i < TABLE_PARAMETER; i++)
		fake_pg_answer(tables[i].statement, tables[i].columns, NULL, 0);
	fake_pg_answer("parameters_page", 5, parameters(AUDIT_RECORDS_MAX - 1, "7"),
		AUDIT_RECORDS_MAX - 1);
	assert_int_equal(ask(), STATUS_OK);
	return reply();
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
	asked.page_token = page->next_page_token;
	asked.purpose = paper_text("");
	answer_from(TABLE_PARAMETER, TABLE_PARAMETER, parameters(2, "7"), 2);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(reply()->n_records, 2);
	assert_int_equal(reply()->next_page_token.len, 0);
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
	asked.page_token = page->next_page_token;
	stage.caller.spki[1] ^= 1;
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_token");
	stage.caller.spki[1] ^= 1;
	assert_in_range(asked.page_token.len, 1, sizeof(token));
	memcpy(token, asked.page_token.data, asked.page_token.len);
	for (size_t i = 0; i < asked.page_token.len; i++) {
		token[i] ^= 0x10;
		asked.page_token.data = token;
		assert_int_equal(ask(), STATUS_FIELD_INVALID);
		token[i] ^= 0x10;
	}
	stage.now_ms += (int64_t)PAGE_TOKEN_S_MAX * 1000;
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
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
		unsigned table = keys[n].table, columns = tables[table].columns, q;
		struct fake_cell *rows = papers_alloc(AUDIT_RECORDS_MAX * columns * sizeof(*rows));
		const struct fake_unit *u;

		for (unsigned i = 0; i < AUDIT_RECORDS_MAX; i++)
			memcpy(rows + i * columns, keys[n].row, columns * sizeof(*rows));
		begin();
		promise_answer_event();
		for (unsigned i = 0; i < table; i++)
			fake_pg_answer(tables[i].statement, tables[i].columns, NULL, 0);
		fake_pg_answer(tables[table].statement, columns, rows, AUDIT_RECORDS_MAX);
		assert_int_equal(ask(), STATUS_OK);
		asked.page_token = reply()->next_page_token;
		stage_clear();
		answer_from(table, REGISTRY_TABLES, NULL, 0);
		assert_int_equal(ask(), STATUS_OK);
		u = fake_pg_last(tables[table].statement, &q);
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
	begin();
	promise_answer_event();
	fake_pg_answer("regions_page", 3, rows, 200);
	/* its place does not fit a token: that is damage, and told as such */
	assert_int_equal(ask(), STATUS_DATA_DAMAGED);
	code[400] = '\0';
	rows = papers_alloc(AUDIT_RECORDS_MAX * 12 * sizeof(*rows));
	for (unsigned i = 0; i < AUDIT_RECORDS_MAX; i++)
		for (unsigned c = 0; c < 3; c++)
			rows[3 * i + c] = fake_text(c == 0 ? code : "");
	begin();
	promise_answer_event();
	fake_pg_answer("regions_page", 3, rows, AUDIT_RECORDS_MAX);
	assert_int_equal(ask(), STATUS_OK);
	told = (unsigned)reply()->n_records;
	assert_in_range(told, 400, AUDIT_RECORDS_MAX);
	asked.page_token = reply()->next_page_token;
	stage_clear();
	answer_from(TABLE_REGION, REGISTRY_TABLES, NULL, 0);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(fake_value(fake_pg_last("regions_page", &q), 0, 1).len, 400);
}

static void memory_that_ends_is_busy(void **state)
{
	uint8_t bytes[2048];
	size_t len = province_key_statement(&stage.province, &stage.province.people[PHYSICIAN], bytes,
		sizeof(bytes));
	const struct fake_cell key[] = {FAKE_BYTES(bytes, len), FAKE_BYTES(digest, KEY_ID_LEN),
		FAKE_TEXT("D140105003217")};

	(void)state;
	for (unsigned all = 0; all < 2; all++) {
		stage.fail_all = all != 0;
		stage.has_failed = true;
		for (unsigned n = 1; stage.has_failed; n++) {
			begin();
			promise_answer_event();
			answer_from(0, TABLE_KEY, key, 1);
			stage.fail_at = n;
			if (ask() != STATUS_OK)
				assert_int_equal(stage.req.status, STATUS_BUSY);
			stage.fail_at = 0;
		}
		assert_int_equal(stage.req.status, STATUS_OK);
		assert_int_equal(reply()->n_records, 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(places_and_people_say_the_same_in_event_and_row),
		STAGED(certificates_say_the_same_whoever_holds_them),
		STAGED(keys_say_the_same_without_their_proof_of_possession),
		STAGED(facts_say_the_same_without_the_digest_of_their_evidence),
		STAGED(a_persons_block_says_the_same_and_names_nobody),
		STAGED(it_is_the_digest_of_what_a_query_shows),
		STAGED_PROVES(every_altered_column_changes_the_digest, "C29"),
		STAGED(what_cannot_be_read_is_named_and_has_no_digest),
		STAGED_PROVES(the_first_page_is_recorded_with_its_purpose, "C11"),
		STAGED(a_full_page_goes_on_in_its_table_behind_its_last_record),
		STAGED(a_token_goes_on_with_nothing_else),
		STAGED(each_table_goes_on_behind_its_own_key),
		STAGED(a_page_too_large_for_a_frame_is_cut_and_goes_on),
		STAGED(memory_that_ends_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit registry", tests, stage_open, stage_close);
}
