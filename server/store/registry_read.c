/* Whole tables; the row order does not matter. */
#include "store/registry_read.h"

#include <string.h>

#include "db/pg_value.h"
#include "store/registry_rows_sql.h"

const struct pg_statement registry_version_sql = {"registry_version",
	"SELECT '', version FROM registry_state"
	" UNION ALL SELECT name, version FROM registry_kind", 0};
const struct pg_statement institutions_sql = {"institutions", INSTITUTION_ROWS, 0};
const struct pg_statement certificates_sql = {"certificates", CERTIFICATE_ROWS, 0};
const struct pg_statement practitioners_sql = {"practitioners", PRACTITIONER_ROWS, 0};
const struct pg_statement practices_sql = {"practices", PRACTICE_ROWS, 0};
const struct pg_statement practitioner_keys_sql = {"practitioner_keys", KEY_ROWS, 0};
const struct pg_statement voucher_keys_sql = {"voucher_keys", VOUCHER_KEY_ROWS, 0};
const struct pg_statement items_sql = {"items", ITEM_ROWS, 0};
const struct pg_statement parameters_sql = {"parameters", PARAMETER_ROWS, 0};
const struct pg_statement person_blocks_sql = {"person_blocks", PERSON_BLOCK_ROWS, 0};

enum { HOLDER_INSTITUTION = 1, HOLDER_CITY_OFFICER = 2, HOLDER_PROVINCE_OFFICER = 3 };

static bool fixed(uint8_t *out, struct slice in, size_t len)
{
	if (in.len != len)
		return false;
	memcpy(out, in.data, len);
	return true;
}

int64_t store_registry_kind_version(const struct pg_unit *unit, unsigned query, const char *kind)
{
	for (int row = 0; row < pg_rows(unit, query); row++)
		if (strcmp(pg_text(unit, query, row, 0), kind) == 0)
			return pg_i64(unit, query, row, 1);
	return 0;
}

int64_t store_registry_version(const struct pg_unit *unit, unsigned query)
{
	return store_registry_kind_version(unit, query, "");
}

void store_institution_row(const struct pg_unit *u, unsigned q, int row, struct institution *ret)
{
	ret->code = pg_text(u, q, row, 0);
	ret->name = pg_text(u, q, row, 1);
	ret->kind = (enum institution_kind)pg_i16(u, q, row, 2);
	ret->status = (enum institution_status)pg_i16(u, q, row, 3);
	ret->region = pg_text(u, q, row, 4);
	ret->host_code = pg_text(u, q, row, 5);
	ret->chain_code = pg_text(u, q, row, 6);
	ret->filing_no = pg_text(u, q, row, 7);
	ret->address = pg_text(u, q, row, 8);
	ret->non_public = pg_bool(u, q, row, 9);
	ret->published = pg_bool(u, q, row, 10);
	ret->region_name = pg_text(u, q, row, 11);
}

void store_certificate_row(const struct pg_unit *u, unsigned q, int row, struct certificate *ret)
{
	int16_t holder = pg_i16(u, q, row, 2);

	*ret = (struct certificate){0};
	(void)fixed(ret->spki, pg_bytes(u, q, row, 0), SHA256_LEN); /* a table check holds the length */
	ret->owner_code = pg_text(u, q, row, 1);
	ret->is_officer = holder != HOLDER_INSTITUTION;
	ret->is_provincial = holder == HOLDER_PROVINCE_OFFICER;
	ret->scope = pg_text(u, q, row, 3);
	ret->not_before_ms = pg_time(u, q, row, 4);
	ret->not_after_ms = pg_time(u, q, row, 5);
	ret->revoked = pg_bool(u, q, row, 6);
	ret->duties = (unsigned)pg_i16(u, q, row, 7);
	ret->officer = pg_text(u, q, row, 8);
}

void store_practitioner_row(const struct pg_unit *u, unsigned q, int row, struct practitioner *ret)
{
	ret->code = pg_text(u, q, row, 0);
	ret->name = pg_text(u, q, row, 1);
	ret->role = (enum practitioner_role)pg_i16(u, q, row, 2);
	ret->suspended = pg_bool(u, q, row, 3);
	ret->independent_since = pg_text(u, q, row, 4);
	ret->region = pg_text(u, q, row, 5);
	ret->licence_no = pg_text(u, q, row, 6);
}

void store_practice_row(const struct pg_unit *u, unsigned q, int row, struct practice *ret)
{
	ret->practitioner_code = pg_text(u, q, row, 0);
	ret->institution_code = pg_text(u, q, row, 1);
	ret->ended = pg_bool(u, q, row, 2);
	ret->departments = pg_text(u, q, row, 3);
}

struct slice store_key_statement_row(const struct pg_unit *u, unsigned q, int row,
	struct slice *ret_key_id)
{
	*ret_key_id = pg_bytes(u, q, row, 1);
	return pg_bytes(u, q, row, 0);
}

bool store_voucher_key_row(const struct pg_unit *u, unsigned q, int row, struct voucher_key *ret)
{
	ret->not_before_ms = pg_time(u, q, row, 2);
	ret->not_after_ms = pg_time(u, q, row, 3);
	ret->revoked = pg_bool(u, q, row, 4);
	return fixed(ret->key_id, pg_bytes(u, q, row, 0), KEY_ID_LEN) &&
		fixed(ret->public_key, pg_bytes(u, q, row, 1), PUBLIC_KEY_LEN);
}

void store_item_row(const struct pg_unit *u, unsigned q, int row, struct item *ret)
{
	ret->owner_code = pg_text(u, q, row, 0);
	ret->kind = (enum item_kind)pg_i16(u, q, row, 1);
	ret->code = pg_text(u, q, row, 2);
	ret->from_ms = pg_time(u, q, row, 3);
	ret->until_ms = pg_is_null(u, q, row, 4) ? 0 : pg_time(u, q, row, 4);
	ret->name = pg_text(u, q, row, 5);
	ret->number = pg_text(u, q, row, 6);
	ret->authority = pg_text(u, q, row, 7);
	ret->note = pg_text(u, q, row, 8);
	ret->amount_fen = pg_i64(u, q, row, 9);
	ret->withdrawn = pg_bool(u, q, row, 10);
}

void store_parameter_row(const struct pg_unit *u, unsigned q, int row, struct parameter *ret)
{
	ret->region = pg_text(u, q, row, 0);
	ret->name = pg_text(u, q, row, 1);
	ret->from_ms = pg_time(u, q, row, 2);
	ret->value = pg_text(u, q, row, 3);
	ret->source = pg_text(u, q, row, 4);
}

void store_person_block_row(const struct pg_unit *u, unsigned q, int row,
	struct person_block *ret)
{
	memset(ret, 0, sizeof(*ret));
	(void)fixed(ret->person_key, pg_bytes(u, q, row, 0), PERSON_KEY_LEN); /* held by a check */
	ret->scope = (enum block_scope)pg_i16(u, q, row, 1);
	ret->from_ms = pg_time(u, q, row, 2);
	ret->until_ms = pg_time(u, q, row, 3);
	ret->reason = pg_text(u, q, row, 4);
}
