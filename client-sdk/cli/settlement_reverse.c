/* reverse-settlement and receipt, of pharmacies and hospitals alike. */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/settlement.h"

struct reverse_args {
	const char *as, *fill, *settlement, *reversal, *reason, *note, *by, *at;
	const char *total, *pooled, *account, *cash, *delivery;
	struct args rest;
	uint8_t rx_id[RXC_RX_ID_LEN];
};

static int reverse_amounts(const struct reverse_args *args, Rxcirc__V1__ReverseSettlementRequest *m)
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

static int reverse_fill(struct reverse_args *args, Rxcirc__V1__ReverseSettlementRequest *m)
{
	int reason, r = settlement_rx(args->rest.positional[0], args->rx_id);

	rxcirc__v1__reverse_settlement_request__init(m);
	if (r == 0)
		r = settlement_word(args->reason, "reason", "return mistake", &reason);
	if (r == 0)
		r = settlement_number(args->fill, "fill", 1, &m->fill_no);
	if (r == 0)
		r = settlement_time(args->at, "at", &m->reversed_at_ms);
	if (r != 0)
		return r;
	m->reason = (Rxcirc__V1__ReversalReason)reason;
	m->rx_id = pbdata(args->rx_id, sizeof(args->rx_id));
	m->settlement_id = pbtext(args->settlement);
	m->reversal_id = pbtext(args->reversal);
	m->note = pbtext(args->note);
	m->operator_ = pbtext(args->by);
	return reverse_amounts(args, m);
}

static int reverse_send(const struct institution *institution, const char *code,
	const Rxcirc__V1__ReverseSettlementRequest *request)
{
	const Rxcirc__V1__ReverseSettlementRequest *sent;
	Rxcirc__V1__ReverseSettlementResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = pending_open(&pending, institution, "reverse-settlement", code, &request->base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__ReverseSettlementRequest *)pending.request;
	if (rxc_settlement_reverse(institution->client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rxcirc__v1__reverse_settlement_response__free_unpacked(reply, NULL);
	say("settlement %s of fill %u reversed\n", "结算 %s（第 %u 次调配）已冲正\n",
		sent->settlement_id, sent->fill_no);
	r = answer(json_pack("{s:b, s:i, s:s, s:I, s:s, s:s}", "ok", 1, "exit", EXIT_OK, "rx", code,
		"fill_no", (json_int_t)sent->fill_no, "settlement", sent->settlement_id, "reversal",
		sent->reversal_id));
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int reverse_need(const struct reverse_args *args)
{
	int r = args_need(args->settlement, "settlement");

	if (r == 0)
		r = args_need(args->reversal, "reversal");
	if (r == 0)
		r = args_need(args->reason, "reason");
	if (r == 0)
		r = args_need(args->note, "note");
	if (r == 0)
		r = args_need(args->by, "by");
	return r == 0 ? args_need(args->total, "total") : r;
}

int settlement_reverse_run(int argc, char **argv)
{
	struct reverse_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"fill", ARG_TEXT, &args.fill},
		{"settlement", ARG_TEXT, &args.settlement}, {"reversal", ARG_TEXT, &args.reversal},
		{"reason", ARG_TEXT, &args.reason}, {"note", ARG_TEXT, &args.note},
		{"by", ARG_TEXT, &args.by}, {"at", ARG_TEXT, &args.at},
		{"total", ARG_TEXT, &args.total}, {"pooled", ARG_TEXT, &args.pooled},
		{"account", ARG_TEXT, &args.account}, {"cash", ARG_TEXT, &args.cash},
		{"delivery", ARG_TEXT, &args.delivery},
	};
	Rxcirc__V1__ReverseSettlementRequest request;
	struct institution institution;
	int r = args_parse(&args.rest, argc, argv, options, sizeof(options) / sizeof(options[0]), 1, 1);

	if (r == 0)
		r = reverse_need(&args);
	if (r == 0)
		r = reverse_fill(&args, &request);
	if (r != 0 || (r = institution_open(&institution, args.as)) != 0)
		return r;
	r = reverse_send(&institution, args.rest.positional[0], &request);
	institution_close(&institution);
	return r;
}

/* ---- receipts ---- */

struct receipt_args {
	const char *as, *fill, *settlement, *kind, *number, *at;
	struct args rest;
	uint8_t rx_id[RXC_RX_ID_LEN];
};

static int receipt_fill(struct receipt_args *args, Rxcirc__V1__ReportReceiptRequest *m)
{
	int kind, r = settlement_rx(args->rest.positional[0], args->rx_id);

	rxcirc__v1__report_receipt_request__init(m);
	if (r == 0)
		r = settlement_word(args->kind, "kind", SETTLEMENT_RECEIPTS, &kind);
	if (r == 0)
		r = settlement_number(args->fill, "fill", 1, &m->fill_no);
	if (r == 0)
		r = settlement_time(args->at, "at", &m->issued_at_ms);
	if (r != 0)
		return r;
	m->kind = (Rxcirc__V1__ReceiptKind)kind;
	m->rx_id = pbdata(args->rx_id, sizeof(args->rx_id));
	m->settlement_id = pbtext(args->settlement);
	m->number = pbtext(args->number);
	return 0;
}

static int receipt_send(const struct institution *institution, const char *code,
	const Rxcirc__V1__ReportReceiptRequest *request)
{
	const Rxcirc__V1__ReportReceiptRequest *sent;
	Rxcirc__V1__ReportReceiptResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = pending_open(&pending, institution, "receipt", code, &request->base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__ReportReceiptRequest *)pending.request;
	if (rxc_settlement_receipt(institution->client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rxcirc__v1__report_receipt_response__free_unpacked(reply, NULL);
	say("receipt %s of settlement %s recorded\n", "票据 %s（结算 %s）已上报\n", sent->number,
		sent->settlement_id);
	r = answer(json_pack("{s:b, s:i, s:s, s:s, s:s}", "ok", 1, "exit", EXIT_OK, "rx", code,
		"settlement", sent->settlement_id, "number", sent->number));
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int settlement_receipt_run(int argc, char **argv)
{
	struct receipt_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"fill", ARG_TEXT, &args.fill},
		{"settlement", ARG_TEXT, &args.settlement}, {"kind", ARG_TEXT, &args.kind},
		{"number", ARG_TEXT, &args.number}, {"at", ARG_TEXT, &args.at},
	};
	Rxcirc__V1__ReportReceiptRequest request;
	struct institution institution;
	int r = args_parse(&args.rest, argc, argv, options, 6, 1, 1);

	if (r == 0)
		r = args_need(args.settlement, "settlement");
	if (r == 0)
		r = args_need(args.kind, "kind");
	if (r == 0)
		r = args_need(args.number, "number");
	if (r == 0)
		r = receipt_fill(&args, &request);
	if (r != 0 || (r = institution_open(&institution, args.as)) != 0)
		return r;
	r = receipt_send(&institution, args.rest.positional[0], &request);
	institution_close(&institution);
	return r;
}
