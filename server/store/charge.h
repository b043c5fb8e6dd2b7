/* Months as institutions claim them, and as their settlements say (TJ2-17a, SX15-8.6). */
#ifndef STORE_CHARGE_H
#define STORE_CHARGE_H

#include "base/arena.h"
#include "rules/charge.h"
#include "store/entry.h"

extern const struct pg_statement charges_declare_sql, charge_lines_sql, charge_head_sql;

struct declared_month {
	const char *payee_code;
	int32_t month; /* its first day */
	int16_t revision;
	const struct charge_total *totals;
	size_t count; /* at most CHARGE_TOTALS_MAX */
};

/* It fits unless the revision was declared otherwise.  0 or ERR_MEMORY. */
MUST_CHECK int store_charges_declare(struct pg_unit *unit, struct arena *arena,
	const struct declared_month *month, const struct entry_write *w);

struct charge_query {
	const char *payee_code;
	int32_t month;             /* its first day */
	int64_t from_ms, until_ms; /* the month */
};

/* One row per kind, business and region flag that either side knows. */
MUST_CHECK int store_charge_lines(struct pg_unit *unit, struct arena *arena,
	const struct charge_query *query);
void store_charge_line_read(const struct pg_unit *u, unsigned q, int row,
	struct charge_total *ret_declared, struct charge_total *ret_computed);

struct charge_head {
	int16_t revision; /* 0 = nothing declared */
	int64_t declared_at_ms;
	int64_t refused_lines, refused_fen, paid;
};

MUST_CHECK int store_charge_head(struct pg_unit *unit, struct arena *arena,
	const struct charge_query *query);
void store_charge_head_read(const struct pg_unit *u, unsigned q, struct charge_head *ret);

#endif
