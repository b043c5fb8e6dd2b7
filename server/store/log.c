#include "store/log.h"

#include "base/err.h"
#include "store/binder.h"

/* One statement, so that a place is given and taken off the queue together.
 *
 * Who holds the head's row goes on from its newest version, also when the snapshot of this
 * statement is older: rows that another node has taken since are gone when DELETE looks at them
 * again, and are numbered only afterwards.  By number inside a prescription first: a batch that
 * cannot take everything leaves no event standing before its predecessor. */
#define IN_ORDER " ORDER BY coalesce(q.rx_seq, 0), q.at, q.event_id"
const struct pg_statement log_sequence_sql = {"log_sequence",
	"WITH head AS (SELECT h.size FROM log_head h FOR UPDATE SKIP LOCKED), taken AS ("
	" DELETE FROM log_queue d WHERE d.ctid = ANY (ARRAY("
	"  SELECT q.ctid FROM log_queue q, head" IN_ORDER " LIMIT $1::int4))"
	" RETURNING d.bucket, d.at, d.event_id, d.rx_seq, d.leaf_hash"
	"), put AS ("
	" INSERT INTO log_leaf (idx, event_bucket, at, event_id, leaf_hash)"
	" SELECT head.size + row_number() OVER (" IN_ORDER ") - 1, q.bucket, q.at, q.event_id,"
	"  q.leaf_hash FROM taken q, head RETURNING 1"
	"), added AS (SELECT count(*) AS n FROM put), moved AS ("
	" UPDATE log_head h SET size = h.size + added.n FROM added, head WHERE added.n > 0"
	") SELECT EXISTS (SELECT FROM head),"
	" coalesce((SELECT head.size + added.n FROM head, added), 0), (SELECT n FROM added)", 1};

/* Without its row the head says 0: less than was read before. */
const struct pg_statement log_state_sql = {"log_state",
	"SELECT coalesce((SELECT h.size FROM log_head h), 0), coalesce(p.size, 0),"
	" coalesce(p.note, ''::bytea) FROM (VALUES (1)) AS one LEFT JOIN log_published p ON true", 0};

/* The month of an event may have been detached; then its bytes are in the files.
 *
 * A subquery and no join: however long the log is taken to be, each event is found by its key. */
const struct pg_statement log_leaves_sql = {"log_leaves",
	"SELECT l.idx, l.leaf_hash, (SELECT e.leaf FROM event e WHERE e.bucket = l.event_bucket"
	"  AND e.at = l.at AND e.event_id = l.event_id) FROM log_leaf l"
	" WHERE l.idx >= $1::int8 AND l.idx < $1 + $2::int8 ORDER BY l.idx", 2};

const struct pg_statement log_places_sql = {"log_places",
	"SELECT l.event_id, l.idx FROM unnest($1::timestamptz[], $2::bytea[]) AS e (at, event_id)"
	" JOIN log_leaf l ON l.at = e.at AND l.event_id = e.event_id", 2};

const struct pg_statement log_publish_sql = {"log_publish",
	"INSERT INTO log_published (size, note, at) VALUES ($1::int8, $2::bytea, $3::timestamptz)"
	" ON CONFLICT (only_row) DO UPDATE SET size = EXCLUDED.size, note = EXCLUDED.note,"
	" at = EXCLUDED.at WHERE log_published.size < EXCLUDED.size", 3};

const struct pg_statement log_parts_sql = {"log_parts", "SELECT ensure_log_parts()", 0};

int store_log_sequence(struct pg_unit *unit, struct arena *arena, int32_t limit)
{
	struct binder b;

	if (!binder_open(&b, arena, &log_sequence_sql))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

void store_log_sequenced(const struct pg_unit *unit, unsigned query, struct log_round *ret)
{
	ret->held = pg_bool(unit, query, 0, 0);
	ret->size = (uint64_t)pg_i64(unit, query, 0, 1);
	ret->added = (uint64_t)pg_i64(unit, query, 0, 2);
}

int store_log_state(struct pg_unit *unit, struct arena *arena)
{
	struct binder b;

	if (!binder_open(&b, arena, &log_state_sql))
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

void store_log_state_read(const struct pg_unit *unit, unsigned query, struct log_state *ret)
{
	ret->size = (uint64_t)pg_i64(unit, query, 0, 0);
	ret->published_size = (uint64_t)pg_i64(unit, query, 0, 1);
	ret->note = pg_bytes(unit, query, 0, 2);
}

int store_log_leaves(struct pg_unit *unit, struct arena *arena, uint64_t from, int32_t limit)
{
	struct binder b;

	if (!binder_open(&b, arena, &log_leaves_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), (int64_t)from);
	pg_param_i64(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

void store_log_leaf(const struct pg_unit *unit, unsigned query, int row, struct log_leaf *ret)
{
	ret->index = (uint64_t)pg_i64(unit, query, row, 0);
	ret->hash = pg_bytes(unit, query, row, 1);
	ret->leaf = pg_is_null(unit, query, row, 2) ? slice_of(NULL, 0) : pg_bytes(unit, query, row, 2);
}

int store_log_places(struct pg_unit *unit, struct arena *arena, const struct log_place *events,
	size_t count)
{
	int64_t *at_ms = arena_array(arena, count, sizeof(*at_ms));
	struct slice *ids = arena_array(arena, count, sizeof(*ids));
	struct binder b;

	if (at_ms == NULL || ids == NULL || !binder_open(&b, arena, &log_places_sql))
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		at_ms[i] = events[i].at_ms;
		ids[i] = slice_of(events[i].event_id, EVENT_ID_LEN);
	}
	if (binder_times(&b, arena, at_ms, count) < 0 ||
		binder_byte_strings(&b, arena, ids, count) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

void store_log_place(const struct pg_unit *unit, unsigned query, int row,
	struct slice *ret_event_id, uint64_t *ret_index)
{
	*ret_event_id = pg_bytes(unit, query, row, 0);
	*ret_index = (uint64_t)pg_i64(unit, query, row, 1);
}

int store_log_publish(struct pg_unit *unit, struct arena *arena, uint64_t size,
	struct slice note, int64_t at_ms)
{
	struct binder b;

	if (!binder_open(&b, arena, &log_publish_sql))
		return ERR_MEMORY;
	pg_param_i64(binder_next(&b), (int64_t)size);
	pg_param_bytes(binder_next(&b), note);
	pg_param_time(binder_next(&b), at_ms);
	binder_close(&b, unit);
	return 0;
}

int store_log_parts(struct pg_unit *unit, struct arena *arena)
{
	struct binder b;

	if (!binder_open(&b, arena, &log_parts_sql))
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}
