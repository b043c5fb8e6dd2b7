/* Claiming and releasing: one holder at a time, a token that grows, a lease that ends. */
#include "test/service/scene.h"

#include <string.h>

#include "crypto/digest.h"
#include "domain/life.h"

static struct ledger l;

static const Rxcirc__V1__ClaimPrescriptionResponse *claim_reply(void)
{
	return stage_reply(&rxcirc__v1__claim_prescription_response__descriptor);
}

static enum status_reason claim(int by)
{
	scene_as(by);
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	return stage_call(&claim_method, claim_of(&l, by));
}

static enum status_reason release(int by)
{
	scene_as(by);
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	return stage_call(&release_method, release_of(&l));
}

static void a_claim_gives_a_lease_and_a_token(void **state)
{
	const Rxcirc__V1__ClaimPrescriptionResponse *reply;

	(void)state;
	scene_upload(&l, NULL);
	assert_int_equal(claim(PHARMACIST), STATUS_OK);
	reply = claim_reply();
	assert_int_equal(reply->fencing_token, 1);
	assert_string_equal(reply->state->holder_code, PHARMACY);
	assert_int_equal(reply->state->held_until_ms, noon_ms + LEASE_MS);
	assert_int_equal(reply->state->version, 2);
	assert_int_equal(reply->state->review,
		RXCIRC__V1__REVIEW_STATE__REVIEW_STATE_HOSPITAL_PASSED);
	ledger_take_change(&l);
	assert_string_equal(l.holder, PHARMACY);
	assert_int_equal(l.held_until_ms, noon_ms + LEASE_MS);
	assert_int_equal(l.token, 1);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIMED);
	assert_false(l.leaf->before->held);
	assert_true(l.leaf->after->held);
	assert_int_equal(l.document_count, 1);
	assert_int_equal(fake_pg_unused(), 0);
}

static void the_load_is_one_read_of_row_reply_and_documents(void **state)
{
	const struct fake_unit *u;

	(void)state;
	scene_upload(&l, NULL);
	assert_int_equal(claim(PHARMACIST), STATUS_OK);
	assert_int_equal(fake_pg_sent_count(), 2);
	u = fake_pg_sent(0);
	assert_string_equal(u->lane, "read");
	assert_int_equal(u->count, 3);
	assert_string_equal(u->queries[0].statement, "prescription_load");
	assert_string_equal(u->queries[1].statement, "reply_load");
	assert_string_equal(u->queries[2].statement, "documents_load");
	assert_true(slice_equal(fake_value(u, 0, 1), slice_of(l.rx_id, RX_ID_LEN)));
	assert_true(slice_equal(fake_value(u, 1, 1), slice_of_text(PHARMACY)));
}

static void the_holder_who_claims_again_gets_the_same_lease_and_nothing_is_written(void **state)
{
	const Rxcirc__V1__ClaimPrescriptionResponse *reply;

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	stage.now_ms += LEASE_MS - 1;
	stage_clear();
	scene_as(PHARMACIST);
	ledger_answer_load(&l);
	assert_int_equal(stage_call(&claim_method, claim_of(&l, PHARMACIST)), STATUS_OK);
	reply = claim_reply();
	assert_int_equal(reply->fencing_token, 1);
	assert_int_equal(reply->state->held_until_ms, noon_ms + LEASE_MS);
	assert_int_equal(reply->state->version, 2);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_claim_held_by_another_is_told_with_holder_and_end(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	stage.now_ms += MINUTE_MS;
	assert_int_equal(claim(OTHER_PHARMACIST), STATUS_CLAIM_HELD);
	stage_expect_found("HOLD", "holder_code");
	assert_string_equal(stage.req.findings[0]->message, "held by P14010500001 for another 1740 s");
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void a_lease_can_be_taken_over_at_its_end_and_not_a_millisecond_before(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	stage.now_ms = l.held_until_ms - 1;
	assert_int_equal(claim(OTHER_PHARMACIST), STATUS_CLAIM_HELD);
	assert_string_equal(stage.req.findings[0]->message, "held by P14010500001 for another 1 s");
	stage.now_ms = l.held_until_ms;
	assert_int_equal(claim(OTHER_PHARMACIST), STATUS_OK);
	assert_int_equal(claim_reply()->fencing_token, 2);
	ledger_take_change(&l);
	assert_string_equal(l.holder, OTHER_PHARMACY);
}

static void whoever_claims_his_own_lapsed_lease_gets_a_new_token(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	stage.now_ms = l.held_until_ms;
	assert_int_equal(claim(PHARMACIST), STATUS_OK);
	ledger_take_change(&l);
	assert_int_equal(l.token, 2);
	assert_int_equal(l.review, REVIEW_HOSPITAL_PASSED);
}

static void expect_grant_refused(const void *m)
{
	stage_clear();
	ledger_answer_load(&l); /* only to see whether this key was answered before */
	assert_int_equal(stage_call(&claim_method, m), STATUS_PULL_GRANT_INVALID);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_string_equal(fake_pg_sent(0)->lane, "read");
}

static void a_claim_needs_a_grant_of_this_pharmacy_for_this_prescription(void **state)
{
	Rxcirc__V1__ClaimPrescriptionRequest *m;
	uint8_t grant[PULL_GRANT_LEN], other_rx[RX_ID_LEN];

	(void)state;
	scene_upload(&l, NULL);
	scene_as(PHARMACIST);
	m = claim_of(&l, OTHER_PHARMACIST);
	expect_grant_refused(m);
	memcpy(other_rx, l.rx_id, sizeof(other_rx));
	other_rx[15] ^= 1;
	pull_grant_make(grant, stage.keys, other_rx, PHARMACY, noon_ms + GRANT_MS);
	m->pull_grant = paper_bytes(grant, sizeof(grant));
	expect_grant_refused(m);
	m->pull_grant = paper_bytes(grant, sizeof(grant) - 1);
	expect_grant_refused(m);
	m->pull_grant = paper_bytes(NULL, 0);
	expect_grant_refused(m);
}

static void a_grant_ends_at_its_end(void **state)
{
	Rxcirc__V1__ClaimPrescriptionRequest *m;

	(void)state;
	scene_upload(&l, NULL);
	scene_as(PHARMACIST);
	m = claim_of(&l, PHARMACIST);
	stage.now_ms = noon_ms + GRANT_MS - 1;
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	assert_int_equal(stage_call(&claim_method, m), STATUS_OK);
	stage_clear();
	stage.now_ms = noon_ms + GRANT_MS;
	ledger_answer_nothing(); /* also not under this key, earlier */
	assert_int_equal(stage_call(&claim_method, m), STATUS_PULL_GRANT_INVALID);
}

static void what_is_revoked_expired_or_used_cannot_be_claimed(void **state)
{
	struct ledger fresh;

	(void)state;
	scene_upload(&fresh, NULL);
	l = fresh;
	stage.now_ms = l.valid_until_ms - 1;
	assert_int_equal(claim(PHARMACIST), STATUS_OK);
	stage.now_ms = l.valid_until_ms;
	assert_int_equal(claim(PHARMACIST), STATUS_PRESCRIPTION_EXPIRED);
	stage.now_ms = noon_ms;
	scene_revoke(&l);
	assert_int_equal(claim(PHARMACIST), STATUS_PRESCRIPTION_REVOKED);
	l = fresh;
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	scene_dispense(&l, PHARMACIST, NULL);
	assert_int_equal(claim(OTHER_PHARMACIST), STATUS_PRESCRIPTION_USED);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	scene_as(PHARMACIST);
	ledger_answer_nothing();
	assert_int_equal(stage_call(&claim_method, claim_of(&l, PHARMACIST)),
		STATUS_PRESCRIPTION_NOT_FOUND);
}

static void a_shredded_prescription_is_not_found(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	l.is_shredded = true;
	assert_int_equal(claim(PHARMACIST), STATUS_PRESCRIPTION_NOT_FOUND);
}

static void an_rx_id_has_16_bytes(void **state)
{
	Rxcirc__V1__ClaimPrescriptionRequest *m;
	uint8_t longer[17] = {0};

	(void)state;
	scene_upload(&l, NULL);
	scene_as(PHARMACIST);
	m = claim_of(&l, PHARMACIST);
	m->rx_id = paper_bytes(longer, 15);
	assert_int_equal(stage_call(&claim_method, m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "rx_id");
	m->rx_id = paper_bytes(longer, 17);
	assert_int_equal(stage_call(&claim_method, m), STATUS_FIELD_INVALID);
	m->rx_id = paper_bytes(longer, 0);
	assert_int_equal(stage_call(&claim_method, m), STATUS_FIELD_INVALID);
	stage_expect_nothing_sent();
}

static void a_release_frees_it_for_others(void **state)
{
	const Rxcirc__V1__ReleaseClaimResponse *reply;

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	stage.now_ms += MINUTE_MS;
	assert_int_equal(release(PHARMACIST), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__release_claim_response__descriptor);
	assert_string_equal(reply->state->holder_code, "");
	ledger_take_change(&l);
	assert_string_equal(l.holder, "");
	assert_int_equal(l.held_until_ms, stage.now_ms);
	assert_int_equal(l.token, 1);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_RELEASED);
	assert_int_equal(claim(OTHER_PHARMACIST), STATUS_OK);
}

static void only_the_holder_releases(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	assert_int_equal(release(PHARMACIST), STATUS_CLAIM_NOT_HELD);
	scene_claim(&l, PHARMACIST);
	assert_int_equal(release(OTHER_PHARMACIST), STATUS_CLAIM_HELD);
	stage.now_ms = l.held_until_ms;
	assert_int_equal(release(PHARMACIST), STATUS_CLAIM_NOT_HELD);
}

static void a_release_with_another_token_is_stale(void **state)
{
	Rxcirc__V1__ReleaseClaimRequest *m;

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	stage.now_ms = l.held_until_ms;
	scene_claim(&l, PHARMACIST); /* the first lease lapsed: token 2 now */
	for (unsigned i = 0; i < 3; i++) {
		static const uint64_t others[] = {1, 3, UINT64_MAX};

		stage_clear();
		m = release_of(&l);
		m->fencing_token = others[i];
		ledger_answer_load(&l);
		assert_int_equal(stage_call(&release_method, m), STATUS_FENCING_TOKEN_STALE);
	}
}

static void what_expired_meanwhile_may_still_be_released(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	stage.now_ms = l.valid_until_ms - 1;
	scene_claim(&l, PHARMACIST);
	stage.now_ms = l.valid_until_ms;
	assert_int_equal(release(PHARMACIST), STATUS_OK);
}

static void a_body_that_is_no_message_is_malformed(void **state)
{
	static const uint8_t bytes[] = {0x0a, 0x05, 'a'};

	(void)state;
	scene_as(PHARMACIST);
	assert_int_equal(stage_call_bytes(&claim_method, slice_of(bytes, 3)), STATUS_BODY_MALFORMED);
	assert_int_equal(stage_call_bytes(&release_method, slice_of(bytes, 3)), STATUS_BODY_MALFORMED);
	stage_expect_nothing_sent();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_claim_gives_a_lease_and_a_token),
		STAGED(the_load_is_one_read_of_row_reply_and_documents),
		STAGED(the_holder_who_claims_again_gets_the_same_lease_and_nothing_is_written),
		STAGED(a_claim_held_by_another_is_told_with_holder_and_end),
		STAGED(a_lease_can_be_taken_over_at_its_end_and_not_a_millisecond_before),
		STAGED(whoever_claims_his_own_lapsed_lease_gets_a_new_token),
		STAGED(a_claim_needs_a_grant_of_this_pharmacy_for_this_prescription),
		STAGED(a_grant_ends_at_its_end),
		STAGED_PROVES(what_is_revoked_expired_or_used_cannot_be_claimed, "C1 C17"),
		STAGED(what_is_not_there_is_not_found),
		STAGED(a_shredded_prescription_is_not_found),
		STAGED(an_rx_id_has_16_bytes),
		STAGED(a_release_frees_it_for_others),
		STAGED(only_the_holder_releases),
		STAGED(a_release_with_another_token_is_stale),
		STAGED(what_expired_meanwhile_may_still_be_released),
		STAGED(a_body_that_is_no_message_is_malformed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("claim", tests, stage_open, stage_close);
}
