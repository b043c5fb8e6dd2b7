/* Every sample maps, and what it maps to. */
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "test/unit/cli/d001_sample.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

static struct sample_read *read;

static void open_sample(const char *name)
{
	json_t *root = sample_load(name);

	sample_read(root, read);
	json_decref(root);
	assert_int_equal(read->findings.refused, 0);
	for (size_t i = 0; i < read->findings.count; i++)
		assert_string_equal(read->findings.items[i].rule, "D001-ID-CHECK");
}

/* What is signed survives packing: the fields reach the wire. */
static Rxcirc__V1__Prescription *repacked(void)
{
	size_t len = rxcirc__v1__prescription__get_packed_size(&read->record.rx);
	uint8_t *bytes = test_malloc(len);
	Rxcirc__V1__Prescription *rx;

	assert_int_equal(rxcirc__v1__prescription__pack(&read->record.rx, bytes), len);
	rx = rxcirc__v1__prescription__unpack(NULL, len, bytes);
	assert_non_null(rx);
	test_free(bytes);
	return rx;
}

static void hypertension_header_maps(void **state)
{
	(void)state;
	open_sample("rx-hypertension.json");
	Rxcirc__V1__Prescription *rx = repacked();

	assert_string_equal(rx->hospital_code, "H14010500321");
	assert_string_equal(rx->hospital_rx_no, "TYIH-2026-1122-000481");
	assert_string_equal(rx->initial_rx_no, "TYIH-2026-1025-000117");
	assert_int_equal(rx->business_type, RXCIRC__V1__BUSINESS_TYPE__BUSINESS_TYPE_INTERNET);
	assert_int_equal(rx->category,
		RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_WESTERN);
	assert_int_equal(rx->attribute,
		RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OUTPATIENT_POOLING);
	assert_false(rx->cross_region);
	assert_string_equal(rx->medical_type, "11");
	assert_string_equal(rx->encounter_id, "140100G20261122000481");
	assert_string_equal(rx->real_name_serial, "AUTH20261122084500017");
	assert_string_equal(rx->voucher_token, "140000ec3d5a9b7c1e8f40220611");
	assert_true(rx->issued_at_ms == SAMPLE_NOW_MS);
	assert_true(rx->visit_at_ms == SAMPLE_NOW_MS - 10 * MINUTE_MS);
	assert_int_equal(rx->validity_days, 3);
	assert_true(rx->long_prescription);
	assert_true(rx->long_basis->assessed && rx->long_basis->patient_confirmed);
	assert_null(rx->repeat);
	assert_null(rx->herbal_use);
	assert_false(rx->first_visit);
	assert_int_equal(rx->source_sha256.len, DIGEST_LEN);
	assert_memory_equal(rx->source_sha256.data, read->record.source_sha256, DIGEST_LEN);
	rxcirc__v1__prescription__free_unpacked(rx, NULL);
	sample_clear(read);
}

static void hypertension_people_map(void **state)
{
	(void)state;
	open_sample("rx-hypertension.json");
	Rxcirc__V1__Prescription *rx = repacked();

	assert_string_equal(rx->patient->voucher_id, "140100-EV-6f1d2a");
	assert_string_equal(rx->patient->name, "王建国");
	assert_string_equal(rx->patient->birth_date, "1962-03-15");
	assert_int_equal(rx->patient->sex, RXCIRC__V1__SEX__SEX_MALE);
	assert_string_equal(rx->patient->insured_region, "140100");
	assert_null(rx->patient->guardian);
	assert_string_equal(rx->physician->code, "D140105003217");
	assert_string_equal(rx->physician->department_code, "A03.04");
	assert_int_equal(rx->n_diagnoses, 1);
	assert_true(rx->diagnoses[0]->main);
	assert_string_equal(rx->diagnoses[0]->code, "I10.x00x002");
	assert_string_equal(rx->follow_up->hospital_code, "H14010500008");
	assert_int_equal(rx->follow_up->document_sha256.len, 32);
	assert_int_equal(rx->follow_up->document_sha256.data[0], 0x5d);
	assert_true(read->record.has_review);
	assert_string_equal(read->record.review.pharmacist_code, "HY140105000126");
	assert_string_equal(read->record.review.hospital_code, "H14010500321");
	assert_int_equal(read->record.review.result, RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED);
	assert_true(read->record.review.reviewed_at_ms == SAMPLE_NOW_MS - MINUTE_MS);
	rxcirc__v1__prescription__free_unpacked(rx, NULL);
	sample_clear(read);
}

static void hypertension_lines_map_exactly(void **state)
{
	(void)state;
	open_sample("rx-hypertension.json");
	Rxcirc__V1__Prescription *rx = repacked();

	assert_int_equal(rx->n_lines, 2);
	assert_string_equal(rx->lines[0]->drug_code, "XC08CAA185A001010104211");
	assert_int_equal(rx->lines[0]->kind, RXCIRC__V1__DRUG_KIND__DRUG_KIND_WESTERN);
	assert_string_equal(rx->lines[0]->generic_name, "苯磺酸氨氯地平片");
	assert_true(rx->lines[0]->dose_e4 == 50000);
	assert_true(rx->lines[0]->days_e4 == 280000);
	assert_true(rx->lines[0]->quantity_e4 == 40000);
	assert_true(rx->lines[0]->unit_price_e6 == 12500000);
	assert_true(rx->lines[0]->amount_fen == 5000);
	assert_string_equal(rx->lines[0]->reimbursement, "1");
	assert_true(rx->lines[0]->ends_at_ms == SAMPLE_NOW_MS + 28 * DAY_MS);
	assert_int_equal(rx->lines[1]->kind, RXCIRC__V1__DRUG_KIND__DRUG_KIND_CHINESE_PATENT);
	assert_true(rx->lines[1]->amount_fen == 13400);
	rxcirc__v1__prescription__free_unpacked(rx, NULL);
	sample_clear(read);
}

static void diabetes_maps_repeat_and_chronic_disease(void **state)
{
	(void)state;
	open_sample("rx-diabetes-dual.json");
	Rxcirc__V1__Prescription *rx = repacked();

	assert_int_equal(rx->attribute,
		RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_DUAL_CHANNEL);
	assert_true(rx->cross_region); /* insured in Datong, treated in Taiyuan */
	assert_int_equal(rx->repeat->fills_max, 3);
	assert_int_equal(rx->repeat->interval_days_min, 25);
	assert_string_equal(rx->chronic_disease_code, "M01600");
	assert_string_equal(rx->chronic_special_flag, "1");
	assert_string_equal(rx->patient->allergies, "青霉素过敏");
	assert_true(rx->lines[0]->dose_e4 == 2500);
	assert_true(rx->lines[0]->unit_price_e6 == 478500000);
	assert_true(rx->lines[1]->amount_fen == 1980);
	rxcirc__v1__prescription__free_unpacked(rx, NULL);
	sample_clear(read);
}

static void herbal_maps_doses_and_tcm_diagnosis(void **state)
{
	(void)state;
	open_sample("rx-herbal.json");
	Rxcirc__V1__Prescription *rx = repacked();

	assert_int_equal(rx->category,
		RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_HERBAL);
	assert_int_equal(rx->attribute,
		RXCIRC__V1__PRESCRIPTION_ATTRIBUTE__PRESCRIPTION_ATTRIBUTE_OTHER);
	assert_non_null(rx->herbal_use);
	assert_true(rx->herbal_use->doses_e4 == 70000);
	assert_string_equal(rx->herbal_use->route_name, "水煎服");
	assert_string_equal(rx->herbal_use->advice, "饭后温服");
	assert_string_equal(rx->lines[1]->herb_note, "先煎");
	assert_true(rx->lines[0]->unit_price_e6 == 98000);
	assert_true(rx->lines[0]->amount_fen == 2058);
	assert_int_equal(rx->n_diagnoses, 2);
	assert_int_equal(rx->diagnoses[1]->type, 2);
	assert_string_equal(rx->diagnoses[1]->tcm_code, "A04.03.13");
	assert_null(rx->long_basis);
	rxcirc__v1__prescription__free_unpacked(rx, NULL);
	sample_clear(read);
}

/* Its eight faults are the platform's to name: the layout itself is good. */
static void refused_sample_still_maps(void **state)
{
	(void)state;
	open_sample("rx-refused.json");
	Rxcirc__V1__Prescription *rx = repacked();

	assert_string_equal(rx->real_name_serial, "");
	assert_true(rx->first_visit);
	assert_null(rx->follow_up);
	assert_null(rx->patient->guardian);
	assert_int_equal(rx->validity_days, 30);
	assert_false(rx->long_prescription);
	assert_string_equal(rx->patient->birth_date, "2022-05-06");
	assert_string_equal(rx->lines[0]->generic_name, "地西泮片");
	assert_int_equal(rx->lines[1]->kind, RXCIRC__V1__DRUG_KIND__DRUG_KIND_HERBAL_PIECES);
	rxcirc__v1__prescription__free_unpacked(rx, NULL);
	sample_clear(read);
}

static void json_that_cannot_be_read_is_told_with_its_place(void **state)
{
	static const char *const texts[] = {"", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}", "{}x",
		"{\"a\":\"x\\u0000y\"}"};
	char problem[D001_PROBLEM_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		read->findings = (struct findings){.items = NULL};
		assert_int_equal(d001_read(texts[i], strlen(texts[i]), &read->record, &read->findings,
			problem), -1);
		assert_non_null(strstr(problem, "line 1"));
		sample_clear(read);
	}
}

static int open_read(void **state)
{
	(void)state;
	read = test_malloc(sizeof(*read));
	return 0;
}

static int close_read(void **state)
{
	(void)state;
	test_free(read);
	return 0;
}

static const struct CMUnitTest tests[] = {
	TEST(hypertension_header_maps),
	TEST(hypertension_people_map),
	TEST(hypertension_lines_map_exactly),
	PROVES(diabetes_maps_repeat_and_chronic_disease, "TJ2-5.6"),
	TEST(herbal_maps_doses_and_tcm_diagnosis),
	TEST(refused_sample_still_maps),
	TEST(json_that_cannot_be_read_is_told_with_its_place),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/d001_samples", tests, open_read, close_read);
}
