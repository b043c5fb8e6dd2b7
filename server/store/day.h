/* Hospitals' days in PostgreSQL: declared, received, and what does not agree (JIN15-1.3a).
 *
 * Days are numbers of domain/china_date.h.  Functions that fill a unit return 0 or ERR_MEMORY.
 */
#ifndef STORE_DAY_H
#define STORE_DAY_H

#include "base/arena.h"
#include "store/entry.h"

extern const struct pg_statement day_declare_sql;
extern const struct pg_statement day_counts_sql;
extern const struct pg_statement day_numbers_sql;

enum { DAY_REUSE_DAYS = 92 }; /* a number that stands on another day so near is reused */

/* One page of a declaration.  It does not fit when the revision was begun with another count. */
struct day_page {
	int32_t day;
	int16_t business, revision;
	int32_t count;
	const struct slice *numbers, *number_macs; /* of SHA256_LEN */
	size_t numbers_count;
};
MUST_CHECK int store_day_declare(struct pg_unit *unit, struct arena *arena,
	const struct day_page *page, const struct entry_write *w);

struct day_query {
	int32_t day;
	int16_t business;
	const struct slice *hospitals; /* codes */
	const int64_t *late_ms;        /* of each: later than this is late */
	size_t hospitals_count;        /* at least 1 */
};
/* One row per hospital, in the order asked. */
MUST_CHECK int store_day_counts(struct pg_unit *unit, struct arena *arena,
	const struct day_query *query);
struct day_counts {
	bool declared;
	int64_t declared_at_ms; /* 0 = not declared */
	int64_t count, numbers, received, missing, undeclared, reused, late, late_ms_max, unreported;
};
void store_day_counts_read(const struct pg_unit *unit, unsigned query, int row,
	struct day_counts *ret);

/* The numbers of the query's first hospital that do not agree, after this one; numbers nobody
 * declared are "" and stand first. */
struct day_number_key {
	const char *number;
	struct slice mac; /* SHA256_LEN bytes, or none: from the first */
};
MUST_CHECK int store_day_numbers(struct pg_unit *unit, struct arena *arena,
	const struct day_query *query, const struct day_number_key *after, int32_t limit);
/* Borrowed until the unit is cleared. */
struct day_number {
	struct day_number_key key;
	bool declared, reused;
	int64_t received;
	struct slice rx_ids[DAY_RX_IDS_MAX];
	size_t rx_id_count;
};
void store_day_number_read(const struct pg_unit *unit, unsigned query, int row,
	struct day_number *ret);

#endif
