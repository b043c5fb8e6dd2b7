/* Agreements read by house, and what a house looks like. */
#include "store/agreement.h"

#include "base/err.h"
#include "store/agreement_columns.h"

const struct pg_statement agreements_sql = {"agreements",
	"SELECT " AGREEMENT_FACTS " FROM agreement a", 0};

/* $1 institution, $2 agreement or task, $3 now.  The version is read with the rows or before them:
 * rows that are newer than it make the change fail, never pass. */
const struct pg_statement agreement_house_sql = {"agreement_house",
	"WITH meant AS (SELECT COALESCE((SELECT t.agreement_id FROM agreement_task t"
	"  WHERE t.id = $2::text), $2::text) AS id"
	"), home AS (SELECT meant.id, CASE WHEN $1::text = ''"
	"  THEN (SELECT o.house FROM agreement o WHERE o.id = meant.id)"
	"  ELSE (SELECT CASE WHEN i.kind = 2 THEN i.host_code ELSE i.code END"
	"   FROM institution i WHERE i.code = $1::text) END AS code FROM meant"
	") SELECT home.code, COALESCE(h.version, 0), home.id, " AGREEMENT_FACTS ", " AGREEMENT_REST ","
	"  CASE WHEN a.id = home.id THEN a.body ELSE '' END,"
	"  COALESCE((SELECT t.id FROM agreement_task t WHERE t.cause_agreement_id = a.id"
	"   AND t.decided_at IS NULL ORDER BY t.id LIMIT 1), '')"
	" FROM home LEFT JOIN agreement_house h ON h.institution_code = home.code"
	" LEFT JOIN agreement a ON a.id = home.id OR (a.house = home.code AND a.ends > $3::timestamptz"
	"  AND (a.ended_from IS NULL OR a.ended_from > $3::timestamptz))"
	" ORDER BY a.id LIMIT 257", 3};
static_assert(AGREEMENT_HOUSE_ROWS_MAX + 1 == 257, "one more than may be is asked for");

const struct pg_statement agreement_party_sql = {"agreement_party",
	"SELECT i.kind, i.region, i.host_code, COALESCE(p.state, 0::int2), (SELECT max(s.at)"
	"  FROM application_step s WHERE s.application_id = p.id AND s.event = 10)"
	" FROM institution i LEFT JOIN application p ON p.id = $2::text"
	"  AND (p.institution_code = i.code OR p.applicant_code = i.code) WHERE i.code = $1::text", 2};

const struct pg_statement agreement_task_sql = {"agreement_task",
	"SELECT " AGREEMENT_TASK_COLUMNS " FROM agreement_task t WHERE t.id = $1::text", 1};

static int64_t time_or_never(const struct pg_unit *u, unsigned q, int row, int column)
{
	return pg_is_null(u, q, row, column) ? 0 : pg_time(u, q, row, column);
}

static struct agreement_span span(const struct pg_unit *u, unsigned q, int row, int column)
{
	return (struct agreement_span){time_or_never(u, q, row, column),
		time_or_never(u, q, row, column + 1)};
}

static void read_facts(const struct pg_unit *u, unsigned q, int row, int c, struct agreement *ret)
{
	ret->id = pg_text(u, q, row, c);
	ret->kind = (enum agreement_kind)pg_i16(u, q, row, c + 1);
	ret->institution_code = pg_text(u, q, row, c + 2);
	ret->host_agreement_id = pg_text(u, q, row, c + 3);
	ret->starts_ms = pg_time(u, q, row, c + 4);
	ret->ends_ms = pg_time(u, q, row, c + 5);
	ret->institution_signed_ms = time_or_never(u, q, row, c + 6);
	ret->agency_signed_ms = time_or_never(u, q, row, c + 7);
	ret->own = span(u, q, row, c + 8);
	ret->host = span(u, q, row, c + 10);
	ret->ended_from_ms = time_or_never(u, q, row, c + 12);
	ret->ended_by = (enum agreement_cause)pg_i16(u, q, row, c + 13);
}

void store_agreement_facts(const struct pg_unit *u, unsigned q, int row, struct agreement *ret)
{
	read_facts(u, q, row, 0, ret);
}

void store_agreement_row(const struct pg_unit *u, unsigned q, int row, int c,
	struct agreement_row *ret)
{
	int rest = c + AGREEMENT_FACTS_NR;

	read_facts(u, q, row, c, &ret->a);
	ret->region = pg_text(u, q, row, rest);
	ret->form = pg_i16(u, q, row, rest + 1);
	ret->licence = pg_i16(u, q, row, rest + 2);
	ret->template_version = pg_text(u, q, row, rest + 3);
	ret->application_id = pg_text(u, q, row, rest + 4);
	ret->legacy = pg_bool(u, q, row, rest + 5);
	ret->sign_due_ms = time_or_never(u, q, row, rest + 6);
	ret->sha256 = pg_bytes(u, q, row, rest + 7);
	ret->text = slice_of(NULL, 0);
	ret->task_id = "";
}

int store_agreement_house(struct pg_unit *unit, struct arena *arena, const char *institution_code,
	const char *id, int64_t now_ms)
{
	struct binder b;

	if (!binder_open(&b, arena, &agreement_house_sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), institution_code);
	pg_param_text(binder_next(&b), id);
	pg_param_time(binder_next(&b), now_ms);
	binder_close(&b, unit);
	return 0;
}

enum { HOUSE_FACTS = 3, HOUSE_TEXT = HOUSE_FACTS + AGREEMENT_FACTS_NR + AGREEMENT_REST_NR };

static bool keep(struct arena *arena, const char **text)
{
	*text = arena_text(arena, slice_of_text(*text));
	return *text != NULL;
}

static bool keep_bytes(struct arena *arena, struct slice *bytes)
{
	size_t len = bytes->len;

	*bytes = arena_copy(arena, *bytes);
	return bytes->len == len;
}

static bool keep_row(struct arena *arena, struct agreement_row *v)
{
	return keep(arena, &v->a.id) && keep(arena, &v->a.institution_code) &&
		keep(arena, &v->a.host_agreement_id) && keep(arena, &v->region) &&
		keep(arena, &v->template_version) && keep(arena, &v->application_id) &&
		keep(arena, &v->task_id) && keep_bytes(arena, &v->sha256) && keep_bytes(arena, &v->text);
}

int store_agreement_house_read(const struct pg_unit *unit, unsigned query, struct arena *arena,
	struct agreement_house *ret)
{
	int rows = pg_rows(unit, query);
	struct agreement_house h = {.code = NULL, .wanted = ""};

	if (rows > AGREEMENT_HOUSE_ROWS_MAX)
		return ERR_FULL;
	h.rows = arena_array(arena, (size_t)rows + 1, sizeof(*h.rows));
	if (h.rows == NULL)
		return ERR_MEMORY;
	if (rows > 0 && !pg_is_null(unit, query, 0, 0)) {
		h.code = pg_text(unit, query, 0, 0);
		h.version = pg_i64(unit, query, 0, 1);
		h.wanted = pg_text(unit, query, 0, 2);
		if (!keep(arena, &h.code) || !keep(arena, &h.wanted))
			return ERR_MEMORY;
	}
	for (int row = 0; row < rows; row++) {
		struct agreement_row *v = &h.rows[h.count];

		if (pg_is_null(unit, query, row, HOUSE_FACTS)) /* a house without agreements */
			continue;
		store_agreement_row(unit, query, row, HOUSE_FACTS, v);
		v->text = pg_bytes(unit, query, row, HOUSE_TEXT);
		v->task_id = pg_text(unit, query, row, HOUSE_TEXT + 1);
		if (!keep_row(arena, v))
			return ERR_MEMORY;
		h.count++;
	}
	*ret = h;
	return 0;
}

int store_agreement_party(struct pg_unit *unit, struct arena *arena, const char *institution_code,
	const char *application_id)
{
	struct binder b;

	if (!binder_open(&b, arena, &agreement_party_sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), institution_code);
	pg_param_text(binder_next(&b), application_id);
	binder_close(&b, unit);
	return 0;
}

bool store_agreement_party_read(const struct pg_unit *unit, unsigned query,
	struct agreement_party *ret)
{
	if (pg_rows(unit, query) == 0)
		return false;
	ret->kind = pg_i16(unit, query, 0, 0);
	ret->region = pg_text(unit, query, 0, 1);
	ret->host_code = pg_text(unit, query, 0, 2);
	ret->application_state = pg_i16(unit, query, 0, 3);
	ret->assessed_ms = time_or_never(unit, query, 0, 4);
	return true;
}

int store_agreement_task(struct pg_unit *unit, struct arena *arena, const char *id)
{
	struct binder b;

	if (!binder_open(&b, arena, &agreement_task_sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), id);
	binder_close(&b, unit);
	return 0;
}

void store_agreement_task_row(const struct pg_unit *u, unsigned q, int row,
	struct agreement_task_row *ret)
{
	ret->id = pg_text(u, q, row, 0);
	ret->agreement_id = pg_text(u, q, row, 1);
	ret->cause_agreement_id = pg_text(u, q, row, 2);
	ret->cause_event = pg_i16(u, q, row, 3);
	ret->opened_ms = pg_time(u, q, row, 4);
	ret->decided_ms = time_or_never(u, q, row, 5);
	ret->decision = pg_i16(u, q, row, 6);
	ret->reason = pg_text(u, q, row, 7);
}
