/* Events: written with what they tell of, or alone; read by officers. */
#include "store/event.h"

#include "base/ensure.h"
#include "base/err.h"
#include "proto/rxid.h"
#include "store/binder.h"
#include "store/trail_sql.h"

const struct pg_statement event_put_sql = {"event_put",
	"WITH trail AS ("
	" INSERT INTO event (bucket, at, event_id, kind, rx_id, rx_seq, person_key, institution_code,"
	"  practitioner_code, region, disclosed, leaf, leaf_hash)"
	" VALUES ($1::int4, $2::timestamptz, $3::bytea, $4::int2, $5::bytea, NULL, $6::bytea,"
	"  $7::text, $8::text, $9::text, $10::bytea[], $11::bytea, $12::bytea)" TRAIL_QUEUED
	") SELECT true", 12};

const struct pg_statement events_put_sql = {"events_put",
	"WITH trail AS ("
	" INSERT INTO event (bucket, at, event_id, kind, rx_id, rx_seq, person_key, institution_code,"
	"  region, leaf, leaf_hash)"
	" SELECT e.bucket::int4, $1::timestamptz, e.event_id, $2::int2, e.rx_id, NULL,"
	"  nullif(e.person_key, ''::bytea), $3::text, $4::text, e.leaf, e.leaf_hash"
	" FROM unnest($5::int8[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])"
	"  AS e (bucket, event_id, rx_id, person_key, leaf, leaf_hash)" TRAIL_QUEUED
	") SELECT true", 10};

/* The same call may be under way twice, its first answer lost: DO UPDATE, which changes nothing,
 * looks at the row as it is now, where DO NOTHING and a look at the snapshot find neither. */
const struct pg_statement voucher_use_sql = {"voucher_use",
	"WITH fresh AS ("
	" INSERT INTO voucher_nonce (bucket, nonce, institution_code, idempotency_key, used_at)"
	" SELECT $1::int4, $2::bytea, $3::text, $4::bytea, $5::timestamptz WHERE $17::bool"
	" ON CONFLICT (bucket, nonce) DO UPDATE SET used_at = voucher_nonce.used_at"
	"  WHERE voucher_nonce.institution_code = EXCLUDED.institution_code"
	"  AND voucher_nonce.idempotency_key = EXCLUDED.idempotency_key RETURNING 1"
	"), verdict AS ("
	" SELECT EXISTS (SELECT FROM fresh) OR EXISTS (SELECT FROM voucher_nonce n WHERE n.bucket = $1"
	"  AND n.nonce = $2 AND n.institution_code = $3 AND n.idempotency_key = $4) AS accepted"
	"), trail AS ("
	" INSERT INTO event (bucket, at, event_id, kind, person_key, institution_code, region,"
	"  disclosed, leaf, leaf_hash)"
	" SELECT $1, $5, CASE WHEN accepted THEN $8::bytea ELSE $12::bytea END,"
	"  CASE WHEN accepted THEN $9::int2 ELSE $13::int2 END, $6::bytea, $3, $7::text,"
	"  CASE WHEN accepted THEN $16::bytea[] END,"
	"  CASE WHEN accepted THEN $10::bytea ELSE $14::bytea END,"
	"  CASE WHEN accepted THEN $11::bytea ELSE $15::bytea END FROM verdict" TRAIL_QUEUED
	") SELECT accepted FROM verdict", 17};

/* A place is looked up for what is told, not for what is passed over; of an event that has several,
 * which the log does not allow, the first counts here. */
#define TRAIL \
	"SELECT e.at, e.event_id, e.leaf, e.leaf_hash, coalesce((SELECT min(l.idx) + 1" \
	" FROM log_leaf l WHERE l.at = e.at AND l.event_id = e.event_id), 0) FROM event e WHERE "
/* $1 from, $2 until, $3 and $4 the last row of the page before, $5 scope, $6 page size; the last
 * one is the kind */
#define TRAIL_PAGE \
	"e.at >= $1::timestamptz AND e.at < $2::timestamptz" \
	" AND (e.at, e.event_id) > ($3::timestamptz, $4::bytea)" \
	" AND starts_with(e.region, $5::text)"
#define TRAIL_ORDER(kind) \
	" AND (" kind "::int2 = 0 OR e.kind = " kind ") ORDER BY e.at, e.event_id LIMIT $6::int4"

/* A prescription's own events, who read it, and its person's pulls and lists that showed it. */
const struct pg_statement trail_by_rx_sql = {"trail_by_rx",
	TRAIL TRAIL_PAGE " AND e.bucket = $7::int4 AND (e.rx_id = $8::bytea OR e.person_key ="
	" (SELECT p.person_key FROM prescription p WHERE p.bucket = $7 AND p.rx_id = $8)"
	" AND $8 = ANY (e.disclosed))" TRAIL_ORDER("$9"), 9};
const struct pg_statement trail_by_person_sql = {"trail_by_person",
	TRAIL TRAIL_PAGE " AND e.bucket = $7::int4 AND e.person_key = $8::bytea" TRAIL_ORDER("$9"), 9};
const struct pg_statement trail_by_institution_sql = {"trail_by_institution",
	TRAIL TRAIL_PAGE " AND e.institution_code = $7::text" TRAIL_ORDER("$8"), 8};
const struct pg_statement trail_by_practitioner_sql = {"trail_by_practitioner",
	TRAIL TRAIL_PAGE " AND e.practitioner_code = $7::text" TRAIL_ORDER("$8"), 8};
const struct pg_statement trail_by_time_sql = {"trail_by_time",
	TRAIL TRAIL_PAGE TRAIL_ORDER("$7"), 7};

static void bind_optional(struct binder *b, const uint8_t *bytes, size_t len)
{
	if (bytes == NULL)
		pg_param_null(binder_next(b));
	else
		pg_param_bytes(binder_next(b), slice_of(bytes, len));
}

static int bind_disclosed(struct binder *b, struct arena *arena, const struct event *e)
{
	if (e->disclosed_count > 0)
		return binder_byte_strings(b, arena, e->disclosed, e->disclosed_count);
	pg_param_null(binder_next(b));
	return 0;
}

int store_event_put(struct pg_unit *unit, struct arena *arena, const struct event *e)
{
	struct binder b;

	ensure(e->rx_seq == 0); /* numbered events come with their change */
	if (!binder_open(&b, arena, &event_put_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), e->bucket);
	pg_param_time(binder_next(&b), e->at_ms);
	pg_param_bytes(binder_next(&b), slice_of(e->event_id, EVENT_ID_LEN));
	pg_param_i16(binder_next(&b), e->kind);
	bind_optional(&b, e->rx_id, RX_ID_LEN);
	bind_optional(&b, e->person_key, PERSON_KEY_LEN);
	pg_param_text(binder_next(&b), e->institution_code);
	pg_param_text(binder_next(&b), e->practitioner_code);
	pg_param_text(binder_next(&b), e->region);
	if (bind_disclosed(&b, arena, e) < 0)
		return ERR_MEMORY;
	pg_param_bytes(binder_next(&b), e->leaf);
	pg_param_bytes(binder_next(&b), slice_of(e->leaf_hash, SHA256_LEN));
	binder_close(&b, unit);
	return 0;
}

static int bind_events(struct binder *b, struct arena *arena, const struct event *events,
	size_t count)
{
	struct slice *columns = arena_array(arena, 5 * count, sizeof(*columns));
	int64_t *buckets = arena_array(arena, count, sizeof(*buckets));
	struct slice *v[5];
	int r = 0;

	if (columns == NULL || buckets == NULL)
		return ERR_MEMORY;
	for (size_t c = 0; c < ARRAY_LEN(v); c++)
		v[c] = columns + c * count;
	for (size_t i = 0; i < count; i++) {
		const struct event *e = &events[i];

		ensure(e->rx_seq == 0 && e->rx_id != NULL);
		buckets[i] = e->bucket;
		v[0][i] = slice_of(e->event_id, EVENT_ID_LEN);
		v[1][i] = slice_of(e->rx_id, RX_ID_LEN);
		v[2][i] = slice_of(e->person_key, e->person_key == NULL ? 0 : PERSON_KEY_LEN);
		v[3][i] = e->leaf;
		v[4][i] = slice_of(e->leaf_hash, SHA256_LEN);
	}
	r = binder_i64s(b, arena, buckets, count);
	for (size_t c = 0; c < ARRAY_LEN(v) && r == 0; c++)
		r = binder_byte_strings(b, arena, v[c], count);
	return r;
}

int store_events_put(struct pg_unit *unit, struct arena *arena, const struct event *events,
	size_t count)
{
	struct binder b;

	ensure(count > 0);
	if (!binder_open(&b, arena, &events_put_sql))
		return ERR_MEMORY;
	pg_param_time(binder_next(&b), events->at_ms);
	pg_param_i16(binder_next(&b), events->kind);
	pg_param_text(binder_next(&b), events->institution_code);
	pg_param_text(binder_next(&b), events->region);
	if (bind_events(&b, arena, events, count) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

static void bind_outcome(struct binder *b, const struct event *e)
{
	pg_param_bytes(binder_next(b), slice_of(e->event_id, EVENT_ID_LEN));
	pg_param_i16(binder_next(b), e->kind);
	pg_param_bytes(binder_next(b), e->leaf);
	pg_param_bytes(binder_next(b), slice_of(e->leaf_hash, SHA256_LEN));
}

int store_voucher_use(struct pg_unit *unit, struct arena *arena, const struct voucher_use *use)
{
	const struct event *e = use->accepted;
	struct binder b;

	ensure(use->refused->at_ms == e->at_ms && use->refused->bucket == e->bucket);
	if (!binder_open(&b, arena, &voucher_use_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), e->bucket);
	pg_param_bytes(binder_next(&b), slice_of(use->nonce, VOUCHER_NONCE_LEN));
	pg_param_text(binder_next(&b), e->institution_code);
	pg_param_bytes(binder_next(&b), slice_of(use->idempotency_key, IDEMPOTENCY_KEY_LEN));
	pg_param_time(binder_next(&b), e->at_ms);
	pg_param_bytes(binder_next(&b), slice_of(use->person_key, PERSON_KEY_LEN));
	pg_param_text(binder_next(&b), e->region);
	bind_outcome(&b, e);
	bind_outcome(&b, use->refused);
	if (bind_disclosed(&b, arena, e) < 0)
		return ERR_MEMORY;
	pg_param_bool(binder_next(&b), use->may_be_fresh);
	binder_close(&b, unit);
	return 0;
}

bool store_voucher_used(const struct pg_unit *unit)
{
	return pg_bool(unit, 0, 0, 0);
}

static const struct pg_statement *trail_statement(const struct event_filter *f)
{
	if (f->rx_id != NULL)
		return &trail_by_rx_sql;
	if (f->person_key != NULL)
		return &trail_by_person_sql;
	if (f->institution_code != NULL)
		return &trail_by_institution_sql;
	if (f->practitioner_code != NULL)
		return &trail_by_practitioner_sql;
	return &trail_by_time_sql;
}

int store_trail(struct pg_unit *unit, struct arena *arena, const struct event_filter *f)
{
	struct binder b;

	if (!binder_open(&b, arena, trail_statement(f)))
		return ERR_MEMORY;
	pg_param_time(binder_next(&b), f->from_ms);
	pg_param_time(binder_next(&b), f->until_ms);
	pg_param_time(binder_next(&b), f->after_at_ms);
	pg_param_bytes(binder_next(&b), slice_of(f->after_event_id, EVENT_ID_LEN));
	pg_param_text(binder_next(&b), f->region_prefix);
	pg_param_i32(binder_next(&b), f->limit);
	if (f->rx_id != NULL) {
		pg_param_i32(binder_next(&b), rx_id_bucket(f->rx_id));
		pg_param_bytes(binder_next(&b), slice_of(f->rx_id, RX_ID_LEN));
	} else if (f->person_key != NULL) {
		pg_param_i32(binder_next(&b), f->person_key[0] << 8 | f->person_key[1]);
		pg_param_bytes(binder_next(&b), slice_of(f->person_key, PERSON_KEY_LEN));
	} else if (f->institution_code != NULL) {
		pg_param_text(binder_next(&b), f->institution_code);
	} else if (f->practitioner_code != NULL) {
		pg_param_text(binder_next(&b), f->practitioner_code);
	}
	pg_param_i16(binder_next(&b), f->kind);
	binder_close(&b, unit);
	return 0;
}

void store_trail_row(const struct pg_unit *unit, unsigned query, int row, struct trail_row *ret)
{
	ret->at_ms = pg_time(unit, query, row, 0);
	ret->event_id = pg_bytes(unit, query, row, 1);
	ret->leaf = pg_bytes(unit, query, row, 2);
	ret->leaf_hash = pg_bytes(unit, query, row, 3);
}

uint64_t store_trail_place(const struct pg_unit *unit, unsigned query, int row)
{
	return (uint64_t)pg_i64(unit, query, row, 4);
}
