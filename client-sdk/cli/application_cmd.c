/* The group `rxcirc application`: how an institution comes onto the platform. */
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/application_run.h"
#include "client-sdk/cli/application_show.h"
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/institution.h"
#include "client-sdk/cli/pbjson.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/report.h"

/* One whole application; *ret is released with the response. */
static int fetch(const struct institution *who, const char *id,
	Rxcirc__V1__QueryApplicationsResponse **ret)
{
	Rxcirc__V1__QueryApplicationsRequest request = RXCIRC__V1__QUERY_APPLICATIONS_REQUEST__INIT;
	rxc_error *error = NULL;

	request.application_id = pbtext(id);
	if (rxc_application_query(who->client, &request, NULL, ret, &error) < 0)
		return report_call(error, false);
	if ((*ret)->n_applications == 1)
		return 0;
	rxcirc__v1__query_applications_response__free_unpacked(*ret, NULL);
	return fail(EXIT_FAULT, "the server's answer holds no application", "服务器应答缺少申请");
}

static int one(int argc, char **argv, void (*show)(const Rxcirc__V1__Application *a))
{
	Rxcirc__V1__QueryApplicationsResponse *reply;
	struct institution who;
	const char *as = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(&who, as)) != 0)
		return r;
	r = fetch(&who, args.positional[0], &reply);
	if (r == 0) {
		if (say_is_json())
			r = application_answer(reply->applications[0]);
		else
			show(reply->applications[0]);
		rxcirc__v1__query_applications_response__free_unpacked(reply, NULL);
	}
	institution_close(&who);
	return r;
}

static int application_show_run(int argc, char **argv)
{
	return one(argc, argv, application_show);
}

static int application_print_run(int argc, char **argv)
{
	return one(argc, argv, application_print);
}

/* One page; *ret_more when there is another, and then where it begins. */
static int list_page(const struct institution *who, Rxcirc__V1__QueryApplicationsRequest *request,
	char after[64], bool *ret_more)
{
	Rxcirc__V1__QueryApplicationsResponse *reply;
	rxc_error *error = NULL;
	int r = 0;

	if (rxc_application_query(who->client, request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	for (size_t i = 0; r == 0 && i < reply->n_applications; i++)
		r = application_answer(reply->applications[i]);
	*ret_more = reply->more && reply->n_applications > 0;
	if (*ret_more)
		(void)snprintf(after, 64, "%s", reply->applications[reply->n_applications - 1]->id);
	else
		for (size_t i = 0; i < reply->n_closed_quarters; i++)
			note("no month for applications: %s\n", "未安排申报月份：%s\n",
				reply->closed_quarters[i]);
	request->after_id = after;
	rxcirc__v1__query_applications_response__free_unpacked(reply, NULL);
	return r;
}

static int state_of(const char *word, Rxcirc__V1__ApplicationState *ret)
{
	char where[PBJSON_WHERE_MAX];
	json_t *json = json_pack("{s:s}", "state", word);
	ProtobufCMessage *m = json ?
		pbjson_read(json, &rxcirc__v1__query_applications_request__descriptor, where) : NULL;

	json_decref(json);
	if (!m)
		return fail(EXIT_USAGE, "\"%.30s\" is no state", "“%.30s”不是状态", word);
	*ret = ((Rxcirc__V1__QueryApplicationsRequest *)(void *)m)->state;
	protobuf_c_message_free_unpacked(m, NULL);
	return 0;
}

static int application_list_run(int argc, char **argv)
{
	Rxcirc__V1__QueryApplicationsRequest request = RXCIRC__V1__QUERY_APPLICATIONS_REQUEST__INIT;
	const char *as = NULL, *state = NULL, *region = NULL, *overdue = NULL;
	struct institution who;
	char after[64] = "";
	bool more = true;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}, {"state", ARG_TEXT, &state},
		{"region", ARG_TEXT, &region}, {"overdue", ARG_TEXT, &overdue}};
	int r = args_parse(&args, argc, argv, options, 4, 0, 0);

	if (r == 0 && state)
		r = state_of(state, &request.state);
	if (r == 0 && overdue && china_time_parse_loose(overdue, &request.overdue_at_ms) < 0)
		r = fail(EXIT_USAGE, "--overdue is \"yyyy-MM-dd[ HH:mm:ss]\" or milliseconds",
			"--overdue 须为 “yyyy-MM-dd[ HH:mm:ss]” 或毫秒数");
	if (r != 0 || (r = institution_open(&who, as)) != 0)
		return r;
	request.region = pbtext(region ? region : "");
	while (r == 0 && more)
		r = list_page(&who, &request, after, &more);
	institution_close(&who);
	return r;
}

static const struct command commands[] = {
	{"submit", application_submit_run, "the host or the pharmacy applies; accepted at once",
		"实体医疗机构或药店提出申请，即时受理",
		"rxcirc application submit FILE.json --as DIR/institutions/CODE\n"
		"\n"
		"Sends the application and its documents' digests.  Names are those of "
		"onboarding.proto; a\n"
		"\"file\" beside the JSON file is hashed, not sent.  Refused with every missing "
		"document named.\n"
		"\n"
		"Example:\n"
		"  rxcirc application submit application.json \\\n"
		"      --as prov/institutions/H14010500008",
		"rxcirc application submit 文件.json --as 目录/institutions/编码\n"
		"\n"
		"提交申请及材料摘要。字段名同 onboarding.proto；与 JSON 同目录的 \"file\" 只计算摘要，不上传。\n"
		"材料不全时一次列出全部缺项。\n"
		"\n"
		"示例：\n"
		"  rxcirc application submit application.json \\\n"
		"      --as prov/institutions/H14010500008"},
	{"supplement", application_supplement_run, "bring what the one notice asked for",
		"按一次性告知补正材料",
		"rxcirc application supplement ID FILE.json --as DIR/institutions/CODE\n"
		"\n"
		"{\"documents\": [...]} as in submit; one of a kind that is there replaces it.\n"
		"\n"
		"Example:\n"
		"  rxcirc application supplement AP-2026-0a1b2c3d more.json \\\n"
		"      --as prov/institutions/H14010500008",
		"rxcirc application supplement 编号 文件.json --as 目录/institutions/编码\n"
		"\n"
		"同 submit 的 {\"documents\": [...]}；同种类的材料替换原件。\n"
		"\n"
		"示例：\n"
		"  rxcirc application supplement AP-2026-0a1b2c3d more.json \\\n"
		"      --as prov/institutions/H14010500008"},
	{"conform", application_conform_run, "test the connection: requests as they would be sent",
		"接口测试：按实际业务报文测试",
		"rxcirc application conform FILE.json --as DIR/institutions/CODE\n"
		"\n"
		"{\"application_id\": ..., \"steps\": [{\"method\", \"file\" or \"request\", "
		"\"public_key\", \"client_ms\"}]}.\n"
		"The platform looks at each request with its method's eyes and keeps what it "
		"found; nothing\n"
		"is done.\n"
		"\n"
		"Example:\n"
		"  rxcirc application conform run.json \\\n"
		"      --as prov/institutions/H14010500321",
		"rxcirc application conform 文件.json --as 目录/institutions/编码\n"
		"\n"
		"{\"application_id\": ..., \"steps\": [{\"method\", \"file\" 或 \"request\", "
		"\"public_key\", \"client_ms\"}]}。\n"
		"平台逐条核验报文并留存结果，不产生任何业务。\n"
		"\n"
		"示例：\n"
		"  rxcirc application conform run.json \\\n"
		"      --as prov/institutions/H14010500321"},
	{"withdraw", application_withdraw_run, "the applicant no longer wants it",
		"申请机构撤回申请",
		"rxcirc application withdraw ID --as DIR/institutions/CODE\n"
		"        [--opinion TEXT]\n"
		"\n"
		"Example:\n"
		"  rxcirc application withdraw AP-2026-0a1b2c3d \\\n"
		"      --as prov/institutions/H14010500008",
		"rxcirc application withdraw 编号 --as 目录/institutions/编码\n"
		"        [--opinion 意见]\n"
		"\n"
		"示例：\n"
		"  rxcirc application withdraw AP-2026-0a1b2c3d \\\n"
		"      --as prov/institutions/H14010500008"},
	{"notify", application_notify_run, "the one supplement notice, within five working days",
		"五个工作日内一次性告知补正",
		"rxcirc application notify ID FILE.json --as DIR/officers/NAME\n"
		"\n"
		"{\"documents\": [\"licence\", ...], \"text\": ...}.  A second one is refused.\n"
		"\n"
		"Example:\n"
		"  rxcirc application notify AP-2026-0a1b2c3d notice.json \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application notify 编号 文件.json --as 目录/officers/名称\n"
		"\n"
		"{\"documents\": [\"licence\", ...], \"text\": ...}。第二次告知将被拒绝。\n"
		"\n"
		"示例：\n"
		"  rxcirc application notify AP-2026-0a1b2c3d notice.json \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"check", application_check_run, "the documents, each with its result",
		"核对材料，逐项记录",
		"rxcirc application check ID FILE.json --as DIR/officers/NAME\n"
		"\n"
		"{\"opinion\": ..., \"items\": [{\"name\", \"passed\", \"file\", "
		"\"found_at_ms\": \"now\"}]}, an item for\n"
		"every document of the region's checklist.\n"
		"\n"
		"Example:\n"
		"  rxcirc application check AP-2026-0a1b2c3d items.json \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application check 编号 文件.json --as 目录/officers/名称\n"
		"\n"
		"{\"opinion\": ..., \"items\": [{\"name\", \"passed\", \"file\", "
		"\"found_at_ms\": \"now\"}]}，地区清单每种材料一项。\n"
		"\n"
		"示例：\n"
		"  rxcirc application check AP-2026-0a1b2c3d items.json \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"verify", application_verify_run, "the systems, after the applicant's test",
		"系统核验（接口测试之后）",
		"rxcirc application verify ID FILE.json --as DIR/officers/NAME\n"
		"\n"
		"Items as in check.  Refused until the platform has seen the needed methods "
		"called correctly.\n"
		"\n"
		"Example:\n"
		"  rxcirc application verify AP-2026-0a1b2c3d items.json \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application verify 编号 文件.json --as 目录/officers/名称\n"
		"\n"
		"格式同 check。平台未记录到所需方法的正确调用前不予通过。\n"
		"\n"
		"示例：\n"
		"  rxcirc application verify AP-2026-0a1b2c3d items.json \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"group", application_group_run, "who assesses, by document or on site",
		"组织评估小组（书面或现场）",
		"rxcirc application group ID FILE.json --as DIR/officers/NAME\n"
		"\n"
		"{\"members\": [\"...\", \"...\"], \"form\": \"document\" or \"on-site\"}.\n"
		"\n"
		"Example:\n"
		"  rxcirc application group AP-2026-0a1b2c3d group.json \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application group 编号 文件.json --as 目录/officers/名称\n"
		"\n"
		"{\"members\": [\"...\", \"...\"], \"form\": \"document\" 或 \"on-site\"}。\n"
		"\n"
		"示例：\n"
		"  rxcirc application group AP-2026-0a1b2c3d group.json \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"agreement", application_agreement_run, "combined: the designation agreement was signed",
		"一并申请：记录定点协议签订",
		"rxcirc application agreement ID --as DIR/officers/NAME\n"
		"        [--at TIME]\n"
		"\n"
		"The assessment's two months run from then.\n"
		"\n"
		"Example:\n"
		"  rxcirc application agreement AP-2026-0a1b2c3d --at 2026-04-20 \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application agreement 编号 --as 目录/officers/名称\n"
		"        [--at 时间]\n"
		"\n"
		"评估期限自签订之日起算。\n"
		"\n"
		"示例：\n"
		"  rxcirc application agreement AP-2026-0a1b2c3d --at 2026-04-20 \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"override", application_override_run, "lift a block by hand, with a reason",
		"说明理由，人工解除限制",
		"rxcirc application override ID --as DIR/officers/NAME\n"
		"        --block BLOCK --reason TEXT\n"
		"\n"
		"BLOCK is \"penalty:CODE-DATE\" or \"suspension\", as the refusal names it.\n"
		"\n"
		"Example:\n"
		"  rxcirc application override AP-2026-0a1b2c3d --block suspension --reason "
		"'...' \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application override 编号 --as 目录/officers/名称\n"
		"        --block 限制项 --reason 理由\n"
		"\n"
		"限制项为 penalty:编码-日期 或 suspension，见拒绝信息。\n"
		"\n"
		"示例：\n"
		"  rxcirc application override AP-2026-0a1b2c3d --block suspension --reason "
		"'...' \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"assess", application_assess_run, "passed by the assessment group",
		"评估合格",
		"rxcirc application assess ID FILE.json --as DIR/officers/NAME\n"
		"\n"
		"Items as in check, six of them.\n"
		"\n"
		"Example:\n"
		"  rxcirc application assess AP-2026-0a1b2c3d items.json \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application assess 编号 文件.json --as 目录/officers/名称\n"
		"\n"
		"格式同 check，共六项。\n"
		"\n"
		"示例：\n"
		"  rxcirc application assess AP-2026-0a1b2c3d items.json \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"fail", application_fail_run, "not passed: reasons and suggestions",
		"不合格：理由与整改建议",
		"rxcirc application fail ID FILE.json --as DIR/officers/NAME\n"
		"\n"
		"{\"reason\": ..., \"suggestions\": ..., \"items\": [...]}.\n"
		"\n"
		"Example:\n"
		"  rxcirc application fail AP-2026-0a1b2c3d failure.json \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application fail 编号 文件.json --as 目录/officers/名称\n"
		"\n"
		"{\"reason\": ..., \"suggestions\": ..., \"items\": [...]}。\n"
		"\n"
		"示例：\n"
		"  rxcirc application fail AP-2026-0a1b2c3d failure.json \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"approve", application_approve_run, "the responsible office includes it; not who assessed",
		"核准纳入（评估人员不得核准）",
		"rxcirc application approve ID --as DIR/officers/NAME\n"
		"        [--opinion TEXT]\n"
		"\n"
		"Example:\n"
		"  rxcirc application approve AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/taiyuan-director",
		"rxcirc application approve 编号 --as 目录/officers/名称\n"
		"        [--opinion 意见]\n"
		"\n"
		"示例：\n"
		"  rxcirc application approve AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/taiyuan-director"},
	{"file", application_file_run, "file the dossier with the province",
		"报省级经办机构备案",
		"rxcirc application file ID --as DIR/officers/NAME\n"
		"        --number TEXT [--at TIME]\n"
		"\n"
		"Example:\n"
		"  rxcirc application file AP-2026-0a1b2c3d --number 晋医保网备〔2026〕12号 \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application file 编号 --as 目录/officers/名称\n"
		"        --number 编号 [--at 时间]\n"
		"\n"
		"示例：\n"
		"  rxcirc application file AP-2026-0a1b2c3d --number 晋医保网备〔2026〕12号 \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"activate", application_activate_run, "the province opens the institution",
		"省级经办机构正式开通",
		"rxcirc application activate ID --as DIR/officers/NAME\n"
		"        [--opinion TEXT]\n"
		"\n"
		"Where two persons are wanted, the second officer runs the same command.\n"
		"\n"
		"Example:\n"
		"  rxcirc application activate AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/registrar",
		"rxcirc application activate 编号 --as 目录/officers/名称\n"
		"        [--opinion 意见]\n"
		"\n"
		"须双人办理的地区，由第二名经办人员执行同一命令。\n"
		"\n"
		"示例：\n"
		"  rxcirc application activate AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/registrar"},
	{"publish", application_publish_run, "put it on the public list",
		"列入公布名单",
		"rxcirc application publish ID --as DIR/officers/NAME\n"
		"        [--opinion TEXT]\n"
		"\n"
		"Example:\n"
		"  rxcirc application publish AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/registrar",
		"rxcirc application publish 编号 --as 目录/officers/名称\n"
		"        [--opinion 意见]\n"
		"\n"
		"示例：\n"
		"  rxcirc application publish AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/registrar"},
	{"show", application_show_run, "the whole application, with its history",
		"查看申请全部内容与办理过程",
		"rxcirc application show ID --as DIR/officers/NAME\n"
		"\n"
		"Example:\n"
		"  rxcirc application show AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application show 编号 --as 目录/officers/名称\n"
		"\n"
		"示例：\n"
		"  rxcirc application show AP-2026-0a1b2c3d \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"list", application_list_run, "own applications, or those in the officer's scope",
		"本机构或辖区内的申请",
		"rxcirc application list --as DIR/officers/NAME\n"
		"        [--state STATE] [--region CODE]\n"
		"        [--overdue TIME]\n"
		"\n"
		"--overdue lists those whose deadline has passed at that time.  Officers are "
		"also told of\n"
		"quarters without a month for applications.\n"
		"\n"
		"Example:\n"
		"  rxcirc application list --overdue 2026-05-31 \\\n"
		"      --as prov/officers/taiyuan-registrar",
		"rxcirc application list --as 目录/officers/名称\n"
		"        [--state 状态] [--region 编码]\n"
		"        [--overdue 时间]\n"
		"\n"
		"--overdue 列出在该时刻已超期的申请；并提示未安排申报月份的季度。\n"
		"\n"
		"示例：\n"
		"  rxcirc application list --overdue 2026-05-31 \\\n"
		"      --as prov/officers/taiyuan-registrar"},
	{"print", application_print_run, "the standard forms, to be printed",
		"打印标准表单",
		"rxcirc application print ID --as DIR/institutions/CODE\n"
		"\n"
		"Example:\n"
		"  rxcirc application print AP-2026-0a1b2c3d \\\n"
		"      --as prov/institutions/H14010500008",
		"rxcirc application print 编号 --as 目录/institutions/编码\n"
		"\n"
		"示例：\n"
		"  rxcirc application print AP-2026-0a1b2c3d \\\n"
		"      --as prov/institutions/H14010500008"},
	{.name = NULL},
};

int application_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc application", commands,
		"How an institution comes onto the platform: the host or the pharmacy applies, the\n"
		"responsible office examines, the province opens.",
		"机构接入平台：实体医疗机构或药店申请，统筹地区经办机构审核，省级经办机构开通。",
		"Example, what is overdue:\n"
		"  rxcirc application list --overdue 2026-05-31 --as prov/officers/registrar",
		"示例，列出超期申请：\n"
		"  rxcirc application list --overdue 2026-05-31 --as prov/officers/registrar"};

	return group_run(&group, argc, argv);
}
