#include "rules/charge.h"

/* A month that only reversed has negative amounts. */
static bool amount_bad(int64_t fen)
{
	return fen < -SETTLEMENT_FEN_MAX || fen > SETTLEMENT_FEN_MAX;
}

static bool same_place(const struct charge_total *a, const struct charge_total *b)
{
	return a->kind == b->kind && a->internet == b->internet && a->cross_region == b->cross_region;
}

static enum charge_problem judge_one(const struct charge_total *t)
{
	if (t->kind < FEE_CONSULTATION || t->kind > FEE_THIRD_PARTY_DRUGS)
		return CHARGE_KIND_UNKNOWN;
	if (t->settlements < 0 || t->settlements > SETTLEMENT_FEN_MAX)
		return CHARGE_COUNT_WRONG;
	if (amount_bad(t->total_fen) || amount_bad(t->pooled_fund_fen) ||
		amount_bad(t->personal_account_fen) || amount_bad(t->cash_fen))
		return CHARGE_AMOUNT_WRONG;
	if (t->pooled_fund_fen + t->personal_account_fen + t->cash_fen != t->total_fen)
		return CHARGE_PARTS_DIFFER;
	return CHARGE_OK;
}

enum charge_problem charge_judge(const struct charge_total *totals, size_t count,
	size_t *ret_index)
{
	for (size_t i = 0; i < count; i++) {
		enum charge_problem problem = judge_one(&totals[i]);

		*ret_index = i;
		if (problem != CHARGE_OK)
			return problem;
		for (size_t j = 0; j < i; j++)
			if (same_place(&totals[i], &totals[j]))
				return CHARGE_TWICE;
	}
	return CHARGE_OK;
}

bool charge_differs(const struct charge_total *a, const struct charge_total *b)
{
	return a->settlements != b->settlements || a->total_fen != b->total_fen ||
		a->pooled_fund_fen != b->pooled_fund_fen ||
		a->personal_account_fen != b->personal_account_fen || a->cash_fen != b->cash_fen;
}
