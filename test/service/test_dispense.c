/* Handing over: exactly once, never more than is owed, by the holder who reviewed. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "domain/life.h"

static struct ledger l;
static Rxcirc__V1__DispenseRecord *record;

static void renew(void)
{
	record = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	record->dispensed_at_ms = stage.now_ms;
}

static void begin(void)
{
	act_prepare(ACT_DISPENSE, &l);
	renew();
}

static enum status_reason send(const void *m)
{
	stage_clear();
	ledger_answer_load(&l);
	ledger_answer_written("fill_put", true);
	return stage_call(&dispense_method, m);
}

static enum status_reason dispense(void)
{
	scene_as(PHARMACIST);
	return send(dispense_of(&l, record, PHARMACIST));
}

/* Only line `i` (0 or 1), so many units of it. */
static void only(unsigned i, int64_t quantity_e4)
{
	Rxcirc__V1__DispensedLine *line;

	renew();
	line = record->lines[i];
	line->quantity_e4 = quantity_e4;
	line->amount_fen = line->unit_price_e6 * quantity_e4 / 100000000;
	record->lines[0] = line;
	record->n_lines = 1;
	record->total_fen = line->amount_fen;
}

static void all_that_is_owed_is_handed_over(void **state)
{
	const Rxcirc__V1__DispensePrescriptionResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	assert_int_equal(dispense(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__dispense_prescription_response__descriptor);
	assert_int_equal(reply->fill_no, 1);
	assert_int_equal(reply->state->use, RXCIRC__V1__USE_STATE__USE_STATE_DISPENSED);
	assert_int_equal(reply->state->lines[0]->dispensed_e4, 40000);
	assert_int_equal(reply->state->lines[1]->dispensed_e4, 50000);
	u = fake_pg_last("fill_put", &q);
	assert_int_equal(fake_number(u, q, 25), 1);
	assert_true(slice_equal(fake_value(u, q, 29),
		slice_of_text(stage.province.people[PHARMACIST].practitioner.code)));
	assert_int_equal(fake_number(u, q, 30), 18400);
	ledger_take_change(&l);
	assert_int_equal(l.use, USE_DISPENSED);
	assert_string_equal(l.holder, "");
	assert_int_equal(l.fills_done, 1);
	assert_int_equal(l.dispensed[0], 40000);
	assert_int_equal(l.dispensed[1], 50000);
	assert_int_equal(l.leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED);
	assert_int_equal(l.leaf->before->use, USE_UNUSED);
	assert_int_equal(l.leaf->after->use, USE_DISPENSED);
	assert_int_equal(fake_pg_unused(), 0);
}

static void a_second_hand_over_is_refused(void **state)
{
	(void)state;
	begin();
	scene_dispense(&l, PHARMACIST, NULL);
	renew();
	assert_int_equal(dispense(), STATUS_PRESCRIPTION_USED);
	record->fill_no = 2;
	assert_int_equal(dispense(), STATUS_PRESCRIPTION_USED);
	assert_int_equal(fake_pg_sent_count(), 1); /* the read */
}

static void parts_are_handed_over_until_nothing_is_owed(void **state)
{
	(void)state;
	begin();
	only(0, 10000);
	scene_dispense(&l, PHARMACIST, record);
	assert_int_equal(l.use, USE_PARTLY);
	assert_string_equal(l.holder, PHARMACY);
	only(0, 30000);
	record->fill_no = 2;
	scene_dispense(&l, PHARMACIST, record);
	assert_int_equal(l.use, USE_PARTLY);
	only(1, 50001);
	record->fill_no = 3;
	assert_int_equal(dispense(), STATUS_QUANTITY_EXCEEDED);
	stage_expect_found("FIELD", "lines[0].sel_retn_cnt");
	only(1, 50000);
	record->fill_no = 3;
	scene_dispense(&l, PHARMACIST, record);
	assert_int_equal(l.use, USE_DISPENSED);
	assert_int_equal(l.fills_done, 3);
}

static void more_than_prescribed_is_refused_and_exactly_that_is_not(void **state)
{
	(void)state;
	begin();
	only(0, 40001);
	assert_int_equal(dispense(), STATUS_QUANTITY_EXCEEDED);
	only(0, 40001);
	record->lines[0]->quantity_e4 = INT64_MAX;
	assert_int_equal(dispense(), STATUS_QUANTITY_EXCEEDED);
	only(0, 40000);
	assert_int_equal(dispense(), STATUS_OK);
}

static void after_expiry_or_revocation_nothing_is_handed_over(void **state)
{
	struct ledger reviewed;

	(void)state;
	stage.now_ms = noon_ms;
	begin();
	reviewed = l;
	scene_revoke(&l);
	renew();
	assert_int_equal(dispense(), STATUS_PRESCRIPTION_REVOKED);
	l = reviewed;
	l.held_until_ms = l.valid_until_ms + 10; /* a lease that outlives the prescription */
	ledger_sign(&l);
	stage.now_ms = l.valid_until_ms - 1;
	renew();
	assert_int_equal(dispense(), STATUS_OK);
	stage.now_ms = l.valid_until_ms;
	renew();
	assert_int_equal(dispense(), STATUS_PRESCRIPTION_EXPIRED);
}

static void without_the_claim_nothing_is_handed_over(void **state)
{
	(void)state;
	begin();
	stage.now_ms = l.held_until_ms - 1;
	renew();
	assert_int_equal(dispense(), STATUS_OK);
	stage.now_ms = l.held_until_ms;
	renew();
	assert_int_equal(dispense(), STATUS_CLAIM_NOT_HELD);
	scene_claim(&l, OTHER_PHARMACIST);
	assert_int_equal(dispense(), STATUS_CLAIM_HELD);
}

static void a_stale_token_hands_nothing_over(void **state)
{
	Rxcirc__V1__DispensePrescriptionRequest *m;

	(void)state;
	begin();
	m = dispense_of(&l, record, PHARMACIST);
	m->fencing_token = 0;
	assert_int_equal(send(m), STATUS_FENCING_TOKEN_STALE);
	m->fencing_token = 2;
	assert_int_equal(send(m), STATUS_FENCING_TOKEN_STALE);
}

static void without_a_review_of_this_claim_nothing_is_handed_over(void **state)
{
	(void)state;
	begin();
	stage.now_ms = l.held_until_ms;
	scene_claim(&l, PHARMACIST); /* claimed anew: the earlier review does not count */
	renew();
	assert_int_equal(dispense(), STATUS_REVIEW_MISSING);
}

static void the_record_names_the_newest_review(void **state)
{
	paper_doc *first;

	(void)state;
	begin();
	first = l.pharmacy_review;
	stage.now_ms = l.held_until_ms;
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	renew();
	record->pharmacy_review = paper_name(first);
	assert_int_equal(dispense(), STATUS_DOCUMENT_CHAIN_BROKEN);
	renew();
	assert_int_equal(dispense(), STATUS_OK);
	record->pharmacy_review = NULL;
	assert_int_equal(dispense(), STATUS_DOCUMENT_CHAIN_BROKEN);
	record->pharmacy_review = paper_name(l.prescription);
	assert_int_equal(dispense(), STATUS_DOCUMENT_CHAIN_BROKEN);
}

static void the_record_is_about_this_prescription_and_pharmacy(void **state)
{
	uint8_t other[RX_ID_LEN] = {0};

	(void)state;
	begin();
	record->rx_id = paper_bytes(other, sizeof(other));
	assert_int_equal(dispense(), STATUS_DOCUMENT_CHAIN_BROKEN);
	renew();
	record->pharmacy_code = paper_text(OTHER_PHARMACY);
	assert_int_equal(dispense(), STATUS_KEY_FOREIGN);
}

static void the_fill_number_is_the_next_one(void **state)
{
	(void)state;
	begin();
	record->fill_no = 0;
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "fill_no");
	record->fill_no = 2;
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	record->fill_no = UINT32_MAX;
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
}

static void expect_field(const char *field)
{
	assert_int_equal(dispense(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", field);
	renew();
}

static void amounts_and_lines_are_right(void **state)
{
	(void)state;
	begin();
	record->lines[1]->amount_fen++;
	record->total_fen++;
	expect_field("lines[1].sumamt");
	record->lines[0]->amount_fen = -1;
	expect_field("lines[0].sumamt");
	record->lines[0]->unit_price_e6 = -12500000;
	expect_field("lines[0].sumamt");
	record->lines[1]->quantity_e4 = 0;
	expect_field("lines[1].sel_retn_cnt");
	record->lines[1]->line_no = 3;
	expect_field("lines[1].line_no");
	record->lines[1]->line_no = 0;
	expect_field("lines[1].line_no");
	record->lines[1] = record->lines[0];
	expect_field("lines[1].line_no");
	record->lines[0]->drug_code = paper_text("ZA09CAX0235010204127");
	expect_field("lines[0].med_list_codg");
}

static void the_total_is_the_sum(void **state)
{
	(void)state;
	begin();
	record->total_fen--;
	expect_field("total_fen");
	record->total_fen = 0;
	expect_field("total_fen");
}

static void there_is_at_least_one_line_and_at_most_64(void **state)
{
	(void)state;
	begin();
	record->n_lines = 0;
	record->total_fen = 0;
	expect_field("lines");
	for (unsigned i = 0; i <= RX_LINES_MAX; i++)
		record->lines[i] = record->lines[0];
	record->n_lines = RX_LINES_MAX + 1;
	expect_field("lines");
	stage_clear();
}

/* A prescription of the most lines, dispensed whole at once. */
static void the_most_lines_are_handed_over(void **state)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	(void)state;
	rx_paper_init(paper, &stage.province);
	for (unsigned i = 0; i < PAPER_LINES; i++) {
		paper->lines[i] = paper->lines[0];
		paper->lines[i].drug_code = paper_text(stage.province.drugs[ASTRAGALUS].code);
		paper->lines[i].generic_name = paper_text(stage.province.drugs[ASTRAGALUS].name);
		paper->lines[i].kind = RXCIRC__V1__DRUG_KIND__DRUG_KIND_HERBAL_PIECES;
	}
	paper->m.n_lines = RX_LINES_MAX;
	paper->m.category = RXCIRC__V1__PRESCRIPTION_CATEGORY__PRESCRIPTION_CATEGORY_HERBAL;
	scene_upload(&l, paper);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	renew();
	record->n_lines = RX_LINES_MAX;
	record->total_fen = 0;
	for (unsigned i = 0; i < RX_LINES_MAX; i++) {
		record->lines[i] = papers_alloc(sizeof(*record->lines[i]));
		rxcirc__v1__dispensed_line__init(record->lines[i]);
		record->lines[i]->line_no = i + 1;
		record->lines[i]->drug_code = paper_text(stage.province.drugs[ASTRAGALUS].code);
		record->lines[i]->quantity_e4 = 40000;
		record->lines[i]->unit_price_e6 = 12500000;
		record->lines[i]->amount_fen = 5000;
		record->total_fen += 5000;
	}
	assert_int_equal(dispense(), STATUS_OK);
	ledger_take_change(&l);
	assert_int_equal(l.use, USE_DISPENSED);
	assert_int_equal(l.dispensed[RX_LINES_MAX - 1], 40000);
}

static void the_channel_is_store_or_online(void **state)
{
	(void)state;
	begin();
	record->channel = paper_text("");
	expect_field("channel");
	record->channel = paper_text("STORE");
	expect_field("channel");
}

static void online_sale_is_for_pharmacies_admitted_to_it(void **state)
{
	struct item *admitted;

	(void)state;
	begin();
	record->channel = paper_text("online");
	assert_int_equal(dispense(), STATUS_CAPABILITY_MISSING);
	stage_expect_found("capability", "channel");
	admitted = province_item(&stage.province, PHARMACY, ITEM_CAPABILITY, "online-rx");
	admitted->until_ms = noon_ms; /* it has just ended */
	stage_rebuild();
	begin();
	record->channel = paper_text("online");
	assert_int_equal(dispense(), STATUS_CAPABILITY_MISSING);
	admitted->until_ms = 0;
	stage_rebuild();
	begin();
	record->channel = paper_text("online");
	assert_int_equal(dispense(), STATUS_OK);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	begin();
	ledger_answer_nothing();
	assert_int_equal(stage_call(&dispense_method, dispense_of(&l, record, PHARMACIST)),
		STATUS_PRESCRIPTION_NOT_FOUND);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(all_that_is_owed_is_handed_over, "C17"),
		STAGED_PROVES(a_second_hand_over_is_refused, "C17"),
		STAGED(parts_are_handed_over_until_nothing_is_owed),
		STAGED(more_than_prescribed_is_refused_and_exactly_that_is_not),
		STAGED_PROVES(after_expiry_or_revocation_nothing_is_handed_over, "C1"),
		STAGED(without_the_claim_nothing_is_handed_over),
		STAGED(a_stale_token_hands_nothing_over),
		STAGED_PROVES(without_a_review_of_this_claim_nothing_is_handed_over, "JIN15-4.6"),
		STAGED(the_record_names_the_newest_review),
		STAGED(the_record_is_about_this_prescription_and_pharmacy),
		STAGED(the_fill_number_is_the_next_one),
		STAGED(amounts_and_lines_are_right),
		STAGED(the_total_is_the_sum),
		STAGED(there_is_at_least_one_line_and_at_most_64),
		STAGED(the_most_lines_are_handed_over),
		STAGED(the_channel_is_store_or_online),
		STAGED_PROVES(online_sale_is_for_pharmacies_admitted_to_it, "JIN15-2.0b"),
		STAGED(what_is_not_there_is_not_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dispense", tests, stage_open, stage_close);
}
