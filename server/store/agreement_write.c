/* Agreements changed: the version of the house is what two who are at it at once race for. */
#include "base/ensure.h"
#include "base/err.h"
#include "store/agreement.h"

/* $13 the house, $14 the version it was decided on. */
#define HOUSE_FIRST \
	"WITH put AS (INSERT INTO agreement_house AS h (institution_code, version)" \
	" VALUES ($13::text, 1) ON CONFLICT (institution_code) DO UPDATE SET version = h.version + 1" \
	" WHERE h.version = $14::int8 RETURNING 1"
#define STEP_COLUMNS \
	" INSERT INTO agreement_step (agreement_id, seq, at, event, cause, effective, actor_code," \
	" actor_name, actor_spki, body_sha256, reason, legal_basis)"
#define NEXT_STEP_OF(id) \
	" (SELECT count(*) + 1 FROM agreement_step o WHERE o.agreement_id = " id ")"
/* 1970 stands for "never" in arrays, which hold no nulls. */
#define OR_NEVER(column) "NULLIF(n." column ", timestamptz 'epoch')"

const struct pg_statement agreement_lay_sql = {"agreement_lay",
	HOUSE_FIRST
	"), laid AS ("
	" INSERT INTO agreement AS a (id, kind, institution_code, house, host_agreement_id, region,"
	"  starts, ends, institution_signed, agency_signed, host_from, host_until, ended_from,"
	"  ended_by, form, licence, template_version, application_id, legacy, sign_due, body,"
	"  body_sha256, updated_at)"
	" SELECT $15::text, $16::int2, $17::text, $13::text, NULLIF($18::text, ''), $19::text,"
	"  $20::timestamptz, $21::timestamptz, $22::timestamptz, $23::timestamptz, $24::timestamptz,"
	"  $25::timestamptz, $26::timestamptz, $27::int2, $28::int2, $29::int2, $30::text, $31::text,"
	"  $32::bool, $33::timestamptz, $34::bytea, $35::bytea, $2::timestamptz FROM put"
	" ON CONFLICT (id) DO UPDATE SET host_agreement_id = EXCLUDED.host_agreement_id,"
	"  region = EXCLUDED.region, starts = EXCLUDED.starts, ends = EXCLUDED.ends,"
	"  host_from = EXCLUDED.host_from, host_until = EXCLUDED.host_until,"
	"  ended_from = EXCLUDED.ended_from, ended_by = EXCLUDED.ended_by, form = EXCLUDED.form,"
	"  licence = EXCLUDED.licence, template_version = EXCLUDED.template_version,"
	"  application_id = EXCLUDED.application_id, sign_due = EXCLUDED.sign_due,"
	"  body = EXCLUDED.body, body_sha256 = EXCLUDED.body_sha256,"
	"  updated_at = EXCLUDED.updated_at"
	"  WHERE a.house = EXCLUDED.house AND a.institution_signed IS NULL AND a.agency_signed IS NULL"
	"), stepped AS ("
	STEP_COLUMNS
	" SELECT $15::text," NEXT_STEP_OF("$15::text") ", $2::timestamptz, $36::int2, 1,"
	"  $37::timestamptz, $5::text, $38::text,"
	"  $39::bytea, $40::bytea, $41::text, $42::text FROM put"
	REGISTRY_TAIL_GUARDED("'{agreement}'"), 42};

const struct pg_statement agreement_known_sql = {"agreement_known",
	"WITH put AS (SELECT 1 WHERE false" REGISTRY_TAIL("'{}'"), REGISTRY_TAIL_PARAMS};

const struct pg_statement agreement_change_sql = {"agreement_change",
	HOUSE_FIRST
	"), given AS ("
	" SELECT * FROM unnest($15::text[], $16::timestamptz[], $17::timestamptz[],"
	"  $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::timestamptz[],"
	"  $22::timestamptz[], $23::timestamptz[], $24::int2[], $25::int2[], $26::int2[],"
	"  $27::timestamptz[]) AS n (id, ends, institution_signed, agency_signed, own_from, own_until,"
	"  host_from, host_until, ended_from, ended_by, event, cause, effective), put"
	"), changed AS ("
	" UPDATE agreement a SET ends = n.ends,"
	"  institution_signed = " OR_NEVER("institution_signed") ","
	"  agency_signed = " OR_NEVER("agency_signed") ", own_from = " OR_NEVER("own_from") ","
	"  own_until = " OR_NEVER("own_until") ", host_from = " OR_NEVER("host_from") ","
	"  host_until = " OR_NEVER("host_until") ", ended_from = " OR_NEVER("ended_from") ","
	"  ended_by = NULLIF(n.ended_by, 0), updated_at = $2::timestamptz"
	" FROM given n WHERE a.id = n.id AND a.house = $13::text"
	"), stepped AS ("
	STEP_COLUMNS
	" SELECT n.id," NEXT_STEP_OF("n.id") ", $2::timestamptz, n.event, n.cause, n.effective,"
	"  $5::text, $28::text,"
	"  $29::bytea, $30::bytea, $31::text, $32::text FROM given n"
	"), opened AS ("
	" INSERT INTO agreement_task (id, agreement_id, cause_agreement_id, cause_event, opened_at,"
	"  reason, decided_by)"
	" SELECT $33::text, $34::text, $35::text, $36::int2, $2::timestamptz, '', '' FROM put"
	" WHERE $33::text IS NOT NULL"
	"), decided AS ("
	" UPDATE agreement_task t SET decided_at = $2::timestamptz, decision = $38::int2,"
	"  reason = $31::text,"
	"  decided_by = $5::text FROM put WHERE t.id = $37::text AND t.decided_at IS NULL"
	REGISTRY_TAIL_GUARDED("'{agreement}'"), 38};

static void bind_time_or_null(struct binder *b, int64_t at_ms)
{
	if (at_ms == 0)
		pg_param_null(binder_next(b));
	else
		pg_param_time(binder_next(b), at_ms);
}

static void bind_actor(struct binder *b, const struct agreement_actor *actor)
{
	pg_param_text(binder_next(b), actor->name);
	pg_param_bytes(binder_next(b), slice_of(actor->spki, SHA256_LEN));
	pg_param_bytes(binder_next(b), actor->signed_sha256);
	pg_param_text(binder_next(b), actor->reason);
	pg_param_text(binder_next(b), actor->legal_basis);
}

static void bind_row(struct binder *b, const struct agreement_lay *lay)
{
	const struct agreement_row *row = lay->row;
	const struct agreement *a = &row->a;

	pg_param_text(binder_next(b), a->id);
	pg_param_i16(binder_next(b), (int16_t)a->kind);
	pg_param_text(binder_next(b), a->institution_code);
	pg_param_text(binder_next(b), a->host_agreement_id);
	pg_param_text(binder_next(b), lay->region);
	pg_param_time(binder_next(b), a->starts_ms);
	pg_param_time(binder_next(b), a->ends_ms);
	bind_time_or_null(b, a->institution_signed_ms);
	bind_time_or_null(b, a->agency_signed_ms);
	bind_time_or_null(b, a->host.from_ms);
	bind_time_or_null(b, a->host.until_ms);
	bind_time_or_null(b, a->ended_from_ms);
	if (a->ended_from_ms == 0)
		pg_param_null(binder_next(b));
	else
		pg_param_i16(binder_next(b), (int16_t)a->ended_by);
	pg_param_i16(binder_next(b), row->form);
	pg_param_i16(binder_next(b), row->licence);
	pg_param_text(binder_next(b), row->template_version);
	pg_param_text(binder_next(b), row->application_id);
	pg_param_bool(binder_next(b), row->legacy);
	bind_time_or_null(b, row->sign_due_ms);
	pg_param_bytes(binder_next(b), row->text);
	pg_param_bytes(binder_next(b), row->sha256);
}

int store_agreement_lay(struct pg_unit *unit, struct arena *arena, const struct agreement_lay *lay,
	const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &agreement_lay_sql))
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	pg_param_text(binder_next(&b), lay->house);
	pg_param_i64(binder_next(&b), lay->house_version);
	bind_row(&b, lay);
	pg_param_i16(binder_next(&b), lay->step->event);
	pg_param_time(binder_next(&b), lay->step->effective_ms);
	bind_actor(&b, &lay->actor);
	binder_close(&b, unit);
	return 0;
}

int store_agreement_known(struct pg_unit *unit, struct arena *arena,
	const struct registry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &agreement_known_sql))
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	binder_close(&b, unit);
	return 0;
}

/* ---- several at once ------------------------------------------------------------------------ */

enum { TIMES = 9, NUMBERS = 3 };

struct columns {
	size_t count;
	struct slice *ids;
	int64_t *times;
	int16_t *numbers;
	struct writer out;
};

static int columns_open(struct columns *c, struct arena *arena,
	const struct agreement_change *change)
{
	size_t n = change->count, bytes = 0, cap;
	uint8_t *out;

	for (size_t i = 0; i < n; i++)
		bytes += slice_of_text(change->changed[i]->id).len;
	cap = pg_array_room(n, bytes) + TIMES * pg_array_room(n, 8 * n) +
		NUMBERS * pg_array_room(n, 2 * n);
	out = arena_alloc(arena, cap);
	*c = (struct columns){.count = n};
	c->ids = arena_array(arena, n + 1, sizeof(*c->ids));
	c->times = arena_array(arena, n + 1, sizeof(*c->times));
	c->numbers = arena_array(arena, n + 1, sizeof(*c->numbers));
	if (out == NULL || c->ids == NULL || c->times == NULL || c->numbers == NULL)
		return ERR_MEMORY;
	writer_init(&c->out, out, cap);
	return 0;
}

#define BIND_TIMES(b, c, expression) \
	do { \
		for (size_t i = 0; i < (c)->count; i++) \
			(c)->times[i] = (expression); \
		pg_param_array_time(binder_next(b), &(c)->out, (c)->times, (c)->count); \
	} while (0)
#define BIND_NUMBERS(b, c, expression) \
	do { \
		for (size_t i = 0; i < (c)->count; i++) \
			(c)->numbers[i] = (int16_t)(expression); \
		pg_param_array_i16(binder_next(b), &(c)->out, (c)->numbers, (c)->count); \
	} while (0)

static void bind_changed(struct binder *b, struct columns *c,
	const struct agreement_change *change)
{
	const struct agreement *const *a = change->changed;
	const struct agreement_step_row *steps = change->steps;

	for (size_t i = 0; i < c->count; i++)
		c->ids[i] = slice_of_text(a[i]->id);
	pg_param_array_text(binder_next(b), &c->out, c->ids, c->count);
	BIND_TIMES(b, c, a[i]->ends_ms);
	BIND_TIMES(b, c, a[i]->institution_signed_ms);
	BIND_TIMES(b, c, a[i]->agency_signed_ms);
	BIND_TIMES(b, c, a[i]->own.from_ms);
	BIND_TIMES(b, c, a[i]->own.until_ms);
	BIND_TIMES(b, c, a[i]->host.from_ms);
	BIND_TIMES(b, c, a[i]->host.until_ms);
	BIND_TIMES(b, c, a[i]->ended_from_ms);
	BIND_NUMBERS(b, c, a[i]->ended_by);
	BIND_NUMBERS(b, c, steps[i].event);
	BIND_NUMBERS(b, c, steps[i].cause);
	BIND_TIMES(b, c, steps[i].effective_ms);
}

int store_agreement_change(struct pg_unit *unit, struct arena *arena,
	const struct agreement_change *change, const struct registry_write *w)
{
	struct columns c;
	struct binder b;

	if (!binder_open(&b, arena, &agreement_change_sql) || columns_open(&c, arena, change) < 0)
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	pg_param_text(binder_next(&b), change->house);
	pg_param_i64(binder_next(&b), change->house_version);
	bind_changed(&b, &c, change);
	bind_actor(&b, &change->actor);
	pg_param_text(binder_next(&b), change->task_id);
	pg_param_text(binder_next(&b), change->task_agreement_id);
	pg_param_text(binder_next(&b), change->task_cause_id);
	pg_param_i16(binder_next(&b), change->task_event);
	pg_param_text(binder_next(&b), change->decided_id);
	pg_param_i16(binder_next(&b), change->decision);
	binder_close(&b, unit);
	return 0;
}
