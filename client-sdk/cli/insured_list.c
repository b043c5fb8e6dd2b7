/* insured list: the person's own prescriptions, all pages, and the visit for what comes after. */
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"
#include "client-sdk/cli/visit.h"
#include "client-sdk/cli/voucher_text.h"

enum { PAGES_MAX = 1000 };

/* A run over the pages. */
struct list_walk {
	struct visit visit;
	uint8_t token[VISIT_GRANT_MAX];
	size_t token_len, count, signatures;
	bool self_pay_only;
	json_t *list, *left_out;
};

static void page_show(struct list_walk *walk,
	const Rxcirc__V1__ListOwnPrescriptionsResponse *reply)
{
	for (size_t i = 0; i < reply->n_prescriptions; i++) {
		const Rxcirc__V1__PrescriptionBundle *bundle = reply->prescriptions[i];

		walk->signatures += show_signature_count(bundle);
		json_array_append_new(walk->list, show_bundle_json(bundle));
		if (!say_is_json())
			show_bundle(bundle);
	}
	walk->count += reply->n_prescriptions;
	walk->self_pay_only = reply->self_pay_only;
	show_damaged(reply->damaged, reply->n_damaged, walk->left_out);
}

static int page_take(struct list_walk *walk, const struct institution *channel,
	const Rxcirc__V1__ListOwnPrescriptionsResponse *reply)
{
	if (reply->own_grant.len > VISIT_GRANT_MAX || reply->next_page_token.len > VISIT_GRANT_MAX)
		return fail(EXIT_FAULT, "the server's answer holds too long a grant",
			"服务器应答中的授权过长");
	page_show(walk, reply);
	walk->token_len = reply->next_page_token.len;
	if (walk->token_len > 0)
		memcpy(walk->token, reply->next_page_token.data, walk->token_len);
	if (reply->own_grant.len == 0)
		return 0;
	walk->visit.len = reply->own_grant.len;
	memcpy(walk->visit.grant, reply->own_grant.data, reply->own_grant.len);
	return visit_save(channel, reply->own_grant);
}

/* The first page, by the code; a lost answer is learned by running the command again. */
static int first_page(struct list_walk *walk, const struct institution *channel,
	Rxcirc__V1__ListOwnPrescriptionsRequest *request)
{
	Rxcirc__V1__ListOwnPrescriptionsResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = pending_open(&pending, channel, "list", request->voucher_code, &request->base);

	if (r != 0)
		return r;
	if (rxc_insured_list(channel->client,
		(const Rxcirc__V1__ListOwnPrescriptionsRequest *)pending.request, pending.key, &reply,
		&error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = page_take(walk, channel, reply);
	rxcirc__v1__list_own_prescriptions_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int next_page(struct list_walk *walk, const struct institution *channel,
	Rxcirc__V1__ListOwnPrescriptionsRequest *request)
{
	Rxcirc__V1__ListOwnPrescriptionsResponse *reply;
	rxc_error *error = NULL;

	request->voucher_code = pbtext("");
	request->own_grant = visit_grant(&walk->visit);
	request->page_token = pbdata(walk->token, walk->token_len);
	if (rxc_insured_list(channel->client, request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	int r = page_take(walk, channel, reply);

	rxcirc__v1__list_own_prescriptions_response__free_unpacked(reply, NULL);
	return r;
}

static int list_tell(struct list_walk *walk)
{
	say("%zu prescriptions; verified %zu signatures\n", "处方 %zu 张；已验证 %zu 个签名\n",
		walk->count, walk->signatures);
	return answer(json_pack("{s:b, s:i, s:b, s:b, s:I, s:b, s:O, s:O}", "ok", 1, "exit", EXIT_OK,
		"verified", 1, "more", 0, "verified_signatures", (json_int_t)walk->signatures,
		"self_pay_only", (int)walk->self_pay_only, "prescriptions", walk->list, "damaged",
		walk->left_out));
}

static int list(const struct institution *channel, const char *text, bool open)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest request =
		RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;
	struct list_walk walk = {.list = json_array(), .left_out = json_array()};
	int r;

	request.voucher_code = pbtext(text);
	request.states = open ? RXCIRC__V1__OWN_STATES__OWN_STATES_OPEN :
		RXCIRC__V1__OWN_STATES__OWN_STATES_ALL;
	r = first_page(&walk, channel, &request);
	for (unsigned page = 1; r == 0 && walk.token_len > 0 && page < PAGES_MAX; page++)
		r = next_page(&walk, channel, &request);
	if (r == 0)
		r = list_tell(&walk);
	json_decref(walk.list);
	json_decref(walk.left_out);
	return r;
}

int insured_list_run(int argc, char **argv)
{
	const char *as = NULL, *voucher = NULL;
	bool open = false;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"voucher", ARG_TEXT, &voucher},
		{"open", ARG_FLAG, &open}};
	char text[VOUCHER_TEXT_READ_MAX + 1];
	struct institution channel;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 3, 0, 0);

	if (r == 0)
		r = voucher_text_read(voucher, text);
	if (r != 0 || (r = institution_open(&channel, as)) != 0)
		return r;
	r = list(&channel, text, open);
	institution_close(&channel);
	return r;
}
