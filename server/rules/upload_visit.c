/* The patient, the visit, and what it was for. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "domain/parameter.h"
#include "rules/upload_rules.h"

enum { CHINA_OFFSET_S = 8 * 3600, DELETE = 0x7f };

int rules_age_years(const char *birth_date, int64_t at_ms)
{
	time_t seconds = (time_t)(at_ms / 1000) + CHINA_OFFSET_S;
	struct tm now;
	int y, m, d, end = 0;

	if (birth_date == NULL || sscanf(birth_date, "%4d-%2d-%2d%n", &y, &m, &d, &end) != 3 ||
		end != 10 || birth_date[end] != '\0' || m < 1 || m > 12 || d < 1 || d > 31)
		return -1;
	if (gmtime_r(&seconds, &now) == NULL)
		return -1;
	return now.tm_year + 1900 - y -
		(now.tm_mon + 1 < m || (now.tm_mon + 1 == m && now.tm_mday < d));
}

bool real_name_present(const struct upload_facts *f)
{
	return !f->internet || f->real_name_serial[0] != '\0';
}

bool voucher_token_present(const struct upload_facts *f)
{
	return !f->internet || f->voucher_token[0] != '\0';
}

bool person_not_blocked(const struct upload_facts *f)
{
	return !f->person_blocked;
}

bool not_first_visit(const struct upload_facts *f)
{
	return !f->internet || !f->first_visit || f->limits.first_visit_open;
}

/* A number without blanks or control characters, and not the prescription's own. */
bool renewal_of_another(const struct upload_facts *f)
{
	for (const char *c = f->initial_number; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == DELETE)
			return false;
	return f->initial_number[0] == '\0' || strcmp(f->initial_number, f->number) != 0;
}

bool follow_up_shown(const struct upload_facts *f)
{
	return !f->internet || f->follow_up_complete || (f->first_visit && f->limits.first_visit_open);
}

/* What was diagnosed afterwards is no evidence.  Incomplete evidence is another rule's finding. */
bool follow_up_before(const struct upload_facts *f)
{
	return !f->follow_up_complete || f->follow_up_at_ms < f->issued_at_ms;
}

bool guardian_present(const struct upload_facts *f)
{
	int age = rules_age_years(f->birth_date, f->issued_at_ms);

	return (age >= f->limits.guardian_age_years) || (age >= 0 && f->guardian_confirmed);
}

bool chronic_disease_named(const struct upload_facts *f)
{
	return strcmp(f->medical_type, "14") != 0 || f->chronic_disease_code[0] != '\0';
}

bool diagnosis_known(const struct upload_facts *f, const struct upload_diagnosis *d)
{
	(void)f;
	return d->known != NULL && (d->known->flags & CODE_WITHDRAWN) == 0;
}

/* Codes that are not known have no kind; they are another rule's finding. */
bool diagnosis_in_scope(const struct upload_facts *f, const struct upload_diagnosis *d)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} kinds[] = {{CODE_CHRONIC_SPECIAL, "chronic-special"}, {CODE_CHRONIC, "chronic"},
		{CODE_COMMON, "common"}};

	if (!f->internet || !diagnosis_known(f, d))
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((d->known->flags & kinds[i].flag) != 0 &&
			parameter_has_word(f->limits.disease_scope, kinds[i].word))
			return true;
	return false;
}
