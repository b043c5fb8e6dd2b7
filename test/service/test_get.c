/* The hospital looks at its own prescription, and that it looked is recorded before it is told. */
#include "test/service/scene.h"

#include <string.h>

#include "proto/document.h"
#include "proto/rxid.h"

static struct ledger l;

static void *request_of(const uint8_t *rx_id, size_t len)
{
	Rxcirc__V1__GetPrescriptionRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__get_prescription_request__init(m);
	m->rx_id = paper_bytes(rx_id, len);
	return m;
}

static void answer(const struct ledger *row)
{
	stage_clear();
	scene_as(PHYSICIAN);
	ledger_answer_row(row);
	ledger_answer_documents(row);
}

static enum status_reason get(void)
{
	return stage_call(&get_method, request_of(l.rx_id, RX_ID_LEN));
}

static void the_whole_file_verifies_from_the_answer_alone(void **state)
{
	const Rxcirc__V1__PrescriptionBundle *b;
	static const int signers[] = {PHYSICIAN, HOSPITAL_PHARMACIST, PHARMACIST};

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	scene_dispense(&l, PHARMACIST, NULL);
	answer(&l);
	promise_answer_event();
	assert_int_equal(get(), STATUS_OK);
	b = ((const Rxcirc__V1__GetPrescriptionResponse *)
		stage_reply(&rxcirc__v1__get_prescription_response__descriptor))->prescription;
	assert_int_equal(b->state->use, RXCIRC__V1__USE_STATE__USE_STATE_DISPENSED);
	assert_int_equal(b->n_later, 2);
	assert_int_equal(b->later[0]->kind, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PHARMACY_REVIEW);
	assert_int_equal(b->later[1]->kind, RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_DISPENSE_RECORD);
	assert_int_equal(document_verify(b->prescription, b->prescription->kind,
		stage.province.people[PHYSICIAN].pair.public_key), 0);
	assert_int_equal(document_verify(b->hospital_review, b->hospital_review->kind,
		stage.province.people[HOSPITAL_PHARMACIST].pair.public_key), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(document_verify(b->later[i], b->later[i]->kind,
			stage.province.people[PHARMACIST].pair.public_key), 0);
	assert_int_equal(b->n_key_statements, 3);
	for (unsigned i = 0; i < 3; i++) {
		const Rxcirc__V1__KeyStatement *s = stage_unpack(&rxcirc__v1__key_statement__descriptor,
			slice_of(b->key_statements[i]->body.data, b->key_statements[i]->body.len));

		assert_int_equal(document_verify(b->key_statements[i],
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT,
			stage.province.authority.public_key), 0);
		assert_memory_equal(s->public_key.data, stage.province.people[signers[i]].pair.public_key,
			PUBLIC_KEY_LEN);
	}
	assert_int_equal(b->pull_grant.len, 0);
	assert_int_equal(fake_pg_unused(), 0);
}

static void the_look_is_an_event(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	scene_upload(&l, NULL);
	answer(&l);
	promise_answer_event();
	assert_int_equal(get(), STATUS_OK);
	u = fake_pg_last("event_put", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_number(u, q, 0), rx_id_bucket(l.rx_id));
	assert_true(slice_equal(fake_value(u, q, 4), slice_of(l.rx_id, RX_ID_LEN)));
	assert_true(slice_equal(fake_value(u, q, 5), slice_of(l.person_key, PERSON_KEY_LEN)));
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_HOSPITAL_READ);
	assert_int_equal(leaf->rx_seq, 0);
	assert_string_equal(leaf->institution_code, HOSPITAL);
}

static void what_could_not_be_recorded_is_not_told(void **state)
{
	static const struct {
		int err;
		enum status_reason reason;
	} ends[] = {
		{ERR_DB_AWAY, STATUS_DATABASE_AWAY},
		{ERR_OUTCOME_UNKNOWN, STATUS_OUTCOME_UNKNOWN},
		{ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED},
		{ERR_FULL, STATUS_BUSY},
		{ERR_DB_CONFLICT, STATUS_CONTENDED},
		{ERR_DB_UNIQUE, STATUS_CONTENDED},
		{ERR_DB_REFUSED, STATUS_INTERNAL},
	};

	(void)state;
	scene_upload(&l, NULL);
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		answer(&l);
		fake_pg_answer_failure("event_put", ends[i].err, NULL);
		assert_int_equal(get(), ends[i].reason);
		stage_clear();
		fake_pg_answer_failure("prescription_load", ends[i].err, NULL);
		assert_int_equal(get(), ends[i].reason);
		assert_int_equal(fake_pg_sent_count(), 1);
	}
}

static void another_hospitals_is_not_found_and_not_recorded_as_read(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	answer(&l);
	scene_as(OTHER_PHYSICIAN);
	assert_int_equal(get(), STATUS_PRESCRIPTION_NOT_FOUND);
	assert_int_equal(fake_pg_sent_count(), 1);
	stage_clear();
	fake_pg_answer("prescription_load", 25, NULL, 0);
	fake_pg_answer("documents_load", 4, NULL, 0);
	assert_int_equal(get(), STATUS_PRESCRIPTION_NOT_FOUND);
}

static void an_expired_one_says_so(void **state)
{
	const Rxcirc__V1__GetPrescriptionResponse *reply;

	(void)state;
	scene_upload(&l, NULL);
	for (int after = 0; after <= 1; after++) {
		stage.now_ms = l.valid_until_ms - 1 + after;
		answer(&l);
		promise_answer_event();
		assert_int_equal(get(), STATUS_OK);
		reply = stage_reply(&rxcirc__v1__get_prescription_response__descriptor);
		assert_int_equal(reply->prescription->state->validity,
			after ? RXCIRC__V1__VALIDITY__VALIDITY_EXPIRED : RXCIRC__V1__VALIDITY__VALIDITY_VALID);
	}
}

static void a_holder_is_told_until_the_end_of_the_lease(void **state)
{
	const Rxcirc__V1__PrescriptionState *s;

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	for (int after = 0; after <= 1; after++) {
		stage.now_ms = l.held_until_ms - 1 + after;
		answer(&l);
		promise_answer_event();
		assert_int_equal(get(), STATUS_OK);
		s = ((const Rxcirc__V1__GetPrescriptionResponse *)stage_reply(
			&rxcirc__v1__get_prescription_response__descriptor))->prescription->state;
		assert_string_equal(s->holder_code, after ? "" : PHARMACY);
		assert_int_equal(s->held_until_ms, after ? 0 : l.held_until_ms);
	}
}

static void a_shredded_one_keeps_its_state_and_has_no_documents(void **state)
{
	const Rxcirc__V1__GetPrescriptionResponse *reply;

	(void)state;
	scene_upload(&l, NULL);
	l.is_shredded = true;
	answer(&l);
	promise_answer_event();
	assert_int_equal(get(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__get_prescription_response__descriptor);
	assert_null(reply->prescription->prescription);
	assert_int_equal(reply->prescription->state->version, 1);
	assert_int_equal(reply->prescription->n_key_statements, 0);
}

/* The documents were read in another moment than the row: what came after it is left out. */
static void documents_newer_than_the_row_are_left_out(void **state)
{
	const Rxcirc__V1__GetPrescriptionResponse *reply;
	struct ledger before;

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	before = l;
	scene_review(&l, PHARMACIST, true);
	stage_clear();
	scene_as(PHYSICIAN);
	ledger_answer_row(&before);
	ledger_answer_documents(&l);
	promise_answer_event();
	assert_int_equal(get(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__get_prescription_response__descriptor);
	assert_int_equal(reply->prescription->n_later, 0);
}

static void a_key_the_registry_forgot_has_no_statement(void **state)
{
	const Rxcirc__V1__GetPrescriptionResponse *reply;

	(void)state;
	scene_upload(&l, NULL);
	stage.province.people[PHYSICIAN].key_is_absent = true;
	stage_rebuild();
	answer(&l);
	promise_answer_event();
	assert_int_equal(get(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__get_prescription_response__descriptor);
	assert_int_equal(reply->prescription->n_key_statements, 1);
}

static void an_rx_id_has_16_bytes(void **state)
{
	static const uint8_t bytes[17];

	(void)state;
	assert_int_equal(stage_call(&get_method, request_of(bytes, 15)), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "rx_id");
	assert_int_equal(stage_call(&get_method, request_of(bytes, 17)), STATUS_FIELD_INVALID);
	assert_int_equal(stage_call_bytes(&get_method, slice_of("\x0a\x7f", 2)), STATUS_BODY_MALFORMED);
	stage_expect_nothing_sent();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(the_whole_file_verifies_from_the_answer_alone),
		STAGED_PROVES(the_look_is_an_event, "C11"),
		STAGED_PROVES(what_could_not_be_recorded_is_not_told, "C11"),
		STAGED_PROVES(another_hospitals_is_not_found_and_not_recorded_as_read, "C27"),
		STAGED(an_expired_one_says_so),
		STAGED(a_holder_is_told_until_the_end_of_the_lease),
		STAGED(a_shredded_one_keeps_its_state_and_has_no_documents),
		STAGED(documents_newer_than_the_row_are_left_out),
		STAGED(a_key_the_registry_forgot_has_no_statement),
		STAGED(an_rx_id_has_16_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("get", tests, stage_open, stage_close);
}
