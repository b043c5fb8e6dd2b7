/* pharmacy pull, claim, release: see what a person may get, and hold one of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
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
		int r = rx_state_save_pulled(pharmacy, bundle);

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
	json_t *list = json_array();
	size_t signatures;
	int r = pulled_keep(pharmacy, reply, list, &signatures);

	if (r != 0) {
		json_decref(list);
		return r;
	}
	say("%zu open prescriptions%s; verified %zu signatures against the registry authority\n",
		"可取处方 %zu 张%s；已对照登记机关验证 %zu 个签名\n", reply->n_prescriptions,
		reply->more ? say_pick(", and more", "（还有更多）") : "", signatures);
	return answer(json_pack("{s:b, s:i, s:b, s:b, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "verified",
		1, "more", (int)reply->more, "verified_signatures", (json_int_t)signatures, "prescriptions",
		list));
}

static int pull(const struct institution *pharmacy, const char *text)
{
	Rxcirc__V1__PullPrescriptionsRequest request;
	Rxcirc__V1__PullPrescriptionsResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	rxcirc__v1__pull_prescriptions_request__init(&request);
	request.voucher_code = pbtext(text);
	int r = pending_open(&pending, pharmacy, "pull", text, &request.base);

	if (r != 0)
		return r;
	if (rxc_pharmacy_pull(pharmacy->client,
		(const Rxcirc__V1__PullPrescriptionsRequest *)pending.request, pending.key, &reply,
		&error) < 0)
		return pending_close(&pending, report_call(error, true));
	rx_state_sweep(pharmacy);
	r = pull_tell(pharmacy, reply);
	rxcirc__v1__pull_prescriptions_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_pull_run(int argc, char **argv)
{
	const char *as = NULL;
	const char *voucher = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"voucher", ARG_TEXT, &voucher}};
	char text[VOUCHER_TEXT_READ_MAX + 1];
	struct institution pharmacy;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 2, 0, 0);

	if (r == 0)
		r = voucher_text_read(voucher, text);
	if (r != 0 || (r = institution_open(&pharmacy, as)) != 0)
		return r;
	r = pull(&pharmacy, text);
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
