#include "store/settlement_gap.h"

#include "base/ensure.h"
#include "base/err.h"
#include "store/binder.h"
#include "store/settlement_sql.h"

#define IN_PERIOD(at) at " >= $1::timestamptz AND " at " < $2::timestamptz"

#define GAPS \
	"WITH gaps AS (" \
	" SELECT 1::int2 AS gap, f.rx_id, f.fill_no, f.pharmacy_code AS code, '' AS id," \
	"  f.dispensed_at AS at, f.total_fen - " FILL_RETURNED " AS fill_fen, 0::int8 AS settled_fen" \
	" FROM fill f JOIN institution i ON i.code = f.pharmacy_code" \
	" WHERE " IN_PERIOD("f.dispensed_at") " AND ($3::text = '' OR f.pharmacy_code = $3::text)" \
	" AND i.region LIKE $4::text || '%' AND " FILL_REMAINS \
	" AND NOT EXISTS (SELECT FROM settlement s WHERE s.bucket = f.bucket AND s.rx_id = f.rx_id" \
	"  AND s.fill_no = f.fill_no AND " IT_STANDS ")" \
	" UNION ALL" \
	" SELECT g.gap, s.rx_id, s.fill_no, s.pharmacy_code, s.settlement_id, s.settled_at," \
	"  coalesce(f.total_fen - " FILL_RETURNED ", 0), s.total_fen" \
	" FROM settlement s JOIN institution i ON i.code = s.pharmacy_code" \
	" LEFT JOIN fill f ON f.bucket = s.bucket AND f.rx_id = s.rx_id AND f.fill_no = s.fill_no" \
	" CROSS JOIN LATERAL (VALUES" \
	"  (2::int2, s.fill_no > 0 AND (f.fill_no IS NULL OR NOT " FILL_REMAINS "))," \
	"  (3::int2, s.fill_no > 0 AND f.fill_no IS NOT NULL AND " FILL_REMAINS \
	"   AND f.total_fen - " FILL_RETURNED " <> s.total_fen)," \
	"  (4::int2, s.total_fen > 0 AND NOT EXISTS (SELECT FROM receipt c WHERE " \
	OF_SETTLEMENT("c") "))) AS g (gap, holds)" \
	" WHERE " IN_PERIOD("s.settled_at") " AND ($3::text = '' OR s.pharmacy_code = $3::text" \
	"  OR " ITS_PAYEE " = $3::text) AND i.region LIKE $4::text || '%' AND " IT_STANDS \
	"  AND g.holds)"

const struct pg_statement settlement_gaps_sql = {"settlement_gaps",
	GAPS " SELECT g.gap, g.rx_id, g.fill_no, g.code, g.id, g.at, g.fill_fen, g.settled_fen"
	" FROM gaps g WHERE ($5::int2 = 0 OR g.gap = $5::int2)"
	" AND (g.gap, g.rx_id, g.fill_no) > ($6::int2, $7::bytea, $8::int2)"
	" ORDER BY g.gap, g.rx_id, g.fill_no LIMIT $9::int4", 9};

const struct pg_statement settlement_gap_counts_sql = {"settlement_gap_counts",
	GAPS " SELECT g.gap, count(*) FROM gaps g GROUP BY g.gap", 4};

static void bind_period(struct binder *b, const struct gap_query *query)
{
	pg_param_time(binder_next(b), query->from_ms);
	pg_param_time(binder_next(b), query->until_ms);
	pg_param_text(binder_next(b), query->institution_code);
	pg_param_text(binder_next(b), query->scope);
}

int store_settlement_gaps(struct pg_unit *unit, struct arena *arena, const struct gap_query *query)
{
	struct binder b;

	if (!binder_open(&b, arena, &settlement_gaps_sql))
		return ERR_MEMORY;
	bind_period(&b, query);
	pg_param_i16(binder_next(&b), query->gap);
	pg_param_i16(binder_next(&b), query->after_gap);
	pg_param_bytes(binder_next(&b), query->after_rx_id);
	pg_param_i16(binder_next(&b), query->after_fill);
	pg_param_i32(binder_next(&b), query->limit);
	binder_close(&b, unit);
	return 0;
}

void store_gap_read(const struct pg_unit *u, unsigned q, int row, struct gap_row *ret)
{
	*ret = (struct gap_row){
		.gap = pg_i16(u, q, row, 0),
		.rx_id = pg_bytes(u, q, row, 1),
		.fill_no = pg_i16(u, q, row, 2),
		.institution_code = pg_text(u, q, row, 3),
		.settlement_id = pg_text(u, q, row, 4),
		.at_ms = pg_time(u, q, row, 5),
		.fill_fen = pg_i64(u, q, row, 6),
		.settled_fen = pg_i64(u, q, row, 7),
	};
}

int store_gap_counts(struct pg_unit *unit, struct arena *arena, const struct gap_query *query)
{
	struct binder b;

	if (!binder_open(&b, arena, &settlement_gap_counts_sql))
		return ERR_MEMORY;
	bind_period(&b, query);
	binder_close(&b, unit);
	return 0;
}

void store_gap_counts_read(const struct pg_unit *u, unsigned q, int64_t counts[GAPS_END])
{
	for (int row = 0; row < pg_rows(u, q); row++) {
		int16_t gap = pg_i16(u, q, row, 0);

		ensure(gap > 0 && gap < GAPS_END);
		counts[gap] = pg_i64(u, q, row, 1);
	}
}
