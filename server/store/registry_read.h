/* The registry's tables read whole: one query a table, rows into domain structs.
 *
 * Texts in the structs are borrowed until the unit is cleared; registry_add_*() copies them.
 */
#ifndef STORE_REGISTRY_READ_H
#define STORE_REGISTRY_READ_H

#include "db/pg.h"
#include "domain/registry.h"

extern const struct pg_statement registry_version_sql;
extern const struct pg_statement institutions_sql;
extern const struct pg_statement certificates_sql;
extern const struct pg_statement practitioners_sql;
extern const struct pg_statement practices_sql;
extern const struct pg_statement practitioner_keys_sql;
extern const struct pg_statement voucher_keys_sql;
extern const struct pg_statement drugs_sql;
extern const struct pg_statement diagnoses_sql;

int64_t store_registry_version(const struct pg_unit *unit, unsigned query);
void store_institution_row(const struct pg_unit *u, unsigned q, int row, struct institution *ret);
void store_certificate_row(const struct pg_unit *u, unsigned q, int row, struct certificate *ret);
void store_practitioner_row(const struct pg_unit *u, unsigned q, int row, struct practitioner *ret);
void store_practice_row(const struct pg_unit *u, unsigned q, int row, struct practice *ret);
/* Only the statement: everything about a key is read from what the authority signed. */
struct slice store_key_statement_row(const struct pg_unit *u, unsigned q, int row);
/* False when a key is not 32 bytes. */
MUST_CHECK bool store_voucher_key_row(const struct pg_unit *u, unsigned q, int row,
	struct voucher_key *ret);
void store_drug_row(const struct pg_unit *u, unsigned q, int row, struct drug *ret);
void store_diagnosis_row(const struct pg_unit *u, unsigned q, int row, struct diagnosis_code *ret);

#endif
