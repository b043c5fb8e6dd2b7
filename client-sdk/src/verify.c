/* Verification of a bundle, in the order in which trust grows:
 *
 *     trusted authority --signs--> key statements --name--> keys --sign--> documents
 *     documents --name by digest--> earlier documents
 *
 * Nothing is read before the signature over exactly those bytes was verified.
 */
#include "client-sdk/src/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/handed.h"
#include "client-sdk/src/pb.h"
#include "proto/document.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define ROLE(name) RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_##name
#define RESULT(name) RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_##name

enum { LABEL_MAX = 63 };

struct verification {
	const Rxcirc__V1__PrescriptionBundle *bundle;
	const struct signers *signers;
	const int64_t *later_at_ms; /* or NULL */
	Rxcirc__V1__Prescription *prescription;
	Rxcirc__V1__HospitalReview *hospital_review;
	/* What the documents of bundle->later say; NULL until verified. */
	ProtobufCMessage *later[LATER_DOCUMENTS_MAX];
	struct handed handed; /* by the documents verified so far */
	char label[LABEL_MAX + 1]; /* of the document being verified */
	struct rxc_error *err;
};

static int refuse(struct verification *v, const char *reason, const char *why)
{
	return error_set(v->err, RXC_ERR_VERIFY, reason, "%s: %s", v->label, why);
}

static void label_set(struct verification *v, const char *what, size_t number)
{
	if (number)
		(void)snprintf(v->label, sizeof(v->label), "%s (later document %zu)", what, number);
	else
		(void)snprintf(v->label, sizeof(v->label), "%s", what);
}

/* Verify the signature and read what was signed. */
static int document_open(struct verification *v, const Rxcirc__V1__SignedDocument *doc,
	Rxcirc__V1__DocumentKind kind, const ProtobufCMessageDescriptor *type,
	ProtobufCMessage **ret_message, const struct signer **ret_signer)
{
	const struct signer *signer;
	int r;

	if (document_check_form(doc, kind) < 0)
		return refuse(v, "DOCUMENT_MALFORMED", "it has not the form of a signed document");
	signer = signers_find(v->signers, doc->key_id);
	if (!signer)
		return refuse(v, "KEY_UNKNOWN", "no key statement is about its key");
	if (document_verify(doc, kind, signer->statement->public_key.data) < 0)
		return refuse(v, "SIGNATURE_INVALID",
			"the signature does not belong to these bytes and this key");
	r = pb_unpack(type, pb_slice(doc->body), ret_message);
	if (r == RXC_ERR_MEMORY)
		return error_set_memory(v->err);
	if (r < 0)
		return refuse(v, "DOCUMENT_MALFORMED", "it cannot be read");
	*ret_signer = signer;
	return 0;
}

static int signer_check(struct verification *v, const struct signer *signer,
	const struct signer_claim *claim)
{
	const char *why;
	const char *reason = signer_refuses(signer, claim, &why);

	return reason ? refuse(v, reason, why) : 0;
}

static int prescription_verify(struct verification *v)
{
	const struct signer *signer;
	ProtobufCMessage *message;

	label_set(v, "prescription", 0);
	if (!v->bundle->prescription)
		return refuse(v, "DOCUMENT_MISSING", "it is not in the bundle");
	if (document_open(v, v->bundle->prescription, KIND(PRESCRIPTION),
		&rxcirc__v1__prescription__descriptor, &message, &signer) < 0)
		return v->err->code;
	v->prescription = (Rxcirc__V1__Prescription *)message;
	if (!v->prescription->physician || !v->prescription->patient)
		return refuse(v, "DOCUMENT_MALFORMED", "it names no physician or no patient");
	return signer_check(v, signer, &(struct signer_claim){
		.role = ROLE(PHYSICIAN),
		.institution_code = v->prescription->hospital_code,
		.practitioner_code = v->prescription->physician->code,
		.at_ms = v->bundle->state->received_at_ms,
	});
}

/* How far two moments are apart; any two, so that no lie of the peer overflows. */
static uint64_t apart_ms(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static int hospital_review_check(struct verification *v)
{
	const Rxcirc__V1__HospitalReview *r = v->hospital_review;

	if (!document_is_named_by(v->bundle->prescription, r->prescription))
		return refuse(v, "DOCUMENT_CHAIN_BROKEN",
			"it does not name this prescription with this signature");
	if (strcmp(r->hospital_code, v->prescription->hospital_code) != 0)
		return refuse(v, "INSTITUTION_FOREIGN", "it is of another hospital");
	if (r->result != RESULT(PASSED))
		return refuse(v, "REVIEW_NOT_PASSED", "it did not pass the prescription");
	if (strcmp(r->pharmacist_code, v->prescription->physician->code) == 0)
		return refuse(v, "REVIEW_SAME_PERSON", "the reviewer is the prescriber");
	/* The last signature before the upload ties down the time the platform claims. */
	if (apart_ms(r->reviewed_at_ms, v->bundle->state->received_at_ms) > SIGNED_AT_SKEW_MS_MAX)
		return refuse(v, "SIGNED_AT_SKEWED",
			"the platform's receive time is more than 5 minutes from the signing time");
	return 0;
}

static int hospital_review_verify(struct verification *v)
{
	const struct signer *signer;
	ProtobufCMessage *message;

	label_set(v, "hospital review", 0);
	if (!v->bundle->hospital_review)
		return refuse(v, "DOCUMENT_MISSING", "it is not in the bundle");
	if (document_open(v, v->bundle->hospital_review, KIND(HOSPITAL_REVIEW),
		&rxcirc__v1__hospital_review__descriptor, &message, &signer) < 0)
		return v->err->code;
	v->hospital_review = (Rxcirc__V1__HospitalReview *)message;
	if (hospital_review_check(v) < 0)
		return v->err->code;
	return signer_check(v, signer, &(struct signer_claim){
		.role = ROLE(HOSPITAL_PHARMACIST),
		.institution_code = v->hospital_review->hospital_code,
		.practitioner_code = v->hospital_review->pharmacist_code,
		.at_ms = v->bundle->state->received_at_ms,
	});
}

static int rx_id_check(struct verification *v, ProtobufCBinaryData rx_id)
{
	if (!slice_equal(pb_slice(rx_id), pb_slice(v->bundle->state->rx_id)))
		return refuse(v, "RX_ID_FOREIGN", "it is about another prescription");
	return 0;
}

/* Who fills at this place: a hospital's own pharmacy has the hospital's pharmacists (NT33-N2.3). */
static Rxcirc__V1__PractitionerRole filler_role(const char *pharmacy_code)
{
	return pharmacy_code[0] == 'H' ? ROLE(HOSPITAL_PHARMACIST) : ROLE(PHARMACY_PHARMACIST);
}

/* When a later document's key must be in force. */
static int later_time(struct verification *v, size_t index, int64_t signed_at_ms,
	int64_t *ret_at_ms)
{
	int64_t received_at_ms = v->later_at_ms ? v->later_at_ms[index] : 0;

	if (received_at_ms != 0 && apart_ms(signed_at_ms, received_at_ms) > SIGNED_AT_SKEW_MS_MAX)
		return refuse(v, "SIGNED_AT_SKEWED",
			"the platform's receive time is more than 5 minutes from the signing time");
	*ret_at_ms = received_at_ms != 0 ? received_at_ms : signed_at_ms;
	return 0;
}

static int pharmacy_review_verify(struct verification *v, const Rxcirc__V1__PharmacyReview *r,
	size_t index, const struct signer *signer)
{
	int64_t at_ms = 0;

	if (rx_id_check(v, r->rx_id) < 0)
		return v->err->code;
	if (!document_is_named_by(v->bundle->prescription, r->prescription) ||
		!document_is_named_by(v->bundle->hospital_review, r->hospital_review))
		return refuse(v, "DOCUMENT_CHAIN_BROKEN",
			"it does not name this prescription and this hospital review");
	if (r->result != RESULT(PASSED) && r->result != RESULT(REJECTED))
		return refuse(v, "DOCUMENT_MALFORMED", "it neither passes nor rejects");
	if (strcmp(r->pharmacist_code, v->hospital_review->pharmacist_code) == 0 ||
		strcmp(r->pharmacist_code, v->prescription->physician->code) == 0)
		return refuse(v, "REVIEW_SAME_PERSON",
			"the reviewer is the prescriber or the hospital's reviewer");
	if (filler_role(r->pharmacy_code) != ROLE(HOSPITAL_PHARMACIST) &&
		strcmp(r->pharmacy_code, v->prescription->hospital_code) == 0)
		return refuse(v, "REVIEW_SAME_INSTITUTION",
			"both reviews are by the same institution");
	if (later_time(v, index, r->reviewed_at_ms, &at_ms) < 0)
		return v->err->code;
	return signer_check(v, signer, &(struct signer_claim){
		.role = filler_role(r->pharmacy_code),
		.institution_code = r->pharmacy_code,
		.practitioner_code = r->pharmacist_code,
		.at_ms = at_ms,
	});
}

/* The earlier pharmacy review that `named` names; NULL when there is none. */
static const Rxcirc__V1__PharmacyReview *review_find(const struct verification *v, size_t before,
	const Rxcirc__V1__DocumentDigest *named)
{
	for (size_t i = 0; i < before; i++)
		if (v->bundle->later[i]->kind == KIND(PHARMACY_REVIEW) &&
			document_is_named_by(v->bundle->later[i], named))
			return (const Rxcirc__V1__PharmacyReview *)v->later[i];
	return NULL;
}

static int dispense_record_verify(struct verification *v, const Rxcirc__V1__DispenseRecord *d,
	size_t index, const struct signer *signer)
{
	const Rxcirc__V1__PharmacyReview *review;
	int64_t at_ms = 0;
	const char *why;

	if (rx_id_check(v, d->rx_id) < 0)
		return v->err->code;
	review = review_find(v, index, d->pharmacy_review);
	if (!review)
		return refuse(v, "DOCUMENT_CHAIN_BROKEN",
			"it names no pharmacy review before it");
	if (review->result != RESULT(PASSED))
		return refuse(v, "REVIEW_NOT_PASSED",
			"the pharmacy review it names rejected the prescription");
	if (strcmp(d->pharmacy_code, review->pharmacy_code) != 0)
		return refuse(v, "INSTITUTION_FOREIGN",
			"the pharmacy review it names is another pharmacy's");
	if (later_time(v, index, d->dispensed_at_ms, &at_ms) < 0 ||
		signer_check(v, signer, &(struct signer_claim){
		.role = filler_role(d->pharmacy_code),
		.institution_code = d->pharmacy_code,
		.practitioner_code = d->pharmacist_code,
		.at_ms = at_ms,
	}) < 0)
		return v->err->code;
	why = handed_take_record(&v->handed, d);
	return why ? refuse(v, "FILL_CONTRADICTED", why) : 0;
}

/* The earlier dispense record that `named` names; NULL when there is none. */
static const Rxcirc__V1__DispenseRecord *record_find(const struct verification *v, size_t before,
	const Rxcirc__V1__DocumentDigest *named)
{
	for (size_t i = 0; i < before; i++)
		if (v->bundle->later[i]->kind == KIND(DISPENSE_RECORD) &&
			document_is_named_by(v->bundle->later[i], named))
			return (const Rxcirc__V1__DispenseRecord *)v->later[i];
	return NULL;
}

static int return_record_verify(struct verification *v, const Rxcirc__V1__ReturnRecord *r,
	size_t index, const struct signer *signer)
{
	const Rxcirc__V1__DispenseRecord *record;
	int64_t at_ms = 0;
	const char *why;

	if (rx_id_check(v, r->rx_id) < 0)
		return v->err->code;
	record = record_find(v, index, r->dispense_record);
	if (!record || record->fill_no != r->fill_no)
		return refuse(v, "DOCUMENT_CHAIN_BROKEN", "it names no dispense record before it");
	if (strcmp(r->pharmacy_code, record->pharmacy_code) != 0)
		return refuse(v, "INSTITUTION_FOREIGN",
			"the dispense record it names is another pharmacy's");
	if (later_time(v, index, r->returned_at_ms, &at_ms) < 0 ||
		signer_check(v, signer, &(struct signer_claim){
		.role = filler_role(r->pharmacy_code),
		.institution_code = r->pharmacy_code,
		.practitioner_code = r->pharmacist_code,
		.at_ms = at_ms,
	}) < 0)
		return v->err->code;
	why = handed_take_return(&v->handed, r, record);
	return why ? refuse(v, "FILL_CONTRADICTED", why) : 0;
}

static int revocation_verify(struct verification *v, const Rxcirc__V1__Revocation *r,
	size_t index, const struct signer *signer)
{
	struct signer_claim claim = {
		.role = ROLE(HOSPITAL_PHARMACIST),
		.institution_code = v->prescription->hospital_code,
		.practitioner_code = r->practitioner_code,
	};

	if (rx_id_check(v, r->rx_id) < 0)
		return v->err->code;
	if (!document_is_named_by(v->bundle->prescription, r->prescription))
		return refuse(v, "DOCUMENT_CHAIN_BROKEN",
			"it does not name this prescription with this signature");
	if (strcmp(r->hospital_code, v->prescription->hospital_code) != 0)
		return refuse(v, "INSTITUTION_FOREIGN", "it is of another hospital");
	/* Physicians revoke their own prescriptions only; any pharmacist of the hospital may. */
	if (strcmp(r->practitioner_code, v->prescription->physician->code) == 0)
		claim.role = ROLE(PHYSICIAN);
	if (later_time(v, index, r->revoked_at_ms, &claim.at_ms) < 0 ||
		signer_check(v, signer, &claim) < 0)
		return v->err->code;
	if (v->bundle->state->validity == RXCIRC__V1__VALIDITY__VALIDITY_VALID)
		return refuse(v, "STATE_CONTRADICTED",
			"the state calls the revoked prescription valid");
	return 0;
}

static int later_verify(struct verification *v, size_t index)
{
	static const struct {
		Rxcirc__V1__DocumentKind kind;
		const char *label;
		const ProtobufCMessageDescriptor *type;
	} kinds[] = {
		{KIND(PHARMACY_REVIEW), "pharmacy review", &rxcirc__v1__pharmacy_review__descriptor},
		{KIND(DISPENSE_RECORD), "dispense record", &rxcirc__v1__dispense_record__descriptor},
		{KIND(RETURN_RECORD), "return record", &rxcirc__v1__return_record__descriptor},
		{KIND(REVOCATION), "revocation", &rxcirc__v1__revocation__descriptor},
	};
	const Rxcirc__V1__SignedDocument *doc = v->bundle->later[index];
	const struct signer *signer;
	ProtobufCMessage *message = NULL;

	label_set(v, "document", index + 1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (doc->kind != kinds[i].kind)
			continue;
		label_set(v, kinds[i].label, index + 1);
		if (document_open(v, doc, kinds[i].kind, kinds[i].type, &message, &signer) < 0)
			return v->err->code;
	}
	if (!message)
		return refuse(v, "DOCUMENT_MALFORMED", "its kind does not come after a review");
	v->later[index] = message;
	if (doc->kind == KIND(PHARMACY_REVIEW))
		return pharmacy_review_verify(v, (const void *)message, index, signer);
	if (doc->kind == KIND(DISPENSE_RECORD))
		return dispense_record_verify(v, (const void *)message, index, signer);
	if (doc->kind == KIND(RETURN_RECORD))
		return return_record_verify(v, (const void *)message, index, signer);
	return revocation_verify(v, (const void *)message, index, signer);
}

static int bundle_check_form(struct verification *v)
{
	const Rxcirc__V1__PrescriptionBundle *bundle = v->bundle;

	label_set(v, "bundle", 0);
	if (!bundle->state || bundle->state->rx_id.len != RX_ID_LEN)
		return refuse(v, "DOCUMENT_MISSING", "it has no state with a prescription id");
	if (bundle->n_later > LATER_DOCUMENTS_MAX)
		return refuse(v, "BUNDLE_TOO_LARGE", "it has too many later documents");
	return 0;
}

static int documents_verify(struct verification *v)
{
	if (prescription_verify(v) < 0 || hospital_review_verify(v) < 0)
		return v->err->code;
	v->handed.prescription = v->prescription;
	for (size_t i = 0; i < v->bundle->n_later; i++)
		if (later_verify(v, i) < 0)
			return v->err->code;
	return 0;
}

int verify_file(const struct signers *signers, const Rxcirc__V1__PrescriptionBundle *bundle,
	const int64_t *later_at_ms, struct rxc_error *err)
{
	struct verification v = {
		.bundle = bundle,
		.signers = signers,
		.later_at_ms = later_at_ms,
		.err = err,
	};
	int r = bundle_check_form(&v);

	if (r == 0)
		r = documents_verify(&v);
	for (size_t i = 0; i < LATER_DOCUMENTS_MAX; i++)
		pb_free(v.later[i]);
	pb_free(v.hospital_review);
	pb_free(v.prescription);
	return r;
}

int verify_bundle(const struct rxc_trust *trust, const Rxcirc__V1__PrescriptionBundle *bundle,
	struct rxc_error *err)
{
	struct verification form = {.bundle = bundle, .err = err};
	struct signers signers = {.list = NULL};
	int r = bundle_check_form(&form);

	if (r == 0)
		r = signers_load(&signers, trust, bundle->key_statements, bundle->n_key_statements, err);
	if (r == 0)
		r = verify_file(&signers, bundle, NULL, err);
	signers_clear(&signers);
	return r;
}

int verify_person(const Rxcirc__V1__PrescriptionBundle *bundle, const char *voucher_id,
	struct rxc_error *err)
{
	ProtobufCMessage *message;
	const Rxcirc__V1__Patient *patient;
	bool is_same;

	/* It was read once already, so only memory can be missing. */
	if (pb_unpack(&rxcirc__v1__prescription__descriptor, pb_slice(bundle->prescription->body),
		&message) < 0)
		return error_set_memory(err);
	patient = ((const Rxcirc__V1__Prescription *)message)->patient;
	is_same = voucher_id[0] && strcmp(patient->voucher_id, voucher_id) == 0;
	pb_free(message);
	if (!is_same)
		return error_set(err, RXC_ERR_VERIFY, "PERSON_FOREIGN",
			"prescription: it is of another person than the one who showed the code");
	return 0;
}

int verify_rx_id(const Rxcirc__V1__PrescriptionBundle *bundle, const uint8_t rx_id[RX_ID_LEN],
	struct rxc_error *err)
{
	if (memcmp(bundle->state->rx_id.data, rx_id, RX_ID_LEN) != 0)
		return error_set(err, RXC_ERR_VERIFY, "RX_ID_FOREIGN",
			"bundle: it is another prescription than the one asked for");
	return 0;
}

int rxc_verify_bundle(const rxc_trust *trust, const Rxcirc__V1__PrescriptionBundle *bundle,
	rxc_error **ret_error)
{
	struct rxc_error err = {0};

	if (verify_bundle(trust, bundle, &err) < 0)
		return error_give(&err, ret_error);
	return 0;
}
