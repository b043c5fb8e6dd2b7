#include "session/dispatch.h"

#include <string.h>

#include "base/ensure.h"

enum {
	/* One document and its envelope. */
	DOCUMENT_CALL_MAX = (int)DOCUMENT_BODY_MAX + (int)SMALL_BODY_MAX,
	OFFICERS = CALLER_CITY_OFFICER | CALLER_PROVINCE_OFFICER,
};
static_assert((int)DOCUMENT_CALL_MAX <= (int)UPLOAD_BODY_MAX, "every method's body fits a frame");

#define MUTATING true
#define READING false
#define SLOW true
#define QUICK false

const struct dispatch_row dispatch_rows[DISPATCH_METHODS] = {
	{"rxcirc.v1.Hospital/CheckPrescription", CALLER_HOSPITAL, UPLOAD_BODY_MAX,
		READING, QUICK, 2, check_prescription_start},
	{"rxcirc.v1.Hospital/UploadPrescription", CALLER_HOSPITAL, UPLOAD_BODY_MAX,
		MUTATING, QUICK, 2, upload_prescription_start},
	{"rxcirc.v1.Hospital/RevokePrescription", CALLER_HOSPITAL, DOCUMENT_CALL_MAX,
		MUTATING, QUICK, 1, revoke_prescription_start},
	{"rxcirc.v1.Hospital/GetPrescription", CALLER_HOSPITAL, SMALL_BODY_MAX,
		READING, QUICK, 1, get_prescription_start},
	{"rxcirc.v1.Pharmacy/PullPrescriptions", CALLER_PHARMACY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, pull_prescriptions_start},
	{"rxcirc.v1.Pharmacy/ClaimPrescription", CALLER_PHARMACY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, claim_prescription_start},
	{"rxcirc.v1.Pharmacy/ReleaseClaim", CALLER_PHARMACY, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, release_claim_start},
	{"rxcirc.v1.Pharmacy/SubmitReview", CALLER_PHARMACY, DOCUMENT_CALL_MAX,
		MUTATING, QUICK, 1, submit_review_start},
	{"rxcirc.v1.Pharmacy/DispensePrescription", CALLER_PHARMACY, DOCUMENT_CALL_MAX,
		MUTATING, QUICK, 1, dispense_prescription_start},
	{"rxcirc.v1.Insured/ListOwnPrescriptions", CALLER_CHANNEL, SMALL_BODY_MAX,
		MUTATING, QUICK, 1, list_own_prescriptions_start},
	{"rxcirc.v1.Agency/QueryTrail", OFFICERS, SMALL_BODY_MAX,
		READING, SLOW, 1, query_trail_start},
	{"rxcirc.v1.Agency/PutRegistryRecord", CALLER_PROVINCE_OFFICER, REGISTRY_BODY_MAX,
		MUTATING, QUICK, 2, put_registry_record_start},
};

const struct dispatch_row *dispatch_find(const char *method)
{
	for (unsigned i = 0; i < DISPATCH_METHODS; i++)
		if (strcmp(dispatch_rows[i].method, method) == 0)
			return &dispatch_rows[i];
	return NULL;
}

unsigned dispatch_index(const struct dispatch_row *row)
{
	ensure(row >= dispatch_rows && row < dispatch_rows + DISPATCH_METHODS);
	return (unsigned)(row - dispatch_rows);
}
