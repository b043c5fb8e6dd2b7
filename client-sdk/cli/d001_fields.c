#include "client-sdk/cli/d001_fields.h"

#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define C(name, need, length, offset) {name, D001_TEXT, need, length, 0, 0, offset, NULL}
#define T(name, need, offset) {name, D001_TIME, need, 19, 0, 0, offset, NULL}
#define N(name, need, length, scale, unit_scale, offset) \
	{name, D001_NUMBER, need, length, scale, unit_scale, offset, NULL}
#define COUNT(name, need, length, offset) {name, D001_COUNT, need, length, 0, 0, offset, NULL}
#define FLAG(name, need, offset) {name, D001_FLAG, need, 3, 0, 0, offset, NULL}
#define CHOICE(name, need, length, offset, choices) \
	{name, D001_CHOICE, need, length, 0, 0, offset, choices}
#define OBJECT(name) {name, D001_OBJECT, D001_MAY, 0, 0, 0, D001_NOWHERE, NULL}
#define OBJECT_MUST(name) {name, D001_OBJECT, D001_MUST, 0, 0, 0, D001_NOWHERE, NULL}
#define TRUTH(name, offset) {name, D001_TRUTH, D001_MAY, 0, 0, 0, offset, NULL}

#define REC(member) (int)offsetof(struct d001_record, member)
#define LINE(member) (int)offsetof(struct d001_line, member)
#define DIAG(member) (int)offsetof(struct d001_diagnosis, member)
#define NO D001_NOWHERE
#define MAY D001_MAY
#define MUST D001_MUST

static const struct d001_choice business_types[] = {
	{"01", RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_OFFLINE},
	{"02", RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET},
	{NULL, 0},
};

static const struct d001_choice attributes[] = {
	{"01", RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_DUAL_CHANNEL},
	{"02", RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OUTPATIENT_POOLING},
	{"03", RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OTHER},
	{"99", RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OTHER},
	{NULL, 0},
};

static const struct d001_choice categories[] = {
	{"1", RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_WESTERN},
	{"2", RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_HERBAL},
	{"9", RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_HERBAL},
	{NULL, 0},
};

static const struct d001_choice sexes[] = {
	{"0", RXCIRC__V1__SEX__SEX_UNSPECIFIED},
	{"1", RXCIRC__V1__SEX__SEX_MALE},
	{"2", RXCIRC__V1__SEX__SEX_FEMALE},
	{"9", RXCIRC__V1__SEX__SEX_OTHER},
	{NULL, 0},
};

static const struct d001_choice drug_kinds[] = {
	{"11", RXCIRC__V1__DRUG_KIND__DRUG_KIND_WESTERN},
	{"12", RXCIRC__V1__DRUG_KIND__DRUG_KIND_CHINESE_PATENT},
	{"13", RXCIRC__V1__DRUG_KIND__DRUG_KIND_HERBAL_PIECES},
	{NULL, 0},
};

static const struct d001_choice diagnosis_types[] = {{"1", 1}, {"2", 2}, {"3", 3}, {NULL, 0}};

static const struct d001_field header_fields[] = {
	C("mdtrtCertType", MUST, 3, REC(certificate_kind)),
	C("mdtrtCertNo", MUST, 50, REC(patient.voucher_id)), /* Y here: the voucher */
	C("cardSn", MAY, 32, NO),
	CHOICE("bizTypeCode", MUST, 3, REC(rx.business_type), business_types),
	CHOICE("rxExraAttrCode", MAY, 3, REC(rx.attribute), attributes),
	C("ecToken", MAY, 64, REC(rx.voucher_token)),
	C("authNo", MAY, 100, REC(rx.real_name_serial)),
	C("insuPlcNo", MAY, 6, REC(patient.insured_region)),
	C("mdtrtareaNo", MAY, 6, REC(rx.treatment_region)),
	C("hospRxno", MUST, 40, REC(rx.hospital_rx_no)),
	C("initRxno", MAY, 40, REC(rx.initial_rx_no)),
	CHOICE("rxTypeCode", MUST, 3, REC(rx.category), categories),
	T("prscTime", MUST, REC(rx.issued_at_ms)),
	N("rxDrugCnt", MUST, 16, 4, 4, REC(drug_count_e4)),
	C("rxUsedWayCodg", MAY, 20, REC(herbal.route_code)),
	C("rxUsedWayName", MAY, 40, REC(herbal.route_name)),
	C("rxFrquCodg", MAY, 20, REC(herbal.frequency_code)),
	C("rxFrquName", MAY, 40, REC(herbal.frequency_name)),
	C("rxDosunt", MAY, 20, REC(herbal.dose_unit)),
	N("rxDoscnt", MAY, 16, 2, 4, REC(herbal.doses_e4)),
	C("rxDrordDscr", MAY, 400, REC(herbal.advice)),
	N("valiDays", MUST, 10, 0, 0, REC(valid_days)),
	T("valiEndTime", MUST, REC(valid_until_ms)),
	FLAG("reptFlag", MAY, REC(repeats)),
	COUNT("maxReptCnt", MAY, 3, REC(repeat.fills_max)),
	COUNT("minInrvDays", MAY, 3, REC(repeat.interval_days_min)),
	FLAG("rxCotnFlag", MAY, NO),
	FLAG("longRxFlag", MAY, REC(rx.long_prescription)),
	OBJECT_MUST("rxdrugdetail"),
	OBJECT_MUST("mdtrtinfo"),
	OBJECT_MUST("diseinfo"),
	OBJECT("review"),
	OBJECT("extras"),
};

static const struct d001_field visit_fields[] = {
	C("fixmedinsName", MUST, 200, NO),
	C("fixmedinsCode", MUST, 20, REC(rx.hospital_code)),
	C("mdtrtId", MUST, 30, REC(rx.encounter_id)),
	C("medType", MUST, 6, REC(rx.medical_type)),
	C("iptOtpNo", MUST, 30, REC(rx.outpatient_no)),
	C("otpIptFlag", MAY, 3, NO),
	C("psnNo", MUST, 30, REC(patient.person_no)),
	C("patnName", MUST, 40, REC(patient.name)),
	C("psnCertType", MUST, 6, REC(patient.id_kind)),
	C("certno", MUST, 50, REC(patient.id_number)),
	N("patnAge", MUST, 4, 1, 1, NO),
	N("patnHgt", MAY, 6, 2, 2, NO),
	N("patnWt", MAY, 6, 2, 2, NO),
	CHOICE("gend", MUST, 6, REC(patient.sex), sexes),
	C("insutype", MAY, 6, REC(patient.insurance_type)),
	C("birctrlType", MAY, 6, NO),
	C("birctrlMatnDate", MAY, 19, NO),
	C("matnType", MAY, 6, NO),
	COUNT("gesoVal", MAY, 2, NO),
	FLAG("nwbFlag", MAY, NO),
	C("nwbAge", MAY, 20, NO),
	FLAG("suckPrdFlag", MAY, NO),
	C("algsHis", MAY, 1000, REC(patient.allergies)),
	C("prscDeptName", MUST, 50, REC(physician.department_name)),
	C("prscDeptCode", MUST, 30, REC(physician.department_code)),
	C("drCode", MUST, 20, REC(physician.code)),
	C("prscDrName", MUST, 50, REC(physician.name)),
	C("prscDrCertType", MAY, 6, NO),
	C("prscDrCertno", MAY, 50, NO),
	C("drProfttlCodg", MUST, 20, REC(physician.title_code)),
	C("drProfttlName", MUST, 20, NO),
	C("drDeptCode", MUST, 30, NO),
	C("drDeptName", MUST, 50, NO),
	C("caty", MAY, 10, NO),
	T("mdtrtTime", MUST, REC(rx.visit_at_ms)),
	C("diseCodg", MAY, 30, REC(rx.chronic_disease_code)),
	C("diseName", MAY, 500, REC(rx.chronic_disease_name)),
	C("spDiseFlag", MUST, 3, REC(rx.chronic_special_flag)),
	C("maindiagCode", MUST, 30, REC(main_diagnosis)),
	C("maindiagName", MUST, 100, NO),
	C("diseCondDscr", MAY, 2000, REC(rx.condition_note)),
	C("hiFeesetlType", MAY, 6, REC(settlement_kind)),
	C("hiFeesetlName", MAY, 50, NO),
	N("rgstFee", MAY, 16, 2, 2, NO),
	N("medfeeSumamt", MAY, 16, 2, 2, NO),
	FLAG("fstdiagFlag", MAY, REC(rx.first_visit)),
	OBJECT("extras"),
};

static const struct d001_field line_fields[] = {
	C("medListCodg", MUST, 50, LINE(line.drug_code)),
	C("fixmedinsHilistId", MAY, 30, NO),
	FLAG("hospPrepFlag", MAY, LINE(line.hospital_preparation)),
	CHOICE("rxItemTypeCode", MUST, 30, LINE(line.kind), drug_kinds),
	C("rxItemTypeName", MAY, 100, NO),
	C("tcmdrugTypeCode", MAY, 30, NO),
	C("tcmdrugTypeName", MAY, 20, NO),
	C("tcmherbFoote", MAY, 200, LINE(line.herb_note)),
	C("mednTypeCode", MAY, 100, NO),
	C("mednTypeName", MAY, 100, NO),
	FLAG("mainMedcFlag", MAY, NO),
	FLAG("urgtFlag", MAY, NO),
	FLAG("basMednFlag", MAY, NO),
	FLAG("impDrugFlag", MAY, NO),
	FLAG("otcFlag", MAY, LINE(line.over_the_counter)),
	C("drugGenname", MUST, 100, LINE(line.generic_name)),
	C("drugDosform", MUST, 30, LINE(line.dosage_form)),
	C("drugSpec", MUST, 40, LINE(line.specification)),
	C("drugProdname", MAY, 255, LINE(line.product_name)),
	C("prdrName", MAY, 100, LINE(line.manufacturer)),
	C("medcWayCodg", D001_MUST_UNLESS_HERBAL, 10, LINE(line.route_code)),
	C("medcWayDscr", D001_MUST_UNLESS_HERBAL, 100, LINE(line.route_name)),
	T("medcBegntime", MUST, LINE(line.begins_at_ms)),
	T("medcEndtime", MUST, LINE(line.ends_at_ms)),
	N("medcDays", MUST, 8, 2, 4, LINE(line.days_e4)),
	C("sinDosunt", MUST, 20, LINE(line.dose_unit)),
	N("sinDoscnt", MUST, 16, 4, 4, LINE(line.dose_e4)),
	C("usedFrquCodg", MUST, 10, LINE(line.frequency_code)),
	C("usedFrquName", MUST, 30, LINE(line.frequency_name)),
	C("drugDosunt", MUST, 20, LINE(line.quantity_unit)),
	N("drugCnt", MUST, 16, 4, 4, LINE(line.quantity_e4)),
	N("drugPric", MAY, 16, 6, 6, LINE(line.unit_price_e6)),
	N("drugSumamt", MAY, 16, 2, 2, LINE(line.amount_fen)),
	C("hospApprFlag", MUST, 3, LINE(line.reimbursement)),
	C("selfPayRea", MAY, 6, LINE(line.self_pay_reason)),
	C("realDscr", MAY, 1000, LINE(line.self_pay_note)),
	OBJECT("extras"),
};

static const struct d001_field diagnosis_fields[] = {
	CHOICE("diagType", MUST, 3, DIAG(diagnosis.type), diagnosis_types),
	FLAG("maindiagFlag", MUST, DIAG(diagnosis.main)),
	COUNT("diagSrtNo", MUST, 2, NO),
	C("diagCode", MUST, 30, DIAG(diagnosis.code)),
	C("diagName", MUST, 100, DIAG(diagnosis.name)),
	C("diagDept", MUST, 50, NO),
	C("diagDeptCode", MAY, 20, NO),
	C("diagDrNo", MUST, 30, NO),
	C("diagDrName", MUST, 50, NO),
	T("diagTime", MUST, NO),
	C("tcmDiseCode", MAY, 30, DIAG(diagnosis.tcm_code)),
	C("tcmDiseName", MAY, 300, DIAG(diagnosis.tcm_name)),
	C("tcmsympCode", MAY, 30, DIAG(symptom_code)),
	C("tcmsymp", MAY, 300, DIAG(symptom_name)),
};

static const struct d001_field review_fields[] = {
	C("pharCode", MUST, 20, REC(review.pharmacist_code)),
	C("pharName", MUST, 50, REC(review.pharmacist_name)),
	C("pharPracCertNo", MUST, 50, REC(review.licence_no)),
	C("pharDeptName", MUST, 50, REC(review.department_name)),
	C("pharDeptCode", MUST, 30, REC(review.department_code)),
	T("pharChkTime", MUST, REC(review.reviewed_at_ms)),
	C("pharProfttlCodg", MAY, 20, NO),
	C("pharProfttlName", MAY, 20, NO),
	C("pharCertType", MAY, 6, NO),
	C("pharCertno", MAY, 50, NO),
	C("rxChkOpnn", MAY, 2000, REC(review.opinion)),
};

static const struct d001_field extras_fields[] = {
	OBJECT("followUp"),
	OBJECT("longRx"),
	OBJECT("guardian"),
	C("birthDate", MAY, 10, REC(given_birth_date)),
	C("supplyReason", MAY, 200, REC(rx.initial_note)),
};

static const struct d001_field follow_up_fields[] = {
	C("fixmedinsCode", MUST, 20, REC(follow_up.hospital_code)),
	T("visitTime", MUST, REC(follow_up.visited_at_ms)),
	C("diagCode", MUST, 30, REC(follow_up.diagnosis_code)),
	C("documentType", MUST, 50, REC(follow_up.document_kind)),
	{"documentSha256", D001_SHA256, D001_MUST, 64, 0, 0, REC(follow_up_sha256), NULL},
};

static const struct d001_field long_fields[] = {
	TRUTH("assessment", REC(long_basis.assessed)),
	TRUTH("patientConfirmed", REC(long_basis.patient_confirmed)),
};

static const struct d001_field guardian_fields[] = {
	C("name", MUST, 40, REC(guardian.name)),
	C("psnCertType", MUST, 6, REC(guardian.id_kind)),
	C("certno", MUST, 50, REC(guardian.id_number)),
	C("relation", MUST, 20, REC(guardian.relation)),
	TRUTH("confirmed", REC(guardian.confirmed)),
};

const struct d001_object d001_header = {"", header_fields, COUNT_OF(header_fields)};
const struct d001_object d001_visit = {"mdtrtinfo", visit_fields, COUNT_OF(visit_fields)};
const struct d001_object d001_line = {"rxdrugdetail", line_fields, COUNT_OF(line_fields)};
const struct d001_object d001_diagnosis = {"diseinfo", diagnosis_fields,
	COUNT_OF(diagnosis_fields)};
const struct d001_object d001_review = {"review", review_fields, COUNT_OF(review_fields)};
const struct d001_object d001_extras = {"extras", extras_fields, COUNT_OF(extras_fields)};
const struct d001_object d001_follow_up = {"extras.followUp", follow_up_fields,
	COUNT_OF(follow_up_fields)};
const struct d001_object d001_long = {"extras.longRx", long_fields, COUNT_OF(long_fields)};
const struct d001_object d001_guardian = {"extras.guardian", guardian_fields,
	COUNT_OF(guardian_fields)};

void d001_field_type(const struct d001_field *field, char text[24])
{
	static const char letters[] = {
		[D001_TEXT] = 'C', [D001_FLAG] = 'C', [D001_CHOICE] = 'C', [D001_NUMBER] = 'N',
		[D001_COUNT] = 'N', [D001_TIME] = 'T', [D001_SHA256] = 'C', [D001_TRUTH] = 'B',
		[D001_OBJECT] = 'O',
	};
	char letter = letters[field->kind];

	if (letter == 'N' && field->scale > 0)
		(void)snprintf(text, 24, "N%u,%u", field->length, field->scale);
	else if (letter == 'N' || letter == 'C')
		(void)snprintf(text, 24, "%c%u", letter, field->length);
	else
		(void)snprintf(text, 24, "%s", letter == 'T' ? "T" : letter == 'B' ? "true/false" : "JSON");
}
