/* The words of checklists in Chinese, as the policies and their forms call them. */
#include <string.h>

#include "base/ensure.h"
#include "rules/onboarding.h"

static const struct {
	const char *word, *chinese;
} words[] = {
	/* documents */
	{"application-form", "申请表"},
	{"licence", "资质证照"},
	{"physician-list", "“互联网+”医保服务医师名单"},
	{"management-system", "内部管理制度"},
	{"no-penalty-commitment", "无相关行政处罚承诺书"},
	{"mobile-payment-approval", "移动支付测试环境申请审批截图"},
	{"system-materials", "信息系统相关材料"},
	{"other", "其他材料"},
	/* system verification */
	{"code-mapping", "国家医保信息业务编码对接"},
	{"data-exchange", "与医保信息系统数据交换"},
	{"mobile-payment", "医保移动支付"},
	{"inventory", "“进销存”系统接入处方平台"},
	{"e-receipt", "电子票据、电子发票或邮寄纸质票据"},
	{"settlement-rebuilt", "“互联网+”医保联网结算系统改造"},
	/* assessment */
	{"settlement-connection", "联网结算、医保电子凭证和移动支付对接"},
	{"physicians", "医师情况"},
	{"follow-up-check", "核验患者为复诊患者"},
	{"records-kept", "诊疗和购药信息完整保留"},
	{"other-materials", "其它材料"},
	{"agreement", "协议期内"},
	{"penalties", "近1年行政处罚"},
	{"suspensions", "中止（暂停）服务协议"},
	/* capabilities */
	{"outpatient-pooling", "门诊统筹电子处方"},
	{"online-rx", "互联网购药医保移动支付"},
	{"online-otc", "个人账户线上购买非处方药"},
	/* blocks */
	{"suspension", "协议近1年内曾被中止"},
};

const char *onboarding_chinese(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].chinese;
	return word;
}
