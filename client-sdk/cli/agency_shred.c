/* agency shred: the keys of a prescription's documents, or of all a person's, are destroyed. */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"

struct shred_args {
	const char *as, *rx, *person, *basis;
	bool before_its_time;
	uint8_t rx_id[RXC_RX_ID_LEN];
};

static int shred_args_check(struct shred_args *args)
{
	rxc_error *error = NULL;
	int r = args_need(args->basis, "basis");

	if (r != 0)
		return r;
	if (!args->rx == !args->person)
		return fail(EXIT_USAGE, "one of --rx and --person must be given", "须给出 --rx 或 --person 之一");
	if (args->rx && rxc_rx_code_parse(args->rx, args->rx_id, &error) < 0) {
		rxc_error_free(error);
		return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号",
			args->rx);
	}
	return 0;
}

static int shred_tell(const Rxcirc__V1__ShredRecordsResponse *reply)
{
	if (reply->awaits_second_officer)
		say("proposed; a second officer must run the same command within 7 days\n",
			"已提请；须由另一名经办人员在 7 日内执行同一命令\n");
	else
		say("the documents of %u prescriptions can never be opened again; %u are kept by law%s\n",
			"%u 张处方的文书已永久不可解密；%u 张尚在法定保存期内%s\n", reply->shredded, reply->kept,
			reply->more ? say_pick("; there are more: run it again", "；尚有其余，请再次执行") : "");
	return answer(json_pack("{s:b, s:i, s:b, s:i, s:i, s:b}", "ok", 1, "exit", EXIT_OK,
		"awaits_second_officer", (int)reply->awaits_second_officer, "shredded",
		(int)reply->shredded, "kept", (int)reply->kept, "more", (int)reply->more));
}

static int shred(const struct shred_args *args, const struct institution *office)
{
	Rxcirc__V1__ShredRecordsRequest request = RXCIRC__V1__SHRED_RECORDS_REQUEST__INIT;
	Rxcirc__V1__ShredRecordsResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r;

	if (args->rx)
		request.rx_id = pbdata(args->rx_id, sizeof(args->rx_id));
	request.voucher_id = pbtext(args->person ? args->person : "");
	request.basis = pbtext(args->basis);
	request.before_its_time = args->before_its_time;
	r = pending_open(&pending, office, "shred", args->rx ? args->rx : args->person, &request.base);
	if (r != 0)
		return r;
	if (rxc_agency_shred(office->client,
			(const Rxcirc__V1__ShredRecordsRequest *)pending.request, pending.key, &reply,
			&error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = shred_tell(reply);
	rxcirc__v1__shred_records_response__free_unpacked(reply, NULL);
	return pending_close(&pending, r);
}

int agency_shred_run(int argc, char **argv)
{
	struct shred_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"rx", ARG_TEXT, &args.rx},
		{"person", ARG_TEXT, &args.person}, {"basis", ARG_TEXT, &args.basis},
		{"before-its-time", ARG_FLAG, &args.before_its_time},
	};
	struct institution office;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 5, 0, 0);

	if (r == 0)
		r = shred_args_check(&args);
	if (r != 0 || (r = institution_open(&office, args.as)) != 0)
		return r;
	r = shred(&args, &office);
	institution_close(&office);
	return r;
}
