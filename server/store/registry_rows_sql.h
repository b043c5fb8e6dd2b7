/* What store_*_row() (store/registry_read.h) reads of the registry's tables: whole, or with a
 * condition behind it.
 */
#ifndef STORE_REGISTRY_ROWS_SQL_H
#define STORE_REGISTRY_ROWS_SQL_H

#define REGION_ROWS "SELECT code, name, parent FROM region"
#define INSTITUTION_ROWS \
	"SELECT i.code, i.name, i.kind, i.status, i.region, i.host_code, i.chain_code, i.filing_no," \
	" i.address, i.non_public, i.published, coalesce(r.name, '')" \
	" FROM institution i LEFT JOIN region r ON r.code = i.region"
#define CERTIFICATE_ROWS \
	"SELECT spki_sha256, owner_code, holder, scope, not_before, not_after, revoked," \
	" duties, officer_name FROM certificate"
#define PRACTITIONER_ROWS \
	"SELECT code, name, role, suspended, independent_since, region, licence_no" \
	" FROM practitioner"
#define PRACTICE_ROWS \
	"SELECT practitioner_code, institution_code, ended, array_to_string(departments, ' ')" \
	" FROM practice"
#define KEY_ROWS "SELECT statement, key_id FROM practitioner_key"
#define VOUCHER_KEY_ROWS \
	"SELECT key_id, public_key, not_before, not_after, revoked FROM voucher_key"
#define ITEM_ROWS \
	"SELECT owner_code, kind, code, valid_from, valid_until, name, number, authority, note," \
	" amount_fen, withdrawn FROM item"
#define PARAMETER_ROWS "SELECT region, name, valid_from, value, source FROM parameter"
#define PERSON_BLOCK_ROWS \
	"SELECT person_key, scope, valid_from, valid_until, reason FROM person_block"

#endif
