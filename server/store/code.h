/* Rows of code tables: put in batches, read in pages.
 *
 * Ownership: texts in what the *_row() functions fill are borrowed until the unit is cleared; what
 * parameters point to must outlive the unit.
 */
#ifndef STORE_CODE_H
#define STORE_CODE_H

#include "base/arena.h"
#include "db/pg.h"
#include "domain/registry.h"
#include "rxcirc/v1/codes.pb-c.h"

extern const struct pg_statement codes_put_sql;
extern const struct pg_statement codes_page_sql;
extern const struct pg_statement codes_query_sql;
extern const struct pg_statement codes_diff_sql;
extern const struct pg_statement codes_first_changes_sql;

/* Put rows into a version that is being loaded; 1 .. REGISTRY_BATCH_MAX of them, each code once.
 * 0 or ERR_MEMORY. */
MUST_CHECK int store_codes_put(struct pg_unit *unit, struct arena *arena, int64_t version_id,
	enum code_kind kind, Rxcirc__V1__Code *const *codes, size_t count);
/* Whether there is such a version of that kind being loaded; if not, nothing was put. */
bool store_codes_put_row(const struct pg_unit *unit, unsigned query, int64_t *ret_stored);

enum { CODES_PAGE_PARAMS = 3 };
/* One page of a version's rows, by code, behind `after` ("" = from the start).  `params` are the
 * caller's and must outlive the unit: there is no request whose arena would. */
void store_codes_page(struct pg_unit *unit, struct pg_param params[CODES_PAGE_PARAMS],
	int64_t version_id, const char *after, int32_t limit);
void store_codes_page_row(const struct pg_unit *u, unsigned query, int row, struct code *ret);

/* The version in effect at a moment, or a published one by id, and a page of its rows. */
struct code_filter {
	enum code_kind kind;
	int64_t at_ms;
	int64_t version_id; /* 0 = by the moment */
	const char *after;  /* codes behind this one */
	const char *prefix; /* codes that begin so; "" = all */
	const char *part;   /* names that hold this; "" = all */
	int32_t limit;
};
struct code_version_name {
	int64_t id;
	const char *label;
	int64_t effective_from_ms;
};
MUST_CHECK int store_codes_query(struct pg_unit *unit, struct arena *arena,
	const struct code_filter *filter);
/* False when there is no such version; then there is no row either. */
bool store_codes_query_version(const struct pg_unit *unit, unsigned query,
	struct code_version_name *ret);
/* False when this row carries no code: nothing matched. */
bool store_codes_query_row(const struct pg_unit *unit, unsigned query, int row, struct code *ret);

/* A row that two versions do not have alike; code NULL = not there. */
struct code_change {
	struct code before, after;
};
/* Differences of two published versions of one kind behind `after`, by code; none when they are not
 * that.  `from_id` 0: everything is added. */
MUST_CHECK int store_codes_diff(struct pg_unit *unit, struct arena *arena, int64_t from_id,
	int64_t to_id, const char *after, int32_t limit);
/* The first of what a version changes against the one in effect at that moment. */
MUST_CHECK int store_codes_first_changes(struct pg_unit *unit, struct arena *arena, int64_t id,
	int64_t effective_from_ms, int32_t limit);
void store_codes_diff_row(const struct pg_unit *unit, unsigned query, int row,
	struct code_change *ret);

#endif
