/* Pages are cut by key, so that a page costs the same wherever it lies. */
#include "store/code.h"

#include "base/err.h"
#include "store/binder.h"

#define COLUMNS "code, name, class_no, flags, dosage_form, specification, price_e6"
enum { COLUMN_COUNT = 7 };
/* A name for each of them with a table's letter. */
#define OF(t) \
	t ".code, " t ".name, " t ".class_no, " t ".flags, " t ".dosage_form, " t ".specification, " \
	t ".price_e6"
#define AS(t) \
	t ".code AS " t "_code, " t ".name AS " t "_name, " t ".class_no AS " t "_class_no, " \
	t ".flags AS " t "_flags, " t ".dosage_form AS " t "_dosage_form, " \
	t ".specification AS " t "_specification, " t ".price_e6 AS " t "_price_e6"
#define CONTENT_OF(t) \
	"(" t ".name, " t ".class_no, " t ".flags, " t ".dosage_form, " t ".specification, " \
	t ".price_e6)"

/* The version's row is held until the commit: a publication waits for batches that are under way,
 * and no batch comes behind it. */
const struct pg_statement codes_put_sql = {"codes_put",
	"WITH ver AS (SELECT id FROM code_version WHERE id = $1::int8 AND kind = $9::int2"
	"  AND state = 1 FOR SHARE),"
	" put AS (INSERT INTO code AS o (version, " COLUMNS ")"
	" SELECT ver.id, n.* FROM ver, unnest($2::text[], $3::text[], $4::int2[], $5::int2[],"
	" $6::text[], $7::text[], $8::int8[]) n"
	" ON CONFLICT (version, code) DO UPDATE SET name = EXCLUDED.name,"
	" class_no = EXCLUDED.class_no, flags = EXCLUDED.flags, dosage_form = EXCLUDED.dosage_form,"
	" specification = EXCLUDED.specification, price_e6 = EXCLUDED.price_e6"
	" WHERE " CONTENT_OF("o") " IS DISTINCT FROM " CONTENT_OF("EXCLUDED")
	" RETURNING 1)"
	" SELECT EXISTS (SELECT FROM ver), (SELECT count(*) FROM put)", 9};

const struct pg_statement codes_page_sql = {"codes_page",
	"SELECT " COLUMNS " FROM code WHERE version = $1::int8 AND code > $2::text"
	" ORDER BY code LIMIT $3::int4", CODES_PAGE_PARAMS};

/* chr(1114111) is behind every character, so the end of a prefix is a place in the index. */
const struct pg_statement codes_query_sql = {"codes_query",
	"WITH v AS (SELECT id, label, effective_from FROM code_version"
	"  WHERE kind = $1::int2 AND state = 2"
	"  AND (id = $3::int8 OR ($3 = 0 AND effective_from <= $2::timestamptz))"
	"  ORDER BY effective_from DESC LIMIT 1)"
	" SELECT v.id, v.label, v.effective_from, " OF("c") " FROM v LEFT JOIN LATERAL"
	" (SELECT " COLUMNS " FROM code WHERE version = v.id AND code > $4::text"
	"  AND code >= $5::text AND code < $5 || chr(1114111)"
	"  AND ($6::text = '' OR position($6 in name) > 0)"
	"  ORDER BY code LIMIT $7::int4) c ON true ORDER BY c.code", 7};

/* Two walks along the index, each of which stops at the page's end; a full join would read both
 * tables whole for every page.  The other version's row is looked up one by one (LIMIT keeps it a
 * subquery): right after an import the planner knows nothing of the new rows, and any join it picks
 * for a handful of them takes minutes for a national table. */
#define DIFF(from, to, after, limit) \
	"SELECT place, o_code, o_name, o_class_no, o_flags, o_dosage_form, o_specification," \
	" o_price_e6, n_code, n_name, n_class_no, n_flags, n_dosage_form, n_specification," \
	" n_price_e6 FROM (" \
	"(SELECT n.code AS place, " AS("o") ", " AS("n") " FROM code n" \
	" LEFT JOIN LATERAL (SELECT " COLUMNS " FROM code c WHERE c.version = " from \
	"  AND c.code = n.code LIMIT 1) o ON true" \
	" WHERE n.version = " to " AND n.code > " after \
	" AND (o.code IS NULL OR " CONTENT_OF("o") " IS DISTINCT FROM " CONTENT_OF("n") ")" \
	" ORDER BY n.code LIMIT " limit ")" \
	" UNION ALL " \
	"(SELECT o.code, " OF("o") ", NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM code o" \
	" LEFT JOIN LATERAL (SELECT c.code FROM code c WHERE c.version = " to \
	"  AND c.code = o.code LIMIT 1) n ON true" \
	" WHERE o.version = " from " AND o.code > " after " AND n.code IS NULL" \
	" ORDER BY o.code LIMIT " limit ")" \
	") d ORDER BY place LIMIT " limit

/* Published versions of one kind; 0 is the empty one. */
#define PUBLISHED(id, other) \
	"(SELECT a.id FROM code_version a JOIN code_version b ON b.kind = a.kind AND b.state = 2" \
	" AND (b.id = " other " OR " other " = 0) WHERE a.id = " id " AND a.state = 2 LIMIT 1)"
const struct pg_statement codes_diff_sql = {"codes_diff",
	DIFF(PUBLISHED("$1::int8", "$2::int8"), PUBLISHED("$2::int8", "$1::int8"), "$3::text",
		"$4::int4"), 4};

const struct pg_statement codes_first_changes_sql = {"codes_first_changes",
	DIFF("(SELECT p.id FROM code_version v JOIN code_version p ON p.kind = v.kind"
		" WHERE v.id = $1::int8 AND p.state = 2 AND p.effective_from <= $2::timestamptz"
		" ORDER BY p.effective_from DESC LIMIT 1)", "$1::int8", "''", "$3::int4"), 3};

/* ---- putting -------------------------------------------------------------------------------- */

/* Columns of a batch: each call turns one member of every row into an array parameter. */
struct columns {
	Rxcirc__V1__Code *const *codes;
	size_t count;
	struct slice *texts;
	int16_t *numbers;
	int64_t *prices;
	struct writer out;
};

static int columns_open(struct columns *c, struct arena *arena, Rxcirc__V1__Code *const *codes,
	size_t count)
{
	size_t bytes = 0, cap;
	uint8_t *out;

	for (size_t i = 0; i < count; i++)
		bytes += slice_of_text(codes[i]->code).len + slice_of_text(codes[i]->name).len +
			slice_of_text(codes[i]->dosage_form).len + slice_of_text(codes[i]->specification).len;
	cap = bytes + 6 * pg_array_room(count, 2 * count) + pg_array_len_i64(count);
	out = arena_alloc(arena, cap);
	*c = (struct columns){.codes = codes, .count = count};
	c->texts = arena_array(arena, count, sizeof(*c->texts));
	c->numbers = arena_array(arena, count, sizeof(*c->numbers));
	c->prices = arena_array(arena, count, sizeof(*c->prices));
	if (out == NULL || c->texts == NULL || c->numbers == NULL || c->prices == NULL)
		return ERR_MEMORY;
	writer_init(&c->out, out, cap);
	return 0;
}

#define BIND_TEXTS(b, c, member) \
	do { \
		for (size_t i_ = 0; i_ < (c)->count; i_++) \
			(c)->texts[i_] = slice_of_text((c)->codes[i_]->member); \
		pg_param_array_text(binder_next(b), &(c)->out, (c)->texts, (c)->count); \
	} while (0)
#define BIND_NUMBERS(b, c, member) \
	do { \
		for (size_t i_ = 0; i_ < (c)->count; i_++) \
			(c)->numbers[i_] = (int16_t)(c)->codes[i_]->member; \
		pg_param_array_i16(binder_next(b), &(c)->out, (c)->numbers, (c)->count); \
	} while (0)

int store_codes_put(struct pg_unit *unit, struct arena *arena, int64_t version_id,
	enum code_kind kind, Rxcirc__V1__Code *const *codes, size_t count)
{
	struct columns c;
	struct binder b;

	if (!binder_open(&b, arena, &codes_put_sql) || columns_open(&c, arena, codes, count) < 0)
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), version_id);
	BIND_TEXTS(&b, &c, code);
	BIND_TEXTS(&b, &c, name);
	BIND_NUMBERS(&b, &c, class_no);
	BIND_NUMBERS(&b, &c, flags);
	BIND_TEXTS(&b, &c, dosage_form);
	BIND_TEXTS(&b, &c, specification);
	for (size_t i = 0; i < count; i++)
		c.prices[i] = codes[i]->price_e6;
	pg_param_array_i64(binder_next(&b), &c.out, c.prices, count);
	pg_param_i16(binder_next(&b), (int16_t)kind);
	binder_close(&b, unit);
	return 0;
}

bool store_codes_put_row(const struct pg_unit *unit, unsigned query, int64_t *ret_stored)
{
	*ret_stored = pg_i64(unit, query, 0, 1);
	return pg_bool(unit, query, 0, 0);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void code_read(const struct pg_unit *u, unsigned q, int row, int column, struct code *ret)
{
	ret->code = pg_text(u, q, row, column);
	ret->name = pg_text(u, q, row, column + 1);
	ret->class_no = (uint8_t)pg_i16(u, q, row, column + 2);
	ret->flags = (uint32_t)pg_i32(u, q, row, column + 3);
	ret->dosage_form = pg_text(u, q, row, column + 4);
	ret->specification = pg_text(u, q, row, column + 5);
	ret->price_e6 = pg_i64(u, q, row, column + 6);
}

void store_codes_page(struct pg_unit *unit, struct pg_param params[CODES_PAGE_PARAMS],
	int64_t version_id, const char *after, int32_t limit)
{
	pg_param_i64(&params[0], version_id);
	pg_param_text(&params[1], after);
	pg_param_i32(&params[2], limit);
	pg_unit_add(unit, &codes_page_sql, params);
}

void store_codes_page_row(const struct pg_unit *u, unsigned query, int row, struct code *ret)
{
	code_read(u, query, row, 0, ret);
}

int store_codes_query(struct pg_unit *unit, struct arena *arena, const struct code_filter *f)
{
	struct binder b;

	if (!binder_open(&b, arena, &codes_query_sql))
		return ERR_MEMORY;
	pg_param_i16(binder_next(&b), (int16_t)f->kind);
	pg_param_time(binder_next(&b), f->at_ms);
	pg_param_i64(binder_next(&b), f->version_id);
	pg_param_text(binder_next(&b), f->after);
	pg_param_text(binder_next(&b), f->prefix);
	pg_param_text(binder_next(&b), f->part);
	pg_param_i32(binder_next(&b), f->limit);
	binder_close(&b, unit);
	return 0;
}

bool store_codes_query_version(const struct pg_unit *u, unsigned query,
	struct code_version_name *ret)
{
	if (pg_rows(u, query) == 0)
		return false;
	ret->id = pg_i64(u, query, 0, 0);
	ret->label = pg_text(u, query, 0, 1);
	ret->effective_from_ms = pg_time(u, query, 0, 2);
	return true;
}

bool store_codes_query_row(const struct pg_unit *u, unsigned query, int row, struct code *ret)
{
	if (pg_is_null(u, query, row, 3))
		return false;
	code_read(u, query, row, 3, ret);
	return true;
}

int store_codes_diff(struct pg_unit *unit, struct arena *arena, int64_t from_id, int64_t to_id,
	const char *after, int32_t limit)
{
	struct binder b;

	if (!binder_open(&b, arena, &codes_diff_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), from_id);
	pg_param_i64(binder_next(&b), to_id);
	pg_param_text(binder_next(&b), after);
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

int store_codes_first_changes(struct pg_unit *unit, struct arena *arena, int64_t id,
	int64_t effective_from_ms, int32_t limit)
{
	struct binder b;

	if (!binder_open(&b, arena, &codes_first_changes_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), id);
	pg_param_time(binder_next(&b), effective_from_ms);
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

void store_codes_diff_row(const struct pg_unit *u, unsigned query, int row,
	struct code_change *ret)
{
	*ret = (struct code_change){.before = {.code = NULL}};
	if (!pg_is_null(u, query, row, 1))
		code_read(u, query, row, 1, &ret->before);
	if (!pg_is_null(u, query, row, 1 + COLUMN_COUNT))
		code_read(u, query, row, 1 + COLUMN_COUNT, &ret->after);
}
