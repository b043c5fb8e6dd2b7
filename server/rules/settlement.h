/* How a hand-over may be paid: parts, insurance, and what an online payment must name. */
#ifndef RULES_SETTLEMENT_H
#define RULES_SETTLEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Fen; nat: N16,2.  Four of them fit 64 bits. */
#define SETTLEMENT_FEN_MAX INT64_C(9999999999999999)

struct settlement {
	int64_t total_fen; /* of the drugs */
	int64_t pooled_fund_fen, personal_account_fen, cash_fen;
	int64_t delivery_fee_fen; /* beside the total */
	bool online;
	const char *insurance_type, *real_name_serial, *payment_order_no; /* "" = none */
};

struct settlement_rule {
	const char *id, *field, *source, *english, *chinese;
	bool (*broken)(const struct settlement *s);
};

/* The broken rules, one after the other: the first one behind `previous` (NULL = from the
 * beginning), NULL when there is no further.  Pure. */
const struct settlement_rule *settlement_broken_next(const struct settlement *s,
	const struct settlement_rule *previous);

#endif
