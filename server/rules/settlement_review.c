#include "rules/settlement_review.h"

enum { SAMPLE_OF = 1000 };

static bool is_drugs(const struct review_facts *f)
{
	return f->kind != FEE_CONSULTATION;
}

static bool fill_gone(const struct review_facts *f)
{
	return is_drugs(f) && (f->dispensed_at_ms == 0 || !f->remains);
}

static bool total_stale(const struct review_facts *f)
{
	return is_drugs(f) && f->dispensed_at_ms != 0 && f->remains && f->net_fen != f->total_fen;
}

static bool settled_early(const struct review_facts *f)
{
	return is_drugs(f) && f->dispensed_at_ms != 0 && f->settled_at_ms < f->dispensed_at_ms;
}

static bool price_high(const struct review_facts *f)
{
	return f->overpriced > 0;
}

static bool trace_missing(const struct review_facts *f)
{
	return f->untraced > 0 && f->pooled_fund_fen > 0;
}

static bool person_blocked(const struct review_facts *f)
{
	return f->blocked && (f->pooled_fund_fen > 0 || f->personal_account_fen > 0);
}

static bool check_missing(const struct review_facts *f)
{
	return f->paid_online && !f->authenticated;
}

static bool consultation_high(const struct review_facts *f)
{
	return f->kind == FEE_CONSULTATION &&
		(f->price_max_fen < 0 || f->total_fen > f->price_max_fen);
}

static const struct review_rule rules[] = {
	{"review-fill", "fill_no", "TJ2-17b", "nothing of this fill is with the patient any more",
		"该次调配已不存在或已全部退药", fill_gone},
	{"review-total", "total_fen", "TJ2-17b", "drugs were returned, the settlement is still of all",
		"有退药而结算未冲正，金额与调配净额不符", total_stale},
	{"review-early", "settled_at_ms", "TJ2-17b", "it was settled before the drugs were handed over",
		"结算时间早于调配时间", settled_early},
	{"review-price", "unit_price_e6", "TJ2-17b SX15-4.1",
		"a drug was sold above the catalogue's price of that day", "药品售价高于当日目录价格",
		price_high},
	{"review-trace", "trace_codes", "TJ2-17b C20",
		"the fund paid for drugs handed over without a trace code", "未采集追溯码的药品由基金支付",
		trace_missing},
	{"review-blocked", "pooled_fund_fen", "SX15-8.9",
		"the insurance paid for a person it must not pay for", "已被暂停医保支付资格的参保人使用了基金或账户",
		person_blocked},
	{"review-authentication", "real_name_serial", "TJ2-15a",
		"no passed real-name check was reported for the online payment",
		"线上支付没有已通过的实名认证记录", check_missing},
	{"review-consultation", "total_fen", "TJ2-10a NH123-1.1",
		"the consultation costs more than the ordinary outpatient price",
		"诊察费高于普通门诊诊察价格", consultation_high},
};

const struct review_rule *review_broken_next(const struct review_facts *f,
	const struct review_rule *previous)
{
	const struct review_rule *end = rules + sizeof(rules) / sizeof(rules[0]);

	for (const struct review_rule *r = previous == NULL ? rules : previous + 1; r < end; r++)
		if (r->broken(f))
			return r;
	return NULL;
}

bool review_is_sampled(const uint8_t *digest, int64_t permille)
{
	uint32_t number = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
		(uint32_t)digest[2] << 8 | digest[3];

	return number % SAMPLE_OF < permille;
}
