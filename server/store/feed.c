#include "store/feed.h"

#include <string.h>

#include "base/ensure.h"
#include "base/err.h"
#include "store/binder.h"

#define HORIZON "pg_snapshot_xmin(pg_current_snapshot())"

/* LIMIT 1 keeps the planner from joining all documents: it looks up one, and only for a rejection
 * (kind 8). */
const struct pg_statement feed_sql = {"feed",
	"SELECT w.n, e.tx::text::int8, e.at, e.event_id, e.leaf, d.sealed, d.wrapped, d.generation"
	" FROM unnest($1::text[], $2::int8[], $3::timestamptz[], $4::bytea[], $5::timestamptz[])"
	"  WITH ORDINALITY AS w (code, tx, at, event_id, floor, n)"
	" CROSS JOIN LATERAL ("
	"  SELECT v.tx, v.at, v.event_id, v.kind, v.bucket, v.rx_id, v.rx_seq, v.leaf FROM event v"
	"  WHERE v.told_code = w.code AND v.at >= w.floor AND v.tx < " HORIZON
	"   AND (v.tx, v.at, v.event_id) > (w.tx::text::xid8, w.at, w.event_id)"
	"  ORDER BY v.tx, v.at, v.event_id LIMIT $6::int4) e"
	" LEFT JOIN LATERAL ("
	"  SELECT p.sealed, k.wrapped, k.generation FROM document p"
	"   JOIN data_key k ON k.bucket = p.bucket AND k.rx_id = p.rx_id"
	"  WHERE e.kind = 8 AND p.bucket = e.bucket AND p.rx_id = e.rx_id AND p.seq = e.rx_seq"
	"  LIMIT 1) d ON true"
	" ORDER BY w.n, e.tx, e.at, e.event_id", 6};

const struct pg_statement feed_last_sql = {"feed_last",
	"SELECT v.tx::text::int8, v.at, v.event_id FROM event v"
	" WHERE v.told_code = $1::text AND v.tx < " HORIZON
	" ORDER BY v.tx DESC, v.at DESC, v.event_id DESC LIMIT 1", 1};

/* The askers' columns as arrays, one after the other in the same room. */
static int bind_askers(struct binder *b, struct arena *arena, const struct feed_asker *askers,
	size_t count)
{
	struct slice *codes = arena_array(arena, count, sizeof(*codes));
	struct slice *ids = arena_array(arena, count, sizeof(*ids));
	int64_t *numbers = arena_array(arena, 3 * count, sizeof(*numbers));
	size_t bytes = 0, cap;
	uint8_t *room;
	struct writer w;

	if (codes == NULL || ids == NULL || numbers == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		codes[i] = slice_of_text(askers[i].institution_code);
		ids[i] = slice_of(askers[i].after.event_id, EVENT_ID_LEN);
		numbers[i] = askers[i].after.tx;
		numbers[count + i] = askers[i].after.at_ms;
		numbers[2 * count + i] = askers[i].after.floor_ms;
		bytes += codes[i].len;
	}
	cap = pg_array_room(count, bytes) + pg_array_room(count, EVENT_ID_LEN * count) +
		3 * pg_array_room(count, 8 * count);
	room = arena_alloc(arena, cap);
	if (room == NULL)
		return ERR_MEMORY;
	writer_init(&w, room, cap);
	pg_param_array_text(binder_next(b), &w, codes, count);
	pg_param_array_i64(binder_next(b), &w, numbers, count);
	pg_param_array_time(binder_next(b), &w, numbers + count, count);
	pg_param_array_bytes(binder_next(b), &w, ids, count);
	pg_param_array_time(binder_next(b), &w, numbers + 2 * count, count);
	return 0;
}

int store_feed(struct pg_unit *unit, struct arena *arena, const struct feed_asker *askers,
	size_t count, int32_t limit)
{
	struct binder b;

	ensure(count >= 1 && count <= FEED_ASKERS_MAX);
	if (!binder_open(&b, arena, &feed_sql) || bind_askers(&b, arena, askers, count) < 0)
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

/* Three columns from `column` on. */
static void read_place(const struct pg_unit *unit, int row, int column, struct feed_place *ret)
{
	struct slice id = pg_bytes(unit, 0, row, column + 2);

	ret->tx = pg_i64(unit, 0, row, column);
	ret->at_ms = pg_time(unit, 0, row, column + 1);
	ret->floor_ms = ret->at_ms - FEED_SLACK_MS;
	ensure(id.len == EVENT_ID_LEN); /* a constraint of the table */
	memcpy(ret->event_id, id.data, EVENT_ID_LEN);
}

void store_feed_row(const struct pg_unit *unit, int row, struct feed_row *ret)
{
	*ret = (struct feed_row){.asker = (size_t)pg_i64(unit, 0, row, 0) - 1};
	read_place(unit, row, 1, &ret->place);
	ret->leaf = pg_bytes(unit, 0, row, 4);
	if (pg_is_null(unit, 0, row, 5))
		return;
	ret->sealed = pg_bytes(unit, 0, row, 5);
	ret->wrapped = pg_bytes(unit, 0, row, 6);
	ret->generation = (uint16_t)pg_i16(unit, 0, row, 7);
}

int store_feed_last(struct pg_unit *unit, struct arena *arena, const char *institution_code)
{
	struct binder b;

	if (!binder_open(&b, arena, &feed_last_sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), institution_code);
	binder_close(&b, unit);
	return 0;
}

bool store_feed_last_read(const struct pg_unit *unit, struct feed_place *ret)
{
	if (pg_rows(unit, 0) == 0)
		return false;
	read_place(unit, 0, 0, ret);
	return true;
}
