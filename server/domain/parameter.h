/* Every parameter and switch a region may set: one table of names.
 *
 * Values are dated and stand per region in the registry; the nearest region decides (xxxxxx, then
 * xxxx00, then xx0000), then the default here.  So the same rules run in every region, and what
 * held on a past day can be told for ever.
 * The table is constant.  Threads: any.
 */
#ifndef DOMAIN_PARAMETER_H
#define DOMAIN_PARAMETER_H

#include "proto/bytes.h"

enum parameter_form {
	PARAMETER_NUMBER, /* decimal digits within min .. max */
	PARAMETER_WORD,   /* one of `words` */
	PARAMETER_SET,    /* any of `words`, parted by one space; may be empty */
	PARAMETER_LIST,   /* any words of A-Z a-z 0-9 - . *, parted by one space; may be empty */
};

enum { PARAMETER_VALUE_MAX = 2000, PARAMETER_NAME_MAX = 50, PARAMETER_SOURCE_MAX = 200 };

/* X(id, name, form, min, max, words, default, source, english, chinese) */
#define PARAMETERS(X) \
	/* rules at upload */ \
	X(VALIDITY_DAYS_MAX, "validity-days-max", NUMBER, 1, 30, NULL, "3", "C1", \
		"days a prescription may be valid", "处方有效天数上限") \
	X(VALIDITY_DAYS_LONG_MAX, "validity-days-long-max", NUMBER, 1, 365, NULL, "90", "C1 C15", \
		"days a long or repeated prescription may be valid", "长期、续方处方有效天数上限") \
	X(SUPPLY_DAYS_MAX, "supply-days-max", NUMBER, 1, 365, NULL, "7", "C2", \
		"days of supply without a reason", "一般处方用药天数上限") \
	X(SUPPLY_DAYS_EMERGENCY_MAX, "supply-days-emergency-max", NUMBER, 1, 365, NULL, "3", "C2", \
		"days of supply of an emergency prescription", "急诊处方用药天数上限") \
	X(SUPPLY_DAYS_LONG_MAX, "supply-days-long-max", NUMBER, 1, 365, NULL, "28", "C15", \
		"days of supply of a long prescription", "长期处方用药天数上限") \
	X(SUPPLY_DAYS_ASSESSED_MAX, "supply-days-assessed-max", NUMBER, 1, 365, NULL, "84", "C15", \
		"the same, assessed and confirmed", "经评估并确认的长期处方用药天数上限") \
	X(WESTERN_LINES_MAX, "western-lines-max", NUMBER, 1, 64, NULL, "5", "C3", \
		"western and patent drugs on one prescription", "西药、中成药品种数上限") \
	X(GUARDIAN_AGE_YEARS, "guardian-age-years", NUMBER, 0, 18, NULL, "6", "C8", \
		"below this age a guardian is needed", "须监护人在场的年龄界限") \
	X(EXPERIENCE_YEARS_MIN, "experience-years-min", NUMBER, 0, 20, NULL, "3", "TJ2-20a C10", \
		"full years of independent practice", "独立临床工作年限下限") \
	X(BENEFITS, "benefits", SET, 0, 0, \
		"employee-pooling personal-account resident-pooling chronic-special dual-channel", \
		"employee-pooling personal-account", "JIN15-1.1b", \
		"benefits that internet care is paid from", "开展医保结算的待遇类别") \
	X(FIRST_VISIT, "first-visit", WORD, 0, 0, "closed open", "closed", "NH123-1.2 C9", \
		"whether first visits may be prescribed for online", "互联网首诊是否开放") \
	X(REVIEWS_MIN, "reviews-min", NUMBER, 1, 2, NULL, "2", "JIN15-4.6", \
		"pharmacists' reviews a prescription needs, the pharmacy's included", \
		"处方须经药师审核的次数（含药店药师）") \
	X(SIGN_SKEW_MINUTES_MAX, "sign-skew-minutes-max", NUMBER, 0, 10, NULL, "5", "C12 C13", \
		"minutes the two signers' clocks may differ", "医师与药师签署时钟允许相差的分钟数") \
	X(DISEASE_SCOPE, "disease-scope", SET, 0, 0, "chronic-special chronic common", \
		"chronic-special chronic common", "SX15-4.5 TJ2-11b JIN15-1.2a", \
		"kinds of disease prescribed for online", "互联网诊疗病种范围") \
	X(INSURED_REGIONS, "insured-regions", LIST, 0, 0, NULL, "*", "NT33-J1.1", \
		"regions whose insured persons are served; * = all", "服务的参保地范围（* 为全部）") \
	X(RECOGNISED_REGIONS, "recognised-regions", LIST, 0, 0, NULL, "*", "SX15-6.5 JIN15-1.4a", \
		"regions mutually recognised with this one; * = all", "与本地互认的统筹区（* 为全部）") \
	X(RECOGNISED_BENEFITS, "recognised-benefits", SET, 0, 0, \
		"employee-pooling personal-account resident-pooling chronic-special dual-channel", \
		"employee-pooling personal-account resident-pooling chronic-special dual-channel", \
		"JIN15-1.4b", "benefits recognised between regions", "跨统筹区互认的待遇类别") \
	X(REMAINING_DAYS_MAX, "remaining-days-max", NUMBER, 0, 365, NULL, "7", "C24", \
		"days of the same drug still supplied elsewhere", "同一药品剩余用药天数提示线") \
	/* admission */ \
	X(TWO_PERSON, "two-person", SET, 0, 0, "activation suspension key", "", "C29", \
		"what only two officers together may do", "须双人办理的事项") \
	X(ACTIVATION_OWNER, "activation-owner", WORD, 0, 0, "province city", "province", \
		"JIN15-3.6a", "who opens the service", "开通权限归属") \
	X(RESPONSIBLE_OFFICE, "responsible-office", LIST, 0, 0, NULL, "", "JIN15-3.1a JIN15-3.1b", \
		"code of the office that applications go to; empty = the prefecture's own", \
		"负责受理申请的经办机构编码，空为本市经办机构") \
	X(APPLICATION_MONTHS, "application-months", SET, 0, 0, "1 2 3 4 5 6 7 8 9 10 11 12", \
		"1 4 7 10", "JIN15-3.8a JIN15-3.8b", "months in which applications are taken", \
		"开展申报的月份") \
	X(DOCUMENTS_HOSPITAL, "documents-hospital", LIST, 0, 0, NULL, \
		"application-form licence physician-list management-system", "JIN15-3.1.1 TJ2-6", \
		"documents of a hospital's application", "互联网医院申请材料") \
	X(DOCUMENTS_PHARMACY, "documents-pharmacy", LIST, 0, 0, NULL, \
		"application-form licence no-penalty-commitment mobile-payment-approval" \
		" management-system", "JIN15-3.1.2", \
		"documents of a pharmacy's application", "零售药店申请材料") \
	X(NOTICE_DAYS, "supplement-notice-days", NUMBER, 1, 40, NULL, "5", "TJ2-7b", \
		"working days for the one supplement notice", "一次性告知补正的工作日") \
	X(ASSESSMENT_MONTHS, "assessment-months", NUMBER, 1, 12, NULL, "2", "TJ2-8b", \
		"months for the assessment", "评估期限（月）") \
	X(PENALTY_LOOKBACK_DAYS, "penalty-lookback-days", NUMBER, 0, 3650, NULL, "365", \
		"JIN15-2.1b JIN15-2.1c", "days before an application that must be without penalty", \
		"申请前须无处罚的天数") \
	X(VERIFICATION_HOSPITAL, "verification-hospital", LIST, 0, 0, NULL, \
		"code-mapping data-exchange mobile-payment e-receipt settlement-rebuilt", \
		"SX15-3.1 SX15-3.2a TJ2-5.2 TJ2-5.7", "what is verified of a hospital's systems", \
		"互联网医院信息系统核验项") \
	X(VERIFICATION_PHARMACY, "verification-pharmacy", LIST, 0, 0, NULL, \
		"code-mapping data-exchange", "JIN15-3.3", \
		"what is verified of a pharmacy's systems", "零售药店信息系统核验项") \
	X(VERIFICATION_ONLINE, "verification-online", LIST, 0, 0, NULL, \
		"inventory mobile-payment", "JIN15-2.2 JIN15-2.4", \
		"the same, of one that sells online", "线上售药药店信息系统核验项") \
	X(CONFORMANCE_HOSPITAL, "conformance-hospital", LIST, 0, 0, NULL, \
		"Hospital.UploadPrescription Hospital.RevokePrescription", "JIN15-3.3", \
		"methods a hospital's client must have called correctly", \
		"互联网医院接口测试方法") \
	X(CONFORMANCE_PHARMACY, "conformance-pharmacy", LIST, 0, 0, NULL, \
		"Pharmacy.PullPrescriptions Pharmacy.ClaimPrescription Pharmacy.SubmitReview" \
		" Pharmacy.DispensePrescription", "JIN15-3.3", \
		"methods a pharmacy's client must have called correctly", "零售药店接口测试方法") \
	X(ASSESSMENT_HOSPITAL, "assessment-hospital", LIST, 0, 0, NULL, \
		"licence settlement-connection physicians follow-up-check records-kept" \
		" other-materials", "TJ2-8d", "items of a hospital's assessment", \
		"互联网医院评估核查项") \
	X(ASSESSMENT_PHARMACY, "assessment-pharmacy", LIST, 0, 0, NULL, \
		"agreement penalties suspensions inventory licence mobile-payment", \
		"JIN15-2.1a JIN15-2.2 JIN15-2.3 JIN15-2.4", "items of a pharmacy's assessment", \
		"零售药店评估核查项") \
	/* agreements */ \
	X(CLAUSES_SUPPLEMENTARY, "clauses-supplementary", LIST, 0, 0, NULL, \
		"scope conditions fees payment budget supervision review", "NT33-J2.2 NT33-N3.1", \
		"clauses a supplementary agreement must have", "补充协议必备条款") \
	X(CLAUSES_DESIGNATION, "clauses-designation", LIST, 0, 0, NULL, \
		"scope conditions fees payment budget supervision review", "NT33-N3.1", \
		"clauses a designation agreement must have", "定点协议必备条款") \
	X(TEMPLATE_SUPPLEMENTARY, "template-supplementary", LIST, 0, 0, NULL, "", "SX15-9.1", \
		"version of the template for supplementary agreements", "补充协议范本版本") \
	X(TEMPLATE_DESIGNATION, "template-designation", LIST, 0, 0, NULL, "", "SX15-9.1", \
		"version of the template for designation agreements", "定点协议范本版本") \
	X(SIGN_DAYS_MAX, "sign-days-max", NUMBER, 1, 40, NULL, "5", "TJ2-9a", \
		"working days from a passed assessment to the signed agreement", \
		"评估合格后签订补充协议的工作日期限") \
	/* public lists */ \
	X(PUBLIC_SUSPENDED, "public-suspended", WORD, 0, 0, "show hide", "show", "SX15-2.8", \
		"whether the public list shows suspended institutions", "公开名单是否列出已中止服务的机构") \
	/* circulation */ \
	X(IDENTITY_MODES, "identity-modes", SET, 0, 0, "voucher id-card social-card face", "voucher", \
		"NH123-4.3 NT33-N4.1", "ways to show who one is; the e-voucher always counts", \
		"身份核验方式；医保电子凭证始终可用") \
	X(RATING_CHANGE_DAYS, "rating-change-days", NUMBER, 0, 365, NULL, "30", "SX15-8.5", \
		"days in which an insured person may change a rating", "满意度评价可修改的天数") \
	X(POOLING_REGION, "pooling-region", LIST, 0, 0, NULL, "", "JIN15-2.5", \
		"regions that form one pooling region with this one; empty = the prefecture", \
		"本统筹地区包含的行政区划，空为所在市") \
	X(DELIVERY_DAYS_MAX, "delivery-days-max", NUMBER, 1, 90, NULL, "7", "NT33-N5.2", \
		"days from payment to an order, and from order to signature, that are not late yet", \
		"线上支付至下单、下单至签收不计为异常的天数") \
	X(STOCK_STALE_H, "stock-stale-h", NUMBER, 1, 720, NULL, "24", "JIN15-2.2", \
		"hours after which a word about stock is stale", "库存数据视为过期的小时数") \
	X(LATENESS_S_MAX, "lateness-s-max", NUMBER, 1, 300, NULL, "60", "TJ2-23a", \
		"seconds from signing to receipt that are not late yet", "签署至接收不计为迟报的秒数上限") \
	X(CLAIM_HOLD_H_MAX, "claim-hold-h-max", NUMBER, 1, 720, NULL, "72", "D1", \
		"hours a prescription may be held by renewals and transfers", "处方连续占用小时数上限") \
	X(TRACE_LEVEL, "trace-level", WORD, 0, 0, "off warn required", "warn", "TJ2-23b C20 C21", \
		"how strict trace codes are asked for", "药品追溯码要求程度") \
	X(TRACE_REQUIRED_DRUGS, "trace-required-drugs", LIST, 0, 0, NULL, "", "TJ2-23b C20", \
		"drug codes, or their beginnings, whose trace codes are always required", \
		"始终要求追溯码的药品编码（或编码前缀）") \
	X(TRACE_EXEMPT_DRUGS, "trace-exempt-drugs", LIST, 0, 0, NULL, "", "C20", \
		"drug codes, or their beginnings, without trace codes", "无追溯码药品（无码库）编码或编码前缀") \
	X(RETURN_DAYS_MAX, "return-days-max", NUMBER, 0, 365, NULL, "30", "D1", \
		"days after a hand-over in which it may be returned or reversed", "退药、冲正期限（天）") \
	X(RETURN_REASONS, "return-reasons", SET, 0, 0, \
		"quality recall adverse undelivered wrong-entry other", \
		"quality recall adverse undelivered wrong-entry other", "D1", \
		"reasons for which drugs are taken back", "可退药的原因") \
	/* settlement */ \
	X(CONSULTATION_PRICE, "consultation-price-fen", NUMBER, 0, 100000000, NULL, "0", \
		"TJ2-10a NH123-1.1", \
		"ordinary outpatient price of a consultation, fen; 0 = the code table's", \
		"普通门诊诊察费价格（分）；0 为按编码库价格") \
	X(REVIEW_SAMPLE, "review-sample-permille", NUMBER, 0, 1000, NULL, "50", "TJ2-17b", \
		"settlements in a thousand that people look at", "人工重点审核抽样千分比") \
	X(PAYMENT_METHOD, "payment-method", WORD, 0, 0, \
		"fee-for-service points disease capitation", "fee-for-service", "TJ2-18", \
		"how the agency pays its institutions", "医保付费方式（项目、点数、病种、人头）")

enum parameter_id {
#define X(id, name, form, min, max, words, def, source, en, zh) PARAM_##id,
	PARAMETERS(X)
#undef X
	PARAMETERS_NR
};

struct parameter_row {
	const char *name;
	enum parameter_form form;
	int64_t min, max;     /* NUMBER only */
	const char *words;    /* WORD and SET: allowed words, parted by one space */
	const char *standard; /* the value where no region says anything */
	const char *source;
	const char *english, *chinese;
};

extern const struct parameter_row parameter_rows[PARAMETERS_NR];

/* The row of a name, or NULL. */
const struct parameter_row *parameter_find(const char *name);
/* Whether `value` is one this parameter may have. */
bool parameter_value_is_sound(const struct parameter_row *row, const char *value);
/* Whether `word` stands among the words of `value`. */
bool parameter_has_word(const char *value, const char *word);

#endif
