#include "store/settlement.h"

#include "base/err.h"

#define ITS_FILL \
	" FROM fill f JOIN prescription p ON p.bucket = f.bucket AND p.rx_id = f.rx_id" \
	" WHERE f.bucket = $1::int4 AND p.bucket = $1::int4 AND f.rx_id = $13::bytea" \
	" AND f.fill_no = $14::int2 AND f.pharmacy_code = $3::text AND p.hospital_code = $27::text"
#define STANDING \
	" FROM settlement s WHERE s.bucket = $1::int4 AND s.rx_id = $13::bytea" \
	" AND s.fill_no = $14::int2"

/* No ON CONFLICT: of two different settlements at one moment the second is tried again and told. */
const struct pg_statement settlement_put_sql = {"settlement_put",
	ENTRY_ABOUT("EXISTS (SELECT" ITS_FILL " AND f.total_fen = $17::int8)"
	" AND NOT EXISTS (SELECT" STANDING
	" AND (s.settlement_id, s.settled_at, s.total_fen, s.pooled_fund_fen, s.personal_account_fen,"
	"  s.cash_fen, s.delivery_fee_fen, s.channel, s.insurance_type, s.cross_region, s.serial_mac,"
	"  s.payment_order_no) IS DISTINCT FROM ($15::text, $16::timestamptz, $17::int8, $18::int8,"
	"  $19::int8, $20::int8, $21::int8, $22::text, $23::text, $24::bool, $25::bytea, $26::text))",
	"$13::bytea",
	"coalesce($12::bytea, (SELECT p.person_key FROM prescription p"
	" WHERE p.bucket = $1::int4 AND p.rx_id = $13::bytea))")
	", put AS ("
	" INSERT INTO settlement (bucket, rx_id, fill_no, settlement_id, pharmacy_code, settled_at,"
	"  received_at, total_fen, pooled_fund_fen, personal_account_fen, cash_fen, delivery_fee_fen,"
	"  channel, insurance_type, cross_region, serial_mac, payment_order_no)"
	" SELECT $1, $13, $14, $15, $3, $16, $2, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26"
	" FROM key WHERE NOT EXISTS (SELECT" STANDING "))"
	ENTRY_END
	", coalesce((SELECT CASE WHEN EXISTS (SELECT" STANDING ") THEN 2 ELSE 1 END" ITS_FILL
	"), 0)::int2", 27};

static void bind_parts(struct binder *b, const struct settlement *s)
{
	pg_param_i64(binder_next(b), s->total_fen);
	pg_param_i64(binder_next(b), s->pooled_fund_fen);
	pg_param_i64(binder_next(b), s->personal_account_fen);
	pg_param_i64(binder_next(b), s->cash_fen);
	pg_param_i64(binder_next(b), s->delivery_fee_fen);
	pg_param_text(binder_next(b), s->online ? "online" : "store");
	pg_param_text(binder_next(b), s->insurance_type);
}

int store_settlement_put(struct pg_unit *unit, struct arena *arena,
	const struct stored_settlement *settlement, const struct entry_write *w)
{
	struct binder b;

	if (!binder_open(&b, arena, &settlement_put_sql))
		return ERR_MEMORY;
	entry_bind(&b, w);
	pg_param_bytes(binder_next(&b), slice_of(settlement->rx_id, RX_ID_LEN));
	pg_param_i16(binder_next(&b), settlement->fill_no);
	pg_param_text(binder_next(&b), settlement->settlement_id);
	pg_param_time(binder_next(&b), settlement->settled_at_ms);
	bind_parts(&b, settlement->parts);
	pg_param_bool(binder_next(&b), settlement->cross_region);
	if (settlement->serial_mac == NULL)
		pg_param_null(binder_next(&b));
	else
		pg_param_bytes(binder_next(&b), slice_of(settlement->serial_mac, SHA256_LEN));
	pg_param_text(binder_next(&b), settlement->parts->payment_order_no);
	pg_param_text(binder_next(&b), settlement->hospital_code);
	binder_close(&b, unit);
	return 0;
}

enum settlement_misfit store_settlement_misfit(const struct pg_unit *unit)
{
	switch (pg_i16(unit, 0, 0, 2)) {
	case 2:
		return SETTLEMENT_STANDS;
	case 1:
		return SETTLEMENT_TOTAL_WRONG;
	default:
		return SETTLEMENT_NO_FILL;
	}
}
