/* The facts of one D001 record against each other.  A fact that could not be read is left out: its
 * own finding stands already. */
#include "client-sdk/cli/d001.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/resident_id.h"

enum { LINE_PATH_LEN = 96, ONE_E4 = 10000, VOUCHER_ID_LEN_MAX = 50 };

static bool is_set(const char *text)
{
	return text && text[0] != '\0';
}

static bool is(const char *text, const char *what)
{
	return text && strcmp(text, what) == 0;
}

static bool is_herbal(const struct d001_record *record)
{
	return record->rx.category == RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_HERBAL;
}

static void check_voucher(const struct d001_record *record, struct findings *findings)
{
	const char *id = record->patient.voucher_id;
	size_t len = strlen(id);

	if (is_set(record->certificate_kind) && !is(record->certificate_kind, "01"))
		findings_add(findings, true, "D001-VOUCHER", "mdtrtCertType", "SX15-3.3",
			"mdtrtCertType \"%.3s\": circulation needs the e-voucher (01)",
			"mdtrtCertType“%.3s”：处方流转须使用医保电子凭证（01）", record->certificate_kind);
	for (size_t i = 0; i < len; i++) {
		if (id[i] >= 0x21 && id[i] <= 0x7e && len <= VOUCHER_ID_LEN_MAX)
			continue;
		findings_add(findings, true, "D001-TEXT", "mdtrtCertNo", "D001 mdtrtCertNo C50",
			"%s must be printable ASCII without spaces", "%s 须为不含空格的可见 ASCII 字符",
			"mdtrtCertNo");
		return;
	}
}

static void check_validity(struct d001_record *record, struct findings *findings)
{
	char expected[CHINA_TIME_LEN + 1];

	if (record->valid_days < 0)
		return;
	if (record->valid_days < 1 || record->valid_days > D001_VALID_DAYS_MAX) {
		findings_add(findings, true, "D001-DECIMAL", "valiDays", "D001 valiDays N10",
			"valiDays %" PRId64 " is not 1 to %d", "valiDays %" PRId64 " 不在 1 至 %d 之间",
			record->valid_days, D001_VALID_DAYS_MAX);
		return;
	}
	record->rx.validity_days = (uint32_t)record->valid_days;
	if (record->rx.issued_at_ms == 0 || record->valid_until_ms == 0)
		return;
	int64_t until_ms = record->rx.issued_at_ms + record->valid_days * DAY_MS;

	if (record->valid_until_ms == until_ms)
		return;
	china_time_format(until_ms, expected);
	findings_add(findings, true, "D001-TIME", "valiEndTime",
		"D001 valiEndTime = prscTime + valiDays",
		"valiEndTime must be prscTime plus %" PRId64 " days, %s",
		"valiEndTime 须为 prscTime 加 %" PRId64 " 天，即 %s", record->valid_days, expected);
}

static void check_drug_count(const struct d001_record *record, struct findings *findings)
{
	int64_t expected = (int64_t)record->rx.n_lines * ONE_E4;
	char given[DECIMAL_TEXT_MAX];
	char wanted[DECIMAL_TEXT_MAX];

	if (is_herbal(record)) {
		expected = record->herbal.doses_e4;
		if (expected == 0) {
			findings_add(findings, true, "D001-MISSING", "rxDoscnt", "D001 rxDoscnt N16,2",
				"%s is mandatory on a herbal prescription", "中药饮片处方必填 %s", "rxDoscnt");
			return;
		}
	}
	if (record->drug_count_e4 == expected || record->drug_count_e4 < 0 || expected == 0)
		return;
	decimal_format(record->drug_count_e4, 4, 0, given);
	decimal_format(expected, 4, 0, wanted);
	findings_add(findings, true, "D001-COUNT", "rxDrugCnt", "D001 rxDrugCnt N16,4",
		is_herbal(record) ? "rxDrugCnt is %s, the doses (rxDoscnt) are %s" :
			"rxDrugCnt is %s, the lines are %s",
		is_herbal(record) ? "rxDrugCnt 为 %s，剂数（rxDoscnt）为 %s" :
			"rxDrugCnt 为 %s，明细为 %s 条", given, wanted);
}

static void line_path(char path[LINE_PATH_LEN], size_t i, const char *name)
{
	(void)snprintf(path, LINE_PATH_LEN, "rxdrugdetail[%zu].%.40s", i, name);
}

static void check_above_zero(int64_t value, size_t i, const char *name, struct findings *findings)
{
	char where[LINE_PATH_LEN];

	if (value != 0)
		return;
	line_path(where, i, name);
	findings_add(findings, true, "D001-DECIMAL", where, "D001", "%s must be above zero",
		"%s 须大于零", name);
}

static void check_amount(const Rxcirc__V1__DrugLine *line, bool priced, bool summed, size_t i,
	struct findings *findings)
{
	char where[LINE_PATH_LEN];
	char given[DECIMAL_TEXT_MAX];

	if (!priced || !summed || line->quantity_e4 <= 0 ||
		decimal_amount_agrees(line->unit_price_e6, line->quantity_e4, line->amount_fen))
		return;
	line_path(where, i, "drugSumamt");
	decimal_format(line->amount_fen, 2, 2, given);
	findings_add(findings, true, "D001-AMOUNT", where, "D001 drugSumamt = drugPric x drugCnt",
		"drugSumamt %s is not drugPric times drugCnt", "drugSumamt %s 不等于 drugPric 乘 drugCnt",
		given);
}

static void check_self_pay(const struct d001_line *line, size_t i, struct findings *findings)
{
	char where[LINE_PATH_LEN];
	const char *wanted = NULL;

	if (is(line->line.reimbursement, "2") && !is_set(line->line.self_pay_reason))
		wanted = "selfPayRea";
	else if (is(line->line.self_pay_reason, "6") && !is_set(line->line.self_pay_note))
		wanted = "realDscr";
	if (!wanted)
		return;
	line_path(where, i, wanted);
	findings_add(findings, true, "D001-MISSING", where, "D001 selfPayRea C6, realDscr C1000",
		"%s is mandatory for a self-paid line", "自费药品必填 %s", wanted);
}

static void check_line(const struct d001_record *record, size_t i, struct findings *findings)
{
	const struct d001_line *line = &record->lines[i];
	json_t *from = json_array_get(json_object_get(record->root, "rxdrugdetail"), i);
	char where[LINE_PATH_LEN];

	check_above_zero(line->line.quantity_e4, i, "drugCnt", findings);
	check_above_zero(line->line.dose_e4, i, "sinDoscnt", findings);
	check_above_zero(line->line.days_e4, i, "medcDays", findings);
	check_amount(&line->line, json_object_get(from, "drugPric"),
		json_object_get(from, "drugSumamt"), i, findings);
	check_self_pay(line, i, findings);
	if (line->line.begins_at_ms && line->line.ends_at_ms &&
		line->line.ends_at_ms < line->line.begins_at_ms) {
		line_path(where, i, "medcEndtime");
		findings_add(findings, true, "D001-TIME", where, "D001 medcEndtime T",
			"%s is before medcBegntime", "%s 早于 medcBegntime", "medcEndtime");
	}
}

static void check_diagnoses(const struct d001_record *record, struct findings *findings)
{
	size_t mains = 0;
	bool named = false;

	for (size_t i = 0; i < record->rx.n_diagnoses; i++) {
		const Rxcirc__V1__Diagnosis *d = record->rx.diagnoses[i];

		mains += d->main != 0;
		named = named || (d->main && is(record->main_diagnosis, d->code));
	}
	if (record->rx.n_diagnoses == 0)
		return;
	if (mains == 0)
		findings_add(findings, true, "D001-DIAGNOSIS", "diseinfo", "D001 maindiagFlag",
			"%s holds no main diagnosis", "%s 中没有主诊断", "diseinfo");
	else if (!named && is_set(record->main_diagnosis))
		findings_add(findings, true, "D001-DIAGNOSIS", "mdtrtinfo.maindiagCode",
			"D001 maindiagCode C30", "maindiagCode \"%s\" is no main diagnosis of diseinfo",
			"maindiagCode“%s”不是 diseinfo 中的主诊断", record->main_diagnosis);
}

static void check_resident(struct d001_record *record, struct findings *findings)
{
	const char *field = "mdtrtinfo.certno";
	struct resident_id id;

	if (!is_set(record->patient.id_number))
		return;
	if (resident_id_parse(record->patient.id_number, &id) < 0) {
		findings_add(findings, true, "D001-ID", field, "GB 11643",
			"%s is not a resident identity number", "%s 不是居民身份证号码", "certno");
		return;
	}
	memcpy(record->birth_date, id.birth_date, sizeof(record->birth_date));
	record->patient.birth_date = record->birth_date;
	if (!id.check_agrees)
		findings_add(findings, false, "D001-ID-CHECK", field, "GB 11643",
			"the check character of %s does not agree", "%s 校验码不符", "certno");
	if ((record->patient.sex == RXCIRC__V1__SEX__SEX_MALE && !id.male) ||
		(record->patient.sex == RXCIRC__V1__SEX__SEX_FEMALE && id.male))
		findings_add(findings, false, "D001-ID-SEX", "mdtrtinfo.gend", "GB 11643",
			"%s does not agree with the identity number", "%s 与身份证号码不符", "gend");
}

static void check_person(struct d001_record *record, struct findings *findings)
{
	int64_t born_ms;

	if (is(record->patient.id_kind, "01")) {
		check_resident(record, findings);
		return;
	}
	if (!is_set(record->given_birth_date)) {
		findings_add(findings, true, "D001-MISSING", "extras.birthDate", "extras birthDate",
			"%s is mandatory when the paper is no resident identity card",
			"非居民身份证须填写 %s", "birthDate");
		return;
	}
	if (china_date_parse(record->given_birth_date, &born_ms) < 0)
		findings_add(findings, true, "D001-TIME", "extras.birthDate", "extras birthDate",
			"%s is not a date of the form yyyy-MM-dd", "%s 不是 yyyy-MM-dd 格式的日期",
			"birthDate");
	else
		record->patient.birth_date = record->given_birth_date;
}

/* hiFeesetlType 2 = settled across regions; the regions themselves say it too. */
static void check_regions(struct d001_record *record, struct findings *findings)
{
	bool told = is(record->settlement_kind, "1") || is(record->settlement_kind, "2");
	bool known = is_set(record->patient.insured_region) && is_set(record->rx.treatment_region);
	bool differ = known &&
		strcmp(record->patient.insured_region, record->rx.treatment_region) != 0;

	record->rx.cross_region = known ? differ : is(record->settlement_kind, "2");
	if (told && known && differ != is(record->settlement_kind, "2"))
		findings_add(findings, false, "D001-REGION", "mdtrtinfo.hiFeesetlType", "TJ2-5.6",
			"hiFeesetlType \"%s\" does not agree with insuPlcNo and mdtrtareaNo",
			"hiFeesetlType“%s”与 insuPlcNo、mdtrtareaNo 不符", record->settlement_kind);
}

static void check_repeat(struct d001_record *record, struct findings *findings)
{
	if (!record->repeats)
		return;
	record->rx.repeat = &record->repeat;
	if (record->repeat.fills_max < 1 || record->repeat.fills_max > D001_FILLS_MAX)
		findings_add(findings, true, "D001-DECIMAL", "maxReptCnt", "D001 maxReptCnt N3",
			"maxReptCnt must be 1 to %d when reptFlag is 1",
			"reptFlag 为 1 时 maxReptCnt 须为 1 至 %d", D001_FILLS_MAX);
}

static void check_chronic(const struct d001_record *record, struct findings *findings)
{
	if (is(record->rx.medical_type, "14") && !is_set(record->rx.chronic_disease_code))
		findings_add(findings, true, "D001-MISSING", "mdtrtinfo.diseCodg", "D001 diseCodg C30",
			"%s is mandatory for chronic special disease (medType 14)",
			"门诊慢特病（medType 14）必填 %s", "diseCodg");
}

void d001_check(struct d001_record *record, struct findings *findings)
{
	if (is_herbal(record))
		record->rx.herbal_use = &record->herbal;
	check_voucher(record, findings);
	check_validity(record, findings);
	check_drug_count(record, findings);
	for (size_t i = 0; i < record->rx.n_lines; i++)
		check_line(record, i, findings);
	check_diagnoses(record, findings);
	check_person(record, findings);
	check_regions(record, findings);
	check_repeat(record, findings);
	check_chronic(record, findings);
}
