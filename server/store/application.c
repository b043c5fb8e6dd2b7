/* $1 .. $12 are the tail's (store/registry_tail.h): $2 the moment, $5 who acts. */
#include "store/application.h"

#include "base/err.h"

/* What is over: published, failed, withdrawn. */
#define OVER "(9, 10, 11)"

const struct pg_statement application_load_sql = {"application_load",
	"SELECT body FROM application WHERE id = $1::text", 1};

const struct pg_statement application_running_sql = {"application_running",
	"SELECT EXISTS (SELECT FROM application WHERE institution_code = $1::text"
	" AND state NOT IN " OVER ")", 1};

const struct pg_statement application_submit_sql = {"application_submit",
	"WITH put AS (INSERT INTO application (id, institution_code, applicant_code, office_code, kind,"
	" region, state, version, submitted_at, due_at, body, summary, updated_at)"
	" SELECT $13::text, $14::text, $15::text, $16::text, $17::int2, $18::text, $19::int2, 1,"
	"  $2, $20::timestamptz, $21::bytea, $22::bytea, $2"
	" WHERE NOT EXISTS (SELECT FROM application a WHERE a.institution_code = $14"
	"  AND a.state NOT IN " OVER ")"
	" RETURNING 1"
	"), step AS (INSERT INTO application_step (application_id, seq, at, event, actor_code,"
	" officer, body) SELECT $13, 1, $2, $23::int2, $5, $24::text, $25::bytea FROM put"
	REGISTRY_TAIL_GUARDED("'{}'"), 25};

/* $13 id, $14 version after, $15 state, $16 due, $17 body, $18 summary, $19 event, $20 officer,
 * $21 step */
#define ADVANCE(still) \
	"WITH put AS (UPDATE application SET version = $14::int8, state = $15::int2," \
	" due_at = $16::timestamptz, body = $17::bytea, summary = $18::bytea, updated_at = $2" \
	" WHERE id = $13::text AND version = $14::int8 - 1" still " RETURNING 1" \
	"), step AS (INSERT INTO application_step (application_id, seq, at, event, actor_code," \
	" officer, body) SELECT $13, $14, $2, $19::int2, $5, $20::text, $21::bytea FROM put"

/* No institution was put since that version of the registry. */
#define AS_SEEN(version) \
	" AND (SELECT k.version FROM registry_kind k WHERE k.name = 'institution') <= " version "::int8"

const struct pg_statement application_advance_sql = {"application_advance",
	ADVANCE("") REGISTRY_TAIL_GUARDED("'{}'"), 21};

/* $22 institution, $23 applicant if it is opened with it, $24 filing number, $25 capabilities, $26
 * version.
 * Who was suspended or closed meanwhile stays so. */
const struct pg_statement application_activate_sql = {"application_activate",
	ADVANCE(AS_SEEN("$26"))
	"), opened AS (UPDATE institution SET status = 1,"
	" filing_no = CASE WHEN code = $22::text THEN $24::text ELSE filing_no END"
	" WHERE code IN ($22, $23::text) AND status IN (1, 4) AND EXISTS (SELECT FROM put)"
	"), granted AS (INSERT INTO item (owner_code, kind, code, valid_from, valid_until, name,"
	" number, authority, amount_fen, evidence_sha256, note, withdrawn)"
	" SELECT $22, 5, c, $2, NULL, '', $13, $5, 0, '', '', false FROM put, unnest($25::text[]) c"
	" ON CONFLICT (owner_code, kind, code, valid_from) DO NOTHING"
	REGISTRY_TAIL_GUARDED("'{institution,item}'"), 26};

const struct pg_statement application_publish_sql = {"application_publish",
	ADVANCE(AS_SEEN("$23"))
	"), shown AS (UPDATE institution SET published = true WHERE code = $22::text"
	" AND EXISTS (SELECT FROM put)"
	REGISTRY_TAIL_GUARDED("'{institution}'"), 23};

const struct pg_statement application_list_sql = {"application_list",
	"SELECT summary FROM application WHERE ($1::text = '' OR office_code = $1)"
	" AND ($2::text = '' OR applicant_code = $2 OR institution_code = $2)"
	" AND starts_with(region, $3::text) AND ($4::int2 = 0 OR state = $4)"
	" AND ($5::timestamptz IS NULL OR due_at < $5) AND id > $6::text"
	" ORDER BY id LIMIT $7::int4", 7};

static int ask_by_text(struct pg_unit *unit, struct arena *arena,
	const struct pg_statement *statement, const char *text)
{
	struct binder b;

	if (!binder_open(&b, arena, statement))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), text);
	binder_close(&b, unit);
	return 0;
}

int store_application_load(struct pg_unit *unit, struct arena *arena, const char *id)
{
	return ask_by_text(unit, arena, &application_load_sql, id);
}

bool store_application_read(const struct pg_unit *unit, unsigned query, struct slice *ret_body)
{
	if (pg_rows(unit, query) == 0)
		return false;
	*ret_body = pg_bytes(unit, query, 0, 0);
	return true;
}

int store_application_running(struct pg_unit *unit, struct arena *arena,
	const char *institution_code)
{
	return ask_by_text(unit, arena, &application_running_sql, institution_code);
}

bool store_application_runs(const struct pg_unit *unit, unsigned query)
{
	return pg_bool(unit, query, 0, 0);
}

static void bind_due(struct binder *b, int64_t due_ms)
{
	if (due_ms == 0)
		pg_param_null(binder_next(b));
	else
		pg_param_time(binder_next(b), due_ms);
}

static void bind_content(struct binder *b, const struct application_row *row)
{
	bind_due(b, row->due_ms);
	pg_param_bytes(binder_next(b), row->body);
	pg_param_bytes(binder_next(b), row->summary);
	pg_param_i16(binder_next(b), row->event);
	pg_param_text(binder_next(b), row->officer);
	pg_param_bytes(binder_next(b), row->step);
}

int store_application_submit(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &application_submit_sql))
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	pg_param_text(binder_next(&b), row->id);
	pg_param_text(binder_next(&b), row->institution_code);
	pg_param_text(binder_next(&b), row->applicant_code);
	pg_param_text(binder_next(&b), row->office_code);
	pg_param_i16(binder_next(&b), row->kind);
	pg_param_text(binder_next(&b), row->region);
	pg_param_i16(binder_next(&b), row->state);
	bind_content(&b, row);
	binder_close(&b, unit);
	return 0;
}

static void bind_advance(struct binder *b, const struct application_row *row,
	const struct registry_write *w)
{
	registry_tail_bind(b, w);
	pg_param_text(binder_next(b), row->id);
	pg_param_i64(binder_next(b), row->version);
	pg_param_i16(binder_next(b), row->state);
	bind_content(b, row);
}

int store_application_advance(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &application_advance_sql))
		return ERR_MEMORY;
	bind_advance(&b, row, w);
	binder_close(&b, unit);
	return 0;
}

int store_application_activate(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, const struct application_opening *opening,
	const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &application_activate_sql))
		return ERR_MEMORY;
	bind_advance(&b, row, w);
	pg_param_text(binder_next(&b), row->institution_code);
	pg_param_text(binder_next(&b),
		opening->with_applicant ? row->applicant_code : row->institution_code);
	pg_param_text(binder_next(&b), opening->filing_no);
	if (binder_texts(&b, arena, opening->capabilities, opening->capability_count) < 0)
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), opening->registry_version);
	binder_close(&b, unit);
	return 0;
}

int store_application_publish(struct pg_unit *unit, struct arena *arena,
	const struct application_row *row, int64_t registry_version, const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &application_publish_sql))
		return ERR_MEMORY;
	bind_advance(&b, row, w);
	pg_param_text(binder_next(&b), row->institution_code);
	pg_param_i64(binder_next(&b), registry_version);
	binder_close(&b, unit);
	return 0;
}

int store_application_list(struct pg_unit *unit, struct arena *arena,
	const struct application_filter *f)
{
	struct binder b;

	if (!binder_open(&b, arena, &application_list_sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), f->office_code);
	pg_param_text(binder_next(&b), f->party_code);
	pg_param_text(binder_next(&b), f->region_prefix);
	pg_param_i16(binder_next(&b), f->state);
	bind_due(&b, f->overdue_ms);
	pg_param_text(binder_next(&b), f->after_id);
	pg_param_i32(binder_next(&b), f->limit);
	binder_close(&b, unit);
	return 0;
}

struct slice store_application_summary(const struct pg_unit *unit, unsigned query, int row)
{
	return pg_bytes(unit, query, row, 0);
}
