/* $1 is the size of the page, the rest the key of the last row before it. */
#include "store/registry_page.h"

#include <string.h>

#include "base/err.h"
#include "store/binder.h"
#include "store/registry_rows_sql.h"

#define PAGE(order) " ORDER BY " order " LIMIT $1::int4"

const struct pg_statement regions_page_sql = {"regions_page",
	REGION_ROWS " WHERE code > $2::text" PAGE("code"), 2};
const struct pg_statement institutions_page_sql = {"institutions_page",
	INSTITUTION_ROWS " WHERE i.code > $2::text" PAGE("i.code"), 2};
const struct pg_statement certificates_page_sql = {"certificates_page",
	CERTIFICATE_ROWS " WHERE spki_sha256 > $2::bytea" PAGE("spki_sha256"), 2};
const struct pg_statement practitioners_page_sql = {"practitioners_page",
	PRACTITIONER_ROWS " WHERE code > $2::text" PAGE("code"), 2};
const struct pg_statement practices_page_sql = {"practices_page",
	PRACTICE_ROWS " WHERE (practitioner_code, institution_code) > ($2::text, $3::text)"
	PAGE("practitioner_code, institution_code"), 3};
const struct pg_statement practitioner_keys_page_sql = {"practitioner_keys_page",
	"SELECT statement, key_id, practitioner_code, public_key, institution_code, role, not_before,"
	" not_after, revoked_from, stated_at FROM practitioner_key WHERE key_id > $2::bytea"
	PAGE("key_id"), 2};
const struct pg_statement voucher_keys_page_sql = {"voucher_keys_page",
	VOUCHER_KEY_ROWS " WHERE key_id > $2::bytea" PAGE("key_id"), 2};
const struct pg_statement items_page_sql = {"items_page",
	ITEM_ROWS " WHERE (owner_code, kind, code, valid_from) >"
	" ($2::text, $4::int2, $3::text, $5::timestamptz)"
	PAGE("owner_code, kind, code, valid_from"), 5};
const struct pg_statement parameters_page_sql = {"parameters_page",
	PARAMETER_ROWS " WHERE (region, name, valid_from) > ($2::text, $3::text, $4::timestamptz)"
	PAGE("region, name, valid_from"), 4};
const struct pg_statement person_blocks_page_sql = {"person_blocks_page",
	PERSON_BLOCK_ROWS " WHERE (person_key, scope, valid_from) >"
	" ($2::bytea, $3::int2, $4::timestamptz)" PAGE("person_key, scope, valid_from"), 4};

/* The columns of a table's key; -1 = it has no such part. */
static const struct table_key {
	const struct pg_statement *statement;
	int text[2], id, kind, at;
} keys[REGISTRY_TABLES] = {
	[TABLE_REGION] = {&regions_page_sql, {0, -1}, -1, -1, -1},
	[TABLE_INSTITUTION] = {&institutions_page_sql, {0, -1}, -1, -1, -1},
	[TABLE_CERTIFICATE] = {&certificates_page_sql, {-1, -1}, 0, -1, -1},
	[TABLE_PRACTITIONER] = {&practitioners_page_sql, {0, -1}, -1, -1, -1},
	[TABLE_PRACTICE] = {&practices_page_sql, {0, 1}, -1, -1, -1},
	[TABLE_KEY] = {&practitioner_keys_page_sql, {-1, -1}, 1, -1, -1},
	[TABLE_VOUCHER_KEY] = {&voucher_keys_page_sql, {-1, -1}, 0, -1, -1},
	[TABLE_ITEM] = {&items_page_sql, {0, 2}, -1, 1, 3},
	[TABLE_PARAMETER] = {&parameters_page_sql, {0, 1}, -1, -1, 2},
	[TABLE_PERSON_BLOCK] = {&person_blocks_page_sql, {-1, -1}, 0, 1, 2},
};

const struct registry_after registry_after_none = {.text = {"", ""}, .kind = 0, .at_ms = 0};

int store_registry_page(struct pg_unit *unit, struct arena *arena, enum registry_table table,
	const struct registry_after *after, int32_t limit)
{
	const struct table_key *k = &keys[table];
	struct binder b;

	if (!binder_open(&b, arena, k->statement))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), limit);
	if (k->id >= 0)
		pg_param_bytes(binder_next(&b), after->id);
	for (unsigned i = 0; i < 2; i++)
		if (k->text[i] >= 0)
			pg_param_text(binder_next(&b), after->text[i]);
	if (k->kind >= 0)
		pg_param_i16(binder_next(&b), after->kind);
	if (k->at >= 0)
		pg_param_time(binder_next(&b), after->at_ms);
	binder_close(&b, unit);
	return 0;
}

void store_registry_after(const struct pg_unit *unit, unsigned query, int row,
	enum registry_table table, struct registry_after *ret)
{
	const struct table_key *k = &keys[table];

	*ret = registry_after_none;
	for (unsigned i = 0; i < 2; i++)
		if (k->text[i] >= 0)
			ret->text[i] = pg_text(unit, query, row, k->text[i]);
	if (k->id >= 0)
		ret->id = pg_bytes(unit, query, row, k->id);
	if (k->kind >= 0)
		ret->kind = pg_i16(unit, query, row, k->kind);
	if (k->at >= 0)
		ret->at_ms = pg_time(unit, query, row, k->at);
}

void store_region_row(const struct pg_unit *unit, unsigned query, int row, struct region *ret)
{
	ret->code = pg_text(unit, query, row, 0);
	ret->name = pg_text(unit, query, row, 1);
	ret->parent = pg_text(unit, query, row, 2);
}

const char *store_key_owner_row(const struct pg_unit *unit, unsigned query, int row)
{
	return pg_text(unit, query, row, 2);
}

bool store_key_row(const struct pg_unit *unit, unsigned query, int row,
	struct practitioner_key *ret, int64_t *ret_stated_at_ms)
{
	struct slice key_id = pg_bytes(unit, query, row, 1);
	struct slice public_key = pg_bytes(unit, query, row, 3);

	if (key_id.len != KEY_ID_LEN || public_key.len != PUBLIC_KEY_LEN)
		return false;
	memcpy(ret->key_id, key_id.data, KEY_ID_LEN);
	memcpy(ret->public_key, public_key.data, PUBLIC_KEY_LEN);
	ret->practitioner_code = pg_text(unit, query, row, 2);
	ret->institution_code = pg_text(unit, query, row, 4);
	ret->role = (enum practitioner_role)pg_i16(unit, query, row, 5);
	ret->not_before_ms = pg_time(unit, query, row, 6);
	ret->not_after_ms = pg_time(unit, query, row, 7);
	ret->revoked_from_ms = pg_is_null(unit, query, row, 8) ? 0 : pg_time(unit, query, row, 8);
	*ret_stated_at_ms = pg_time(unit, query, row, 9);
	return true;
}
