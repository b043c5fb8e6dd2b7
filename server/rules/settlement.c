#include "rules/settlement.h"

#include <stddef.h>
#include <string.h>

#define EMPLOYEES "310" /* nat: insutype */

static bool is_amount(int64_t fen)
{
	return fen >= 0 && fen <= SETTLEMENT_FEN_MAX;
}

static bool total_bad(const struct settlement *s)
{
	return !is_amount(s->total_fen);
}

static bool pooled_bad(const struct settlement *s)
{
	return !is_amount(s->pooled_fund_fen);
}

static bool account_bad(const struct settlement *s)
{
	return !is_amount(s->personal_account_fen);
}

static bool cash_bad(const struct settlement *s)
{
	return !is_amount(s->cash_fen);
}

static bool delivery_bad(const struct settlement *s)
{
	return !is_amount(s->delivery_fee_fen);
}

static bool amounts_bad(const struct settlement *s)
{
	return total_bad(s) || pooled_bad(s) || account_bad(s) || cash_bad(s) || delivery_bad(s);
}

/* Only of sound amounts: others could overflow. */
static int64_t parts_of(const struct settlement *s)
{
	return s->pooled_fund_fen + s->personal_account_fen + s->cash_fen;
}

static bool parts_differ(const struct settlement *s)
{
	return !amounts_bad(s) && parts_of(s) != s->total_fen;
}

static bool delivery_inside(const struct settlement *s)
{
	return !amounts_bad(s) && s->delivery_fee_fen > 0 &&
		parts_of(s) == s->total_fen + s->delivery_fee_fen;
}

static bool account_of_others(const struct settlement *s)
{
	return s->personal_account_fen > 0 && strcmp(s->insurance_type, EMPLOYEES) != 0;
}

static bool fund_of_nobody(const struct settlement *s)
{
	return s->pooled_fund_fen > 0 && s->insurance_type[0] == '\0';
}

static bool authentication_missing(const struct settlement *s)
{
	return s->online && s->real_name_serial[0] == '\0';
}

static bool payment_missing(const struct settlement *s)
{
	return s->online && s->payment_order_no[0] == '\0';
}

static bool kind_of_others(const struct settlement *s)
{
	switch (s->kind) {
	case FEE_CONSULTATION:
		return !s->by_hospital || !s->by_issuer;
	case FEE_HOSPITAL_DRUGS:
		return !s->by_hospital;
	case FEE_RETAIL_DRUGS:
	case FEE_THIRD_PARTY_DRUGS:
		return s->by_hospital;
	}
	return true;
}

static bool fill_misplaced(const struct settlement *s)
{
	return (s->kind == FEE_CONSULTATION) != (s->fill_no == 0);
}

static bool supplier_undesignated(const struct settlement *s)
{
	return s->kind == FEE_THIRD_PARTY_DRUGS && !s->is_supplier;
}

static bool service_misplaced(const struct settlement *s)
{
	return (s->kind == FEE_CONSULTATION) != (s->service_code[0] != '\0');
}

static bool price_unknown(const struct settlement *s)
{
	return s->kind == FEE_CONSULTATION && s->price_max_fen < 0;
}

static bool price_exceeded(const struct settlement *s)
{
	return s->kind == FEE_CONSULTATION && s->price_max_fen >= 0 && s->total_fen > s->price_max_fen;
}

static bool consultation_delivered(const struct settlement *s)
{
	return s->kind == FEE_CONSULTATION && s->delivery_fee_fen > 0;
}

#define AMOUNT_RULE(field, broken) \
	{"settlement-amount", field, "SX15-4.3", "must be 0 or more, at most 16 digits of fen", \
		"金额（分）不得为负，至多 16 位", broken}

static const struct settlement_rule rules[] = {
	AMOUNT_RULE("total_fen", total_bad),
	AMOUNT_RULE("pooled_fund_fen", pooled_bad),
	AMOUNT_RULE("personal_account_fen", account_bad),
	AMOUNT_RULE("cash_fen", cash_bad),
	AMOUNT_RULE("delivery_fee_fen", delivery_bad),
	{"settlement-parts", "total_fen", "SX15-4.3",
		"pooled fund, personal account and cash must sum exactly to the total",
		"统筹基金、个人账户与现金之和须等于总额", parts_differ},
	{"settlement-delivery", "delivery_fee_fen", "SX15-4.4",
		"the delivery fee stands apart and is no part of what is settled",
		"配送服务费须单列，不得计入结算各部分", delivery_inside},
	{"settlement-account", "personal_account_fen", "SX15-4.3",
		"only employees' insurance (310) has a personal account to pay from",
		"仅职工医保（310）可使用个人账户支付", account_of_others},
	{"settlement-insurance", "insurance_type", "insutype",
		"the pooled fund of no insurance pays nothing", "统筹基金支付须注明险种", fund_of_nobody},
	{"settlement-authentication", "real_name_serial", "TJ2-15a",
		"an online payment names the e-voucher's real-name authentication",
		"线上支付须注明医保电子凭证实名认证流水号", authentication_missing},
	{"settlement-payment", "payment_order_no", "TJ2-15a",
		"an online payment names the mobile payment's order", "线上支付须注明移动支付订单号",
		payment_missing},
	{"settlement-kind", "fee_kind", "SX15-4.2",
		"a consultation is reported by the hospital that issued the prescription, a hospital's"
		" drugs by a hospital, other drugs by a pharmacy",
		"诊察费由开方医院上报，医院药品费由医院上报，其他药品费由药店上报", kind_of_others},
	{"settlement-fill", "fill_no", "SX15-4.2", "a consultation has no fill, drugs have one",
		"诊察费不对应调配（次序号为 0），药品费须对应一次调配", fill_misplaced},
	{"settlement-supplier", "fee_kind", "SX15-4.2",
		"the hospital did not designate this institution to supply its drugs then",
		"该机构当时不是医院指定的第三方供药机构", supplier_undesignated},
	{"settlement-service", "service_code", "TJ2-10a",
		"a consultation names its item of the code table, drugs name none",
		"诊察费须注明诊察类项目编码，药品费不填", service_misplaced},
	{"settlement-price-unknown", "service_code", "TJ2-10a",
		"nobody set an ordinary outpatient price of that item for that day and region",
		"该地区当日没有该项目的普通门诊诊察价格", price_unknown},
	{"settlement-price", "total_fen", "TJ2-10a NH123-1.1",
		"a consultation costs at most the ordinary outpatient price of that day and region",
		"诊察费不得高于该地区当日普通门诊诊察价格", price_exceeded},
	{"settlement-delivery", "delivery_fee_fen", "SX15-4.4", "a consultation has no delivery fee",
		"诊察费没有配送服务费", consultation_delivered},
};

const struct settlement_rule *settlement_broken_next(const struct settlement *s,
	const struct settlement_rule *previous)
{
	const struct settlement_rule *end = rules + sizeof(rules) / sizeof(rules[0]);

	for (const struct settlement_rule *r = previous == NULL ? rules : previous + 1; r < end; r++)
		if (r->broken(s))
			return r;
	return NULL;
}

const char *settlement_payee(enum fee_kind kind, const char *reporter, const char *host)
{
	return kind == FEE_RETAIL_DRUGS ? reporter : host;
}

static int64_t lower(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

int64_t settlement_price_max(int64_t region_fen, int64_t table_fen, int64_t own_fen)
{
	int64_t ordinary = lower(region_fen, table_fen);

	return ordinary == 0 ? -1 : lower(ordinary, own_fen);
}
