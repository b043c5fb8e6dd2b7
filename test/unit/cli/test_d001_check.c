/* The facts of a record against each other. */
#include <string.h>

#include "test/unit/cli/d001_sample.h"

#include "test/support/tap.h" /* last: its fail() is a macro */

static struct sample_read *read;

/* One change to a sample and the finding it must lead to. */
struct change {
	const char *sample;
	const struct d001_object *object;
	const char *field, *value; /* NULL value = removed */
	const char *rule, *path;   /* NULL rule = nothing is refused */
};

static void change_and_read(const struct change *change)
{
	json_t *root = sample_load(change->sample);
	json_t *at = sample_object(root, change->object);

	if (change->value)
		json_object_set_new(at, change->field, json_string(change->value));
	else
		json_object_del(at, change->field);
	sample_read(root, read);
	json_decref(root);
}

static void assert_changes(const struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct change *c = &changes[i];

		change_and_read(c);
		if (!c->rule && read->findings.refused > 0)
			fail_msg("%s = %s is refused", c->field, c->value);
		if (c->rule && (!sample_has(read, c->rule, c->path) || read->findings.refused == 0))
			fail_msg("%s = %s: no %s at %s", c->field, c->value ? c->value : "(none)", c->rule,
				c->path);
		sample_clear(read);
	}
}

#define ASSERT_CHANGES(changes) assert_changes(changes, sizeof(changes) / sizeof((changes)[0]))
#define HYP "rx-hypertension.json"
#define DIA "rx-diabetes-dual.json"
#define HERB "rx-herbal.json"

static void amounts_must_be_price_times_quantity(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_line, "drugSumamt", "50.01", "D001-AMOUNT", "rxdrugdetail[0].drugSumamt"},
		{HYP, &d001_line, "drugSumamt", "49.99", "D001-AMOUNT", "rxdrugdetail[0].drugSumamt"},
		{HYP, &d001_line, "drugCnt", "3", "D001-AMOUNT", "rxdrugdetail[0].drugSumamt"},
		{HYP, &d001_line, "drugPric", "12.500001", NULL, NULL}, /* less than half a fen */
		{HYP, &d001_line, "drugPric", NULL, NULL, NULL},
		{HYP, &d001_line, "drugSumamt", NULL, NULL, NULL},
	};

	(void)state;
	ASSERT_CHANGES(changes);
}

static void quantities_must_be_above_zero(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_line, "drugCnt", "0", "D001-DECIMAL", "rxdrugdetail[0].drugCnt"},
		{HYP, &d001_line, "drugCnt", "0.0000", "D001-DECIMAL", "rxdrugdetail[0].drugCnt"},
		{HYP, &d001_line, "sinDoscnt", "0", "D001-DECIMAL", "rxdrugdetail[0].sinDoscnt"},
		{HYP, &d001_line, "medcDays", "0.00", "D001-DECIMAL", "rxdrugdetail[0].medcDays"},
		{HYP, &d001_line, "sinDoscnt", "0.0001", NULL, NULL},
	};

	(void)state;
	ASSERT_CHANGES(changes);
}

static void drug_count_must_match_lines_or_doses(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_header, "rxDrugCnt", "3", "D001-COUNT", "rxDrugCnt"},
		{HYP, &d001_header, "rxDrugCnt", "2.5", "D001-COUNT", "rxDrugCnt"},
		{HYP, &d001_header, "rxDrugCnt", "0", "D001-COUNT", "rxDrugCnt"},
		{HYP, &d001_header, "rxDrugCnt", "2.0000", NULL, NULL},
		{HERB, &d001_header, "rxDrugCnt", "2", "D001-COUNT", "rxDrugCnt"},
		{HERB, &d001_header, "rxDoscnt", NULL, "D001-MISSING", "rxDoscnt"},
		{HERB, &d001_header, "rxTypeCode", "9", NULL, NULL}, /* one province's code for herbal */
	};

	(void)state;
	ASSERT_CHANGES(changes);
}

static void validity_must_add_up(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_header, "valiEndTime", "2026-11-25 18:00:01", "D001-TIME", "valiEndTime"},
		{HYP, &d001_header, "valiDays", "2", "D001-TIME", "valiEndTime"},
		{HYP, &d001_header, "valiDays", "0", "D001-DECIMAL", "valiDays"},
		{HYP, &d001_header, "valiDays", "366", "D001-DECIMAL", "valiDays"},
		{HYP, &d001_header, "valiDays", "9999999999", "D001-DECIMAL", "valiDays"},
		{HYP, &d001_header, "valiDays", "10000000000", "D001-DECIMAL", "valiDays"},
	};
	json_t *root = sample_load(HYP);

	(void)state;
	ASSERT_CHANGES(changes);
	json_object_set_new(root, "valiDays", json_string("365")); /* the most */
	json_object_set_new(root, "valiEndTime", json_string("2027-11-22 18:00:00"));
	sample_read(root, read);
	assert_int_equal(read->findings.refused, 0);
	assert_int_equal(read->record.rx.validity_days, 365);
	sample_clear(read);
	json_decref(root);
}

static void only_an_e_voucher_circulates(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_header, "mdtrtCertType", "02", "D001-VOUCHER", "mdtrtCertType"},
		{HYP, &d001_header, "mdtrtCertType", "03", "D001-VOUCHER", "mdtrtCertType"},
		{HYP, &d001_header, "mdtrtCertNo", "", "D001-MISSING", "mdtrtCertNo"},
		{HYP, &d001_header, "mdtrtCertNo", "电子凭证", "D001-TEXT", "mdtrtCertNo"},
	};

	(void)state;
	ASSERT_CHANGES(changes);
}

static void the_main_diagnosis_must_be_there(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_visit, "maindiagCode", "I10.x00", "D001-DIAGNOSIS", "mdtrtinfo.maindiagCode"},
		{HYP, &d001_diagnosis, "maindiagFlag", "0", "D001-DIAGNOSIS", "diseinfo"},
		{HYP, &d001_diagnosis, "diagType", "4", "D001-CODE", "diseinfo[0].diagType"},
	};

	(void)state;
	ASSERT_CHANGES(changes);
}

static void persons_need_a_birth_date(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_visit, "certno", "14010519620315123", "D001-ID", "mdtrtinfo.certno"},
		{HYP, &d001_visit, "certno", "140105196202301239", "D001-ID", "mdtrtinfo.certno"},
		{HYP, &d001_visit, "psnCertType", "03", "D001-MISSING", "extras.birthDate"},
		{HYP, &d001_extras, "birthDate", "1962-03-15", NULL, NULL},
	};
	json_t *root = sample_load(HYP);

	(void)state;
	ASSERT_CHANGES(changes);
	json_object_set_new(json_object_get(root, "mdtrtinfo"), "psnCertType", json_string("03"));
	json_object_set_new(json_object_get(root, "mdtrtinfo"), "certno", json_string("E12345678"));
	json_object_set_new(json_object_get(root, "extras"), "birthDate", json_string("1962-02-30"));
	sample_read(root, read);
	assert_true(sample_has(read, "D001-TIME", "extras.birthDate"));
	sample_clear(read);
	json_object_set_new(json_object_get(root, "extras"), "birthDate", json_string("1962-03-15"));
	sample_read(root, read);
	assert_int_equal(read->findings.count, 0);
	assert_string_equal(read->record.patient.birth_date, "1962-03-15");
	sample_clear(read);
	json_decref(root);
}

/* Things worth a look that do not stop a prescription. */
static void doubts_are_flags(void **state)
{
	static const struct change changes[] = {
		{HYP, &d001_visit, "gend", "2", "D001-ID-SEX", "mdtrtinfo.gend"},
		{HYP, &d001_visit, "hiFeesetlType", "2", "D001-REGION", "mdtrtinfo.hiFeesetlType"},
		{HYP, &d001_visit, "psnNo", "1", "D001-ID-CHECK", "mdtrtinfo.certno"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		change_and_read(&changes[i]);
		assert_true(sample_has(read, changes[i].rule, changes[i].path));
		assert_int_equal(read->findings.refused, 0);
		sample_clear(read);
	}
}

static void dependent_fields_are_asked_for(void **state)
{
	static const struct change changes[] = {
		{DIA, &d001_visit, "diseCodg", "", "D001-MISSING", "mdtrtinfo.diseCodg"},
		{DIA, &d001_header, "maxReptCnt", "", "D001-DECIMAL", "maxReptCnt"},
		{DIA, &d001_header, "maxReptCnt", "0", "D001-DECIMAL", "maxReptCnt"},
		{DIA, &d001_header, "maxReptCnt", "12", NULL, NULL},
		{DIA, &d001_header, "maxReptCnt", "13", "D001-DECIMAL", "maxReptCnt"},
		{DIA, &d001_line, "hospApprFlag", "2", "D001-MISSING", "rxdrugdetail[0].selfPayRea"},
		{DIA, &d001_line, "selfPayRea", "6", "D001-MISSING", "rxdrugdetail[0].realDscr"},
		{DIA, &d001_line, "medcEndtime", "2026-11-22 17:59:59", "D001-TIME",
			"rxdrugdetail[0].medcEndtime"},
	};

	(void)state;
	ASSERT_CHANGES(changes);
}

static void fill_array(json_t *root, const char *name, size_t count)
{
	json_t *array = json_object_get(root, name);

	while (json_array_size(array) < count)
		json_array_append_new(array, json_deep_copy(json_array_get(array, 0)));
	while (json_array_size(array) > count)
		json_array_remove(array, json_array_size(array) - 1);
}

static void assert_array_limit(const char *name, size_t max)
{
	static const char *const rule = "D001-COUNT";
	json_t *root = sample_load(HERB);

	fill_array(root, name, max);
	sample_read(root, read);
	assert_int_equal(read->findings.refused, 0);
	sample_clear(read);
	fill_array(root, name, max + 1);
	sample_read(root, read);
	assert_true(sample_has(read, rule, name));
	sample_clear(read);
	fill_array(root, name, 0);
	sample_read(root, read);
	assert_true(sample_has(read, rule, name));
	sample_clear(read);
	json_object_set_new(root, name, json_object());
	sample_read(root, read);
	assert_true(sample_has(read, "D001-TYPE", name));
	sample_clear(read);
	json_decref(root);
}

static void lines_and_diagnoses_have_their_limits(void **state)
{
	(void)state;
	assert_array_limit("rxdrugdetail", D001_LINES_MAX);
	assert_array_limit("diseinfo", D001_DIAGNOSES_MAX);
}

static void all_findings_come_at_once(void **state)
{
	json_t *root = json_pack("{s:[{}], s:{}, s:[{}], s:{s:s}}", "rxdrugdetail", "mdtrtinfo",
		"diseinfo", "review", "pharCode", "x");

	(void)state;
	assert_non_null(root);
	sample_read(root, read);
	assert_true(read->findings.refused > 60);
	assert_true(sample_has(read, "D001-MISSING", "mdtrtCertType"));
	assert_true(sample_has(read, "D001-MISSING", "rxdrugdetail[0].drugGenname"));
	assert_true(sample_has(read, "D001-MISSING", "mdtrtinfo.drCode"));
	assert_true(sample_has(read, "D001-MISSING", "diseinfo[0].diagTime"));
	assert_true(sample_has(read, "D001-MISSING", "review.pharName"));
	sample_clear(read);
	json_decref(root);
	root = json_array();
	sample_read(root, read);
	assert_true(sample_has(read, "D001-TYPE", ""));
	sample_clear(read);
	json_decref(root);
}

static void findings_beyond_the_maximum_are_counted(void **state)
{
	json_t *root = sample_load(HERB);
	size_t expected = 0;

	(void)state;
	fill_array(root, "rxdrugdetail", D001_LINES_MAX);
	for (size_t i = 0; i < D001_LINES_MAX; i++, expected += 13)
		json_object_clear(json_array_get(json_object_get(root, "rxdrugdetail"), i));
	sample_read(root, read);
	assert_true(read->findings.refused > FINDINGS_LOCAL_MAX);
	assert_true(read->findings.refused >= expected);
	assert_int_equal(read->findings.count, FINDINGS_LOCAL_MAX);
	assert_true(read->findings.lost > 0);
	sample_clear(read);
	json_decref(root);
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
	TEST(amounts_must_be_price_times_quantity),
	TEST(quantities_must_be_above_zero),
	TEST(drug_count_must_match_lines_or_doses),
	TEST(validity_must_add_up),
	PROVES(only_an_e_voucher_circulates, "SX15-3.3"),
	TEST(the_main_diagnosis_must_be_there),
	TEST(persons_need_a_birth_date),
	TEST(doubts_are_flags),
	TEST(dependent_fields_are_asked_for),
	TEST(lines_and_diagnoses_have_their_limits),
	TEST(all_findings_come_at_once),
	TEST(findings_beyond_the_maximum_are_counted),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/d001_check", tests, open_read, close_read);
}
