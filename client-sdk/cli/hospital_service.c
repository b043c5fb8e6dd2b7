/* hospital service: publish a service with its price, for the public list. */
#include <stddef.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"

enum { YUAN_DIGITS_MAX = 9 };

struct service_args {
	const char *as, *owner, *name, *price, *from, *until, *note;
	bool withdraw;
	struct args rest;
};

static int request_fill(Rxcirc__V1__PutServiceRequest *request, const struct service_args *args)
{
	request->owner_code = pbtext(args->owner ? args->owner : "");
	request->code = pbtext(args->rest.positional[0]);
	request->name = pbtext(args->name);
	request->note = pbtext(args->note ? args->note : "");
	request->withdrawn = args->withdraw;
	if (decimal_parse(args->price, YUAN_DIGITS_MAX, 2, 2, &request->price_fen) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--price is yuan with at most two decimals",
			"--price 须为金额（元，至多两位小数）");
	request->from_ms = clock_now_ms();
	if ((args->from && china_time_parse_loose(args->from, &request->from_ms) < 0) ||
		(args->until && china_time_parse_loose(args->until, &request->until_ms) < 0))
		return fail(EXIT_USAGE, "--from and --until are \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--from 与 --until 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	return 0;
}

static int service_put(const struct service_args *args, const struct institution *hospital)
{
	Rxcirc__V1__PutServiceRequest request = RXCIRC__V1__PUT_SERVICE_REQUEST__INIT;
	Rxcirc__V1__PutServiceResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = request_fill(&request, args);

	if (r == 0)
		r = pending_open(&pending, hospital, "service", args->rest.positional[0], &request.base);
	if (r != 0)
		return r;
	if (rxc_hospital_put_service(hospital->client,
			(const Rxcirc__V1__PutServiceRequest *)pending.request, pending.key, &reply,
			&error) < 0)
		return pending_close(&pending, report_call(error, true));
	say("%s\n", "%s\n", reply->changed ? say_pick("published", "已公布") :
		say_pick("unchanged: it stood there already", "未变：原已如此"));
	r = answer(json_pack("{s:b, s:i, s:b}", "ok", 1, "exit", EXIT_OK, "changed",
		(int)reply->changed));
	rxcirc__v1__put_service_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int hospital_service_run(int argc, char **argv)
{
	struct service_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"owner", ARG_TEXT, &args.owner},
		{"name", ARG_TEXT, &args.name}, {"price", ARG_TEXT, &args.price},
		{"from", ARG_TEXT, &args.from}, {"until", ARG_TEXT, &args.until},
		{"note", ARG_TEXT, &args.note}, {"withdraw", ARG_FLAG, &args.withdraw},
	};
	struct institution hospital;
	int r = args_parse(&args.rest, argc, argv, options, 8, 1, 1);

	if (r == 0)
		r = args_need(args.name, "name");
	if (r == 0)
		r = args_need(args.price, "price");
	if (r != 0 || (r = institution_open(&hospital, args.as)) != 0)
		return r;
	r = service_put(&args, &hospital);
	institution_close(&hospital);
	return r;
}
