/* $1 institution, $2 region, $3 overdue, $4 now, $5 after, $6 limit in both lists. */
#include "store/agreement_list.h"

#include "base/err.h"
#include "store/agreement_columns.h"

const struct pg_statement agreement_one_sql = {"agreement_one",
	"SELECT a.house, a.body, " AGREEMENT_FACTS ", " AGREEMENT_REST
	" FROM agreement a WHERE a.id = $1::text", 1};

const struct pg_statement agreement_steps_sql = {"agreement_steps",
	"SELECT at, effective, event, cause, actor_code, actor_name, actor_spki, body_sha256, reason,"
	" legal_basis FROM agreement_step WHERE agreement_id = $1::text ORDER BY seq", 1};

/* The history is long in years, not in steps; what is over stays on the list. */
const struct pg_statement agreements_page_sql = {"agreements_page",
	"SELECT a.house, ''::bytea, " AGREEMENT_FACTS ", " AGREEMENT_REST " FROM agreement a"
	" WHERE a.id > $5::text AND ($1::text = '' OR a.institution_code = $1 OR a.house = $1)"
	" AND a.region LIKE $2::text || '%' AND (NOT $3::bool OR (a.sign_due < $4::timestamptz"
	"  AND a.ended_from IS NULL AND (a.institution_signed IS NULL OR a.agency_signed IS NULL)))"
	" ORDER BY a.id LIMIT $6::int4", 6};

const struct pg_statement agreement_tasks_sql = {"agreement_tasks",
	"SELECT " AGREEMENT_TASK_COLUMNS " FROM agreement_task t JOIN agreement a"
	" ON a.id = t.agreement_id WHERE t.decided_at IS NULL AND t.id > $5::text"
	" AND ($1::text = '' OR a.institution_code = $1) AND a.region LIKE $2::text || '%'"
	" AND (NOT $3::bool OR t.opened_at < $4::timestamptz) ORDER BY t.id LIMIT $6::int4", 6};

/* Past are those that passed: assessed, and not failed or withdrawn since. */
const struct pg_statement agreements_unlaid_sql = {"agreements_unlaid",
	"SELECT p.id, p.institution_code, p.region, s.at FROM application p"
	" JOIN application_step s ON s.application_id = p.id AND s.event = 10"
	" WHERE p.kind = 2 AND p.state BETWEEN 5 AND 9"
	" AND ($1::text = '' OR p.institution_code = $1 OR p.applicant_code = $1)"
	" AND p.region LIKE $2::text || '%' AND NOT EXISTS (SELECT FROM agreement a"
	"  WHERE a.application_id = p.id AND a.kind = 2 AND (a.ended_from IS NULL"
	"   OR (a.institution_signed IS NOT NULL AND a.agency_signed IS NOT NULL)))"
	" ORDER BY p.id LIMIT $3::int4", 3};

static int add_by_id(struct pg_unit *unit, struct arena *arena,
	const struct pg_statement *statement, const char *id)
{
	struct binder b;

	if (!binder_open(&b, arena, statement))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), id);
	binder_close(&b, unit);
	return 0;
}

int store_agreement_one(struct pg_unit *unit, struct arena *arena, const char *id)
{
	int r = add_by_id(unit, arena, &agreement_one_sql, id);

	return r == 0 ? add_by_id(unit, arena, &agreement_steps_sql, id) : r;
}

static int add_list(struct pg_unit *unit, struct arena *arena,
	const struct pg_statement *statement, const struct agreement_filter *filter, bool overdue)
{
	struct binder b;

	if (!binder_open(&b, arena, statement))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), filter->institution_code);
	pg_param_text(binder_next(&b), filter->region_prefix);
	pg_param_bool(binder_next(&b), overdue);
	pg_param_time(binder_next(&b), filter->now_ms);
	pg_param_text(binder_next(&b), filter->after_id);
	pg_param_i32(binder_next(&b), filter->limit);
	binder_close(&b, unit);
	return 0;
}

int store_agreements_page(struct pg_unit *unit, struct arena *arena,
	const struct agreement_filter *filter)
{
	return add_list(unit, arena, &agreements_page_sql, filter, filter->overdue);
}

int store_agreement_tasks(struct pg_unit *unit, struct arena *arena,
	const struct agreement_filter *filter)
{
	return add_list(unit, arena, &agreement_tasks_sql, filter, false);
}

int store_agreements_unlaid(struct pg_unit *unit, struct arena *arena,
	const struct agreement_filter *filter)
{
	struct binder b;

	if (!binder_open(&b, arena, &agreements_unlaid_sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), filter->institution_code);
	pg_param_text(binder_next(&b), filter->region_prefix);
	pg_param_i32(binder_next(&b), filter->limit);
	binder_close(&b, unit);
	return 0;
}

void store_agreement_unlaid(const struct pg_unit *u, unsigned q, int row,
	struct agreement_unlaid *ret)
{
	ret->application_id = pg_text(u, q, row, 0);
	ret->institution_code = pg_text(u, q, row, 1);
	ret->region = pg_text(u, q, row, 2);
	ret->assessed_ms = pg_time(u, q, row, 3);
}

void store_agreement_shown(const struct pg_unit *u, unsigned q, int row,
	struct agreement_shown *ret)
{
	store_agreement_row(u, q, row, 2, &ret->row);
	ret->house = pg_text(u, q, row, 0);
	ret->row.text = pg_bytes(u, q, row, 1);
}

void store_agreement_past(const struct pg_unit *u, unsigned q, int row,
	struct agreement_past *ret)
{
	ret->at_ms = pg_time(u, q, row, 0);
	ret->effective_ms = pg_time(u, q, row, 1);
	ret->event = pg_i16(u, q, row, 2);
	ret->cause = pg_i16(u, q, row, 3);
	ret->actor_code = pg_text(u, q, row, 4);
	ret->actor_name = pg_text(u, q, row, 5);
	ret->actor_spki = pg_bytes(u, q, row, 6);
	ret->signed_sha256 = pg_bytes(u, q, row, 7);
	ret->reason = pg_text(u, q, row, 8);
	ret->legal_basis = pg_text(u, q, row, 9);
}
