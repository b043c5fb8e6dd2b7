/* A prescription's money, goods and ratings in PostgreSQL, read for its story. */
#ifndef STORE_STORY_H
#define STORE_STORY_H

#include "base/arena.h"
#include "db/pg.h"
#include "proto/bytes.h"
#include "proto/limits.h"

extern const struct pg_statement story_payments_sql;
extern const struct pg_statement story_receipts_sql;
extern const struct pg_statement story_steps_sql;
extern const struct pg_statement story_legs_sql;
extern const struct pg_statement story_ratings_sql;

/* One of the five, about one prescription, STORY_ROWS_MAX rows at most. */
MUST_CHECK int store_story(struct pg_unit *unit, struct arena *arena,
	const struct pg_statement *statement, const uint8_t rx_id[RX_ID_LEN]);

/* Texts are borrowed until the unit is cleared. */
struct story_payment {
	int16_t fill_no, settlement_no, fee_kind, reversal_reason;
	const char *settlement_id, *reporter_code, *payee_code, *channel, *insurance_type;
	const char *payment_order_no;
	const char *reversal_id, *reversal_operator; /* NULL: it stands */
	int64_t settled_at_ms, reversed_at_ms;
	int64_t total_fen, pooled_fund_fen, personal_account_fen, cash_fen, delivery_fee_fen;
	bool internet, cross_region, real_name;
};
void store_story_payment(const struct pg_unit *u, unsigned query, int row,
	struct story_payment *ret);

struct story_receipt {
	int16_t fill_no, settlement_no, kind;
	const char *number;
	int64_t issued_at_ms;
};
void store_story_receipt(const struct pg_unit *u, unsigned query, int row,
	struct story_receipt *ret);

struct story_step {
	int16_t fill_no, settlement_no, line_no, step, ground, action;
	const char *rule, *note, *actor_code;
	int64_t amount_fen, at_ms;
};
void store_story_step(const struct pg_unit *u, unsigned query, int row, struct story_step *ret);

/* A step of a delivery with the order it belongs to. */
struct story_leg {
	int16_t fill_no, order_no, event;
	const char *delivery_no, *carrier_name, *region;
	int64_t at_ms;
};
void store_story_leg(const struct pg_unit *u, unsigned query, int row, struct story_leg *ret);

struct story_rating {
	int16_t fill_no, score;
	int64_t rated_at_ms;
};
void store_story_rating(const struct pg_unit *u, unsigned query, int row,
	struct story_rating *ret);

#endif
