/* Returns and reversals: by line, by whoever handed over, in time, and what they leave behind. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "domain/life.h"

static struct ledger l;
static Rxcirc__V1__DispenseRecord *handed;
static Rxcirc__V1__ReturnRecord *back;

static void renew(void)
{
	back = return_record_of(l.dispense_record, handed);
	back->returned_at_ms = stage.now_ms;
}

/* Four of the first drug and five of the second are with the person. */
static void begin(void)
{
	act_prepare(ACT_DISPENSE, &l);
	handed = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	scene_dispense(&l, PHARMACIST, handed);
	renew();
}

static void as_reversal(void)
{
	back->kind = RXCIRC__V1__RETURN_KIND__RETURN_KIND_REVERSAL;
	back->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_WRONG_ENTRY;
}

/* Only the first line, so many of it. */
static void only(int64_t quantity_e4, int64_t amount_fen)
{
	back->n_lines = 1;
	back->lines[0]->quantity_e4 = quantity_e4;
	back->lines[0]->amount_fen = amount_fen;
	back->total_fen = amount_fen;
}

static enum status_reason send_as(int by)
{
	scene_as(by);
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("fill_return", true);
	return stage_call(&return_method, return_of(&l, back, by));
}

static enum status_reason send(void)
{
	return send_as(PHARMACIST);
}

static void all_comes_back_and_nothing_is_owed_again(void **state)
{
	const Rxcirc__V1__ReturnDispensedResponse *reply;

	(void)state;
	begin();
	assert_int_equal(send(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__return_dispensed_response__descriptor);
	assert_int_equal(reply->return_no, 1);
	assert_int_equal(reply->state->use, RXCIRC__V1__USE_STATE__USE_STATE_RETURNED);
	assert_int_equal(reply->state->lines[0]->returned_e4, 40000);
	assert_int_equal(reply->state->lines[0]->owed_e4, 0);
	ledger_take_change(&l);
	assert_int_equal(l.use, USE_RETURNED);
	assert_int_equal(l.dispensed[0], 40000);
	assert_int_equal(l.returned[1], 50000);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_RETURNED);
	assert_string_equal(l.leaf->reason, "quality");
	back->return_no = 2;
	assert_int_equal(send(), STATUS_QUANTITY_EXCEEDED);
}

static void a_part_comes_back_and_the_rest_stays_dispensed(void **state)
{
	(void)state;
	begin();
	only(10000, 1250);
	scene_return(&l, PHARMACIST, back);
	assert_int_equal(l.use, USE_DISPENSED);
	assert_int_equal(l.returned[0], 10000);
	renew();
	back->return_no = 2;
	only(30001, 3750);
	assert_int_equal(send(), STATUS_QUANTITY_EXCEEDED);
	stage_expect_found("FIELD", "lines[0].sel_retn_cnt");
	only(30000, 3750);
	scene_return(&l, PHARMACIST, back);
	assert_int_equal(l.use, USE_DISPENSED); /* the other line is with the person still */
}

static void a_reversal_makes_it_owed_again(void **state)
{
	(void)state;
	begin();
	as_reversal();
	only(10000, 1250);
	scene_return(&l, PHARMACIST, back);
	assert_int_equal(l.use, USE_PARTLY);
	assert_int_equal(l.dispensed[0], 30000);
	assert_int_equal(l.returned[0], 0);
	renew();
	as_reversal();
	back->return_no = 2;
	back->lines[0]->quantity_e4 = 30000;
	back->lines[0]->amount_fen = 3750;
	back->total_fen = 3750 + back->lines[1]->amount_fen;
	scene_return(&l, PHARMACIST, back);
	assert_int_equal(l.use, USE_UNUSED);
	assert_int_equal(l.dispensed[1], 0);
	/* and it can be handed over, anew and once */
	scene_claim(&l, OTHER_PHARMACIST);
	scene_review(&l, OTHER_PHARMACIST, true);
	handed = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, OTHER_PHARMACIST);
	handed->fill_no = 2;
	scene_dispense(&l, OTHER_PHARMACIST, handed);
	assert_int_equal(l.use, USE_DISPENSED);
}

static void a_revoked_or_expired_prescriptions_goods_may_come_back(void **state)
{
	(void)state;
	begin();
	stage.now_ms = l.valid_until_ms;
	renew();
	assert_int_equal(send(), STATUS_OK);
}

static void only_whoever_handed_over_takes_back(void **state)
{
	(void)state;
	begin();
	back->pharmacy_code = paper_text(OTHER_PHARMACY);
	back->pharmacist_code =
		paper_text(stage.province.people[OTHER_PHARMACIST].practitioner.code);
	assert_int_equal(send_as(OTHER_PHARMACIST), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "fill_no");
	renew();
	assert_int_equal(send_as(OTHER_PHARMACIST), STATUS_KEY_FOREIGN);
}

static void it_names_the_hand_over_it_is_about(void **state)
{
	(void)state;
	begin();
	back->fill_no = 2;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "fill_no");
	renew();
	back->dispense_record = paper_name(l.pharmacy_review);
	assert_int_equal(send(), STATUS_DOCUMENT_CHAIN_BROKEN);
	renew();
	back->return_no = 2;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "return_no");
}

static void it_is_taken_back_until_the_regions_last_day_and_not_after(void **state)
{
	(void)state;
	begin();
	stage.now_ms = handed->dispensed_at_ms + INT64_C(30) * DAY_MS;
	renew();
	assert_int_equal(send(), STATUS_OK);
	stage.now_ms++;
	renew();
	assert_int_equal(send(), STATUS_RETURN_NOT_ALLOWED);
	stage_expect_found("RETURN", "returned_at_ms");
	province_parameter(&stage.province, HOME_REGION, "return-days-max", "31");
	stage_rebuild();
	assert_int_equal(send(), STATUS_OK);
}

static void the_region_says_for_which_reasons(void **state)
{
	(void)state;
	begin();
	province_parameter(&stage.province, HOME_REGION, "return-reasons", "recall wrong-entry");
	stage_rebuild();
	assert_int_equal(send(), STATUS_RETURN_NOT_ALLOWED);
	stage_expect_found("RETURN", "reason");
	back->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_RECALL;
	assert_int_equal(send(), STATUS_OK);
}

static void kind_and_reason_go_together(void **state)
{
	(void)state;
	begin();
	back->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_WRONG_ENTRY;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "reason");
	as_reversal();
	back->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_QUALITY;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	back->kind = (Rxcirc__V1__ReturnKind)3;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "kind");
	renew();
	back->reason = (Rxcirc__V1__ReturnReason)6;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	renew();
	back->reason = RXCIRC__V1__RETURN_REASON__RETURN_REASON_OTHER;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "note");
}

static void a_note_has_at_most_200_characters(void **state)
{
	static const char word[] = "退"; /* three bytes */
	char text[3 * (RETURN_NOTE_MAX + 1) + 1];

	(void)state;
	begin();
	for (int i = 0; i <= RETURN_NOTE_MAX; i++)
		memcpy(text + 3 * i, word, sizeof(word));
	back->note = text + 3;
	assert_int_equal(send(), STATUS_OK);
	back->note = text;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "note");
}

static void the_money_is_what_was_paid_for_it(void **state)
{
	(void)state;
	begin();
	only(10000, 1251);
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "lines[0].sumamt");
	only(10000, 1250);
	back->total_fen++;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "total_fen");
	only(0, 0);
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "lines[0].sel_retn_cnt");
}

static void the_lines_are_those_of_the_hand_over_each_once(void **state)
{
	(void)state;
	begin();
	back->lines[1]->line_no = 1;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "lines[1].line_no");
	renew();
	back->lines[1]->line_no = 3;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	renew();
	back->lines[1]->drug_code = back->lines[0]->drug_code;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "lines[1].med_list_codg");
	renew();
	back->n_lines = 0;
	assert_int_equal(send(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "lines");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(all_comes_back_and_nothing_is_owed_again),
		STAGED(a_part_comes_back_and_the_rest_stays_dispensed),
		STAGED_PROVES(a_reversal_makes_it_owed_again, "C17"),
		STAGED(a_revoked_or_expired_prescriptions_goods_may_come_back),
		STAGED(only_whoever_handed_over_takes_back),
		STAGED(it_names_the_hand_over_it_is_about),
		STAGED(it_is_taken_back_until_the_regions_last_day_and_not_after),
		STAGED(the_region_says_for_which_reasons),
		STAGED(kind_and_reason_go_together),
		STAGED(a_note_has_at_most_200_characters),
		STAGED(the_money_is_what_was_paid_for_it),
		STAGED(the_lines_are_those_of_the_hand_over_each_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("return", tests, stage_open, stage_close);
}
