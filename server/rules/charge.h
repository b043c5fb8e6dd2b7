/* A month's charges: what may be declared, and whether it is what the settlements say (TJ2-17a). */
#ifndef RULES_CHARGE_H
#define RULES_CHARGE_H

#include <stddef.h>

#include "rules/settlement.h"

struct charge_total {
	enum fee_kind kind;
	bool internet, cross_region; /* two facts, not three businesses (TJ2-5.6) */
	int64_t settlements;
	int64_t total_fen, pooled_fund_fen, personal_account_fen, cash_fen;
};

enum charge_problem {
	CHARGE_OK,
	CHARGE_KIND_UNKNOWN,
	CHARGE_TWICE,          /* the same kind, business and region flag again */
	CHARGE_COUNT_WRONG,    /* negative, or amounts of no settlement */
	CHARGE_AMOUNT_WRONG,   /* beyond 16 digits of fen */
	CHARGE_PARTS_DIFFER,   /* the parts do not sum to the total */
};

/* The first problem; *ret_index says of which.  Pure. */
enum charge_problem charge_judge(const struct charge_total *totals, size_t count,
	size_t *ret_index);
/* Any number is another.  Pure. */
bool charge_differs(const struct charge_total *a, const struct charge_total *b);

#endif
