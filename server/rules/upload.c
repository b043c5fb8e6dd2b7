/* The rules of an upload, in the order they are told. */
#include "rules/upload.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/ensure.h"

enum {
	CHINA_OFFSET_S = 8 * 3600,
	DAY_E4 = 10000,
	VALIDITY_DAYS_MAX = 3,
	VALIDITY_DAYS_LONG_MAX = 365,
	SUPPLY_DAYS_MAX = 7,
	SUPPLY_DAYS_EMERGENCY_MAX = 3,
	SUPPLY_DAYS_LONG_MAX = 28,
	SUPPLY_DAYS_ASSESSED_MAX = 84,
	WESTERN_LINES_MAX = 5,
	GUARDIAN_AGE_YEARS = 6,
	EXPERIENCE_YEARS_MIN = 3,
	KIND_HERBAL = 13,
};

int rules_age_years(const char *birth_date, int64_t at_ms)
{
	time_t seconds = (time_t)(at_ms / 1000) + CHINA_OFFSET_S;
	struct tm now;
	int y, m, d, end = 0;

	if (birth_date == NULL || sscanf(birth_date, "%4d-%2d-%2d%n", &y, &m, &d, &end) != 3 ||
		end != 10 || birth_date[end] != '\0' || m < 1 || m > 12 || d < 1 || d > 31)
		return -1;
	if (gmtime_r(&seconds, &now) == NULL)
		return -1;
	return now.tm_year + 1900 - y -
		(now.tm_mon + 1 < m || (now.tm_mon + 1 == m && now.tm_mday < d));
}

static bool hospital_active(const struct upload_facts *f)
{
	return f->hospital != NULL && f->hospital->status == INSTITUTION_ACTIVE;
}

static bool host_active(const struct upload_facts *f)
{
	return f->hospital == NULL || f->hospital->kind != INSTITUTION_INTERNET_HOSPITAL ||
		(f->host != NULL && f->host->status == INSTITUTION_ACTIVE);
}

static bool works_here(const struct upload_practitioner *p, enum practitioner_role role)
{
	return p->known != NULL && p->known->role == role && !p->known->suspended &&
		p->practice != NULL && !p->practice->ended;
}

static bool physician_active(const struct upload_facts *f)
{
	return works_here(&f->physician, ROLE_PHYSICIAN);
}

static bool physician_in_province(const struct upload_facts *f)
{
	return f->physician.known == NULL || f->hospital == NULL ||
		strncmp(f->physician.known->region, f->hospital->region, 2) == 0;
}

static bool physician_experienced(const struct upload_facts *f)
{
	return f->physician.known == NULL || f->physician.known->role != ROLE_PHYSICIAN ||
		rules_age_years(f->physician.known->independent_since, f->issued_at_ms) >=
			EXPERIENCE_YEARS_MIN;
}

static bool reviewer_active(const struct upload_facts *f)
{
	return !f->has_reviewer || works_here(&f->reviewer, ROLE_HOSPITAL_PHARMACIST);
}

static bool reviewer_is_another(const struct upload_facts *f)
{
	return !f->has_reviewer || strcmp(f->reviewer.code, f->physician.code) != 0;
}

static bool real_name_present(const struct upload_facts *f)
{
	return !f->internet || f->real_name_serial[0] != '\0';
}

static bool not_first_visit(const struct upload_facts *f)
{
	return !f->internet || !f->first_visit;
}

static bool follow_up_shown(const struct upload_facts *f)
{
	return !f->internet || f->follow_up_complete;
}

static bool guardian_present(const struct upload_facts *f)
{
	int age = rules_age_years(f->birth_date, f->issued_at_ms);

	return (age >= GUARDIAN_AGE_YEARS) || (age >= 0 && f->guardian_confirmed);
}

static bool validity_within(const struct upload_facts *f)
{
	unsigned max =
		f->long_prescription || f->fills_max > 1 ? VALIDITY_DAYS_LONG_MAX : VALIDITY_DAYS_MAX;

	return f->validity_days >= 1 && f->validity_days <= max;
}

static bool few_lines(const struct upload_facts *f)
{
	size_t western = 0;

	for (size_t i = 0; i < f->line_count; i++)
		western += f->lines[i].kind != KIND_HERBAL;
	return western <= WESTERN_LINES_MAX;
}

static bool herbal_apart(const struct upload_facts *f)
{
	for (size_t i = 0; i < f->line_count; i++)
		if ((f->lines[i].kind == KIND_HERBAL) != f->herbal)
			return false;
	return true;
}

/* Told once for the whole: the longest line decides. */
static bool supply_within(const struct upload_facts *f)
{
	int64_t longest = 0;

	for (size_t i = 0; i < f->line_count; i++)
		if (f->lines[i].kind != KIND_HERBAL && f->lines[i].days_e4 > longest)
			longest = f->lines[i].days_e4;
	if (f->long_prescription)
		return longest <= (int64_t)SUPPLY_DAYS_ASSESSED_MAX * DAY_E4 &&
			(longest <= (int64_t)SUPPLY_DAYS_LONG_MAX * DAY_E4 ||
				(f->long_assessed && f->long_confirmed));
	if (f->emergency)
		return longest <= (int64_t)SUPPLY_DAYS_EMERGENCY_MAX * DAY_E4;
	return longest <= (int64_t)SUPPLY_DAYS_MAX * DAY_E4 || f->supply_reason;
}

static bool drug_known(const struct upload_facts *f, const struct upload_line *line)
{
	(void)f;
	return line->known != NULL && (line->known->flags & CODE_WITHDRAWN) == 0 &&
		line->known->class_no == line->kind &&
		strcmp(line->known->name, line->generic_name) == 0;
}

static bool not_special(const struct upload_facts *f, const struct upload_line *line)
{
	return !f->internet || line->known == NULL || (line->known->flags & CODE_SPECIAL_CONTROL) == 0;
}

static bool fit_for_long(const struct upload_facts *f, const struct upload_line *line)
{
	return !f->long_prescription || line->known == NULL ||
		(line->known->flags & CODE_LONG_EXCLUDED) == 0;
}

static bool diagnosis_known(const struct upload_facts *f, const struct upload_diagnosis *diagnosis)
{
	(void)f;
	return diagnosis->known != NULL && (diagnosis->known->flags & CODE_WITHDRAWN) == 0;
}

const struct upload_rule upload_rules[] = {
	{"RX-INSTITUTION", "SX15-2.5", true, "mdtrtinfo.fixmedinsCode",
		"the hospital is not active in the registry", "医疗机构未登记或已中止、关闭",
		hospital_active},
	{"RX-HOST", "SX15-2.6", true, "mdtrtinfo.fixmedinsCode",
		"the internet hospital's host institution is not active",
		"互联网医院依托的实体医疗机构已中止或解除", host_active},
	{"RX-PHYSICIAN", "JIN15-4.3", true, "mdtrtinfo.drCode",
		"the physician is not registered, suspended, or does not work at this hospital",
		"医师未登记、已暂停或不在本机构执业", physician_active},
	{"RX-PHYSICIAN-PROVINCE", "JIN15-4.3", true, "mdtrtinfo.drCode",
		"the physician is not registered in this province", "医师未在本省注册",
		physician_in_province},
	{"RX-PHYSICIAN-EXPERIENCE", "TJ2-20a", true, "mdtrtinfo.drCode",
		"the physician has less than 3 full years of independent practice",
		"医师独立临床工作经验不满 3 年", physician_experienced},
	{"RX-REVIEWER", "JIN15-4.6", true, "review.pharCode",
		"the hospital pharmacist is not registered, suspended, or does not work at this hospital",
		"审方药师未登记、已暂停或不在本机构执业", reviewer_active},
	{"RX-REVIEWER-OTHER", "JIN15-4.6", true, "review.pharCode", "the reviewer is the prescriber",
		"审方药师不得为开方医师本人", reviewer_is_another},
	{"RX-REAL-NAME", "JIN15-4.5", true, "authNo", "the real-name authentication serial is missing",
		"缺少线上实名认证流水号", real_name_present},
	{"RX-FIRST-VISIT", "C9 SX15-3.5", true, "mdtrtinfo.fstdiagFlag",
		"a first visit cannot be prescribed for online", "互联网诊疗不得为首诊患者开具处方",
		not_first_visit},
	{"RX-FOLLOW-UP", "SX15-3.5 JIN15-4.4a", true, "extras.followUp",
		"the follow-up evidence is missing or incomplete", "缺少复诊凭据或内容不完整",
		follow_up_shown},
	{"RX-GUARDIAN", "C8", true, "extras.guardian", "a patient under 6 needs a confirmed guardian",
		"6 岁以下儿童须有监护人在场确认", guardian_present},
	{"RX-VALIDITY", "C1", true, "valiDays",
		"validity is 1 to 3 days unless the prescription is long or repeated",
		"处方有效期为 1 至 3 天（长期、续方处方除外）", validity_within},
	{"RX-LINES", "C3", true, "rxdrugdetail", "a western or patent prescription has at most 5 drugs",
		"每张西药、中成药处方不得超过 5 种药品", few_lines},
	{"RX-HERBAL-APART", "C3", true, "rxdrugdetail",
		"herbal pieces and other drugs cannot stand on one prescription",
		"中药饮片应当单独开具处方", herbal_apart},
	{"RX-SUPPLY", "C2 C15", true, "rxdrugdetail[].medcDays",
		"supply exceeds 7 days (emergency 3; long 28, or 84 with assessment and confirmation)",
		"用药天数超限（一般 7 天，急诊 3 天；长期处方 28 天，经评估并确认 84 天）", supply_within},
	{"RX-DRUG", "SX15-3.1", true, "medListCodg",
		"the drug code is not in the catalogue, or its kind or generic name differs",
		"药品编码不在目录内，或类别、通用名不符", .line = drug_known},
	{"RX-SPECIAL-CONTROL", "C7", true, "medListCodg",
		"narcotic, psychotropic and other special-control drugs cannot be prescribed online",
		"互联网诊疗不得开具麻醉、精神等特殊管理药品", .line = not_special},
	{"RX-LONG-EXCLUDED", "C16", true, "medListCodg",
		"this drug is not allowed on long prescriptions", "该药品不适用长期处方",
		.line = fit_for_long},
	{"RX-DIAGNOSIS", "SX15-3.1", true, "diagCode", "the diagnosis code is not in the code table",
		"诊断编码不在编码库内", .diagnosis = diagnosis_known},
};
const size_t upload_rules_count = ARRAY_LEN(upload_rules);

const struct upload_rule *upload_rule_find(const char *id)
{
	for (size_t i = 0; i < upload_rules_count; i++)
		if (strcmp(upload_rules[i].id, id) == 0)
			return &upload_rules[i];
	return NULL;
}

static void find(struct upload_finding *ret, size_t cap, size_t *count,
	const struct upload_rule *rule, int index)
{
	if (*count < cap)
		ret[*count] = (struct upload_finding){rule, index};
	(*count)++;
}

size_t upload_judge(const struct upload_facts *f, struct upload_finding *ret, size_t cap)
{
	size_t count = 0;

	for (size_t r = 0; r < upload_rules_count; r++) {
		const struct upload_rule *rule = &upload_rules[r];

		if (rule->whole != NULL && !rule->whole(f))
			find(ret, cap, &count, rule, -1);
		for (size_t i = 0; rule->line != NULL && i < f->line_count; i++)
			if (!rule->line(f, &f->lines[i]))
				find(ret, cap, &count, rule, (int)i);
		for (size_t i = 0; rule->diagnosis != NULL && i < f->diagnosis_count; i++)
			if (!rule->diagnosis(f, &f->diagnoses[i]))
				find(ret, cap, &count, rule, (int)i);
	}
	return count;
}
