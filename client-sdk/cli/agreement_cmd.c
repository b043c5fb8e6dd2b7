/* `rxcirc agency|hospital|pharmacy agreement`: lay down, sign, and what happens after. */
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/agreement_file.h"
#include "client-sdk/cli/agreement_show.h"
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

static int time_take(const char *text, const char *option, int64_t *into)
{
	if (text && china_time_parse_loose(text, into) < 0)
		return fail(EXIT_USAGE, "--%s is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--%s 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数", option);
	return 0;
}

/* ---- draft ---------------------------------------------------------------------------------- */

static int draft_send(rxc_client *client, const Rxcirc__V1__DraftAgreementRequest *request)
{
	Rxcirc__V1__DraftAgreementResponse *reply;
	char due[CHINA_TIME_LEN + 1] = "-";
	char digest[2 * DIGEST_LEN + 1] = "";
	rxc_error *error = NULL;

	if (rxc_agreements_draft(client, request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	if (reply->sign_due_ms != 0)
		china_time_format(reply->sign_due_ms, due);
	if (reply->text_sha256.len == DIGEST_LEN)
		hex_format(reply->text_sha256.data, DIGEST_LEN, digest);
	say("%s laid down; to be signed by both until %s\n", "%s 已草拟；签订期限 %s\n", reply->id, due);
	int r = answer(json_pack("{s:b, s:i, s:s, s:s, s:I}", "ok", 1, "exit", EXIT_OK, "id",
		reply->id, "text_sha256", digest, "sign_due_ms", (json_int_t)reply->sign_due_ms));

	rxcirc__v1__draft_agreement_response__free_unpacked(reply, NULL);
	return r;
}

static int draft_run(int argc, char **argv)
{
	Rxcirc__V1__DraftAgreementRequest request = RXCIRC__V1__DRAFT_AGREEMENT_REQUEST__INIT;
	const char *as = NULL;
	const char *id = NULL;
	const char *override = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"replaces", ARG_TEXT, &id},
		{"override", ARG_TEXT, &override}};
	struct agreement_file file;
	struct institution office;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 3, 1, 1);

	if (r != 0 || (r = agreement_file_load(&file, args.positional[0])) != 0)
		return r;
	r = institution_open(&office, as);
	if (r == 0) {
		request.id = pbtext(id ? id : "");
		request.text = &file.text;
		request.override_reason = pbtext(override ? override : "");
		r = draft_send(office.client, &request);
		institution_close(&office);
	}
	agreement_file_clear(&file);
	return r;
}

/* ---- events --------------------------------------------------------------------------------- */

static int advance_tell(const Rxcirc__V1__AdvanceAgreementResponse *reply)
{
	json_t *followed = json_array();

	for (size_t i = 0; i < reply->n_followed; i++) {
		say("  %s follows\n", "  %s 随之变更\n", reply->followed[i]);
		json_array_append_new(followed, json_string(reply->followed[i]));
	}
	if (reply->task_id[0])
		say("task %s: decide on the host's agreement\n", "待办 %s：须决定实体医疗机构的定点协议\n",
			reply->task_id);
	if (reply->proposal_id[0])
		say("proposed (%s); another officer must send the same\n",
			"已提出（%s），须由另一名人员发出相同请求\n", reply->proposal_id);
	else
		say("now %s\n", "当前状态：%s\n", agreement_state_word(reply->state, say_is_chinese()));
	return answer(json_pack("{s:b, s:i, s:s, s:I, s:o, s:s, s:s}", "ok", 1, "exit", EXIT_OK,
		"state", agreement_state_word(reply->state, false), "effective_ms",
		(json_int_t)reply->effective_ms, "followed", followed, "task", reply->task_id, "proposal",
		reply->proposal_id));
}

static int advance_send(rxc_client *client, const Rxcirc__V1__AdvanceAgreementRequest *request)
{
	Rxcirc__V1__AdvanceAgreementResponse *reply;
	rxc_error *error = NULL;

	if (rxc_agreements_advance(client, request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	int r = advance_tell(reply);

	rxcirc__v1__advance_agreement_response__free_unpacked(reply, NULL);
	return r;
}

static int event_run(int argc, char **argv, Rxcirc__V1__AgreementEvent event)
{
	Rxcirc__V1__AdvanceAgreementRequest request = RXCIRC__V1__ADVANCE_AGREEMENT_REQUEST__INIT;
	const char *as = NULL;
	const char *reason = NULL;
	const char *basis = NULL;
	const char *at = NULL;
	const char *until = NULL;
	const char *override = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"reason", ARG_TEXT, &reason},
		{"basis", ARG_TEXT, &basis}, {"at", ARG_TEXT, &at}, {"until", ARG_TEXT, &until},
		{"override", ARG_TEXT, &override}};
	struct institution office;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 6, 1, 1);

	if (r == 0)
		r = args_need(reason, "reason");
	if (r == 0)
		r = time_take(at, "at", &request.effective_ms);
	if (r == 0)
		r = time_take(until, "until", &request.ends_ms);
	if (r != 0 || (r = institution_open(&office, as)) != 0)
		return r;
	request.id = pbtext(args.positional[0]);
	request.event = event;
	request.reason = pbtext(reason);
	request.legal_basis = pbtext(basis ? basis : "");
	request.override_reason = pbtext(override ? override : "");
	r = advance_send(office.client, &request);
	institution_close(&office);
	return r;
}

static int suspend_run(int argc, char **argv)
{
	return event_run(argc, argv, RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_SUSPEND);
}

static int resume_run(int argc, char **argv)
{
	return event_run(argc, argv, RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_RESUME);
}

static int terminate_run(int argc, char **argv)
{
	return event_run(argc, argv, RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_TERMINATE);
}

static int term_run(int argc, char **argv)
{
	return event_run(argc, argv, RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_CHANGE_TERM);
}

static int renew_run(int argc, char **argv)
{
	return event_run(argc, argv, RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_RENEW);
}

/* ---- reading -------------------------------------------------------------------------------- */

static int query(rxc_client *client, Rxcirc__V1__QueryAgreementsRequest *request,
	Rxcirc__V1__QueryAgreementsResponse **ret)
{
	rxc_error *error = NULL;

	return rxc_agreements_query(client, request, NULL, ret, &error) < 0 ?
		report_call(error, false) : 0;
}

/* The page's last number, for the next page; "" when there is none. */
static void page_tell(const Rxcirc__V1__QueryAgreementsResponse *reply, char after[64])
{
	for (size_t i = 0; i < reply->n_agreements; i++) {
		if (say_is_json())
			(void)answer(agreement_json(reply->agreements[i]));
		else
			agreement_show(reply->agreements[i]);
		if (reply->more && reply->agreements[i]->id[0])
			(void)snprintf(after, 64, "%s", reply->agreements[i]->id);
	}
	for (size_t i = 0; i < reply->n_tasks; i++) {
		if (say_is_json())
			(void)answer(agreement_task_json(reply->tasks[i]));
		else
			agreement_task_show(reply->tasks[i]);
		if (reply->more)
			(void)snprintf(after, 64, "%s", reply->tasks[i]->id);
	}
}

static int list(rxc_client *client, Rxcirc__V1__QueryAgreementsRequest *request)
{
	unsigned count = 0;
	bool more = true;
	char after[64] = "";

	while (more) {
		Rxcirc__V1__QueryAgreementsResponse *reply;

		request->after_id = after;
		int r = query(client, request, &reply);

		if (r != 0)
			return r;
		more = reply->more;
		count += (unsigned)(reply->n_agreements + reply->n_tasks);
		page_tell(reply, after);
		rxcirc__v1__query_agreements_response__free_unpacked(reply, NULL);
	}
	say("%u in all\n", "共 %u 项\n", count);
	return answer(json_pack("{s:b, s:i, s:i}", "ok", 1, "exit", EXIT_OK, "count", (int)count));
}

static int list_run_of(int argc, char **argv, bool tasks)
{
	Rxcirc__V1__QueryAgreementsRequest request = RXCIRC__V1__QUERY_AGREEMENTS_REQUEST__INIT;
	const char *as = NULL;
	const char *code = NULL;
	const char *region = NULL;
	bool overdue = false;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"institution", ARG_TEXT, &code},
		{"region", ARG_TEXT, &region}, {"overdue", ARG_FLAG, &overdue}};
	struct institution me;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 4, 0, 0);

	if (r != 0 || (r = institution_open(&me, as)) != 0)
		return r;
	request.institution_code = pbtext(code ? code : "");
	request.region = pbtext(region ? region : "");
	request.overdue = overdue;
	request.tasks = tasks;
	r = list(me.client, &request);
	institution_close(&me);
	return r;
}

static int list_run(int argc, char **argv)
{
	return list_run_of(argc, argv, false);
}

static int tasks_run(int argc, char **argv)
{
	return list_run_of(argc, argv, true);
}

/* One by its number; the reply holds exactly it. */
static int read_one(rxc_client *client, const char *id,
	Rxcirc__V1__QueryAgreementsResponse **ret)
{
	Rxcirc__V1__QueryAgreementsRequest request = RXCIRC__V1__QUERY_AGREEMENTS_REQUEST__INIT;

	request.id = pbtext(id);
	int r = query(client, &request, ret);

	if (r == 0 && (*ret)->n_agreements != 1) {
		rxcirc__v1__query_agreements_response__free_unpacked(*ret, NULL);
		r = fail(EXIT_FAULT, "the server's answer has no agreement", "服务器应答中没有协议");
	}
	return r;
}

static int show_run(int argc, char **argv)
{
	Rxcirc__V1__QueryAgreementsResponse *reply;
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct institution me;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(&me, as)) != 0)
		return r;
	r = read_one(me.client, args.positional[0], &reply);
	if (r == 0) {
		if (say_is_json())
			r = answer(agreement_json(reply->agreements[0]));
		else
			agreement_show(reply->agreements[0]);
		rxcirc__v1__query_agreements_response__free_unpacked(reply, NULL);
	}
	institution_close(&me);
	return r;
}

/* ---- signing -------------------------------------------------------------------------------- */

/* The bytes that were shown are the bytes that are signed: their digest is made here, never taken
 * from the server. */
static int sign(rxc_client *client, const char *id, Rxcirc__V1__AgreementEvent event)
{
	Rxcirc__V1__AdvanceAgreementRequest request = RXCIRC__V1__ADVANCE_AGREEMENT_REQUEST__INIT;
	Rxcirc__V1__QueryAgreementsResponse *reply;
	uint8_t digest[DIGEST_LEN];
	int r = read_one(client, id, &reply);

	if (r != 0)
		return r;
	if (!say_is_json())
		agreement_show(reply->agreements[0]);
	if (digest_sha256(reply->agreements[0]->text.data, reply->agreements[0]->text.len, digest) < 0)
		r = fail(EXIT_FAULT, "the digest could not be made", "无法计算摘要");
	request.id = pbtext(id);
	request.event = event;
	request.text_sha256 = pbdata(digest, sizeof(digest));
	if (r == 0)
		r = advance_send(client, &request);
	rxcirc__v1__query_agreements_response__free_unpacked(reply, NULL);
	return r;
}

static int sign_run_of(int argc, char **argv, Rxcirc__V1__AgreementEvent event)
{
	const char *as = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	struct institution me;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(&me, as)) != 0)
		return r;
	r = sign(me.client, args.positional[0], event);
	institution_close(&me);
	return r;
}

static int agency_sign_run(int argc, char **argv)
{
	return sign_run_of(argc, argv, RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_SIGN_AGENCY);
}

static int party_sign_run(int argc, char **argv)
{
	return sign_run_of(argc, argv,
		RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_SIGN_INSTITUTION);
}

/* ---- tasks ---------------------------------------------------------------------------------- */

static int decide_send(rxc_client *client, const Rxcirc__V1__DecideTaskRequest *request)
{
	Rxcirc__V1__DecideTaskResponse *reply;
	rxc_error *error = NULL;

	if (rxc_agreements_decide(client, request, NULL, &reply, &error) < 0)
		return report_call(error, true);
	if (reply->proposal_id[0])
		say("proposed (%s); another officer must send the same\n",
			"已提出（%s），须由另一名人员发出相同请求\n", reply->proposal_id);
	else
		say("decided; the host's agreement: %s\n", "已决定；实体医疗机构定点协议：%s\n",
			agreement_state_word(reply->state, say_is_chinese()));
	int r = answer(json_pack("{s:b, s:i, s:s, s:i, s:s}", "ok", 1, "exit", EXIT_OK, "state",
		agreement_state_word(reply->state, false), "followed", (int)reply->n_followed, "proposal",
		reply->proposal_id));

	rxcirc__v1__decide_task_response__free_unpacked(reply, NULL);
	return r;
}

static int decision_take(const char *word, Rxcirc__V1__TaskDecision *ret)
{
	static const char *const words[] = {"", "keep", "suspend", "terminate"};

	for (int i = 1; i < 4; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret = (Rxcirc__V1__TaskDecision)i;
			return 0;
		}
	}
	return fail(EXIT_USAGE, "the decision is keep, suspend or terminate",
		"决定须为 keep、suspend 或 terminate");
}

static int decide_run(int argc, char **argv)
{
	Rxcirc__V1__DecideTaskRequest request = RXCIRC__V1__DECIDE_TASK_REQUEST__INIT;
	const char *as = NULL;
	const char *reason = NULL;
	const char *basis = NULL;
	const char *at = NULL;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"reason", ARG_TEXT, &reason},
		{"basis", ARG_TEXT, &basis}, {"at", ARG_TEXT, &at}};
	struct institution office;
	struct args args;
	int r = args_parse(&args, argc, argv, options, 4, 2, 2);

	if (r == 0)
		r = args_need(reason, "reason");
	if (r == 0)
		r = decision_take(args.positional[1], &request.decision);
	if (r == 0)
		r = time_take(at, "at", &request.effective_ms);
	if (r != 0 || (r = institution_open(&office, as)) != 0)
		return r;
	request.task_id = pbtext(args.positional[0]);
	request.reason = pbtext(reason);
	request.legal_basis = pbtext(basis ? basis : "");
	r = decide_send(office.client, &request);
	institution_close(&office);
	return r;
}

/* ---- the commands --------------------------------------------------------------------------- */

#define OFFICE "--as DIR/officers/NAME"
#define OFFICE_ZH "--as 目录/officers/名称"
#define AG "rxcirc agency agreement "
#define TAIL "\n\nExample:\n  " AG
#define TAIL_ZH "\n\n示例：\n  " AG
#define EVENT(verb, run, en, zh, more, more_zh, example) \
	{verb, run, en, zh, \
		AG verb " ID --reason TEXT " more OFFICE "\n\n" \
		"What is decided about a host's designation agreement holds from the same moment for\n" \
		"the supplementary ones that hang on it." TAIL verb " AG-2026-0a1b2c3d " example, \
		AG verb " 编号 --reason 理由 " more_zh OFFICE_ZH "\n\n" \
		"对实体医疗机构定点协议的决定，自同一时间起适用于其补充协议。" \
		TAIL_ZH verb " AG-2026-0a1b2c3d " example}
#define READING(group, place) \
	{"list", list_run, "agreements, page after page", "逐页列出协议", \
		group "list [--institution CODE] [--region CODE] [--overdue] --as " place \
		"\n\nExample:\n  " group "list --overdue --as " place, \
		group "list [--institution 编码] [--region 区划] [--overdue] --as " place \
		"\n\n示例：\n  " group "list --overdue --as " place}, \
	{"show", show_run, "one with its text and history", "查看协议文本与经过", \
		group "show ID --as " place "\n\nExample:\n  " group "show AG-2026-0a1b2c3d --as " place, \
		group "show 编号 --as " place "\n\n示例：\n  " group "show AG-2026-0a1b2c3d --as " place}
#define SIGNING(group, run, place) \
	{"sign", run, "sign the text that is shown", "签署所示文本", \
		group "sign ID --as " place \
		"\n\nWhat is signed is the digest of the text as it was shown; both parties sign.\n\n" \
		"Example:\n  " group "sign AG-2026-0a1b2c3d --as " place, \
		group "sign 编号 --as " place "\n\n签署的是所示文本的摘要；双方均须签署。\n\n" \
		"示例：\n  " group "sign AG-2026-0a1b2c3d --as " place}

static const struct command agency_commands[] = {
	{"draft", draft_run, "lay a text down", "草拟协议",
		AG "draft FILE.json [--replaces ID] [--override REASON] " OFFICE "\n\n"
		"FILE: kind, institution, host_agreement, from, until, form, licence, template,\n"
		"application, clauses {name: text}.  A draft that nobody has signed may be replaced."
		TAIL "draft supplementary.json --as prov/officers/registrar",
		AG "draft 文件.json [--replaces 编号] [--override 理由] " OFFICE_ZH "\n\n"
		"文件：kind、institution、host_agreement、from、until、form、licence、template、\n"
		"application、clauses {条款: 内容}。未经签署的草拟文本可以替换。"
		TAIL_ZH "draft supplementary.json --as prov/officers/registrar"},
	SIGNING(AG, agency_sign_run, "prov/officers/registrar"),
	EVENT("suspend", suspend_run, "stop business for a while", "中止协议",
		"--basis TEXT [--at TIME]\n        ", "--basis 依据 [--at 时间]\n        ",
		"--reason audit --basis 'art. 12' \\\n      --as prov/officers/registrar"),
	EVENT("resume", resume_run, "lift a suspension", "恢复协议", "[--at TIME]\n        ",
		"[--at 时间]\n        ", "--reason corrected \\\n      --as prov/officers/registrar"),
	EVENT("terminate", terminate_run, "end it, or withdraw a draft", "解除协议或撤回草拟文本",
		"--basis TEXT [--at TIME]\n        ", "--basis 依据 [--at 时间]\n        ",
		"--reason fraud --basis 'art. 15' \\\n      --as prov/officers/registrar"),
	EVENT("term", term_run, "change the end of a designation's term", "变更定点协议期限",
		"--until TIME [--override REASON]\n        ",
		"--until 时间 [--override 理由]\n        ",
		"--reason 'new year' --until 2029-01-01 \\\n      --as prov/officers/registrar"),
	EVENT("renew", renew_run, "a further term for a designation", "续签定点协议",
		"--until TIME [--override REASON]\n        ",
		"--until 时间 [--override 理由]\n        ",
		"--reason 'good year' --until 2029-01-01 \\\n      --as prov/officers/registrar"),
	READING(AG, "prov/officers/registrar"),
	{"tasks", tasks_run, "open decisions on hosts' agreements", "待决定的实体机构协议事项",
		AG "tasks [--institution CODE] [--region CODE] " OFFICE
		TAIL "tasks --as prov/officers/registrar",
		AG "tasks [--institution 编码] [--region 区划] " OFFICE_ZH
		TAIL_ZH "tasks --as prov/officers/registrar"},
	{"decide", decide_run, "decide one of them", "对待办作出决定",
		AG "decide TASK keep|suspend|terminate --reason TEXT [--basis TEXT]\n"
		"        [--at TIME] " OFFICE "\n\n"
		"To suspend or terminate is carried out with the decision."
		TAIL "decide TK-2026-0a1b2c3d keep --reason 'separate matter' \\\n"
		"      --as prov/officers/registrar",
		AG "decide 待办 keep|suspend|terminate --reason 理由 [--basis 依据]\n"
		"        [--at 时间] " OFFICE_ZH "\n\n"
		"决定中止或解除的，随决定一并办理。"
		TAIL_ZH "decide TK-2026-0a1b2c3d keep --reason 事项独立 \\\n"
		"      --as prov/officers/registrar"},
	{.name = NULL},
};

int agency_agreement_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc agency agreement", agency_commands,
		"rxcirc agency agreement VERB ... --as DIR/officers/NAME\n\n"
		"Agreements with hospitals and pharmacies: lay down, sign, suspend, resume, end, renew.",
		"rxcirc agency agreement 操作 ... --as 目录/officers/名称\n\n"
		"与医院、药店的协议：草拟、签署、中止、恢复、解除、续签。",
		"Example:\n  rxcirc agency agreement list --overdue --as prov/officers/registrar",
		"示例：\n  rxcirc agency agreement list --overdue --as prov/officers/registrar"};

	return group_run(&group, argc, argv);
}

#define PARTY_GROUP(word, code) \
	static const struct command word##_commands[] = { \
		READING("rxcirc " #word " agreement ", "prov/institutions/" code), \
		SIGNING("rxcirc " #word " agreement ", party_sign_run, "prov/institutions/" code), \
		{.name = NULL}, \
	}; \
	int word##_agreement_run(int argc, char **argv) \
	{ \
		static const struct command_group group = {"rxcirc " #word " agreement", \
			word##_commands, \
			"rxcirc " #word " agreement list|show|sign ... --as DIR/institutions/CODE\n\n" \
			"The institution's own agreements: read them and sign.", \
			"rxcirc " #word " agreement list|show|sign ... --as 目录/institutions/编码\n\n" \
			"本机构的协议：查看、签署。", \
			"Example:\n  rxcirc " #word " agreement sign AG-2026-0a1b2c3d \\\n" \
			"      --as prov/institutions/" code, \
			"示例：\n  rxcirc " #word " agreement sign AG-2026-0a1b2c3d \\\n" \
			"      --as prov/institutions/" code}; \
		return group_run(&group, argc, argv); \
	}
PARTY_GROUP(hospital, "H14010500321")
PARTY_GROUP(pharmacy, "P14010500417")
