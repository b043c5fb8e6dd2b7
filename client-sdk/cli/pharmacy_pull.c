/* pharmacy pull, claim, release: see what a person may get, and hold one of them. */
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

/* Open the institution of --as and the kept prescription named by the only argument. */
static int kept_open(int argc, char **argv, struct institution *pharmacy, struct rx_state *rx)
{
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(pharmacy, as)) != 0)
		return r;
	r = rx_state_load(rx, pharmacy, args.positional[0]);
	if (r != 0)
		institution_close(pharmacy);
	return r;
}

static int step_tell(const struct rx_state *rx, const Rxcirc__V1__PrescriptionState *state,
	uint64_t fencing_token)
{
	if (!say_is_json())
		show_state(state);
	return answer(json_pack("{s:b, s:i, s:s, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "rx", rx->code,
		"fencing_token", (json_int_t)fencing_token, "state", show_state_json(state)));
}

static int claim(const struct institution *pharmacy, const struct rx_state *rx)
{
	Rxcirc__V1__ClaimPrescriptionRequest request = RXCIRC__V1__CLAIM_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__ClaimPrescriptionResponse *reply;
	rxc_error *error = NULL;
	int r;

	request.rx_id = pbdata(rx->rx_id, sizeof(rx->rx_id));
	request.pull_grant = rx->pulled->pull_grant;
	/* claiming again gives the holder the same lease, so a lost answer needs no memory here */
	if (rxc_pharmacy_claim(pharmacy->client, &request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	if (!reply->state)
		r = fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	else
		r = rx_state_save_claim(rx, pharmacy, reply->fencing_token);
	if (r == 0)
		r = rx_state_save_own(rx, pharmacy, reply->state, NULL);
	if (r == 0)
		r = step_tell(rx, reply->state, reply->fencing_token);
	rxcirc__v1__claim_prescription_response__free_unpacked(reply, NULL);
	return r;
}

int pharmacy_claim_run(int argc, char **argv)
{
	struct institution pharmacy;
	struct rx_state rx;
	int r = kept_open(argc, argv, &pharmacy, &rx);

	if (r != 0)
		return r;
	r = claim(&pharmacy, &rx);
	rx_state_clear(&rx);
	institution_close(&pharmacy);
	return r;
}

static int release(const struct institution *pharmacy, const struct rx_state *rx)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;
	Rxcirc__V1__ReleaseClaimResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	if (!rx->claimed)
		return fail(EXIT_LOCAL_FILE, "%s was not claimed here", "本机构未占用处方 %s", rx->code);
	request.rx_id = pbdata(rx->rx_id, sizeof(rx->rx_id));
	request.fencing_token = rx->fencing_token;
	int r = pending_open(&pending, pharmacy, "release", rx->code, &request.base);

	if (r != 0)
		return r;
	if (rxc_pharmacy_release(pharmacy->client,
		(const Rxcirc__V1__ReleaseClaimRequest *)pending.request, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rx_state_forget_claim(rx, pharmacy);
	if (!reply->state)
		r = fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	else
		r = rx_state_save_own(rx, pharmacy, reply->state, NULL);
	if (r == 0)
		r = step_tell(rx, reply->state, rx->fencing_token);
	rxcirc__v1__release_claim_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_release_run(int argc, char **argv)
{
	struct institution pharmacy;
	struct rx_state rx;
	int r = kept_open(argc, argv, &pharmacy, &rx);

	if (r != 0)
		return r;
	r = release(&pharmacy, &rx);
	rx_state_clear(&rx);
	institution_close(&pharmacy);
	return r;
}
