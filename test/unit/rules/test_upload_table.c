/* The table itself: every rule is kept by a good prescription, broken by exactly one change, and
 * can be switched. */
#include "test/support/tap.h"

#include <string.h>

#include "base/ensure.h"
#include "domain/parameter.h"
#include "test/unit/rules/case.h"

static struct upload_case c;
static struct upload_supply supply;

#define SPOIL(name, change) \
	static void name(void) { change; }

SPOIL(no_hospital, c.hospital.status = INSTITUTION_SUSPENDED)
SPOIL(no_host, c.host.status = INSTITUTION_CLOSED)
SPOIL(no_licence, c.facts.internet_licence.until_ms = c.facts.issued_at_ms)
SPOIL(no_department, c.facts.internet_department.known = false)
SPOIL(no_department_code, c.facts.department_table = true)
SPOIL(no_physician, c.physician.suspended = true)
SPOIL(no_province, c.physician.region = "130100")
SPOIL(no_experience, c.physician.independent_since = "2026-01-01")
SPOIL(no_physician_code, c.facts.physician.code = "E140105003217")
SPOIL(no_physician_licence, c.physician.licence_no = "")
SPOIL(no_agreement, c.facts.physician.agreement.known = false)
SPOIL(a_suspension, c.facts.physician.suspension = c.facts.practice_licence)
SPOIL(no_practice_department, c.physician_practice.departments = "A01 A03")
SPOIL(no_reviewer, c.reviewer.suspended = true)
SPOIL(own_review, c.facts.reviewer.code = c.facts.physician.code)
SPOIL(no_reviewer_code, c.facts.reviewer.code = "HY14010500012")
SPOIL(no_reviewer_licence, c.reviewer.licence_no = "")
SPOIL(a_reviewers_suspension, c.facts.reviewer.suspension = c.facts.practice_licence)
SPOIL(no_review, c.facts.has_reviewer = false)
SPOIL(an_early_review, c.facts.reviewed_at_ms = c.facts.issued_at_ms - 5 * 60 * 1000 - 1)
SPOIL(one_person, c.reviewer.name = c.physician.name)
SPOIL(no_real_name, c.facts.real_name_serial = "")
SPOIL(no_token, c.facts.voucher_token = "")
SPOIL(a_block, c.facts.person_blocked = true)
SPOIL(no_service_there, c.facts.limits.insured_regions = "140200")
SPOIL(a_benefit_closed, c.facts.limits.benefits = "personal-account")
SPOIL(a_wrong_flag, c.facts.cross_region = true)
SPOIL(a_first_visit, c.facts.first_visit = true)
SPOIL(own_renewal, c.facts.initial_number = c.facts.number)
SPOIL(no_evidence, c.facts.follow_up_complete = false)
SPOIL(late_evidence, c.facts.follow_up_at_ms = c.facts.issued_at_ms)
SPOIL(a_child, c.facts.birth_date = "2022-05-06")
SPOIL(no_disease_code, c.facts.medical_type = "14")
SPOIL(long_validity, c.facts.validity_days = 4)
SPOIL(six_drugs, case_lines(&c, 6, 11, 70000))
SPOIL(a_herb, c.lines[0].kind = c.drugs[0].class_no = 13)
SPOIL(eight_days, c.lines[0].days_e4 = 80000)
SPOIL(no_dual_drug, c.facts.attribute = 1)
SPOIL(another_name, c.lines[0].generic_name = "another")
SPOIL(a_narcotic, c.drugs[0].flags = CODE_SPECIAL_CONTROL)
SPOIL(no_frequency, c.facts.frequency_table = true)
SPOIL(no_route, c.facts.route_table = true)
SPOIL(no_reason, c.lines[0].reimbursement = "2")
SPOIL(no_diagnosis, c.diagnosis_codes[1].flags |= CODE_WITHDRAWN)
SPOIL(no_scope, c.diagnosis_codes[1].flags = 0)

static void another_city(void)
{
	c.facts.insured_region = "140200";
	c.facts.cross_region = true;
}

static void no_recognition(void)
{
	another_city();
	c.facts.limits.recognised_there = "140300";
}

static void no_filing(void)
{
	another_city();
	c.hospital.filing_no = "";
}

static void a_long_one(void)
{
	c.facts.long_prescription = true;
	c.lines[0].days_e4 = 290000;
}

static void not_for_long(void)
{
	c.facts.long_prescription = true;
	c.drugs[0].flags = CODE_LONG_EXCLUDED;
}

static void supplied(void)
{
	supply = (struct upload_supply){"another code", "drug",
		c.facts.issued_at_ms + INT64_C(8) * 24 * 3600 * 1000, false};
	c.facts.supplies = &supply;
	c.facts.supply_count = 1;
}

static void split(void)
{
	supply = (struct upload_supply){c.lines[0].drug_code, "drug",
		c.facts.issued_at_ms + INT64_C(7) * 24 * 3600 * 1000, true};
	c.facts.supplies = &supply;
	c.facts.supply_count = 1;
}

static const struct {
	const char *id;
	void (*spoil)(void);
} cases[] = {
	{"RX-INSTITUTION", no_hospital}, {"RX-HOST", no_host}, {"RX-LICENCE", no_licence},
	{"RX-DEPARTMENT", no_department}, {"RX-DEPARTMENT-KNOWN", no_department_code},
	{"RX-PHYSICIAN", no_physician}, {"RX-PHYSICIAN-PROVINCE", no_province},
	{"RX-PHYSICIAN-EXPERIENCE", no_experience}, {"RX-PHYSICIAN-CODE", no_physician_code},
	{"RX-PHYSICIAN-LICENCE", no_physician_licence}, {"RX-PHYSICIAN-AGREEMENT", no_agreement},
	{"RX-PHYSICIAN-SUSPENDED", a_suspension},
	{"RX-PHYSICIAN-DEPARTMENT", no_practice_department}, {"RX-REVIEWER", no_reviewer},
	{"RX-REVIEWER-OTHER", own_review}, {"RX-REVIEWER-CODE", no_reviewer_code},
	{"RX-REVIEWER-LICENCE", no_reviewer_licence},
	{"RX-REVIEWER-SUSPENDED", a_reviewers_suspension}, {"RX-REVIEWS", no_review},
	{"RX-SIGN-ORDER", an_early_review}, {"RX-DOUBLE-SAME", one_person},
	{"RX-REAL-NAME", no_real_name}, {"RX-VOUCHER-TOKEN", no_token},
	{"RX-PERSON-BLOCKED", a_block}, {"RX-INSURED-REGION", no_service_there},
	{"RX-RECOGNITION", no_recognition}, {"RX-FILING", no_filing},
	{"RX-CROSS-REGION", a_wrong_flag}, {"RX-ATTRIBUTE", a_benefit_closed},
	{"RX-FIRST-VISIT", a_first_visit}, {"RX-RENEWAL", own_renewal},
	{"RX-FOLLOW-UP", no_evidence}, {"RX-FOLLOW-UP-TIME", late_evidence},
	{"RX-GUARDIAN", a_child}, {"RX-CHRONIC-CODE", no_disease_code},
	{"RX-VALIDITY", long_validity}, {"RX-LINES", six_drugs}, {"RX-HERBAL-APART", a_herb},
	{"RX-SUPPLY", eight_days}, {"RX-LONG", a_long_one}, {"RX-DUAL-CHANNEL", no_dual_drug},
	{"RX-DRUG", another_name}, {"RX-SPECIAL-CONTROL", a_narcotic},
	{"RX-LONG-EXCLUDED", not_for_long}, {"RX-FREQUENCY", no_frequency}, {"RX-ROUTE", no_route},
	{"RX-SELF-PAY", no_reason}, {"RX-REMAINING", supplied}, {"RX-SPLIT", split},
	{"RX-DIAGNOSIS", no_diagnosis}, {"RX-DISEASE-SCOPE", no_scope},
};

static void every_rule_has_a_case_here(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(cases), upload_rules_count);
	for (size_t i = 0; i < upload_rules_count; i++)
		assert_string_equal(cases[i].id, upload_rules[i].id);
}

static void a_good_prescription_keeps_every_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < upload_rules_count; i++) {
		case_init(&c);
		memset(c.facts.severities, UPLOAD_OFF, sizeof(c.facts.severities));
		c.facts.severities[upload_rules[i].no - 1] = UPLOAD_REFUSE;
		EXPECT_NONE(&c);
	}
}

static void one_change_breaks_exactly_one_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		case_init(&c);
		cases[i].spoil();
		EXPECT(&c, cases[i].id);
	}
}

static void every_rule_can_be_off_flag_or_refuse(void **state)
{
	struct upload_finding found[CASE_FINDINGS];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t *severity = &c.facts.severities[upload_rules[i].no - 1];

		case_init(&c);
		cases[i].spoil();
		*severity = UPLOAD_OFF;
		EXPECT_NONE(&c);
		*severity = UPLOAD_FLAG;
		assert_int_equal(upload_judge(&c.facts, found, CASE_FINDINGS), 1);
		assert_int_equal(found[0].severity, UPLOAD_FLAG);
		*severity = UPLOAD_REFUSE;
		assert_int_equal(upload_judge(&c.facts, found, CASE_FINDINGS), 1);
		assert_int_equal(found[0].severity, UPLOAD_REFUSE);
	}
}

static void a_severity_is_a_word_or_the_rules_own(void **state)
{
	const struct upload_rule *refuses = upload_rule_find("RX-HOST");
	const struct upload_rule *flags = upload_rule_find("RX-ROUTE");

	(void)state;
	assert_int_equal(upload_rule_severity(refuses, NULL), UPLOAD_REFUSE);
	assert_int_equal(upload_rule_severity(flags, NULL), UPLOAD_FLAG);
	assert_int_equal(upload_rule_severity(refuses, "flag"), UPLOAD_FLAG);
	assert_int_equal(upload_rule_severity(refuses, "off"), UPLOAD_OFF);
	assert_int_equal(upload_rule_severity(flags, "refuse"), UPLOAD_REFUSE);
	assert_int_equal(upload_rule_severity(refuses, "none"), UPLOAD_REFUSE);
}

/* Each parameter a rule names is one of the table of parameters. */
static void check_parameters(const char *names)
{
	char name[PARAMETER_NAME_MAX + 1];

	while (*names != '\0') {
		size_t len = strcspn(names, " ");

		assert_true(len < sizeof(name));
		memcpy(name, names, len);
		name[len] = '\0';
		assert_non_null(parameter_find(name));
		names += len + (names[len] == ' ');
	}
}

static void every_rule_says_what_it_is_and_where_it_comes_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < upload_rules_count; i++) {
		const struct upload_rule *r = &upload_rules[i];

		assert_true(strncmp(r->id, "RX-", 3) == 0);
		assert_true(strncmp(r->setting, "rule.", 5) == 0);
		assert_string_equal(r->setting + 5, r->id);
		assert_ptr_equal(upload_rule_find(r->id), r);
		assert_true(r->source[0] != '\0' && r->field[0] != '\0');
		assert_true(r->english[0] != '\0' && r->chinese[0] != '\0');
		assert_true(r->explanation[0] != '\0' && r->explanation_zh[0] != '\0');
		assert_true(r->severity == UPLOAD_FLAG || r->severity == UPLOAD_REFUSE);
		assert_int_equal((r->whole != NULL) + (r->line != NULL) + (r->diagnosis != NULL), 1);
		check_parameters(r->parameters);
	}
}

/* A stored decision knows rules by number. */
static void every_number_is_given_once(void **state)
{
	bool seen[UPLOAD_RULES_MAX + 1] = {false};

	(void)state;
	for (size_t i = 0; i < upload_rules_count; i++) {
		unsigned no = upload_rules[i].no;

		assert_true(no >= 1 && no <= upload_rules_count);
		assert_false(seen[no]);
		seen[no] = true;
	}
}

/* The names of the national layout's D001, and of what is added to it here (extras, review). */
static void every_rule_names_a_field_of_the_national_layout(void **state)
{
	static const char *const names[] = {"mdtrtinfo.fixmedinsCode", "mdtrtinfo.prscDeptCode",
		"mdtrtinfo.drCode", "mdtrtinfo.fstdiagFlag", "mdtrtinfo.diseCodg", "authNo", "ecToken",
		"mdtrtCertNo", "insuPlcNo", "mdtrtareaNo", "rxExraAttrCode", "initRxno", "valiDays",
		"rxdrugdetail", "rxdrugdetail[].medcDays", "medListCodg", "drugGenname", "usedFrquCodg",
		"medcWayCodg", "selfPayRea", "diagCode", "review", "review.pharCode",
		"review.pharChkTime", "extras.followUp", "extras.followUp.visitTime", "extras.guardian"};

	(void)state;
	for (size_t i = 0; i < upload_rules_count; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(names) && strcmp(names[k], upload_rules[i].field) != 0)
			k++;
		if (k == ARRAY_LEN(names))
			fail_msg("%s is about %s", upload_rules[i].id, upload_rules[i].field);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_has_a_case_here),
		cmocka_unit_test(a_good_prescription_keeps_every_rule),
		PROVES(one_change_breaks_exactly_one_rule, "JIN15-4.1 TJ2-12a"),
		PROVES(every_rule_can_be_off_flag_or_refuse, "JIN15-4.1 TJ2-12a"),
		cmocka_unit_test(a_severity_is_a_word_or_the_rules_own),
		PROVES(every_rule_says_what_it_is_and_where_it_comes_from, "JIN15-4.1 TJ2-12a"),
		cmocka_unit_test(every_number_is_given_once),
		PROVES(every_rule_names_a_field_of_the_national_layout, "SX15-6.4"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("upload table", tests, NULL, NULL);
}
