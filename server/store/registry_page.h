/* The registry's tables page by page, for who compares them with the trail.  Rows are read by
 * store_*_row() (store/registry_read.h), those of regions here.
 */
#ifndef STORE_REGISTRY_PAGE_H
#define STORE_REGISTRY_PAGE_H

#include "base/arena.h"
#include "db/pg.h"
#include "domain/registry.h"

extern const struct pg_statement regions_page_sql;
extern const struct pg_statement institutions_page_sql;
extern const struct pg_statement certificates_page_sql;
extern const struct pg_statement practitioners_page_sql;
extern const struct pg_statement practices_page_sql;
extern const struct pg_statement practitioner_keys_page_sql;
extern const struct pg_statement voucher_keys_page_sql;
extern const struct pg_statement items_page_sql;
extern const struct pg_statement parameters_page_sql;
extern const struct pg_statement person_blocks_page_sql;

enum registry_table {
	TABLE_REGION,
	TABLE_INSTITUTION,
	TABLE_CERTIFICATE, /* officers' certificates among them */
	TABLE_PRACTITIONER,
	TABLE_PRACTICE,
	TABLE_KEY,
	TABLE_VOUCHER_KEY,
	TABLE_ITEM,
	TABLE_PARAMETER,
	TABLE_PERSON_BLOCK,
	REGISTRY_TABLES
};

/* Behind which row a page begins: the parts of its key, as far as the table has them. */
struct registry_after {
	const char *text[2]; /* in the order of the key */
	struct slice id;
	int16_t kind;        /* of an item; scope of a block */
	int64_t at_ms;       /* from when it holds */
};
/* Before the first row of every table. */
extern const struct registry_after registry_after_none;

/* 0 or ERR_MEMORY; what `after` points to must outlive the unit. */
MUST_CHECK int store_registry_page(struct pg_unit *unit, struct arena *arena,
	enum registry_table table, const struct registry_after *after, int32_t limit);
/* Of row `row`; borrowed until the unit is cleared. */
void store_registry_after(const struct pg_unit *unit, unsigned query, int row,
	enum registry_table table, struct registry_after *ret);

void store_region_row(const struct pg_unit *unit, unsigned query, int row, struct region *ret);
/* What a key's row says besides its statement; the statement is not read.  False: its keys have not
 * the length of keys. */
MUST_CHECK bool store_key_row(const struct pg_unit *unit, unsigned query, int row,
	struct practitioner_key *ret, int64_t *ret_stated_at_ms);
/* Whose the row of a key says it is. */
const char *store_key_owner_row(const struct pg_unit *unit, unsigned query, int row);

#endif
