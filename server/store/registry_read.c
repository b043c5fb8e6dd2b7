/* Whole tables; the row order does not matter. */
#include "store/registry_read.h"

#include <string.h>

#include "db/pg_value.h"

const struct pg_statement registry_version_sql = {"registry_version",
	"SELECT version FROM registry_state", 0};
const struct pg_statement institutions_sql = {"institutions",
	"SELECT code, name, kind, status, region, host_code FROM institution", 0};
const struct pg_statement certificates_sql = {"certificates",
	"SELECT spki_sha256, owner_code, holder, scope, not_before, not_after, revoked"
	" FROM certificate", 0};
const struct pg_statement practitioners_sql = {"practitioners",
	"SELECT code, name, role, suspended, independent_since, region FROM practitioner", 0};
const struct pg_statement practices_sql = {"practices",
	"SELECT practitioner_code, institution_code, ended FROM practice", 0};
const struct pg_statement practitioner_keys_sql = {"practitioner_keys",
	"SELECT statement FROM practitioner_key", 0};
const struct pg_statement voucher_keys_sql = {"voucher_keys",
	"SELECT key_id, public_key, not_before, not_after, revoked FROM voucher_key", 0};
const struct pg_statement drugs_sql = {"drugs",
	"SELECT code, generic_name, kind, special_control, dual_channel, long_excluded, withdrawn"
	" FROM drug", 0};
const struct pg_statement diagnoses_sql = {"diagnoses",
	"SELECT code, name, type, chronic_or_common, withdrawn FROM diagnosis", 0};

enum { HOLDER_INSTITUTION = 1, HOLDER_CITY_OFFICER = 2, HOLDER_PROVINCE_OFFICER = 3 };

static bool fixed(uint8_t *out, struct slice in, size_t len)
{
	if (in.len != len)
		return false;
	memcpy(out, in.data, len);
	return true;
}

int64_t store_registry_version(const struct pg_unit *unit, unsigned query)
{
	return pg_i64(unit, query, 0, 0);
}

void store_institution_row(const struct pg_unit *u, unsigned q, int row, struct institution *ret)
{
	ret->code = pg_text(u, q, row, 0);
	ret->name = pg_text(u, q, row, 1);
	ret->kind = (enum institution_kind)pg_i16(u, q, row, 2);
	ret->status = (enum institution_status)pg_i16(u, q, row, 3);
	ret->region = pg_text(u, q, row, 4);
	ret->host_code = pg_text(u, q, row, 5);
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
}

void store_practitioner_row(const struct pg_unit *u, unsigned q, int row, struct practitioner *ret)
{
	ret->code = pg_text(u, q, row, 0);
	ret->name = pg_text(u, q, row, 1);
	ret->role = (enum practitioner_role)pg_i16(u, q, row, 2);
	ret->suspended = pg_bool(u, q, row, 3);
	ret->independent_since = pg_text(u, q, row, 4);
	ret->region = pg_text(u, q, row, 5);
}

void store_practice_row(const struct pg_unit *u, unsigned q, int row, struct practice *ret)
{
	ret->practitioner_code = pg_text(u, q, row, 0);
	ret->institution_code = pg_text(u, q, row, 1);
	ret->ended = pg_bool(u, q, row, 2);
}

struct slice store_key_statement_row(const struct pg_unit *u, unsigned q, int row)
{
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

void store_drug_row(const struct pg_unit *u, unsigned q, int row, struct drug *ret)
{
	ret->code = pg_text(u, q, row, 0);
	ret->generic_name = pg_text(u, q, row, 1);
	ret->kind = (uint8_t)pg_i16(u, q, row, 2);
	ret->special_control = pg_bool(u, q, row, 3);
	ret->dual_channel = pg_bool(u, q, row, 4);
	ret->long_excluded = pg_bool(u, q, row, 5);
	ret->withdrawn = pg_bool(u, q, row, 6);
}

void store_diagnosis_row(const struct pg_unit *u, unsigned q, int row, struct diagnosis_code *ret)
{
	ret->code = pg_text(u, q, row, 0);
	ret->name = pg_text(u, q, row, 1);
	ret->type = (uint8_t)pg_i16(u, q, row, 2);
	ret->chronic_or_common = pg_bool(u, q, row, 3);
	ret->withdrawn = pg_bool(u, q, row, 4);
}
