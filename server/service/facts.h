/* What the upload rules judge, gathered from the documents and the registry; and their findings
 * told. */
#ifndef SERVICE_FACTS_H
#define SERVICE_FACTS_H

#include "request/request.h"
#include "rules/upload.h"
#include "rxcirc/v1/document.pb-c.h"

/* The numbers among the limits: X(id in domain/parameter.h, member of struct upload_limits). */
#define UPLOAD_LIMIT_NUMBERS(X) \
	X(VALIDITY_DAYS_MAX, validity_days_max) \
	X(VALIDITY_DAYS_LONG_MAX, validity_days_long_max) \
	X(SUPPLY_DAYS_MAX, supply_days_max) \
	X(SUPPLY_DAYS_EMERGENCY_MAX, supply_days_emergency_max) \
	X(SUPPLY_DAYS_LONG_MAX, supply_days_long_max) \
	X(SUPPLY_DAYS_ASSESSED_MAX, supply_days_assessed_max) \
	X(WESTERN_LINES_MAX, western_lines_max) \
	X(GUARDIAN_AGE_YEARS, guardian_age_years) \
	X(EXPERIENCE_YEARS_MIN, experience_years_min) \
	X(REVIEWS_MIN, reviews_min) \
	X(SIGN_SKEW_MINUTES_MAX, sign_skew_minutes_max) \
	X(REMAINING_DAYS_MAX, remaining_days_max)
/* And the texts. */
#define UPLOAD_LIMIT_TEXTS(X) \
	X(BENEFITS, benefits) \
	X(DISEASE_SCOPE, disease_scope) \
	X(INSURED_REGIONS, insured_regions) \
	X(RECOGNISED_REGIONS, recognised_regions) \
	X(RECOGNISED_BENEFITS, recognised_benefits)

/* What the documents say; `review` may be NULL in a dry run.  Everything is borrowed from the
 * messages.  0 or ERR_MEMORY. */
MUST_CHECK int facts_of_papers(struct request *req, const Rxcirc__V1__Prescription *rx,
	const Rxcirc__V1__HospitalReview *review, struct upload_facts *ret);
/* And what the registry says about it when it is received; borrowed from the snapshot. */
void facts_of_registry(struct request *req, const Rxcirc__V1__Prescription *rx,
	struct upload_facts *f);
/* Judge and add every finding to the request.  True when nothing refuses. */
bool facts_judge(struct request *req, const struct upload_facts *facts);

#endif
