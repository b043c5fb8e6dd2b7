/* The form of a prescription: each field at its length, one character above, and missing. */
#include "test/service/scene.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/ensure.h"

static struct rx_paper paper;
static Rxcirc__V1__HospitalReview *review;

struct field {
	const char *path;
	unsigned chars_max;
	bool mandatory;
	size_t offset; /* inside struct rx_paper */
};
#define P(member, path, max, must) {path, max, must, offsetof(struct rx_paper, member)}

/* Lengths as the national interface states them (NATIONAL-INTERFACE B2). */
static const struct field fields[] = {
	P(m.hospital_rx_no, "hospRxno", 40, true),
	P(m.initial_rx_no, "initRxno", 40, false),
	P(m.medical_type, "mdtrtinfo.medType", 6, true),
	P(m.encounter_id, "mdtrtinfo.mdtrtId", 30, true),
	P(m.outpatient_no, "mdtrtinfo.iptOtpNo", 30, true),
	P(m.real_name_serial, "authNo", 100, false),
	P(m.voucher_token, "ecToken", 64, false),
	P(m.chronic_disease_code, "mdtrtinfo.diseCodg", 30, false),
	P(m.chronic_disease_name, "mdtrtinfo.diseName", 500, false),
	P(m.treatment_region, "mdtrtareaNo", 6, false),
	P(m.initial_note, "extras.supplyReason", 200, false),
	P(m.chronic_special_flag, "mdtrtinfo.spDiseFlag", 3, false),
	P(patient.voucher_id, "mdtrtCertNo", 50, true),
	P(patient.person_no, "mdtrtinfo.psnNo", 30, true),
	P(patient.name, "mdtrtinfo.patnName", 40, true),
	P(patient.id_kind, "mdtrtinfo.psnCertType", 6, true),
	P(patient.id_number, "mdtrtinfo.certno", 50, true),
	P(patient.insured_region, "insuPlcNo", 6, false),
	P(patient.insurance_type, "mdtrtinfo.insutype", 6, false),
	P(patient.allergies, "mdtrtinfo.algsHis", 1000, false),
	P(physician.name, "mdtrtinfo.prscDrName", 50, true),
	P(physician.title_code, "mdtrtinfo.drProfttlCodg", 20, true),
	P(physician.department_name, "mdtrtinfo.prscDeptName", 50, true),
	P(lines[1].product_name, "rxdrugdetail[1].drugProdname", 255, false),
	P(lines[1].dosage_form, "rxdrugdetail[1].drugDosform", 30, true),
	P(lines[1].specification, "rxdrugdetail[1].drugSpec", 40, true),
	P(lines[1].manufacturer, "rxdrugdetail[1].prdrName", 100, false),
	P(lines[1].route_code, "rxdrugdetail[1].medcWayCodg", 10, false),
	P(lines[1].route_name, "rxdrugdetail[1].medcWayDscr", 100, false),
	P(lines[1].dose_unit, "rxdrugdetail[1].sinDosunt", 20, true),
	P(lines[1].frequency_code, "rxdrugdetail[1].usedFrquCodg", 10, true),
	P(lines[1].frequency_name, "rxdrugdetail[1].usedFrquName", 30, true),
	P(lines[1].quantity_unit, "rxdrugdetail[1].drugDosunt", 20, true),
	P(lines[1].reimbursement, "rxdrugdetail[1].hospApprFlag", 3, true),
	P(lines[1].self_pay_reason, "rxdrugdetail[1].selfPayRea", 6, false),
	P(lines[1].self_pay_note, "rxdrugdetail[1].realDscr", 1000, false),
	P(lines[1].herb_note, "rxdrugdetail[1].tcmherbFoote", 200, false),
	P(diagnoses[0].name, "diseinfo[0].diagName", 100, true),
	P(diagnoses[0].tcm_code, "diseinfo[0].tcmDiseCode", 30, false),
	P(diagnoses[0].tcm_name, "diseinfo[0].tcmDiseName", 300, false),
};

/* `count` times one Chinese character of three bytes: lengths are characters, not bytes. */
static char *chars(unsigned count)
{
	char *text = papers_alloc(3 * (size_t)count + 1);

	for (unsigned i = 0; i < count; i++)
		memcpy(text + 3 * (size_t)i, "药", 3);
	return text;
}

static enum status_reason send(void)
{
	static const struct fake_cell is_new[] = {FAKE_BOOL(true), FAKE_BOOL(true)};
	Rxcirc__V1__UploadPrescriptionRequest *m = upload_of(&paper, &stage.province);

	if (review != NULL) {
		review->prescription = paper_name(m->prescription);
		m->hospital_review = paper_sign(review, &stage.province.people[HOSPITAL_PHARMACIST].pair);
	}
	stage_clear();
	scene_as(PHYSICIAN);
	fake_pg_answer("prescription_put", 2, is_new, 1);
	return stage_call(&upload_method, m);
}

static void begin(void)
{
	rx_paper_init(&paper, &stage.province);
	review = NULL;
}

/* Only this field is at fault. */
static void expect_fault(const char *path)
{
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", path);
	if (stage.req.findings_count != 1)
		fail_msg("%s: %zu findings", path, stage.req.findings_count);
	stage_expect_nothing_sent();
	begin();
}

static void every_text_is_taken_at_its_length_and_refused_above(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < ARRAY_LEN(fields); i++) {
		char **text = (char **)(void *)((char *)&paper + fields[i].offset);

		*text = chars(fields[i].chars_max);
		if (send() != STATUS_OK)
			fail_msg("%s of %u characters: %s", fields[i].path, fields[i].chars_max,
				status_row_of(stage.req.status)->reason);
		*text = chars(fields[i].chars_max + 1);
		expect_fault(fields[i].path);
	}
}

static void every_mandatory_text_may_not_be_missing(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < ARRAY_LEN(fields); i++) {
		char **text = (char **)(void *)((char *)&paper + fields[i].offset);

		*text = paper_text("");
		if (fields[i].mandatory) {
			expect_fault(fields[i].path);
			continue;
		}
		/* what rules ask for, not the form */
		if (fields[i].offset != offsetof(struct rx_paper, m.real_name_serial) &&
			fields[i].offset != offsetof(struct rx_paper, m.voucher_token) &&
			send() != STATUS_OK)
			fail_msg("%s may be missing: %s", fields[i].path,
				status_row_of(stage.req.status)->reason);
		begin();
	}
}

/* Codes that must also be known are checked for form first. */
static void codes_are_bounded_before_they_are_looked_up(void **state)
{
	(void)state;
	begin();
	paper.lines[0].drug_code = chars(CODE_MAX + 1);
	expect_fault("rxdrugdetail[0].medListCodg");
	paper.lines[0].drug_code = chars(CODE_MAX);
	assert_int_equal(send(), STATUS_RULES_REFUSED);
	begin();
	paper.lines[0].generic_name = chars(101);
	expect_fault("rxdrugdetail[0].drugGenname");
	paper.physician.department_code = chars(31);
	expect_fault("mdtrtinfo.prscDeptCode");
	paper.physician.department_code = chars(30);
	assert_int_equal(send(), STATUS_RULES_REFUSED);
	paper.physician.department_code = paper_text("");
	expect_fault("mdtrtinfo.prscDeptCode");
	paper.diagnoses[0].code = chars(31);
	expect_fault("diseinfo[0].diagCode");
	paper.patient.birth_date = paper_text("2020-01-011");
	expect_fault("mdtrtinfo.certno");
}

static void long_notes_are_counted_in_characters(void **state)
{
	char *note = papers_alloc(2002);

	(void)state;
	memset(note, 'n', 2000);
	begin();
	paper.m.condition_note = note;
	assert_int_equal(send(), STATUS_OK);
	note[2000] = 'n';
	expect_fault("mdtrtinfo.diseCondDscr");
}

static void numbers_are_within_their_ranges(void **state)
{
	(void)state;
	begin();
	paper.m.validity_days = 0;
	expect_fault("valiDays");
	paper.m.validity_days = 366;
	expect_fault("valiDays");
	paper.m.business_type = (Rxcirc__V1__BusinessType)0;
	expect_fault("bizTypeCode");
	paper.m.business_type = (Rxcirc__V1__BusinessType)3;
	expect_fault("bizTypeCode");
	paper.m.category = (Rxcirc__V1__PrescriptionCategory)0;
	expect_fault("rxTypeCode");
	paper.m.category = (Rxcirc__V1__PrescriptionCategory)3;
	expect_fault("rxTypeCode");
	paper.m.attribute = (Rxcirc__V1__PrescriptionAttribute)0;
	expect_fault("rxExraAttrCode");
	paper.m.attribute = (Rxcirc__V1__PrescriptionAttribute)4;
	expect_fault("rxExraAttrCode");
	paper.m.source_sha256 = paper_bytes(papers_alloc(32), 31);
	expect_fault("source_sha256");
	paper.m.source_sha256 = paper_bytes(papers_alloc(32), 32);
	assert_int_equal(send(), STATUS_OK);
}

static void repeats_are_within_their_ranges(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		static const uint32_t cases[][2] = {{0, 7}, {13, 7}, {1, 366}, {1, 0}, {12, 365}};

		begin();
		paper.m.repeat = &paper.repeat;
		paper.repeat.fills_max = cases[i][0];
		paper.repeat.interval_days_min = cases[i][1];
		if (i < 2)
			expect_fault("maxReptCnt");
		else if (i == 2)
			expect_fault("minInrvDays");
		else
			assert_int_equal(send(), STATUS_OK);
	}
}

static void line_numbers_are_positive(void **state)
{
	(void)state;
	for (int64_t v = -1; v <= 0; v++) {
		begin();
		paper.lines[1].quantity_e4 = v;
		expect_fault("rxdrugdetail[1].drugCnt");
		paper.lines[1].dose_e4 = v;
		expect_fault("rxdrugdetail[1].sinDoscnt");
		paper.lines[1].days_e4 = v;
		expect_fault("rxdrugdetail[1].medcDays");
	}
	paper.lines[1].unit_price_e6 = -1;
	expect_fault("rxdrugdetail[1].drugPric");
	paper.lines[1].amount_fen = -1;
	expect_fault("rxdrugdetail[1].drugPric");
	paper.lines[1].kind = (Rxcirc__V1__DrugKind)10;
	expect_fault("rxdrugdetail[1].rxItemTypeCode");
	paper.lines[1].kind = (Rxcirc__V1__DrugKind)14;
	expect_fault("rxdrugdetail[1].rxItemTypeCode");
	paper.lines[1].unit_price_e6 = paper.lines[1].amount_fen = 0;
	assert_int_equal(send(), STATUS_OK);
}

static void there_are_1_to_64_lines_and_1_to_20_diagnoses(void **state)
{
	(void)state;
	begin();
	paper.m.n_lines = 0;
	expect_fault("rxdrugdetail");
	rx_paper_lines(&paper, RX_LINES_MAX + 1);
	expect_fault("rxdrugdetail");
	rx_paper_lines(&paper, RX_LINES_MAX);
	assert_int_equal(send(), STATUS_RULES_REFUSED); /* the form is right; too many western drugs */
	begin();
	paper.m.n_diagnoses = 0;
	expect_fault("diseinfo");
	paper.m.n_diagnoses = DIAGNOSES_MAX + 1;
	expect_fault("diseinfo");
	paper.m.n_diagnoses = DIAGNOSES_MAX;
	assert_int_equal(send(), STATUS_OK);
}

static void exactly_one_diagnosis_is_the_main_one(void **state)
{
	(void)state;
	begin();
	paper.m.n_diagnoses = 2;
	assert_int_equal(send(), STATUS_OK);
	paper.diagnoses[1].main = true;
	expect_fault("diseinfo[].maindiagFlag");
	paper.m.n_diagnoses = 2;
	paper.diagnoses[0].main = false;
	expect_fault("diseinfo[].maindiagFlag");
	paper.diagnoses[0].type = 0;
	expect_fault("diseinfo[0].diagType");
	paper.diagnoses[0].type = 4;
	expect_fault("diseinfo[0].diagType");
}

static void patient_and_physician_are_there(void **state)
{
	(void)state;
	begin();
	paper.m.patient = NULL;
	expect_fault("mdtrtinfo.patnName");
	paper.m.physician = NULL;
	assert_int_equal(send(), STATUS_KEY_FOREIGN); /* nobody named: the key is somebody else's */
}

static void the_review_passes_and_says_who(void **state)
{
	begin();
	for (unsigned i = 0; i < 6; i++) {
		static const char *const paths[] = {"review.result", "review.result", "review.pharName",
			"review.rxChkOpnn", "review.pharPracCertNo", "review.pharDeptName"};

		review = hospital_review_of(upload_of(&paper, &stage.province)->prescription,
			&stage.province);
		if (i == 0)
			review->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED;
		if (i == 1)
			review->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_UNSPECIFIED;
		if (i == 2)
			review->pharmacist_name = paper_text("");
		if (i == 3) {
			review->opinion = papers_alloc(2002);
			memset(review->opinion, 'o', 2001);
		}
		if (i == 4)
			review->licence_no = chars(51);
		if (i == 5)
			review->department_name = chars(51);
		expect_fault(paths[i]);
	}
	(void)state;
}

static void every_fault_is_told_at_once_up_to_the_limit(void **state)
{
	(void)state;
	begin();
	rx_paper_lines(&paper, RX_LINES_MAX);
	for (unsigned i = 0; i < RX_LINES_MAX; i++)
		paper.lines[i].dose_unit = paper.lines[i].quantity_unit = paper_text("");
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	assert_int_equal(stage.req.findings_count, FINDINGS_MAX);
	assert_string_equal(stage.req.findings[0]->field, "rxdrugdetail[0].sinDosunt");
	assert_string_equal(stage.req.findings[FINDINGS_MAX - 1]->field, "rxdrugdetail[31].drugDosunt");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(every_text_is_taken_at_its_length_and_refused_above),
		STAGED(every_mandatory_text_may_not_be_missing),
		STAGED(codes_are_bounded_before_they_are_looked_up),
		STAGED(long_notes_are_counted_in_characters),
		STAGED(numbers_are_within_their_ranges),
		STAGED(repeats_are_within_their_ranges),
		STAGED(line_numbers_are_positive),
		STAGED(there_are_1_to_64_lines_and_1_to_20_diagnoses),
		STAGED(exactly_one_diagnosis_is_the_main_one),
		STAGED(patient_and_physician_are_there),
		STAGED_PROVES(the_review_passes_and_says_who, "C13"),
		STAGED(every_fault_is_told_at_once_up_to_the_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("form", tests, stage_open, stage_close);
}
