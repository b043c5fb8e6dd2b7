/* Facts that keep every rule. */
#include "test/unit/rules/case.h"

#include <string.h>

#include "test/support/tap.h"

#define HOSPITAL "H14010500321"
#define PHYSICIAN "D140105003217"
#define REVIEWER "HY140105000126"

/* Days since 1970 of a date in the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t china_ms(int year, int month, int day)
{
	return days_of(year, month, day) * 24 * 3600 * 1000 - INT64_C(8) * 3600 * 1000;
}

static void people(struct upload_case *c)
{
	c->hospital = (struct institution){.code = HOSPITAL, .name = "hospital",
		.kind = INSTITUTION_INTERNET_HOSPITAL, .status = INSTITUTION_ACTIVE, .region = "140105",
		.host_code = "H14010500008", .chain_code = "", .filing_no = "2026-1", .address = ""};
	c->host = (struct institution){.code = "H14010500008", .name = "host",
		.kind = INSTITUTION_HOSPITAL, .status = INSTITUTION_ACTIVE, .region = "140105",
		.host_code = "", .chain_code = "", .filing_no = "", .address = ""};
	c->physician = (struct practitioner){PHYSICIAN, "physician", ROLE_PHYSICIAN, false,
		"2010-07-01", "140105", "110140105003217"};
	c->reviewer = (struct practitioner){REVIEWER, "reviewer", ROLE_HOSPITAL_PHARMACIST, false, "",
		"140105", "1401202300126"};
	c->physician_practice = (struct practice){PHYSICIAN, HOSPITAL, false, ""};
	c->reviewer_practice = (struct practice){REVIEWER, HOSPITAL, false, ""};
}

void case_lines(struct upload_case *c, size_t count, int kind, int64_t days_e4)
{
	assert_true(count <= CASE_LINES);
	for (size_t i = 0; i < count; i++) {
		c->drugs[i] = (struct code){.code = "XC08CAA185A001010104211", .name = "drug",
			.class_no = (uint8_t)kind};
		c->lines[i] = (struct upload_line){.drug_code = "XC08CAA185A001010104211",
			.generic_name = "drug", .kind = kind, .days_e4 = days_e4, .known = &c->drugs[i],
			.frequency_code = "11", .route_code = "1", .reimbursement = "1",
			.self_pay_reason = "", .self_pay_note = ""};
	}
	c->facts.lines = c->lines;
	c->facts.line_count = count;
}

/* The standard of every parameter and severity. */
static void standards(struct upload_facts *f)
{
	f->limits = (struct upload_limits){
		.validity_days_max = 3, .validity_days_long_max = 90, .supply_days_max = 7,
		.supply_days_emergency_max = 3, .supply_days_long_max = 28, .supply_days_assessed_max = 84,
		.western_lines_max = 5, .guardian_age_years = 6, .experience_years_min = 3,
		.reviews_min = 2, .sign_skew_minutes_max = 5, .remaining_days_max = 7,
		.benefits = CASE_BENEFITS, .disease_scope = "chronic-special chronic common",
		.insured_regions = "*", .recognised_regions = "*", .recognised_benefits = CASE_BENEFITS,
		.recognised_there = "*",
	};
	for (size_t i = 0; i < upload_rules_count; i++)
		f->severities[upload_rules[i].no - 1] = (uint8_t)upload_rules[i].severity;
}

static struct upload_span span_around(int64_t at_ms)
{
	return (struct upload_span){true, at_ms - CASE_SPAN_MS, at_ms + CASE_SPAN_MS};
}

static void registered(struct upload_facts *f)
{
	f->practice_licence = f->internet_licence = span_around(f->issued_at_ms);
	f->department = f->internet_department = span_around(f->issued_at_ms);
	f->physician.agreement = span_around(f->issued_at_ms);
}

void case_init(struct upload_case *c)
{
	memset(c, 0, sizeof(*c));
	people(c);
	c->diagnosis_codes[0] = (struct code){.code = "I10.x00x002", .name = "diagnosis",
		.class_no = 1, .flags = CODE_CHRONIC | CODE_COMMON};
	c->diagnosis_codes[1] = (struct code){.code = "E11.900", .name = "diagnosis",
		.class_no = 1, .flags = CODE_CHRONIC | CODE_COMMON};
	c->diagnoses[0] = (struct upload_diagnosis){"I10.x00x002", &c->diagnosis_codes[0]};
	c->diagnoses[1] = (struct upload_diagnosis){"E11.900", &c->diagnosis_codes[1]};
	c->facts = (struct upload_facts){
		.issued_at_ms = china_ms(2026, 5, 29) + 12 * 3600 * 1000,
		.hospital = &c->hospital, .host = &c->host,
		.physician = {.code = PHYSICIAN, .known = &c->physician,
			.practice = &c->physician_practice},
		.reviewer = {.code = REVIEWER, .known = &c->reviewer, .practice = &c->reviewer_practice},
		.has_reviewer = true, .internet = true, .validity_days = 3, .fills_max = 1,
		.follow_up_complete = true, .real_name_serial = "AUTH20260529", .voucher_token = "EC",
		.number = "RX-2", .initial_number = "", .birth_date = "1962-03-15", .attribute = 2,
		.medical_type = "11", .insurance_type = "310", .chronic_disease_code = "",
		.insured_region = "140100", .treatment_region = "140100", .department_code = "A03.04",
		.diagnoses = c->diagnoses, .diagnosis_count = 2,
	};
	c->facts.reviewed_at_ms = c->facts.issued_at_ms + 60 * 1000;
	c->facts.follow_up_at_ms = c->facts.issued_at_ms - CASE_SPAN_MS;
	standards(&c->facts);
	registered(&c->facts);
	case_lines(c, 1, 11, 7 * 10000);
}

void case_expect(const struct upload_case *c, const char *const *ids)
{
	struct upload_finding found[CASE_FINDINGS];
	size_t count = upload_judge(&c->facts, found, CASE_FINDINGS), i;

	for (i = 0; ids[i] != NULL || i < count; i++) {
		const char *is = i < count ? found[i].rule->id : "(nothing)";

		if (ids[i] == NULL || strcmp(is, ids[i]) != 0)
			fail_msg("finding %zu is %s instead of %s", i, is,
				ids[i] == NULL ? "(nothing)" : ids[i]);
	}
}
