/* An audit over institutions and time: by the indexes of payments and of orders, each with the rows
 * of the same fill beside it, which lie in the same bucket. */
#include "store/delivery_gap.h"

#include "base/err.h"

/* Of an order: failed, returned, cancelled; of an open one: ordered, collected, under way. */
#define LOST "IN (5, 6, 7)"
#define OPEN "IN (1, 2, 3)"
#define SIGNED "= 4"
static_assert(DELIVERY_FAILED == 5 && DELIVERY_RETURNED == 6 && DELIVERY_CANCELLED == 7 &&
	DELIVERY_ORDERED == 1 && DELIVERY_UNDER_WAY == 3 && DELIVERY_SIGNED == 4,
	"the texts above say so");
#define SAME_FILL(a, b) \
	a ".bucket = " b ".bucket AND " a ".rx_id = " b ".rx_id AND " a ".fill_no = " b ".fill_no"
#define LAST_STEP(from, where) \
	"(SELECT d.delivery_no, s.event, s.at FROM " from \
	" JOIN delivery_step s ON " SAME_FILL("s", "d") " AND s.order_no = d.order_no" \
	" WHERE " where " ORDER BY d.order_no DESC, s.step_no DESC LIMIT 1)"

/* All of it came back or its record was undone: nothing is to be delivered, nothing to be paid. */
#define IS_BACK(t) \
	"coalesce((SELECT sum(r.total_fen) FROM fill_return r WHERE " SAME_FILL("r", t) ") >=" \
	" (SELECT f.total_fen FROM fill f WHERE " SAME_FILL("f", t) "), false)"

/* A settlement that was taken back is none. */
#define STANDS \
	"NOT EXISTS (SELECT FROM settlement_reversal v WHERE " SAME_FILL("v", "s") \
	" AND v.settlement_no = s.settlement_no)"

const struct pg_statement delivery_gaps_sql = {"delivery_gaps",
	"WITH place AS ("
	" SELECT i.code, i.region, a.late"
	" FROM unnest($1::text[], $2::timestamptz[]) AS a (region, late)"
	" JOIN institution i ON i.region = a.region WHERE ($3::text = '' OR i.code = $3)"
	"), paid AS ("
	" SELECT s.bucket, s.rx_id, s.fill_no, s.settled_at AS at, p.code, p.region, p.late"
	" FROM place p JOIN settlement s ON s.pharmacy_code = p.code"
	" WHERE s.settled_at >= $4::timestamptz AND s.settled_at < $5::timestamptz"
	" AND s.channel = 'online' AND s.fill_no > 0 AND " STANDS
	"), sent AS ("
	" SELECT d.bucket, d.rx_id, d.fill_no, d.order_no, d.delivery_no, d.ordered_at AS at, p.code,"
	"  p.region, p.late FROM place p JOIN delivery d ON d.pharmacy_code = p.code"
	" WHERE d.ordered_at >= $4 AND d.ordered_at < $5"
	"), gap AS ("
	" SELECT CASE WHEN l.event IS NULL THEN 1 ELSE 4 END AS kind, p.rx_id, p.fill_no, p.at, p.code,"
	"  p.region, l.delivery_no, l.event, l.at AS event_at FROM paid p"
	" LEFT JOIN LATERAL " LAST_STEP("delivery d", SAME_FILL("d", "p")) " l ON true"
	" WHERE ((l.event IS NULL AND p.at <= p.late) OR l.event " LOST ") AND NOT " IS_BACK("p")
	" UNION ALL"
	" SELECT CASE WHEN l.event " SIGNED " THEN 3 ELSE 2 END, t.rx_id, t.fill_no, t.at, t.code,"
	"  t.region, l.delivery_no, l.event, l.at FROM sent t"
	" JOIN LATERAL " LAST_STEP("delivery d", SAME_FILL("d", "t") " AND d.order_no = t.order_no")
	" l ON true"
	" WHERE ((l.event " OPEN " AND t.at <= t.late) OR (l.event " SIGNED
	"  AND NOT EXISTS (SELECT FROM settlement s WHERE " SAME_FILL("s", "t") " AND " STANDS ")))"
	" AND NOT " IS_BACK("t")
	") SELECT g.kind::int2, g.rx_id, g.fill_no, g.at, g.code, g.region,"
	" coalesce(g.delivery_no, ''), coalesce(g.event, 0)::int2, g.event_at FROM gap g"
	" WHERE (g.at, g.rx_id, g.fill_no, g.kind) > ($6::timestamptz, $7::bytea, $8::int2, $9::int2)"
	" ORDER BY g.at, g.rx_id, g.fill_no, g.kind LIMIT $10::int4", 10};

int store_delivery_gaps(struct pg_unit *unit, struct arena *arena,
	const struct delivery_query *q)
{
	struct binder b;

	if (!binder_open(&b, arena, &delivery_gaps_sql) ||
		binder_texts(&b, arena, q->regions, q->regions_count) < 0 ||
		binder_times(&b, arena, q->late_ms, q->regions_count) < 0)
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), q->pharmacy_code);
	pg_param_time(binder_next(&b), q->from_ms);
	pg_param_time(binder_next(&b), q->until_ms);
	pg_param_time(binder_next(&b), q->after.at_ms);
	pg_param_bytes(binder_next(&b), q->after.rx_id);
	pg_param_i16(binder_next(&b), q->after.fill_no);
	pg_param_i16(binder_next(&b), (int16_t)q->after.kind);
	pg_param_i32(binder_next(&b), q->limit);
	binder_close(&b, unit);
	return 0;
}

void store_delivery_gap_read(const struct pg_unit *u, unsigned q, int row,
	struct delivery_gap *ret)
{
	*ret = (struct delivery_gap){
		.kind = (enum delivery_gap_kind)pg_i16(u, q, row, 0),
		.rx_id = pg_bytes(u, q, row, 1),
		.fill_no = pg_i16(u, q, row, 2),
		.at_ms = pg_time(u, q, row, 3),
		.pharmacy_code = pg_text(u, q, row, 4),
		.region = pg_text(u, q, row, 5),
		.delivery_no = pg_text(u, q, row, 6),
		.event = (enum delivery_event)pg_i16(u, q, row, 7),
		.event_at_ms = pg_is_null(u, q, row, 8) ? 0 : pg_time(u, q, row, 8),
	};
}
