/* pharmacy pull: see what a person may get. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/identity.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/pharmacy_stub.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_state.h"
#include "client-sdk/cli/show.h"
#include "client-sdk/cli/voucher_text.h"

static int pulled_keep(const struct institution *pharmacy,
	const Rxcirc__V1__PullPrescriptionsResponse *reply, json_t *list, size_t *ret_signatures)
{
	size_t signatures = 0;

	for (size_t i = 0; i < reply->n_prescriptions; i++) {
		const Rxcirc__V1__PrescriptionBundle *bundle = reply->prescriptions[i];
		int r = bundle->unchanged ? rx_state_refresh(pharmacy, bundle) :
			rx_state_save_pulled(pharmacy, bundle);

		if (r != 0)
			return r;
		signatures += show_signature_count(bundle);
		json_array_append_new(list, show_bundle_json(bundle));
		if (!say_is_json())
			show_bundle(bundle);
	}
	*ret_signatures = signatures;
	return 0;
}

static int pull_tell(const struct institution *pharmacy,
	const Rxcirc__V1__PullPrescriptionsResponse *reply)
{
	json_t *list = json_array(), *damaged = json_array();
	size_t signatures;
	int r = pulled_keep(pharmacy, reply, list, &signatures);

	if (r != 0) {
		json_decref(list);
		json_decref(damaged);
		return r;
	}
	show_damaged(reply->damaged, reply->n_damaged, damaged);
	say("%zu open prescriptions%s; verified %zu signatures against the registry authority\n",
		"可取处方 %zu 张%s；已对照登记机关验证 %zu 个签名\n", reply->n_prescriptions,
		reply->more ? say_pick(", and more", "（还有更多）") : "", signatures);
	if (reply->self_pay_only)
		say("SELF-PAY ONLY: the insurance does not settle directly for this person (%s)\n",
			"仅限自费：该参保人已被暂停医保直接结算（%s）\n", reply->self_pay_reason);
	return answer(json_pack("{s:b, s:i, s:b, s:b, s:I, s:b, s:s, s:o, s:o}", "ok", 1, "exit",
		EXIT_OK, "verified", 1, "more", (int)reply->more, "verified_signatures",
		(json_int_t)signatures, "self_pay_only", (int)reply->self_pay_only, "self_pay_reason",
		reply->self_pay_reason, "prescriptions", list, "damaged", damaged));
}

/* How the person showed who he is. */
struct pull_args {
	const char *as, *voucher, *identity, *serial, *operator_code, *device, *person, *checked_at;
	bool stubs, known;
	char text[VOUCHER_TEXT_READ_MAX + 1];
	Rxcirc__V1__IdentityPresentation check;
};

static int identity_take(struct pull_args *args)
{
	Rxcirc__V1__IdentityPresentation *m = &args->check;
	int r = identity_mode_parse(args->identity, &m->mode);

	if (r == 0)
		r = args_need(args->serial, "serial");
	if (r == 0)
		r = args_need(args->operator_code, "operator");
	if (r == 0)
		r = args_need(args->device, "device");
	if (r == 0)
		r = args_need(args->person, "person");
	if (r != 0)
		return r;
	m->serial = pbtext(args->serial);
	m->operator_code = pbtext(args->operator_code);
	m->device = pbtext(args->device);
	m->voucher_id = pbtext(args->person);
	m->checked_at_ms = clock_now_ms();
	if (args->checked_at && china_time_parse_loose(args->checked_at, &m->checked_at_ms) < 0)
		return fail(EXIT_USAGE, "--checked-at must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
			"--checked-at 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数");
	return 0;
}

static int pull(const struct institution *pharmacy, struct pull_args *args)
{
	Rxcirc__V1__PullPrescriptionsRequest request;
	Rxcirc__V1__PullPrescriptionsResponse *reply;
	struct rx_known known = {.count = 0};
	struct pending pending;
	rxc_error *error = NULL;

	rxcirc__v1__pull_prescriptions_request__init(&request);
	rx_state_sweep(pharmacy);
	if (args->known)
		rx_state_known(pharmacy, &known);
	request.known = known.list;
	request.n_known = known.count;
	request.stubs_only = args->stubs;
	if (args->identity)
		request.identity = &args->check;
	else
		request.voucher_code = pbtext(args->text);
	int r = pending_open(&pending, pharmacy, "pull", args->identity ? args->serial : args->text,
		&request.base);

	if (r != 0)
		return r;
	if (rxc_pharmacy_pull(pharmacy->client,
		(const Rxcirc__V1__PullPrescriptionsRequest *)pending.request, pending.key, &reply,
		&error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = ((const Rxcirc__V1__PullPrescriptionsRequest *)pending.request)->stubs_only ?
		stubs_tell(pharmacy, reply) : pull_tell(pharmacy, reply);
	rxcirc__v1__pull_prescriptions_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_pull_run(int argc, char **argv)
{
	struct pull_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"voucher", ARG_TEXT, &args.voucher},
		{"identity", ARG_TEXT, &args.identity}, {"serial", ARG_TEXT, &args.serial},
		{"operator", ARG_TEXT, &args.operator_code}, {"device", ARG_TEXT, &args.device},
		{"person", ARG_TEXT, &args.person}, {"checked-at", ARG_TEXT, &args.checked_at},
		{"stubs", ARG_FLAG, &args.stubs}, {"known", ARG_FLAG, &args.known},
	};
	struct institution pharmacy;
	struct args rest;
	int r = args_parse(&rest, argc, argv, options, 10, 0, 0);

	rxcirc__v1__identity_presentation__init(&args.check);
	if (r == 0 && args.stubs && args.known)
		r = fail(EXIT_USAGE, "either --stubs or --known", "--stubs 与 --known 只能选一个");
	if (r == 0 && args.identity && args.voucher)
		r = fail(EXIT_USAGE, "either --voucher or --identity", "--voucher 与 --identity 只能选一个");
	if (r == 0)
		r = args.identity ? identity_take(&args) : voucher_text_read(args.voucher, args.text);
	if (r != 0 || (r = institution_open(&pharmacy, args.as)) != 0)
		return r;
	r = pull(&pharmacy, &args);
	institution_close(&pharmacy);
	return r;
}
