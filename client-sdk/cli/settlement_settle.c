/* pharmacy settle, hospital settle: tell how a hand-over or a consultation was paid. */
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_state.h"
#include "client-sdk/cli/settlement.h"

enum { WORD_MAX = 32, INSTITUTION_CODE_SIZE = 64 };

struct settle_args {
	const char *as, *fill, *settlement, *at, *kind, *service, *hospital;
	const char *total, *pooled, *account, *cash, *delivery;
	const char *auth, *order, *insurance, *pay_channel;
	bool online, cross_region, is_hospital;
	struct args rest;
	uint8_t rx_id[RXC_RX_ID_LEN];
	char hospital_code[INSTITUTION_CODE_SIZE];
};

static int settle_amounts(const struct settle_args *args, Rxcirc__V1__ReportSettlementRequest *m)
{
	int r = settlement_money(args->total, "total", &m->total_fen);

	if (r == 0)
		r = settlement_money(args->pooled, "pooled", &m->pooled_fund_fen);
	if (r == 0)
		r = settlement_money(args->account, "account", &m->personal_account_fen);
	if (r == 0)
		r = settlement_money(args->cash, "cash", &m->cash_fen);
	if (r == 0)
		r = settlement_money(args->delivery, "delivery", &m->delivery_fee_fen);
	return r;
}

/* Who wrote the prescription: as told, a hospital itself, or what the pharmacy pulled. */
static int settle_hospital(struct settle_args *args, const struct institution *institution)
{
	struct rx_state rx = {.claimed = false};
	const char *code = args->hospital;
	int r;

	if (!code && args->is_hospital)
		code = institution->code;
	if (code) {
		strncpy(args->hospital_code, code, sizeof(args->hospital_code) - 1);
		return 0;
	}
	r = rx_state_load(&rx, institution, args->rest.positional[0]);
	if (r == 0)
		strncpy(args->hospital_code, rx.prescription->hospital_code,
			sizeof(args->hospital_code) - 1);
	rx_state_clear(&rx);
	return r;
}

static int settle_fill(struct settle_args *args, Rxcirc__V1__ReportSettlementRequest *m)
{
	int kind, r;

	rxcirc__v1__report_settlement_request__init(m);
	r = settlement_word(args->kind, "kind", SETTLEMENT_KINDS, &kind);
	if (r == 0)
		r = settlement_number(args->fill, "fill", kind == 1 ? 0 : 1, &m->fill_no);
	if (r == 0)
		r = settlement_time(args->at, "at", &m->settled_at_ms);
	if (r == 0)
		r = settlement_rx(args->rest.positional[0], args->rx_id);
	m->fee_kind = (Rxcirc__V1__FeeKind)kind;
	m->rx_id = pbdata(args->rx_id, sizeof(args->rx_id));
	m->settlement_id = pbtext(args->settlement);
	m->channel = pbtext(args->online ? "online" : "store");
	m->real_name_serial = pbtext(args->auth ? args->auth : "");
	m->payment_order_no = pbtext(args->order ? args->order : "");
	m->insurance_type = pbtext(args->insurance ? args->insurance : "");
	m->service_code = pbtext(args->service ? args->service : "");
	m->pay_channel = pbtext(args->pay_channel ? args->pay_channel : "");
	m->cross_region = args->cross_region;
	m->hospital_code = args->hospital_code;
	return r == 0 ? settle_amounts(args, m) : r;
}

static int settle_send(const struct institution *institution, const char *code,
	const Rxcirc__V1__ReportSettlementRequest *request)
{
	const Rxcirc__V1__ReportSettlementRequest *sent;
	Rxcirc__V1__ReportSettlementResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	char kind[WORD_MAX];
	int r = pending_open(&pending, institution, "settle", code, &request->base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__ReportSettlementRequest *)pending.request;
	if (rxc_pharmacy_settle(institution->client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	say("settlement %s of fill %u recorded; the agency pays %s\n",
		"结算 %s（第 %u 次调配）已上报；医保结算对象：%s\n", sent->settlement_id, sent->fill_no,
		reply->payee_code);
	r = answer(json_pack("{s:b, s:i, s:s, s:I, s:s, s:s, s:s}", "ok", 1, "exit", EXIT_OK, "rx",
		code, "fill_no", (json_int_t)sent->fill_no, "settlement", sent->settlement_id, "payee",
		reply->payee_code, "kind", settlement_word_of(SETTLEMENT_KINDS, (int)reply->fee_kind, kind,
		sizeof(kind))));
	rxcirc__v1__report_settlement_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int settle(struct settle_args *args, const struct institution *institution)
{
	Rxcirc__V1__ReportSettlementRequest request;
	int r = settle_hospital(args, institution);

	if (r == 0)
		r = settle_fill(args, &request);
	return r == 0 ? settle_send(institution, args->rest.positional[0], &request) : r;
}

int settlement_settle_run(int argc, char **argv, bool is_hospital)
{
	struct settle_args args = {.is_hospital = is_hospital};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"fill", ARG_TEXT, &args.fill},
		{"settlement", ARG_TEXT, &args.settlement}, {"at", ARG_TEXT, &args.at},
		{"total", ARG_TEXT, &args.total}, {"pooled", ARG_TEXT, &args.pooled},
		{"account", ARG_TEXT, &args.account}, {"cash", ARG_TEXT, &args.cash},
		{"delivery", ARG_TEXT, &args.delivery}, {"auth", ARG_TEXT, &args.auth},
		{"order", ARG_TEXT, &args.order}, {"insurance", ARG_TEXT, &args.insurance},
		{"kind", ARG_TEXT, &args.kind}, {"service", ARG_TEXT, &args.service},
		{"hospital", ARG_TEXT, &args.hospital}, {"pay-channel", ARG_TEXT, &args.pay_channel},
		{"online", ARG_FLAG, &args.online}, {"cross-region", ARG_FLAG, &args.cross_region},
	};
	struct institution institution;
	int r = args_parse(&args.rest, argc, argv, options, sizeof(options) / sizeof(options[0]), 1, 1);

	if (r == 0)
		r = args_need(args.settlement, "settlement");
	if (r == 0)
		r = args_need(args.total, "total");
	if (r != 0 || (r = institution_open(&institution, args.as)) != 0)
		return r;
	r = settle(&args, &institution);
	institution_close(&institution);
	return r;
}

int pharmacy_settle_run(int argc, char **argv)
{
	return settlement_settle_run(argc, argv, false);
}

int hospital_settle_run(int argc, char **argv)
{
	return settlement_settle_run(argc, argv, true);
}
