/* agency refuse, agency decide, appeal: steps of the review of a settlement's line. */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/settlement.h"

enum { WORD_MAX = 32 };

struct decide_args {
	const char *as, *fill, *settlement, *line, *rule, *ground, *amount, *action, *note;
	bool pay, uphold, withdraw;
	struct args rest;
	uint8_t rx_id[RXC_RX_ID_LEN];
	Rxcirc__V1__SettlementStep step;
};

static int decide_fill(struct decide_args *args, Rxcirc__V1__DecideSettlementRequest *m)
{
	int ground, action, r = settlement_rx(args->rest.positional[0], args->rx_id);

	rxcirc__v1__decide_settlement_request__init(m);
	if (r == 0)
		r = settlement_word(args->ground, "ground", SETTLEMENT_GROUNDS, &ground);
	if (r == 0)
		r = settlement_word(args->action, "action", SETTLEMENT_ACTIONS, &action);
	if (r == 0)
		r = settlement_number(args->fill, "fill", 1, &m->fill_no);
	if (r == 0)
		r = settlement_number(args->line, "line", 0, &m->line_no);
	if (r == 0)
		r = settlement_money(args->amount, "amount", &m->amount_fen);
	if (r != 0)
		return r;
	m->ground = (Rxcirc__V1__RefusalGround)ground;
	m->action = (Rxcirc__V1__AgreementAction)action;
	m->step = args->step;
	m->rx_id = pbdata(args->rx_id, sizeof(args->rx_id));
	m->settlement_id = pbtext(args->settlement);
	m->rule = pbtext(args->rule ? args->rule : "");
	m->note = pbtext(args->note ? args->note : "");
	return 0;
}

static int decide_send(const struct institution *who, const char *code,
	const Rxcirc__V1__DecideSettlementRequest *request)
{
	static const char *const chinese[] = {"", "予以支付", "拒付", "已申诉", "维持拒付", "撤销拒付"};
	const Rxcirc__V1__DecideSettlementRequest *sent;
	Rxcirc__V1__DecideSettlementResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	char state[WORD_MAX];
	int r = pending_open(&pending, who, "decide-settlement", code, &request->base);

	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__DecideSettlementRequest *)pending.request;
	if (rxc_settlement_decide(who->client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rxcirc__v1__decide_settlement_response__free_unpacked(reply, NULL);
	settlement_word_of(SETTLEMENT_STATES, (int)sent->step, state, sizeof(state));
	say("settlement %s, line %u: %s\n", "结算 %s，明细 %u：%s\n", sent->settlement_id, sent->line_no,
		say_is_chinese() && sent->step > 0 && sent->step < 6 ? chinese[sent->step] : state);
	r = answer(json_pack("{s:b, s:i, s:s, s:s, s:I, s:s}", "ok", 1, "exit", EXIT_OK, "rx", code,
		"settlement", sent->settlement_id, "line", (json_int_t)sent->line_no, "state", state));
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int decide_run(int argc, char **argv, struct decide_args *args,
	const struct arg_option *options, size_t count)
{
	Rxcirc__V1__DecideSettlementRequest request;
	struct institution who;
	int r = args_parse(&args->rest, argc, argv, options, count, 1, 1);

	if (r == 0)
		r = args_need(args->settlement, "settlement");
	if (r == 0 && args->step == 0 && args->pay + args->uphold + args->withdraw != 1)
		r = fail(EXIT_USAGE, "give one of --pay, --uphold and --withdraw",
			"--pay、--uphold、--withdraw 须择一");
	if (r == 0 && args->step == 0)
		args->step = args->pay ? RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_PAY :
			args->uphold ? RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_UPHOLD :
			RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_WITHDRAW;
	if (r == 0)
		r = decide_fill(args, &request);
	if (r != 0 || (r = institution_open(&who, args->as)) != 0)
		return r;
	r = decide_send(&who, args->rest.positional[0], &request);
	institution_close(&who);
	return r;
}

#define WHICH(args) \
	{"as", ARG_TEXT, &(args).as}, {"fill", ARG_TEXT, &(args).fill}, \
	{"settlement", ARG_TEXT, &(args).settlement}, {"line", ARG_TEXT, &(args).line}, \
	{"note", ARG_TEXT, &(args).note}

int agency_refuse_run(int argc, char **argv)
{
	struct decide_args args = {.step = RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_REFUSE};
	const struct arg_option options[] = {WHICH(args), {"rule", ARG_TEXT, &args.rule},
		{"ground", ARG_TEXT, &args.ground}, {"amount", ARG_TEXT, &args.amount},
		{"action", ARG_TEXT, &args.action}};

	return decide_run(argc, argv, &args, options, sizeof(options) / sizeof(options[0]));
}

int agency_decide_run(int argc, char **argv)
{
	struct decide_args args = {.as = NULL};
	const struct arg_option options[] = {WHICH(args), {"pay", ARG_FLAG, &args.pay},
		{"uphold", ARG_FLAG, &args.uphold}, {"withdraw", ARG_FLAG, &args.withdraw}};

	return decide_run(argc, argv, &args, options, sizeof(options) / sizeof(options[0]));
}

int settlement_appeal_run(int argc, char **argv)
{
	struct decide_args args = {.step = RXCIRC__V1__SETTLEMENT_STEP__SETTLEMENT_STEP_APPEAL};
	const struct arg_option options[] = {WHICH(args)};

	return decide_run(argc, argv, &args, options, sizeof(options) / sizeof(options[0]));
}
