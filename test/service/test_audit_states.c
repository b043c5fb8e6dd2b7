/* What the tables say of prescriptions: rows as they stand, whether their MACs hold, and digests of
 * what is sealed. */
#include "test/service/scene.h"

#include <string.h>

#include "crypto/digest.h"
#include "rxcirc/v1/trail.pb-c.h"

static const struct method states_method = {"rxcirc.v1.Agency/AuditStates", audit_states_start};
static Rxcirc__V1__AuditStatesRequest m;
static struct ledger l;

static void begin(void)
{
	rxcirc__v1__audit_states_request__init(&m);
	m.purpose = paper_text("季度核对 2026-2");
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
}

static enum status_reason ask(void)
{
	return stage_call(&states_method, &m);
}

static const Rxcirc__V1__AuditStatesResponse *reply(void)
{
	assert_int_equal(fake_pg_unused(), 0);
	assert_true(stage.req.reply.len <= FRAME_BODY_MAX - 1024);
	return stage_reply(&rxcirc__v1__audit_states_response__descriptor);
}

static const Rxcirc__V1__AuditedState *state_of(const struct ledger *ledger)
{
	begin();
	promise_answer_event();
	ledger_answer_states("audit_states", ledger, 1);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(reply()->n_states, 1);
	return reply()->states[0];
}

/* ---- what is told -------------------------------------------------------------------------- */

static void a_row_is_told_as_it_stands(void **state)
{
	const Rxcirc__V1__AuditedState *s;
	uint8_t hash[SHA256_LEN];

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	s = state_of(&l);
	assert_memory_equal(s->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(s->version, 3);
	assert_memory_equal(s->head_leaf.data, l.head_leaf, SHA256_LEN);
	assert_int_equal(s->state->validity, l.leaf->after->validity);
	assert_int_equal(s->state->review, l.leaf->after->review);
	assert_int_equal(s->state->use, l.leaf->after->use);
	assert_true(s->state->held);
	assert_string_equal(s->holder_code, PHARMACY);
	assert_true(s->row_is_sealed);
	assert_true(s->has_key);
	assert_int_equal(s->n_documents, 2);
	for (unsigned i = 0; i < 2; i++) {
		digest_sha256(hash, l.documents[i].sealed);
		assert_int_equal(s->documents[i]->seq, l.documents[i].seq);
		assert_int_equal(s->documents[i]->kind, l.documents[i].kind);
		assert_memory_equal(s->documents[i]->sealed_sha256.data, hash, SHA256_LEN);
	}
	/* the digest that the event of the newest document has */
	assert_memory_equal(s->documents[1]->sealed_sha256.data, l.leaf->ciphertext_sha256.data,
		SHA256_LEN);
}

/* Held, although the lease is over: so the log says it, too. */
static void a_lease_that_is_over_is_still_in_the_row(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	stage.now_ms += (int64_t)2 * LEASE_MS;
	assert_true(state_of(&l)->state->held);
	stage.now_ms = noon_ms;
	scene_upload(&l, NULL);
	assert_false(state_of(&l)->state->held);
	assert_string_equal(state_of(&l)->holder_code, "");
}

static void a_row_that_the_platform_did_not_write_is_told_with_that(void **state)
{
	static const size_t members[] = {offsetof(struct ledger, hospital),
		offsetof(struct ledger, head_leaf), offsetof(struct ledger, row_mac),
		offsetof(struct ledger, version), offsetof(struct ledger, review),
		offsetof(struct ledger, prescribed), offsetof(struct ledger, codes)};
	const Rxcirc__V1__AuditedState *s;

	(void)state;
	scene_upload(&l, NULL);
	assert_true(state_of(&l)->row_is_sealed);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		((uint8_t *)&l)[members[i]] ^= 2;
		s = state_of(&l);
		assert_false(s->row_is_sealed);
		assert_memory_equal(s->head_leaf.data, l.head_leaf, SHA256_LEN); /* as it stands */
		((uint8_t *)&l)[members[i]] ^= 2;
	}
	l.lines_are_gone = true;
	assert_false(state_of(&l)->row_is_sealed);
	l.lines_are_gone = false;
	l.mac_generation = 9; /* no such key */
	assert_false(state_of(&l)->row_is_sealed);
}

static void what_was_shredded_has_no_key_and_keeps_its_documents(void **state)
{
	const Rxcirc__V1__AuditedState *s;

	(void)state;
	scene_upload(&l, NULL);
	l.is_shredded = true;
	s = state_of(&l);
	assert_false(s->has_key);
	assert_true(s->row_is_sealed);
	assert_int_equal(s->n_documents, 1);
	l.document_count = 0; /* somebody deleted it */
	assert_int_equal(state_of(&l)->n_documents, 0);
}

/* ---- recorded ------------------------------------------------------------------------------ */

static void the_first_page_is_recorded_with_its_purpose(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	scene_upload(&l, NULL);
	(void)state_of(&l);
	assert_string_equal(fake_pg_sent(0)->lane, "write");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(fake_pg_sent(0), 0, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_string_equal(leaf->subject, "audit/states");
	assert_string_equal(leaf->reason, "季度核对 2026-2");
	stage_expect_lane("audit_states", "slow");
	begin();
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	assert_int_equal(ask(), STATUS_DATABASE_AWAY);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void expect_field(const char *field)
{
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
	begin();
}

static void a_purpose_has_1_to_200_bytes(void **state)
{
	char *purpose = papers_alloc(PURPOSE_MAX + 2);

	(void)state;
	begin();
	m.purpose = paper_text("");
	expect_field("purpose");
	memset(purpose, 'p', PURPOSE_MAX + 1);
	m.purpose = purpose;
	expect_field("purpose");
	purpose[PURPOSE_MAX] = '\0';
	m.purpose = purpose;
	promise_answer_event();
	ledger_answer_states("audit_states", NULL, 0);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(reply()->n_states, 0);
}

/* ---- those asked for ----------------------------------------------------------------------- */

static void these_prescriptions_or_all(void **state)
{
	static uint8_t ids[AUDIT_RX_IDS_MAX + 1][RX_ID_LEN];
	ProtobufCBinaryData fields[AUDIT_RX_IDS_MAX + 1];
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	for (unsigned i = 0; i <= AUDIT_RX_IDS_MAX; i++) {
		ids[i][0] = (uint8_t)(i >> 8);
		ids[i][1] = (uint8_t)i;
		fields[i] = paper_bytes(ids[i], RX_ID_LEN);
	}
	begin();
	m.rx_ids = fields;
	m.n_rx_ids = AUDIT_RX_IDS_MAX;
	promise_answer_event();
	ledger_answer_states("audit_states_of", NULL, 0);
	assert_int_equal(ask(), STATUS_OK);
	u = fake_pg_last("audit_states_of", &q);
	assert_int_equal(fake_value(u, q, 4).len, 20 + AUDIT_RX_IDS_MAX * (4 + RX_ID_LEN));
	assert_true(protobuf_c_message_get_packed_size(&m.base) <= AUDIT_BODY_MAX);
	m.n_rx_ids = AUDIT_RX_IDS_MAX + 1;
	stage_clear();
	expect_field("rx_ids");
	fields[0].len = RX_ID_LEN - 1;
	m.rx_ids = fields;
	m.n_rx_ids = 1;
	expect_field("rx_ids");
}

/* ---- pages --------------------------------------------------------------------------------- */

static void answer_many(unsigned count)
{
	ledger_answer_states("audit_states", &l, count);
}

static void a_full_page_goes_on_and_is_not_recorded_again(void **state)
{
	const Rxcirc__V1__AuditStatesResponse *page;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	scene_upload(&l, NULL);
	begin();
	promise_answer_event();
	answer_many(AUDIT_STATES_MAX - 1);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(reply()->next_page_token.len, 0);
	stage_clear();
	promise_answer_event();
	answer_many(AUDIT_STATES_MAX);
	assert_int_equal(ask(), STATUS_OK);
	page = reply();
	assert_int_equal(page->n_states, AUDIT_STATES_MAX);
	stage_clear();
	m.page_token = page->next_page_token;
	m.purpose = paper_text("");
	answer_many(0);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(fake_pg_sent_count(), 1);
	u = fake_pg_last("audit_states", &q);
	assert_int_equal(fake_value(u, q, 1).len, RX_ID_LEN);
	assert_memory_equal(fake_value(u, q, 1).data,
		page->states[AUDIT_STATES_MAX - 1]->rx_id.data, RX_ID_LEN);
	assert_int_equal(fake_number(u, q, 0), l.rx_id[0] << 8 | l.rx_id[1]);
	assert_int_equal(fake_number(u, q, 2), AUDIT_STATES_MAX);
}

static void a_page_too_large_for_a_frame_is_cut_and_goes_on(void **state)
{
	const Rxcirc__V1__AuditStatesResponse *page;
	unsigned told;

	(void)state;
	scene_upload(&l, NULL);
	for (unsigned i = 1; i < LATER_DOCUMENTS_MAX; i++) {
		l.documents[i] = l.documents[0];
		l.documents[i].seq = i + 1;
	}
	l.document_count = LATER_DOCUMENTS_MAX;
	begin();
	promise_answer_event();
	answer_many(200);
	assert_int_equal(ask(), STATUS_OK);
	page = reply();
	told = (unsigned)page->n_states;
	assert_in_range(told, 60, 199);
	assert_int_not_equal(page->next_page_token.len, 0);
	stage_clear();
	m.page_token = page->next_page_token;
	answer_many(1);
	assert_int_equal(ask(), STATUS_OK);
	assert_int_equal(reply()->next_page_token.len, 0);
}

static void a_token_goes_on_with_nothing_else(void **state)
{
	const uint8_t other[RX_ID_LEN] = {1};
	ProtobufCBinaryData field = paper_bytes(other, sizeof(other));

	(void)state;
	scene_upload(&l, NULL);
	begin();
	promise_answer_event();
	answer_many(AUDIT_STATES_MAX);
	assert_int_equal(ask(), STATUS_OK);
	m.page_token = reply()->next_page_token;
	stage_clear();
	m.rx_ids = &field;
	m.n_rx_ids = 1;
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "page_token");
	m.n_rx_ids = 0;
	stage.caller.spki[5] ^= 1;
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
	stage.caller.spki[5] ^= 1;
	stage.now_ms += (int64_t)PAGE_TOKEN_S_MAX * 1000;
	assert_int_equal(ask(), STATUS_FIELD_INVALID);
	stage_expect_nothing_sent();
	stage.now_ms--;
	answer_many(1);
	assert_int_equal(ask(), STATUS_OK);
}

static void memory_that_ends_is_busy(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	begin();
	for (unsigned all = 0; all < 2; all++) {
		stage.fail_all = all != 0;
		stage.has_failed = true;
		for (unsigned n = 1; stage.has_failed; n++) {
			stage_clear();
			promise_answer_event();
			ledger_answer_states("audit_states", &l, 1);
			stage.fail_at = n;
			if (ask() != STATUS_OK)
				assert_int_equal(stage.req.status, STATUS_BUSY);
			stage.fail_at = 0;
		}
		assert_int_equal(stage.req.status, STATUS_OK);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(a_row_is_told_as_it_stands),
		STAGED(a_lease_that_is_over_is_still_in_the_row),
		STAGED_PROVES(a_row_that_the_platform_did_not_write_is_told_with_that, "C29"),
		STAGED(what_was_shredded_has_no_key_and_keeps_its_documents),
		STAGED_PROVES(the_first_page_is_recorded_with_its_purpose, "C11"),
		STAGED(a_purpose_has_1_to_200_bytes),
		STAGED(these_prescriptions_or_all),
		STAGED(a_full_page_goes_on_and_is_not_recorded_again),
		STAGED(a_page_too_large_for_a_frame_is_cut_and_goes_on),
		STAGED(a_token_goes_on_with_nothing_else),
		STAGED(memory_that_ends_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit states", tests, stage_open, stage_close);
}
