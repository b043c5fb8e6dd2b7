/* What regions switch and registers date: below, at and above each limit. */
#include "test/support/tap.h"

#include "base/ensure.h"
#include "test/unit/rules/case.h"

static struct upload_case c;
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static int fresh(void **state)
{
	(void)state;
	case_init(&c);
	return 0;
}

/* The fact holds from its first moment to the one before its end. */
static void check_span(struct upload_span *span, const char *id)
{
	int64_t at = c.facts.issued_at_ms;

	*span = (struct upload_span){true, at, at + 1};
	EXPECT_NONE(&c);
	*span = (struct upload_span){true, at, 0}; /* no end known */
	EXPECT_NONE(&c);
	*span = (struct upload_span){true, at + 1, 0};
	EXPECT(&c, id);
	*span = (struct upload_span){true, at - 1, at};
	EXPECT(&c, id);
	*span = (struct upload_span){false, 0, 0};
	EXPECT(&c, id);
	*span = (struct upload_span){true, at, at + 1};
}

static void both_licences_hold_at_issue(void **state)
{
	(void)state;
	check_span(&c.facts.practice_licence, "RX-LICENCE");
	check_span(&c.facts.internet_licence, "RX-LICENCE");
	c.facts.internet_licence.known = false;
	c.facts.internet = false; /* nobody needs it offline */
	EXPECT_NONE(&c);
}

static void the_department_is_in_both_scopes(void **state)
{
	(void)state;
	check_span(&c.facts.department, "RX-DEPARTMENT");
	check_span(&c.facts.internet_department, "RX-DEPARTMENT");
	c.facts.internet_department.known = false;
	c.facts.internet = false;
	EXPECT_NONE(&c);
	c.facts.department.known = false;
	EXPECT(&c, "RX-DEPARTMENT");
}

static void a_department_table_counts_when_there_is_one(void **state)
{
	(void)state;
	c.facts.department_table = true;
	EXPECT(&c, "RX-DEPARTMENT-KNOWN");
	c.facts.department_known = true;
	EXPECT_NONE(&c);
}

static void the_physician_practises_in_the_department(void **state)
{
	(void)state;
	c.physician_practice.departments = "A01 A03.04 A07";
	EXPECT_NONE(&c);
	c.physician_practice.departments = "A03.0 A03.041";
	EXPECT(&c, "RX-PHYSICIAN-DEPARTMENT");
}

static void the_physicians_agreement_is_in_force(void **state)
{
	(void)state;
	check_span(&c.facts.physician.agreement, "RX-PHYSICIAN-AGREEMENT");
}

static void a_suspension_counts_while_it_lasts(void **state)
{
	struct upload_span *spans[] = {&c.facts.physician.suspension, &c.facts.reviewer.suspension};
	static const char *const ids[] = {"RX-PHYSICIAN-SUSPENDED", "RX-REVIEWER-SUSPENDED"};
	int64_t at = c.facts.issued_at_ms;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		*spans[i] = (struct upload_span){true, at, at + 1};
		EXPECT(&c, ids[i]);
		*spans[i] = (struct upload_span){true, at - 1, 0};
		EXPECT(&c, ids[i]);
		*spans[i] = (struct upload_span){true, at + 1, 0};
		EXPECT_NONE(&c);
		*spans[i] = (struct upload_span){true, at - 1, at};
		EXPECT_NONE(&c);
	}
}

static void a_dated_licence_of_a_person_holds_at_issue(void **state)
{
	struct upload_span *spans[] = {&c.facts.physician.licence, &c.facts.reviewer.licence};
	static const char *const ids[] = {"RX-PHYSICIAN-LICENCE", "RX-REVIEWER-LICENCE"};
	int64_t at = c.facts.issued_at_ms;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		*spans[i] = (struct upload_span){true, at, at + 1};
		EXPECT_NONE(&c);
		*spans[i] = (struct upload_span){true, at - 1, at};
		EXPECT(&c, ids[i]);
		*spans[i] = (struct upload_span){false, 0, 0}; /* only the number is registered */
		EXPECT_NONE(&c);
	}
}

static void national_codes_are_letters_and_twelve_digits(void **state)
{
	static const char *const wrong[] = {"", "D", "D14010500321", "D1401050032170", "140105003217",
		"DX40105003217", "HY140105003217"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
		c.facts.physician.code = wrong[i];
		EXPECT(&c, "RX-PHYSICIAN-CODE");
	}
	c.facts.physician.code = "D999999999999";
	EXPECT_NONE(&c);
	c.facts.reviewer.code = "YY140105000126";
	EXPECT(&c, "RX-REVIEWER-CODE");
}

static void the_years_of_practice_are_a_parameter(void **state)
{
	(void)state;
	c.physician.independent_since = "2021-05-29"; /* five years */
	c.facts.limits.experience_years_min = 5;
	EXPECT_NONE(&c);
	c.facts.limits.experience_years_min = 6;
	EXPECT(&c, "RX-PHYSICIAN-EXPERIENCE");
}

static void the_review_comes_after_the_prescription(void **state)
{
	(void)state;
	c.facts.reviewed_at_ms = c.facts.issued_at_ms - 5 * 60 * 1000;
	EXPECT_NONE(&c);
	c.facts.reviewed_at_ms--;
	EXPECT(&c, "RX-SIGN-ORDER");
	c.facts.limits.sign_skew_minutes_max = 6;
	EXPECT_NONE(&c);
	c.facts.limits.sign_skew_minutes_max = 0;
	c.facts.reviewed_at_ms = c.facts.issued_at_ms;
	EXPECT_NONE(&c);
}

static void one_person_under_two_codes_is_noticed(void **state)
{
	(void)state;
	c.reviewer.licence_no = c.physician.licence_no;
	EXPECT(&c, "RX-DOUBLE-SAME");
	c.reviewer.licence_no = "1401202300126";
	c.reviewer.name = c.physician.name;
	EXPECT(&c, "RX-DOUBLE-SAME");
}

static void first_visits_open_with_their_switch(void **state)
{
	(void)state;
	c.facts.first_visit = true;
	c.facts.follow_up_complete = false;
	EXPECT(&c, "RX-FIRST-VISIT", "RX-FOLLOW-UP");
	c.facts.limits.first_visit_open = true;
	EXPECT_NONE(&c);
	c.facts.first_visit = false; /* whoever comes again still shows evidence */
	EXPECT(&c, "RX-FOLLOW-UP");
}

static void a_renewal_names_another_prescription(void **state)
{
	(void)state;
	c.facts.initial_number = "RX-1";
	EXPECT_NONE(&c);
	c.facts.initial_number = "RX-2";
	EXPECT(&c, "RX-RENEWAL");
	c.facts.initial_number = "RX 1";
	EXPECT(&c, "RX-RENEWAL");
}

static void evidence_is_older_than_the_prescription(void **state)
{
	(void)state;
	c.facts.follow_up_at_ms = c.facts.issued_at_ms - 1;
	EXPECT_NONE(&c);
	c.facts.follow_up_at_ms++;
	EXPECT(&c, "RX-FOLLOW-UP-TIME");
}

static void internet_business_needs_the_persons_voucher(void **state)
{
	(void)state;
	c.facts.voucher_token = "";
	EXPECT(&c, "RX-VOUCHER-TOKEN");
	c.facts.internet = false;
	EXPECT_NONE(&c);
}

static void a_benefit_is_open_where_its_word_is_listed(void **state)
{
	static const struct {
		int attribute;
		const char *medical_type, *insurance_type, *word;
	} benefits[] = {
		{2, "11", "310", "employee-pooling"}, {2, "11", "390", "resident-pooling"},
		{3, "11", "310", "personal-account"}, {2, "14", "310", "chronic-special"},
		{1, "11", "310", "dual-channel"},
	};

	(void)state;
	c.drugs[0].flags = CODE_DUAL_CHANNEL;
	c.facts.chronic_disease_code = "M01600";
	for (unsigned i = 0; i < ARRAY_LEN(benefits); i++) {
		c.facts.attribute = benefits[i].attribute;
		c.facts.medical_type = benefits[i].medical_type;
		c.facts.insurance_type = benefits[i].insurance_type;
		for (unsigned k = 0; k < ARRAY_LEN(benefits); k++) {
			c.facts.limits.benefits = benefits[k].word;
			if (i == k)
				EXPECT_NONE(&c);
			else
				EXPECT(&c, "RX-ATTRIBUTE");
		}
	}
	/* a chronic special disease's dual-channel drug claims both */
	c.facts.medical_type = "14";
	c.facts.limits.benefits = "dual-channel";
	EXPECT(&c, "RX-ATTRIBUTE");
	c.facts.limits.benefits = "chronic-special dual-channel";
	EXPECT_NONE(&c);
}

static void a_dual_channel_prescription_has_a_dual_channel_drug(void **state)
{
	(void)state;
	c.facts.attribute = 1;
	case_lines(&c, 2, 11, 70000);
	EXPECT(&c, "RX-DUAL-CHANNEL");
	c.drugs[1].flags = CODE_DUAL_CHANNEL;
	EXPECT_NONE(&c);
}

static void a_chronic_special_disease_is_named(void **state)
{
	(void)state;
	c.facts.medical_type = "14";
	EXPECT(&c, "RX-CHRONIC-CODE");
	c.facts.chronic_disease_code = "M01600";
	EXPECT_NONE(&c);
}

static void diagnoses_lie_in_the_regions_scope(void **state)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} kinds[] = {{CODE_CHRONIC_SPECIAL, "chronic-special"}, {CODE_CHRONIC, "chronic"},
		{CODE_COMMON, "common"}};

	(void)state;
	c.facts.diagnosis_count = 1;
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
		for (unsigned k = 0; k < ARRAY_LEN(kinds); k++) {
			c.diagnosis_codes[0].flags = kinds[i].flag;
			c.facts.limits.disease_scope = kinds[k].word;
			c.facts.internet = true;
			if (i == k)
				EXPECT_NONE(&c);
			else
				EXPECT(&c, "RX-DISEASE-SCOPE");
			c.facts.internet = false;
			EXPECT_NONE(&c);
		}
	}
	c.facts.internet = true;
	c.facts.limits.disease_scope = ""; /* nothing is admitted */
	EXPECT(&c, "RX-DISEASE-SCOPE");
}

static void online_and_across_regions_are_two_facts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool across = i % 2 == 1;

		c.facts.internet = i / 2 == 1;
		c.facts.cross_region = across;
		c.facts.treatment_region = across ? "140200" : "140100";
		EXPECT_NONE(&c);
		c.facts.cross_region = !across;
		EXPECT(&c, "RX-CROSS-REGION");
	}
}

static void insured_persons_are_served_as_the_region_says(void **state)
{
	(void)state;
	c.facts.limits.insured_regions = "140100";
	EXPECT_NONE(&c);
	c.facts.insured_region = "140200";
	c.facts.cross_region = true;
	EXPECT(&c, "RX-INSURED-REGION");
	c.facts.limits.insured_regions = "140100 140200";
	EXPECT_NONE(&c);
	c.facts.insured_region = "";
	EXPECT(&c, "RX-INSURED-REGION");
}

static void other_cities_need_recognition_and_filing(void **state)
{
	(void)state;
	c.facts.insured_region = "140200";
	c.facts.cross_region = true;
	EXPECT_NONE(&c);
	c.hospital.filing_no = "";
	EXPECT(&c, "RX-FILING");
	c.hospital.filing_no = "2026-1";
	c.facts.limits.recognised_regions = "140300";
	EXPECT(&c, "RX-RECOGNITION");
	c.facts.limits.recognised_regions = "140200";
	c.facts.limits.recognised_there = "140100";
	EXPECT_NONE(&c);
	c.facts.limits.recognised_benefits = "personal-account";
	EXPECT(&c, "RX-RECOGNITION");
	c.facts.limits.recognised_benefits = "employee-pooling personal-account";
	EXPECT_NONE(&c);
	/* the own city needs neither */
	c.facts.insured_region = "140106";
	c.facts.cross_region = false;
	c.hospital.filing_no = c.facts.limits.recognised_regions = "";
	EXPECT_NONE(&c);
}

static void self_pay_is_explained(void **state)
{
	(void)state;
	c.lines[0].reimbursement = "2";
	EXPECT(&c, "RX-SELF-PAY");
	c.lines[0].self_pay_reason = "1";
	EXPECT_NONE(&c);
	c.lines[0].self_pay_reason = "6";
	EXPECT(&c, "RX-SELF-PAY");
	c.lines[0].self_pay_note = "patient's wish";
	EXPECT_NONE(&c);
}

static void code_tables_of_use_count_when_loaded(void **state)
{
	(void)state;
	c.facts.frequency_table = c.facts.route_table = true;
	EXPECT(&c, "RX-FREQUENCY", "RX-ROUTE");
	c.lines[0].frequency_known = c.lines[0].route_known = true;
	EXPECT_NONE(&c);
}

static void remaining_supply_is_told_above_the_limit(void **state)
{
	struct upload_supply supplies[2] = {
		{"another code", "drug", c.facts.issued_at_ms + 7 * day_ms, false},
		{"another code", "another drug", c.facts.issued_at_ms + 90 * day_ms, true},
	};

	(void)state;
	c.facts.supplies = supplies;
	c.facts.supply_count = 2;
	EXPECT_NONE(&c);
	supplies[0].until_ms++;
	EXPECT(&c, "RX-REMAINING");
	assert_int_equal(upload_supplied_until(&c.facts, &c.lines[0]), supplies[0].until_ms);
	c.facts.limits.remaining_days_max = 8;
	EXPECT_NONE(&c);
}

static void the_same_drug_twice_in_one_visit_is_told(void **state)
{
	struct upload_supply twice = {c.lines[0].drug_code, "drug", c.facts.issued_at_ms + day_ms,
		true};

	(void)state;
	c.facts.supplies = &twice;
	c.facts.supply_count = 1;
	EXPECT(&c, "RX-SPLIT");
	twice.same_visit = false;
	EXPECT_NONE(&c);
	twice.same_visit = true;
	twice.drug_code = "another code";
	EXPECT_NONE(&c);
}

static void every_limit_of_supply_is_a_parameter(void **state)
{
	(void)state;
	c.facts.limits.supply_days_max = 14;
	c.lines[0].days_e4 = 14 * 10000;
	EXPECT_NONE(&c);
	c.lines[0].days_e4++;
	EXPECT(&c, "RX-SUPPLY");
	c.facts.long_prescription = true;
	c.facts.limits.supply_days_long_max = 14;
	EXPECT(&c, "RX-LONG");
	c.facts.limits.supply_days_long_max = 15;
	EXPECT_NONE(&c);
	c.facts.limits.validity_days_long_max = 2;
	EXPECT(&c, "RX-VALIDITY");
}

int main(void)
{
#define FRESH(fn) cmocka_unit_test_setup(fn, fresh)
#define FRESH_PROVES(fn, ids) {#fn " [" ids "]", fn, fresh, NULL, NULL}
	static const struct CMUnitTest tests[] = {
		FRESH_PROVES(both_licences_hold_at_issue, "NT33-N1.1 NT33-J1.1"),
		FRESH_PROVES(the_department_is_in_both_scopes, "TJ2-11a"),
		FRESH_PROVES(a_department_table_counts_when_there_is_one, "SX15-3.1"),
		FRESH_PROVES(the_physician_practises_in_the_department, "TJ2-11a"),
		FRESH_PROVES(the_physicians_agreement_is_in_force, "TJ2-20b"),
		FRESH_PROVES(a_suspension_counts_while_it_lasts, "C23 TJ2-20b"),
		FRESH_PROVES(a_dated_licence_of_a_person_holds_at_issue, "TJ2-20a C10"),
		FRESH_PROVES(national_codes_are_letters_and_twelve_digits, "JIN15-4.3"),
		FRESH_PROVES(the_years_of_practice_are_a_parameter, "TJ2-20a"),
		FRESH_PROVES(the_review_comes_after_the_prescription, "C12 C13"),
		FRESH_PROVES(one_person_under_two_codes_is_noticed, "C12"),
		FRESH_PROVES(first_visits_open_with_their_switch, "NH123-1.2"),
		FRESH_PROVES(a_renewal_names_another_prescription, "NH123-1.1"),
		FRESH_PROVES(evidence_is_older_than_the_prescription, "SX15-3.5 TJ2-5.5"),
		FRESH_PROVES(internet_business_needs_the_persons_voucher,
			"SX15-3.3 TJ2-5.3 NT33-N4.1 NT33-N5.1"),
		FRESH_PROVES(a_benefit_is_open_where_its_word_is_listed, "JIN15-1.1b"),
		FRESH_PROVES(a_dual_channel_prescription_has_a_dual_channel_drug, "C22"),
		FRESH_PROVES(a_chronic_special_disease_is_named, "JIN15-1.1b"),
		FRESH_PROVES(diagnoses_lie_in_the_regions_scope,
			"SX15-4.5 TJ2-11b JIN15-1.2a NT33-J1.1"),
		FRESH_PROVES(online_and_across_regions_are_two_facts, "TJ2-5.6 SX15-3.6"),
		FRESH_PROVES(insured_persons_are_served_as_the_region_says, "NT33-J1.1"),
		FRESH_PROVES(other_cities_need_recognition_and_filing,
			"JIN15-1.4a JIN15-1.4b SX15-6.5"),
		FRESH_PROVES(self_pay_is_explained, "SX15-6.4"),
		FRESH_PROVES(code_tables_of_use_count_when_loaded, "SX15-3.1"),
		FRESH_PROVES(remaining_supply_is_told_above_the_limit, "C24"),
		FRESH_PROVES(the_same_drug_twice_in_one_visit_is_told, "NT33-J3.4"),
		FRESH_PROVES(every_limit_of_supply_is_a_parameter, "C1 C2 C15 NT33-N2.1"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("upload switches", tests, NULL, NULL);
}
