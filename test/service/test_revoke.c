/* Revoking: the hospital's last word until the moment of hand-over, whoever holds it. */
#include "test/service/scene.h"

#include <string.h>

#include "domain/life.h"

static struct ledger l;
static Rxcirc__V1__Revocation *revocation;

static void begin(void)
{
	act_prepare(ACT_REVOKE, &l);
	revocation = revocation_of(l.prescription, l.rx_id, &stage.province);
}

static enum status_reason send(const void *m)
{
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	return stage_call(&revoke_method, m);
}

static enum status_reason revoke(void)
{
	scene_as(PHYSICIAN);
	revocation->revoked_at_ms = stage.now_ms;
	return send(revoke_of(&l, revocation));
}

static void an_unused_prescription_is_revoked(void **state)
{
	const Rxcirc__V1__RevokePrescriptionResponse *reply;

	(void)state;
	begin();
	assert_int_equal(revoke(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__revoke_prescription_response__descriptor);
	assert_int_equal(reply->state->validity, RXCIRC__V1__VALIDITY__VALIDITY_REVOKED);
	ledger_take_change(&l);
	assert_int_equal(l.validity, VALIDITY_REVOKED);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVOKED);
	assert_int_equal(l.leaf->before->validity, VALIDITY_VALID);
	assert_int_equal(l.leaf->after->validity, VALIDITY_REVOKED);
	assert_int_equal(l.documents[1].kind, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION);
}

static void a_held_one_is_taken_from_its_holder(void **state)
{
	(void)state;
	begin();
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	assert_int_equal(revoke(), STATUS_OK);
	ledger_take_change(&l);
	assert_string_equal(l.holder, "");
	assert_true(l.leaf->before->held);
	assert_false(l.leaf->after->held);
}

static void the_hospitals_pharmacist_may_revoke_too(void **state)
{
	Rxcirc__V1__RevokePrescriptionRequest *m;
	const struct person *who = &stage.province.people[HOSPITAL_PHARMACIST];

	(void)state;
	begin();
	revocation->practitioner_code = paper_text(who->practitioner.code);
	m = revoke_of(&l, revocation);
	m->revocation = paper_sign(revocation, &who->pair);
	assert_int_equal(send(m), STATUS_OK);
}

static void an_expired_one_may_be_revoked(void **state)
{
	(void)state;
	begin();
	stage.now_ms = l.valid_until_ms;
	assert_int_equal(revoke(), STATUS_OK);
}

static void what_was_handed_over_is_not_revoked_any_more(void **state)
{
	Rxcirc__V1__DispenseRecord *record;

	(void)state;
	begin();
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	record = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	record->n_lines = 1; /* a part is enough */
	record->total_fen = record->lines[0]->amount_fen;
	scene_dispense(&l, PHARMACIST, record);
	assert_int_equal(l.use, USE_PARTLY);
	assert_int_equal(revoke(), STATUS_PRESCRIPTION_USED);
	record = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	record->fill_no = 2;
	record->lines[0] = record->lines[1];
	record->n_lines = 1;
	record->total_fen = record->lines[0]->amount_fen;
	scene_dispense(&l, PHARMACIST, record);
	assert_int_equal(l.use, USE_DISPENSED);
	assert_int_equal(revoke(), STATUS_PRESCRIPTION_USED);
}

static void twice_is_refused(void **state)
{
	(void)state;
	begin();
	scene_revoke(&l);
	assert_int_equal(revoke(), STATUS_PRESCRIPTION_REVOKED);
}

/* The other hospital's physician signs rightly; it is not their prescription. */
static void another_hospitals_is_not_found(void **state)
{
	const struct person *who = &stage.province.people[OTHER_PHYSICIAN];
	Rxcirc__V1__RevokePrescriptionRequest *m;

	(void)state;
	begin();
	revocation->hospital_code = paper_text(OTHER_HOSPITAL);
	revocation->practitioner_code = paper_text(who->practitioner.code);
	m = revoke_of(&l, revocation);
	m->revocation = paper_sign(revocation, &who->pair);
	scene_as(OTHER_PHYSICIAN);
	assert_int_equal(send(m), STATUS_PRESCRIPTION_NOT_FOUND);
}

static void it_says_which_hospital_why_and_what(void **state)
{
	uint8_t other[RX_ID_LEN] = {0};

	(void)state;
	begin();
	revocation->hospital_code = paper_text(OTHER_HOSPITAL);
	assert_int_equal(revoke(), STATUS_KEY_FOREIGN);
	begin();
	revocation->reason = paper_text("");
	assert_int_equal(revoke(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "undoRea");
	begin();
	revocation->rx_id = paper_bytes(other, sizeof(other));
	assert_int_equal(revoke(), STATUS_DOCUMENT_CHAIN_BROKEN);
	begin();
	revocation->prescription = paper_name(l.hospital_review);
	assert_int_equal(revoke(), STATUS_DOCUMENT_CHAIN_BROKEN);
	revocation->prescription = NULL;
	assert_int_equal(revoke(), STATUS_DOCUMENT_CHAIN_BROKEN);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	begin();
	ledger_answer_nothing();
	assert_int_equal(stage_call(&revoke_method, revoke_of(&l, revocation)),
		STATUS_PRESCRIPTION_NOT_FOUND);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(an_unused_prescription_is_revoked),
		STAGED(a_held_one_is_taken_from_its_holder),
		STAGED(the_hospitals_pharmacist_may_revoke_too),
		STAGED(an_expired_one_may_be_revoked),
		STAGED(what_was_handed_over_is_not_revoked_any_more),
		STAGED(twice_is_refused),
		STAGED(another_hospitals_is_not_found),
		STAGED(it_says_which_hospital_why_and_what),
		STAGED(what_is_not_there_is_not_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("revoke", tests, stage_open, stage_close);
}
