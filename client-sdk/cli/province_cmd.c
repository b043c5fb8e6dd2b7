/* The group `rxcirc province`. */
#include <stddef.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"

static const struct command commands[] = {
	{"init", province_init_run, "make keys, certificates and settings from plain files",
		"由明文数据文件生成密钥、证书与设置",
		"rxcirc province init DIR [--data DATADIR] [--server ADDR:PORT]\n\n"
		"Copies the plain files of DATADIR into DIR/data (never over existing ones; for a new\n"
		"DIR the sample province serves when --data is missing) and makes what is missing: the\n"
		"keys of the registry authority and of the demo e-voucher authority, TLS of the server,\n"
		"of each institution and officer, practitioners' keys and their key statements,\n"
		"client.conf files, and server.conf for rxcircd.  Run it again after editing DIR/data:\n"
		"nothing is overwritten, only what is new is made.  --server goes into the client.conf\n"
		"files.\n\n"
		"Example:\n"
		"  rxcirc province init prov --data deploy/province --server 127.0.0.1:7443",
		"rxcirc province init 目录 [--data 数据目录] [--server 地址:端口]\n\n"
		"将数据目录中的明文文件复制到 目录/data（不覆盖；新目录不写 --data 时用随附的示例省），\n"
		"并补齐所缺：登记机关与演示凭证签发方的密钥、服务器及各机构、人员的 TLS 证书、医师药师\n"
		"密钥与密钥声明、client.conf，以及供 rxcircd 使用的 server.conf。修改 目录/data 后可重\n"
		"复执行：只增不改。--server 写入 client.conf。\n\n"
		"示例：\n"
		"  rxcirc province init prov --data deploy/province --server 127.0.0.1:7443"},
	{"import", province_import_run, "send everything to the running server", "将全部数据登记到服务器",
		"rxcirc province import DIR [--as DIR/officers/NAME]\n\n"
		"As the founding provincial officer: regions, institutions, officers, certificates,\n"
		"practitioners, practices, licences and other items, keys with proof of possession, the\n"
		"e-voucher authority's key, drugs, diagnoses and parameters.  Running it again changes\n"
		"nothing and resumes what broke off.  What needs two officers waits until another one\n"
		"(--as) has run it too.\n\n"
		"Example:\n"
		"  rxcirc province import prov",
		"rxcirc province import 目录 [--as 目录/officers/名称]\n\n"
		"以创始省级人员身份登记：区划、机构、经办人员、证书、医师药师、执业地点、许可与科室等事\n"
		"项、密钥（含持有证明）、凭证签发方密钥、药品、诊断、参数。重复执行不产生变更，中断后可\n"
		"续；须双人办理的，另一名经办人员（--as）再执行一次后生效。\n\n"
		"示例：\n"
		"  rxcirc province import prov"},
	{.name = NULL},
};

int province_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc province", commands,
		"Set up a province: who is who, with keys and certificates for everybody.",
		"建立一个省：机构、人员及其密钥与证书。",
		"Example:\n  rxcirc province init prov --data deploy/province\n"
		"  (start rxcircd with prov/server.conf)\n  rxcirc province import prov",
		"示例：\n  rxcirc province init prov --data deploy/province\n"
		"  （以 prov/server.conf 启动 rxcircd）\n  rxcirc province import prov"};

	return group_run(&group, argc, argv);
}
