/* insured rate, insured code: what the person says of a hand-over, and asks of a pack. */
#include <stdio.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/visit.h"

enum { NUMBER_DIGITS_MAX = 5, SUBJECT_MAX = 100 };

struct rate_args {
	const char *as, *fill, *score, *comment;
	struct args rest;
};

static int rate_fill_in(const struct rate_args *args, Rxcirc__V1__RateFillRequest *m,
	uint8_t rx_id[RXC_RX_ID_LEN])
{
	int64_t fill = 1, score = 0;

	if (args->fill && decimal_parse(args->fill, NUMBER_DIGITS_MAX, 0, 0, &fill) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--fill is the number of the hand-over", "--fill 须为调配次序号");
	if (decimal_parse(args->score, NUMBER_DIGITS_MAX, 0, 0, &score) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--score is 1 to 5", "--score 须为 1 至 5");
	m->rx_id = pbdata(rx_id, RXC_RX_ID_LEN);
	m->fill_no = (uint32_t)fill;
	m->score = (uint32_t)score;
	m->comment = pbtext(args->comment ? args->comment : "");
	return visit_rx_id(args->rest.positional[0], rx_id);
}

static int rate(const struct institution *channel, const struct rate_args *args)
{
	Rxcirc__V1__RateFillRequest request = RXCIRC__V1__RATE_FILL_REQUEST__INIT;
	Rxcirc__V1__RateFillResponse *reply;
	uint8_t rx_id[RXC_RX_ID_LEN];
	char subject[SUBJECT_MAX];
	struct pending pending;
	struct visit visit;
	rxc_error *error = NULL;
	int r = rate_fill_in(args, &request, rx_id);

	if (r == 0)
		r = visit_load(channel, &visit);
	if (r != 0)
		return r;
	request.own_grant = visit_grant(&visit);
	(void)snprintf(subject, sizeof(subject), "%.60s/%u", args->rest.positional[0],
		request.fill_no);
	r = pending_open(&pending, channel, "rate", subject, &request.base);
	if (r != 0)
		return r;
	if (rxc_insured_rate(channel->client, (const Rxcirc__V1__RateFillRequest *)pending.request,
		pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rxcirc__v1__rate_fill_response__free_unpacked(reply, NULL);
	say("the rating is recorded\n", "评价已记录\n");
	r = answer(json_pack("{s:b, s:i, s:s}", "ok", 1, "exit", EXIT_OK, "rx",
		args->rest.positional[0]));
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int insured_rate_run(int argc, char **argv)
{
	struct rate_args args = {.as = NULL};
	const struct arg_option options[] = {{"as", ARG_TEXT, &args.as},
		{"fill", ARG_TEXT, &args.fill}, {"score", ARG_TEXT, &args.score},
		{"comment", ARG_TEXT, &args.comment}};
	struct institution channel;
	int r = args_parse(&args.rest, argc, argv, options, 4, 1, 1);

	if (r == 0)
		r = args_need(args.score, "score");
	if (r != 0 || (r = institution_open(&channel, args.as)) != 0)
		return r;
	r = rate(&channel, &args);
	institution_close(&channel);
	return r;
}

static int code_tell(const Rxcirc__V1__CheckTraceCodeResponse *m)
{
	char at[CHINA_TIME_LEN + 1];

	china_time_format(m->last_sold_at_ms, at);
	if (m->sales == 0)
		say("this pack was never sold\n", "该追溯码尚无销售记录\n");
	else
		say("sold %u times, the last time at %s in region %s%s; %s\n",
			"销售 %u 次，最近一次 %s，地区 %s%s；%s\n", m->sales, at, m->last_region,
			m->own ? say_pick(", to you", "（本人）") : "",
			m->stands ? say_pick("a sale stands", "现有有效销售") : say_pick("all came back", "均已退回"));
	return answer(json_pack("{s:b, s:i, s:I, s:b, s:b, s:I, s:s}", "ok", 1, "exit", EXIT_OK,
		"sales", (json_int_t)m->sales, "stands", (int)m->stands, "own", (int)m->own,
		"last_sold_at_ms", (json_int_t)m->last_sold_at_ms, "last_region", m->last_region));
}

int insured_code_run(int argc, char **argv)
{
	Rxcirc__V1__CheckTraceCodeRequest request = RXCIRC__V1__CHECK_TRACE_CODE_REQUEST__INIT;
	Rxcirc__V1__CheckTraceCodeResponse *reply;
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct institution channel;
	struct visit visit;
	struct args args;
	rxc_error *error = NULL;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(&channel, as)) != 0)
		return r;
	r = visit_load(&channel, &visit);
	request.own_grant = visit_grant(&visit);
	request.code = pbtext(r == 0 ? args.positional[0] : "");
	if (r == 0 && rxc_insured_code(channel.client, &request, NULL, &reply, &error) < 0) {
		r = report_call(error, false);
	} else if (r == 0) {
		r = code_tell(reply);
		rxcirc__v1__check_trace_code_response__free_unpacked(reply, NULL);
	}
	institution_close(&channel);
	return r;
}
