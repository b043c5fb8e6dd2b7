/* The group `rxcirc agency`: the trail, and the registry record by record. */
#include <stddef.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/settlement_help.h"


static const struct command commands[] = {
	{"trail", agency_trail_run, "events by prescription, person, institution, practitioner or time",
		"按处方、参保人、机构、人员或时间查询流水",
		"rxcirc agency trail --purpose TEXT --as DIR/officers/NAME\n"
		"        [--rx RX | --person VOUCHER_ID | --institution CODE | --practitioner CODE]\n"
		"        [--kind KIND] [--from TIME] [--until TIME] [--limit N] [--stream]\n\n"
		"Reads the trail within the officer's scope, page after page, oldest first; --stream\n"
		"asks once and is told all of it.  KIND is a word as they are shown, e.g. dispensed.\n"
		"@N is the event's place in the log.  Each reading leaves an event of its own with the\n"
		"purpose.  With --json one object per event, then a summary.\n\n"
		"Example:\n"
		"  rxcirc agency trail --rx RX-... --purpose 'complaint 2026-118' \\\n"
		"      --as prov/officers/taiyuan-auditor",
		"rxcirc agency trail --purpose 用途 --as 目录/officers/名称\n"
		"        [--rx 处方编号 | --person 凭证号 | --institution 编码 | --practitioner 编码]\n"
		"        [--kind 类别] [--from 时间] [--until 时间] [--limit 条数] [--stream]\n\n"
		"在辖区内逐页查询流水，旧的在前；--stream 只问一次，连续返回。类别为英文词，如\n"
		"dispensed。@N 为事件在日志中的位置。每次查询连同用途留痕。--json 时每条事件一个对象，\n"
		"最后为汇总。\n\n"
		"示例：\n"
		"  rxcirc agency trail --rx RX-... --purpose '投诉 2026-118' \\\n"
		"      --as prov/officers/taiyuan-auditor"},
	{"export", agency_export_run, "events with proofs, and documents, to be verified offline",
		"导出流水与文书，供离线验证",
		"rxcirc agency export --purpose TEXT --out FILE --as DIR/officers/NAME\n"
		"        [--rx RX | --person VOUCHER_ID | --institution CODE | --practitioner CODE]\n"
		"        [--kind KIND] [--from TIME] [--until TIME] | [--index A..B]\n"
		"        [--documents] [--known CHECKPOINT-FILE] [--policy FILE]\n\n"
		"Events of the trail with what proves that they stand in the published log, into one file\n"
		"that `rxcirc verify` checks anywhere.  --index takes a run of the log, B not included.\n"
		"--documents adds the stored documents and the keys that open them: the file then\n"
		"discloses their content.  --known (may be repeated) names checkpoints kept from before,\n"
		"from each of which the file proves that the log only grew.  With --policy everything is\n"
		"verified as it comes.  The export is recorded with its purpose, and on every\n"
		"prescription whose documents it brings.\n\n"
		"Example:\n"
		"  rxcirc agency export --rx RX-... --documents --purpose 'case 2026-17' \\\n"
		"      --policy policy --out case-17.export --as prov/officers/provincial-auditor",
		"rxcirc agency export --purpose 用途 --out 文件 --as 目录/officers/名称\n"
		"        [--rx 处方编号 | --person 凭证号 | --institution 编码 | --practitioner 编码]\n"
		"        [--kind 类别] [--from 时间] [--until 时间] | [--index A..B]\n"
		"        [--documents] [--known 检查点文件] [--policy 文件]\n\n"
		"将流水事件连同其在已发布日志中的证明写入一个文件，可在任何地方用 rxcirc verify 验证。\n"
		"--index 取日志的一个区间，不含 B。--documents 附上保存的文书及其密钥，文件即含明文内\n"
		"容。--known（可重复）给出此前留存的检查点，文件将证明日志在其后只增未改。给出 --policy\n"
		"时边导出边验证。导出及用途留痕；附带文书的，在每张处方上留痕。\n\n"
		"示例：\n"
		"  rxcirc agency export --rx RX-... --documents --purpose '2026-17 号案' \\\n"
		"      --policy policy --out case-17.export --as prov/officers/provincial-auditor"},
	{"audit", agency_audit_run, "the whole log checked, and the tables held against it",
		"核对全部日志，并与数据表比对",
		"rxcirc agency audit --trail URL|DIR --policy FILE --state DIR --purpose TEXT\n"
		"        --as DIR/officers/NAME [--full] [--detached-before TIME] [--wait SECONDS]\n\n"
		"Reads the published log itself (checkpoint, tiles, leaves), checks the signatures of the\n"
		"log and its witnesses, that it continues the checkpoint remembered in --state, and every\n"
		"leaf up to the signed root; folds from it what the tables must say, asks what they do\n"
		"say, and tells each difference: events, states, documents, registry.  Without --full\n"
		"only what happened since the last audit that agreed.  --detached-before: older events\n"
		"are no longer in the tables.  Rows newer than the log are judged when it has come to\n"
		"them, at most SECONDS later (30).  Exit 5 when anything differs; of a fork or a rollback\n"
		"both checkpoints are kept in --state as evidence.  Provincial auditors.\n\n"
		"Example:\n"
		"  rxcirc agency audit --trail http://10.1.2.3:7480/trail --policy policy \\\n"
		"      --state audit --purpose 'yearly audit' --full --as prov/officers/provincial-auditor",
		"rxcirc agency audit --trail 网址|目录 --policy 文件 --state 目录 --purpose 用途\n"
		"        --as 目录/officers/名称 [--full] [--detached-before 时间] [--wait 秒]\n\n"
		"读取已发布的日志本身（检查点、散列块、叶），核对日志与见证人的签名，核对其是否接续\n"
		"--state 中留存的检查点，并逐叶核对至所签名的根；由日志推得数据表应有的内容，再与实际内\n"
		"容比对，逐条说明不符之处：事件、处方状态、文书、登记事项。不加 --full 时只比对上次全部\n"
		"相符的审计之后的内容。--detached-before：此前的事件已不在表中。比日志新的记录待日志发\n"
		"布后再判定，至多等待所给秒数（缺省 30）。有不符时返回 5；发现分叉或回退时，两个检查点\n"
		"均保存在 --state 中作为证据。限省级审计人员。\n\n"
		"示例：\n"
		"  rxcirc agency audit --trail http://10.1.2.3:7480/trail --policy policy \\\n"
		"      --state audit --purpose 年度审计 --full --as prov/officers/provincial-auditor"},
	{"agreement", agency_agreement_run, "agreements: lay down, sign, suspend, end",
		"协议：草拟、签署、中止、解除", NULL, NULL},
	{"show", agency_show_run, "one prescription's whole story, and what of it is missing",
		"一张处方的全过程与缺项",
		"rxcirc agency show RX --purpose TEXT --as DIR/officers/NAME\n\n"
		"Documents and signatures, everything that happened, how it was paid, reversed and\n"
		"reviewed, how it travelled and how it was rated, and what of information, money and\n"
		"goods is missing.  The officer's scope is that of the hospital or a pharmacy concerned;\n"
		"the read and its purpose are recorded, and the insured person can see them.\n\n"
		"Example:\n"
		"  rxcirc agency show RX-2G5M-... --purpose 'case 2026-17' \\\n"
		"      --as prov/officers/provincial-auditor",
		"rxcirc agency show 处方编号 --purpose 用途 --as 目录/officers/名称\n\n"
		"文书与签名、全部经过、结算与冲正、审核与拒付、配送、评价，以及信息流、资金流、物流的\n"
		"缺项。限本辖区相关医院或药店；查询及用途留痕，参保人可见。\n\n"
		"示例：\n"
		"  rxcirc agency show RX-2G5M-... --purpose '2026-17 号案' \\\n"
		"      --as prov/officers/provincial-auditor"},
	{"decision", agency_decision_run, "what an upload was judged by, judged again",
		"上传时的核验依据及复核",
		"rxcirc agency decision RX --purpose TEXT --as DIR/officers/NAME\n\n"
		"Opens the facts, limits and versions the upload was judged by, judges again and says\n"
		"whether the decision is the same.  Each reading leaves an event with its purpose.\n\n"
		"Example:\n"
		"  rxcirc agency decision RX-... --purpose 'complaint 2026-118' \\\n"
		"      --as prov/officers/taiyuan-auditor",
		"rxcirc agency decision 处方编号 --purpose 用途 --as 目录/officers/名称\n\n"
		"取出上传时的核验依据、参数与版本，重新判定并与当时结果比对；每次查询连同用途留痕。\n\n"
		"示例：\n"
		"  rxcirc agency decision RX-... --purpose '投诉 2026-118' \\\n"
		"      --as prov/officers/taiyuan-auditor"},
	{"codes", agency_codes_run, "versions of the code tables: import, query, export, compare",
		"编码库版本：导入、查询、导出、比较", NULL, NULL},
	{"put", agency_put_run, "write one record of the registry", "登记或变更一条登记事项",
		"rxcirc agency put KIND [FIELD=VALUE ...] [--file FILE.json] [--change]\n"
		"        [--certificate CERT.pem] --as DIR/officers/NAME\n\n"
		"KIND is institution, certificate, officer, practitioner, practice, voucher-key, item,\n"
		"parameter or block; the fields are those of registry.proto.  Times are yyyy-MM-dd\n"
		"[HH:mm:ss] in China or milliseconds, amounts fen, lists parted by ';'.  --file gives\n"
		"them as a JSON object (- reads standard input).  --change begins with the record that\n"
		"stands there, found by its key fields, so that only what changes must be given (of an\n"
		"item give evidence_sha256 again if it had one).  --certificate takes pin and dates from\n"
		"a certificate.  Says changed, unchanged, or that a second officer must run the same\n"
		"command.\n\n"
		"Examples:\n"
		"  rxcirc agency put institution code=P14010600582 status=suspended --change \\\n"
		"      --as prov/officers/registrar\n"
		"  rxcirc agency put parameter region=140100 name=two-person from_ms=2026-12-01 \\\n"
		"      value=key source='内控制度' --as prov/officers/registrar",
		"rxcirc agency put 类别 [字段=取值 ...] [--file 文件.json] [--change]\n"
		"        [--certificate 证书.pem] --as 目录/officers/名称\n\n"
		"类别：institution、certificate、officer、practitioner、practice、voucher-key、item、\n"
		"parameter、block；字段同 registry.proto。时间为 yyyy-MM-dd [HH:mm:ss]（北京时间）或毫\n"
		"秒，金额为分，列表以 ; 分隔。--file 以 JSON 对象给出（- 为标准输入）。--change 以现有记\n"
		"录为底，按关键字段查找，只须给出变更部分（事项如有凭据摘要须重新给出）。--certificate\n"
		"由证书取指纹与有效期。结果为已变更、未变，或待另一名经办人员执行同一命令。\n\n"
		"示例：\n"
		"  rxcirc agency put institution code=P14010600582 status=suspended --change \\\n"
		"      --as prov/officers/registrar\n"
		"  rxcirc agency put parameter region=140100 name=two-person from_ms=2026-12-01 \\\n"
		"      value=key source='内控制度' --as prov/officers/registrar"},
	{"list", agency_list_run, "records of the registry", "查询登记事项",
		"rxcirc agency list KIND [--code CODE] [--region CODE] [--text TEXT] [--item-kind WORD]\n"
		"        [--at TIME] [--missing WORD] [--person VOUCHER_ID --purpose TEXT]\n"
		"        --as DIR/officers/NAME\n\n"
		"KIND as for put, and key.  --code finds by any code of the record (owner, institution,\n"
		"practitioner, key id, pin, parameter name); --at shows only what holds at that moment;\n"
		"--missing lists published institutions without an item of that kind, e.g. service.  The\n"
		"blocks of a person are asked for by voucher id and leave an event with the purpose.\n"
		"With --json one object per record, then a summary.\n\n"
		"Examples:\n"
		"  rxcirc agency list item --code H14010500321 --item-kind licence \\\n"
		"      --as prov/officers/registrar\n"
		"  rxcirc agency list institution --missing service --as prov/officers/registrar",
		"rxcirc agency list 类别 [--code 编码] [--region 区划] [--text 文字] [--item-kind 事项]\n"
		"        [--at 时间] [--missing 事项] [--person 凭证号 --purpose 用途]\n"
		"        --as 目录/officers/名称\n\n"
		"类别同 put，另有 key。--code 按记录的任一编码查找（所属、机构、人员、密钥编号、指纹、\n"
		"参数名）；--at 只列该时刻有效的；--missing 列出已公布但缺少该类事项的机构，如 service。\n"
		"查询个人限制须给出凭证号与用途，并留痕。--json 时每条一个对象，最后为汇总。\n\n"
		"示例：\n"
		"  rxcirc agency list item --code H14010500321 --item-kind licence \\\n"
		"      --as prov/officers/registrar\n"
		"  rxcirc agency list institution --missing service --as prov/officers/registrar"},
	{"expiring", agency_expiring_run, "licences, keys and certificates that end soon",
		"即将到期的许可、密钥与证书",
		"rxcirc agency expiring [--days N] [--region CODE] --as DIR/officers/NAME\n\n"
		"Items, certificates, officers' certificates and keys that hold now and end within N\n"
		"days (60), and that nothing later renews.\n\n"
		"Example:\n"
		"  rxcirc agency expiring --days 60 --as prov/officers/registrar",
		"rxcirc agency expiring [--days 天数] [--region 区划] --as 目录/officers/名称\n\n"
		"现行有效、在 N 天内（默认 60）到期且未续的事项、机构证书、人员证书与密钥。\n\n"
		"示例：\n"
		"  rxcirc agency expiring --days 60 --as prov/officers/registrar"},
	{"revoke-key", agency_revoke_key_run, "revoke a practitioner's key, also dated back",
		"吊销医师药师密钥，可追溯",
		"rxcirc agency revoke-key KEYID --from TIME --authority FILE.key --as DIR/officers/NAME\n"
		"        [--statement FILE] [--audit-as DIR/officers/NAME --purpose TEXT]\n\n"
		"Signs a new statement about the key with the registry authority's key file, revoked\n"
		"from TIME, and puts it.  KEYID is 64 hexadecimal digits (agency list key).  Where two\n"
		"officers are needed, --statement keeps it for the second, who sends the same.  With\n"
		"--audit-as an auditor then lists what it touches: the events of that practitioner at or\n"
		"after TIME with their prescription codes.\n\n"
		"Example:\n"
		"  rxcirc agency revoke-key 6f1d... --from 2026-11-01 --authority prov/authority.key \\\n"
		"      --as prov/officers/registrar --audit-as prov/officers/provincial-auditor \\\n"
		"      --purpose 'key lost'",
		"rxcirc agency revoke-key 密钥编号 --from 时间 --authority 文件.key --as 目录/officers/名称\n"
		"        [--statement 文件] [--audit-as 目录/officers/名称 --purpose 用途]\n\n"
		"以登记机关密钥签署该密钥的新声明，自所给时间起吊销，并登记。密钥编号为 64 位十六进制\n"
		"（见 agency list key）。须双人办理时，--statement 存下声明供第二人发送。给出\n"
		"--audit-as 时由审计人员列出所涉：该人员自该时间起的事件及处方编号。\n\n"
		"示例：\n"
		"  rxcirc agency revoke-key 6f1d... --from 2026-11-01 --authority prov/authority.key \\\n"
		"      --as prov/officers/registrar --audit-as prov/officers/provincial-auditor \\\n"
		"      --purpose 密钥遗失"},
	{"shred", agency_shred_run, "destroy the keys of documents whose time is over",
		"销毁到期文书的密钥",
		"rxcirc agency shred --rx RX | --person VOUCHER_ID --basis TEXT [--before-its-time]\n"
		"        --as DIR/officers/NAME\n\n"
		"The documents can never be opened again; what the trail says of them stays, and every\n"
		"proof holds.  Two officers: the first proposes, the second runs the same command.\n"
		"Records are kept for 15 years; earlier only with --before-its-time, by an order that\n"
		"--basis names (naming nobody: it stands in the trail).\n\n"
		"Example:\n"
		"  rxcirc agency shred --rx RX-... --basis 'retention ended' --as prov/officers/registrar",
		"rxcirc agency shred --rx 处方编号 | --person 凭证号 --basis 依据 [--before-its-time]\n"
		"        --as 目录/officers/名称\n\n"
		"文书从此不可解密；流水与全部证明不受影响。须双人办理：一人提请，另一人执行同一命令。\n"
		"法定保存 15 年；提前销毁须加 --before-its-time，并在 --basis 中写明依据（不得写明个人\n"
		"信息，该文字将留存于流水）。\n\n"
		"示例：\n"
		"  rxcirc agency shred --rx RX-... --basis 保存期满 --as prov/officers/registrar"},
	{"reconcile", agency_reconcile_run, "which hospitals declared a day, and what is missing",
		"按日核对各医疗机构的申报与接收",
		"rxcirc agency reconcile --day yyyy-MM-dd --as DIR/officers/NAME\n"
		"        [--hospital CODE] [--business internet|offline]\n\n"
		"A line per hospital of the officer's scope, also for those that declared nothing; with\n"
		"--hospital the numbers that do not agree.  Exit 1 when there is an alarm.\n\n"
		"Example:\n"
		"  rxcirc agency reconcile --day 2026-05-29 --as prov/officers/registrar",
		"rxcirc agency reconcile --day yyyy-MM-dd --as 目录/officers/名称\n"
		"        [--hospital 编码] [--business internet|offline]\n\n"
		"辖区内每家医疗机构一行（未申报的也列出）；指定 --hospital 时列出不一致的处方号。有告警\n"
		"时返回 1。\n\n"
		"示例：\n"
		"  rxcirc agency reconcile --day 2026-05-29 --as prov/officers/registrar"},
	{"settlements", settlements_run, "what of the money does not go together; review and sample",
		"核对结算；智能审核与抽样", agency_settlements_help, agency_settlements_help_zh},
	{"refuse", agency_refuse_run, "refuse a line of a settlement", "对结算明细拒付",
		agency_refuse_help, agency_refuse_help_zh},
	{"decide", agency_decide_run, "pay, or decide after an appeal", "审核支付或申诉后决定",
		agency_decide_help, agency_decide_help_zh},
	{"charges", charges_query_run, "a month as declared and as settled", "按月比对申报与结算",
		charges_query_help, charges_query_help_zh},
	{"ratings", agency_ratings_run, "how content insured persons were, per institution",
		"参保人取药满意度统计",
		"rxcirc agency ratings --as DIR/officers/NAME [--by hospital|pharmacy] [--from TIME]\n"
		"        [--until TIME] [--institution CODE]\n\n"
		"Counts, means and hand-overs of a time, per pharmacy that handed over (or --by hospital\n"
		"that prescribed), in the officer's scope; no comments.\n\n"
		"Example:\n"
		"  rxcirc agency ratings --from 2026-01-01 --as prov/officers/registrar",
		"rxcirc agency ratings --as 目录/officers/名称 [--by hospital|pharmacy] [--from 时间]\n"
		"        [--until 时间] [--institution 编码]\n\n"
		"辖区内各药店（或 --by hospital 按开方医院）一段时间内的评分次数、均分与调配次数；不含评语。\n\n"
		"示例：\n"
		"  rxcirc agency ratings --from 2026-01-01 --as prov/officers/registrar"},
	{"deliveries", agency_deliveries_run, "hand-overs whose money and goods disagree",
		"结算与配送不一致的调配",
		"rxcirc agency deliveries [--from TIME] [--until TIME] [--region CODE] [--pharmacy CODE]\n"
		"        --as DIR/officers/NAME\n\n"
		"Of the officer's scope: paid online and not ordered, ordered and not signed for, signed\n"
		"for and not settled, paid and lost; of the last 30 days when not told.  Exit 1 when\n"
		"there is any.\n\n"
		"Example:\n"
		"  rxcirc agency deliveries --region 140100 --as prov/officers/registrar",
		"rxcirc agency deliveries [--from 时间] [--until 时间] [--region 区划] [--pharmacy 编码]\n"
		"        --as 目录/officers/名称\n\n"
		"辖区内线上支付未下单、下单未签收、签收未结算、已支付未送达；缺省为近 30 天。有不一致时返\n"
		"回 1。\n\n"
		"示例：\n"
		"  rxcirc agency deliveries --region 140100 --as prov/officers/registrar"},
	{"stock", agency_stock_run, "how old each pharmacy's stock feed is", "各药店库存数据的时效",
		"rxcirc agency stock [--region CODE] [--stale] --as DIR/officers/NAME\n\n"
		"A line per pharmacy of the scope, also of those that never told anything; --stale only\n"
		"those that are older than the region's stock-stale-h hours.\n\n"
		"Example:\n"
		"  rxcirc agency stock --stale --as prov/officers/registrar",
		"rxcirc agency stock [--region 区划] [--stale] --as 目录/officers/名称\n\n"
		"辖区内每家药店一行，从未上报的也列出；--stale 只列超过参数 stock-stale-h 小时的。\n\n"
		"示例：\n"
		"  rxcirc agency stock --stale --as prov/officers/registrar"},
	{.name = NULL},
};

int agency_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc agency", commands,
		"What officers of the handling agencies do.", "医保经办机构人员的操作。",
		"Example:\n  rxcirc agency trail --rx RX-... --purpose 'audit' --as "
		"prov/officers/provincial-auditor",
		"示例：\n  rxcirc agency trail --rx RX-... --purpose 稽核 --as "
		"prov/officers/provincial-auditor"};

	return group_run(&group, argc, argv);
}
