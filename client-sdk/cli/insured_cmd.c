/* The group `rxcirc insured`: what a channel does for the person in front of it. */
#include <stddef.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"

static const struct command commands[] = {
	{"list", insured_list_run, "the person's own prescriptions, newest first", "本人处方（新的在前）",
		"rxcirc insured list --voucher TEXT --as DIR/institutions/CODE [--open]\n\n"
		"CODE is a registered channel (app, kiosk); the code's purpose must be identity\n"
		"(03131).  --open shows only what can still be handed over.  The other commands go on\n"
		"without a second code for ten minutes.\n\n"
		"Example:\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a \\\n"
		"      --purpose identity --no-qr |\n"
		"      rxcirc insured list --voucher - --as prov/institutions/C14000000001",
		"rxcirc insured list --voucher 码文 --as 目录/institutions/编码 [--open]\n\n"
		"编码为已登记渠道（App、自助机）；凭证用途须为身份认证（03131）。--open 只列可取处方。此后十\n"
		"分钟内其他命令无须再次出示凭证。\n\n"
		"示例：\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a \\\n"
		"      --purpose identity --no-qr |\n"
		"      rxcirc insured list --voucher - --as prov/institutions/C14000000001"},
	{"show", insured_show_run, "one of them with its reviews and hand-overs",
		"一张处方的审方与调配经过",
		"rxcirc insured show RX --as DIR/institutions/CODE\n\n"
		"After insured list.  Reviews with result and reason, hand-overs with lines, prices, lots\n"
		"and what came back.\n\n"
		"Example:\n"
		"  rxcirc insured show RX-... --as prov/institutions/C14000000001",
		"rxcirc insured show 处方编号 --as 目录/institutions/编码\n\n"
		"在 insured list 之后执行。列出审方结果与原因，各次调配的药品、价格、批号与退回数量。\n\n"
		"示例：\n"
		"  rxcirc insured show RX-... --as prov/institutions/C14000000001"},
	{"accesses", insured_accesses_run, "who looked or acted, and why", "谁查询或办理过、为何",
		"rxcirc insured accesses --as DIR/institutions/CODE\n\n"
		"After insured list.  Every event about the person, newest first, an officer's with its\n"
		"purpose.\n\n"
		"Example:\n"
		"  rxcirc insured accesses --as prov/institutions/C14000000001",
		"rxcirc insured accesses --as 目录/institutions/编码\n\n"
		"在 insured list 之后执行。与本人有关的全部记录，新的在前；经办查询附查询目的。\n\n"
		"示例：\n"
		"  rxcirc insured accesses --as prov/institutions/C14000000001"},
	{"rate", insured_rate_run, "how content the person was with a hand-over", "取药满意度评价",
		"rxcirc insured rate RX --score 1..5 --as DIR/institutions/CODE [--fill N]\n"
		"        [--comment TEXT]\n\n"
		"After insured list.  Of --fill 1 when not given; may be changed for thirty days.  The\n"
		"comment (200 characters) is kept sealed.\n\n"
		"Example:\n"
		"  rxcirc insured rate RX-... --score 5 --as prov/institutions/C14000000001",
		"rxcirc insured rate 处方编号 --score 1..5 --as 目录/institutions/编码 [--fill 次序]\n"
		"        [--comment 评语]\n\n"
		"在 insured list 之后执行。--fill 缺省为 1；三十日内可修改。评语（200 字以内）加密保存。\n\n"
		"示例：\n"
		"  rxcirc insured rate RX-... --score 5 --as prov/institutions/C14000000001"},
	{"code", insured_code_run, "whether a pack was sold before", "药品追溯码销售查询",
		"rxcirc insured code TRACE_CODE --as DIR/institutions/CODE\n\n"
		"After insured list.\n\n"
		"Example:\n"
		"  rxcirc insured code 81234567890123456789 --as prov/institutions/C14000000001",
		"rxcirc insured code 追溯码 --as 目录/institutions/编码\n\n"
		"在 insured list 之后执行。\n\n"
		"示例：\n"
		"  rxcirc insured code 81234567890123456789 --as prov/institutions/C14000000001"},
	{"stock", insured_stock_run, "where drugs are in stock", "查询药品库存",
		"rxcirc insured stock --want CODE=QUANTITY [--want ...] [--region CODE] [--limit N]\n"
		"        --as DIR/institutions/CODE\n\n"
		"Every institution of the region that may do business, with what is in stock and what it\n"
		"costs: everything before part before nothing, the county named first, and equals in an\n"
		"order that changes from search to search.  --region is a prefecture or county; without\n"
		"it the whole province.\n\n"
		"Example:\n"
		"  rxcirc insured stock --want XC09CAX089A001010102764=4 --region 140105 \\\n"
		"      --as prov/institutions/C14000000001",
		"rxcirc insured stock --want 药品编码=数量 [--want ...] [--region 区划] [--limit 家数]\n"
		"        --as 目录/institutions/编码\n\n"
		"列出范围内可提供服务的全部机构及其库存、价格：全部有货在前，其次部分有货、无货；指定县\n"
		"（区）的在前；条件相同者次序每次随机。--region 为市或县（区），缺省为全省。\n\n"
		"示例：\n"
		"  rxcirc insured stock --want XC09CAX089A001010102764=4 --region 140105 \\\n"
		"      --as prov/institutions/C14000000001"},
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
