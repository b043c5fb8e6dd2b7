/* Submitting, testing and advancing an application: the changing calls of `rxcirc application`. */
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/application_file.h"
#include "client-sdk/cli/application_run.h"
#include "client-sdk/cli/application_show.h"
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/pbjson.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/report.h"

#define ACT(name) RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_##name

typedef Rxcirc__V1__AdvanceApplicationRequest act_request;

int application_answer(const Rxcirc__V1__Application *a)
{
	json_t *json;

	if (!say_is_json()) {
		application_show_line(a);
		return 0;
	}
	json = json_pack("{s:b, s:i, s:o}", "ok", 1, "exit", EXIT_OK, "application",
		pbjson_write(&a->base));
	return answer(json);
}

static int answer_advanced(const Rxcirc__V1__AdvanceApplicationResponse *reply)
{
	if (reply->application)
		return application_answer(reply->application);
	say("proposed: another officer must send the same act within seven days\n",
		"已提出：须由另一名经办人员七日内办理同一操作\n");
	return answer(json_pack("{s:b, s:i, s:b}", "ok", 1, "exit", EXIT_OK,
		"awaits_second_officer", 1));
}

/* Send the act and show what became of it. */
static int advance(const char *as, const char *what, const act_request *request)
{
	Rxcirc__V1__AdvanceApplicationResponse *reply;
	struct pending pending = {.path = NULL};
	struct institution who;
	rxc_error *error = NULL;
	int r = institution_open(&who, as);

	if (r != 0)
		return r;
	r = pending_open(&pending, &who, what, request->application_id, &request->base);
	if (r == 0) {
		const act_request *sent = (const act_request *)(const void *)pending.request;

		if (rxc_application_advance(who.client, sent, pending.key, &reply, &error) < 0) {
			r = report_call(error, true);
		} else {
			r = answer_advanced(reply);
			rxcirc__v1__advance_application_response__free_unpacked(reply, NULL);
		}
		r = pending_close(&pending, r);
	}
	institution_close(&who);
	return r;
}

/* What the act's file or options hold, in the request. */
static int act_with_file(int argc, char **argv, const char *what,
	const ProtobufCMessageDescriptor *type, int act_case)
{
	act_request request = RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__INIT;
	ProtobufCMessage *content = NULL;
	const char *as = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	int r = args_parse(&args, argc, argv, options, 1, 2, 2);

	if (r == 0)
		r = application_file_load(args.positional[1], type, &content);
	if (r != 0)
		return r;
	request.application_id = pbtext(args.positional[0]);
	request.act_case = (Rxcirc__V1__AdvanceApplicationRequest__ActCase)act_case;
	request.notify = (Rxcirc__V1__SupplementNotice *)(void *)content; /* whichever it is */
	r = advance(as, what, &request);
	protobuf_c_message_free_unpacked(content, NULL);
	return r;
}

#define ACT_WITH_FILE(name, NAME, type) \
	int application_##name##_run(int argc, char **argv) \
	{ \
		return act_with_file(argc, argv, "application-" #name, \
			&rxcirc__v1__##type##__descriptor, ACT(NAME)); \
	}
ACT_WITH_FILE(notify, NOTIFY, supplement_notice)
ACT_WITH_FILE(supplement, SUPPLEMENT, supplement)
ACT_WITH_FILE(check, CHECK, checked_items)
ACT_WITH_FILE(verify, VERIFY, checked_items)
ACT_WITH_FILE(group, FORM_GROUP, assessment_group)
ACT_WITH_FILE(assess, ASSESS, checked_items)
ACT_WITH_FILE(fail, FAIL, failure)

static int act_with_opinion(int argc, char **argv, const char *what, int act_case)
{
	act_request request = RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__INIT;
	Rxcirc__V1__Opinion opinion = RXCIRC__V1__OPINION__INIT;
	const char *as = NULL, *text = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"opinion", ARG_TEXT, &text}};
	int r = args_parse(&args, argc, argv, options, 2, 1, 1);

	if (r != 0)
		return r;
	request.application_id = pbtext(args.positional[0]);
	opinion.text = pbtext(text ? text : "");
	request.act_case = (Rxcirc__V1__AdvanceApplicationRequest__ActCase)act_case;
	request.approve = &opinion;
	return advance(as, what, &request);
}

#define ACT_WITH_OPINION(name, NAME) \
	int application_##name##_run(int argc, char **argv) \
	{ \
		return act_with_opinion(argc, argv, "application-" #name, ACT(NAME)); \
	}
ACT_WITH_OPINION(approve, APPROVE)
ACT_WITH_OPINION(activate, ACTIVATE)
ACT_WITH_OPINION(publish, PUBLISH)
ACT_WITH_OPINION(withdraw, WITHDRAW)

/* A moment of the command line, now when none is given. */
static int moment(const char *text, int64_t *ret_ms)
{
	*ret_ms = clock_now_ms();
	if (text && china_time_parse_loose(text, ret_ms) < 0)
		return fail(EXIT_USAGE, "--at is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--at 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	return 0;
}

int application_file_run(int argc, char **argv)
{
	act_request request = RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__INIT;
	Rxcirc__V1__Filing filing = RXCIRC__V1__FILING__INIT;
	const char *as = NULL, *number = NULL, *at = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"number", ARG_TEXT, &number},
		{"at", ARG_TEXT, &at}};
	int r = args_parse(&args, argc, argv, options, 3, 1, 1);

	if (r == 0)
		r = args_need(number, "number");
	if (r == 0)
		r = moment(at, &filing.filed_at_ms);
	if (r != 0)
		return r;
	request.application_id = pbtext(args.positional[0]);
	filing.number = pbtext(number);
	request.act_case = ACT(FILE);
	request.file = &filing;
	return advance(as, "application-file", &request);
}

int application_agreement_run(int argc, char **argv)
{
	act_request request = RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__INIT;
	Rxcirc__V1__NotedAgreement noted = RXCIRC__V1__NOTED_AGREEMENT__INIT;
	const char *as = NULL, *at = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"at", ARG_TEXT, &at}};
	int r = args_parse(&args, argc, argv, options, 2, 1, 1);

	if (r == 0)
		r = moment(at, &noted.signed_at_ms);
	if (r != 0)
		return r;
	request.application_id = pbtext(args.positional[0]);
	request.act_case = ACT(NOTE_AGREEMENT);
	request.note_agreement = &noted;
	return advance(as, "application-agreement", &request);
}

int application_override_run(int argc, char **argv)
{
	act_request request = RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__INIT;
	Rxcirc__V1__BlockOverride lifted = RXCIRC__V1__BLOCK_OVERRIDE__INIT;
	const char *as = NULL, *block = NULL, *reason = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"block", ARG_TEXT, &block},
		{"reason", ARG_TEXT, &reason}};
	int r = args_parse(&args, argc, argv, options, 3, 1, 1);

	if (r == 0)
		r = args_need(block, "block");
	if (r == 0)
		r = args_need(reason, "reason");
	if (r != 0)
		return r;
	request.application_id = pbtext(args.positional[0]);
	lifted.block = pbtext(block);
	lifted.reason = pbtext(reason);
	request.act_case = ACT(OVERRIDE);
	request.override = &lifted;
	return advance(as, "application-override", &request);
}

static int submit(const struct institution *who, const ProtobufCMessage *request)
{
	const Rxcirc__V1__SubmitApplicationRequest *m = (const void *)request;
	Rxcirc__V1__SubmitApplicationResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;
	int r = pending_open(&pending, who, "application-submit", m->institution_code, request);

	if (r != 0)
		return r;
	if (rxc_application_submit(who->client, (const void *)pending.request, pending.key, &reply,
			&error) < 0) {
		r = report_call(error, true);
	} else {
		r = application_answer(reply->application);
		rxcirc__v1__submit_application_response__free_unpacked(reply, NULL);
	}
	return pending_close(&pending, r);
}

int application_submit_run(int argc, char **argv)
{
	ProtobufCMessage *request = NULL;
	struct institution who;
	const char *as = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r == 0)
		r = application_file_load(args.positional[0],
			&rxcirc__v1__submit_application_request__descriptor, &request);
	if (r != 0)
		return r;
	r = institution_open(&who, as);
	if (r == 0) {
		r = submit(&who, request);
		institution_close(&who);
	}
	protobuf_c_message_free_unpacked(request, NULL);
	return r;
}

static int tell_results(const Rxcirc__V1__RecordConformanceResponse *reply)
{
	for (size_t i = 0; !say_is_json() && i < reply->n_results; i++)
		printf("[%s] %s  %s\n", reply->results[i]->passed ? say_pick("passed", "通过") :
			say_pick("failed", "未通过"), reply->results[i]->method, reply->results[i]->finding);
	return answer(json_pack("{s:b, s:i, s:o}", "ok", 1, "exit", EXIT_OK, "run",
		pbjson_write(&reply->base)));
}

int application_conform_run(int argc, char **argv)
{
	Rxcirc__V1__RecordConformanceResponse *reply;
	Rxcirc__V1__RecordConformanceRequest *m;
	ProtobufCMessage *request = NULL;
	struct institution who;
	const char *as = NULL;
	rxc_error *error = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r == 0)
		r = application_file_load(args.positional[0],
			&rxcirc__v1__record_conformance_request__descriptor, &request);
	if (r != 0)
		return r;
	m = (void *)request;
	r = institution_open(&who, as);
	if (r == 0) {
		/* a run may be repeated: the last word about a method counts */
		if (rxc_application_conform(who.client, m, NULL, &reply, &error) < 0) {
			r = report_call(error, true);
		} else {
			r = tell_results(reply);
			rxcirc__v1__record_conformance_response__free_unpacked(reply, NULL);
		}
		institution_close(&who);
	}
	protobuf_c_message_free_unpacked(request, NULL);
	return r;
}
