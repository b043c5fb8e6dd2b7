/* End-to-end verification: one whole history that verifies, and every single way to spoil it. */
#include <string.h>

#include "proto/limits.h"
#include "test/sdk/verdict.h"
#include "test/support/tap.h"

#define KIND(name) RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_##name
#define ROLE(name) RXCIRC__V1__PRACTITIONER_ROLE__PRACTITIONER_ROLE_##name
#define VALIDITY(name) RXCIRC__V1__VALIDITY__VALIDITY_##name

typedef Rxcirc__V1__PrescriptionBundle bundle_t;

#define SPOIL(name, statement) static void name(struct plan *plan) { statement; }
#define TAMPER(name, statement) static void name(bundle_t *bundle) { statement; }

static Rxcirc__V1__KeyStatement *statement(struct plan *plan, enum plan_person_index person)
{
	return &plan->statements[person].message;
}

static void statement_drop(bundle_t *bundle, size_t index)
{
	rxcirc__v1__signed_document__free_unpacked(bundle->key_statements[index], NULL);
	bundle->key_statements[index] = bundle->key_statements[--bundle->n_key_statements];
}

static void document_drop(Rxcirc__V1__SignedDocument **doc)
{
	rxcirc__v1__signed_document__free_unpacked(*doc, NULL);
	*doc = NULL;
}

static void later_drop(bundle_t *bundle, size_t index)
{
	rxcirc__v1__signed_document__free_unpacked(bundle->later[index], NULL);
	bundle->n_later--;
	for (size_t i = index; i < bundle->n_later; i++)
		bundle->later[i] = bundle->later[i + 1];
}

static void swap_signatures(Rxcirc__V1__SignedDocument *a, Rxcirc__V1__SignedDocument *b)
{
	ProtobufCBinaryData signature = a->signature;

	a->signature = b->signature;
	b->signature = signature;
}

static void with_revocation(struct plan *plan)
{
	plan->later[0] = PLAN_REVOCATION;
	plan->later_count = 1;
	plan->state.validity = VALIDITY(REVOKED);
}

/* Changing digests in the last moment. */
static Rxcirc__V1__DocumentKind spoiled_kind;
static bool spoiled_signature; /* the second digest instead of the first */
static bool spoiled_second;    /* the second reference of a pharmacy review */

static void digest_spoil(Rxcirc__V1__DocumentDigest *digest)
{
	(spoiled_signature ? digest->signature_sha256 : digest->document_sha256).data[31] ^= 1;
}

/* A digest of its own to spoil: the building shares one among documents. */
static void digest_before_sign(struct plan *plan, Rxcirc__V1__DocumentKind kind,
	ProtobufCMessage *message)
{
	static uint8_t copies[2][32];
	static Rxcirc__V1__DocumentDigest copy;
	Rxcirc__V1__DocumentDigest **at = NULL;

	(void)plan;
	if (kind != spoiled_kind)
		return;
	if (kind == KIND(HOSPITAL_REVIEW))
		at = &((Rxcirc__V1__HospitalReview *)message)->prescription;
	else if (kind == KIND(PHARMACY_REVIEW) && spoiled_second)
		at = &((Rxcirc__V1__PharmacyReview *)message)->hospital_review;
	else if (kind == KIND(PHARMACY_REVIEW))
		at = &((Rxcirc__V1__PharmacyReview *)message)->prescription;
	else if (kind == KIND(DISPENSE_RECORD))
		at = &((Rxcirc__V1__DispenseRecord *)message)->pharmacy_review;
	else if (kind == KIND(RETURN_RECORD))
		at = &((Rxcirc__V1__ReturnRecord *)message)->dispense_record;
	else
		at = &((Rxcirc__V1__Revocation *)message)->prescription;
	copy = **at;
	memcpy(copies[0], copy.document_sha256.data, 32);
	memcpy(copies[1], copy.signature_sha256.data, 32);
	copy.document_sha256.data = copies[0];
	copy.signature_sha256.data = copies[1];
	*at = &copy;
	digest_spoil(&copy);
}

static void spoil_digest(struct plan *plan, Rxcirc__V1__DocumentKind kind, bool second,
	bool signature)
{
	plan->before_sign = digest_before_sign;
	spoiled_kind = kind;
	spoiled_second = second;
	spoiled_signature = signature;
}

SPOIL(digest_review, spoil_digest(plan, KIND(HOSPITAL_REVIEW), false, false))
SPOIL(digest_review_signature, spoil_digest(plan, KIND(HOSPITAL_REVIEW), false, true))
SPOIL(digest_pharmacy, spoil_digest(plan, KIND(PHARMACY_REVIEW), false, false))
SPOIL(digest_pharmacy_signature, spoil_digest(plan, KIND(PHARMACY_REVIEW), false, true))
SPOIL(digest_pharmacy_second, spoil_digest(plan, KIND(PHARMACY_REVIEW), true, false))
SPOIL(digest_pharmacy_second_signature, spoil_digest(plan, KIND(PHARMACY_REVIEW), true, true))
SPOIL(digest_dispense, spoil_digest(plan, KIND(DISPENSE_RECORD), false, false))
SPOIL(digest_dispense_signature, spoil_digest(plan, KIND(DISPENSE_RECORD), false, true))
SPOIL(digest_return, spoil_digest(plan, KIND(RETURN_RECORD), false, false))
SPOIL(digest_return_signature, spoil_digest(plan, KIND(RETURN_RECORD), false, true))
SPOIL(digest_revocation, with_revocation(plan); spoil_digest(plan, KIND(REVOCATION), false, false))

/* A document without any reference at all. */
static void reference_drop(struct plan *plan, Rxcirc__V1__DocumentKind kind,
	ProtobufCMessage *message)
{
	(void)plan;
	if (kind == KIND(HOSPITAL_REVIEW))
		((Rxcirc__V1__HospitalReview *)message)->prescription = NULL;
}

SPOIL(no_reference, plan->before_sign = reference_drop)

/* Keys. */
SPOIL(physician_expired, statement(plan, PLAN_PHYSICIAN)->not_after_ms = PLAN_RECEIVED_AT_MS)
SPOIL(physician_expires_next, statement(plan, PLAN_PHYSICIAN)->not_after_ms =
	PLAN_RECEIVED_AT_MS + 1)
SPOIL(physician_early, statement(plan, PLAN_PHYSICIAN)->not_before_ms = PLAN_RECEIVED_AT_MS + 1)
SPOIL(physician_just_valid, statement(plan, PLAN_PHYSICIAN)->not_before_ms = PLAN_RECEIVED_AT_MS)
SPOIL(physician_revoked, statement(plan, PLAN_PHYSICIAN)->revoked_from_ms = PLAN_RECEIVED_AT_MS)
SPOIL(physician_revoked_next, statement(plan, PLAN_PHYSICIAN)->revoked_from_ms =
	PLAN_RECEIVED_AT_MS + 1)
SPOIL(hospital_pharmacist_expired, statement(plan, PLAN_HOSPITAL_PHARMACIST)->not_after_ms =
	PLAN_RECEIVED_AT_MS)
SPOIL(hospital_pharmacist_revoked, statement(plan, PLAN_HOSPITAL_PHARMACIST)->revoked_from_ms = 1)
SPOIL(pharmacist_expired, statement(plan, PLAN_PHARMACIST)->not_after_ms =
	plan->review.reviewed_at_ms)
SPOIL(pharmacist_revoked, statement(plan, PLAN_PHARMACIST)->revoked_from_ms =
	plan->review.reviewed_at_ms)
SPOIL(pharmacist_revoked_between, statement(plan, PLAN_PHARMACIST)->revoked_from_ms =
	plan->dispense.dispensed_at_ms)
SPOIL(pharmacist_revoked_after, statement(plan, PLAN_PHARMACIST)->revoked_from_ms =
	plan->dispense.dispensed_at_ms + 1; plan->later_count = 3)
SPOIL(pharmacist_revoked_before_return, statement(plan, PLAN_PHARMACIST)->revoked_from_ms =
	plan->back.returned_at_ms)
SPOIL(other_pharmacist_early, statement(plan, PLAN_OTHER_PHARMACIST)->not_before_ms =
	plan->rejection.reviewed_at_ms + 1)

/* A newer statement wins, wherever it stands; an older one does not. */
static void newer_revocation(struct plan *plan)
{
	Rxcirc__V1__KeyStatement *s = plan_state_again(plan, PLAN_PHYSICIAN);

	s->stated_at_ms++;
	s->revoked_from_ms = PLAN_RECEIVED_AT_MS - PLAN_DAY_MS;
}

static void newer_revocation_first(struct plan *plan)
{
	struct plan_statement first = plan->statements[0];

	newer_revocation(plan);
	plan->statements[0] = plan->statements[plan->statements_count - 1];
	plan->statements[plan->statements_count - 1] = first;
}

static void newer_later_revocation(struct plan *plan)
{
	newer_revocation(plan);
	plan->statements[plan->statements_count - 1].message.revoked_from_ms =
		PLAN_RECEIVED_AT_MS + PLAN_DAY_MS;
}

static void older_revocation(struct plan *plan)
{
	newer_revocation(plan);
	plan->statements[plan->statements_count - 1].message.stated_at_ms -= 2;
}

static void same_time_other_word(struct plan *plan)
{
	newer_revocation(plan);
	plan->statements[plan->statements_count - 1].message.stated_at_ms -= 1;
}

SPOIL(same_statement_twice, plan_state_again(plan, PLAN_PHYSICIAN))
SPOIL(statement_by_stranger, plan->statements[1].signer = plan->stranger)
SPOIL(statement_by_signer, plan->statements[0].signer = plan->keys[PLAN_PHYSICIAN])
SPOIL(statement_algorithm, statement(plan, PLAN_PHYSICIAN)->algorithm = plan_text("sm2"))
SPOIL(statement_short_key, statement(plan, PLAN_PHYSICIAN)->public_key.len = 31)
SPOIL(statement_unsound_key, memset(plan->public_keys[PLAN_OTHER_PHARMACIST], 0, 32))

SPOIL(role_physician, statement(plan, PLAN_PHYSICIAN)->role = ROLE(HOSPITAL_PHARMACIST))
SPOIL(role_hospital_pharmacist, statement(plan, PLAN_HOSPITAL_PHARMACIST)->role =
	ROLE(PHARMACY_PHARMACIST))
SPOIL(role_pharmacist, statement(plan, PLAN_PHARMACIST)->role = ROLE(HOSPITAL_PHARMACIST))
SPOIL(role_none, statement(plan, PLAN_PHARMACIST)->role = ROLE(UNSPECIFIED))
SPOIL(place_physician, statement(plan, PLAN_PHYSICIAN)->institution_code =
	plan_text("H14010500322"))
SPOIL(place_hospital_pharmacist, statement(plan, PLAN_HOSPITAL_PHARMACIST)->institution_code =
	plan_text("H1401050032"))
SPOIL(place_pharmacist, statement(plan, PLAN_PHARMACIST)->institution_code =
	plan_text(PLAN_PHARMACY_2))
SPOIL(person_physician, statement(plan, PLAN_PHYSICIAN)->practitioner_code = plan_text("D1"))
SPOIL(person_hospital_pharmacist, statement(plan, PLAN_HOSPITAL_PHARMACIST)->practitioner_code =
	plan_text(""))
SPOIL(person_pharmacist, statement(plan, PLAN_PHARMACIST)->practitioner_code = plan_text("HY1"))

/* The right document, signed by somebody registered, but not the one it names. */
SPOIL(by_pharmacist, plan->prescription_key = plan->keys[PLAN_HOSPITAL_PHARMACIST])
SPOIL(review_by_physician, plan->hospital_review_key = plan->keys[PLAN_PHYSICIAN])
SPOIL(review_by_other_pharmacy, plan->review_key = plan->keys[PLAN_OTHER_PHARMACIST])
SPOIL(dispense_by_other_pharmacy, plan->dispense_key = plan->keys[PLAN_OTHER_PHARMACIST])
SPOIL(prescription_by_stranger, plan->prescription_key = plan->stranger)
SPOIL(hospital_review_by_stranger, plan->hospital_review_key = plan->stranger)
SPOIL(rejection_by_stranger, plan->rejection_key = plan->stranger)
SPOIL(review_by_stranger, plan->review_key = plan->stranger)
SPOIL(dispense_by_stranger, plan->dispense_key = plan->stranger)

/* What the documents say. */
SPOIL(no_physician, plan->prescription.physician = NULL)
SPOIL(no_patient, plan->prescription.patient = NULL)
SPOIL(other_hospital, plan->hospital_review.hospital_code = plan_text("H14010500322"))
SPOIL(not_passed, plan->hospital_review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED)
SPOIL(own_reviewer, plan->hospital_review.pharmacist_code = plan->physician.code)
SPOIL(skewed_early, plan->hospital_review.reviewed_at_ms =
	PLAN_RECEIVED_AT_MS - SIGNED_AT_SKEW_MS_MAX - 1)
SPOIL(skewed_late, plan->hospital_review.reviewed_at_ms =
	PLAN_RECEIVED_AT_MS + SIGNED_AT_SKEW_MS_MAX + 1)
SPOIL(skew_at_limit_early, plan->hospital_review.reviewed_at_ms =
	PLAN_RECEIVED_AT_MS - SIGNED_AT_SKEW_MS_MAX)
SPOIL(skew_at_limit_late, plan->hospital_review.reviewed_at_ms =
	PLAN_RECEIVED_AT_MS + SIGNED_AT_SKEW_MS_MAX)
SPOIL(received_at_the_end_of_time, plan->state.received_at_ms = INT64_MAX;
	statement(plan, PLAN_PHYSICIAN)->not_after_ms = INT64_MAX)
SPOIL(received_before_time, plan->state.received_at_ms = INT64_MIN)
SPOIL(review_undecided, plan->review.result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_UNSPECIFIED)
SPOIL(review_by_same_person, plan->review.pharmacist_code = plan->hospital_review.pharmacist_code;
	statement(plan, PLAN_PHARMACIST)->practitioner_code = plan->review.pharmacist_code)
SPOIL(review_by_prescriber, plan->review.pharmacist_code = plan->physician.code;
	statement(plan, PLAN_PHARMACIST)->practitioner_code = plan->review.pharmacist_code)
SPOIL(review_in_hospital, plan->review.pharmacy_code = plan_text(PLAN_HOSPITAL);
	statement(plan, PLAN_PHARMACIST)->institution_code = plan->review.pharmacy_code)
/* Somebody calls a pharmacy a hospital: then it is no hospital's own pharmacy. */
SPOIL(review_by_prescribing_pharmacy, plan->prescription.hospital_code = plan_text(PLAN_PHARMACY);
	plan->hospital_review.hospital_code = plan_text(PLAN_PHARMACY);
	statement(plan, PLAN_PHYSICIAN)->institution_code = plan_text(PLAN_PHARMACY);
	statement(plan, PLAN_HOSPITAL_PHARMACIST)->institution_code = plan_text(PLAN_PHARMACY))

/* The hospital fills at its own pharmacy; another of its pharmacists reviews there. */
static void own_pharmacy(struct plan *plan)
{
	plan->review.pharmacy_code = plan->dispense.pharmacy_code = plan->back.pharmacy_code =
		plan_text(PLAN_HOSPITAL);
	statement(plan, PLAN_PHARMACIST)->institution_code = plan_text(PLAN_HOSPITAL);
	statement(plan, PLAN_PHARMACIST)->role = ROLE(HOSPITAL_PHARMACIST);
}

SPOIL(own_pharmacy_same_person, own_pharmacy(plan);
	plan->review.pharmacist_code = plan->hospital_review.pharmacist_code;
	plan->review_key = plan->keys[PLAN_HOSPITAL_PHARMACIST])
SPOIL(own_pharmacy_dispense_by_physician, own_pharmacy(plan);
	plan->dispense_key = plan->keys[PLAN_PHYSICIAN])
SPOIL(own_pharmacy_return_by_physician, own_pharmacy(plan);
	plan->return_key = plan->keys[PLAN_PHYSICIAN])
SPOIL(review_of_other_rx, plan->review.rx_id.len = 15)
SPOIL(dispense_of_other_rx, plan->dispense.rx_id.len = 0)
SPOIL(dispense_on_rejection, plan->dispense_names = PLAN_REJECTION)
SPOIL(dispense_elsewhere, plan->dispense.pharmacy_code = plan_text(PLAN_PHARMACY_2))
SPOIL(dispense_before_review, plan->later[1] = PLAN_DISPENSE; plan->later[2] = PLAN_REVIEW)
SPOIL(dispense_on_prescription, plan->later[0] = PLAN_DISPENSE; plan->later_count = 1)

/* Revocations. */
SPOIL(revocation_by_pharmacist, with_revocation(plan);
	plan->revocation_key = plan->keys[PLAN_HOSPITAL_PHARMACIST];
	plan->revocation.practitioner_code = plan->hospital_review.pharmacist_code)
SPOIL(revocation_by_pharmacy, with_revocation(plan);
	plan->revocation_key = plan->keys[PLAN_PHARMACIST];
	plan->revocation.practitioner_code = plan->review.pharmacist_code)
SPOIL(revocation_in_other_name, with_revocation(plan);
	plan->revocation_key = plan->keys[PLAN_HOSPITAL_PHARMACIST])
SPOIL(revocation_by_stranger, with_revocation(plan); plan->revocation_key = plan->stranger)
SPOIL(revocation_of_other_rx, with_revocation(plan); plan->revocation.rx_id.len = 8)
SPOIL(revocation_of_other_hospital, with_revocation(plan);
	plan->revocation.hospital_code = plan_text(PLAN_PHARMACY))
SPOIL(revocation_hidden_by_state, with_revocation(plan); plan->state.validity = VALIDITY(VALID))
SPOIL(revocation_after_key_revoked, with_revocation(plan);
	statement(plan, PLAN_PHYSICIAN)->revoked_from_ms = plan->revocation.revoked_at_ms)

/* What the carrier may do without any key. */
TAMPER(drop_prescription, document_drop(&bundle->prescription))
TAMPER(drop_hospital_review, document_drop(&bundle->hospital_review))
TAMPER(drop_review, later_drop(bundle, 1))
TAMPER(drop_rejection, later_drop(bundle, 0))
TAMPER(drop_statement_0, statement_drop(bundle, 0))
TAMPER(drop_statement_1, statement_drop(bundle, 1))
TAMPER(drop_statement_2, statement_drop(bundle, 2))
TAMPER(drop_statement_3, statement_drop(bundle, 3))
TAMPER(drop_state, rxcirc__v1__prescription_state__free_unpacked(bundle->state, NULL);
	bundle->state = NULL)
TAMPER(cut_rx_id, bundle->state->rx_id.len = 15)
TAMPER(other_rx_id, bundle->state->rx_id.data[0] ^= 1)
TAMPER(swap_signatures_of_hospital, swap_signatures(bundle->prescription, bundle->hospital_review))
TAMPER(swap_signatures_of_pharmacy, swap_signatures(bundle->later[1], bundle->later[2]))
TAMPER(swap_signatures_of_statements, swap_signatures(bundle->key_statements[0],
	bundle->key_statements[1]))
TAMPER(change_kind, bundle->later[1]->kind = KIND(DISPENSE_RECORD))
TAMPER(change_kind_to_statement, bundle->later[1]->kind = KIND(KEY_STATEMENT))
TAMPER(change_kind_to_nonsense, bundle->prescription->kind = (Rxcirc__V1__DocumentKind)77)
TAMPER(cut_signature, bundle->hospital_review->signature.len = 63)
TAMPER(cut_key_id, bundle->prescription->key_id.len = 31)
TAMPER(empty_body, bundle->prescription->body.len = 0)
TAMPER(received_earlier, bundle->state->received_at_ms -= 400 * PLAN_DAY_MS)

static const struct spoiled spoileds[] = {
#define S(what, reason, document) {#what, what, NULL, reason, document}
#define T(what, reason, document) {#what, NULL, what, reason, document}
	S(digest_review, "DOCUMENT_CHAIN_BROKEN", "hospital review"),
	S(digest_review_signature, "DOCUMENT_CHAIN_BROKEN", "hospital review"),
	S(digest_pharmacy, "DOCUMENT_CHAIN_BROKEN", "pharmacy review (later document 1)"),
	S(digest_pharmacy_signature, "DOCUMENT_CHAIN_BROKEN", "pharmacy review"),
	S(digest_pharmacy_second, "DOCUMENT_CHAIN_BROKEN", "pharmacy review"),
	S(digest_pharmacy_second_signature, "DOCUMENT_CHAIN_BROKEN", "pharmacy review"),
	S(digest_dispense, "DOCUMENT_CHAIN_BROKEN", "dispense record (later document 3)"),
	S(digest_dispense_signature, "DOCUMENT_CHAIN_BROKEN", "dispense record"),
	S(digest_return, "DOCUMENT_CHAIN_BROKEN", "return record (later document 4)"),
	S(digest_return_signature, "DOCUMENT_CHAIN_BROKEN", "return record"),
	S(digest_revocation, "DOCUMENT_CHAIN_BROKEN", "revocation (later document 1)"),
	S(no_reference, "DOCUMENT_CHAIN_BROKEN", "hospital review"),
	S(physician_expired, "KEY_EXPIRED", "prescription"),
	S(physician_expires_next, NULL, NULL),
	S(physician_early, "KEY_NOT_YET_VALID", "prescription"),
	S(physician_just_valid, NULL, NULL),
	S(physician_revoked, "KEY_REVOKED", "prescription"),
	S(physician_revoked_next, NULL, NULL),
	S(hospital_pharmacist_expired, "KEY_EXPIRED", "hospital review"),
	S(hospital_pharmacist_revoked, "KEY_REVOKED", "hospital review"),
	S(pharmacist_expired, "KEY_EXPIRED", "pharmacy review (later document 2)"),
	S(pharmacist_revoked, "KEY_REVOKED", "pharmacy review (later document 2)"),
	S(pharmacist_revoked_between, "KEY_REVOKED", "dispense record"),
	S(pharmacist_revoked_after, NULL, NULL),
	S(pharmacist_revoked_before_return, "KEY_REVOKED", "return record (later document 4)"),
	S(other_pharmacist_early, "KEY_NOT_YET_VALID", "pharmacy review (later document 1)"),
	S(newer_revocation, "KEY_REVOKED", "prescription"),
	S(newer_revocation_first, "KEY_REVOKED", "prescription"),
	S(newer_later_revocation, NULL, NULL),
	S(older_revocation, NULL, NULL),
	S(same_time_other_word, "STATEMENT_CONFLICT", "key statement 5"),
	S(same_statement_twice, NULL, NULL),
	S(statement_by_stranger, "STATEMENT_UNTRUSTED", "key statement 2"),
	S(statement_by_signer, "STATEMENT_UNTRUSTED", "key statement 1"),
	S(statement_algorithm, "DOCUMENT_MALFORMED", "key statement 1"),
	S(statement_short_key, "DOCUMENT_MALFORMED", "key statement 1"),
	S(statement_unsound_key, "KEY_UNSOUND", "key statement 4"),
	S(role_physician, "KEY_ROLE_FOREIGN", "prescription"),
	S(role_hospital_pharmacist, "KEY_ROLE_FOREIGN", "hospital review"),
	S(role_pharmacist, "KEY_ROLE_FOREIGN", "pharmacy review"),
	S(role_none, "KEY_ROLE_FOREIGN", "pharmacy review"),
	S(place_physician, "KEY_INSTITUTION_FOREIGN", "prescription"),
	S(place_hospital_pharmacist, "KEY_INSTITUTION_FOREIGN", "hospital review"),
	S(place_pharmacist, "KEY_INSTITUTION_FOREIGN", "pharmacy review"),
	S(person_physician, "KEY_PERSON_FOREIGN", "prescription"),
	S(person_hospital_pharmacist, "KEY_PERSON_FOREIGN", "hospital review"),
	S(person_pharmacist, "KEY_PERSON_FOREIGN", "pharmacy review"),
	S(by_pharmacist, "KEY_ROLE_FOREIGN", "prescription"),
	S(review_by_physician, "KEY_ROLE_FOREIGN", "hospital review"),
	S(review_by_other_pharmacy, "KEY_INSTITUTION_FOREIGN", "pharmacy review"),
	S(dispense_by_other_pharmacy, "KEY_INSTITUTION_FOREIGN", "dispense record"),
	S(prescription_by_stranger, "KEY_UNKNOWN", "prescription"),
	S(hospital_review_by_stranger, "KEY_UNKNOWN", "hospital review"),
	S(rejection_by_stranger, "KEY_UNKNOWN", "later document 1"),
	S(review_by_stranger, "KEY_UNKNOWN", "later document 2"),
	S(dispense_by_stranger, "KEY_UNKNOWN", "later document 3"),
	S(no_physician, "DOCUMENT_MALFORMED", "prescription"),
	S(no_patient, "DOCUMENT_MALFORMED", "prescription"),
	S(other_hospital, "INSTITUTION_FOREIGN", "hospital review"),
	S(not_passed, "REVIEW_NOT_PASSED", "hospital review"),
	S(own_reviewer, "REVIEW_SAME_PERSON", "hospital review"),
	S(skewed_early, "SIGNED_AT_SKEWED", "hospital review"),
	S(skewed_late, "SIGNED_AT_SKEWED", "hospital review"),
	S(skew_at_limit_early, NULL, NULL),
	S(skew_at_limit_late, NULL, NULL),
	S(received_at_the_end_of_time, "KEY_EXPIRED", "prescription"),
	S(received_before_time, "KEY_NOT_YET_VALID", "prescription"),
	S(review_undecided, "DOCUMENT_MALFORMED", "pharmacy review"),
	S(review_by_same_person, "REVIEW_SAME_PERSON", "pharmacy review"),
	S(review_by_prescriber, "REVIEW_SAME_PERSON", "pharmacy review"),
	S(review_in_hospital, "KEY_ROLE_FOREIGN", "pharmacy review"),
	S(review_by_prescribing_pharmacy, "REVIEW_SAME_INSTITUTION", "pharmacy review"),
	S(own_pharmacy_same_person, "REVIEW_SAME_PERSON", "pharmacy review"),
	S(own_pharmacy_dispense_by_physician, "KEY_ROLE_FOREIGN", "dispense record"),
	S(own_pharmacy_return_by_physician, "KEY_ROLE_FOREIGN", "return record"),
	S(review_of_other_rx, "RX_ID_FOREIGN", "pharmacy review"),
	S(dispense_of_other_rx, "RX_ID_FOREIGN", "dispense record"),
	S(dispense_on_rejection, "REVIEW_NOT_PASSED", "dispense record"),
	S(dispense_elsewhere, "INSTITUTION_FOREIGN", "dispense record"),
	S(dispense_before_review, "DOCUMENT_CHAIN_BROKEN", "dispense record"),
	S(dispense_on_prescription, "DOCUMENT_CHAIN_BROKEN", "dispense record"),
	S(with_revocation, NULL, NULL),
	S(revocation_by_pharmacist, NULL, NULL),
	S(revocation_by_pharmacy, "KEY_ROLE_FOREIGN", "revocation"),
	S(revocation_in_other_name, "KEY_ROLE_FOREIGN", "revocation"),
	S(revocation_by_stranger, "KEY_UNKNOWN", "revocation"),
	S(revocation_of_other_rx, "RX_ID_FOREIGN", "revocation"),
	S(revocation_of_other_hospital, "INSTITUTION_FOREIGN", "revocation"),
	S(revocation_hidden_by_state, "STATE_CONTRADICTED", "revocation"),
	S(revocation_after_key_revoked, "KEY_REVOKED", "revocation"),
	T(drop_prescription, "DOCUMENT_MISSING", "prescription"),
	T(drop_hospital_review, "DOCUMENT_MISSING", "hospital review"),
	T(drop_review, "DOCUMENT_CHAIN_BROKEN", "dispense record (later document 2)"),
	T(drop_rejection, NULL, NULL),
	T(drop_statement_0, "KEY_UNKNOWN", "prescription"),
	T(drop_statement_1, "KEY_UNKNOWN", "hospital review"),
	T(drop_statement_2, "KEY_UNKNOWN", "later document 2"),
	T(drop_statement_3, "KEY_UNKNOWN", "later document 1"),
	T(drop_state, "DOCUMENT_MISSING", "bundle"),
	T(cut_rx_id, "DOCUMENT_MISSING", "bundle"),
	T(other_rx_id, "RX_ID_FOREIGN", "later document 1"),
	T(swap_signatures_of_hospital, "SIGNATURE_INVALID", "prescription"),
	T(swap_signatures_of_pharmacy, "SIGNATURE_INVALID", "later document 2"),
	T(swap_signatures_of_statements, "STATEMENT_UNTRUSTED", "key statement 1"),
	T(change_kind, "SIGNATURE_INVALID", "later document 2"),
	T(change_kind_to_statement, "DOCUMENT_MALFORMED", "later document 2"),
	T(change_kind_to_nonsense, "DOCUMENT_MALFORMED", "prescription"),
	T(cut_signature, "DOCUMENT_MALFORMED", "hospital review"),
	T(cut_key_id, "DOCUMENT_MALFORMED", "prescription"),
	T(empty_body, "DOCUMENT_MALFORMED", "prescription"),
	T(received_earlier, "KEY_NOT_YET_VALID", "prescription"),
#undef S
#undef T
};

static void finds_each_single_thing_that_is_wrong(void **state)
{
	(void)state;
	assert_each_found(spoileds, sizeof(spoileds) / sizeof(spoileds[0]));
}

static void accepts_a_hospitals_own_pharmacy(void **state)
{
	struct plan plan;
	bundle_t *bundle;

	(void)state;
	plan_init(&plan);
	own_pharmacy(&plan);
	bundle = plan_build(&plan);
	assert_verdict("own pharmacy", &plan, bundle, NULL, NULL);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
}

static void accepts_a_whole_history(void **state)
{
	struct plan plan;
	bundle_t *bundle;

	(void)state;
	plan_init(&plan);
	bundle = plan_build(&plan);
	assert_verdict("whole history", &plan, bundle, NULL, NULL);
	rxcirc__v1__prescription_bundle__free_unpacked(bundle, NULL);
	plan_clear(&plan);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(accepts_a_whole_history),
		PROVES(accepts_a_hospitals_own_pharmacy, "NT33-N2.3"),
		PROVES(finds_each_single_thing_that_is_wrong, "JIN15-4.6"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
