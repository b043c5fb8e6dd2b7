#include "service/onboarding/conformance.h"

#include <string.h>

#include "base/ensure.h"
#include "codec/pbmsg.h"
#include "proto/document.h"
#include "proto/voucher.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "rxcirc/v1/pharmacy.pb-c.h"
#include "service/form.h"

struct looked {
	struct request *req;
	const Rxcirc__V1__ConformanceStep *step;
	const void *message;
	const char *finding;
};

/* The first thing that is wrong is told; false. */
static bool wrong(struct looked *l, const char *what, const char *more)
{
	if (l->finding != NULL && l->finding[0] == '\0')
		l->finding = arena_printf(&l->req->arena, "%s%s", what, more);
	return false;
}

/* Signed by the test key over exactly these bytes, and the bytes are such a document. */
static bool document(struct looked *l, const Rxcirc__V1__SignedDocument *doc,
	Rxcirc__V1__DocumentKind kind, const ProtobufCMessageDescriptor *type, void *ret_body)
{
	if (doc == NULL || document_check_form(doc, kind) != 0)
		return wrong(l, "a document is missing or not of its form: ", type->short_name);
	if (document_verify(doc, kind, l->step->public_key.data) != 0)
		return wrong(l, "the signature is not by the test key over these bytes: ",
			type->short_name);
	if (pbmsg_open(ret_body, type, &l->req->arena, pbmsg_bytes(doc->body)) < 0)
		return wrong(l, "the signed bytes are not the document: ", type->short_name);
	return true;
}

/* The form check tells findings to the caller; here they are the step's. */
static bool form(struct looked *l, size_t findings_before, size_t faults)
{
	struct request *req = l->req;
	bool sound = faults == 0;

	if (!sound && req->findings_count > findings_before) {
		const Rxcirc__V1__Finding *f = req->findings[findings_before];

		l->finding = arena_printf(&req->arena, "%s: %s", f->field, f->message);
	} else if (!sound) {
		l->finding = "a field is wrong";
	}
	req->findings_count = findings_before;
	return sound;
}

static bool look_prescription(struct looked *l, const Rxcirc__V1__SignedDocument *rx,
	const Rxcirc__V1__SignedDocument *review)
{
	const Rxcirc__V1__HospitalReview *reviewed;
	const Rxcirc__V1__Prescription *prescribed;
	size_t before = l->req->findings_count;

	if (!document(l, rx, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION,
			&rxcirc__v1__prescription__descriptor, &prescribed) ||
		!document(l, review, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW,
			&rxcirc__v1__hospital_review__descriptor, &reviewed))
		return false;
	if (!form(l, before, form_check_prescription(l->req, prescribed)) ||
		!form(l, before, form_check_hospital_review(l->req, reviewed)))
		return false;
	if (reviewed->prescription == NULL || !document_is_named_by(rx, reviewed->prescription))
		return wrong(l, "the review does not name the prescription", "");
	return true;
}

static bool look_upload(struct looked *l)
{
	const Rxcirc__V1__UploadPrescriptionRequest *m = l->message;

	return look_prescription(l, m->prescription, m->hospital_review);
}

static bool look_check(struct looked *l)
{
	const Rxcirc__V1__CheckPrescriptionRequest *m = l->message;

	return look_prescription(l, m->prescription, m->hospital_review);
}

static bool rx_id(struct looked *l, ProtobufCBinaryData id)
{
	return id.len == RX_ID_LEN || wrong(l, "rx_id: must be 16 bytes", "");
}

static bool look_revoke(struct looked *l)
{
	const Rxcirc__V1__RevokePrescriptionRequest *m = l->message;
	const Rxcirc__V1__Revocation *revoked;

	return rx_id(l, m->rx_id) &&
		document(l, m->revocation, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION,
			&rxcirc__v1__revocation__descriptor, &revoked) &&
		(revoked->reason[0] != '\0' || wrong(l, "reason: is missing", ""));
}

static bool look_get(struct looked *l)
{
	const Rxcirc__V1__GetPrescriptionRequest *m = l->message;

	return rx_id(l, m->rx_id);
}

static bool look_pull(struct looked *l)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m = l->message;
	struct voucher voucher;

	return voucher_parse(&voucher, slice_of_text(m->voucher_code)) == VOUCHER_OK ||
		wrong(l, "voucher_code: is not an e-voucher code", "");
}

static bool look_claim(struct looked *l)
{
	const Rxcirc__V1__ClaimPrescriptionRequest *m = l->message;

	return rx_id(l, m->rx_id) && (m->pull_grant.len > 0 || wrong(l, "pull_grant: is missing", ""));
}

static bool token(struct looked *l, uint64_t fencing_token)
{
	return fencing_token > 0 || wrong(l, "fencing_token: is missing", "");
}

static bool look_release(struct looked *l)
{
	const Rxcirc__V1__ReleaseClaimRequest *m = l->message;

	return rx_id(l, m->rx_id) && token(l, m->fencing_token);
}

static bool look_review(struct looked *l)
{
	const Rxcirc__V1__SubmitReviewRequest *m = l->message;
	const Rxcirc__V1__PharmacyReview *review;

	return rx_id(l, m->rx_id) && token(l, m->fencing_token) &&
		document(l, m->review, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW,
			&rxcirc__v1__pharmacy_review__descriptor, &review) &&
		(slice_equal(pbmsg_bytes(review->rx_id), pbmsg_bytes(m->rx_id)) ||
			wrong(l, "the review is about another prescription", ""));
}

static bool look_dispense(struct looked *l)
{
	const Rxcirc__V1__DispensePrescriptionRequest *m = l->message;
	const Rxcirc__V1__DispenseRecord *record;

	return rx_id(l, m->rx_id) && token(l, m->fencing_token) &&
		document(l, m->dispense_record, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD,
			&rxcirc__v1__dispense_record__descriptor, &record) &&
		(record->n_lines > 0 || wrong(l, "lines: are missing", "")) &&
		(slice_equal(pbmsg_bytes(record->rx_id), pbmsg_bytes(m->rx_id)) ||
			wrong(l, "the record is about another prescription", ""));
}

static const struct method {
	const char *name;
	Rxcirc__V1__InstitutionKind kind;
	const ProtobufCMessageDescriptor *type;
	bool (*look)(struct looked *l);
} methods[] = {
#define HOSPITAL RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_INTERNET_HOSPITAL
#define PHARMACY RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_PHARMACY
	{"rxcirc.v1.Hospital/CheckPrescription", HOSPITAL,
		&rxcirc__v1__check_prescription_request__descriptor, look_check},
	{"rxcirc.v1.Hospital/UploadPrescription", HOSPITAL,
		&rxcirc__v1__upload_prescription_request__descriptor, look_upload},
	{"rxcirc.v1.Hospital/RevokePrescription", HOSPITAL,
		&rxcirc__v1__revoke_prescription_request__descriptor, look_revoke},
	{"rxcirc.v1.Hospital/GetPrescription", HOSPITAL,
		&rxcirc__v1__get_prescription_request__descriptor, look_get},
	{"rxcirc.v1.Pharmacy/PullPrescriptions", PHARMACY,
		&rxcirc__v1__pull_prescriptions_request__descriptor, look_pull},
	{"rxcirc.v1.Pharmacy/ClaimPrescription", PHARMACY,
		&rxcirc__v1__claim_prescription_request__descriptor, look_claim},
	{"rxcirc.v1.Pharmacy/ReleaseClaim", PHARMACY,
		&rxcirc__v1__release_claim_request__descriptor, look_release},
	{"rxcirc.v1.Pharmacy/SubmitReview", PHARMACY,
		&rxcirc__v1__submit_review_request__descriptor, look_review},
	{"rxcirc.v1.Pharmacy/DispensePrescription", PHARMACY,
		&rxcirc__v1__dispense_prescription_request__descriptor, look_dispense},
};

static const struct method *method_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

bool conformance_knows(const char *name, Rxcirc__V1__InstitutionKind kind)
{
	const struct method *method = method_of(name);

	return method != NULL && method->kind == kind;
}

const char *conformance_look(struct request *req, const Rxcirc__V1__ConformanceStep *step)
{
	const struct method *method = method_of(step->method);
	struct looked l = {.req = req, .step = step, .finding = ""};
	int r = pbmsg_open(&l.message, method->type, &req->arena, pbmsg_bytes(step->request));

	if (r == ERR_MEMORY)
		return NULL;
	if (r < 0)
		return "the bytes are not the method's request";
	(void)method->look(&l); /* what it found is in l.finding */
	return l.finding;
}
