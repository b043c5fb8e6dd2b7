#include "store/story.h"

#include "base/err.h"
#include "proto/rxid.h"
#include "store/binder.h"

#define OF_RX(t) " WHERE " t ".bucket = $1::int4 AND " t ".rx_id = $2::bytea"
#define AT_MOST " LIMIT $3::int4"

const struct pg_statement story_payments_sql = {"story_payments",
	"SELECT s.fill_no, s.settlement_no, s.fee_kind, s.settlement_id, s.pharmacy_code,"
	" s.payee_code, s.settled_at, s.total_fen, s.pooled_fund_fen, s.personal_account_fen,"
	" s.cash_fen, s.delivery_fee_fen, s.channel, s.internet, s.cross_region, s.insurance_type,"
	" s.serial_mac IS NOT NULL, s.payment_order_no, r.reversal_id, r.reversed_at, r.reason,"
	" r.operator"
	" FROM settlement s LEFT JOIN settlement_reversal r ON r.bucket = $1::int4"
	" AND r.rx_id = s.rx_id AND r.fill_no = s.fill_no AND r.settlement_no = s.settlement_no"
	OF_RX("s") " ORDER BY s.fill_no, s.settlement_no" AT_MOST, 3};

const struct pg_statement story_receipts_sql = {"story_receipts",
	"SELECT r.fill_no, r.settlement_no, r.kind, r.number, r.issued_at FROM receipt r"
	OF_RX("r") " ORDER BY r.fill_no, r.settlement_no, r.kind" AT_MOST, 3};

const struct pg_statement story_steps_sql = {"story_steps",
	"SELECT s.fill_no, s.settlement_no, s.line_no, s.step, s.rule, s.ground, s.amount_fen,"
	" s.action, s.note, s.actor_code, s.at FROM settlement_step s"
	OF_RX("s") " ORDER BY s.fill_no, s.settlement_no, s.step_no" AT_MOST, 3};

const struct pg_statement story_legs_sql = {"story_legs",
	"SELECT l.fill_no, l.order_no, l.event, d.delivery_no, d.carrier_name, d.region, l.at"
	" FROM delivery d JOIN delivery_step l ON l.bucket = $1::int4 AND l.rx_id = d.rx_id"
	" AND l.fill_no = d.fill_no AND l.order_no = d.order_no"
	OF_RX("d") " ORDER BY l.fill_no, l.order_no, l.step_no" AT_MOST, 3};

const struct pg_statement story_ratings_sql = {"story_ratings",
	"SELECT DISTINCT ON (r.fill_no) r.fill_no, r.score, r.rated_at FROM rating r"
	OF_RX("r") " ORDER BY r.fill_no, r.revision DESC" AT_MOST, 3};

int store_story(struct pg_unit *unit, struct arena *arena, const struct pg_statement *statement,
	const uint8_t rx_id[RX_ID_LEN])
{
	struct binder b;

	if (!binder_open(&b, arena, statement))
		return ERR_MEMORY;
	pg_param_i32(binder_next(&b), rx_id_bucket(rx_id));
	pg_param_bytes(binder_next(&b), slice_of(rx_id, RX_ID_LEN));
	pg_param_i32(binder_next(&b), STORY_ROWS_MAX);
	binder_close(&b, unit);
	return 0;
}

void store_story_payment(const struct pg_unit *u, unsigned q, int row, struct story_payment *p)
{
	*p = (struct story_payment){
		.fill_no = pg_i16(u, q, row, 0), .settlement_no = pg_i16(u, q, row, 1),
		.fee_kind = pg_i16(u, q, row, 2), .settlement_id = pg_text(u, q, row, 3),
		.reporter_code = pg_text(u, q, row, 4), .payee_code = pg_text(u, q, row, 5),
		.settled_at_ms = pg_time(u, q, row, 6), .total_fen = pg_i64(u, q, row, 7),
		.pooled_fund_fen = pg_i64(u, q, row, 8), .personal_account_fen = pg_i64(u, q, row, 9),
		.cash_fen = pg_i64(u, q, row, 10), .delivery_fee_fen = pg_i64(u, q, row, 11),
		.channel = pg_text(u, q, row, 12), .internet = pg_bool(u, q, row, 13),
		.cross_region = pg_bool(u, q, row, 14), .insurance_type = pg_text(u, q, row, 15),
		.real_name = pg_bool(u, q, row, 16), .payment_order_no = pg_text(u, q, row, 17),
	};
	if (pg_is_null(u, q, row, 18))
		return;
	p->reversal_id = pg_text(u, q, row, 18);
	p->reversed_at_ms = pg_time(u, q, row, 19);
	p->reversal_reason = pg_i16(u, q, row, 20);
	p->reversal_operator = pg_text(u, q, row, 21);
}

void store_story_receipt(const struct pg_unit *u, unsigned q, int row, struct story_receipt *r)
{
	*r = (struct story_receipt){pg_i16(u, q, row, 0), pg_i16(u, q, row, 1), pg_i16(u, q, row, 2),
		pg_text(u, q, row, 3), pg_time(u, q, row, 4)};
}

void store_story_step(const struct pg_unit *u, unsigned q, int row, struct story_step *s)
{
	*s = (struct story_step){
		.fill_no = pg_i16(u, q, row, 0), .settlement_no = pg_i16(u, q, row, 1),
		.line_no = pg_i16(u, q, row, 2), .step = pg_i16(u, q, row, 3),
		.rule = pg_text(u, q, row, 4), .ground = pg_i16(u, q, row, 5),
		.amount_fen = pg_i64(u, q, row, 6), .action = pg_i16(u, q, row, 7),
		.note = pg_text(u, q, row, 8), .actor_code = pg_text(u, q, row, 9),
		.at_ms = pg_time(u, q, row, 10),
	};
}

void store_story_leg(const struct pg_unit *u, unsigned q, int row, struct story_leg *l)
{
	*l = (struct story_leg){pg_i16(u, q, row, 0), pg_i16(u, q, row, 1), pg_i16(u, q, row, 2),
		pg_text(u, q, row, 3), pg_text(u, q, row, 4), pg_text(u, q, row, 5),
		pg_time(u, q, row, 6)};
}

void store_story_rating(const struct pg_unit *u, unsigned q, int row, struct story_rating *r)
{
	*r = (struct story_rating){pg_i16(u, q, row, 0), pg_i16(u, q, row, 1), pg_time(u, q, row, 2)};
}
