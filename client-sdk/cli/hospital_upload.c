/* hospital check and hospital upload: a D001 file to the platform. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/day.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/rx_file.h"
#include "client-sdk/cli/show.h"

/* The options both commands share, and what they lead to. */
struct hospital_args {
	const char *as, *now;
	struct rx_signers signers;
	bool offline, unsigned_too;
	int64_t now_ms;
	struct args rest;
};

struct hospital_job {
	struct hospital_args args;
	struct institution hospital;
	struct rx_file file;
	char *province; /* heap; when derived from --as */
};

static int hospital_args_parse(struct hospital_args *args, int argc, char **argv, bool dry)
{
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args->as},
		{"province", ARG_TEXT, &args->signers.province},
		{"physician-key", ARG_TEXT, &args->signers.physician_key},
		{"pharmacist-key", ARG_TEXT, &args->signers.pharmacist_key},
		{"now", ARG_TEXT, &args->now},
		{"offline", ARG_FLAG, &args->offline},
		{"unsigned", ARG_FLAG, &args->unsigned_too},
	};
	size_t count = sizeof(options) / sizeof(options[0]) - (dry ? 0 : 2);
	int r = args_parse(&args->rest, argc, argv, options, count, 1, 1);

	args->now_ms = clock_now_ms();
	if (r == 0 && args->now && china_time_parse_loose(args->now, &args->now_ms) < 0)
		r = fail(EXIT_USAGE, "--now must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
			"--now 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数");
	return r;
}

/* Read the file, know who we are, find the keys. */
static int job_open(struct hospital_job *job, int argc, char **argv, bool dry)
{
	*job = (struct hospital_job){.province = NULL};
	int r = hospital_args_parse(&job->args, argc, argv, dry);

	if (r == 0)
		r = rx_file_load(&job->file, job->args.rest.positional[0], job->args.now_ms);
	if (r != 0 || job->args.offline || job->file.findings.refused > 0)
		return r;
	r = institution_open(&job->hospital, job->args.as);
	if (r == 0 && !job->args.signers.province) {
		job->province = institution_province(&job->hospital);
		job->args.signers.province = job->province;
		if (!job->province)
			r = fail(EXIT_FAULT, "memory is short", "内存不足");
	}
	return r;
}

static int job_close(struct hospital_job *job, int code)
{
	institution_close(&job->hospital);
	rx_file_clear(&job->file);
	free(job->province);
	return code;
}

/* Tell every finding; the exit code says whether any refuses. */
static int findings_tell(const struct findings *findings, const char *rx_code, bool asked)
{
	size_t flags = findings->count + findings->lost - findings->refused;
	enum exit_code code = findings->refused ? EXIT_REFUSED : EXIT_OK;

	if (!say_is_json()) {
		findings_print(findings, stdout);
		say("%s%s%zu refused, %zu flagged%s\n", "%s%s%zu 条拒收，%zu 条提示%s\n", rx_code,
			*rx_code ? "  " : "", findings->refused, flags,
			asked ? "" : say_pick("; the platform was not asked", "；未询问平台"));
		return code;
	}
	(void)answer(json_pack("{s:b, s:i, s:b, s:b, s:s, s:I, s:I, s:o}", "ok", code == EXIT_OK,
		"exit", (int)code, "acceptable", findings->refused == 0, "asked", asked, "rx", rx_code,
		"refused", (json_int_t)findings->refused, "flagged", (json_int_t)flags, "findings",
		findings_json(findings)));
	return code;
}

static int check_ask(struct hospital_job *job)
{
	Rxcirc__V1__CheckPrescriptionRequest request = RXCIRC__V1__CHECK_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__CheckPrescriptionResponse *reply;
	rxc_error *error = NULL;
	int r = job->args.unsigned_too ? rx_file_leave_unsigned(&job->file) :
		rx_file_sign(&job->file, &job->args.signers);

	if (r != 0)
		return r;
	request.prescription = job->file.prescription;
	request.hospital_review = job->file.review;
	if (rxc_hospital_check(job->hospital.client, &request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	findings_add_all(&job->file.findings, reply->findings, reply->n_findings);
	r = findings_tell(&job->file.findings, reply->rx_code, true);
	rxcirc__v1__check_prescription_response__free_unpacked(reply, NULL);
	return r;
}

int hospital_check_run(int argc, char **argv)
{
	struct hospital_job job;
	int r = job_open(&job, argc, argv, true);

	if (r == 0 && (job.args.offline || job.file.findings.refused > 0))
		r = findings_tell(&job.file.findings, "", false);
	else if (r == 0)
		r = check_ask(&job);
	return job_close(&job, r);
}

static int upload_tell(const Rxcirc__V1__UploadPrescriptionResponse *reply,
	struct findings *findings)
{
	if (!reply->state)
		return fail(EXIT_FAULT, "the server's answer holds no state", "服务器应答缺少处方状态");
	findings_add_all(findings, reply->flags, reply->n_flags);
	say("uploaded  %s\n", "已上传  %s\n", reply->state->rx_code);
	if (!say_is_json())
		findings_print(findings, stdout);
	return answer(json_pack("{s:b, s:i, s:s, s:o, s:o}", "ok", 1, "exit", EXIT_OK, "rx",
		reply->state->rx_code, "state", show_state_json(reply->state), "findings",
		findings_json(findings)));
}

static int upload_send(struct hospital_job *job)
{
	Rxcirc__V1__UploadPrescriptionRequest request = RXCIRC__V1__UPLOAD_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__UploadPrescriptionResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	request.prescription = job->file.prescription;
	request.hospital_review = job->file.review;
	int r = day_note(&job->hospital, &job->file.record->rx);

	if (r == 0)
		r = pending_open(&pending, &job->hospital, "upload",
			job->file.record->rx.hospital_rx_no, &request.base);

	if (r != 0)
		return r;
	if (rxc_hospital_upload(job->hospital.client,
		(const Rxcirc__V1__UploadPrescriptionRequest *)pending.request, pending.key, &reply,
		&error) < 0)
		return pending_close(&pending, report_call(error, true));
	r = upload_tell(reply, &job->file.findings);
	rxcirc__v1__upload_prescription_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

int hospital_upload_run(int argc, char **argv)
{
	struct hospital_job job;
	int r = job_open(&job, argc, argv, false);

	if (r == 0 && job.file.findings.refused > 0)
		return job_close(&job, findings_tell(&job.file.findings, "", false));
	if (r == 0 && !job.file.record->has_review)
		r = fail(EXIT_REFUSED, "the file holds no \"review\" by the hospital pharmacist",
			"文件缺少医院药师审方信息“review”");
	if (r == 0)
		r = rx_file_sign(&job.file, &job.args.signers);
	if (r == 0)
		r = upload_send(&job);
	return job_close(&job, r);
}
