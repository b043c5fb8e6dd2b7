#include "service/settlement/charge_month.h"

#include <stdio.h>
#include <string.h>

#include "domain/china_date.h"

enum { MONTHS_BACK_MAX = 24, MONTH_LEN = 7 };

static int32_t first_of(int32_t day)
{
	struct china_date date = date_of_day(day);

	date.day = 1;
	return date_to_day(date);
}

bool charge_month_read(struct request *req, const char *text, int32_t *ret_first)
{
	int32_t current = first_of(date_day_of(req->received_at_ms)), first;
	char day[DATE_LEN + 1];

	snprintf(day, sizeof(day), "%.7s-01", text);
	if (strlen(text) != MONTH_LEN || !date_read(day, &first) || first > current ||
		first < date_to_day(date_add_months(date_of_day(current), -MONTHS_BACK_MAX))) {
		request_find_field(req, "month", "is not yyyy-MM, in the future or older than 24 months",
			"须为 yyyy-MM，不晚于本月且不早于 24 个月前");
		return false;
	}
	*ret_first = first;
	return true;
}

void charge_month_span(int32_t first, int64_t *ret_from_ms, int64_t *ret_until_ms)
{
	*ret_from_ms = date_day_begins(first);
	*ret_until_ms = date_day_begins(date_to_day(date_add_months(date_of_day(first), 1)));
}

struct charge_total charge_total_of(const Rxcirc__V1__ChargeTotal *m)
{
	return (struct charge_total){(enum fee_kind)m->fee_kind, m->internet, m->cross_region,
		m->settlements, m->total_fen, m->pooled_fund_fen, m->personal_account_fen, m->cash_fen};
}

void charge_total_fill(Rxcirc__V1__ChargeTotal *m, const struct charge_total *t)
{
	rxcirc__v1__charge_total__init(m);
	m->fee_kind = (Rxcirc__V1__FeeKind)t->kind;
	m->internet = t->internet;
	m->cross_region = t->cross_region;
	m->settlements = t->settlements;
	m->total_fen = t->total_fen;
	m->pooled_fund_fen = t->pooled_fund_fen;
	m->personal_account_fen = t->personal_account_fen;
	m->cash_fen = t->cash_fen;
}
