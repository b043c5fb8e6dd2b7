/* The registry's records as digests: what an event said of a record when it was put is what its row
 * says afterwards, and what an officer is shown. */
#include "test/service/registry_audit.h"

#include <string.h>

#include "crypto/digest.h"

enum { FIRST = 12 }; /* a put's own parameters begin behind the tail's */

static const struct method query_method = {"rxcirc.v1.Agency/QueryRegistry",
	query_registry_start};

/* The digest of the only row of one table. */
static const Rxcirc__V1__AuditedRecord *audited(unsigned table, const struct fake_cell *row)
{
	audit_begin();
	promise_answer_event();
	audit_answer_from(0, table, row, 1);
	assert_int_equal(audit_ask(), STATUS_OK);
	assert_int_equal(audit_reply()->n_records, 1);
	return audit_reply()->records[0];
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
	key_columns[] = {{'b', 9}, {'b', 0}, {'t', 2}, {'b', 1}, {'t', 3}, {'s', 4}, {'z', 5}, {'z', 6},
		{'z', 7}, {'z', 8}},
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

/* A physician's key is put; its row afterwards. */
static const Rxcirc__V1__EventLeaf *put_key(struct fake_cell row[COLUMNS_MAX])
{
	static uint8_t bytes[2048], possession[SIGNATURE_LEN] = {1};
	static Rxcirc__V1__PractitionerKey key;
	size_t len = province_key_statement(&stage.province, &stage.province.people[PHYSICIAN], bytes,
		sizeof(bytes));

	records_begin();
	rxcirc__v1__practitioner_key__init(&key);
	key.statement = stage_unpack(&rxcirc__v1__signed_document__descriptor, slice_of(bytes, len));
	key.possession_signature = paper_bytes(possession, sizeof(possession));
	CHOOSE(key, KEY);
	return PUT_INTO("practitioner_key_put", key_columns, row);
}

static void keys_say_the_same_without_their_proof_of_possession(void **state)
{
	struct fake_cell row[COLUMNS_MAX];

	(void)state;
	expect_same(put_key(row), TABLE_KEY, row);
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
	audit_begin();
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

static struct fake_cell another(const struct fake_cell *cell, char type)
{
	struct slice copy;
	uint8_t *bytes;

	switch (type) {
	case 't':
		return (struct fake_cell)FAKE_TEXT("another");
	case 's':
		return (struct fake_cell)FAKE_I16(99);
	case 'z':
		return (struct fake_cell)FAKE_TIME(4070908800000);
	default:
		bytes = papers_alloc(cell->bytes.len);
		memcpy(bytes, cell->bytes.data, cell->bytes.len);
		bytes[cell->bytes.len - 1] ^= 1;
		copy = slice_of(bytes, cell->bytes.len);
		return fake_bytes(copy);
	}
}

/* Its times and its stated_at, too: a later stated_at would keep every revocation out. */
static void a_key_whose_row_contradicts_its_statement_has_no_digest(void **state)
{
	struct fake_cell row[COLUMNS_MAX];

	(void)state;
	(void)put_key(row);
	assert_int_equal(audited(TABLE_KEY, row)->record_sha256.len, SHA256_LEN);
	for (unsigned i = 1; i < ARRAY_LEN(key_columns); i++) {
		struct fake_cell kept = row[i];

		row[i] = another(&kept, key_columns[i].type);
		assert_int_equal(audited(TABLE_KEY, row)->record_sha256.len, 0);
		row[i] = kept;
	}
}

/* A statement that somebody overwrote. */
static void what_cannot_be_read_is_named_and_has_no_digest(void **state)
{
	static const uint8_t key_id[KEY_ID_LEN] = {0xab, 0x01};
	const struct fake_cell broken[] = {FAKE_BYTES("\x0a\x7f", 2), FAKE_BYTES(key_id, KEY_ID_LEN),
		FAKE_TEXT("D140105003217"), FAKE_BYTES(key_id, KEY_ID_LEN), FAKE_TEXT("H14010500321"),
		FAKE_I16(1), FAKE_TIME(1), FAKE_TIME(2), FAKE_NULL, FAKE_TIME(1)};
	const Rxcirc__V1__AuditedRecord *record_ = audited(TABLE_KEY, broken);

	(void)state;
	assert_memory_equal(record_->subject, "key/D140105003217/ab01000000", 28);
	assert_int_equal(record_->record_sha256.len, 0);
}

static void memory_that_ends_is_busy(void **state)
{
	struct fake_cell key[COLUMNS_MAX];

	(void)state;
	(void)put_key(key);
	for (unsigned all = 0; all < 2; all++) {
		stage.fail_all = all != 0;
		stage.has_failed = true;
		for (unsigned n = 1; stage.has_failed; n++) {
			audit_begin();
			promise_answer_event();
			audit_answer_from(0, TABLE_KEY, key, 1);
			stage.fail_at = n;
			if (audit_ask() != STATUS_OK)
				assert_int_equal(stage.req.status, STATUS_BUSY);
			stage.fail_at = 0;
		}
		assert_int_equal(stage.req.status, STATUS_OK);
		assert_int_equal(audit_reply()->n_records, 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(places_and_people_say_the_same_in_event_and_row),
		STAGED(certificates_say_the_same_whoever_holds_them),
		STAGED(a_key_whose_row_contradicts_its_statement_has_no_digest),
		STAGED(keys_say_the_same_without_their_proof_of_possession),
		STAGED(facts_say_the_same_without_the_digest_of_their_evidence),
		STAGED(a_persons_block_says_the_same_and_names_nobody),
		STAGED(it_is_the_digest_of_what_a_query_shows),
		STAGED_PROVES(every_altered_column_changes_the_digest, "C29"),
		STAGED(what_cannot_be_read_is_named_and_has_no_digest),
		STAGED(memory_that_ends_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit registry", tests, stage_open, stage_close);
}
