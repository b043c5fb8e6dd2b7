#include "store/charge.h"

#include "base/ensure.h"
#include "base/err.h"
#include "store/settlement_sql.h"

#define DAY(param) "DATE '1970-01-01' + " param
#define THE_MONTH(t) t ".payee_code = $13::text AND " t ".month = " DAY("$14::int4") \
	" AND " t ".revision = $15::int2"

/* No ON CONFLICT: of two revisions at one moment the second is tried again and told. */
const struct pg_statement charges_declare_sql = {"charges_declare",
	ENTRY("NOT EXISTS (SELECT FROM charge_month m WHERE " THE_MONTH("m")
	" AND m.request_mac <> $5::bytea)")
	", fresh AS (SELECT FROM key WHERE NOT EXISTS (SELECT FROM charge_month m WHERE "
	THE_MONTH("m") ")"
	"), head AS ("
	" INSERT INTO charge_month (payee_code, month, revision, institution_code, request_mac,"
	"  declared_at) SELECT $13, " DAY("$14") ", $15, $3, $5, $2 FROM fresh"
	"), totals AS ("
	" INSERT INTO charge_total (payee_code, month, revision, fee_kind, internet, cross_region,"
	"  settlements, total_fen, pooled_fund_fen, personal_account_fen, cash_fen)"
	" SELECT $13, " DAY("$14") ", $15, n.* FROM fresh, unnest($16::int2[], $17::bool[],"
	"  $18::bool[], $19::int8[], $20::int8[], $21::int8[], $22::int8[], $23::int8[]) AS n)"
	ENTRY_END, 23};

struct columns {
	int16_t kinds[CHARGE_TOTALS_MAX];
	bool internet[CHARGE_TOTALS_MAX], cross_region[CHARGE_TOTALS_MAX];
	int64_t numbers[5][CHARGE_TOTALS_MAX];
};

static void spread(struct columns *c, const struct charge_total *totals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		c->kinds[i] = (int16_t)totals[i].kind;
		c->internet[i] = totals[i].internet;
		c->cross_region[i] = totals[i].cross_region;
		c->numbers[0][i] = totals[i].settlements;
		c->numbers[1][i] = totals[i].total_fen;
		c->numbers[2][i] = totals[i].pooled_fund_fen;
		c->numbers[3][i] = totals[i].personal_account_fen;
		c->numbers[4][i] = totals[i].cash_fen;
	}
}

int store_charges_declare(struct pg_unit *unit, struct arena *arena,
	const struct declared_month *month, const struct entry_write *w)
{
	size_t n = month->count, cap = 8 * pg_array_len_i64(CHARGE_TOTALS_MAX);
	uint8_t *bytes = arena_alloc(arena, cap);
	struct columns c;
	struct binder b;
	struct writer out;

	ensure(n <= CHARGE_TOTALS_MAX);
	if (bytes == NULL || !binder_open(&b, arena, &charges_declare_sql))
		return ERR_MEMORY;
	spread(&c, month->totals, n);
	writer_init(&out, bytes, cap);
	entry_bind(&b, w);
	pg_param_text(binder_next(&b), month->payee_code);
	pg_param_i32(binder_next(&b), month->month);
	pg_param_i16(binder_next(&b), month->revision);
	pg_param_array_i16(binder_next(&b), &out, c.kinds, n);
	pg_param_array_bool(binder_next(&b), &out, c.internet, n);
	pg_param_array_bool(binder_next(&b), &out, c.cross_region, n);
	for (unsigned i = 0; i < 5; i++)
		pg_param_array_i64(binder_next(&b), &out, c.numbers[i], n);
	binder_close(&b, unit);
	return 0;
}

/* ---- as declared and as computed ---- */

#define TOLD \
	"told AS (SELECT m.revision, m.declared_at FROM charge_month m WHERE m.payee_code = $1::text" \
	" AND m.month = " DAY("$4::int4") " ORDER BY m.revision DESC LIMIT 1)"
#define SUMS(t) \
	"sum(" t ".n)::int8 AS n, sum(" t ".total)::int8 AS total, sum(" t ".pooled)::int8 AS pooled," \
	" sum(" t ".account)::int8 AS account, sum(" t ".cash)::int8 AS cash"
#define SIDE(t) \
	"coalesce(" t ".n, 0), coalesce(" t ".total, 0), coalesce(" t ".pooled, 0)," \
	" coalesce(" t ".account, 0), coalesce(" t ".cash, 0)"
#define IN_MONTH(at) at " >= $2::timestamptz AND " at " < $3::timestamptz"

const struct pg_statement charge_lines_sql = {"charge_lines",
	"WITH " TOLD ", each AS ("
	" SELECT s.fee_kind, s.internet, s.cross_region, 1 AS n, s.total_fen AS total,"
	"  s.pooled_fund_fen AS pooled, s.personal_account_fen AS account, s.cash_fen AS cash"
	" FROM settlement s WHERE " IN_MONTH("s.settled_at") " AND " ITS_PAYEE " = $1::text"
	" UNION ALL SELECT s.fee_kind, s.internet, s.cross_region, -1, -v.total_fen,"
	"  -v.pooled_fund_fen, -v.personal_account_fen, -v.cash_fen"
	" FROM settlement_reversal v JOIN settlement s ON " OF_SETTLEMENT("v")
	" WHERE " IN_MONTH("v.reversed_at") " AND " ITS_PAYEE " = $1::text"
	"), c AS ("
	" SELECT e.fee_kind, e.internet, e.cross_region, " SUMS("e") " FROM each e GROUP BY 1, 2, 3"
	"), d AS ("
	" SELECT t.fee_kind, t.internet, t.cross_region, t.settlements AS n, t.total_fen AS total,"
	"  t.pooled_fund_fen AS pooled, t.personal_account_fen AS account, t.cash_fen AS cash"
	" FROM charge_total t JOIN told ON told.revision = t.revision"
	" WHERE t.payee_code = $1::text AND t.month = " DAY("$4::int4")
	") SELECT fee_kind, internet, cross_region, " SIDE("d") ", " SIDE("c")
	" FROM d FULL JOIN c USING (fee_kind, internet, cross_region) ORDER BY 1, 2, 3", 4};

const struct pg_statement charge_head_sql = {"charge_head",
	"WITH " TOLD ", mine AS ("
	" SELECT s.bucket, s.rx_id, s.fill_no, s.settlement_no FROM settlement s"
	" WHERE " IN_MONTH("s.settled_at") " AND " ITS_PAYEE " = $1::text AND " IT_STANDS
	"), refused AS ("
	" SELECT t.amount_fen FROM mine s JOIN settlement_step t ON " OF_SETTLEMENT("t")
	" WHERE t.step = 2 AND NOT EXISTS (SELECT FROM settlement_step w WHERE " OF_SETTLEMENT("w")
	"  AND w.line_no = t.line_no AND w.step = 5)"
	") SELECT coalesce((SELECT t.revision FROM told t), 0)::int2,"
	" (SELECT t.declared_at FROM told t),"
	" (SELECT count(*) FROM refused), coalesce((SELECT sum(r.amount_fen) FROM refused r), 0)::int8,"
	" (SELECT count(*) FROM mine s WHERE EXISTS (SELECT FROM settlement_step t WHERE "
	OF_SETTLEMENT("t") " AND t.step = 1))", 4};

static int charge_ask(struct pg_unit *unit, struct arena *arena, const struct pg_statement *sql,
	const struct charge_query *query)
{
	struct binder b;

	if (!binder_open(&b, arena, sql))
		return ERR_MEMORY;
	pg_param_text(binder_next(&b), query->payee_code);
	pg_param_time(binder_next(&b), query->from_ms);
	pg_param_time(binder_next(&b), query->until_ms);
	pg_param_i32(binder_next(&b), query->month);
	binder_close(&b, unit);
	return 0;
}

int store_charge_lines(struct pg_unit *unit, struct arena *arena, const struct charge_query *query)
{
	return charge_ask(unit, arena, &charge_lines_sql, query);
}

int store_charge_head(struct pg_unit *unit, struct arena *arena, const struct charge_query *query)
{
	return charge_ask(unit, arena, &charge_head_sql, query);
}

static void read_side(const struct pg_unit *u, unsigned q, int row, int column,
	struct charge_total *ret)
{
	*ret = (struct charge_total){
		.kind = (enum fee_kind)pg_i16(u, q, row, 0),
		.internet = pg_bool(u, q, row, 1),
		.cross_region = pg_bool(u, q, row, 2),
		.settlements = pg_i64(u, q, row, column),
		.total_fen = pg_i64(u, q, row, column + 1),
		.pooled_fund_fen = pg_i64(u, q, row, column + 2),
		.personal_account_fen = pg_i64(u, q, row, column + 3),
		.cash_fen = pg_i64(u, q, row, column + 4),
	};
}

void store_charge_line_read(const struct pg_unit *u, unsigned q, int row,
	struct charge_total *ret_declared, struct charge_total *ret_computed)
{
	read_side(u, q, row, 3, ret_declared);
	read_side(u, q, row, 8, ret_computed);
}

void store_charge_head_read(const struct pg_unit *u, unsigned q, struct charge_head *ret)
{
	*ret = (struct charge_head){
		.revision = pg_i16(u, q, 0, 0),
		.declared_at_ms = pg_is_null(u, q, 0, 1) ? 0 : pg_time(u, q, 0, 1),
		.refused_lines = pg_i64(u, q, 0, 2),
		.refused_fen = pg_i64(u, q, 0, 3),
		.paid = pg_i64(u, q, 0, 4),
	};
}
