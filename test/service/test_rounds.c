/* Repeat prescriptions: round after round, each when its interval has passed and not before. */
#include "test/service/scene.h"

#include <string.h>

#include "domain/life.h"

enum { INTERVAL_DAYS = 14 };

static struct ledger l;

/* Three rounds, fourteen days apart. */
static void begin(void)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	rx_paper_init(paper, &stage.province);
	paper->m.repeat = &paper->repeat;
	paper->repeat.fills_max = 3;
	paper->repeat.interval_days_min = INTERVAL_DAYS;
	paper->m.long_prescription = 1;
	paper->m.long_basis = &paper->long_basis;
	paper->long_basis.assessed = 1;
	paper->long_basis.patient_confirmed = 1;
	paper->m.validity_days = 60;
	scene_upload(&l, paper);
	assert_int_equal(l.fills_max, 3);
}

static Rxcirc__V1__DispenseRecord *record_of(uint32_t fill_no, uint32_t round)
{
	Rxcirc__V1__DispenseRecord *m = dispense_record_of(l.pharmacy_review, l.rx_id,
		&stage.province, PHARMACIST);

	m->fill_no = fill_no;
	m->round = round;
	m->dispensed_at_ms = stage.now_ms;
	return m;
}

static void fill(uint32_t fill_no, uint32_t round)
{
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	scene_dispense(&l, PHARMACIST, record_of(fill_no, round));
}

static enum status_reason claim(void)
{
	scene_as(PHARMACIST);
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	return stage_call(&claim_method, claim_of(&l, PHARMACIST));
}

static void the_next_round_opens_when_the_interval_has_passed_and_not_before(void **state)
{
	const Rxcirc__V1__ClaimPrescriptionResponse *reply;

	(void)state;
	begin();
	fill(1, 0);
	assert_int_equal(l.use, USE_DISPENSED);
	assert_int_equal(l.round, 1);
	assert_int_equal(l.next_from_ms, noon_ms + INTERVAL_DAYS * DAY_MS);
	stage.now_ms = l.next_from_ms - 1;
	assert_int_equal(claim(), STATUS_ROUND_NOT_OPEN);
	stage_expect_found("ROUND", "next_round_from_ms");
	assert_string_equal(stage.req.findings[0]->message, "fill 2 of 3 opens in 1 days");
	stage.now_ms = l.next_from_ms;
	assert_int_equal(claim(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__claim_prescription_response__descriptor);
	assert_int_equal(reply->state->round, 2);
	assert_int_equal(reply->state->use, RXCIRC__V1__USE_STATE__USE_STATE_UNUSED);
	assert_int_equal(reply->state->lines[0]->owed_e4, 40000);
	assert_int_equal(reply->state->lines[0]->dispensed_e4, 40000);
	ledger_take_change(&l);
	assert_int_equal(l.round, 2);
	assert_int_equal(l.use, USE_UNUSED);
}

static void after_the_last_round_nothing_is_left(void **state)
{
	(void)state;
	begin();
	for (uint32_t round = 1; round <= 3; round++) {
		fill(round, round);
		stage.now_ms += INTERVAL_DAYS * DAY_MS;
	}
	assert_int_equal(l.dispensed[0], 3 * 40000);
	assert_int_equal(claim(), STATUS_PRESCRIPTION_USED);
}

static void a_record_says_which_round_it_is_of(void **state)
{
	(void)state;
	begin();
	fill(1, 1);
	stage.now_ms = l.next_from_ms;
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	for (uint32_t round = 0; round <= 3; round++) {
		stage_clear();
		ledger_answer_load(&l);
		ledger_answer_written("fill_put", true);
		assert_int_equal(stage_call(&dispense_method,
			dispense_of(&l, record_of(2, round), PHARMACIST)),
			round == 2 ? STATUS_OK : STATUS_FIELD_INVALID);
		if (round != 2)
			stage_expect_found("FIELD", "round");
	}
}

static void a_round_is_never_more_than_what_was_prescribed(void **state)
{
	Rxcirc__V1__DispenseRecord *record;

	(void)state;
	begin();
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	record = record_of(1, 1);
	record->lines[0]->quantity_e4 = 40001;
	stage_clear();
	ledger_answer_load(&l);
	assert_int_equal(stage_call(&dispense_method, dispense_of(&l, record, PHARMACIST)),
		STATUS_QUANTITY_EXCEEDED);
}

static void between_the_rounds_the_hospital_may_revoke_what_is_left(void **state)
{
	(void)state;
	begin();
	fill(1, 1);
	stage.now_ms = l.next_from_ms;
	stage_clear();
	scene_as(PHYSICIAN);
	ledger_answer_load(&l);
	ledger_answer_written("rx_change", true);
	{
		Rxcirc__V1__Revocation *m = revocation_of(l.prescription, l.rx_id, &stage.province);

		m->revoked_at_ms = stage.now_ms;
		assert_int_equal(stage_call(&revoke_method, revoke_of(&l, m)), STATUS_OK);
	}
	ledger_take_change(&l);
	assert_int_equal(l.validity, VALIDITY_REVOKED);
	assert_int_equal(l.round, 2);
	assert_int_equal(claim(), STATUS_PRESCRIPTION_REVOKED);
}

static void an_earlier_rounds_record_is_returned_and_not_reversed_once_the_next_is_open(
	void **state)
{
	Rxcirc__V1__DispenseRecord *handed;
	Rxcirc__V1__ReturnRecord *back;

	(void)state;
	begin();
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	handed = record_of(1, 1);
	scene_dispense(&l, PHARMACIST, handed);
	stage.now_ms = l.next_from_ms;
	back = return_record_of(l.dispense_record, handed);
	back->returned_at_ms = stage.now_ms;
	back->kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_REVERSAL;
	back->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_WRONG_ENTRY;
	stage_clear();
	ledger_answer_load(&l);
	assert_int_equal(stage_call(&return_method, return_of(&l, back, PHARMACIST)),
		STATUS_RETURN_NOT_ALLOWED);
	stage_expect_found("RETURN", "kind");
	back->kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_RETURN;
	back->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_ADVERSE;
	scene_return(&l, PHARMACIST, back);
	assert_int_equal(l.use, USE_UNUSED); /* of the second round */
	assert_int_equal(l.returned[0], 40000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(the_next_round_opens_when_the_interval_has_passed_and_not_before,
			"NT33-N2.1"),
		STAGED(after_the_last_round_nothing_is_left),
		STAGED(a_record_says_which_round_it_is_of),
		STAGED(a_round_is_never_more_than_what_was_prescribed),
		STAGED(between_the_rounds_the_hospital_may_revoke_what_is_left),
		STAGED(an_earlier_rounds_record_is_returned_and_not_reversed_once_the_next_is_open),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rounds", tests, stage_open, stage_close);
}
