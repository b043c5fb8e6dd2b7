/* rxcirc: the platform's command line. */
#include <stdio.h>

#include <rxcirc/rxcirc.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/say.h"

static int version_run(int argc, char **argv)
{
	struct args args;
	int r = args_parse(&args, argc, argv, NULL, 0, 0, 0);

	if (r != 0)
		return r;
	say("rxcirc %s\n", "rxcirc %s\n", RXC_VERSION);
	return answer(json_pack("{s:b, s:i, s:s}", "ok", 1, "exit", EXIT_OK, "version", RXC_VERSION));
}

static const struct command commands[] = {
	{"keygen", keygen_run, "a practitioner's signing key", "生成医师或药师的签名密钥", keygen_help,
		keygen_help_zh},
	{"province", province_run, "set up a province: keys, certificates, registry",
		"建立一个省：密钥、证书、登记库", NULL, NULL},
	{"hospital", hospital_run, "check, upload, revoke, show prescriptions; services",
		"互联网医院：预核验、上传、撤销、查看处方，公布服务", NULL, NULL},
	{"voucher", voucher_run, "the demo e-voucher authority", "演示用电子凭证签发方", NULL, NULL},
	{"pharmacy", pharmacy_run, "pull, claim, review, dispense", "定点药店：下载、占用、审方、调配", NULL,
		NULL},
	{"insured", insured_run, "the person's own prescriptions", "参保人查询本人处方", NULL, NULL},
	{"application", application_run, "how an institution comes onto the platform",
		"机构接入：申请、审核、开通", NULL, NULL},
	{"rules", rules_run, "the rules at upload and their parameters", "上传规则与参数", NULL, NULL},
	{"agency", agency_run, "the registry, and the trail of what happened",
		"经办机构：登记事项与流水", NULL, NULL},
	{"verify", verify_run, "a receipt, a proof or an export of the trail, offline",
		"离线验证回执、存证证明或流水导出", verify_help, verify_help_zh},
	{"version", version_run, "which version this is", "版本",
		"rxcirc version\n\nExample:\n  rxcirc version --json",
		"rxcirc version\n\n示例：\n  rxcirc version --json"},
	{.name = NULL},
};

static const struct command_group group = {"rxcirc", commands,
	"rxcirc - command line of the provincial electronic-prescription circulation platform\n\n"
	"rxcirc GROUP COMMAND ... [--json] [--lang zh|en] [--server ADDR:PORT]\n"
	"    [--timeout-ms N] [--proof] [--help]",
	"rxcirc - 省级医保电子处方流转平台命令行\n\n"
	"rxcirc 命令组 子命令 ... [--json] [--lang zh|en] [--server 地址:端口]\n"
	"    [--timeout-ms N] [--proof] [--help]",
	"Exit codes: 0 done; 1 refused by the rules or the platform; 2 usage; 3 no connection,\n"
	"timeout or busy, nothing happened; 4 outcome unknown, run the same command again; 5\n"
	"what was sent does not verify; 6 a local file is missing, unreadable or in the way; 7\n"
	"fault, call the operator.\n\n"
	"Example, from nothing to a dispensed prescription:\n"
	"  rxcirc province init prov --data deploy/province && rxcirc province import prov\n"
	"  rxcirc hospital upload rx.json --as prov/institutions/H14010500321\n"
	"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a\n"
	"--proof: a changing command waits for the proof that what it wrote stands in the log.\n"
	"More: rxcirc GROUP --help, rxcirc(1)",
	"返回值：0 完成；1 规则或平台拒绝；2 用法错误；3 无连接、超时或繁忙，未发生变更；4 结果\n"
	"未知，请重复执行同一命令；5 收到的内容验证不通过；6 本地文件缺失、不可读或已存在；7 故\n"
	"障，请联系运维。\n\n"
	"示例，从零到发药：\n"
	"  rxcirc province init prov --data deploy/province && rxcirc province import prov\n"
	"  rxcirc hospital upload rx.json --as prov/institutions/H14010500321\n"
	"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a\n"
	"--proof：变更类命令等待“已写入日志”的证明。\n"
	"详情：rxcirc 命令组 --help，rxcirc(1)"};

int main(int argc, char **argv)
{
	int r;

	if (argc > ARGS_MAX)
		return fail(EXIT_USAGE, "more than %d arguments", "参数超过 %d 个", ARGS_MAX);
	argc -= argc > 0;
	if (args_take_globals(&argc, argv + 1) < 0)
		return EXIT_USAGE;
	r = group_run(&group, argc, argv + 1);
	if (fflush(stdout) != 0 && r == EXIT_OK)
		return EXIT_LOCAL_FILE;
	return r;
}
