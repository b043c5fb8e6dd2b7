/* Each rule of an upload fires when it should, and alone. */
#include "test/support/tap.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/rules/case.h"

static struct upload_case c;

static int fresh(void **state)
{
	(void)state;
	case_init(&c);
	return 0;
}

static void a_good_prescription_has_no_findings(void **state)
{
	(void)state;
	EXPECT_NONE(&c);
}

static void the_hospital_must_be_known_and_active(void **state)
{
	(void)state;
	c.hospital.status = INSTITUTION_SUSPENDED;
	EXPECT(&c, "RX-INSTITUTION");
	c.hospital.status = INSTITUTION_CLOSED;
	EXPECT(&c, "RX-INSTITUTION");
	c.facts.hospital = NULL;
	EXPECT(&c, "RX-INSTITUTION");
}

static void the_host_must_be_known_and_active(void **state)
{
	(void)state;
	c.host.status = INSTITUTION_SUSPENDED;
	EXPECT(&c, "RX-HOST");
	c.host.status = INSTITUTION_CLOSED;
	EXPECT(&c, "RX-HOST");
	c.facts.host = NULL;
	EXPECT(&c, "RX-HOST");
	c.hospital.kind = INSTITUTION_HOSPITAL; /* an entity hospital has none */
	EXPECT_NONE(&c);
}

static void the_physician_must_be_a_physician_working_here(void **state)
{
	(void)state;
	c.physician.suspended = true;
	EXPECT(&c, "RX-PHYSICIAN");
	c.physician.suspended = false;
	c.physician.role = ROLE_HOSPITAL_PHARMACIST;
	EXPECT(&c, "RX-PHYSICIAN");
	c.physician.role = ROLE_PHYSICIAN;
	c.physician_practice.ended = true;
	EXPECT(&c, "RX-PHYSICIAN");
	c.facts.physician.practice = NULL;
	EXPECT(&c, "RX-PHYSICIAN");
	c.facts.physician.known = NULL;
	EXPECT(&c, "RX-PHYSICIAN");
}

static void the_physician_must_be_registered_in_the_province(void **state)
{
	(void)state;
	c.physician.region = "140200"; /* another city */
	EXPECT_NONE(&c);
	c.physician.region = "130100"; /* another province */
	EXPECT(&c, "RX-PHYSICIAN-PROVINCE");
}

static void the_physician_needs_three_full_years(void **state)
{
	(void)state;
	c.physician.independent_since = "2023-05-29"; /* exactly three years */
	EXPECT_NONE(&c);
	c.physician.independent_since = "2023-05-30";
	EXPECT(&c, "RX-PHYSICIAN-EXPERIENCE");
	c.physician.independent_since = "";
	EXPECT(&c, "RX-PHYSICIAN-EXPERIENCE");
	c.physician.independent_since = "not a date";
	EXPECT(&c, "RX-PHYSICIAN-EXPERIENCE");
}

static void the_reviewer_must_be_a_hospital_pharmacist_working_here(void **state)
{
	(void)state;
	c.reviewer.suspended = true;
	EXPECT(&c, "RX-REVIEWER");
	c.reviewer.suspended = false;
	c.reviewer.role = ROLE_PHARMACY_PHARMACIST;
	EXPECT(&c, "RX-REVIEWER");
	c.reviewer.role = ROLE_HOSPITAL_PHARMACIST;
	c.reviewer_practice.ended = true;
	EXPECT(&c, "RX-REVIEWER");
	c.facts.reviewer.practice = NULL;
	EXPECT(&c, "RX-REVIEWER");
	c.facts.reviewer.known = NULL;
	EXPECT(&c, "RX-REVIEWER");
}

static void the_reviewer_must_be_somebody_else(void **state)
{
	(void)state;
	c.facts.reviewer.code = c.facts.physician.code;
	EXPECT(&c, "RX-REVIEWER-OTHER");
}

static void a_dry_run_may_come_without_a_reviewer(void **state)
{
	(void)state;
	c.facts.has_reviewer = false;
	c.facts.reviewer = (struct upload_practitioner){.code = NULL};
	EXPECT(&c, "RX-REVIEWS");
	c.facts.limits.reviews_min = 1;
	EXPECT_NONE(&c);
}

static void internet_business_needs_a_real_name_serial(void **state)
{
	(void)state;
	c.facts.real_name_serial = "";
	EXPECT(&c, "RX-REAL-NAME");
	c.facts.internet = false;
	EXPECT_NONE(&c);
}

static void internet_business_has_no_first_visits(void **state)
{
	(void)state;
	c.facts.first_visit = true;
	EXPECT(&c, "RX-FIRST-VISIT");
	c.facts.internet = false;
	EXPECT_NONE(&c);
}

static void internet_business_needs_follow_up_evidence(void **state)
{
	(void)state;
	c.facts.follow_up_complete = false;
	EXPECT(&c, "RX-FOLLOW-UP");
	c.facts.internet = false;
	EXPECT_NONE(&c);
}

static void internet_business_has_no_special_control_drugs(void **state)
{
	(void)state;
	case_lines(&c, 3, 11, 7 * 10000);
	c.drugs[0].flags = c.drugs[2].flags = CODE_SPECIAL_CONTROL;
	EXPECT(&c, "RX-SPECIAL-CONTROL", "RX-SPECIAL-CONTROL");
	c.facts.internet = false;
	EXPECT_NONE(&c);
}

static void herbal_pieces_stand_apart(void **state)
{
	(void)state;
	case_lines(&c, 2, 11, 7 * 10000);
	c.lines[1].kind = c.drugs[1].class_no = 13;
	EXPECT(&c, "RX-HERBAL-APART");
	c.facts.herbal = true;
	EXPECT(&c, "RX-HERBAL-APART");
	c.lines[0].kind = c.drugs[0].class_no = 13;
	EXPECT_NONE(&c);
	c.facts.herbal = false; /* all herbal, but called western */
	EXPECT(&c, "RX-HERBAL-APART");
}

static void every_drug_must_be_in_the_catalogue_as_it_is_named(void **state)
{
	(void)state;
	c.drugs[0].flags = CODE_WITHDRAWN;
	EXPECT(&c, "RX-DRUG");
	c.drugs[0].flags = 0;
	c.drugs[0].class_no = 12;
	EXPECT(&c, "RX-DRUG");
	c.drugs[0].class_no = 11;
	c.lines[0].generic_name = "another name";
	EXPECT(&c, "RX-DRUG");
	c.lines[0].known = NULL;
	EXPECT(&c, "RX-DRUG");
}

static void some_drugs_are_not_for_long_prescriptions(void **state)
{
	(void)state;
	c.drugs[0].flags = CODE_LONG_EXCLUDED;
	EXPECT_NONE(&c);
	c.facts.long_prescription = true;
	EXPECT(&c, "RX-LONG-EXCLUDED");
}

static void every_diagnosis_must_be_in_the_code_table(void **state)
{
	struct upload_finding found[2];

	(void)state;
	c.diagnosis_codes[1].flags = CODE_WITHDRAWN;
	EXPECT(&c, "RX-DIAGNOSIS");
	assert_int_equal(upload_judge(&c.facts, found, 2), 1);
	assert_int_equal(found[0].index, 1);
	c.diagnoses[0].known = NULL;
	EXPECT(&c, "RX-DIAGNOSIS", "RX-DIAGNOSIS");
}

static void a_finding_names_the_line_or_the_whole(void **state)
{
	struct upload_finding found[4];

	(void)state;
	case_lines(&c, 3, 11, 7 * 10000);
	c.lines[2].known = NULL;
	c.facts.real_name_serial = "";
	assert_int_equal(upload_judge(&c.facts, found, 4), 2);
	assert_int_equal(found[0].index, -1);
	assert_int_equal(found[1].index, 2);
}

static void more_findings_than_room_are_counted(void **state)
{
	struct upload_finding found[3] = {{.index = 77}, {.index = 77}, {.index = 77}};

	(void)state;
	case_lines(&c, 5, 11, 7 * 10000);
	for (int i = 0; i < 5; i++)
		c.lines[i].known = NULL;
	assert_int_equal(upload_judge(&c.facts, found, 2), 5);
	assert_non_null(found[1].rule);
	assert_null(found[2].rule);
	assert_int_equal(upload_judge(&c.facts, found, 0), 5);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

/* The sample's own words as facts; its drugs are known, diazepam under special control. */
static void facts_of_sample(const json_t *d, char birth_date[11])
{
	const json_t *visit = json_object_get(d, "mdtrtinfo"), *line;
	const char *id = text_of(visit, "certno");
	size_t i;

	(void)snprintf(birth_date, 11, "%.4s-%.2s-%.2s", id + 6, id + 10, id + 12);
	c.facts.internet = strcmp(text_of(d, "bizTypeCode"), "02") == 0;
	c.facts.emergency = strcmp(text_of(visit, "medType"), "13") == 0;
	c.facts.herbal = strcmp(text_of(d, "rxTypeCode"), "2") == 0;
	c.facts.validity_days = (unsigned)strtoul(text_of(d, "valiDays"), NULL, 10);
	c.facts.long_prescription = strcmp(text_of(d, "longRxFlag"), "1") == 0;
	c.facts.first_visit = strcmp(text_of(visit, "fstdiagFlag"), "1") == 0;
	c.facts.follow_up_complete = json_object_get(json_object_get(d, "extras"), "followUp") != NULL;
	c.facts.guardian_confirmed = json_object_get(json_object_get(d, "extras"), "guardian") != NULL;
	c.facts.real_name_serial = text_of(d, "authNo");
	c.facts.birth_date = birth_date;
	case_lines(&c, json_array_size(json_object_get(d, "rxdrugdetail")), 11, 0);
	json_array_foreach(json_object_get(d, "rxdrugdetail"), i, line) {
		c.lines[i].kind = (int)strtol(text_of(line, "rxItemTypeCode"), NULL, 10);
		c.lines[i].days_e4 = strtol(text_of(line, "medcDays"), NULL, 10) * 10000;
		c.drugs[i].class_no = (uint8_t)c.lines[i].kind;
		if (strcmp(text_of(line, "medListCodg"), "XN05CDT001A001010100001") == 0)
			c.drugs[i].flags |= CODE_SPECIAL_CONTROL;
	}
}

/* Judge a sample; returns the line the last finding is about. */
static int judge_sample(const char *name, const char *const *ids)
{
	struct upload_finding found[CASE_FINDINGS];
	const char *dir = getenv("RXCIRC_TEST_DATA");
	char path[4096], birth_date[11];
	json_error_t error;
	size_t count;
	json_t *d;

	assert_non_null(dir);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	d = json_load_file(path, 0, &error);
	assert_non_null(d);
	case_init(&c);
	facts_of_sample(d, birth_date);
	case_expect(&c, ids);
	count = upload_judge(&c.facts, found, CASE_FINDINGS);
	json_decref(d);
	return count == 0 ? -1 : found[count - 1].index;
}

static void the_refused_sample_breaks_exactly_its_eight_rules(void **state)
{
	static const char *const eight[] = {"RX-REAL-NAME", "RX-FIRST-VISIT", "RX-FOLLOW-UP",
		"RX-GUARDIAN", "RX-VALIDITY", "RX-HERBAL-APART", "RX-SUPPLY", "RX-SPECIAL-CONTROL", NULL};

	(void)state;
	/* the last one is about the diazepam, not the astragalus */
	assert_int_equal(judge_sample("rx-refused.json", eight), 0);
}

static void the_herbal_sample_keeps_every_rule(void **state)
{
	static const char *const none[] = {NULL};

	(void)state;
	assert_int_equal(judge_sample("rx-herbal.json", none), -1);
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup(fn, fresh)
#define FRESH_PROVES(fn, ids) {#fn " [" ids "]", fn, fresh, NULL, NULL}
	static const struct CMUnitTest tests[] = {
		FRESH(a_good_prescription_has_no_findings),
		FRESH_PROVES(the_hospital_must_be_known_and_active, "SX15-2.5"),
		FRESH_PROVES(the_host_must_be_known_and_active, "SX15-2.6"),
		FRESH_PROVES(the_physician_must_be_a_physician_working_here, "C10 JIN15-4.3"),
		FRESH_PROVES(the_physician_must_be_registered_in_the_province, "JIN15-4.3"),
		FRESH_PROVES(the_physician_needs_three_full_years, "TJ2-20a C10"),
		FRESH_PROVES(the_reviewer_must_be_a_hospital_pharmacist_working_here, "JIN15-4.6"),
		FRESH_PROVES(the_reviewer_must_be_somebody_else, "JIN15-4.6"),
		FRESH_PROVES(a_dry_run_may_come_without_a_reviewer, "JIN15-4.6"),
		FRESH_PROVES(internet_business_needs_a_real_name_serial,
			"JIN15-4.5 NT33-J3.3 NT33-N5.1"),
		FRESH_PROVES(internet_business_has_no_first_visits, "C9 SX15-3.5"),
		FRESH_PROVES(internet_business_needs_follow_up_evidence, "SX15-3.5 JIN15-4.4a"),
		FRESH_PROVES(internet_business_has_no_special_control_drugs, "C7"),
		FRESH_PROVES(herbal_pieces_stand_apart, "C3"),
		FRESH_PROVES(every_drug_must_be_in_the_catalogue_as_it_is_named, "SX15-3.1"),
		FRESH_PROVES(some_drugs_are_not_for_long_prescriptions, "C16"),
		FRESH_PROVES(every_diagnosis_must_be_in_the_code_table, "SX15-3.1"),
		FRESH(a_finding_names_the_line_or_the_whole),
		FRESH(more_findings_than_room_are_counted),
		FRESH(the_refused_sample_breaks_exactly_its_eight_rules),
		FRESH(the_herbal_sample_keeps_every_rule),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("upload rules", tests, NULL, NULL);
}
