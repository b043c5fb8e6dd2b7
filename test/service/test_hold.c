/* Renewing a lease and handing a claim to another branch, while the region lets anybody hold. */
#include "test/service/scene.h"

#include <string.h>

#include "domain/life.h"

#define CHAIN "K14000000001"

static struct ledger l;

static enum status_reason send(const struct method *method, const void *m)
{
	scene_as(PHARMACIST);
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	return stage_call(method, m);
}

static enum status_reason renew(uint64_t token)
{
	Rxcirc__V1__RenewClaimRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__renew_claim_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	m->fencing_token = token;
	return send(&renew_method, m);
}

static enum status_reason transfer(const char *to)
{
	Rxcirc__V1__TransferClaimRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__transfer_claim_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	m->fencing_token = (uint64_t)l.token;
	m->to_code = paper_text(to);
	return send(&transfer_method, m);
}

static void begin(void)
{
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
}

static void a_renewed_lease_lasts_longer_under_the_same_token(void **state)
{
	const Rxcirc__V1__RenewClaimResponse *reply;

	(void)state;
	begin();
	stage.now_ms += LEASE_MS - 1;
	assert_int_equal(renew((uint64_t)l.token), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__renew_claim_response__descriptor);
	assert_int_equal(reply->state->held_until_ms, stage.now_ms + LEASE_MS);
	ledger_take_change(&l);
	assert_int_equal(l.token, 1);
	assert_int_equal(l.held_from_ms, noon_ms);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIM_RENEWED);
}

static void what_is_not_held_is_not_renewed(void **state)
{
	(void)state;
	begin();
	assert_int_equal(renew(2), STATUS_FENCING_TOKEN_STALE);
	stage.now_ms += LEASE_MS;
	assert_int_equal(renew(1), STATUS_CLAIM_NOT_HELD);
}

static void nobody_holds_longer_than_the_region_allows(void **state)
{
	(void)state;
	province_parameter(&stage.province, HOME_REGION, "claim-hold-h-max", "1");
	stage_rebuild();
	begin();
	stage.now_ms += LEASE_MS - 1;
	assert_int_equal(renew(1), STATUS_OK);
	ledger_take_change(&l);
	assert_int_equal(l.held_until_ms, noon_ms + 2 * LEASE_MS - 1);
	stage.now_ms = noon_ms + HOUR_MS - 2;
	assert_int_equal(renew(1), STATUS_OK); /* to the hour, not beyond */
	ledger_take_change(&l);
	assert_int_equal(l.held_until_ms, noon_ms + HOUR_MS);
	assert_int_equal(renew(1), STATUS_HOLD_TOO_LONG);
	stage_expect_found("HOLD", "held_until_ms");
}

static void another_branch_of_the_chain_takes_over_and_is_told_its_token(void **state)
{
	const Rxcirc__V1__ClaimPrescriptionResponse *reply;
	Rxcirc__V1__ClaimPrescriptionRequest *m;

	(void)state;
	province_place(&stage.province, PHARMACY)->chain_code = CHAIN;
	province_place(&stage.province, OTHER_PHARMACY)->chain_code = CHAIN;
	(void)province_designation(&stage.province, OTHER_PHARMACY);
	stage_rebuild();
	begin();
	scene_review(&l, PHARMACIST, true);
	assert_int_equal(transfer(OTHER_PHARMACY), STATUS_OK);
	ledger_take_change(&l);
	assert_string_equal(l.holder, OTHER_PHARMACY);
	assert_int_equal(l.token, 2);
	assert_int_equal(l.review, REVIEW_HOSPITAL_PASSED); /* it reviews by itself */
	assert_string_equal(l.leaf->subject, "institution/" OTHER_PHARMACY);
	assert_int_equal(renew(1), STATUS_CLAIM_HELD);
	/* no grant is needed by whom it is held for */
	m = claim_of(&l, OTHER_PHARMACIST);
	m->pull_grant.len = 0;
	scene_as(OTHER_PHARMACIST);
	stage_clear();
	ledger_answer_load(&l);
	assert_int_equal(stage_call(&claim_method, m), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__claim_prescription_response__descriptor);
	assert_int_equal(reply->fencing_token, 2);
}

static void a_stranger_gets_no_claim_handed_over(void **state)
{
	(void)state;
	begin();
	assert_int_equal(transfer(OTHER_PHARMACY), STATUS_TRANSFER_NOT_ALLOWED);
	assert_int_equal(transfer(HOSPITAL), STATUS_TRANSFER_NOT_ALLOWED);
	assert_int_equal(transfer("P99999999999"), STATUS_TRANSFER_NOT_ALLOWED);
	assert_int_equal(transfer(PHARMACY), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "to_code");
	assert_int_equal(transfer(""), STATUS_FIELD_INVALID);
	assert_int_equal(transfer("P140105000011"), STATUS_FIELD_INVALID);
}

static void without_a_grant_nobody_else_claims(void **state)
{
	Rxcirc__V1__ClaimPrescriptionRequest *m;

	(void)state;
	scene_upload(&l, NULL);
	m = claim_of(&l, PHARMACIST);
	m->pull_grant.len = 0;
	assert_int_equal(send(&claim_method, m), STATUS_PULL_GRANT_INVALID);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_renewed_lease_lasts_longer_under_the_same_token),
		STAGED(what_is_not_held_is_not_renewed),
		STAGED(nobody_holds_longer_than_the_region_allows),
		STAGED(another_branch_of_the_chain_takes_over_and_is_told_its_token),
		STAGED(a_stranger_gets_no_claim_handed_over),
		STAGED_PROVES(without_a_grant_nobody_else_claims, "JIN15-1.3b"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hold", tests, stage_open, stage_close);
}
