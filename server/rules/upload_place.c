/* Where a prescription comes from, and for whom it counts. */
#include <string.h>

#include "domain/parameter.h"
#include "rules/region.h"
#include "rules/upload_rules.h"

enum { ATTRIBUTE_DUAL_CHANNEL = 1, ATTRIBUTE_POOLING = 2 };

bool hospital_active(const struct upload_facts *f)
{
	return f->hospital != NULL && f->hospital->status == INSTITUTION_ACTIVE;
}

bool host_active(const struct upload_facts *f)
{
	return f->hospital == NULL || f->hospital->kind != INSTITUTION_INTERNET_HOSPITAL ||
		(f->host != NULL && f->host->status == INSTITUTION_ACTIVE);
}

/* Online, one of the two kinds of internet licence besides the licence to practise. */
bool hospital_licensed(const struct upload_facts *f)
{
	return span_holds(&f->practice_licence, f->issued_at_ms) &&
		(!f->internet || span_holds(&f->internet_licence, f->issued_at_ms));
}

bool department_in_scope(const struct upload_facts *f)
{
	return span_holds(&f->department, f->issued_at_ms) &&
		(!f->internet || span_holds(&f->internet_department, f->issued_at_ms));
}

bool department_in_table(const struct upload_facts *f)
{
	return !f->department_table || f->department_known;
}

bool region_served(const struct upload_facts *f)
{
	return region_is_listed(f->limits.insured_regions, f->insured_region);
}

/* The benefit a prescription claims, as the regions switch them.  Insurance types 39x are those of
 * residents. */
static const char *benefit_of(const struct upload_facts *f)
{
	if (f->attribute == ATTRIBUTE_DUAL_CHANNEL)
		return "dual-channel";
	if (strcmp(f->medical_type, "14") == 0)
		return "chronic-special";
	if (f->attribute != ATTRIBUTE_POOLING)
		return "personal-account";
	return strncmp(f->insurance_type, "39", 2) == 0 ? "resident-pooling" : "employee-pooling";
}

static const char *home_of(const struct upload_facts *f)
{
	return f->hospital == NULL ? "" : f->hospital->region;
}

bool hospital_recognised(const struct upload_facts *f)
{
	if (!region_is_foreign(home_of(f), f->insured_region))
		return true;
	return region_is_recognised(home_of(f), f->limits.recognised_regions, f->insured_region,
			f->limits.recognised_there) &&
		parameter_has_word(f->limits.recognised_benefits, benefit_of(f));
}

/* The other half of recognition: the city's inclusion is the active state itself. */
bool hospital_filed(const struct upload_facts *f)
{
	return !region_is_foreign(home_of(f), f->insured_region) || f->hospital->filing_no[0] != '\0';
}

bool region_flag_agrees(const struct upload_facts *f)
{
	return f->insured_region[0] == '\0' || f->treatment_region[0] == '\0' ||
		f->cross_region == region_is_foreign(f->insured_region, f->treatment_region);
}

/* A chronic special disease's prescription for a dual-channel drug claims both. */
bool benefit_open(const struct upload_facts *f)
{
	return parameter_has_word(f->limits.benefits, benefit_of(f)) &&
		(strcmp(f->medical_type, "14") != 0 ||
			parameter_has_word(f->limits.benefits, "chronic-special"));
}
