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
extern const struct pg_statement items_sql;
extern const struct pg_statement parameters_sql;
extern const struct pg_statement person_blocks_sql;

/* The version of everything, and of one kind (its name in table registry_kind; 0 = no such). */
int64_t store_registry_version(const struct pg_unit *unit, unsigned query);
int64_t store_registry_kind_version(const struct pg_unit *unit, unsigned query, const char *kind);
void store_institution_row(const struct pg_unit *u, unsigned q, int row, struct institution *ret);
void store_certificate_row(const struct pg_unit *u, unsigned q, int row, struct certificate *ret);
void store_practitioner_row(const struct pg_unit *u, unsigned q, int row, struct practitioner *ret);
void store_practice_row(const struct pg_unit *u, unsigned q, int row, struct practice *ret);
/* Only the statement: everything about a key is read from what the authority signed.  *ret_key_id
 * (32 bytes, else empty) only tells under which id it was seen before. */
struct slice store_key_statement_row(const struct pg_unit *u, unsigned q, int row,
	struct slice *ret_key_id);
void store_item_row(const struct pg_unit *u, unsigned q, int row, struct item *ret);
void store_parameter_row(const struct pg_unit *u, unsigned q, int row, struct parameter *ret);
void store_person_block_row(const struct pg_unit *u, unsigned q, int row,
	struct person_block *ret);
/* False when a key is not 32 bytes. */
MUST_CHECK bool store_voucher_key_row(const struct pg_unit *u, unsigned q, int row,
	struct voucher_key *ret);

#endif
