/* declare-charges and charges: a month as an institution claims it and as its settlements say. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/settlement.h"

enum { TOTALS_MAX = 16, TOTAL_FIELDS = 8, FIELD_MAX = 32, YUAN_MAX = 32, WORD_MAX = 32 };

struct declare_args {
	const char *as, *month, *revision;
	struct arg_list totals;
	struct args rest;
	Rxcirc__V1__ChargeTotal rows[TOTALS_MAX];
	Rxcirc__V1__ChargeTotal *pointers[TOTALS_MAX];
};

/* KIND,internet|offline,local|cross,COUNT,TOTAL,POOLED,ACCOUNT,CASH */
static int total_split(const char *text, char fields[TOTAL_FIELDS][FIELD_MAX])
{
	size_t n = 0;

	for (const char *at = text;; n++) {
		size_t len = strcspn(at, ",");

		if (n == TOTAL_FIELDS || len >= FIELD_MAX)
			break;
		snprintf(fields[n], FIELD_MAX, "%.*s", (int)len, at);
		if (at[len] == '\0' && n == TOTAL_FIELDS - 1)
			return 0;
		if (at[len] == '\0')
			break;
		at += len + 1;
	}
	return fail(EXIT_USAGE,
		"--total is KIND,internet|offline,local|cross,COUNT,TOTAL,POOLED,ACCOUNT,CASH",
		"--total 格式为 类别,internet|offline,local|cross,笔数,总额,统筹,个人账户,现金");
}

static int total_read(const char *text, Rxcirc__V1__ChargeTotal *m)
{
	char f[TOTAL_FIELDS][FIELD_MAX];
	int kind, business, region, r = total_split(text, f);
	uint32_t count;

	rxcirc__v1__charge_total__init(m);
	if (r == 0)
		r = settlement_word(f[0], "total", SETTLEMENT_KINDS, &kind);
	if (r == 0)
		r = settlement_word(f[1], "total", "offline internet", &business);
	if (r == 0)
		r = settlement_word(f[2], "total", "local cross", &region);
	if (r == 0)
		r = settlement_number(f[3], "total", 0, &count);
	if (r == 0)
		r = settlement_money(f[4], "total", &m->total_fen);
	if (r == 0)
		r = settlement_money(f[5], "total", &m->pooled_fund_fen);
	if (r == 0)
		r = settlement_money(f[6], "total", &m->personal_account_fen);
	if (r == 0)
		r = settlement_money(f[7], "total", &m->cash_fen);
	if (r != 0)
		return r;
	m->fee_kind = (Rxcirc__V1__FeeKind)kind;
	m->internet = business == 2;
	m->cross_region = region == 2;
	m->settlements = count;
	return 0;
}

static int declare_send(const struct institution *institution,
	const Rxcirc__V1__DeclareChargesRequest *request)
{
	const Rxcirc__V1__DeclareChargesRequest *sent;
	Rxcirc__V1__DeclareChargesResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = pending_open(&pending, institution, "declare-charges", request->month, &request->base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__DeclareChargesRequest *)pending.request;
	if (rxc_charges_declare(institution->client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	say("charges of %s declared for %s, revision %u\n", "%s 费用已以 %s 名义申报，第 %u 版\n",
		sent->month, reply->payee_code, sent->revision);
	r = answer(json_pack("{s:b, s:i, s:s, s:s, s:I, s:I}", "ok", 1, "exit", EXIT_OK, "month",
		sent->month, "payee", reply->payee_code, "revision", (json_int_t)sent->revision, "totals",
		(json_int_t)reply->totals));
	rxcirc__v1__declare_charges_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int charges_declare_run(int argc, char **argv)
{
	struct declare_args args = {.as = NULL};
	const struct arg_option options[] = {{"as", ARG_TEXT, &args.as},
		{"month", ARG_TEXT, &args.month}, {"revision", ARG_TEXT, &args.revision},
		{"total", ARG_LIST, &args.totals}};
	Rxcirc__V1__DeclareChargesRequest request = RXCIRC__V1__DECLARE_CHARGES_REQUEST__INIT;
	struct institution institution;
	int r = args_parse(&args.rest, argc, argv, options, 4, 0, 0);

	if (r == 0)
		r = args_need(args.month, "month");
	if (r == 0)
		r = settlement_number(args.revision, "revision", 1, &request.revision);
	if (r == 0 && args.totals.count > TOTALS_MAX)
		r = fail(EXIT_USAGE, "--total at most %d times", "--total 至多 %d 次", TOTALS_MAX);
	for (size_t i = 0; r == 0 && i < args.totals.count; i++) {
		r = total_read(args.totals.items[i], &args.rows[i]);
		args.pointers[i] = &args.rows[i];
	}
	if (r != 0 || (r = institution_open(&institution, args.as)) != 0)
		return r;
	request.month = pbtext(args.month);
	request.totals = args.pointers;
	request.n_totals = args.totals.count;
	r = declare_send(&institution, &request);
	institution_close(&institution);
	return r;
}

/* ---- as declared and as computed ---- */

static json_t *total_json(const Rxcirc__V1__ChargeTotal *t)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "settlements", (json_int_t)t->settlements,
		"total_fen", (json_int_t)t->total_fen, "pooled_fund_fen", (json_int_t)t->pooled_fund_fen,
		"personal_account_fen", (json_int_t)t->personal_account_fen, "cash_fen",
		(json_int_t)t->cash_fen);
}

static void line_tell(const Rxcirc__V1__ChargeLine *line, json_t *lines)
{
	const Rxcirc__V1__ChargeTotal *d = line->declared, *c = line->computed;
	char kind[WORD_MAX], declared[YUAN_MAX], computed[YUAN_MAX];

	settlement_word_of(SETTLEMENT_KINDS, (int)c->fee_kind, kind, sizeof(kind));
	settlement_yuan(d->total_fen, declared, sizeof(declared));
	settlement_yuan(c->total_fen, computed, sizeof(computed));
	json_array_append_new(lines, json_pack("{s:s, s:b, s:b, s:b, s:o, s:o}", "kind", kind,
		"internet", (int)c->internet, "cross_region", (int)c->cross_region, "differs",
		(int)line->differs, "declared", total_json(d), "computed", total_json(c)));
	say("%-12s %-8s %-5s  declared %" PRId64 " (%s), settled %" PRId64 " (%s)  %s\n",
		"%-12s %-8s %-5s  申报 %" PRId64 " 笔（%s 元），结算 %" PRId64 " 笔（%s 元）  %s\n", kind,
		c->internet ? say_pick("internet", "线上") : say_pick("offline", "线下"),
		c->cross_region ? say_pick("cross", "异地") : say_pick("local", "本地"), d->settlements,
		declared, c->settlements, computed,
		line->differs ? say_pick("DIFFERS", "不一致") : say_pick("agrees", "一致"));
}

static int charges_tell(const Rxcirc__V1__QueryChargesResponse *reply, const char *month)
{
	int code = reply->differs ? EXIT_REFUSED : EXIT_OK;
	json_t *lines = json_array();
	char refused[YUAN_MAX];

	say("%s, %s, revision %u\n", "%s，%s，申报第 %u 版\n", reply->payee_code, month, reply->revision);
	for (size_t i = 0; i < reply->n_lines; i++)
		if (reply->lines[i]->declared && reply->lines[i]->computed)
			line_tell(reply->lines[i], lines);
	settlement_yuan(reply->refused_fen, refused, sizeof(refused));
	say("refused: %u lines, %s yuan; decided to be paid: %u\n", "拒付 %u 条、%s 元；审核支付 %u 笔\n",
		reply->refused_lines, refused, reply->paid);
	(void)answer(json_pack("{s:b, s:i, s:s, s:I, s:b, s:o, s:I, s:I, s:I}", "ok", !reply->differs,
		"exit", code, "payee", reply->payee_code, "revision", (json_int_t)reply->revision,
		"differs", (int)reply->differs, "lines", lines, "refused_lines",
		(json_int_t)reply->refused_lines, "refused_fen", (json_int_t)reply->refused_fen, "paid",
		(json_int_t)reply->paid));
	return code;
}

int charges_query_run(int argc, char **argv)
{
	const char *as = NULL, *month = NULL, *institution_code = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"month", ARG_TEXT, &month},
		{"institution", ARG_TEXT, &institution_code}};
	Rxcirc__V1__QueryChargesRequest request = RXCIRC__V1__QUERY_CHARGES_REQUEST__INIT;
	Rxcirc__V1__QueryChargesResponse *reply;
	struct institution who;
	rxc_error *error = NULL;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 3, 0, 0);

	if (r == 0)
		r = args_need(month, "month");
	if (r != 0 || (r = institution_open(&who, as)) != 0)
		return r;
	request.month = pbtext(month);
	request.institution_code = pbtext(institution_code ? institution_code : "");
	if (rxc_charges_query(who.client, &request, NULL, &reply, &error) < 0) {
		r = report_call(error, false);
	} else {
		r = charges_tell(reply, month);
		rxcirc__v1__query_charges_response__free_unpacked(reply, NULL);
	}
	institution_close(&who);
	return r;
}
