/* pharmacy delivery: have a hand-over brought to the person, and tell what happened to it. */
#include <stdio.h>
#include <stdlib.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/deliveries.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_state.h"

enum { FILL_DIGITS_MAX = 5 };

struct delivery_args {
	const char *as, *fill, *no, *at;
	const char *carrier, *carrier_name, *region; /* an order */
	const char *event, *signer, *reason;         /* what happened */
	struct args rest;
};

struct delivery_call {
	Rxcirc__V1__ReportDeliveryRequest request;
	Rxcirc__V1__DeliveryOrder order;
	Rxcirc__V1__DeliveryReport report;
};

static int word_find(const char *word, const char *const *words, const char *option, int *ret)
{
	*ret = 0;
	if (!word)
		return 0;
	for (int i = 1; words[i]; i++)
		if (strcmp(words[i], word) == 0) {
			*ret = i;
			return 0;
		}
	return fail(EXIT_USAGE, "\"%s\" is no word of --%s; see --help", "“%s”不是 --%s 的取值，见 --help",
		word, option);
}

static int order_fill(const struct delivery_args *args, int64_t at_ms, struct delivery_call *call)
{
	int r = args_need(args->carrier, "carrier");

	if (r == 0)
		r = args_need(args->carrier_name, "carrier-name");
	if (r == 0)
		r = args_need(args->region, "region");
	if (r != 0)
		return r;
	rxcirc__v1__delivery_order__init(&call->order);
	call->order.carrier_code = pbtext(args->carrier);
	call->order.carrier_name = pbtext(args->carrier_name);
	call->order.region = pbtext(args->region);
	call->order.ordered_at_ms = at_ms;
	call->request.order = &call->order;
	return 0;
}

static int report_fill(const struct delivery_args *args, int64_t at_ms, struct delivery_call *call)
{
	static const char *const signers[] = {"", "self", "agent", NULL};
	static const char *const reasons[] = {"", "nobody-there", "refused", "not-found", "damaged",
		"other", NULL};
	int event, signer, reason;
	int r = word_find(args->event, delivery_words, "event", &event);

	if (r == 0)
		r = word_find(args->signer, signers, "signer", &signer);
	if (r == 0)
		r = word_find(args->reason, reasons, "reason", &reason);
	if (r != 0)
		return r;
	rxcirc__v1__delivery_report__init(&call->report);
	call->report.event = (Rxcirc__V1__DeliveryEvent)event;
	call->report.signer = (Rxcirc__V1__DeliverySigner)signer;
	call->report.reason = (Rxcirc__V1__DeliveryReason)reason;
	call->report.at_ms = at_ms;
	call->request.report = &call->report;
	return 0;
}

static int call_fill(const struct delivery_args *args, const struct rx_state *rx,
	struct delivery_call *call)
{
	int64_t fill = 1, at_ms = clock_now_ms();

	rxcirc__v1__report_delivery_request__init(&call->request);
	if (args->fill && decimal_parse(args->fill, FILL_DIGITS_MAX, 0, 0, &fill) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--fill is the number of the hand-over", "--fill 须为调配次序号");
	if (args->at && china_time_parse_loose(args->at, &at_ms) < 0)
		return fail(EXIT_USAGE, "--at must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
			"--at 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数");
	call->request.rx_id = pbdata(rx->rx_id, sizeof(rx->rx_id));
	call->request.fill_no = (uint32_t)fill;
	call->request.delivery_no = pbtext(args->no);
	return args->event ? report_fill(args, at_ms, call) : order_fill(args, at_ms, call);
}

static int call_send(const struct institution *pharmacy, const struct rx_state *rx,
	const char *event, const struct delivery_call *call)
{
	Rxcirc__V1__ReportDeliveryResponse *reply;
	const Rxcirc__V1__ReportDeliveryRequest *sent;
	struct pending pending;
	rxc_error *error = NULL;
	char *subject = NULL;
	int r;

	/* One call each: what was ordered must not be taken for what happened then. */
	if (asprintf(&subject, "%s/%u/%s/%s", rx->code, call->request.fill_no,
		call->request.delivery_no, event) < 0)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	r = pending_open(&pending, pharmacy, "delivery", subject, &call->request.base);
	free(subject);
	if (r != 0)
		return r;
	sent = (const Rxcirc__V1__ReportDeliveryRequest *)pending.request;
	if (rxc_pharmacy_deliver(pharmacy->client, sent, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rxcirc__v1__report_delivery_response__free_unpacked(reply, NULL);
	say("delivery %s of fill %u: %s\n", "配送单 %s（第 %u 次调配）：%s\n", sent->delivery_no,
		sent->fill_no, event);
	r = answer(json_pack("{s:b, s:i, s:s, s:I, s:s, s:s}", "ok", 1, "exit", EXIT_OK, "rx",
		rx->code, "fill_no", (json_int_t)sent->fill_no, "delivery", sent->delivery_no, "event",
		event));
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_delivery_run(int argc, char **argv)
{
	struct delivery_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"fill", ARG_TEXT, &args.fill}, {"no", ARG_TEXT, &args.no},
		{"at", ARG_TEXT, &args.at}, {"carrier", ARG_TEXT, &args.carrier},
		{"carrier-name", ARG_TEXT, &args.carrier_name}, {"region", ARG_TEXT, &args.region},
		{"event", ARG_TEXT, &args.event}, {"signer", ARG_TEXT, &args.signer},
		{"reason", ARG_TEXT, &args.reason},
	};
	struct rx_state rx = {.claimed = false};
	struct institution pharmacy;
	struct delivery_call call;
	int r = args_parse(&args.rest, argc, argv, options, sizeof(options) / sizeof(options[0]), 1, 1);

	if (r == 0)
		r = args_need(args.no, "no");
	if (r != 0 || (r = institution_open(&pharmacy, args.as)) != 0)
		return r;
	r = rx_state_load(&rx, &pharmacy, args.rest.positional[0]);
	if (r == 0)
		r = call_fill(&args, &rx, &call);
	if (r == 0)
		r = call_send(&pharmacy, &rx, args.event ? args.event : "ordered", &call);
	rx_state_clear(&rx);
	institution_close(&pharmacy);
	return r;
}
