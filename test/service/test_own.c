/* What the insured person may see after showing an e-voucher once: pages, one of them. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/own_grant.h"
#include "domain/moment.h"
#include "proto/document.h"
#include "proto/voucher.h"
#include "rxcirc/v1/insured.pb-c.h"

static const struct method show_method = {"rxcirc.v1.Insured/ShowOwnPrescription",
	show_own_prescription_start};
static const struct method accesses_method = {"rxcirc.v1.Insured/ListOwnAccesses",
	list_own_accesses_start};

enum { TOKEN_LEN = 24 };

static struct ledger l;
static uint8_t grant[OWN_GRANT_LEN];

static void make_grant(const char *channel, int64_t until_ms)
{
	own_grant_make(grant, stage.keys, l.person_key, channel, until_ms);
}

/* One prescription, and its person's visit until so long from now on. */
static void begin(void)
{
	scene_upload(&l, NULL);
	make_grant(CHANNEL, noon_ms + OWN_GRANT_MS);
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	stage_clear();
}

static ProtobufCBinaryData the_grant(void)
{
	return paper_bytes(grant, sizeof(grant));
}

static const Rxcirc__V1__EventLeaf *leaf_of(const char *statement, unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, param));
}

static char *code(int64_t issued_at_ms)
{
	struct voucher v = {.purpose = VOUCHER_PURPOSE_IDENTITY, .issued_at_ms = issued_at_ms,
		.life_s = 60, .id = PERSON};
	char *text = papers_alloc(VOUCHER_TEXT_MAX + 1);

	memcpy(v.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	ensure(voucher_issue(text, &v, stage.province.voucher_pair.secret) == 0);
	return text;
}

/* ---- the visit ---- */

static const Rxcirc__V1__ListOwnPrescriptionsResponse *list_by_code(void)
{
	const struct fake_cell used = FAKE_BOOL(true);
	Rxcirc__V1__ListOwnPrescriptionsRequest m = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;
	const struct ledger *one = &l;

	stage_clear();
	ledger_answer_search(&one, 1, false);
	fake_pg_answer("voucher_use", 1, &used, 1);
	m.voucher_code = code(noon_ms);
	assert_int_equal(stage_call(&list_method, &m), STATUS_OK);
	return stage_reply(&rxcirc__v1__list_own_prescriptions_response__descriptor);
}

static void a_list_brings_the_grant_of_a_visit_that_no_repetition_makes_longer(void **state)
{
	const Rxcirc__V1__ListOwnPrescriptionsResponse *reply;
	uint8_t person[PERSON_KEY_LEN];
	int64_t until_ms;

	(void)state;
	begin();
	reply = list_by_code();
	assert_true(own_grant_open(slice_of(reply->own_grant.data, reply->own_grant.len), stage.keys,
		CHANNEL, person, &until_ms));
	assert_memory_equal(person, l.person_key, PERSON_KEY_LEN);
	assert_true(until_ms == noon_ms + OWN_GRANT_MS);
	assert_true(reply->own_grant_until_ms == until_ms);
	stage.now_ms = noon_ms + 5 * MINUTE_MS; /* the code has ended a while ago */
	assert_true(list_by_code()->own_grant_until_ms == noon_ms + 60 * 1000 + OWN_GRANT_MS);
	stage.now_ms = noon_ms + 60 * 1000 + OWN_GRANT_MS - 1;
	assert_int_equal(list_by_code()->own_grant.len, OWN_GRANT_LEN);
	stage.now_ms++;
	assert_int_equal(list_by_code()->own_grant.len, 0);
}

static enum status_reason call_with_grant(const struct method *method)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest list = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;
	Rxcirc__V1__ShowOwnPrescriptionRequest show = RXCIRC__V1__SHOW_OWN_PRESCRIPTION_REQUEST__INIT;
	Rxcirc__V1__ListOwnAccessesRequest accesses = RXCIRC__V1__LIST_OWN_ACCESSES_REQUEST__INIT;

	list.own_grant = show.own_grant = accesses.own_grant = the_grant();
	show.rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	if (method == &list_method)
		return stage_call(method, &list);
	return method == &show_method ? stage_call(method, &show) : stage_call(method, &accesses);
}

static const struct method *const methods[] = {&list_method, &show_method, &accesses_method};

static void expect_refused(enum status_reason expected, bool person_is_known)
{
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++) {
		const Rxcirc__V1__EventLeaf *leaf;
		const struct fake_unit *u;
		unsigned q;

		stage_clear();
		promise_answer_event();
		assert_int_equal(call_with_grant(methods[i]), expected);
		assert_int_equal(fake_pg_sent_count(), 1);
		u = fake_pg_last("event_put", &q);
		assert_int_equal(u->queries[q].param[5].is_null, !person_is_known);
		leaf = leaf_of("event_put", 10);
		assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
		assert_string_equal(leaf->reason, status_row_of(expected)->reason);
		assert_int_equal(leaf->n_disclosed, 0);
	}
}

static void a_grant_that_is_forged_foreign_or_over_shows_nothing_and_is_an_event(void **state)
{
	struct person_block *block;

	(void)state;
	begin();
	grant[40] ^= 1;
	expect_refused(STATUS_OWN_GRANT_INVALID, false);
	make_grant("C14010000009", noon_ms + OWN_GRANT_MS);
	expect_refused(STATUS_OWN_GRANT_INVALID, false);
	make_grant(CHANNEL, noon_ms);
	expect_refused(STATUS_OWN_GRANT_EXPIRED, true);
	make_grant(CHANNEL, noon_ms + 1);
	block = &stage.province.blocks[stage.province.block_count++];
	*block = (struct person_block){.scope = BLOCK_ALL, .from_ms = noon_ms,
		.until_ms = noon_ms + 1, .reason = "decision 7"};
	memcpy(block->person_key, l.person_key, PERSON_KEY_LEN);
	stage_rebuild();
	expect_refused(STATUS_PERSON_BLOCKED, true);
}

static void nothing_is_shown_when_its_event_is_not_written(void **state)
{
	const struct ledger *one = &l;

	(void)state;
	begin();
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++) {
		stage_clear();
		ledger_answer_search(&one, 1, false);
		ledger_answer_row(&l);
		ledger_answer_documents(&l);
		fake_pg_answer("accesses", 4, NULL, 0);
		fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
		assert_int_equal(call_with_grant(methods[i]), STATUS_DATABASE_AWAY);
		stage_clear();
		fake_pg_answer_failure("prescriptions_all", ERR_DB_AWAY, NULL);
		fake_pg_answer_failure("prescription_load", ERR_DB_AWAY, NULL);
		fake_pg_answer_failure("accesses", ERR_DB_AWAY, NULL);
		assert_int_equal(call_with_grant(methods[i]), STATUS_DATABASE_AWAY);
	}
}

/* ---- pages of the list ---- */

static struct ledger files[PULL_PRESCRIPTIONS_MAX + 1];
static const struct ledger *many[PULL_PRESCRIPTIONS_MAX + 1];

static void upload_many(void)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	rx_paper_init(paper, &stage.province);
	for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
		char *no = papers_alloc(32);

		(void)snprintf(no, 32, "TYIH-2026-0529-%06u", i);
		paper->m.hospital_rx_no = no;
		scene_upload(&files[i], paper);
		many[i] = &files[i];
	}
}

static const Rxcirc__V1__ListOwnPrescriptionsResponse *list_page(ProtobufCBinaryData token,
	Rxcirc__V1__OwnStates states, unsigned count)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest m = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;

	stage_clear();
	ledger_answer_search(many, count, false);
	promise_answer_event();
	m.own_grant = the_grant();
	m.page_token = token;
	m.states = states;
	assert_int_equal(stage_call(&list_method, &m), STATUS_OK);
	return stage_reply(&rxcirc__v1__list_own_prescriptions_response__descriptor);
}

static void the_list_goes_on_page_by_page_with_the_grant(void **state)
{
	const Rxcirc__V1__ListOwnPrescriptionsResponse *reply;
	const struct fake_unit *read;
	const ProtobufCBinaryData none = {0, NULL};
	const struct ledger *last = &files[PULL_PRESCRIPTIONS_MAX - 1];

	(void)state;
	begin();
	upload_many();
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	reply = list_page(none, RXCIRC__V1__OWN_STATES__OWN_STATES_ALL, PULL_PRESCRIPTIONS_MAX + 1);
	assert_int_equal(reply->n_prescriptions, PULL_PRESCRIPTIONS_MAX);
	assert_true(reply->more);
	assert_int_equal(reply->own_grant.len, 0); /* a visit does not prolong itself */
	assert_int_equal(reply->next_page_token.len, TOKEN_LEN);
	read = fake_pg_sent(0);
	assert_int_equal(fake_time(read, 0, 4), MOMENT_MS_MAX);
	assert_int_equal(fake_number(read, 0, 6), 0);
	assert_int_equal(leaf_of("event_put", 10)->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED);
	assert_int_equal(leaf_of("event_put", 10)->n_disclosed, PULL_PRESCRIPTIONS_MAX);
	reply = list_page(reply->next_page_token, RXCIRC__V1__OWN_STATES__OWN_STATES_OPEN, 1);
	assert_int_equal(reply->n_prescriptions, 1);
	assert_false(reply->more);
	assert_int_equal(reply->next_page_token.len, 0);
	read = fake_pg_sent(0);
	for (unsigned q = 0; q < 2; q++) { /* rows and documents from the same place on */
		assert_int_equal(fake_time(read, q, 4), last->issued_ms);
		assert_true(slice_equal(fake_value(read, q, 5), slice_of(last->rx_id, RX_ID_LEN)));
		assert_int_equal(fake_number(read, q, 6), 1);
	}
}

static void a_list_shows_either_a_code_or_a_grant_and_a_page_only_with_a_grant(void **state)
{
	Rxcirc__V1__ListOwnPrescriptionsRequest m = RXCIRC__V1__LIST_OWN_PRESCRIPTIONS_REQUEST__INIT;
	uint8_t token[TOKEN_LEN + 1] = {0};

	(void)state;
	begin();
	m.voucher_code = code(noon_ms);
	m.own_grant = the_grant();
	assert_int_equal(stage_call(&list_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "voucher_code, own_grant");
	m.own_grant.len = 0;
	m.page_token = paper_bytes(token, TOKEN_LEN);
	assert_int_equal(stage_call(&list_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_token");
	m.voucher_code = paper_text("");
	m.own_grant = the_grant();
	m.page_token.len = TOKEN_LEN - 1;
	assert_int_equal(stage_call(&list_method, &m), STATUS_FIELD_INVALID);
	m.page_token.len = TOKEN_LEN + 1;
	assert_int_equal(stage_call(&list_method, &m), STATUS_FIELD_INVALID);
	m.page_token.len = 0;
	m.states = (Rxcirc__V1__OwnStates)2;
	assert_int_equal(stage_call(&list_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "states");
	stage_expect_nothing_sent();
}

/* ---- one of them ---- */

static enum status_reason show(void)
{
	stage_clear();
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	promise_answer_event();
	return call_with_grant(&show_method);
}

static const Rxcirc__V1__ShowOwnPrescriptionResponse *shown(void)
{
	assert_int_equal(show(), STATUS_OK);
	return stage_reply(&rxcirc__v1__show_own_prescription_response__descriptor);
}

static void the_own_prescription_comes_with_its_reviews_hand_overs_and_documents(void **state)
{
	const Rxcirc__V1__ShowOwnPrescriptionResponse *reply;
	Rxcirc__V1__DispenseRecord *record;
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	begin();
	scene_claim(&l, OTHER_PHARMACIST);
	scene_review(&l, OTHER_PHARMACIST, false);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	record = dispense_record_of(l.pharmacy_review, l.rx_id, &stage.province, PHARMACIST);
	record->lines[0]->lot_no = paper_text("LOT-7");
	record->lines[0]->expiry_date = paper_text("2027-10-31");
	scene_dispense(&l, PHARMACIST, record);
	reply = shown();
	assert_memory_equal(reply->prescription->state->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(document_verify(reply->prescription->prescription,
		reply->prescription->prescription->kind,
		stage.province.people[PHYSICIAN].pair.public_key), 0);
	assert_int_equal(reply->n_reviews, 3);
	assert_string_equal(reply->reviews[0]->institution_code, HOSPITAL);
	assert_string_equal(reply->reviews[0]->institution_name,
		province_place(&stage.province, HOSPITAL)->name);
	assert_int_equal(reply->reviews[0]->result, RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_PASSED);
	assert_string_equal(reply->reviews[1]->institution_code, OTHER_PHARMACY);
	assert_int_equal(reply->reviews[1]->result,
		RXCIRC__V1__REVIEW_RESULT__REVIEW_RESULT_REJECTED);
	assert_true(reply->reviews[1]->reason[0] != '\0');
	assert_string_equal(reply->reviews[2]->institution_code, PHARMACY);
	assert_int_equal(reply->n_fills, 1);
	assert_int_equal(reply->fills[0]->fill_no, 1);
	assert_string_equal(reply->fills[0]->pharmacy_code, PHARMACY);
	assert_string_equal(reply->fills[0]->channel, record->channel);
	assert_true(reply->fills[0]->total_fen == record->total_fen);
	assert_int_equal(reply->fills[0]->n_lines, record->n_lines);
	assert_true(reply->fills[0]->lines[0]->quantity_e4 == record->lines[0]->quantity_e4);
	assert_true(reply->fills[0]->lines[0]->unit_price_e6 == record->lines[0]->unit_price_e6);
	assert_true(reply->fills[0]->lines[0]->amount_fen == record->lines[0]->amount_fen);
	assert_string_equal(reply->fills[0]->lines[0]->lot_no, "LOT-7");
	assert_string_equal(reply->fills[0]->lines[0]->expiry_date, "2027-10-31");
	assert_true(reply->fills[0]->lines[0]->generic_name[0] != '\0');
	assert_int_equal(reply->revoked_at_ms, 0);
	assert_false(reply->abridged);
	leaf = leaf_of("event_put", 10);
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED);
	assert_int_equal(leaf->n_disclosed, 1);
	assert_memory_equal(leaf->disclosed[0].data, l.rx_id, RX_ID_LEN);
}

/* A document as it would come behind the hand-over; its signer does not matter here. */
static void take_back(uint32_t fill_no, uint32_t line_no, int64_t quantity_e4, int64_t fen)
{
	Rxcirc__V1__ReturnRecord record = RXCIRC__V1__RETURN_RECORD__INIT;
	Rxcirc__V1__ReturnedLine line = RXCIRC__V1__RETURNED_LINE__INIT, *lines[] = {&line};

	record.fill_no = fill_no;
	record.total_fen = line.amount_fen = fen;
	record.lines = lines;
	record.n_lines = 1;
	line.line_no = line_no;
	line.quantity_e4 = quantity_e4;
	ledger_add_document(&l, paper_sign(&record, &stage.province.people[PHARMACIST].pair));
}

static void what_came_back_is_told_with_its_hand_over(void **state)
{
	const Rxcirc__V1__ShowOwnPrescriptionResponse *reply;

	(void)state;
	begin();
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	scene_dispense(&l, PHARMACIST, NULL);
	take_back(1, 2, 10000, 300);
	take_back(1, 2, 5000, 150);
	take_back(2, 1, 10000, 999); /* of another hand-over */
	reply = shown();
	assert_int_equal(reply->n_fills, 1);
	assert_int_equal(reply->fills[0]->returned_fen, 450);
	assert_int_equal(reply->fills[0]->lines[0]->returned_e4, 0);
	assert_int_equal(reply->fills[0]->lines[1]->returned_e4, 15000);
}

static void a_revoked_one_says_who_revoked_it_and_why(void **state)
{
	const Rxcirc__V1__ShowOwnPrescriptionResponse *reply;

	(void)state;
	begin();
	scene_revoke(&l);
	reply = shown();
	assert_string_equal(reply->revoked_by, HOSPITAL);
	assert_true(reply->revoked_reason[0] != '\0');
	assert_true(reply->revoked_at_ms == stage.now_ms);
	assert_int_equal(reply->n_fills, 0);
}

static void another_persons_a_shredded_one_and_none_are_all_not_found(void **state)
{
	uint8_t other[PERSON_KEY_LEN];

	(void)state;
	begin();
	memcpy(other, l.person_key, sizeof(other));
	other[31] ^= 1; /* of the same bucket */
	own_grant_make(grant, stage.keys, other, CHANNEL, noon_ms + 1);
	assert_int_equal(show(), STATUS_PRESCRIPTION_NOT_FOUND);
	make_grant(CHANNEL, noon_ms + 1);
	l.is_shredded = true;
	assert_int_equal(show(), STATUS_PRESCRIPTION_NOT_FOUND);
	stage_clear();
	ledger_answer_nothing();
	assert_int_equal(call_with_grant(&show_method), STATUS_PRESCRIPTION_NOT_FOUND);
	l.is_shredded = false;
	l.use = 2; /* its MAC does not say so */
	assert_int_equal(show(), STATUS_DATA_DAMAGED);
}

/* Sixty-four reviews with the longest reasons: beside their documents there is no room. */
static void what_does_not_fit_beside_the_documents_is_read_in_them(void **state)
{
	const Rxcirc__V1__ShowOwnPrescriptionResponse *reply;

	(void)state;
	begin();
	for (unsigned i = 0; i < LATER_DOCUMENTS_MAX; i++) {
		Rxcirc__V1__PharmacyReview *r = pharmacy_review_of(l.prescription, l.hospital_review,
			l.rx_id, &stage.province, PHARMACIST);

		r->reason = papers_alloc(2401);
		memset(r->reason, 'r', 2400);
		ledger_add_document(&l, paper_sign(r, &stage.province.people[PHARMACIST].pair));
	}
	reply = shown();
	assert_true(reply->abridged);
	assert_int_equal(reply->n_reviews, 0);
	assert_int_equal(reply->prescription->n_later, LATER_DOCUMENTS_MAX);
	assert_true(stage.req.reply.len + 4096 <= FRAME_BODY_MAX);
}

/* ---- what is not sound ---- */

static void an_unsound_page_or_id_is_told(void **state)
{
	Rxcirc__V1__ListOwnAccessesRequest m = RXCIRC__V1__LIST_OWN_ACCESSES_REQUEST__INIT;
	Rxcirc__V1__ShowOwnPrescriptionRequest s = RXCIRC__V1__SHOW_OWN_PRESCRIPTION_REQUEST__INIT;

	(void)state;
	begin();
	m.own_grant = s.own_grant = the_grant();
	m.page_size = OWN_ACCESSES_MAX + 1;
	assert_int_equal(stage_call(&accesses_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_size");
	m.page_size = 0;
	m.page_token = paper_bytes("short", 5);
	assert_int_equal(stage_call(&accesses_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_token");
	s.rx_id = paper_bytes(l.rx_id, RX_ID_LEN - 1);
	assert_int_equal(stage_call(&show_method, &s), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "rx_id");
	stage_expect_nothing_sent();
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++) {
		assert_int_equal(stage_call_bytes(methods[i], slice_of("\x0a\x7f", 2)),
			STATUS_BODY_MALFORMED);
		stage_expect_nothing_sent();
	}
}

/* ---- memory ---- */

static void no_allocation_that_fails_shows_anything(void **state)
{
	const struct ledger *one = &l;

	(void)state;
	begin();
	for (unsigned i = 0; i < ARRAY_LEN(methods); i++) {
		for (stage.fail_at = 1;; stage.fail_at++) {
			enum status_reason status;

			stage_clear();
			ledger_answer_search(&one, 1, false);
			ledger_answer_row(&l);
			ledger_answer_documents(&l);
			fake_pg_answer("accesses", 4, NULL, 0);
			promise_answer_event();
			status = call_with_grant(methods[i]);
			if (!stage.has_failed) {
				assert_int_equal(status, STATUS_OK);
				break;
			}
			assert_int_equal(status, STATUS_BUSY);
		}
		assert_true(stage.fail_at > 5);
	}
	stage.fail_at = 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_list_brings_the_grant_of_a_visit_that_no_repetition_makes_longer,
			"NT33-N5.3"),
		STAGED_PROVES(a_grant_that_is_forged_foreign_or_over_shows_nothing_and_is_an_event,
			"C27"),
		STAGED(nothing_is_shown_when_its_event_is_not_written),
		STAGED_PROVES(the_list_goes_on_page_by_page_with_the_grant, "NT33-N5.3"),
		STAGED(a_list_shows_either_a_code_or_a_grant_and_a_page_only_with_a_grant),
		STAGED_PROVES(the_own_prescription_comes_with_its_reviews_hand_overs_and_documents,
			"NT33-N5.3 JIN15-1.3c"),
		STAGED_PROVES(what_came_back_is_told_with_its_hand_over, "NT33-N5.3"),
		STAGED_PROVES(a_revoked_one_says_who_revoked_it_and_why, "NT33-N5.3"),
		STAGED(another_persons_a_shredded_one_and_none_are_all_not_found),
		STAGED(what_does_not_fit_beside_the_documents_is_read_in_them),
		STAGED(an_unsound_page_or_id_is_told),
		STAGED(no_allocation_that_fails_shows_anything),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("own", tests, stage_open, stage_close);
}
