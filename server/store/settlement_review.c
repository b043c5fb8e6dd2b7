#include "store/settlement_review.h"

#include "base/err.h"
#include "store/settlement_sql.h"

enum { STATE_WORD = 10 };

#define KEY_OF(t) t ".bucket = $1::int4 AND " t ".rx_id = $13::bytea AND " t ".fill_no = $14::int2"
#define STEP_OF(t) KEY_OF(t) " AND " t ".settlement_no = s.settlement_no"

#define NAMED \
	" FROM settlement s JOIN institution i ON i.code = s.pharmacy_code WHERE " KEY_OF("s") \
	" AND s.settlement_id = $15::text AND NOT EXISTS (SELECT FROM settlement_reversal v WHERE " \
	STEP_OF("v") ")"
#define STATE \
	"coalesce((SELECT t.step FROM settlement_step t WHERE " STEP_OF("t") \
	" AND t.line_no = $16::int2 ORDER BY t.step_no DESC LIMIT 1), 0)"
#define LINE_FEN \
	"CASE WHEN $16::int2 = 0 THEN s.total_fen ELSE (SELECT l.amount_fen FROM fill_line l" \
	" WHERE " KEY_OF("l") " AND l.line_no = $16::int2) END"
#define REFUSED \
	"coalesce((SELECT sum(t.amount_fen) FROM settlement_step t WHERE " STEP_OF("t") \
	" AND t.step = 2 AND NOT EXISTS (SELECT FROM settlement_step w WHERE " STEP_OF("w") \
	" AND w.line_no = t.line_no AND w.step = 5)), 0)"

/* A drug fee is refused by its lines, a consultation as a whole; 9 = it fits, 10 and more = the
 * line's state, after which the step may not follow. */
#define DECIDE_FIT \
	"coalesce((SELECT CASE" \
	" WHEN $26::text <> '' AND " ITS_PAYEE " <> $26::text THEN 0" \
	" WHEN i.region NOT LIKE $25::text || '%' THEN 1" \
	" WHEN " LINE_FEN " IS NULL THEN 2" \
	" WHEN $17::int2 = 2 AND ($16::int2 = 0) <> ($14::int2 = 0) THEN 2" \
	" WHEN ($18::int4 >> " STATE ") & 1 = 0 THEN 10 + " STATE \
	" WHEN $17::int2 IN (4, 5) AND EXISTS (SELECT FROM settlement_step t WHERE " STEP_OF("t") \
	"  AND t.line_no = $16::int2 AND t.step = 2 AND t.actor_code = $3::text" \
	"  AND t.officer = $24::text) THEN 3" \
	" WHEN $21::int8 > " LINE_FEN " OR $21::int8 + " REFUSED " > s.pooled_fund_fen" \
	"  AND $17::int2 = 2 THEN 4" \
	" ELSE 9 END" NAMED "), 0)"

/* Of two steps at one moment the second finds its number taken, looks again and is told. */
const struct pg_statement settlement_decide_sql = {"settlement_decide",
	ENTRY_JUDGED(DECIDE_FIT, "9", "$13::bytea",
	"coalesce((SELECT p.person_key FROM prescription p"
	" WHERE p.bucket = $1::int4 AND p.rx_id = $13::bytea), $12::bytea)")
	", put AS ("
	" INSERT INTO settlement_step (bucket, rx_id, fill_no, settlement_no, step_no, line_no, step,"
	"  rule, ground, amount_fen, action, note, actor_code, officer, at)"
	" SELECT $1, $13, $14, s.settlement_no, (1 + (SELECT count(*) FROM settlement_step t WHERE "
	STEP_OF("t") "))::int2, $16, $17, $19::text, $20::int2, $21, $22::int2, $23::text, $3, $24, $2"
	" FROM key, settlement s WHERE " KEY_OF("s") " AND s.settlement_id = $15::text"
	" AND NOT EXISTS (SELECT FROM settlement_reversal v WHERE " STEP_OF("v") "))"
	ENTRY_END_JUDGED, 26};

int store_settlement_decide(struct pg_unit *unit, struct arena *arena,
	const struct stored_step *step, const struct entry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &settlement_decide_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	pg_param_bytes(binder_next(&b), slice_of(step->key.rx_id, RX_ID_LEN));
	pg_param_i16(binder_next(&b), step->key.fill_no);
	pg_param_text(binder_next(&b), step->key.settlement_id);
	pg_param_i16(binder_next(&b), step->line_no);
	pg_param_i16(binder_next(&b), (int16_t)step->step);
	pg_param_i32(binder_next(&b), (int32_t)settlement_step_row(step->step)->from);
	pg_param_text(binder_next(&b), step->rule);
	pg_param_i16(binder_next(&b), step->ground);
	pg_param_i64(binder_next(&b), step->amount_fen);
	pg_param_i16(binder_next(&b), step->action);
	pg_param_text(binder_next(&b), step->note);
	pg_param_text(binder_next(&b), step->officer);
	pg_param_text(binder_next(&b), step->scope);
	pg_param_text(binder_next(&b), step->payee_code);
	binder_close(&b, unit);
	return 0;
}

enum decide_misfit store_decide_misfit(const struct pg_unit *unit)
{
	int16_t word = pg_i16(unit, 0, 0, 2);

	if (word >= STATE_WORD)
		return DECIDE_WRONG_STATE;
	return word > 0 && word < DECIDE_WRONG_STATE ? (enum decide_misfit)word :
		DECIDE_NO_SETTLEMENT;
}

enum settlement_step store_decide_state(const struct pg_unit *unit)
{
	int state = pg_i16(unit, 0, 0, 2) - STATE_WORD;

	return state > 0 && state < SETTLEMENT_STEPS ? (enum settlement_step)state : SETTLEMENT_OPEN;
}

/* ---- what the automatic review looks at ---- */

#define ITS_LINES(what) \
	"ARRAY(SELECT " what " FROM fill_line l WHERE l.bucket = s.bucket AND l.rx_id = s.rx_id" \
	" AND l.fill_no = s.fill_no ORDER BY l.line_no)"

const struct pg_statement settlements_review_sql = {"settlements_review",
	"SELECT s.rx_id, s.fill_no, s.settlement_no, s.settlement_id, " ITS_PAYEE ", s.pharmacy_code,"
	" i.region, s.service_code, s.fee_kind, s.settled_at, s.internet, s.cross_region,"
	" s.channel = 'online',"
	" s.total_fen, s.pooled_fund_fen, s.personal_account_fen, " ITS_REFUSED ","
	" EXISTS (SELECT FROM settlement_step t WHERE " OF_SETTLEMENT("t") " AND t.step = 1),"
	" p.person_key, f.fill_no IS NOT NULL AND " FILL_REMAINS ", f.dispensed_at,"
	" coalesce(f.total_fen - " FILL_RETURNED ", 0), " UNTRACED ","
	" EXISTS (SELECT FROM identity_check c WHERE c.bucket = s.bucket"
	"  AND c.serial_mac = s.serial_mac AND c.hospital_code = p.hospital_code AND c.passed"
	"  AND c.person_key = p.person_key), " ITS_LINES("l.drug_code") ", "
	ITS_LINES("l.unit_price_e6")
	" FROM settlement s JOIN institution i ON i.code = s.pharmacy_code"
	" JOIN prescription p ON p.bucket = s.bucket AND p.rx_id = s.rx_id"
	" LEFT JOIN fill f ON f.bucket = s.bucket AND f.rx_id = s.rx_id AND f.fill_no = s.fill_no"
	" WHERE s.settled_at >= $1::timestamptz AND s.settled_at < $2::timestamptz AND " IT_STANDS
	" AND ($3::text = '' OR " ITS_PAYEE " = $3::text) AND i.region LIKE $4::text || '%'"
	" AND (s.rx_id, s.fill_no, s.settlement_no) > ($5::bytea, $6::int2, $7::int2)"
	" ORDER BY s.rx_id, s.fill_no, s.settlement_no LIMIT $8::int4", 8};

int store_settlements_review(struct pg_unit *unit, struct arena *arena,
	const struct review_query *query)
{
	struct binder b;

	if (!binder_open(&b, arena, &settlements_review_sql))
		return ERR_MEMORY;
	pg_param_time(binder_next(&b), query->from_ms);
	pg_param_time(binder_next(&b), query->until_ms);
	pg_param_text(binder_next(&b), query->payee_code);
	pg_param_text(binder_next(&b), query->scope);
	pg_param_bytes(binder_next(&b), query->after.rx_id);
	pg_param_i16(binder_next(&b), query->after.fill_no);
	pg_param_i16(binder_next(&b), query->after.settlement_no);
	pg_param_i32(binder_next(&b), query->limit);
	binder_close(&b, unit);
	return 0;
}

static void read_lines(const struct pg_unit *u, int row, int column,
	struct reviewed_settlement *ret)
{
	struct pg_array drugs, prices;

	pg_array_open(&drugs, u, 0, row, column);
	pg_array_open(&prices, u, 0, row, column + 1);
	while (ret->lines < REVIEW_LINES_MAX && pg_array_next(&drugs, &ret->drugs[ret->lines]) &&
		pg_array_next_i64(&prices, &ret->prices_e6[ret->lines]))
		ret->lines++;
}

static void read_untraced(const struct pg_unit *u, int row, int column,
	struct reviewed_settlement *ret)
{
	struct pg_array drugs;

	pg_array_open(&drugs, u, 0, row, column);
	while (ret->untraced_count < REVIEW_LINES_MAX &&
		pg_array_next(&drugs, &ret->untraced[ret->untraced_count]))
		ret->untraced_count++;
}

void store_reviewed_read(const struct pg_unit *u, int row, struct reviewed_settlement *ret)
{
	*ret = (struct reviewed_settlement){
		.place = {pg_bytes(u, 0, row, 0), pg_i16(u, 0, row, 1), pg_i16(u, 0, row, 2)},
		.settlement_id = pg_text(u, 0, row, 3),
		.payee_code = pg_text(u, 0, row, 4),
		.reporter_code = pg_text(u, 0, row, 5),
		.region = pg_text(u, 0, row, 6),
		.service_code = pg_text(u, 0, row, 7),
		.kind = (enum fee_kind)pg_i16(u, 0, row, 8),
		.settled_at_ms = pg_time(u, 0, row, 9),
		.internet = pg_bool(u, 0, row, 10),
		.cross_region = pg_bool(u, 0, row, 11),
		.online = pg_bool(u, 0, row, 12),
		.total_fen = pg_i64(u, 0, row, 13),
		.pooled_fund_fen = pg_i64(u, 0, row, 14),
		.personal_account_fen = pg_i64(u, 0, row, 15),
		.refused_fen = pg_i64(u, 0, row, 16),
		.paid = pg_bool(u, 0, row, 17),
		.person_key = pg_bytes(u, 0, row, 18),
		.remains = pg_bool(u, 0, row, 19),
		.dispensed_at_ms = pg_is_null(u, 0, row, 20) ? 0 : pg_time(u, 0, row, 20),
		.net_fen = pg_i64(u, 0, row, 21),
		.authenticated = pg_bool(u, 0, row, 23),
	};
	read_untraced(u, row, 22, ret);
	read_lines(u, row, 24, ret);
}
