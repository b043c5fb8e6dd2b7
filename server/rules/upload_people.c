/* Who prescribed and who reviewed: may they, and are they two. */
#include <ctype.h>
#include <string.h>

#include "domain/parameter.h"
#include "rules/upload_rules.h"

enum { PRACTITIONER_DIGITS = 12, PROVINCE_DIGITS = 2, MINUTE_MS = 60 * 1000 };

static bool works_here(const struct upload_practitioner *p, enum practitioner_role role)
{
	return p->known != NULL && p->known->role == role && !p->known->suspended &&
		p->practice != NULL && !p->practice->ended;
}

/* The letters of the role, then twelve digits. */
static bool code_is_national(const char *code, const char *letters)
{
	size_t len = strlen(letters);

	if (strncmp(code, letters, len) != 0 || strlen(code) != len + PRACTITIONER_DIGITS)
		return false;
	for (const char *c = code + len; *c != '\0'; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	return true;
}

/* A number is registered, and the licence itself, when its dates are recorded, holds.  Nothing is
 * said about who is not registered at all: that is another rule's finding. */
static bool licence_holds(const struct upload_practitioner *p, int64_t at_ms)
{
	return p->known == NULL || (p->known->licence_no[0] != '\0' &&
		(!p->licence.known || span_holds(&p->licence, at_ms)));
}

bool physician_active(const struct upload_facts *f)
{
	return works_here(&f->physician, ROLE_PHYSICIAN);
}

bool physician_in_province(const struct upload_facts *f)
{
	return f->physician.known == NULL || f->hospital == NULL ||
		strncmp(f->physician.known->region, f->hospital->region, PROVINCE_DIGITS) == 0;
}

bool physician_experienced(const struct upload_facts *f)
{
	return f->physician.known == NULL || f->physician.known->role != ROLE_PHYSICIAN ||
		rules_age_years(f->physician.known->independent_since, f->issued_at_ms) >=
			f->limits.experience_years_min;
}

bool physician_code_national(const struct upload_facts *f)
{
	return code_is_national(f->physician.code, "D");
}

bool physician_licensed(const struct upload_facts *f)
{
	return licence_holds(&f->physician, f->issued_at_ms);
}

bool physician_agreed(const struct upload_facts *f)
{
	return f->physician.known == NULL || span_holds(&f->physician.agreement, f->issued_at_ms);
}

bool physician_not_suspended(const struct upload_facts *f)
{
	return !span_holds(&f->physician.suspension, f->issued_at_ms);
}

/* "" = every department of this hospital. */
bool physician_department(const struct upload_facts *f)
{
	const struct practice *p = f->physician.practice;

	return p == NULL || p->departments[0] == '\0' ||
		parameter_has_word(p->departments, f->department_code);
}

bool reviewer_active(const struct upload_facts *f)
{
	return !f->has_reviewer || works_here(&f->reviewer, ROLE_HOSPITAL_PHARMACIST);
}

bool reviewer_is_another(const struct upload_facts *f)
{
	return !f->has_reviewer || strcmp(f->reviewer.code, f->physician.code) != 0;
}

/* The prescriber's own code is another rule's finding. */
bool reviewer_code_national(const struct upload_facts *f)
{
	return !f->has_reviewer || !reviewer_is_another(f) ||
		code_is_national(f->reviewer.code, "HY");
}

bool reviewer_licensed(const struct upload_facts *f)
{
	return !f->has_reviewer || licence_holds(&f->reviewer, f->issued_at_ms);
}

bool reviewer_not_suspended(const struct upload_facts *f)
{
	return !f->has_reviewer || !span_holds(&f->reviewer.suspension, f->issued_at_ms);
}

/* The pharmacy's review, which every hand-over needs, is the last of them. */
bool reviews_enough(const struct upload_facts *f)
{
	return (f->has_reviewer ? 1 : 0) + 1 >= f->limits.reviews_min;
}

/* That the review covers the physician's signature proves the order; the two times are of two
 * clocks, which may differ. */
bool signed_in_order(const struct upload_facts *f)
{
	return !f->has_reviewer ||
		f->reviewed_at_ms >= f->issued_at_ms - f->limits.sign_skew_minutes_max * MINUTE_MS;
}

/* One person under two codes: the same licence, or the same name. */
bool signers_are_two(const struct upload_facts *f)
{
	const struct practitioner *a = f->physician.known, *b = f->reviewer.known;

	if (!f->has_reviewer || a == NULL || b == NULL || strcmp(a->code, b->code) == 0)
		return true;
	return strcmp(a->name, b->name) != 0 &&
		(a->licence_no[0] == '\0' || strcmp(a->licence_no, b->licence_no) != 0);
}
