#include "store/settlement.h"

#include "base/err.h"

#define KEY_OF(t) t ".bucket = $1::int4 AND " t ".rx_id = $13::bytea AND " t ".fill_no = $14::int2"
/* Its bucket is said twice, because a constant does not travel through NOT EXISTS everywhere. */
#define REVERSED "EXISTS (SELECT FROM settlement_reversal v WHERE " KEY_OF("v") \
	" AND v.settlement_no = s.settlement_no)"
#define STANDING " FROM settlement s WHERE " KEY_OF("s") " AND NOT " REVERSED

#define RETURNED \
	"coalesce((SELECT sum(r.total_fen) FROM fill_return r WHERE " KEY_OF("r") "), 0)"

#define ITS_PERSON \
	"coalesce((SELECT p.person_key FROM prescription p" \
	" WHERE p.bucket = $1::int4 AND p.rx_id = $13::bytea), $12::bytea)"

/* Who is told of it: the issuing hospital, unless it settled itself. */
#define ITS_HOSPITAL \
	"(SELECT nullif(p.hospital_code, $3::text) FROM prescription p" \
	" WHERE p.bucket = $1::int4 AND p.rx_id = $13::bytea)"

#define SAME_SETTLEMENT \
	"(s.settlement_id, s.settled_at, s.total_fen, s.pooled_fund_fen, s.personal_account_fen," \
	"  s.cash_fen, s.delivery_fee_fen, s.channel, s.insurance_type, s.cross_region, s.serial_mac," \
	"  s.payment_order_no, s.fee_kind, s.service_code, s.pay_channel)" \
	" IS NOT DISTINCT FROM ($15::text, $16::timestamptz, $17::int8, $18::int8, $19::int8," \
	"  $20::int8, $21::int8, $22::text, $23::text, $24::bool, $25::bytea, $26::text, $28::int2," \
	"  $30::text, $31::text)"

#define IS_INTERNET \
	"coalesce((SELECT h.business = 2 FROM hospital_received h" \
	" WHERE h.bucket = $1::int4 AND h.rx_id = $13::bytea), true)"

/* The insurance does not pay for a blocked person: not at all, or nothing of internet care. */
#define BLOCKED \
	"($18::int8 > 0 OR $19::int8 > 0) AND EXISTS (SELECT FROM person_block b" \
	" WHERE b.bucket = $1::int4 AND b.person_key = p.person_key" \
	" AND (b.scope IN (2, 3) OR " IS_INTERNET ")" \
	" AND b.valid_from <= $16::timestamptz AND b.valid_until > $16::timestamptz)"

/* 4 = it fits. */
#define SETTLEMENT_FIT \
	"coalesce((SELECT CASE WHEN EXISTS (SELECT" STANDING " AND NOT (" SAME_SETTLEMENT ")) THEN 2" \
	" WHEN EXISTS (SELECT" STANDING ") THEN 4" \
	" WHEN $14::int2 > 0 AND f.total_fen - " RETURNED " <> $17::int8 THEN 1" \
	" WHEN " BLOCKED " THEN 3 ELSE 4 END" \
	" FROM prescription p LEFT JOIN fill f ON " KEY_OF("f") \
	" WHERE p.bucket = $1::int4 AND p.rx_id = $13::bytea AND p.hospital_code = $27::text" \
	" AND CASE WHEN $14::int2 = 0 THEN p.hospital_code = $3::text" \
	"  ELSE coalesce(f.pharmacy_code = $3::text, false) END), 0)"

/* No ON CONFLICT: of two different settlements at one moment the second is tried again and told. */
const struct pg_statement settlement_put_sql = {"settlement_put",
	ENTRY_JUDGED_TOLD(SETTLEMENT_FIT, "4", "$13::bytea", ITS_PERSON,
		"nullif($27::text, $3::text)")
	", put AS ("
	" INSERT INTO settlement (bucket, rx_id, fill_no, settlement_id, pharmacy_code, settled_at,"
	"  received_at, total_fen, pooled_fund_fen, personal_account_fen, cash_fen, delivery_fee_fen,"
	"  channel, insurance_type, cross_region, serial_mac, payment_order_no, fee_kind, payee_code,"
	"  service_code, pay_channel, payment_method, internet, settlement_no)"
	" SELECT $1, $13, $14, $15, $3, $16, $2, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,"
	"  $28, $29::text, $30, $31, $32::text, " IS_INTERNET ","
	"  (1 + (SELECT count(*) FROM settlement_reversal v WHERE " KEY_OF("v") "))::int2"
	" FROM key WHERE NOT EXISTS (SELECT" STANDING "))"
	ENTRY_END_JUDGED, 32};

static void bind_parts(struct binder *b, const struct settlement *s)
{
	pg_param_i64(binder_next(b), s->total_fen);
	pg_param_i64(binder_next(b), s->pooled_fund_fen);
	pg_param_i64(binder_next(b), s->personal_account_fen);
	pg_param_i64(binder_next(b), s->cash_fen);
	pg_param_i64(binder_next(b), s->delivery_fee_fen);
}

int store_settlement_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_settlement *settlement, const struct entry_write *w)
{
	const struct settlement *parts = settlement->parts;
	struct binder b;

	if (!binder_open(&b, arena, &settlement_put_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	pg_param_bytes(binder_next(&b), slice_of(settlement->rx_id, RX_ID_LEN));
	pg_param_i16(binder_next(&b), settlement->fill_no);
	pg_param_text(binder_next(&b), settlement->settlement_id);
	pg_param_time(binder_next(&b), settlement->settled_at_ms);
	bind_parts(&b, parts);
	pg_param_text(binder_next(&b), parts->online ? "online" : "store");
	pg_param_text(binder_next(&b), parts->insurance_type);
	pg_param_bool(binder_next(&b), settlement->cross_region);
	if (settlement->serial_mac == NULL)
		pg_param_null(binder_next(&b));
	else
		pg_param_bytes(binder_next(&b), slice_of(settlement->serial_mac, SHA256_LEN));
	pg_param_text(binder_next(&b), parts->payment_order_no);
	pg_param_text(binder_next(&b), settlement->hospital_code);
	pg_param_i16(binder_next(&b), (int16_t)parts->kind);
	pg_param_text(binder_next(&b), settlement->payee_code);
	pg_param_text(binder_next(&b), parts->service_code);
	pg_param_text(binder_next(&b), settlement->pay_channel);
	pg_param_text(binder_next(&b), settlement->payment_method);
	binder_close(&b, unit);
	return 0;
}

/* The statement's word for why, or `none` for what it has no word for. */
static int misfit_of(const struct pg_unit *unit, int known, int none)
{
	int16_t word = pg_i16(unit, 0, 0, 2);

	return word >= 0 && word < known ? word : none;
}

enum settlement_misfit store_settlement_misfit(const struct pg_unit *unit)
{
	return (enum settlement_misfit)misfit_of(unit, SETTLEMENT_BLOCKED + 1, SETTLEMENT_NO_FILL);
}

/* ---- taken back ---- */

#define NAMED " FROM settlement s WHERE " KEY_OF("s") " AND s.settlement_id = $15::text" \
	" AND s.pharmacy_code = $3::text"

/* The newest of that id: a number may be used again after a reversal. */
#define REVERSAL_FIT \
	"coalesce((SELECT CASE" \
	" WHEN (s.total_fen, s.pooled_fund_fen, s.personal_account_fen, s.cash_fen," \
	"  s.delivery_fee_fen) <> ($21::int8, $22::int8, $23::int8, $24::int8, $25::int8) THEN 1" \
	" WHEN EXISTS (SELECT FROM settlement_reversal v WHERE " KEY_OF("v") \
	"  AND v.settlement_no = s.settlement_no AND (v.reversal_id, v.operator, v.note, v.reason," \
	"  v.reversed_at) <> ($16::text, $17::text, $18::text, $19::int2, $20::timestamptz)) THEN 2" \
	" WHEN $19::int2 = 1 AND NOT EXISTS (SELECT FROM fill_return r WHERE " KEY_OF("r") ") THEN 3" \
	" ELSE 4 END" NAMED " ORDER BY s.settlement_no DESC LIMIT 1), 0)"

const struct pg_statement settlement_reverse_sql = {"settlement_reverse",
	ENTRY_JUDGED_TOLD(REVERSAL_FIT, "4", "$13::bytea", ITS_PERSON, ITS_HOSPITAL)
	", put AS ("
	" INSERT INTO settlement_reversal (bucket, rx_id, fill_no, settlement_no, reversal_id,"
	"  institution_code, operator, note, reason, reversed_at, received_at, total_fen,"
	"  pooled_fund_fen, personal_account_fen, cash_fen, delivery_fee_fen)"
	" SELECT $1, $13, $14, s.settlement_no, $16, $3, $17, $18, $19, $20, $2, $21, $22, $23, $24,"
	"  $25 FROM key, settlement s WHERE " KEY_OF("s") " AND s.settlement_id = $15::text"
	" AND s.pharmacy_code = $3::text AND NOT " REVERSED ")"
	ENTRY_END_JUDGED, 25};

static void bind_key(struct binder *b, const struct settlement_key *key)
{
	pg_param_bytes(binder_next(b), slice_of(key->rx_id, RX_ID_LEN));
	pg_param_i16(binder_next(b), key->fill_no);
	pg_param_text(binder_next(b), key->settlement_id);
}

int store_settlement_reverse(struct pg_unit *unit, struct arena *arena,
	const struct stored_reversal *reversal, const struct entry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &settlement_reverse_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	bind_key(&b, &reversal->key);
	pg_param_text(binder_next(&b), reversal->reversal_id);
	pg_param_text(binder_next(&b), reversal->operator);
	pg_param_text(binder_next(&b), reversal->note);
	pg_param_i16(binder_next(&b), reversal->reason);
	pg_param_time(binder_next(&b), reversal->reversed_at_ms);
	pg_param_i64(binder_next(&b), reversal->total_fen);
	pg_param_i64(binder_next(&b), reversal->pooled_fund_fen);
	pg_param_i64(binder_next(&b), reversal->personal_account_fen);
	pg_param_i64(binder_next(&b), reversal->cash_fen);
	pg_param_i64(binder_next(&b), reversal->delivery_fee_fen);
	binder_close(&b, unit);
	return 0;
}

enum reversal_misfit store_reversal_misfit(const struct pg_unit *unit)
{
	return (enum reversal_misfit)misfit_of(unit, REVERSAL_NOT_RETURNED + 1,
		REVERSAL_NO_SETTLEMENT);
}

/* ---- receipts ---- */

#define RECEIPT_FIT \
	"coalesce((SELECT CASE WHEN EXISTS (SELECT FROM receipt c WHERE " KEY_OF("c") \
	" AND c.settlement_no = s.settlement_no AND c.kind = $16::int2" \
	" AND (c.number, c.issued_at) <> ($17::text, $18::timestamptz)) THEN 1 ELSE 4 END" NAMED \
	" AND NOT " REVERSED "), 0)"

const struct pg_statement receipt_put_sql = {"receipt_put",
	ENTRY_JUDGED(RECEIPT_FIT, "4", "$13::bytea", ITS_PERSON)
	", put AS ("
	" INSERT INTO receipt (bucket, rx_id, fill_no, settlement_no, kind, number, institution_code,"
	"  issued_at, received_at)"
	" SELECT $1, $13, $14, s.settlement_no, $16, $17, $3, $18, $2 FROM key, settlement s"
	" WHERE " KEY_OF("s") " AND s.settlement_id = $15::text AND s.pharmacy_code = $3::text"
	" AND NOT " REVERSED " AND NOT EXISTS (SELECT FROM receipt c WHERE " KEY_OF("c")
	"  AND c.settlement_no = s.settlement_no AND c.kind = $16))"
	ENTRY_END_JUDGED, 18};

int store_receipt_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_receipt *receipt, const struct entry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &receipt_put_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	bind_key(&b, &receipt->key);
	pg_param_i16(binder_next(&b), receipt->kind);
	pg_param_text(binder_next(&b), receipt->number);
	pg_param_time(binder_next(&b), receipt->issued_at_ms);
	binder_close(&b, unit);
	return 0;
}

enum receipt_misfit store_receipt_misfit(const struct pg_unit *unit)
{
	return (enum receipt_misfit)misfit_of(unit, RECEIPT_STANDS + 1, RECEIPT_NO_SETTLEMENT);
}
