/* Agreements and tasks as they are shown: one whole with its history, or a page of many. */
#ifndef STORE_AGREEMENT_LIST_H
#define STORE_AGREEMENT_LIST_H

#include "store/agreement.h"

extern const struct pg_statement agreement_one_sql;
extern const struct pg_statement agreement_steps_sql;
extern const struct pg_statement agreements_page_sql;
extern const struct pg_statement agreement_tasks_sql;
extern const struct pg_statement agreements_unlaid_sql;

struct agreement_filter {
	const char *institution_code; /* its own, and those of its house; "" = all */
	const char *region_prefix;    /* "" = all */
	bool overdue;                 /* should have been signed by now */
	int64_t now_ms;
	const char *after_id;
	int32_t limit;
};

/* The agreement with its text, then its history: two queries. */
MUST_CHECK int store_agreement_one(struct pg_unit *unit, struct arena *arena, const char *id);
MUST_CHECK int store_agreements_page(struct pg_unit *unit, struct arena *arena,
	const struct agreement_filter *filter);
/* Open tasks; the filter's institution is that of either agreement, `overdue` is not looked at. */
MUST_CHECK int store_agreement_tasks(struct pg_unit *unit, struct arena *arena,
	const struct agreement_filter *filter);

/* Applications of internet hospitals that have passed and for which no agreement was laid down (or
 * it was withdrawn), by number; only the filter's institution, region and limit are looked at. */
MUST_CHECK int store_agreements_unlaid(struct pg_unit *unit, struct arena *arena,
	const struct agreement_filter *filter);
struct agreement_unlaid {
	const char *application_id, *institution_code, *region;
	int64_t assessed_ms;
};
void store_agreement_unlaid(const struct pg_unit *u, unsigned q, int row,
	struct agreement_unlaid *ret);

struct agreement_shown {
	struct agreement_row row;
	const char *house;
};
/* Rows of agreement_one_sql and agreements_page_sql. */
void store_agreement_shown(const struct pg_unit *u, unsigned q, int row,
	struct agreement_shown *ret);

struct agreement_past {
	int64_t at_ms, effective_ms;
	int16_t event, cause;
	const char *actor_code, *actor_name;
	struct slice actor_spki, signed_sha256;
	const char *reason, *legal_basis;
};
void store_agreement_past(const struct pg_unit *u, unsigned q, int row,
	struct agreement_past *ret);

#endif
