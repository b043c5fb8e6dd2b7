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
		.host_code = "H14010500008", .chain_code = "", .filing_no = "", .address = ""};
	c->host = (struct institution){.code = "H14010500008", .name = "host",
		.kind = INSTITUTION_HOSPITAL, .status = INSTITUTION_ACTIVE, .region = "140105",
		.host_code = "", .chain_code = "", .filing_no = "", .address = ""};
	c->physician = (struct practitioner){PHYSICIAN, "physician", ROLE_PHYSICIAN, false,
		"2010-07-01", "140105", ""};
	c->reviewer = (struct practitioner){REVIEWER, "reviewer", ROLE_HOSPITAL_PHARMACIST, false, "",
		"140105", ""};
	c->physician_practice = (struct practice){PHYSICIAN, HOSPITAL, false, ""};
	c->reviewer_practice = (struct practice){REVIEWER, HOSPITAL, false, ""};
}

void case_lines(struct upload_case *c, size_t count, int kind, int64_t days_e4)
{
	assert_true(count <= CASE_LINES);
	for (size_t i = 0; i < count; i++) {
		c->drugs[i] = (struct code){.code = "XC08CAA185A001010104211", .name = "drug",
			.class_no = (uint8_t)kind};
		c->lines[i] = (struct upload_line){"XC08CAA185A001010104211", "drug", kind, days_e4,
			&c->drugs[i]};
	}
	c->facts.lines = c->lines;
	c->facts.line_count = count;
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
		.physician = {PHYSICIAN, &c->physician, &c->physician_practice},
		.reviewer = {REVIEWER, &c->reviewer, &c->reviewer_practice},
		.has_reviewer = true, .internet = true, .validity_days = 3, .fills_max = 1,
		.follow_up_complete = true, .real_name_serial = "AUTH20260529", .birth_date = "1962-03-15",
		.diagnoses = c->diagnoses, .diagnosis_count = 2,
	};
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
