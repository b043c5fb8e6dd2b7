#include "store/shred.h"

#include "base/err.h"
#include "proto/rxid.h"

/* Kept as long as the class says, counted from the last thing that happened to it.  Those that may
 * go stand first, so that others do not take their places. */
const struct pg_statement shred_load_sql = {"shred_load",
	"SELECT p.rx_id, p.person_key, coalesce((SELECT max(e.at) FROM event e"
	"  WHERE e.bucket = $1::int4 AND e.rx_id = p.rx_id AND e.rx_seq IS NOT NULL), p.received_at)"
	"  + make_interval(years => (SELECT c.years::int4 FROM retention_class c"
	"   WHERE c.name = 'record')) <= $4::timestamptz"
	" FROM prescription p JOIN data_key k ON k.bucket = $1 AND k.rx_id = p.rx_id"
	" WHERE p.bucket = $1 AND ($2::bytea IS NULL OR p.person_key = $2)"
	" AND ($3::bytea IS NULL OR p.rx_id = $3) AND ($2 IS NOT NULL OR $3 IS NOT NULL)"
	" ORDER BY 3 DESC, p.issued_at, p.rx_id LIMIT $5::int4", 5};

/* The answer lies in the bucket of its key ($1), the event in its person's ($13). */
const struct pg_statement shred_sql = {"shred",
	"WITH put AS ("
	" DELETE FROM data_key k WHERE k.bucket = $13::int4 AND k.rx_id = ANY ($14::bytea[])"
	"  RETURNING 1"
	"), once AS (SELECT 1 FROM put LIMIT 1"
	"), trail AS ("
	" INSERT INTO event (bucket, at, event_id, kind, person_key, institution_code, region,"
	"  disclosed, leaf, leaf_hash)"
	" SELECT $13, $2::timestamptz, $3::bytea, $4::int2, $15::bytea, $5::text, $6::text, $14,"
	"  $7::bytea, $8::bytea FROM once" TRAIL_QUEUED
	"), answer AS ("
	" INSERT INTO idempotency (bucket, institution_code, key, request_mac, reply, at, replays,"
	"  event_id, leaf_hash)"
	" SELECT $1::int4, $5, $9::bytea, $10::bytea,"
	"  CASE WHEN EXISTS (SELECT FROM put) THEN $11::bytea ELSE $12::bytea END, $2, 0,"
	"  (SELECT t.event_id FROM trail t), (SELECT t.leaf_hash FROM trail t)"
	") SELECT EXISTS (SELECT FROM put)", 15};

static void bind_or_null(struct binder *b, const uint8_t *bytes, size_t len)
{
	if (bytes == NULL)
		pg_param_null(binder_next(b));
	else
		pg_param_bytes(binder_next(b), slice_of(bytes, len));
}

int store_shred_load(struct pg_unit *unit, struct arena *arena,
	const uint8_t *person_key, const uint8_t *rx_id, int64_t now_ms, int32_t limit)
{
	const uint8_t *place = rx_id != NULL ? rx_id : person_key;
	struct binder b;

	if (!binder_open(&b, arena, &shred_load_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), place[0] << 8 | place[1]);
	bind_or_null(&b, person_key, PERSON_KEY_LEN);
	bind_or_null(&b, rx_id, RX_ID_LEN);
	pg_param_time(binder_next(&b), now_ms);
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

void store_shred_row(const struct pg_unit *unit, unsigned query, int row, struct shred_row *ret)
{
	ret->rx_id = pg_bytes(unit, query, row, 0);
	ret->person_key = pg_bytes(unit, query, row, 1);
	ret->due = pg_bool(unit, query, row, 2);
}

int store_shred(struct pg_unit *unit, struct arena *arena,
	const struct registry_write *w, const struct slice *rx_ids, size_t count)
{
	struct binder b;

	if (!binder_open(&b, arena, &shred_sql))
		return ERR_MEMORY;
	registry_tail_bind(&b, w);
	pg_param_i32(binder_next(&b), rx_id_bucket(rx_ids[0].data));
	if (binder_byte_strings(&b, arena, rx_ids, count) < 0)
		return ERR_MEMORY;
	pg_param_bytes(binder_next(&b), slice_of(w->event->person_key, PERSON_KEY_LEN));
	binder_close(&b, unit);
	return 0;
}
