/* The pharmacy's own review: passed or rejected, by another person at another institution. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "domain/life.h"
#include "proto/document.h"

static struct ledger l;
static Rxcirc__V1__PharmacyReview *review;

/* A claimed prescription and a review that passes. */
static void begin(void)
{
	act_prepare(ACT_REVIEW, &l);
	review = pharmacy_review_of(l.prescription, l.hospital_review, l.rx_id, &stage.province,
		PHARMACIST);
}

static enum status_reason submit(const void *m)
{
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	return stage_call(&review_method, m);
}

static enum status_reason submit_review(void)
{
	scene_as(PHARMACIST);
	return submit(submit_of(&l, review, PHARMACIST));
}

static void a_passed_review_opens_the_hand_over(void **state)
{
	const Rxcirc__V1__SubmitReviewResponse *reply;

	(void)state;
	begin();
	assert_int_equal(submit_review(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__submit_review_response__descriptor);
	assert_int_equal(reply->state->review,
		RXCIRC__V1__REVIEW_STATE__REVIEW_STATE_PHARMACY_PASSED);
	assert_string_equal(reply->state->holder_code, PHARMACY);
	ledger_take_change(&l);
	assert_int_equal(l.review, REVIEW_PHARMACY_PASSED);
	assert_string_equal(l.holder, PHARMACY);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_PASSED);
	assert_string_equal(l.leaf->practitioner_code,
		stage.province.people[PHARMACIST].practitioner.code);
	assert_memory_equal(l.leaf->key_id.data, stage.province.people[PHARMACIST].pair.id,
		KEY_ID_LEN);
	assert_int_equal(l.document_count, 2);
	assert_int_equal(l.documents[1].seq, 3);
	assert_int_equal(l.documents[1].kind,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW);
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_rejection_gives_it_back_to_the_person(void **state)
{
	(void)state;
	begin();
	review->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED;
	review->reason = paper_text("用法用量不适宜");
	assert_int_equal(submit_review(), STATUS_OK);
	ledger_take_change(&l);
	assert_int_equal(l.review, REVIEW_PHARMACY_REJECTED);
	assert_string_equal(l.holder, "");
	assert_int_equal(l.held_until_ms, stage.now_ms);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_REJECTED);
	assert_false(l.leaf->after->held);
	scene_claim(&l, OTHER_PHARMACIST); /* another pharmacy may review anew */
	assert_int_equal(l.review, REVIEW_HOSPITAL_PASSED);
}

static void a_rejection_needs_a_reason(void **state)
{
	(void)state;
	begin();
	review->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED;
	assert_int_equal(submit_review(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "review.reason");
	stage_expect_nothing_sent();
}

static void a_review_passes_or_rejects(void **state)
{
	(void)state;
	begin();
	review->result = RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_UNSPECIFIED;
	assert_int_equal(submit_review(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "review.result");
	review->result = (Rxcirc__V1__ReviewResult)3;
	assert_int_equal(submit_review(), STATUS_FIELD_INVALID);
}

static void a_claim_is_reviewed_once(void **state)
{
	(void)state;
	begin();
	scene_review(&l, PHARMACIST, true);
	assert_int_equal(submit_review(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "review");
}

static void a_review_needs_the_claim(void **state)
{
	struct ledger claimed;

	(void)state;
	begin();
	claimed = l;
	stage.now_ms = l.held_until_ms - 1; /* the last moment of the lease */
	review->reviewed_at_ms = stage.now_ms;
	assert_int_equal(submit_review(), STATUS_OK);
	stage.now_ms = l.held_until_ms;
	review->reviewed_at_ms = stage.now_ms;
	assert_int_equal(submit_review(), STATUS_CLAIM_NOT_HELD);
	scene_claim(&l, OTHER_PHARMACIST);
	assert_int_equal(submit_review(), STATUS_CLAIM_HELD);
	stage_expect_found("HOLD", "holder_code");
	l = claimed;
}

static void an_old_token_is_stale(void **state)
{
	Rxcirc__V1__SubmitReviewRequest *m;

	(void)state;
	begin();
	m = submit_of(&l, review, PHARMACIST);
	m->fencing_token = 0;
	assert_int_equal(submit(m), STATUS_FENCING_TOKEN_STALE);
	m->fencing_token = 2;
	assert_int_equal(submit(m), STATUS_FENCING_TOKEN_STALE);
}

static void what_is_revoked_or_expired_is_not_reviewed(void **state)
{
	struct ledger claimed;

	(void)state;
	begin();
	claimed = l;
	scene_revoke(&l);
	assert_int_equal(submit_review(), STATUS_PRESCRIPTION_REVOKED);
	l = claimed;
	stage.now_ms = l.valid_until_ms;
	review->reviewed_at_ms = stage.now_ms;
	assert_int_equal(submit_review(), STATUS_PRESCRIPTION_EXPIRED);
}

static void a_review_of_another_prescription(void **state)
{
	uint8_t other[RX_ID_LEN];

	(void)state;
	begin();
	memcpy(other, l.rx_id, sizeof(other));
	other[7] ^= 1;
	review->rx_id = paper_bytes(other, sizeof(other));
	assert_int_equal(submit_review(), STATUS_DOCUMENT_CHAIN_BROKEN);
	review->rx_id = paper_bytes(NULL, 0);
	assert_int_equal(submit_review(), STATUS_DOCUMENT_CHAIN_BROKEN);
}

/* Each byte of each of the four digests counts. */
static void a_review_names_both_earlier_documents_and_their_signatures(void **state)
{
	Rxcirc__V1__DocumentDigest **names[2];
	Rxcirc__V1__DocumentDigest *kept;

	(void)state;
	begin();
	names[0] = &review->prescription;
	names[1] = &review->hospital_review;
	for (unsigned i = 0; i < 2; i++) {
		kept = *names[i];
		*names[i] = NULL;
		assert_int_equal(submit_review(), STATUS_DOCUMENT_CHAIN_BROKEN);
		*names[i] = kept;
		kept->document_sha256.data[31] ^= 1;
		assert_int_equal(submit_review(), STATUS_DOCUMENT_CHAIN_BROKEN);
		kept->document_sha256.data[31] ^= 1;
		kept->signature_sha256.data[0] ^= 1;
		assert_int_equal(submit_review(), STATUS_DOCUMENT_CHAIN_BROKEN);
		kept->signature_sha256.data[0] ^= 1;
		kept->signature_sha256.len--;
		assert_int_equal(submit_review(), STATUS_DOCUMENT_CHAIN_BROKEN);
		kept->signature_sha256.len++;
	}
	kept = review->prescription;
	review->prescription = review->hospital_review;
	review->hospital_review = kept;
	assert_int_equal(submit_review(), STATUS_DOCUMENT_CHAIN_BROKEN);
}

static void a_review_of_another_pharmacy(void **state)
{
	(void)state;
	begin();
	review->pharmacy_code = paper_text(OTHER_PHARMACY);
	assert_int_equal(submit_review(), STATUS_KEY_FOREIGN);
}

/* The same person, registered at the pharmacy as well as at the hospital, with another key. */
static void the_reviewer_must_not_be_the_hospitals(void **state)
{
	struct person *second = &stage.province.people[PHARMACIST];

	(void)state;
	second->practitioner.code = second->practice.practitioner_code =
		second->key.practitioner_code =
			stage.province.people[HOSPITAL_PHARMACIST].practitioner.code;
	/* one person, one record; the registry keeps whom it finds first */
	second->is_absent = true;
	stage_rebuild();
	begin();
	assert_int_equal(submit_review(), STATUS_REVIEW_SAME_PERSON);
}

/* A hospital that has a pharmacy of its own cannot review its own review. */
static void the_reviewing_institution_must_not_be_the_hospital(void **state)
{
	struct person *own = &stage.province.people[PHARMACIST];

	(void)state;
	own->practice.institution_code = own->key.institution_code = HOSPITAL;
	stage_rebuild();
	begin();
	stage_as(CALLER_PHARMACY, HOSPITAL, HOME_REGION);
	assert_int_equal(submit(submit_of(&l, review, PHARMACIST)), STATUS_REVIEW_SAME_PERSON);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	begin();
	ledger_answer_nothing();
	assert_int_equal(stage_call(&review_method, submit_of(&l, review, PHARMACIST)),
		STATUS_PRESCRIPTION_NOT_FOUND);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_passed_review_opens_the_hand_over, "JIN15-4.6"),
		STAGED_PROVES(a_rejection_gives_it_back_to_the_person, "C4"),
		STAGED_PROVES(a_rejection_needs_a_reason, "C4"),
		STAGED(a_review_passes_or_rejects),
		STAGED(a_claim_is_reviewed_once),
		STAGED(a_review_needs_the_claim),
		STAGED(an_old_token_is_stale),
		STAGED_PROVES(what_is_revoked_or_expired_is_not_reviewed, "C1"),
		STAGED(a_review_of_another_prescription),
		STAGED(a_review_names_both_earlier_documents_and_their_signatures),
		STAGED(a_review_of_another_pharmacy),
		STAGED_PROVES(the_reviewer_must_not_be_the_hospitals, "JIN15-4.6"),
		STAGED_PROVES(the_reviewing_institution_must_not_be_the_hospital, "JIN15-4.6"),
		STAGED(what_is_not_there_is_not_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("review", tests, stage_open, stage_close);
}
