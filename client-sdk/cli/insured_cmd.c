/* The group `rxcirc insured`: a channel shows a person the own prescriptions. */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/show.h"
#include "client-sdk/cli/voucher_text.h"

static int list_tell(const Rxcirc__V1__ListOwnPrescriptionsResponse *reply)
{
	json_t *list = json_array();
	size_t signatures = 0;

	for (size_t i = 0; i < reply->n_prescriptions; i++) {
		const Rxcirc__V1__PrescriptionBundle *bundle = reply->prescriptions[i];

		signatures += show_signature_count(bundle);
		json_array_append_new(list, show_bundle_json(bundle));
		if (!say_is_json())
			show_bundle(bundle);
	}
	say("%zu prescriptions%s; verified %zu signatures\n", "处方 %zu 张%s；已验证 %zu 个签名\n",
		reply->n_prescriptions, reply->more ? say_pick(", and more", "（还有更多）") : "",
		signatures);
	return answer(json_pack("{s:b, s:i, s:b, s:b, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "verified",
		1, "more", (int)reply->more, "verified_signatures", (json_int_t)signatures, "prescriptions",
		list));
}

static int list(const struct institution *channel, const char *text)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest request;
	Rxcirc__V1__ListOwnPrescriptionsResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	rxcirc__v1__list_own_prescriptions_request__init(&request);
	request.voucher_code = pbtext(text);
	int r = pending_open(&pending, channel, "list", text, &request.base);

	if (r != 0)
		return r;
	if (rxc_insured_list(channel->client,
		(const Rxcirc__V1__ListOwnPrescriptionsRequest *)pending.request, pending.key, &reply,
		&error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = list_tell(reply);
	rxcirc__v1__list_own_prescriptions_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int insured_list_run(int argc, char **argv)
{
	const char *as = NULL;
	const char *voucher = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"voucher", ARG_TEXT, &voucher}};
	char text[VOUCHER_TEXT_READ_MAX + 1];
	struct institution channel;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 2, 0, 0);

	if (r == 0)
		r = voucher_text_read(voucher, text);
	if (r != 0 || (r = institution_open(&channel, as)) != 0)
		return r;
	r = list(&channel, text);
	institution_close(&channel);
	return r;
}

static const struct command commands[] = {
	{"list", insured_list_run, "the person's own prescriptions, newest first", "本人处方（新的在前）",
		"rxcirc insured list --voucher TEXT --as DIR/institutions/CODE\n\n"
		"CODE is a registered channel (app, kiosk); the code's purpose must be identity\n"
		"(03131).\n\n"
		"Example:\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a \\\n"
		"      --purpose identity --no-qr |\n"
		"      rxcirc insured list --voucher - --as prov/institutions/C14000000001",
		"rxcirc insured list --voucher 码文 --as 目录/institutions/编码\n\n"
		"编码为已登记渠道（App、自助机）；凭证用途须为身份认证（03131）。\n\n"
		"示例：\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a \\\n"
		"      --purpose identity --no-qr |\n"
		"      rxcirc insured list --voucher - --as prov/institutions/C14000000001"},
	{.name = NULL},
};

int insured_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc insured", commands,
		"What a channel does for the insured person in front of it.", "渠道为参保人提供的服务。",
		"Example:\n  rxcirc insured list --voucher RXV1.... --as prov/institutions/C14000000001",
		"示例：\n  rxcirc insured list --voucher RXV1.... --as prov/institutions/C14000000001"};

	return group_run(&group, argc, argv);
}
