/* Tables of fields, and the few checks a table cannot say. */
#include "service/form.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "base/text.h"

struct text_field {
	size_t offset; /* of the char * member */
	const char *path;
	unsigned chars_max;
	bool mandatory;
};

#define FIELD(type, member, path, max, must) {offsetof(type, member), path, max, must}

#define RX(member, path, max, must) FIELD(Rxcirc__V1__Prescription, member, path, max, must)
static const struct text_field prescription_fields[] = {
	RX(hospital_code, "mdtrtinfo.fixmedinsCode", 20, true),
	RX(hospital_rx_no, "hospRxno", 40, true),
	RX(initial_rx_no, "initRxno", 40, false),
	RX(medical_type, "mdtrtinfo.medType", 6, true),
	RX(encounter_id, "mdtrtinfo.mdtrtId", 30, true),
	RX(outpatient_no, "mdtrtinfo.iptOtpNo", 30, true),
	RX(real_name_serial, "authNo", 100, false),
	RX(voucher_token, "ecToken", 64, false),
	RX(chronic_disease_code, "mdtrtinfo.diseCodg", 30, false),
	RX(chronic_disease_name, "mdtrtinfo.diseName", 500, false),
	RX(treatment_region, "mdtrtareaNo", 6, false),
	RX(condition_note, "mdtrtinfo.diseCondDscr", 2000, false),
	RX(initial_note, "extras.supplyReason", 200, false),
	RX(chronic_special_flag, "mdtrtinfo.spDiseFlag", 3, false),
};

#define PATIENT(member, path, max, must) FIELD(Rxcirc__V1__Patient, member, path, max, must)
static const struct text_field patient_fields[] = {
	PATIENT(voucher_id, "mdtrtCertNo", VOUCHER_ID_MAX, true),
	PATIENT(person_no, "mdtrtinfo.psnNo", 30, true),
	PATIENT(name, "mdtrtinfo.patnName", 40, true),
	PATIENT(id_kind, "mdtrtinfo.psnCertType", 6, true),
	PATIENT(id_number, "mdtrtinfo.certno", 50, true),
	PATIENT(birth_date, "mdtrtinfo.certno", 10, true),
	PATIENT(insured_region, "insuPlcNo", 6, false),
	PATIENT(insurance_type, "mdtrtinfo.insutype", 6, false),
	PATIENT(allergies, "mdtrtinfo.algsHis", 1000, false),
};

#define PHYSICIAN(member, path, max, must) FIELD(Rxcirc__V1__Physician, member, path, max, must)
static const struct text_field physician_fields[] = {
	PHYSICIAN(code, "mdtrtinfo.drCode", 20, true),
	PHYSICIAN(name, "mdtrtinfo.prscDrName", 50, true),
	PHYSICIAN(title_code, "mdtrtinfo.drProfttlCodg", 20, true),
	PHYSICIAN(department_code, "mdtrtinfo.prscDeptCode", 30, true),
	PHYSICIAN(department_name, "mdtrtinfo.prscDeptName", 50, true),
};

#define LINE(member, path, max, must) FIELD(Rxcirc__V1__DrugLine, member, path, max, must)
static const struct text_field line_fields[] = {
	LINE(drug_code, "medListCodg", CODE_MAX, true),
	LINE(generic_name, "drugGenname", 100, true),
	LINE(product_name, "drugProdname", 255, false),
	LINE(dosage_form, "drugDosform", 30, true),
	LINE(specification, "drugSpec", 40, true),
	LINE(manufacturer, "prdrName", 100, false),
	LINE(route_code, "medcWayCodg", 10, false),
	LINE(route_name, "medcWayDscr", 100, false),
	LINE(dose_unit, "sinDosunt", 20, true),
	LINE(frequency_code, "usedFrquCodg", 10, true),
	LINE(frequency_name, "usedFrquName", 30, true),
	LINE(quantity_unit, "drugDosunt", 20, true),
	LINE(reimbursement, "hospApprFlag", 3, true),
	LINE(self_pay_reason, "selfPayRea", 6, false),
	LINE(self_pay_note, "realDscr", 1000, false),
	LINE(herb_note, "tcmherbFoote", 200, false),
};

#define DIAGNOSIS(member, path, max, must) FIELD(Rxcirc__V1__Diagnosis, member, path, max, must)
static const struct text_field diagnosis_fields[] = {
	DIAGNOSIS(code, "diagCode", 30, true),
	DIAGNOSIS(name, "diagName", 100, true),
	DIAGNOSIS(tcm_code, "tcmDiseCode", 30, false),
	DIAGNOSIS(tcm_name, "tcmDiseName", 300, false),
};

#define REVIEW(member, path, max, must) FIELD(Rxcirc__V1__HospitalReview, member, path, max, must)
static const struct text_field review_fields[] = {
	REVIEW(hospital_code, "review.fixmedinsCode", 20, true),
	REVIEW(pharmacist_code, "review.pharCode", 20, true),
	REVIEW(pharmacist_name, "review.pharName", 50, true),
	REVIEW(licence_no, "review.pharPracCertNo", 50, false),
	REVIEW(department_code, "review.pharDeptCode", 30, false),
	REVIEW(department_name, "review.pharDeptName", 50, false),
	REVIEW(opinion, "review.rxChkOpnn", 2000, false),
};

struct form {
	struct request *req;
	const char *group; /* "rxdrugdetail", "diseinfo" or NULL */
	size_t index;
	size_t faults;
};

static void fault(struct form *f, const char *path, const char *english, const char *chinese)
{
	char *full = NULL;

	if (f->group != NULL)
		full = arena_printf(&f->req->arena, "%s[%zu].%s", f->group, f->index, path);
	request_find_field(f->req, full == NULL ? path : full, english, chinese);
	f->faults++;
}

static void check_texts(struct form *f, const void *message, const struct text_field *fields,
	size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text;

		memcpy(&text, (const char *)message + fields[i].offset, sizeof(text));
		if (text[0] == '\0' && fields[i].mandatory)
			fault(f, fields[i].path, "is missing", "缺少必填项");
		else if (text_chars(text) > fields[i].chars_max)
			fault(f, fields[i].path, "is longer than the national layout allows", "长度超过国家接口规定");
	}
}

static void check_numbers(struct form *f, const Rxcirc__V1__Prescription *rx)
{
	if (rx->issued_at_ms <= 0)
		fault(f, "prscTime", "is missing", "缺少必填项");
	if (rx->validity_days < 1 || rx->validity_days > 365)
		fault(f, "valiDays", "must lie within 1 .. 365 days", "须在 1 至 365 天之间");
	if (rx->business_type != RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE &&
		rx->business_type != RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET)
		fault(f, "bizTypeCode", "must be 01 or 02", "须为 01 或 02");
	if (rx->category != RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_WESTERN &&
		rx->category != RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_HERBAL)
		fault(f, "rxTypeCode", "must be 1 or 2", "须为 1 或 2");
	if (rx->attribute < RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_DUAL_CHANNEL ||
		rx->attribute > RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OTHER)
		fault(f, "rxExraAttrCode", "must be 01, 02, 03 or 99", "须为 01、02、03 或 99");
	if (rx->repeat != NULL && (rx->repeat->fills_max < 1 || rx->repeat->fills_max > 12))
		fault(f, "maxReptCnt", "must lie within 1 .. 12", "须在 1 至 12 之间");
	if (rx->repeat != NULL && rx->repeat->interval_days_min > 365)
		fault(f, "minInrvDays", "must lie within 0 .. 365 days", "须在 0 至 365 天之间");
	if (rx->source_sha256.len != 0 && rx->source_sha256.len != SHA256_LEN)
		fault(f, "source_sha256", "must be 32 bytes or absent", "须为 32 字节或缺省");
}

static void check_lines(struct form *f, const Rxcirc__V1__Prescription *rx)
{
	if (rx->n_lines < 1 || rx->n_lines > RX_LINES_MAX) {
		fault(f, "rxdrugdetail", "must have 1 to 64 lines", "须有 1 至 64 行明细");
		return;
	}
	f->group = "rxdrugdetail";
	for (f->index = 0; f->index < rx->n_lines; f->index++) {
		const Rxcirc__V1__DrugLine *line = rx->lines[f->index];

		check_texts(f, line, line_fields, ARRAY_LEN(line_fields));
		if (line->kind != RXCIRC__V1__DRUG_KIND__DRUG_KIND_WESTERN &&
			line->kind != RXCIRC__V1__DRUG_KIND__DRUG_KIND_CHINESE_PATENT &&
			line->kind != RXCIRC__V1__DRUG_KIND__DRUG_KIND_HERBAL_PIECES)
			fault(f, "rxItemTypeCode", "must be 11, 12 or 13", "须为 11、12 或 13");
		if (line->quantity_e4 <= 0)
			fault(f, "drugCnt", "must be positive", "须大于零");
		if (line->dose_e4 <= 0)
			fault(f, "sinDoscnt", "must be positive", "须大于零");
		if (line->days_e4 <= 0)
			fault(f, "medcDays", "must be positive", "须大于零");
		if (line->unit_price_e6 < 0 || line->amount_fen < 0)
			fault(f, "drugPric", "must not be negative", "不得为负");
	}
	f->group = NULL;
}

static void check_diagnoses(struct form *f, const Rxcirc__V1__Prescription *rx)
{
	size_t main_count = 0;

	if (rx->n_diagnoses < 1 || rx->n_diagnoses > DIAGNOSES_MAX) {
		fault(f, "diseinfo", "must have 1 to 20 diagnoses", "须有 1 至 20 条诊断");
		return;
	}
	f->group = "diseinfo";
	for (f->index = 0; f->index < rx->n_diagnoses; f->index++) {
		const Rxcirc__V1__Diagnosis *d = rx->diagnoses[f->index];

		check_texts(f, d, diagnosis_fields, ARRAY_LEN(diagnosis_fields));
		if (d->type < 1 || d->type > 3)
			fault(f, "diagType", "must be 1, 2 or 3", "须为 1、2 或 3");
		main_count += d->main != 0;
	}
	f->group = NULL;
	if (main_count != 1)
		fault(f, "diseinfo[].maindiagFlag", "exactly one diagnosis is the main one", "须有且仅有一条主诊断");
}

size_t form_check_prescription(struct request *req, const Rxcirc__V1__Prescription *rx)
{
	struct form f = {.req = req};

	check_texts(&f, rx, prescription_fields, ARRAY_LEN(prescription_fields));
	check_numbers(&f, rx);
	if (rx->patient == NULL)
		fault(&f, "mdtrtinfo.patnName", "the patient is missing", "缺少患者信息");
	else
		check_texts(&f, rx->patient, patient_fields, ARRAY_LEN(patient_fields));
	if (rx->physician == NULL)
		fault(&f, "mdtrtinfo.drCode", "the physician is missing", "缺少医师信息");
	else
		check_texts(&f, rx->physician, physician_fields, ARRAY_LEN(physician_fields));
	check_lines(&f, rx);
	check_diagnoses(&f, rx);
	return f.faults;
}

size_t form_check_hospital_review(struct request *req, const Rxcirc__V1__HospitalReview *review)
{
	struct form f = {.req = req};

	check_texts(&f, review, review_fields, ARRAY_LEN(review_fields));
	if (review->result != RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED)
		fault(&f, "review.result", "only a passed review makes a prescription usable (C13)",
			"医院药师审核通过后处方方可生效（C13）");
	if (review->reviewed_at_ms <= 0)
		fault(&f, "review.pharChkTime", "is missing", "缺少必填项");
	return f.faults;
}
