#include "client-sdk/cli/settlement_help.h"

const char settlement_settle_help[] =
	"rxcirc pharmacy|hospital settle RX --settlement ID --total YUAN [--pooled YUAN]\n"
	"        [--account YUAN] [--cash YUAN] [--delivery YUAN] [--fill N] [--insurance TYPE]\n"
	"        [--kind KIND] [--service CODE] [--hospital CODE] [--pay-channel TEXT]\n"
	"        [--online --auth SERIAL --order NO] [--cross-region] [--at TIME]\n"
	"        --as DIR/institutions/CODE\n\n"
	"Pooled fund, personal account (insurance 310 only) and cash sum exactly to the total of the\n"
	"fill (--fill, 1 when not given) without what was returned; the delivery fee stands apart.\n"
	"KIND is consultation (hospitals, names its item with --service, at most the ordinary\n"
	"outpatient price), hospital, retail or third-party; who is paid follows from it and is\n"
	"answered.  A payment --online names the e-voucher's authentication and the mobile payment's\n"
	"order.  One settlement stands for a fill: another one is refused (exit 1,\n"
	"SETTLEMENT_EXISTS) until it is reversed.\n\n"
	"Examples:\n"
	"  rxcirc pharmacy settle RX-... --settlement SETL-1 --total 184.00 --pooled 100 \\\n"
	"      --account 64 --cash 20 --insurance 310 --online --auth AUTH-1 --order PAY-1 \\\n"
	"      --as prov/institutions/P14010500417\n"
	"  rxcirc hospital settle RX-... --kind consultation --service 111000001 \\\n"
	"      --settlement SETL-2 --total 10 --pooled 6 --cash 4 --insurance 310 \\\n"
	"      --as prov/institutions/H14010500321";
const char settlement_settle_help_zh[] =
	"rxcirc pharmacy|hospital settle 处方编号 --settlement 结算号 --total 元 [--pooled 元]\n"
	"        [--account 元] [--cash 元] [--delivery 元] [--fill 次序] [--insurance 险种]\n"
	"        [--kind 类别] [--service 项目编码] [--hospital 编码] [--pay-channel 渠道]\n"
	"        [--online --auth 认证流水号 --order 支付订单号] [--cross-region] [--at 时间]\n"
	"        --as 目录/institutions/编码\n\n"
	"统筹基金、个人账户（仅险种 310）与现金之和须等于该次调配总额（--fill，缺省为 1）扣除退药；配\n"
	"送服务费单列。类别为 consultation（诊察费，由医院上报，--service 注明项目，不高于普通门诊诊察\n"
	"价格）、hospital（医院药品费）、retail（零售药店）、third-party（医院指定第三方）；结算对象按类\n"
	"别确定并在应答中给出。线上支付（--online）须注明医保电子凭证实名认证流水号与移动支付订单号。每\n"
	"次调配只有一条有效结算，不同的再次上报被拒绝（返回 1，SETTLEMENT_EXISTS），冲正后方可重新结算。\n\n"
	"示例：\n"
	"  rxcirc pharmacy settle RX-... --settlement SETL-1 --total 184.00 --pooled 100 \\\n"
	"      --account 64 --cash 20 --insurance 310 --online --auth AUTH-1 --order PAY-1 \\\n"
	"      --as prov/institutions/P14010500417\n"
	"  rxcirc hospital settle RX-... --kind consultation --service 111000001 \\\n"
	"      --settlement SETL-2 --total 10 --pooled 6 --cash 4 --insurance 310 \\\n"
	"      --as prov/institutions/H14010500321";

const char settlement_reverse_help[] =
	"rxcirc pharmacy|hospital reverse-settlement RX --settlement ID --reversal ID\n"
	"        --reason return|mistake --note TEXT --by OPERATOR --total YUAN [--pooled YUAN]\n"
	"        [--account YUAN] [--cash YUAN] [--delivery YUAN] [--fill N] [--at TIME]\n"
	"        --as DIR/institutions/CODE\n\n"
	"Takes the settlement back, whole: every part as it was settled.  Afterwards the fill may be\n"
	"settled anew, after a return with what is left.\n\n"
	"Example:\n"
	"  rxcirc pharmacy reverse-settlement RX-... --settlement SETL-1 --reversal REV-1 \\\n"
	"      --reason mistake --note 'wrong parts' --by OP-3 --total 184 --pooled 100 \\\n"
	"      --account 64 --cash 20 --as prov/institutions/P14010500417";
const char settlement_reverse_help_zh[] =
	"rxcirc pharmacy|hospital reverse-settlement 处方编号 --settlement 结算号 --reversal 冲正号\n"
	"        --reason return|mistake --note 原因 --by 操作员 --total 元 [--pooled 元]\n"
	"        [--account 元] [--cash 元] [--delivery 元] [--fill 次序] [--at 时间]\n"
	"        --as 目录/institutions/编码\n\n"
	"整笔冲正：各部分金额须与原结算一致。冲正后可重新结算；退药后按剩余部分结算。\n\n"
	"示例：\n"
	"  rxcirc pharmacy reverse-settlement RX-... --settlement SETL-1 --reversal REV-1 \\\n"
	"      --reason mistake --note 金额有误 --by OP-3 --total 184 --pooled 100 --account 64 \\\n"
	"      --cash 20 --as prov/institutions/P14010500417";

const char settlement_receipt_help[] =
	"rxcirc pharmacy|hospital receipt RX --settlement ID --kind e-bill|e-invoice|paper\n"
	"        --number NO [--fill N] [--at TIME] --as DIR/institutions/CODE\n\n"
	"The receipt the patient was given for a settlement; --at is when it was issued or mailed.\n\n"
	"Example:\n"
	"  rxcirc pharmacy receipt RX-... --settlement SETL-1 --kind e-bill --number 14060124-1 \\\n"
	"      --as prov/institutions/P14010500417";
const char settlement_receipt_help_zh[] =
	"rxcirc pharmacy|hospital receipt 处方编号 --settlement 结算号 --kind e-bill|e-invoice|paper\n"
	"        --number 票据号 [--fill 次序] [--at 时间] --as 目录/institutions/编码\n\n"
	"上报患者取得的电子票据、电子发票或邮寄纸质票据；--at 为开具或邮寄时间。\n\n"
	"示例：\n"
	"  rxcirc pharmacy receipt RX-... --settlement SETL-1 --kind e-bill --number 14060124-1 \\\n"
	"      --as prov/institutions/P14010500417";

const char settlement_appeal_help[] =
	"rxcirc pharmacy|hospital appeal RX --settlement ID --line N --note TEXT [--fill N]\n"
	"        --as DIR/institutions/CODE\n\n"
	"The payee's appeal against a refused line; another officer then upholds or withdraws.\n\n"
	"Example:\n"
	"  rxcirc pharmacy appeal RX-... --settlement SETL-1 --line 1 --note 'price of the day' \\\n"
	"      --as prov/institutions/P14010500417";
const char settlement_appeal_help_zh[] =
	"rxcirc pharmacy|hospital appeal 处方编号 --settlement 结算号 --line 明细 --note 理由\n"
	"        [--fill 次序] --as 目录/institutions/编码\n\n"
	"结算对象对拒付明细提出申诉，由另一名经办人员维持或撤销。\n\n"
	"示例：\n"
	"  rxcirc pharmacy appeal RX-... --settlement SETL-1 --line 1 --note 当日目录价 \\\n"
	"      --as prov/institutions/P14010500417";

const char settlements_help[] =
	"rxcirc pharmacy|hospital settlements --from TIME [--until TIME] [--gap GAP]\n"
	"        --as DIR/institutions/CODE\n\n"
	"What of the own hand-overs and settlements does not go together.  GAP is unsettled,\n"
	"without-fill, not-reversed or without-receipt; all when not given.  Exit 1 when there is\n"
	"any.\n\n"
	"Example:\n"
	"  rxcirc pharmacy settlements --from 2026-11-01 --as prov/institutions/P14010500417";
const char settlements_help_zh[] =
	"rxcirc pharmacy|hospital settlements --from 时间 [--until 时间] [--gap 核对项]\n"
	"        --as 目录/institutions/编码\n\n"
	"核对本机构调配、结算、退药与票据。核对项：unsettled 调配未结算、without-fill 结算无调配、\n"
	"not-reversed 退药未冲正、without-receipt 缺少票据；缺省为全部。有不一致时返回 1。\n\n"
	"示例：\n"
	"  rxcirc pharmacy settlements --from 2026-11-01 --as prov/institutions/P14010500417";

const char charges_declare_help[] =
	"rxcirc pharmacy|hospital declare-charges --month yyyy-MM [--revision N]\n"
	"        [--total KIND,internet|offline,local|cross,COUNT,TOTAL,POOLED,ACCOUNT,CASH ...]\n"
	"        --as DIR/institutions/CODE\n\n"
	"What is claimed for a month; amounts are yuan.  An internet hospital declares for its host.\n"
	"The highest revision counts.\n\n"
	"Example:\n"
	"  rxcirc pharmacy declare-charges --month 2026-11 \\\n"
	"      --total retail,internet,local,1,184.00,100,64,20 --as prov/institutions/P14010500417";
const char charges_declare_help_zh[] =
	"rxcirc pharmacy|hospital declare-charges --month yyyy-MM [--revision 版本]\n"
	"        [--total 类别,internet|offline,local|cross,笔数,总额,统筹,个人账户,现金 ...]\n"
	"        --as 目录/institutions/编码\n\n"
	"按月申报费用，金额为元，线上线下、本地异地分列。互联网医院以其依托实体医疗机构名义申报；以最\n"
	"高版本为准。\n\n"
	"示例：\n"
	"  rxcirc pharmacy declare-charges --month 2026-11 \\\n"
	"      --total retail,internet,local,1,184.00,100,64,20 --as prov/institutions/P14010500417";

const char charges_query_help[] =
	"rxcirc pharmacy charges --month yyyy-MM --as DIR/institutions/CODE\n"
	"rxcirc hospital charges --month yyyy-MM --as DIR/institutions/CODE\n"
	"rxcirc agency charges --month yyyy-MM --institution CODE --as DIR/officers/NAME\n\n"
	"The month as declared and as its settlements say, and what of it was refused.  Exit 1 when\n"
	"nothing was declared or a number differs.\n\n"
	"Example:\n"
	"  rxcirc pharmacy charges --month 2026-11 --as prov/institutions/P14010500417";
const char charges_query_help_zh[] =
	"rxcirc pharmacy charges --month yyyy-MM --as 目录/institutions/编码\n"
	"rxcirc hospital charges --month yyyy-MM --as 目录/institutions/编码\n"
	"rxcirc agency charges --month yyyy-MM --institution 编码 --as 目录/officers/名称\n\n"
	"比对当月申报与结算，并给出拒付合计。未申报或有不一致时返回 1。\n\n"
	"示例：\n"
	"  rxcirc pharmacy charges --month 2026-11 --as prov/institutions/P14010500417";

const char agency_settlements_help[] =
	"rxcirc agency settlements --from TIME [--until TIME] [--institution CODE] [--region CODE]\n"
	"        [--gap GAP] --as DIR/officers/NAME\n"
	"rxcirc agency settlements --review [--all] --from TIME [--until TIME]\n"
	"        [--institution CODE] --as DIR/officers/NAME\n\n"
	"What of the scope's hand-overs, settlements, returns and receipts does not go together\n"
	"(unsettled, without-fill, not-reversed, without-receipt; exit 1 when there is any).  With\n"
	"--review the settlements that the automatic review finds fault with and the sample that\n"
	"people look at; --all shows every one.\n\n"
	"Example:\n"
	"  rxcirc agency settlements --review --from 2026-11-01 --as prov/officers/registrar";
const char agency_settlements_help_zh[] =
	"rxcirc agency settlements --from 时间 [--until 时间] [--institution 编码] [--region 区划]\n"
	"        [--gap 核对项] --as 目录/officers/名称\n"
	"rxcirc agency settlements --review [--all] --from 时间 [--until 时间]\n"
	"        [--institution 编码] --as 目录/officers/名称\n\n"
	"核对辖区内调配、结算、退药与票据（unsettled、without-fill、not-reversed、without-receipt；有不\n"
	"一致时返回 1）。--review 列出智能审核发现问题的结算与人工重点审核抽样；--all 列出全部。\n\n"
	"示例：\n"
	"  rxcirc agency settlements --review --from 2026-11-01 --as prov/officers/registrar";

const char agency_refuse_help[] =
	"rxcirc agency refuse RX --settlement ID --line N --rule RULE\n"
	"        --ground legality|reasonableness --amount YUAN\n"
	"        --action none|talk|recover|suspend|terminate --note TEXT [--fill N]\n"
	"        --as DIR/officers/NAME\n\n"
	"Refuses a line of a settlement (--fill 0 --line 0: a consultation).  All that is refused is\n"
	"never more than the fund paid.  The payee may appeal; another officer decides.\n\n"
	"Example:\n"
	"  rxcirc agency refuse RX-... --settlement SETL-1 --line 1 --rule review-price \\\n"
	"      --ground reasonableness --amount 12.50 --action talk --note 'too dear' \\\n"
	"      --as prov/officers/registrar";
const char agency_refuse_help_zh[] =
	"rxcirc agency refuse 处方编号 --settlement 结算号 --line 明细 --rule 规则\n"
	"        --ground legality|reasonableness --amount 元\n"
	"        --action none|talk|recover|suspend|terminate --note 说明 [--fill 次序]\n"
	"        --as 目录/officers/名称\n\n"
	"对结算明细拒付（诊察费用 --fill 0 --line 0）；理由为合法性或合理性，处理为无、约谈、追回、中止、\n"
	"解除。拒付合计不超过统筹基金支付额。结算对象可申诉，由另一名经办人员决定。\n\n"
	"示例：\n"
	"  rxcirc agency refuse RX-... --settlement SETL-1 --line 1 --rule review-price \\\n"
	"      --ground reasonableness --amount 12.50 --action talk --note 价格过高 \\\n"
	"      --as prov/officers/registrar";

const char agency_decide_help[] =
	"rxcirc agency decide RX --settlement ID --pay|--uphold|--withdraw [--line N] [--fill N]\n"
	"        [--note TEXT] --as DIR/officers/NAME\n\n"
	"Pays what was reviewed, or decides about a refused line after the appeal: who refused it may\n"
	"not.  --uphold and --withdraw need a --note.\n\n"
	"Example:\n"
	"  rxcirc agency decide RX-... --settlement SETL-1 --line 1 --withdraw --note 'as proved' \\\n"
	"      --as prov/officers/taiyuan-registrar";
const char agency_decide_help_zh[] =
	"rxcirc agency decide 处方编号 --settlement 结算号 --pay|--uphold|--withdraw [--line 明细]\n"
	"        [--fill 次序] [--note 说明] --as 目录/officers/名称\n\n"
	"审核后予以支付，或在申诉后维持、撤销拒付；原拒付人员不得决定。--uphold、--withdraw 须有 --note。\n\n"
	"示例：\n"
	"  rxcirc agency decide RX-... --settlement SETL-1 --line 1 --withdraw --note 核实属实 \\\n"
	"      --as prov/officers/taiyuan-registrar";
