/* Which version is in effect is never stored: the newest published one that has begun. */
#include "store/code_version.h"

#include "base/err.h"

/* The version of kind `kind` in effect at `at`, as a subquery. */
#define IN_EFFECT(kind, at) \
	"(SELECT p.id FROM code_version p WHERE p.kind = " kind " AND p.state = 2" \
	" AND p.effective_from <= " at " ORDER BY p.effective_from DESC LIMIT 1)"
#define AHEAD(kind, at) \
	"(SELECT count(*) FROM code_version p WHERE p.kind = " kind " AND p.state = 2" \
	" AND p.effective_from > " at ")"

#define CODES \
	"SELECT code, name, class_no, flags, dosage_form, specification, price_e6 FROM code"

const struct pg_statement code_version_find_sql = {"code_version_find",
	"SELECT COALESCE(v.id, 0), COALESCE(v.state, 0::int2), COALESCE(v.content_sha256, ''),"
	" COALESCE(v.rows_expected, 0), (SELECT count(*) FROM code c WHERE c.version = v.id),"
	" v.effective_from, COALESCE(" IN_EFFECT("a.kind", "a.at") ", 0)"
	" FROM (SELECT $1::int2 AS kind, $2::text AS label, $3::timestamptz AS at) a"
	" LEFT JOIN code_version v ON v.kind = a.kind AND v.label = a.label", 3};

const struct pg_statement code_version_begin_sql = {"code_version_begin",
	"WITH put AS (INSERT INTO code_version (id, kind, label, source, content_sha256, state,"
	" rows_expected, created_at, created_by)"
	" VALUES ($13::int8, $14::int2, $15::text, $16::text, $17::bytea, 1, $18::int4,"
	" $2::timestamptz, $19::text)"
	" ON CONFLICT (id) DO NOTHING RETURNING 1" REGISTRY_TAIL("'{}'"), 19};

const struct pg_statement code_version_weigh_sql = {"code_version_weigh",
	"SELECT v.kind, v.label, v.state, v.rows_expected, d.there, d.added, d.changed, d.removed,"
	" COALESCE(p.id, 0), (SELECT max(e.effective_from) FROM code_version e WHERE e.kind = v.kind"
	"  AND e.state = 2 AND e.effective_from <= $3::timestamptz),"
	" " AHEAD("v.kind", "$3") ","
	" EXISTS (SELECT FROM code_version t WHERE t.kind = v.kind AND t.state = 2"
	"  AND t.effective_from = $2::timestamptz)"
	" FROM code_version v"
	" LEFT JOIN code_version p ON p.id = " IN_EFFECT("v.kind", "$2")
	" CROSS JOIN LATERAL (SELECT count(n.code) AS there,"
	"  count(*) FILTER (WHERE o.code IS NULL) AS added,"
	"  count(*) FILTER (WHERE n.code IS NULL) AS removed,"
	"  count(*) FILTER (WHERE (n.name, n.class_no, n.flags, n.dosage_form, n.specification,"
	"   n.price_e6) IS DISTINCT FROM (o.name, o.class_no, o.flags, o.dosage_form,"
	"   o.specification, o.price_e6) AND n.code IS NOT NULL AND o.code IS NOT NULL) AS changed"
	"  FROM (" CODES " WHERE version = v.id) n"
	"  FULL JOIN (" CODES " WHERE version = p.id) o ON o.code = n.code) d"
	" WHERE v.id = $1::int8", 3};

const struct pg_statement code_version_name_sql = {"code_version_name",
	"SELECT kind, label, state, effective_from FROM code_version WHERE id = $1::int8", 1};

/* Ahead of a publication, in a statement of its own so that the next one sees what was committed
 * while this one waited: no batch and no other publication of the kind comes in between. */
const struct pg_statement code_version_lock_sql = {"code_version_lock",
	"SELECT id FROM code_version WHERE kind = (SELECT kind FROM code_version WHERE id = $1::int8)"
	" ORDER BY id FOR UPDATE", 1};

const struct pg_statement code_version_publish_sql = {"code_version_publish",
	"WITH put AS (UPDATE code_version v SET state = 2, effective_from = $14::timestamptz,"
	" published_at = $2::timestamptz, published_by = $15::text, added = $16::int4,"
	" changed = $17::int4, removed = $18::int4"
	" WHERE v.id = $13::int8 AND v.state = 1"
	" AND v.rows_expected = (SELECT count(*) FROM code c WHERE c.version = $13)"
	" AND COALESCE(" IN_EFFECT("v.kind", "$14") ", 0) = $19::int8"
	" AND (" AHEAD("v.kind", "$2") " < $20::int8 OR $14 <= $2)"
	" RETURNING 1" REGISTRY_TAIL_GUARDED("'{code}'"), 20};

const struct pg_statement code_version_withdraw_sql = {"code_version_withdraw",
	"WITH put AS (UPDATE code_version SET state = 3 WHERE id = $13::int8"
	" AND (state = 1 OR (state = 2 AND effective_from > $2::timestamptz))"
	" RETURNING 1" REGISTRY_TAIL_GUARDED("'{code}'"), 13};

const struct pg_statement code_versions_sql = {"code_versions",
	"SELECT v.id, v.label, v.source, v.state, v.rows_expected, v.effective_from, v.published_at,"
	" COALESCE(v.added, 0), COALESCE(v.changed, 0), COALESCE(v.removed, 0),"
	" v.id = COALESCE(" IN_EFFECT("$1", "$2") ", 0)"
	" FROM code_version v WHERE v.kind = $1::int2 AND (v.state = 2 OR $3::bool)"
	" AND $2::timestamptz IS NOT NULL"
	" ORDER BY COALESCE(v.effective_from, v.created_at) DESC, v.id LIMIT $4::int4", 4};

/* `begun` counts the versions that have begun, the newest first: 0 ahead, 1 in effect, 2 the one
 * before it. */
const struct pg_statement code_versions_needed_sql = {"code_versions_needed",
	"SELECT id, kind, effective_from FROM (SELECT id, kind, effective_from,"
	" count(*) FILTER (WHERE effective_from <= $1::timestamptz)"
	"  OVER (PARTITION BY kind ORDER BY effective_from DESC) AS begun"
	" FROM code_version WHERE state = 2) v WHERE begun <= 2", 1};

int store_code_version_find(struct pg_unit *unit, struct arena *arena, enum code_kind kind,
	const char *label, int64_t at_ms)
{
	struct binder b;

	if (!binder_open(&b, arena, &code_version_find_sql))
		return ERR_MEMORY;
	pg_param_i16(binder_next(&b), (int16_t)kind);
	pg_param_text(binder_next(&b), label);
	pg_param_time(binder_next(&b), at_ms);
	binder_close(&b, unit);
	return 0;
}

static int64_t time_or(const struct pg_unit *u, unsigned q, int row, int column, int64_t none)
{
	return pg_is_null(u, q, row, column) ? none : pg_time(u, q, row, column);
}

void store_code_version_found(const struct pg_unit *u, unsigned q, struct code_version_found *ret)
{
	ret->id = pg_i64(u, q, 0, 0);
	ret->state = (enum code_version_state)pg_i16(u, q, 0, 1);
	ret->content_sha256 = pg_bytes(u, q, 0, 2);
	ret->rows_expected = pg_i32(u, q, 0, 3);
	ret->rows_there = pg_i64(u, q, 0, 4);
	ret->effective_from_ms = time_or(u, q, 0, 5, 0);
	ret->in_effect_id = pg_i64(u, q, 0, 6);
}

int store_code_version_begin(struct pg_unit *unit, struct arena *arena,
	const struct code_version_begin *v, const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &code_version_begin_sql))
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	pg_param_i64(binder_next(&b), v->id);
	pg_param_i16(binder_next(&b), (int16_t)v->kind);
	pg_param_text(binder_next(&b), v->label);
	pg_param_text(binder_next(&b), v->source);
	pg_param_bytes(binder_next(&b), v->content_sha256);
	pg_param_i32(binder_next(&b), v->rows);
	pg_param_text(binder_next(&b), v->by);
	binder_close(&b, unit);
	return 0;
}

int store_code_version_weigh(struct pg_unit *unit, struct arena *arena, int64_t id,
	int64_t effective_from_ms, int64_t now_ms)
{
	struct binder b;

	if (!binder_open(&b, arena, &code_version_weigh_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), id);
	pg_param_time(binder_next(&b), effective_from_ms);
	pg_param_time(binder_next(&b), now_ms);
	binder_close(&b, unit);
	return 0;
}

bool store_code_version_weighed(const struct pg_unit *u, unsigned q,
	struct code_version_weight *ret)
{
	if (pg_rows(u, q) == 0)
		return false;
	ret->kind = (enum code_kind)pg_i16(u, q, 0, 0);
	ret->label = pg_text(u, q, 0, 1);
	ret->state = (enum code_version_state)pg_i16(u, q, 0, 2);
	ret->rows_expected = pg_i32(u, q, 0, 3);
	ret->rows_there = pg_i64(u, q, 0, 4);
	ret->added = pg_i64(u, q, 0, 5);
	ret->changed = pg_i64(u, q, 0, 6);
	ret->removed = pg_i64(u, q, 0, 7);
	ret->previous_id = pg_i64(u, q, 0, 8);
	ret->newest_effective_ms = time_or(u, q, 0, 9, INT64_MIN);
	ret->ahead = pg_i64(u, q, 0, 10);
	ret->is_taken = pg_bool(u, q, 0, 11);
	return true;
}

int store_code_version_publish(struct pg_unit *unit, struct arena *arena,
	const struct code_version_publish *v, const struct registry_write *w)
{
	struct binder lock, b;

	if (!binder_open(&lock, arena, &code_version_lock_sql) ||
		!binder_open(&b, arena, &code_version_publish_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&lock), v->id);
	binder_close(&lock, unit);
	registry_tail_bind(&b, w);
	pg_param_i64(binder_next(&b), v->id);
	pg_param_time(binder_next(&b), v->effective_from_ms);
	pg_param_text(binder_next(&b), v->by);
	pg_param_i32(binder_next(&b), (int32_t)v->added);
	pg_param_i32(binder_next(&b), (int32_t)v->changed);
	pg_param_i32(binder_next(&b), (int32_t)v->removed);
	pg_param_i64(binder_next(&b), v->previous_id);
	pg_param_i64(binder_next(&b), CODE_VERSIONS_AHEAD_MAX);
	binder_close(&b, unit);
	return 0;
}

int store_code_version_name(struct pg_unit *unit, struct arena *arena, int64_t id)
{
	struct binder b;

	if (!binder_open(&b, arena, &code_version_name_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), id);
	binder_close(&b, unit);
	return 0;
}

bool store_code_version_named(const struct pg_unit *u, unsigned q,
	struct code_version_standing *ret)
{
	if (pg_rows(u, q) == 0)
		return false;
	ret->kind = (enum code_kind)pg_i16(u, q, 0, 0);
	ret->label = pg_text(u, q, 0, 1);
	ret->state = (enum code_version_state)pg_i16(u, q, 0, 2);
	ret->effective_from_ms = time_or(u, q, 0, 3, 0);
	return true;
}

int store_code_version_withdraw(struct pg_unit *unit, struct arena *arena, int64_t id,
	const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &code_version_withdraw_sql))
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	pg_param_i64(binder_next(&b), id);
	binder_close(&b, unit);
	return 0;
}

int store_code_versions(struct pg_unit *unit, struct arena *arena, enum code_kind kind,
	int64_t at_ms, bool with_unpublished, int32_t limit)
{
	struct binder b;

	if (!binder_open(&b, arena, &code_versions_sql))
		return ERR_MEMORY;
	pg_param_i16(binder_next(&b), (int16_t)kind);
	pg_param_time(binder_next(&b), at_ms);
	pg_param_bool(binder_next(&b), with_unpublished);
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

void store_code_versions_row(const struct pg_unit *u, unsigned q, int row,
	struct code_version_row *ret)
{
	ret->id = pg_i64(u, q, row, 0);
	ret->label = pg_text(u, q, row, 1);
	ret->source = pg_text(u, q, row, 2);
	ret->state = (enum code_version_state)pg_i16(u, q, row, 3);
	ret->rows = pg_i32(u, q, row, 4);
	ret->effective_from_ms = time_or(u, q, row, 5, 0);
	ret->published_at_ms = time_or(u, q, row, 6, 0);
	ret->added = pg_i32(u, q, row, 7);
	ret->changed = pg_i32(u, q, row, 8);
	ret->removed = pg_i32(u, q, row, 9);
	ret->in_effect = pg_bool(u, q, row, 10);
}

void store_code_versions_needed(struct pg_unit *unit, struct pg_param *param, int64_t at_ms)
{
	pg_param_time(param, at_ms);
	pg_unit_add(unit, &code_versions_needed_sql, param);
}

void store_code_versions_needed_row(const struct pg_unit *u, unsigned q, int row,
	struct code_version_needed *ret)
{
	ret->id = pg_i64(u, q, row, 0);
	ret->kind = (enum code_kind)pg_i16(u, q, row, 1);
	ret->effective_from_ms = pg_time(u, q, row, 2);
}
