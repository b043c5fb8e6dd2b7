/* pharmacy claim, renew, transfer, release: hold one prescription, longer, or no more. */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_state.h"
#include "client-sdk/cli/show.h"

/* Open the institution of --as and the kept prescription named by the only argument. */
static int kept_open(int argc, char **argv, const char **ret_to, struct institution *pharmacy,
	struct rx_state *rx)
{
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"to", ARG_TEXT, ret_to}};
	struct args args;
	int r = args_parse(&args, argc, argv, options, ret_to ? 2 : 1, 1, 1);

	if (r == 0 && ret_to)
		r = args_need(*ret_to, "to");

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
	int r = kept_open(argc, argv, NULL, &pharmacy, &rx);

	if (r != 0)
		return r;
	r = claim(&pharmacy, &rx);
	rx_state_clear(&rx);
	institution_close(&pharmacy);
	return r;
}

static int fail_unclaimed(const struct rx_state *rx)
{
	return fail(EXIT_LOCAL_FILE, "%s was not claimed here", "本机构未占用处方 %s", rx->code);
}

static int renew(const struct institution *pharmacy, const struct rx_state *rx)
{
	Rxcirc__V1__RenewClaimRequest request = RXCIRC__V1__RENEW_CLAIM_REQUEST__INIT;
	Rxcirc__V1__RenewClaimResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	if (!rx->claimed)
		return fail_unclaimed(rx);
	request.rx_id = pbdata(rx->rx_id, sizeof(rx->rx_id));
	request.fencing_token = rx->fencing_token;
	int r = pending_open(&pending, pharmacy, "renew", rx->code, &request.base);

	if (r != 0)
		return r;
	if (rxc_pharmacy_renew(pharmacy->client,
		(const Rxcirc__V1__RenewClaimRequest *)pending.request, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	if (!reply->state)
		r = fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	else
		r = rx_state_save_own(rx, pharmacy, reply->state, NULL);
	if (r == 0)
		r = step_tell(rx, reply->state, rx->fencing_token);
	rxcirc__v1__renew_claim_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_renew_run(int argc, char **argv)
{
	struct institution pharmacy;
	struct rx_state rx;
	int r = kept_open(argc, argv, NULL, &pharmacy, &rx);

	if (r != 0)
		return r;
	r = renew(&pharmacy, &rx);
	rx_state_clear(&rx);
	institution_close(&pharmacy);
	return r;
}

static int transfer(const struct institution *pharmacy, const struct rx_state *rx, const char *to)
{
	Rxcirc__V1__TransferClaimRequest request = RXCIRC__V1__TRANSFER_CLAIM_REQUEST__INIT;
	Rxcirc__V1__TransferClaimResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	if (!rx->claimed)
		return fail_unclaimed(rx);
	request.rx_id = pbdata(rx->rx_id, sizeof(rx->rx_id));
	request.fencing_token = rx->fencing_token;
	request.to_code = pbtext(to);
	int r = pending_open(&pending, pharmacy, "transfer", rx->code, &request.base);

	if (r != 0)
		return r;
	if (rxc_pharmacy_transfer(pharmacy->client,
		(const Rxcirc__V1__TransferClaimRequest *)pending.request, pending.key, &reply, &error) < 0)
		return pending_close(&pending, report_call(error, true));
	rx_state_forget_claim(rx, pharmacy);
	if (!reply->state)
		r = fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	else
		r = rx_state_save_own(rx, pharmacy, reply->state, NULL);
	if (r == 0)
		r = step_tell(rx, reply->state, rx->fencing_token);
	rxcirc__v1__transfer_claim_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int pharmacy_transfer_run(int argc, char **argv)
{
	const char *to = NULL;
	struct institution pharmacy;
	struct rx_state rx;
	int r = kept_open(argc, argv, &to, &pharmacy, &rx);

	if (r != 0)
		return r;
	r = transfer(&pharmacy, &rx, to);
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
		return fail_unclaimed(rx);
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
	int r = kept_open(argc, argv, NULL, &pharmacy, &rx);

	if (r != 0)
		return r;
	r = release(&pharmacy, &rx);
	rx_state_clear(&rx);
	institution_close(&pharmacy);
	return r;
}
