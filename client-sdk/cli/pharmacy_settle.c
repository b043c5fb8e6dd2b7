/* pharmacy settle: tell how a hand-over was paid. */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_state.h"

enum { FILL_DIGITS_MAX = 5, MONEY_DIGITS = 16, MONEY_SCALE = 2 };

struct settle_args {
	const char *as, *fill, *settlement, *at;
	const char *total, *pooled, *account, *cash, *delivery;
	const char *auth, *order, *insurance;
	bool online, cross_region;
	struct args rest;
};

/* Yuan to fen; not given = nothing was paid this way. */
static int settle_money(const char *text, const char *name, int64_t *ret_fen)
{
	*ret_fen = 0;
	if (text && decimal_parse(text, MONEY_DIGITS, MONEY_SCALE, MONEY_SCALE, ret_fen) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--%s must be yuan like 12.50", "--%s 须为金额（元），如 12.50", name);
	return 0;
}

static int settle_amounts(const struct settle_args *args, Rxcirc__V1__ReportSettlementRequest *m)
{
	int r = settle_money(args->total, "total", &m->total_fen);

	if (r == 0)
		r = settle_money(args->pooled, "pooled", &m->pooled_fund_fen);
	if (r == 0)
		r = settle_money(args->account, "account", &m->personal_account_fen);
	if (r == 0)
		r = settle_money(args->cash, "cash", &m->cash_fen);
	if (r == 0)
		r = settle_money(args->delivery, "delivery", &m->delivery_fee_fen);
	return r;
}

static int settle_fill(const struct settle_args *args, const struct rx_state *rx,
	Rxcirc__V1__ReportSettlementRequest *m)
{
	int64_t fill = 1;

	rxcirc__v1__report_settlement_request__init(m);
	if (args->fill && decimal_parse(args->fill, FILL_DIGITS_MAX, 0, 0, &fill) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--fill is the number of the hand-over", "--fill 须为调配次序号");
	m->settled_at_ms = clock_now_ms();
	if (args->at && china_time_parse_loose(args->at, &m->settled_at_ms) < 0)
		return fail(EXIT_USAGE, "--at must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
			"--at 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数");
	m->rx_id = pbdata(rx->rx_id, sizeof(rx->rx_id));
	m->fill_no = (uint32_t)fill;
	m->settlement_id = pbtext(args->settlement);
	m->channel = pbtext(args->online ? "online" : "store");
	m->real_name_serial = pbtext(args->auth ? args->auth : "");
	m->payment_order_no = pbtext(args->order ? args->order : "");
	m->insurance_type = pbtext(args->insurance ? args->insurance : "");
	m->cross_region = args->cross_region;
	m->hospital_code = rx->prescription->hospital_code;
	return settle_amounts(args, m);
}

static int settle_send(const struct institution *pharmacy, const struct rx_state *rx,
	const Rxcirc__V1__ReportSettlementRequest *request)
{
	const Rxcirc__V1__ReportSettlementRequest *sent;
	Rxcirc__V1__ReportSettlementResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = pending_open(&pending, pharmacy, "settle", rx->code, &request->base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__ReportSettlementRequest *)pending.request;
	if (rxc_pharmacy_settle(pharmacy->client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rxcirc__v1__report_settlement_response__free_unpacked(reply, NULL);
	say("settlement %s of fill %u recorded\n", "结算 %s（第 %u 次调配）已上报\n", sent->settlement_id,
		sent->fill_no);
	r = answer(json_pack("{s:b, s:i, s:s, s:I, s:s}", "ok", 1, "exit", EXIT_OK, "rx", rx->code,
		"fill_no", (json_int_t)sent->fill_no, "settlement", sent->settlement_id));
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int settle(const struct settle_args *args, const struct institution *pharmacy)
{
	Rxcirc__V1__ReportSettlementRequest request;
	struct rx_state rx = {.claimed = false};
	int r = rx_state_load(&rx, pharmacy, args->rest.positional[0]);

	if (r == 0)
		r = settle_fill(args, &rx, &request);
	if (r == 0)
		r = settle_send(pharmacy, &rx, &request);
	rx_state_clear(&rx);
	return r;
}

int pharmacy_settle_run(int argc, char **argv)
{
	struct settle_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"fill", ARG_TEXT, &args.fill},
		{"settlement", ARG_TEXT, &args.settlement}, {"at", ARG_TEXT, &args.at},
		{"total", ARG_TEXT, &args.total}, {"pooled", ARG_TEXT, &args.pooled},
		{"account", ARG_TEXT, &args.account}, {"cash", ARG_TEXT, &args.cash},
		{"delivery", ARG_TEXT, &args.delivery}, {"auth", ARG_TEXT, &args.auth},
		{"order", ARG_TEXT, &args.order}, {"insurance", ARG_TEXT, &args.insurance},
		{"online", ARG_FLAG, &args.online}, {"cross-region", ARG_FLAG, &args.cross_region},
	};
	struct institution pharmacy;
	int r = args_parse(&args.rest, argc, argv, options, sizeof(options) / sizeof(options[0]), 1, 1);

	if (r == 0)
		r = args_need(args.settlement, "settlement");
	if (r == 0)
		r = args_need(args.total, "total");
	if (r != 0 || (r = institution_open(&pharmacy, args.as)) != 0)
		return r;
	r = settle(&args, &pharmacy);
	institution_close(&pharmacy);
	return r;
}
