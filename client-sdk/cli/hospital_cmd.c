/* The group `rxcirc hospital`, and its commands about prescriptions the platform has. */
#include <stdlib.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/pbtext.h"
#include "client-sdk/cli/pending.h"
#include "client-sdk/cli/practitioner.h"
#include "client-sdk/cli/report.h"
#include "client-sdk/cli/settlement_help.h"
#include "client-sdk/cli/show.h"

struct revoke_args {
	const char *as, *province, *by, *reason, *key;
	struct args rest;
};

/* Fetch the hospital's own prescription, verified by the library. */
static int prescription_get(const struct institution *hospital, const char *code,
	Rxcirc__V1__GetPrescriptionResponse **ret)
{
	Rxcirc__V1__GetPrescriptionRequest request = RXCIRC__V1__GET_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__GetPrescriptionResponse *reply;
	uint8_t rx_id[RXC_RX_ID_LEN];
	rxc_error *error = NULL;

	if (rxc_rx_code_parse(code, rx_id, &error) < 0) {
		rxc_error_free(error);
		return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号", code);
	}
	request.rx_id = pbdata(rx_id, sizeof(rx_id));
	if (rxc_hospital_get(hospital->client, &request, NULL, &reply, &error) < 0)
		return report_call(error, false);
	if (!reply->prescription || !reply->prescription->prescription || !reply->prescription->state) {
		rxcirc__v1__get_prescription_response__free_unpacked(reply, NULL);
		return fail(EXIT_FAULT, "the server's answer holds no prescription", "服务器应答缺少处方");
	}
	*ret = reply;
	return 0;
}

static int hospital_show_run(int argc, char **argv)
{
	Rxcirc__V1__GetPrescriptionResponse *reply;
	struct institution hospital;
	const char *as = NULL;
	struct args args;
	const struct arg_option options[] = {{"as", ARG_TEXT, &as}};
	int r = args_parse(&args, argc, argv, options, 1, 1, 1);

	if (r != 0 || (r = institution_open(&hospital, as)) != 0)
		return r;
	r = prescription_get(&hospital, args.positional[0], &reply);
	if (r == 0) {
		json_t *object = show_bundle_json(reply->prescription);

		if (!say_is_json())
			show_bundle(reply->prescription);
		say("    verified: %zu signatures\n", "    已验证 %zu 个签名\n",
			show_signature_count(reply->prescription));
		json_object_set_new(object, "ok", json_true());
		json_object_set_new(object, "exit", json_integer(EXIT_OK));
		r = answer(object);
		rxcirc__v1__get_prescription_response__free_unpacked(reply, NULL);
	}
	institution_close(&hospital);
	return r;
}

static int revocation_sign(const struct revoke_args *args, const struct institution *hospital,
	const Rxcirc__V1__PrescriptionBundle *bundle, Rxcirc__V1__SignedDocument **ret)
{
	Rxcirc__V1__Revocation revocation;
	Rxcirc__V1__DocumentDigest digest = RXCIRC__V1__DOCUMENT_DIGEST__INIT;
	char *province = args->province ? NULL : institution_province(hospital);
	uint8_t document_sha256[32];
	uint8_t signature_sha256[32];
	struct practitioner practitioner;
	rxc_error *error = NULL;
	int r = practitioner_open(&practitioner, args->province ? args->province : province, args->by,
		args->key);

	rxcirc__v1__revocation__init(&revocation);
	rxc_document_digest(bundle->prescription, document_sha256, signature_sha256);
	digest.document_sha256 = pbdata(document_sha256, sizeof(document_sha256));
	digest.signature_sha256 = pbdata(signature_sha256, sizeof(signature_sha256));
	revocation.rx_id = bundle->state->rx_id;
	revocation.prescription = &digest;
	revocation.hospital_code = pbtext(hospital->code);
	revocation.practitioner_code = pbtext(args->by);
	revocation.reason = pbtext(args->reason);
	revocation.revoked_at_ms = clock_now_ms();
	if (r == 0 && rxc_sign_message(practitioner.key,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION, &revocation.base, ret, &error) < 0)
		r = report_call(error, false);
	practitioner_close(&practitioner);
	free(province);
	return r;
}

static int revocation_send(const struct institution *hospital,
	const Rxcirc__V1__PrescriptionBundle *bundle, Rxcirc__V1__SignedDocument *revocation)
{
	Rxcirc__V1__RevokePrescriptionRequest request = RXCIRC__V1__REVOKE_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__RevokePrescriptionResponse *reply;
	struct pending pending;
	rxc_error *error = NULL;

	request.rx_id = bundle->state->rx_id;
	request.revocation = revocation;
	int r = pending_open(&pending, hospital, "revoke", bundle->state->rx_code, &request.base);

	if (r != 0)
		return r;
	if (rxc_hospital_revoke(hospital->client,
		(const Rxcirc__V1__RevokePrescriptionRequest *)pending.request, pending.key, &reply,
		&error) < 0)
		return pending_close(&pending, report_call(error, true));
	if (!say_is_json() && reply->state)
		show_state(reply->state);
	r = answer(json_pack("{s:b, s:i, s:s, s:o}", "ok", 1, "exit", EXIT_OK, "rx",
		bundle->state->rx_code, "state",
		reply->state ? show_state_json(reply->state) : json_object()));
	rxcirc__v1__revoke_prescription_response__free_unpacked(reply, NULL);
	(void)pending_close(&pending, EXIT_OK);
	return r;
}

static int revoke(const struct revoke_args *args, const struct institution *hospital)
{
	Rxcirc__V1__SignedDocument *revocation = NULL;
	Rxcirc__V1__GetPrescriptionResponse *reply;
	int r = prescription_get(hospital, args->rest.positional[0], &reply);

	if (r != 0)
		return r;
	r = revocation_sign(args, hospital, reply->prescription, &revocation);
	if (r == 0)
		r = revocation_send(hospital, reply->prescription, revocation);
	if (revocation)
		rxcirc__v1__signed_document__free_unpacked(revocation, NULL);
	rxcirc__v1__get_prescription_response__free_unpacked(reply, NULL);
	return r;
}

static int hospital_revoke_run(int argc, char **argv)
{
	struct revoke_args args = {.as = NULL};
	const struct arg_option options[] = {
		{"as", ARG_TEXT, &args.as}, {"province", ARG_TEXT, &args.province},
		{"by", ARG_TEXT, &args.by}, {"reason", ARG_TEXT, &args.reason},
		{"key", ARG_TEXT, &args.key},
	};
	struct institution hospital;
	int r = args_parse(&args.rest, argc, argv, options, 5, 1, 1);

	if (r == 0)
		r = args_need(args.by, "by");
	if (r == 0)
		r = args_need(args.reason, "reason");
	if (r != 0 || (r = institution_open(&hospital, args.as)) != 0)
		return r;
	r = revoke(&args, &hospital);
	institution_close(&hospital);
	return r;
}

static const struct command commands[] = {
	{"check", hospital_check_run, "dry run: every finding, nothing is changed",
		"预核验：列出全部问题，不作任何变更",
		"rxcirc hospital check FILE.json --as DIR/institutions/CODE [--province DIR]\n"
		"        [--physician-key FILE] [--pharmacist-key FILE] [--unsigned] [--offline]\n"
		"        [--now TIME]\n\n"
		"Reads a prescription in the national D001 layout (\"-\" = standard input), replaces\n"
		"{{now}}, {{now+3d}}, {{now-10m}}, checks every field, then asks the platform.  Prints\n"
		"ALL findings: rule, field, source.  --unsigned asks without signatures, --offline does\n"
		"not ask at all.  Exit 0 when nothing refuses, 1 when something does.\n\n"
		"Example:\n"
		"  rxcirc hospital check rx-refused.json --as prov/institutions/H14010500321 --lang en",
		"rxcirc hospital check 文件.json --as 目录/institutions/编码 [--province 目录]\n"
		"        [--physician-key 文件] [--pharmacist-key 文件] [--unsigned] [--offline]\n"
		"        [--now 时间]\n\n"
		"读取国家 D001 格式的处方（“-”为标准输入），替换 {{now}}、{{now+3d}}、{{now-10m}}，逐项\n"
		"检查后询问平台，一次列出全部问题：规则、字段、依据。--unsigned 不带签名询问，--offline\n"
		"不连接平台。无拒收项返回 0，有则返回 1。\n\n"
		"示例：\n"
		"  rxcirc hospital check rx-refused.json --as prov/institutions/H14010500321"},
	{"upload", hospital_upload_run, "sign by physician and pharmacist, upload, print the code",
		"医师、药师双签名后上传，输出处方编号",
		"rxcirc hospital upload FILE.json --as DIR/institutions/CODE [--province DIR]\n"
		"        [--physician-key FILE] [--pharmacist-key FILE] [--now TIME]\n\n"
		"Signs with PROVINCE/practitioners/<drCode>.key and <pharCode>.key (or the files named)\n"
		"and uploads.  The same file uploaded again gets the same answer.  If the outcome was\n"
		"unknown (exit 4), run the same command again: it finishes the earlier call.\n\n"
		"Example:\n"
		"  rxcirc hospital upload rx-hypertension.json --as prov/institutions/H14010500321",
		"rxcirc hospital upload 文件.json --as 目录/institutions/编码 [--province 目录]\n"
		"        [--physician-key 文件] [--pharmacist-key 文件] [--now 时间]\n\n"
		"用 省目录/practitioners/<drCode>.key 与 <pharCode>.key（或指定文件）签名并上传。同一文\n"
		"件再次上传得到同样的应答。结果未知（返回 4）时重复执行同一命令即可补完。\n\n"
		"示例：\n"
		"  rxcirc hospital upload rx-hypertension.json --as prov/institutions/H14010500321"},
	{"revoke", hospital_revoke_run, "take back an unused prescription", "撤销未使用的处方",
		"rxcirc hospital revoke RX --reason TEXT --by CODE --as DIR/institutions/CODE\n"
		"        [--province DIR] [--key FILE]\n\n"
		"CODE is the prescribing physician or a pharmacist of the hospital; the revocation is\n"
		"signed with that person's key.\n\n"
		"Example:\n"
		"  rxcirc hospital revoke RX-... --reason 'wrong dose' --by D140105003217 \\\n"
		"      --as prov/institutions/H14010500321",
		"rxcirc hospital revoke 处方编号 --reason 原因 --by 人员编码 --as 目录/institutions/编码\n"
		"        [--province 目录] [--key 文件]\n\n"
		"人员为开方医师或本院药师，撤销文书以其密钥签名。\n\n"
		"示例：\n"
		"  rxcirc hospital revoke RX-... --reason 剂量有误 --by D140105003217 \\\n"
		"      --as prov/institutions/H14010500321"},
	{"show", hospital_show_run, "state, reviews and fills of an own prescription",
		"查看本院处方的状态、审方与调配",
		"rxcirc hospital show RX --as DIR/institutions/CODE\n\n"
		"Everything shown was verified: signatures, signers, and that the documents belong\n"
		"together.\n\n"
		"Example:\n"
		"  rxcirc hospital show RX-... --as prov/institutions/H14010500321 --json",
		"rxcirc hospital show 处方编号 --as 目录/institutions/编码\n\n"
		"所示内容均已验证：签名、签署人及文书的前后关系。\n\n"
		"示例：\n"
		"  rxcirc hospital show RX-... --as prov/institutions/H14010500321 --json"},
	{"watch", hospital_watch_run, "what others do with the own prescriptions, as it happens",
		"实时接收本院处方的变更通知",
		"rxcirc hospital watch --as DIR/institutions/CODE [--resume FILE | --cursor HEX]\n"
		"        [--from TIME] [--for SECONDS] [--heartbeat MS]\n\n"
		"One line per event, until it is interrupted or --for is over; goes on by itself when the\n"
		"connection is cut.  --resume keeps the place in FILE: started again it goes on behind\n"
		"the last page it showed.  Without place or --from only what is new is told.\n\n"
		"Example:\n"
		"  rxcirc hospital watch --resume feed.cursor --as prov/institutions/H14010500321",
		"rxcirc hospital watch --as 目录/institutions/编码 [--resume 文件 | --cursor 游标]\n"
		"        [--from 时间] [--for 秒] [--heartbeat 毫秒]\n\n"
		"每条事件一行，直至中断或 --for 到时；连接断开后自动续接。--resume 将位置存于文件，再次运\n"
		"行时从上次显示的最后一页之后继续。未指定位置或 --from 时只接收新的通知。\n\n"
		"示例：\n"
		"  rxcirc hospital watch --resume feed.cursor --as prov/institutions/H14010500321"},
	{"poll", hospital_poll_run, "the same, asked for once", "查询一次变更通知",
		"rxcirc hospital poll --as DIR/institutions/CODE [--resume FILE | --cursor HEX]\n"
		"        [--from TIME] [--limit N]\n\n"
		"Shows what was not told yet, one page of N (at most 500) with --limit, all without.\n"
		"The first time, without place or --from, it only notes where the feed stands.\n\n"
		"Example:\n"
		"  rxcirc hospital poll --resume feed.cursor --as prov/institutions/H14010500321",
		"rxcirc hospital poll --as 目录/institutions/编码 [--resume 文件 | --cursor 游标]\n"
		"        [--from 时间] [--limit 条数]\n\n"
		"显示尚未接收的通知；指定 --limit 时为一页（至多 500 条），否则为全部。首次运行且未指定位\n"
		"置或 --from 时，只记下当前位置。\n\n"
		"示例：\n"
		"  rxcirc hospital poll --resume feed.cursor --as prov/institutions/H14010500321"},
	{"agreement", hospital_agreement_run, "read and sign the own agreements",
		"查看、签署本机构协议", NULL, NULL},
	{"service", hospital_service_run, "publish a service with its price", "公布服务内容与价格",
		"rxcirc hospital service CODE --name TEXT --price YUAN --as DIR/institutions/CODE\n"
		"        [--owner CODE] [--from TIME] [--until TIME] [--note TEXT] [--withdraw]\n\n"
		"Puts a service of the hospital, or of the internet hospital it hosts (--owner), on the\n"
		"public list.  A later price of the same CODE takes over at its --from (now).\n\n"
		"Example:\n"
		"  rxcirc hospital service 111000002 --name 互联网复诊诊查费 --price 15.00 \\\n"
		"      --as prov/institutions/H14010500321",
		"rxcirc hospital service 项目编码 --name 名称 --price 元 --as 目录/institutions/编码\n"
		"        [--owner 机构编码] [--from 时间] [--until 时间] [--note 说明] [--withdraw]\n\n"
		"在公开名单上公布本机构或所依托互联网医院（--owner）的服务内容与价格。同一编码的新价格\n"
		"自 --from（默认现在）起执行。\n\n"
		"示例：\n"
		"  rxcirc hospital service 111000002 --name 互联网复诊诊查费 --price 15.00 \\\n"
		"      --as prov/institutions/H14010500321"},
	{"declare", hospital_declare_run, "say which prescriptions were issued on a day",
		"申报某日开具的处方号",
		"rxcirc hospital declare [FILE] --day yyyy-MM-dd --as DIR/institutions/CODE\n"
		"        [--from-state] [--business internet|offline] [--revision N]\n\n"
		"FILE holds one hospital number per line (\"-\" = standard input); --from-state takes\n"
		"those that \"hospital upload\" noted on this machine before it sent them.  A day that\n"
		"was declared with other numbers is declared anew with a higher --revision.\n\n"
		"Example:\n"
		"  rxcirc hospital declare numbers.txt --day 2026-05-29 \\\n"
		"      --as prov/institutions/H14010500321",
		"rxcirc hospital declare [文件] --day yyyy-MM-dd --as 目录/institutions/编码\n"
		"        [--from-state] [--business internet|offline] [--revision 版本]\n\n"
		"文件每行一个医院处方号（“-”为标准输入）；--from-state 使用本机“hospital upload”发送前\n"
		"记下的处方号。更正已申报的日期时提高 --revision 重新申报。\n\n"
		"示例：\n"
		"  rxcirc hospital declare numbers.txt --day 2026-05-29 \\\n"
		"      --as prov/institutions/H14010500321"},
	{"reconcile", hospital_reconcile_run, "what was declared of a day against what came in",
		"按日核对申报与接收",
		"rxcirc hospital reconcile --day yyyy-MM-dd --as DIR/institutions/CODE\n"
		"        [--business internet|offline]\n\n"
		"Lists the numbers that do not agree: declared and not received, received and not\n"
		"declared, used more than once.  Exit 1 when there is an alarm.\n\n"
		"Example:\n"
		"  rxcirc hospital reconcile --day 2026-05-29 --as prov/institutions/H14010500321",
		"rxcirc hospital reconcile --day yyyy-MM-dd --as 目录/institutions/编码\n"
		"        [--business internet|offline]\n\n"
		"列出不一致的处方号：已申报未接收、已接收未申报、重复使用。有告警时返回 1。\n\n"
		"示例：\n"
		"  rxcirc hospital reconcile --day 2026-05-29 --as prov/institutions/H14010500321"},
	{"identity", hospital_identity_run, "report a real-name check", "上报实名认证记录",
		"rxcirc hospital identity --serial TEXT --person VOUCHER_ID --channel CODE\n"
		"        --as DIR/institutions/CODE [--mode voucher|id-card|social-card|face]\n"
		"        [--at TIME] [--failed] [--order TEXT]\n\n"
		"Sent as the check happens.  The serial is the authNo the prescription will carry; the\n"
		"day's reconciliation counts prescriptions whose check was not reported.  --order is\n"
		"the mobile payment's number.\n\n"
		"Example:\n"
		"  rxcirc hospital identity --serial RZ-1 --person 140100-EV-6f1d2a --channel app-1 \\\n"
		"      --as prov/institutions/H14010500321",
		"rxcirc hospital identity --serial 流水号 --person 凭证号 --channel 渠道\n"
		"        --as 目录/institutions/编码 [--mode voucher|id-card|social-card|face]\n"
		"        [--at 时间] [--failed] [--order 订单号]\n\n"
		"认证发生时实时上报。流水号即处方的 authNo，按日核对时统计未上报认证的处方。--order 为\n"
		"移动支付订单号。\n\n"
		"示例：\n"
		"  rxcirc hospital identity --serial RZ-1 --person 140100-EV-6f1d2a --channel app-1 \\\n"
		"      --as prov/institutions/H14010500321"},
	{"stock", hospital_stock_run, "where drugs are in stock", "查询药品库存",
		"rxcirc hospital stock --want CODE=QUANTITY [--want ...] [--region CODE] [--limit N]\n"
		"        --as DIR/institutions/CODE\n\n"
		"Every institution of the region that may do business, with what is in stock and what it\n"
		"costs: everything before part before nothing, the county named first, and equals in an\n"
		"order that changes from search to search.  --region is a prefecture or county; without\n"
		"it the whole province.\n\n"
		"Example:\n"
		"  rxcirc hospital stock --want XC09CAX089A001010102764=4 --region 140105 \\\n"
		"      --as prov/institutions/H14010500321",
		"rxcirc hospital stock --want 药品编码=数量 [--want ...] [--region 区划] [--limit 家数]\n"
		"        --as 目录/institutions/编码\n\n"
		"列出范围内可提供服务的全部机构及其库存、价格：全部有货在前，其次部分有货、无货；指定县\n"
		"（区）的在前；条件相同者次序每次随机。--region 为市或县（区），缺省为全省。\n\n"
		"示例：\n"
		"  rxcirc hospital stock --want XC09CAX089A001010102764=4 --region 140105 \\\n"
		"      --as prov/institutions/H14010500321"},
	{"import-legacy", hospital_import_legacy_run,
		"bring open dual-channel prescriptions of the old module over",
		"导入原“双通道”模块的未用处方",
		"rxcirc hospital import-legacy FOLDER --as DIR/institutions/CODE [--province DIR]\n"
		"        [--issued-before yyyy-MM-dd]\n\n"
		"Reads every *.json of the folder (D001 layout, attribute 01 dual-channel, issued before\n"
		"the cut-over), has each signed anew today by physician and pharmacist, numbered L-OLD\n"
		"with the old number as initRxno, and uploads it exactly once: stopped in the middle\n"
		"and started again, it goes on where it was.  What is refused is listed with every\n"
		"finding; exit 1 then.  JIN15-4.11c\n\n"
		"Example:\n"
		"  rxcirc hospital import-legacy old/ --as prov/institutions/H14010500321",
		"rxcirc hospital import-legacy 目录 --as 目录/institutions/编码 [--province 目录]\n"
		"        [--issued-before yyyy-MM-dd]\n\n"
		"读取目录下全部 *.json（D001 格式、双通道处方、切换日前开具），由医师、药师于今日重新签名\n"
		"（新处方号为“L-原号”，原号记为 initRxno）并逐张上传，恰好一次；中断后重新执行即从中断处\n"
		"继续。被拒处方逐条列出问题并返回 1（JIN15-4.11c）。\n\n"
		"示例：\n"
		"  rxcirc hospital import-legacy old/ --as prov/institutions/H14010500321"},
	{"settle", hospital_settle_run, "tell how a consultation or own drugs were paid",
		"上报诊察费或本院药品费的结算", settlement_settle_help, settlement_settle_help_zh},
	SETTLEMENT_COMMANDS,
	{.name = NULL},
};

int hospital_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc hospital", commands,
		"What an internet hospital does: check, upload, revoke, follow its prescriptions.",
		"互联网医院：预核验、上传、撤销、查看处方。",
		"Example:\n  rxcirc hospital upload rx.json --as prov/institutions/H14010500321\n"
		"More on each: rxcirc hospital COMMAND --help",
		"示例：\n  rxcirc hospital upload rx.json --as prov/institutions/H14010500321\n"
		"详情：rxcirc hospital 子命令 --help"};

	return group_run(&group, argc, argv);
}
