#include "client-sdk/cli/pharmacy_stub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_state.h"
#include "client-sdk/cli/show.h"

enum { STUB_FILE_MAX = 256 };

static char *stub_path(const struct institution *pharmacy, const char *code)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s.stub", pharmacy->state, code) < 0 ? NULL : path;
}

static int stub_keep(const struct institution *pharmacy, const Rxcirc__V1__PrescriptionStub *stub)
{
	char *path = stub_path(pharmacy, stub->state->rx_code);
	int r = path ? file_replace(path, stub->download_grant.data, stub->download_grant.len) :
		-ENOMEM;

	if (r < 0)
		r = fail_file(path ? path : stub->state->rx_code, r);
	free(path);
	return r;
}

static json_t *stub_show(const Rxcirc__V1__PrescriptionStub *stub)
{
	char issued[CHINA_TIME_LEN + 1];
	json_t *object = show_state_json(stub->state);

	china_time_format(stub->issued_at_ms, issued);
	if (!say_is_json())
		show_state(stub->state);
	say("    %s %s, %s, issued %s, %u lines\n", "    %s %s，%s，开具于 %s，共 %u 种药品\n",
		stub->hospital_code, stub->hospital_name, stub->department_name, issued,
		stub->line_count);
	json_object_del(object, "lines");
	json_object_set_new(object, "hospital", json_string(stub->hospital_code));
	json_object_set_new(object, "hospital_name", json_string(stub->hospital_name));
	json_object_set_new(object, "department", json_string(stub->department_name));
	json_object_set_new(object, "issued_at_ms", json_integer((json_int_t)stub->issued_at_ms));
	json_object_set_new(object, "line_count", json_integer((json_int_t)stub->line_count));
	return object;
}

int stubs_tell(const struct institution *pharmacy,
	const Rxcirc__V1__PullPrescriptionsResponse *reply)
{
	json_t *list = json_array(), *damaged = json_array();
	int r = 0;

	for (size_t i = 0; r == 0 && i < reply->n_stubs; i++) {
		const Rxcirc__V1__PrescriptionStub *stub = reply->stubs[i];
		uint8_t rx_id[RXC_RX_ID_LEN];

		/* it becomes part of a path */
		if (!stub->state || rxc_rx_code_parse(stub->state->rx_code, rx_id, NULL) < 0)
			r = fail(EXIT_UNVERIFIED, "the server sent a prescription without its id",
				"服务器返回的处方缺少编号");
		if (r == 0)
			r = stub_keep(pharmacy, stub);
		if (r == 0)
			json_array_append_new(list, stub_show(stub));
	}
	show_damaged(reply->damaged, reply->n_damaged, damaged);
	if (r == 0) {
		say("%zu open prescriptions%s; download what the person chooses\n",
			"可取处方 %zu 张%s；请按参保人选择取方（pharmacy download）\n", reply->n_stubs,
			reply->more ? say_pick(", and more", "（还有更多）") : "");
		r = answer(json_pack("{s:b, s:i, s:b, s:O, s:O}", "ok", 1, "exit", EXIT_OK, "more",
			(int)reply->more, "stubs", list, "damaged", damaged));
	}
	json_decref(list);
	json_decref(damaged);
	return r;
}

static int download_tell(const struct institution *pharmacy,
	const Rxcirc__V1__PrescriptionBundle *bundle)
{
	size_t signatures = show_signature_count(bundle);
	int r = rx_state_save_pulled(pharmacy, bundle);

	if (r != 0)
		return r;
	if (!say_is_json())
		show_bundle(bundle);
	say("verified %zu signatures against the registry authority\n",
		"已对照登记机关验证 %zu 个签名\n", signatures);
	return answer(json_pack("{s:b, s:i, s:b, s:I, s:o}", "ok", 1, "exit", EXIT_OK, "verified", 1,
		"verified_signatures", (json_int_t)signatures, "prescription",
		show_bundle_json(bundle)));
}

static int download(const struct institution *pharmacy, const char *code,
	Rxcirc__V1__DownloadPrescriptionRequest *request)
{
	Rxcirc__V1__DownloadPrescriptionResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = pending_open(&pending, pharmacy, "download", code, &request->base);

	if (r != 0)
		return r;
	if (rxc_pharmacy_download(pharmacy->client,
		(const Rxcirc__V1__DownloadPrescriptionRequest *)pending.request, pending.key, &reply,
		&error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = download_tell(pharmacy, reply->prescription);
	rxcirc__v1__download_prescription_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int download_kept(const struct institution *pharmacy, const char *given)
{
	Rxcirc__V1__DownloadPrescriptionRequest request =
		RXCIRC__V1__DOWNLOAD_PRESCRIPTION_REQUEST__INIT;
	uint8_t rx_id[RXC_RX_ID_LEN];
	char code[RXC_RX_CODE_LEN + 1];
	struct buffer file = {NULL, 0};
	rxc_error *error = NULL;
	int r;

	if (rxc_rx_code_parse(given, rx_id, &error) < 0) {
		rxc_error_free(error);
		return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号",
			given);
	}
	rxc_rx_code_format(rx_id, code);
	char *path = stub_path(pharmacy, code);

	r = path ? file_read(path, STUB_FILE_MAX, &file) : -ENOMEM;
	if (r == -ENOENT)
		r = fail(EXIT_LOCAL_FILE, "%s was not listed here; run pharmacy pull --stubs first",
			"本机构尚未列出处方 %s，请先执行 pharmacy pull --stubs", code);
	else if (r < 0)
		r = fail_file(path ? path : code, r);
	request.rx_id = pbdata(rx_id, sizeof(rx_id));
	request.download_grant = pbdata(file.data, file.len);
	if (r == 0)
		r = download(pharmacy, code, &request);
	if (r == 0)
		(void)unlink(path); /* used up; the server would say so */
	buffer_clear(&file);
	free(path);
	return r;
}

int pharmacy_download_run(int argc, char **argv)
{
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct institution pharmacy;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(&pharmacy, as)) != 0)
		return r;
	r = download_kept(&pharmacy, args.positional[0]);
	institution_close(&pharmacy);
	return r;
}
