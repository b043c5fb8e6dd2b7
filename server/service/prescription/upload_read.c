/* Read, then gather what is judged. */
#include "service/prescription/upload_read.h"

#include <string.h>

#include "proto/document.h"
#include "service/facts.h"
#include "service/form.h"

static enum status_reason read_one(struct request *req, const struct paper_terms *terms,
	const Rxcirc__V1__SignedDocument *doc, bool dry, struct paper *ret)
{
	if (dry && doc != NULL && doc->signature.len == 0)
		return paper_read_unsigned(req, terms, doc, ret);
	return paper_read(req, terms, doc, ret);
}

/* Who signed is who the document says; the key proves it. */
static enum status_reason check_owner(struct request *req, const struct paper *paper,
	const char *code, int64_t at_ms)
{
	if (paper->key != NULL && strcmp(paper->key->practitioner_code, code) != 0)
		return STATUS_KEY_FOREIGN;
	return paper_time_is_near(req, at_ms) ? STATUS_OK : STATUS_SIGNED_AT_SKEWED;
}

static enum status_reason read_prescription(struct request *req,
	const Rxcirc__V1__SignedDocument *doc, bool dry, struct paper *ret)
{
	const struct paper_terms terms = {RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION,
		1u << ROLE_PHYSICIAN, req->caller.code, &rxcirc__v1__prescription__descriptor};
	const Rxcirc__V1__Prescription *rx;
	enum status_reason status = read_one(req, &terms, doc, dry, ret);

	if (status != STATUS_OK)
		return status;
	rx = ret->body;
	if (strcmp(rx->hospital_code, req->caller.code) != 0) {
		request_find_field(req, "mdtrtinfo.fixmedinsCode", "is not the calling hospital",
			"与调用机构不一致");
		return STATUS_FIELD_INVALID;
	}
	return check_owner(req, ret, rx->physician == NULL ? "" : rx->physician->code,
		rx->issued_at_ms);
}

static enum status_reason read_review(struct request *req, const Rxcirc__V1__SignedDocument *doc,
	const struct paper *prescription, bool dry, struct paper *ret)
{
	const struct paper_terms terms = {RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW,
		1u << ROLE_HOSPITAL_PHARMACIST, req->caller.code, &rxcirc__v1__hospital_review__descriptor};
	const Rxcirc__V1__HospitalReview *review;
	enum status_reason status = read_one(req, &terms, doc, dry, ret);

	if (status != STATUS_OK)
		return status;
	review = ret->body;
	if (strcmp(review->hospital_code, req->caller.code) != 0) {
		request_find_field(req, "review.fixmedinsCode", "is not the calling hospital",
			"与调用机构不一致");
		return STATUS_FIELD_INVALID;
	}
	/* In a dry run before signing there is nothing yet to name. */
	if (prescription->key != NULL && !document_is_named_by(prescription->doc, review->prescription))
		return STATUS_DOCUMENT_CHAIN_BROKEN;
	return check_owner(req, ret, review->pharmacist_code, review->reviewed_at_ms);
}

enum status_reason upload_read_papers(struct request *req,
	const Rxcirc__V1__SignedDocument *prescription,
	const Rxcirc__V1__SignedDocument *hospital_review, bool dry, struct upload_papers *ret)
{
	enum status_reason status;

	memset(ret, 0, sizeof(*ret));
	status = read_prescription(req, prescription, dry, &ret->prescription);
	if (status != STATUS_OK || (dry && hospital_review == NULL))
		return status;
	return read_review(req, hospital_review, &ret->prescription, dry, &ret->hospital_review);
}

enum status_reason upload_gather(struct request *req, const struct upload_papers *papers,
	struct upload_facts *ret)
{
	const Rxcirc__V1__Prescription *rx = papers->prescription.body;
	const Rxcirc__V1__HospitalReview *review = papers->hospital_review.body;
	size_t faults = form_check_prescription(req, rx);

	if (review != NULL)
		faults += form_check_hospital_review(req, review);
	if (faults > 0)
		return STATUS_FIELD_INVALID;
	if (facts_of_papers(req, rx, review, ret) < 0)
		return STATUS_BUSY;
	facts_of_registry(req, rx, ret);
	return STATUS_OK;
}
