/* The group `rxcirc pharmacy`. */
#include <stddef.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/groups.h"
#include "client-sdk/cli/settlement_help.h"

static const struct command commands[] = {
	{"pull", pharmacy_pull_run, "a person's open prescriptions, by e-voucher",
		"凭电子凭证下载可取处方",
		"rxcirc pharmacy pull --voucher TEXT --as DIR/institutions/CODE\n"
		"rxcirc pharmacy pull --identity id-card|social-card|face --serial TEXT\n"
		"        --operator CODE --device CODE --person VOUCHER_ID [--checked-at TIME]\n"
		"        --as DIR/institutions/CODE\n"
		"rxcirc pharmacy pull ... --stubs | --known\n\n"
		"Shows the open prescriptions of the person who presents the code (\"-\" reads it from\n"
		"standard input) and keeps them in the institution's state folder for the next steps.\n"
		"A code serves once.  --identity shows a terminal's check instead of a code, where the\n"
		"pharmacy's region switched that way on; its serial serves once.\n"
		"Every signature and key statement is verified first; what does not verify is refused\n"
		"with exit 5.\n"
		"--stubs lists them without content, for pharmacy download; --known tells what is kept\n"
		"here, and of what did not change only the state comes.\n\n"
		"Example:\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a --no-qr |\n"
		"      rxcirc pharmacy pull --voucher - --as prov/institutions/P14010500417",
		"rxcirc pharmacy pull --voucher 码文 --as 目录/institutions/编码\n"
		"rxcirc pharmacy pull --identity id-card|social-card|face --serial 核验流水号\n"
		"        --operator 人员 --device 终端 --person 凭证号 [--checked-at 时间]\n"
		"        --as 目录/institutions/编码\n"
		"rxcirc pharmacy pull ... --stubs | --known\n\n"
		"列出出示该码者的可取处方（“-”从标准输入读取），并存入机构状态目录供后续步骤使用。一码\n"
		"一用。统筹区已开通时，可用 --identity 出示终端核验结果代替码文，核验流水号同样一次有效。\n"
		"所有签名与密钥声明先行验证，验证不通过的拒绝并返回 5。\n"
		"--stubs 只列目录不含内容，供 pharmacy download 取方；--known 告知本机构已存处方，未变更的\n"
		"只返回状态。\n\n"
		"示例：\n"
		"  rxcirc voucher issue --province prov --id 140100-EV-6f1d2a --no-qr |\n"
		"      rxcirc pharmacy pull --voucher - --as prov/institutions/P14010500417"},
	{"download", pharmacy_download_run, "the content of one that was listed without it",
		"按目录取方",
		"rxcirc pharmacy download RX --as DIR/institutions/CODE\n\n"
		"After pharmacy pull --stubs: the one that the person chose.  Its grant serves once.\n\n"
		"Example:\n"
		"  rxcirc pharmacy download RX-... --as prov/institutions/P14010500417",
		"rxcirc pharmacy download 处方编号 --as 目录/institutions/编码\n\n"
		"在 pharmacy pull --stubs 之后执行，取参保人所选处方；授权一次有效。\n\n"
		"示例：\n"
		"  rxcirc pharmacy download RX-... --as prov/institutions/P14010500417"},
	{"claim", pharmacy_claim_run, "hold one prescription for this pharmacy", "占用一张处方",
		"rxcirc pharmacy claim RX --as DIR/institutions/CODE\n\n"
		"After a pull.  Claiming again gives the holder the same lease; others are told who\n"
		"holds it (exit 1, CLAIM_HELD).\n\n"
		"Example:\n"
		"  rxcirc pharmacy claim RX-... --as prov/institutions/P14010500417",
		"rxcirc pharmacy claim 处方编号 --as 目录/institutions/编码\n\n"
		"下载之后执行。占用者重复占用得到同一租期；他人会得知由谁占用（返回 1，CLAIM_HELD）。\n\n"
		"示例：\n"
		"  rxcirc pharmacy claim RX-... --as prov/institutions/P14010500417"},
	{"renew", pharmacy_renew_run, "a longer lease for the holder", "延长占用",
		"rxcirc pharmacy renew RX --as DIR/institutions/CODE\n\n"
		"As often as the region lets anybody hold (claim-hold-h-max since the claim; then\n"
		"exit 1, HOLD_TOO_LONG).  The review stays.\n\n"
		"Example:\n"
		"  rxcirc pharmacy renew RX-... --as prov/institutions/P14010500417",
		"rxcirc pharmacy renew 处方编号 --as 目录/institutions/编码\n\n"
		"自占用起不超过统筹区上限（claim-hold-h-max；否则返回 1，HOLD_TOO_LONG）。审方结果保留。\n\n"
		"示例：\n"
		"  rxcirc pharmacy renew RX-... --as prov/institutions/P14010500417"},
	{"transfer", pharmacy_transfer_run, "give the claim to a branch of the same chain",
		"转交同一连锁的门店",
		"rxcirc pharmacy transfer RX --to CODE --as DIR/institutions/CODE\n\n"
		"The branch pulls by the person's code and claims: it holds already.  Its own pharmacist\n"
		"reviews anew.  Other institutions are refused (exit 1, TRANSFER_NOT_ALLOWED).\n\n"
		"Example:\n"
		"  rxcirc pharmacy transfer RX-... --to P14010500425 --as prov/institutions/P14010500417",
		"rxcirc pharmacy transfer 处方编号 --to 门店编码 --as 目录/institutions/编码\n\n"
		"门店凭参保人凭证下载后执行 claim 即可，由该门店药师重新审方。非同一连锁的机构被拒绝\n"
		"（返回 1，TRANSFER_NOT_ALLOWED）。\n\n"
		"示例：\n"
		"  rxcirc pharmacy transfer RX-... --to P14010500425 --as prov/institutions/P14010500417"},
	{"review", pharmacy_review_run, "the pharmacy's own pharmacist passes or rejects",
		"本店药师审方",
		"rxcirc pharmacy review RX --by CODE (--pass | --reject REASON)\n"
		"        --as DIR/institutions/CODE [--duration SECONDS]\n"
		"        [--province DIR] [--key FILE]\n\n"
		"Signed with PROVINCE/practitioners/<CODE>.key or the key named.  The reviewer must not\n"
		"be the hospital's.  A rejection needs a reason, which the physician is told.\n\n"
		"Example:\n"
		"  rxcirc pharmacy review RX-... --by YS140105000052 --pass \\\n"
		"      --as prov/institutions/P14010500417",
		"rxcirc pharmacy review 处方编号 --by 药师编码 (--pass | --reject 原因)\n"
		"        --as 目录/institutions/编码 [--duration 秒]\n"
		"        [--province 目录] [--key 文件]\n\n"
		"以 省目录/practitioners/<编码>.key 或指定密钥签名；审方人不得为医院审方药师。不通过须\n"
		"写明原因。\n\n"
		"示例：\n"
		"  rxcirc pharmacy review RX-... --by YS140105000052 --pass \\\n"
		"      --as prov/institutions/P14010500417"},
	{"dispense", pharmacy_dispense_run, "hand over, exactly once", "调配发药（恰好一次）",
		"rxcirc pharmacy dispense RX --by CODE (--all | --line N=QTY[@TRACE,..] ...)\n"
		"        --as DIR/institutions/CODE [--lot N=LOT[@yyyy-MM-dd]] [--split-pack]\n"
		"        [--refuse N=KIND[:REASON] ...] [--online] [--province DIR] [--key FILE]\n\n"
		"--all hands over what is still owed of the open round; --line one line, with drug trace\n"
		"codes after \"@\".  --refuse says of a line why it is not handed over: out-of-stock,\n"
		"pharmacist, person, quality or other; it stays owed, here or elsewhere.  --online says\n"
		"that it was bought online.  If the outcome was unknown (exit 4), run the same command\n"
		"again: it finishes the earlier call and nothing is handed over twice.\n\n"
		"Example:\n"
		"  rxcirc pharmacy dispense RX-... --by YS140105000052 --line 1=4@81234567890123456789 \\\n"
		"      --line 2=5 --as prov/institutions/P14010500417",
		"rxcirc pharmacy dispense 处方编号 --by 药师编码 (--all | --line 序号=数量[@追溯码,..] ...)\n"
		"        --as 目录/institutions/编码 [--lot 序号=批号[@yyyy-MM-dd]] [--split-pack]\n"
		"        [--refuse 序号=类别[:原因] ...] [--online] [--province 目录] [--key 文件]\n\n"
		"--all 发放本次全部未发数量；--line 发放一条，“@”后为药品追溯码。--refuse 说明某条拒配的\n"
		"原因：out-of-stock 缺药、pharmacist 药师判断、person 患者不要、quality 质量、other 其他；\n"
		"拒配的仍可在本店或他店调配。--online 表示线上购药。结果未知（返回 4）时重复执行同一命令，\n"
		"将补完此前的调用，不会重复发药。\n\n"
		"示例：\n"
		"  rxcirc pharmacy dispense RX-... --by YS140105000052 --line 1=4@81234567890123456789 \\\n"
		"      --line 2=5 --as prov/institutions/P14010500417"},
	{"return", pharmacy_return_run, "take back what was handed over, or undo its record",
		"退药、冲正",
		"rxcirc pharmacy return RX --by CODE (--all | --line N=QTY[@TRACE,..] ...)\n"
		"        --reason quality|recall|adverse|undelivered|wrong-entry|other [--note TEXT]\n"
		"        --as DIR/institutions/CODE [--fill N] [--return-no N]\n"
		"        [--province DIR] [--key FILE]\n\n"
		"Of the newest hand-over of this pharmacy, or of --fill.  What comes back is not owed\n"
		"again; wrong-entry undoes the record instead, and what it said is owed again.  No claim\n"
		"is needed.  Amounts follow from the hand-over and what came back before.  --return-no\n"
		"is needed only when another pharmacy took something back since the last pull.  If the\n"
		"outcome was unknown (exit 4), run the same command again.\n\n"
		"Example:\n"
		"  rxcirc pharmacy return RX-... --by YS140105000052 --line 1=1@81234567890123456789 \\\n"
		"      --reason quality --as prov/institutions/P14010500417",
		"rxcirc pharmacy return 处方编号 --by 药师编码 (--all | --line 序号=数量[@追溯码,..] ...)\n"
		"        --reason quality|recall|adverse|undelivered|wrong-entry|other [--note 说明]\n"
		"        --as 目录/institutions/编码 [--fill 次序] [--return-no 次序]\n"
		"        [--province 目录] [--key 文件]\n\n"
		"针对本店最近一次调配，或 --fill 所指的一次。退回的不再可配；wrong-entry 为冲正，冲正的数量\n"
		"可重新调配。无须占用处方。金额由原调配记录及已退数量得出。仅当下载之后另有药店退药时才须\n"
		"--return-no。结果未知（返回 4）时重复执行同一命令。\n\n"
		"示例：\n"
		"  rxcirc pharmacy return RX-... --by YS140105000052 --line 1=1@81234567890123456789 \\\n"
		"      --reason quality --as prov/institutions/P14010500417"},
	{"settle", pharmacy_settle_run, "tell how a hand-over was paid", "上报一次调配的结算",
		settlement_settle_help, settlement_settle_help_zh},
	SETTLEMENT_COMMANDS,
	{"release", pharmacy_release_run, "give the prescription free again", "释放占用",
		"rxcirc pharmacy release RX --as DIR/institutions/CODE\n\n"
		"Example:\n"
		"  rxcirc pharmacy release RX-... --as prov/institutions/P14010500417",
		"rxcirc pharmacy release 处方编号 --as 目录/institutions/编码\n\n"
		"示例：\n"
		"  rxcirc pharmacy release RX-... --as prov/institutions/P14010500417"},
	{"watch", pharmacy_watch_run, "what others do with prescriptions held here, as it happens",
		"实时接收本店占用处方的变更通知",
		"rxcirc pharmacy watch --as DIR/institutions/CODE [--resume FILE | --cursor HEX]\n"
		"        [--from TIME] [--for SECONDS] [--heartbeat MS]\n\n"
		"One line per event, until it is interrupted or --for is over; goes on by itself when the\n"
		"connection is cut.  --resume keeps the place in FILE: started again it goes on behind\n"
		"the last page it showed.  Without place or --from only what is new is told.\n\n"
		"Example:\n"
		"  rxcirc pharmacy watch --resume feed.cursor --as prov/institutions/P14010500417",
		"rxcirc pharmacy watch --as 目录/institutions/编码 [--resume 文件 | --cursor 游标]\n"
		"        [--from 时间] [--for 秒] [--heartbeat 毫秒]\n\n"
		"每条事件一行，直至中断或 --for 到时；连接断开后自动续接。--resume 将位置存于文件，再次运\n"
		"行时从上次显示的最后一页之后继续。未指定位置或 --from 时只接收新的通知。\n\n"
		"示例：\n"
		"  rxcirc pharmacy watch --resume feed.cursor --as prov/institutions/P14010500417"},
	{"poll", pharmacy_poll_run, "the same, asked for once", "查询一次变更通知",
		"rxcirc pharmacy poll --as DIR/institutions/CODE [--resume FILE | --cursor HEX]\n"
		"        [--from TIME] [--limit N]\n\n"
		"Shows what was not told yet, one page of N (at most 500) with --limit, all without.\n"
		"The first time, without place or --from, it only notes where the feed stands.\n\n"
		"Example:\n"
		"  rxcirc pharmacy poll --resume feed.cursor --as prov/institutions/P14010500417",
		"rxcirc pharmacy poll --as 目录/institutions/编码 [--resume 文件 | --cursor 游标]\n"
		"        [--from 时间] [--limit 条数]\n\n"
		"显示尚未接收的通知；指定 --limit 时为一页（至多 500 条），否则为全部。首次运行且未指定位\n"
		"置或 --from 时，只记下当前位置。\n\n"
		"示例：\n"
		"  rxcirc pharmacy poll --resume feed.cursor --as prov/institutions/P14010500417"},
	{"delivery", pharmacy_delivery_run, "a hand-over brought to the person", "配送下单与状态上报",
		"rxcirc pharmacy delivery RX --no NUMBER [--fill N] [--at TIME]\n"
		"        (--carrier CODE --carrier-name NAME --region CODE |\n"
		"         --event collected|under-way|signed|failed|returned|cancelled\n"
		"         [--signer self|agent] [--reason WORD])\n"
		"        --as DIR/institutions/CODE\n\n"
		"Without --event an order: to which region it goes (6 digits), never to which address.\n"
		"It must lie in the pharmacy's pooling region (JIN15-2.5), and drugs of the controlled\n"
		"classes are not sent.  Then what happens to it, in this order: collected, under-way,\n"
		"signed (--signer), or failed (--reason nobody-there|refused|not-found|damaged|other)\n"
		"and returned; before it is collected it may be cancelled.  A fill is ordered anew only\n"
		"after the order before failed or was cancelled.\n\n"
		"Example:\n"
		"  rxcirc pharmacy delivery RX-... --no SF123 --carrier SF --carrier-name 顺丰 \\\n"
		"      --region 140105 --as prov/institutions/P14010500417",
		"rxcirc pharmacy delivery 处方编号 --no 配送单号 [--fill 次序] [--at 时间]\n"
		"        (--carrier 承运方编码 --carrier-name 承运方名称 --region 区划 |\n"
		"         --event collected|under-way|signed|failed|returned|cancelled\n"
		"         [--signer self|agent] [--reason 原因])\n"
		"        --as 目录/institutions/编码\n\n"
		"不带 --event 为下单：只报送达地的行政区划（6 位），不报地址；须在药店所在统筹地区内\n"
		"（JIN15-2.5），特殊管理药品不得配送。其后依次上报：collected 揽收、under-way 运送中、\n"
		"signed 签收（--signer 本人 self 或代收 agent），或 failed 失败（--reason nobody-there|\n"
		"refused|not-found|damaged|other）及 returned 退回；揽收前可 cancelled 取消。上一单失败或\n"
		"取消后方可重新下单。\n\n"
		"示例：\n"
		"  rxcirc pharmacy delivery RX-... --no SF123 --carrier SF --carrier-name 顺丰 \\\n"
		"      --region 140105 --as prov/institutions/P14010500417"},
	{"deliveries", pharmacy_deliveries_run, "own hand-overs whose money and goods disagree",
		"本机构结算与配送不一致的调配",
		"rxcirc pharmacy deliveries [--from TIME] [--until TIME] --as DIR/institutions/CODE\n\n"
		"Paid online and not ordered, ordered and not signed for, signed for and not settled,\n"
		"paid and lost; of the last 30 days when not told.  Exit 1 when there is any.\n\n"
		"Example:\n"
		"  rxcirc pharmacy deliveries --from 2026-05-01 --as prov/institutions/P14010500417",
		"rxcirc pharmacy deliveries [--from 时间] [--until 时间] --as 目录/institutions/编码\n\n"
		"线上支付未下单、下单未签收、签收未结算、已支付未送达；缺省为近 30 天。有不一致时返回 1。\n\n"
		"示例：\n"
		"  rxcirc pharmacy deliveries --from 2026-05-01 --as prov/institutions/P14010500417"},
	{"stock", pharmacy_stock_run, "tell what is in stock, from a CSV file", "由 CSV 文件上报库存",
		"rxcirc pharmacy stock FILE.csv [--as-of TIME] [--some] --as DIR/institutions/CODE\n\n"
		"Columns drug_code, quantity, unit, price (yuan).  The file is the whole inventory of the\n"
		"moment --as-of (the file's own time when not given): what it does not name is out of\n"
		"stock; with --some only the drugs named change.  Of two words about a drug the newer\n"
		"counts.  Stopped and started again it goes on where it was; the same file again does\n"
		"nothing.\n\n"
		"Example:\n"
		"  rxcirc pharmacy stock stock.csv --as prov/institutions/P14010500417",
		"rxcirc pharmacy stock 文件.csv [--as-of 时间] [--some] --as 目录/institutions/编码\n\n"
		"列为 drug_code、quantity、unit、price（元）。文件为 --as-of 时刻（缺省为文件时间）的全量\n"
		"库存，未列出的视为无货；--some 只更新所列药品。同一药品以时间较新者为准。中断后重新执行\n"
		"即从中断处继续，同一文件再次执行不产生变更。\n\n"
		"示例：\n"
		"  rxcirc pharmacy stock stock.csv --as prov/institutions/P14010500417"},
	{"agreement", pharmacy_agreement_run, "read and sign the own agreements",
		"查看、签署本机构协议", NULL, NULL},
	{.name = NULL},
};

int pharmacy_run(int argc, char **argv)
{
	static const struct command_group group = {"rxcirc pharmacy", commands,
		"What a designated pharmacy does, and a hospital for its own: pull, claim, review,\n"
		"dispense, take back, settle.  Each step is a command of its own; what must be kept in\n"
		"between lies in DIR/institutions/CODE/state.",
		"定点药店及医院自有药房：下载、占用、审方、调配、退药、结算。每步一个命令，中间状态存于\n"
		"目录/institutions/编码/state。",
		"Example, one prescription from code to hand-over:\n"
		"  AS=prov/institutions/P14010500417\n"
		"  rxcirc pharmacy pull --voucher RXV1.... --as $AS\n"
		"  rxcirc pharmacy claim RX-... --as $AS\n"
		"  rxcirc pharmacy review RX-... --by YS140105000052 --pass --as $AS\n"
		"  rxcirc pharmacy dispense RX-... --by YS140105000052 --all --as $AS\n"
		"More on each: rxcirc pharmacy COMMAND --help",
		"示例，从出示凭证到发药：\n"
		"  AS=prov/institutions/P14010500417\n"
		"  rxcirc pharmacy pull --voucher RXV1.... --as $AS\n"
		"  rxcirc pharmacy claim RX-... --as $AS\n"
		"  rxcirc pharmacy review RX-... --by YS140105000052 --pass --as $AS\n"
		"  rxcirc pharmacy dispense RX-... --by YS140105000052 --all --as $AS\n"
		"详情：rxcirc pharmacy 子命令 --help"};

	return group_run(&group, argc, argv);
}
