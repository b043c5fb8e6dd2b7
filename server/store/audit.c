#include "store/audit.h"

#include "base/ensure.h"
#include "base/err.h"
#include "proto/rxid.h"
#include "store/binder.h"
#include "store/prescription_columns.h"

/* One snapshot for the row, what its MAC covers, its key and its documents. */
#define STATES \
	"SELECT " PRESCRIPTION_COLUMNS ", d.seqs, d.kinds, d.digests" PRESCRIPTION_FROM("p.bucket") \
	" CROSS JOIN LATERAL (SELECT array_agg(y.seq ORDER BY y.seq) AS seqs," \
	"  array_agg(y.kind::int8 ORDER BY y.seq) AS kinds," \
	"  array_agg(pg_catalog.sha256(y.sealed) ORDER BY y.seq) AS digests" \
	"  FROM document y WHERE y.bucket = p.bucket AND y.rx_id = p.rx_id) d" \
	" WHERE (p.bucket, p.rx_id) > ($1::int4, $2::bytea)"
#define STATES_PAGE " ORDER BY p.bucket, p.rx_id LIMIT $3::int4"

const struct pg_statement audit_states_sql = {"audit_states", STATES STATES_PAGE, 3};
const struct pg_statement audit_states_of_sql = {"audit_states_of",
	STATES " AND EXISTS (SELECT FROM unnest($4::int8[], $5::bytea[]) AS w (bucket, rx_id)"
	" WHERE w.bucket::int4 = p.bucket AND w.rx_id = p.rx_id)" STATES_PAGE, 5};

const struct pg_statement audit_log_sql = {"audit_log",
	"SELECT h.size, (SELECT count(*) FROM log_queue) FROM log_head h", 0};

/* A count per event is always a look into the index; an anti join may read the whole log. */
const struct pg_statement audit_unplaced_sql = {"audit_unplaced",
	"SELECT e.event_id FROM event e WHERE e.at >= $1::timestamptz AND e.at < $2::timestamptz"
	" AND (SELECT count(*) FROM log_leaf l WHERE l.at = e.at AND l.event_id = e.event_id) = 0"
	" AND NOT EXISTS (SELECT FROM log_queue q WHERE q.at = e.at AND q.event_id = e.event_id)"
	" ORDER BY e.at, e.event_id LIMIT $3::int4", 3};

static int bind_ids(struct binder *b, struct arena *arena, const struct audit_page *page)
{
	int64_t *buckets = arena_array(arena, page->count, sizeof(*buckets));

	if (buckets == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < page->count; i++)
		buckets[i] = rx_id_bucket(page->rx_ids[i].data);
	if (binder_i64s(b, arena, buckets, page->count) < 0)
		return ERR_MEMORY;
	return binder_byte_strings(b, arena, page->rx_ids, page->count);
}

int store_audit_states(struct pg_unit *unit, struct arena *arena, const struct audit_page *page)
{
	struct binder b;

	if (!binder_open(&b, arena, page->count == 0 ? &audit_states_sql : &audit_states_of_sql))
		return ERR_MEMORY;
	if (page->after_rx_id == NULL) {
		pg_param_i32(binder_next(&b), -1);
		pg_param_bytes(binder_next(&b), slice_of(NULL, 0));
	} else {
		pg_param_i32(binder_next(&b), rx_id_bucket(page->after_rx_id));
		pg_param_bytes(binder_next(&b), slice_of(page->after_rx_id, RX_ID_LEN));
	}
	pg_param_i32(binder_next(&b), page->limit);
	if (page->count > 0 && bind_ids(&b, arena, page) < 0)
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

void store_audit_documents(const struct pg_unit *unit, unsigned query, int row,
	struct audit_documents *ret)
{
	ret->is_empty = pg_is_null(unit, query, row, PRESCRIPTION_COLUMNS_NR);
	if (ret->is_empty)
		return;
	pg_array_open(&ret->seqs, unit, query, row, PRESCRIPTION_COLUMNS_NR);
	pg_array_open(&ret->kinds, unit, query, row, PRESCRIPTION_COLUMNS_NR + 1);
	pg_array_open(&ret->digests, unit, query, row, PRESCRIPTION_COLUMNS_NR + 2);
}

bool store_audit_document_next(struct audit_documents *d, int64_t *ret_seq, int64_t *ret_kind,
	struct slice *ret_sha256)
{
	if (d->is_empty || !pg_array_next_i64(&d->seqs, ret_seq))
		return false;
	/* The three arrays come from the same rows, so they are equally long. */
	ensure(pg_array_next_i64(&d->kinds, ret_kind));
	ensure(pg_array_next(&d->digests, ret_sha256));
	return true;
}

int store_audit_log(struct pg_unit *unit, struct arena *arena)
{
	struct binder b;

	if (!binder_open(&b, arena, &audit_log_sql))
		return ERR_MEMORY;
	binder_close(&b, unit);
	return 0;
}

void store_audit_log_read(const struct pg_unit *unit, unsigned query, uint64_t *ret_size,
	uint64_t *ret_queued)
{
	ensure(pg_rows(unit, query) == 1); /* the table holds exactly one row */
	*ret_size = (uint64_t)pg_i64(unit, query, 0, 0);
	*ret_queued = (uint64_t)pg_i64(unit, query, 0, 1);
}

int store_audit_unplaced(struct pg_unit *unit, struct arena *arena, int64_t from_ms, int64_t to_ms,
	int32_t limit)
{
	struct binder b;

	if (!binder_open(&b, arena, &audit_unplaced_sql))
		return ERR_MEMORY;
	pg_param_time(binder_next(&b), from_ms);
	pg_param_time(binder_next(&b), to_ms);
	pg_param_i32(binder_next(&b), limit);
	binder_close(&b, unit);
	return 0;
}

struct slice store_audit_unplaced_read(const struct pg_unit *unit, unsigned query, int row)
{
	return pg_bytes(unit, query, row, 0);
}
