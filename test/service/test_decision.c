/* A decision made again: from what was kept, whatever became of everything since. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "crypto/seal.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "rules/upload.h"

enum { FACTS_BYTES_MAX = 1536 };

static struct ledger l;
static struct rx_paper paper;

static void *question(size_t id_len, const char *purpose)
{
	Rxcirc__V1__ExplainDecisionRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__explain_decision_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, id_len);
	m->purpose = paper_text(purpose);
	return m;
}

static void answer(void)
{
	stage_clear();
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	promise_answer_event();
}

static enum status_reason explain(void)
{
	answer();
	return stage_call(&explain_method, question(RX_ID_LEN, "complaint 2026-118"));
}

/* An upload with one flag: treated elsewhere than the flag says. */
static void uploaded_with_a_flag(void)
{
	rx_paper_init(&paper, &stage.province);
	paper.m.cross_region = true;
	scene_upload(&l, &paper);
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
}

static const Rxcirc__V1__ExplainDecisionResponse *expect_the_decision_of_then(void)
{
	const Rxcirc__V1__ExplainDecisionResponse *reply;

	assert_int_equal(explain(), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__explain_decision_response__descriptor);
	assert_true(reply->same);
	assert_int_equal(reply->n_findings, 1);
	assert_string_equal(reply->findings[0]->rule, "RX-CROSS-REGION");
	assert_int_equal(reply->findings[0]->severity, RXCIRC__V1__SEVERITY__SEVERITY_FLAG);
	return reply;
}

static void the_facts_of_then_are_told_and_judged_again(void **state)
{
	const Rxcirc__V1__ExplainDecisionResponse *reply;
	const Rxcirc__V1__DecisionFacts *facts;

	(void)state;
	uploaded_with_a_flag();
	reply = expect_the_decision_of_then();
	facts = reply->facts;
	assert_int_equal(facts->decided_at_ms, noon_ms);
	assert_int_equal(facts->registry_version, 1);
	assert_int_equal(facts->n_tables, 2);
	assert_int_equal(facts->tables[0]->id, 1);
	assert_int_equal(facts->severities.len, upload_rules_count);
	assert_int_equal(facts->limits->supply_days_max, 7);
	assert_string_equal(facts->physician->independent_since, "2010-07-01");
	assert_int_equal(facts->n_drugs, 2);
	assert_int_equal(facts->n_findings, 1);
	assert_int_equal(facts->findings[0]->index, -1);
	assert_true(rxcirc__v1__decision_facts__get_packed_size(facts) <= FACTS_BYTES_MAX);
}

static void who_checked_which_evidence_when_is_told(void **state)
{
	const Rxcirc__V1__ExplainDecisionResponse *reply;

	(void)state;
	uploaded_with_a_flag();
	reply = expect_the_decision_of_then();
	assert_string_equal(reply->follow_up->hospital_code, HOST);
	assert_string_equal(reply->follow_up->diagnosis_code, "I10.x00x002");
	assert_int_equal(reply->follow_up->document_sha256.len, SHA256_LEN);
	assert_string_equal(reply->checked_by, "D140105003217");
	assert_int_equal(reply->checked_at_ms, paper.m.issued_at_ms);
}

/* Every parameter to something else, every rule off. */
static void turn_every_parameter(void)
{
	static char settings[UPLOAD_RULES_MAX][64];

	for (size_t i = 0; i < PARAMETERS_NR; i++) {
		const struct parameter_row *row = &parameter_rows[i];
		bool number = row->form == PARAMETER_NUMBER;

		province_parameter(&stage.province, HOME_REGION, row->name,
			!number ? "" : strcmp(row->standard, "1") == 0 ? "2" : "1");
	}
	for (size_t i = 0; i < upload_rules_count; i++) {
		(void)snprintf(settings[i], sizeof(settings[i]), "%s", upload_rules[i].setting);
		province_parameter(&stage.province, HOME_REGION, settings[i], "off");
	}
}

static void whatever_became_of_the_registry_the_decision_is_the_same(void **state)
{
	(void)state;
	uploaded_with_a_flag();
	turn_every_parameter();
	for (int i = 0; i < PLACES; i++)
		if (strcmp(stage.province.places[i].code, OFFICE) != 0)
			stage.province.places[i].status = INSTITUTION_CLOSED;
	for (int i = 0; i < PEOPLE; i++)
		stage.province.people[i].is_absent = stage.province.people[i].practice_is_absent = true;
	for (int i = 0; i < DRUGS; i++)
		stage.province.drugs[i].flags = CODE_WITHDRAWN | CODE_SPECIAL_CONTROL;
	stage.province.item_count = 0;
	stage_rebuild();
	stage.now_ms = noon_ms + INT64_C(3650) * DAY_MS;
	(void)expect_the_decision_of_then();
	/* while today's registry refuses it */
	stage.now_ms = noon_ms;
	stage.province.parameter_count = 0;
	stage_rebuild();
	scene_as(PHYSICIAN);
	assert_int_equal(stage_call(&upload_method, upload_of(&paper, &stage.province)),
		STATUS_RULES_REFUSED);
}

static void the_reading_is_recorded_before_it_is_told(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	uploaded_with_a_flag();
	assert_int_equal(explain(), STATUS_OK);
	u = fake_pg_last("event_put", &q);
	assert_string_equal(u->lane, "write");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_string_equal(leaf->reason, "complaint 2026-118");
	assert_memory_equal(leaf->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_string_equal(leaf->institution_code, OFFICE);
	assert_int_equal(leaf->rx_seq, 0);
}

/* What a pharmacy, the person and the hospital are given holds nothing of it. */
static void the_facts_stay_in_the_house(void **state)
{
	static const char *const words[] = {"employee-pooling", "2010-07-01", "chronic-special"};
	Rxcirc__V1__GetPrescriptionRequest *m = papers_alloc(sizeof(*m));
	const Rxcirc__V1__GetPrescriptionResponse *reply;

	(void)state;
	uploaded_with_a_flag();
	rxcirc__v1__get_prescription_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	scene_as(PHYSICIAN);
	answer();
	assert_int_equal(stage_call(&get_method, m), STATUS_OK);
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		assert_null(memmem(stage.req.reply.data, stage.req.reply.len, words[i],
			strlen(words[i])));
	reply = stage_reply(&rxcirc__v1__get_prescription_response__descriptor);
	assert_int_equal(reply->prescription->base.n_unknown_fields, 0);
}

static void officers_see_decisions_of_their_own_prefecture(void **state)
{
	(void)state;
	uploaded_with_a_flag();
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140100");
	assert_int_equal(explain(), STATUS_OK);
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140200");
	assert_int_equal(explain(), STATUS_SCOPE_NOT_ALLOWED);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void a_question_has_an_id_and_a_purpose(void **state)
{
	char purpose[PURPOSE_MAX + 2];

	(void)state;
	uploaded_with_a_flag();
	memset(purpose, 'p', sizeof(purpose));
	purpose[PURPOSE_MAX + 1] = '\0';
	stage_clear();
	assert_int_equal(stage_call(&explain_method, question(RX_ID_LEN, purpose)),
		STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "purpose");
	assert_int_equal(stage_call(&explain_method, question(RX_ID_LEN, "")), STATUS_FIELD_INVALID);
	assert_int_equal(stage_call(&explain_method, question(RX_ID_LEN - 1, "x")),
		STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "rx_id");
	assert_int_equal(stage_call_bytes(&explain_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
	stage_expect_nothing_sent();
	purpose[PURPOSE_MAX] = '\0';
	answer();
	assert_int_equal(stage_call(&explain_method, question(RX_ID_LEN, purpose)), STATUS_OK);
}

/* Seal this as the upload's file. */
static void reseal(const ProtobufCMessage *file)
{
	struct data_key key = {.generation = (uint16_t)l.key_generation};
	const struct seal_place place = {l.rx_id, 1, 1};
	size_t len = protobuf_c_message_get_packed_size(file);
	uint8_t *plain = papers_alloc(len), *sealed = papers_alloc(seal_len(len));

	memcpy(key.wrapped, l.wrapped, sizeof(key.wrapped));
	assert_int_equal(data_key_unwrap(&key, stage.keys, l.rx_id), 0);
	protobuf_c_message_pack(file, plain);
	seal(sealed, &key, &place, slice_of(plain, len));
	l.documents[0].sealed = slice_of(sealed, seal_len(len));
}

static void files_older_than_decisions_are_told(void **state)
{
	Rxcirc__V1__PrescriptionBundle file = RXCIRC__V1__PRESCRIPTION_BUNDLE__INIT;

	(void)state;
	uploaded_with_a_flag();
	file.prescription = l.prescription;
	file.hospital_review = l.hospital_review;
	reseal(&file.base);
	assert_int_equal(explain(), STATUS_DECISION_NOT_KEPT);
	l.is_shredded = true;
	assert_int_equal(explain(), STATUS_DECISION_NOT_KEPT);
	stage_clear();
	ledger_answer_nothing();
	assert_int_equal(stage_call(&explain_method, question(RX_ID_LEN, "x")),
		STATUS_PRESCRIPTION_NOT_FOUND);
}

/* A file whose facts belong to another prescription is damage. */
static void facts_that_do_not_fit_the_documents_are_damage(void **state)
{
	Rxcirc__V1__StoredUpload file = RXCIRC__V1__STORED_UPLOAD__INIT;
	Rxcirc__V1__DecisionFacts *facts;

	(void)state;
	uploaded_with_a_flag();
	facts = expect_the_decision_of_then()->facts;
	file.prescription = l.prescription;
	file.hospital_review = l.hospital_review;
	file.decision = facts;
	facts->n_drugs--;
	reseal(&file.base);
	assert_int_equal(explain(), STATUS_DATA_DAMAGED);
	facts->n_drugs++;
	facts->n_findings = 0; /* it fits, but it is not what was found */
	reseal(&file.base);
	assert_int_equal(explain(), STATUS_OK);
	assert_false(((const Rxcirc__V1__ExplainDecisionResponse *)stage_reply(
		&rxcirc__v1__explain_decision_response__descriptor))->same);
}

/* A rule the stored decision does not know did not exist then. */
static void rules_that_came_later_are_not_asked(void **state)
{
	Rxcirc__V1__StoredUpload file = RXCIRC__V1__STORED_UPLOAD__INIT;
	Rxcirc__V1__DecisionFacts *facts;

	(void)state;
	uploaded_with_a_flag();
	facts = expect_the_decision_of_then()->facts;
	file.prescription = l.prescription;
	file.hospital_review = l.hospital_review;
	file.decision = facts;
	facts->severities.len = upload_rule_find("RX-CROSS-REGION")->no - 1;
	facts->n_findings = 0;
	reseal(&file.base);
	assert_int_equal(explain(), STATUS_OK);
	assert_true(((const Rxcirc__V1__ExplainDecisionResponse *)stage_reply(
		&rxcirc__v1__explain_decision_response__descriptor))->same);
}

static void a_failed_statement_ends_the_question(void **state)
{
	static const struct {
		int err;
		enum status_reason reason;
	} ends[] = {{ERR_DB_AWAY, STATUS_DATABASE_AWAY}, {ERR_TIMEOUT, STATUS_DEADLINE_EXCEEDED},
		{ERR_DB_REFUSED, STATUS_INTERNAL}};

	(void)state;
	uploaded_with_a_flag();
	for (unsigned i = 0; i < ARRAY_LEN(ends); i++) {
		stage_clear();
		fake_pg_answer_failure("prescription_load", ends[i].err, NULL);
		assert_int_equal(stage_call(&explain_method, question(RX_ID_LEN, "x")), ends[i].reason);
		stage_clear();
		ledger_answer_row(&l);
		ledger_answer_documents(&l);
		fake_pg_answer_failure("event_put", ends[i].err, NULL);
		assert_int_equal(stage_call(&explain_method, question(RX_ID_LEN, "x")), ends[i].reason);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(the_facts_of_then_are_told_and_judged_again, "JIN15-4.11a"),
		STAGED_PROVES(who_checked_which_evidence_when_is_told, "SX15-8.3 JIN15-4.4a"),
		STAGED_PROVES(whatever_became_of_the_registry_the_decision_is_the_same,
			"JIN15-4.11a TJ2-30"),
		STAGED_PROVES(the_reading_is_recorded_before_it_is_told, "C27 C11"),
		STAGED_PROVES(the_facts_stay_in_the_house, "C27"),
		STAGED(officers_see_decisions_of_their_own_prefecture),
		STAGED(a_question_has_an_id_and_a_purpose),
		STAGED(files_older_than_decisions_are_told),
		STAGED(facts_that_do_not_fit_the_documents_are_damage),
		STAGED_PROVES(rules_that_came_later_are_not_asked, "JIN15-4.11a"),
		STAGED(a_failed_statement_ends_the_question),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decision", tests, stage_open, stage_close);
}
