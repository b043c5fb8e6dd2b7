/* A pull made friendlier: a list without content and what is downloaded from it, what is known
 * already, and what is damaged. */
#include "test/service/scene.h"

#include <stdio.h>
#include <string.h>

#include "base/ensure.h"
#include "crypto/digest.h"
#include "proto/document.h"
#include "proto/voucher.h"

static const struct method download_method = {"rxcirc.v1.Pharmacy/DownloadPrescription",
	download_prescription_start};

enum { REPEAT_MS = 15 * MINUTE_MS };

static struct ledger l, second;
static uint8_t grant[DOWNLOAD_GRANT_LEN], nonce[VOUCHER_NONCE_LEN];

static Rxcirc__V1__PullPrescriptionsRequest *pull_of(bool stubs)
{
	struct voucher v = {.purpose = VOUCHER_PURPOSE_PULL, .issued_at_ms = noon_ms, .life_s = 60,
		.id = PERSON};
	Rxcirc__V1__PullPrescriptionsRequest *m = papers_alloc(sizeof(*m));
	char *code = papers_alloc(VOUCHER_TEXT_MAX + 1);

	memset(v.nonce, 0x4e, sizeof(v.nonce));
	memcpy(v.key_id, stage.province.voucher_pair.id, KEY_ID_LEN);
	ensure(voucher_issue(code, &v, stage.province.voucher_pair.secret) == 0);
	rxcirc__v1__pull_prescriptions_request__init(m);
	m->voucher_code = code;
	m->stubs_only = stubs;
	return m;
}

/* Two prescriptions of one person. */
static void begin(void)
{
	struct rx_paper *paper = papers_alloc(sizeof(*paper));

	rx_paper_init(paper, &stage.province);
	scene_upload(&l, NULL);
	paper->m.hospital_rx_no = paper_text("TYIH-2026-0529-000482");
	scene_upload(&second, paper);
	scene_as(PHARMACIST);
	stage_clear();
}

static enum status_reason pull_call(const void *m)
{
	const struct fake_cell used = FAKE_BOOL(true);
	const struct ledger *both[] = {&l, &second};

	stage_clear();
	ledger_answer_search(both, 2, true);
	fake_pg_answer("voucher_use", 1, &used, 1);
	return stage_call(&pull_method, m);
}

static const Rxcirc__V1__PullPrescriptionsResponse *pull(const void *m)
{
	assert_int_equal(pull_call(m), STATUS_OK);
	return stage_reply(&rxcirc__v1__pull_prescriptions_response__descriptor);
}

static const Rxcirc__V1__EventLeaf *leaf_of(const char *statement, unsigned param)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last(statement, &q);

	return stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, param));
}

/* ---- stubs ---- */

static void a_list_without_content_tells_enough_to_choose_by(void **state)
{
	const Rxcirc__V1__PullPrescriptionsResponse *reply;
	const Rxcirc__V1__PrescriptionStub *s;
	struct rx_paper *paper = papers_alloc(sizeof(*paper));
	int64_t until_ms;

	(void)state;
	begin();
	rx_paper_init(paper, &stage.province);
	reply = pull(pull_of(true));
	assert_int_equal(reply->n_prescriptions, 0);
	assert_int_equal(reply->n_stubs, 2);
	s = reply->stubs[0];
	assert_memory_equal(s->state->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(s->state->n_lines, 0);
	assert_string_equal(s->hospital_code, HOSPITAL);
	assert_string_equal(s->hospital_name, province_place(&stage.province, HOSPITAL)->name);
	assert_string_equal(s->department_name, paper->physician.department_name);
	assert_true(s->issued_at_ms == l.issued_ms && s->valid_until_ms == l.valid_until_ms);
	assert_int_equal(s->line_count, l.line_count);
	assert_true(download_grant_open(slice_of(s->download_grant.data, s->download_grant.len),
		stage.keys, l.rx_id, PHARMACY, nonce, &until_ms));
	assert_true(until_ms == noon_ms + GRANT_MS);
	/* nothing of the content: no drug, no diagnosis, no name */
	assert_null(memmem(stage.req.reply.data, stage.req.reply.len, paper->lines[0].generic_name,
		strlen(paper->lines[0].generic_name)));
	assert_null(memmem(stage.req.reply.data, stage.req.reply.len, l.codes[0],
		strlen(l.codes[0])));
	assert_null(memmem(stage.req.reply.data, stage.req.reply.len, paper->patient.name,
		strlen(paper->patient.name)));
	assert_null(memmem(stage.req.reply.data, stage.req.reply.len, paper->diagnoses[0].code,
		strlen(paper->diagnoses[0].code)));
	assert_int_equal(leaf_of("voucher_use", 9)->n_disclosed, 2);
}

/* A repeated list hands out no second grant to be used. */
static void a_list_shown_again_brings_grants_of_the_same_one_use(void **state)
{
	const Rxcirc__V1__PrescriptionStub *s;
	uint8_t again[VOUCHER_NONCE_LEN], other[VOUCHER_NONCE_LEN];
	int64_t until_ms;

	(void)state;
	begin();
	s = pull(pull_of(true))->stubs[0];
	assert_true(download_grant_open(slice_of(s->download_grant.data, s->download_grant.len),
		stage.keys, l.rx_id, PHARMACY, nonce, &until_ms));
	stage.now_ms += MINUTE_MS;
	s = pull(pull_of(true))->stubs[0];
	assert_true(download_grant_open(slice_of(s->download_grant.data, s->download_grant.len),
		stage.keys, l.rx_id, PHARMACY, again, &until_ms));
	assert_memory_equal(nonce, again, sizeof(again));
	s = ((const Rxcirc__V1__PullPrescriptionsResponse *)stage_reply(
		&rxcirc__v1__pull_prescriptions_response__descriptor))->stubs[1];
	assert_true(download_grant_open(slice_of(s->download_grant.data, s->download_grant.len),
		stage.keys, second.rx_id, PHARMACY, other, &until_ms));
	assert_memory_not_equal(nonce, other, sizeof(other));
}

/* ---- download ---- */

static enum status_reason download(bool used)
{
	const struct fake_cell cell = FAKE_BOOL(used);
	Rxcirc__V1__DownloadPrescriptionRequest m =
		RXCIRC__V1__DOWNLOAD_PRESCRIPTION_REQUEST__INIT;

	stage_clear();
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	fake_pg_answer("voucher_use", 1, &cell, 1);
	promise_answer_event();
	m.rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	m.download_grant = paper_bytes(grant, sizeof(grant));
	return stage_call(&download_method, &m);
}

static void make_grant(const char *pharmacy, int64_t until_ms)
{
	memset(nonce, 0x77, sizeof(nonce));
	download_grant_make(grant, stage.keys, l.rx_id, pharmacy, nonce, until_ms);
}

static void a_download_brings_the_whole_once_with_a_grant_to_claim_it(void **state)
{
	const Rxcirc__V1__DownloadPrescriptionResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	const Rxcirc__V1__PrescriptionBundle *b;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	make_grant(PHARMACY, noon_ms + 1);
	assert_int_equal(download(true), STATUS_OK);
	reply = stage_reply(&rxcirc__v1__download_prescription_response__descriptor);
	b = reply->prescription;
	assert_int_equal(document_verify(b->prescription, b->prescription->kind,
		stage.province.people[PHYSICIAN].pair.public_key), 0);
	assert_int_equal(b->n_key_statements, 2);
	assert_true(pull_grant_is_valid(slice_of(b->pull_grant.data, b->pull_grant.len), stage.keys,
		l.rx_id, PHARMACY, noon_ms + GRANT_MS - 1));
	assert_int_equal(fake_pg_sent_count(), 2);
	assert_string_equal(fake_pg_sent(0)->lane, "read");
	u = fake_pg_last("voucher_use", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(fake_number(u, q, 0), l.rx_id[0] << 8 | l.rx_id[1]);
	assert_true(slice_equal(fake_value(u, q, 1), slice_of(nonce, sizeof(nonce))));
	assert_true(slice_equal(fake_value(u, q, 2), slice_of_text(PHARMACY)));
	assert_true(slice_equal(fake_value(u, q, 5), slice_of(l.person_key, PERSON_KEY_LEN)));
	assert_int_equal(fake_number(u, q, 16), 1);
	leaf = leaf_of("voucher_use", 9);
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_DOWNLOADED);
	assert_int_equal(leaf->n_disclosed, 1);
	assert_memory_equal(leaf->disclosed[0].data, l.rx_id, RX_ID_LEN);
	leaf = leaf_of("voucher_use", 13);
	assert_string_equal(leaf->reason, "DOWNLOAD_GRANT_USED");
	assert_int_equal(leaf->n_disclosed, 0);
}

/* The person chooses where to fill: any pharmacy, or a hospital's own. */
static void a_hospital_lists_and_downloads_for_its_own_pharmacy(void **state)
{
	const Rxcirc__V1__PrescriptionStub *s;
	const Rxcirc__V1__DownloadPrescriptionResponse *reply;
	ProtobufCBinaryData pull_grant;

	(void)state;
	begin();
	for (unsigned i = 0; i < 2; i++) {
		const char *code = i == 0 ? OTHER_HOSPITAL : OTHER_PHARMACY;

		stage_as(i == 0 ? CALLER_HOSPITAL : CALLER_PHARMACY, code, HOME_REGION);
		s = pull(pull_of(true))->stubs[0];
		assert_int_equal(s->download_grant.len, DOWNLOAD_GRANT_LEN);
		memcpy(grant, s->download_grant.data, sizeof(grant));
		assert_int_equal(download(true), STATUS_OK);
		reply = stage_reply(&rxcirc__v1__download_prescription_response__descriptor);
		pull_grant = reply->prescription->pull_grant;
		assert_true(pull_grant_is_valid(slice_of(pull_grant.data, pull_grant.len), stage.keys,
			l.rx_id, code, noon_ms));
	}
}

static void a_grant_serves_once_and_its_call_may_be_repeated_a_while(void **state)
{
	(void)state;
	begin();
	make_grant(PHARMACY, noon_ms + 1);
	assert_int_equal(download(false), STATUS_DOWNLOAD_GRANT_USED); /* another call used it */
	make_grant(PHARMACY, noon_ms);
	assert_int_equal(download(false), STATUS_DOWNLOAD_GRANT_INVALID);
	assert_int_equal(fake_number(fake_pg_sent(1), 0, 16), 0); /* may not be fresh */
	assert_string_equal(leaf_of("voucher_use", 13)->reason, "DOWNLOAD_GRANT_INVALID");
	assert_int_equal(download(true), STATUS_OK); /* it was this call */
	stage.now_ms = noon_ms + REPEAT_MS - 1;
	assert_int_equal(download(true), STATUS_OK);
	stage.now_ms++;
	assert_int_equal(download(true), STATUS_DOWNLOAD_GRANT_INVALID);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void expect_refused(enum status_reason expected, unsigned units)
{
	assert_int_equal(download(true), expected);
	assert_int_equal(fake_pg_sent_count(), units);
	assert_int_equal(leaf_of("event_put", 10)->kind,
		RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED);
	assert_string_equal(leaf_of("event_put", 10)->reason, status_row_of(expected)->reason);
}

static void a_forged_or_foreign_grant_reads_nothing_and_is_an_event(void **state)
{
	struct person_block *block;

	(void)state;
	begin();
	make_grant(OTHER_PHARMACY, noon_ms + 1);
	expect_refused(STATUS_DOWNLOAD_GRANT_INVALID, 1);
	make_grant(PHARMACY, noon_ms + 1);
	grant[30] ^= 1;
	expect_refused(STATUS_DOWNLOAD_GRANT_INVALID, 1);
	download_grant_make(grant, stage.keys, second.rx_id, PHARMACY, nonce, noon_ms + 1);
	expect_refused(STATUS_DOWNLOAD_GRANT_INVALID, 1);
	make_grant(PHARMACY, noon_ms + 1);
	block = &stage.province.blocks[stage.province.block_count++];
	*block = (struct person_block){.scope = BLOCK_ALL, .from_ms = noon_ms,
		.until_ms = noon_ms + 1, .reason = "decision 7"};
	memcpy(block->person_key, l.person_key, PERSON_KEY_LEN);
	stage_rebuild();
	expect_refused(STATUS_PERSON_BLOCKED, 2);
}

static void a_download_shows_nothing_when_anything_goes_wrong(void **state)
{
	Rxcirc__V1__DownloadPrescriptionRequest m =
		RXCIRC__V1__DOWNLOAD_PRESCRIPTION_REQUEST__INIT;

	(void)state;
	begin();
	make_grant(PHARMACY, noon_ms + 1);
	m.download_grant = paper_bytes(grant, sizeof(grant));
	m.rx_id = paper_bytes(l.rx_id, RX_ID_LEN - 1);
	assert_int_equal(stage_call(&download_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "rx_id");
	assert_int_equal(stage_call_bytes(&download_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
	m.rx_id.len = RX_ID_LEN;
	stage_clear();
	ledger_answer_nothing();
	assert_int_equal(stage_call(&download_method, &m), STATUS_PRESCRIPTION_NOT_FOUND);
	stage_clear();
	fake_pg_answer_failure("prescription_load", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&download_method, &m), STATUS_DATABASE_AWAY);
	stage_clear();
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	fake_pg_answer_failure("voucher_use", ERR_OUTCOME_UNKNOWN, NULL);
	assert_int_equal(stage_call(&download_method, &m), STATUS_OUTCOME_UNKNOWN);
	l.is_shredded = true;
	assert_int_equal(download(true), STATUS_PRESCRIPTION_NOT_FOUND);
	l.is_shredded = false;
	l.use = 3;
	assert_int_equal(download(true), STATUS_DATA_DAMAGED);
}

static void no_allocation_that_fails_shows_anything(void **state)
{
	const Rxcirc__V1__PullPrescriptionsRequest *m;

	(void)state;
	begin();
	make_grant(PHARMACY, noon_ms + 1);
	m = pull_of(true);
	for (unsigned way = 0; way < 2; way++) {
		for (stage.fail_at = 1;; stage.fail_at++) {
			enum status_reason status = way == 0 ? download(true) : pull_call(m);

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

/* ---- known ---- */

static Rxcirc__V1__KnownPrescription known[PULL_PRESCRIPTIONS_MAX + 1];
static Rxcirc__V1__KnownPrescription *known_list[PULL_PRESCRIPTIONS_MAX + 1];

static Rxcirc__V1__PullPrescriptionsRequest *pull_knowing(size_t count, int64_t version)
{
	Rxcirc__V1__PullPrescriptionsRequest *m = pull_of(false);

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		rxcirc__v1__known_prescription__init(&known[i]);
		known[i].rx_id = paper_bytes(i == count - 1 ? l.rx_id : second.rx_id, RX_ID_LEN);
		known[i].version = i == count - 1 ? (uint64_t)version : 77;
		known_list[i] = &known[i];
	}
	m->known = known_list;
	m->n_known = count;
	return m;
}

static void what_did_not_change_comes_as_its_state_only(void **state)
{
	const Rxcirc__V1__PullPrescriptionsResponse *reply;
	const Rxcirc__V1__PrescriptionBundle *b;

	(void)state;
	begin();
	reply = pull(pull_knowing(PULL_PRESCRIPTIONS_MAX, l.version));
	assert_int_equal(reply->n_prescriptions, 2);
	b = reply->prescriptions[0];
	assert_true(b->unchanged);
	assert_int_equal(b->state->version, l.version);
	assert_null(b->prescription);
	assert_null(b->hospital_review);
	assert_int_equal(b->n_key_statements, 0);
	assert_true(pull_grant_is_valid(slice_of(b->pull_grant.data, b->pull_grant.len), stage.keys,
		l.rx_id, PHARMACY, noon_ms));
	b = reply->prescriptions[1]; /* known in another version */
	assert_false(b->unchanged);
	assert_non_null(b->prescription);
	assert_int_equal(leaf_of("voucher_use", 9)->n_disclosed, 2);
	reply = pull(pull_knowing(1, l.version + 1));
	assert_false(reply->prescriptions[0]->unchanged);
	assert_non_null(reply->prescriptions[0]->prescription);
}

static void more_than_sixteen_known_an_unsound_id_or_stubs_beside_them_are_told(void **state)
{
	Rxcirc__V1__PullPrescriptionsRequest *m;

	(void)state;
	begin();
	assert_int_equal(stage_call(&pull_method, pull_knowing(PULL_PRESCRIPTIONS_MAX + 1, 1)),
		STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "known");
	m = pull_knowing(1, 1);
	known[0].rx_id.len--;
	assert_int_equal(stage_call(&pull_method, m), STATUS_FIELD_INVALID);
	m = pull_knowing(1, 1);
	m->stubs_only = true;
	assert_int_equal(stage_call(&pull_method, m), STATUS_FIELD_INVALID);
	stage_expect_nothing_sent();
}

/* ---- damaged ---- */

static void one_damaged_prescription_is_named_and_the_others_come(void **state)
{
	(void)state;
	begin();
	l.codes[0][3] = 'X'; /* somebody changed a drug in the database */
	for (unsigned stubs = 0; stubs < 2; stubs++) {
		const Rxcirc__V1__PullPrescriptionsResponse *reply = pull(pull_of(stubs == 1));
		const Rxcirc__V1__EventLeaf *leaf = leaf_of("voucher_use", 9);

		assert_int_equal(reply->n_prescriptions + reply->n_stubs, 1);
		assert_int_equal(reply->n_damaged, 1);
		assert_memory_equal(reply->damaged[0].data, l.rx_id, RX_ID_LEN);
		assert_int_equal(leaf->n_disclosed, 1);
		assert_memory_equal(leaf->disclosed[0].data, second.rx_id, RX_ID_LEN);
		assert_string_equal(leaf->reason, "DATA_DAMAGED");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(a_list_without_content_tells_enough_to_choose_by, "JIN15-1.3b C27"),
		STAGED(a_list_shown_again_brings_grants_of_the_same_one_use),
		STAGED_PROVES(a_download_brings_the_whole_once_with_a_grant_to_claim_it,
			"JIN15-1.3b SX15-6.3"),
		STAGED_PROVES(a_hospital_lists_and_downloads_for_its_own_pharmacy,
			"JIN15-1.2b NT33-N2.3 JIN15-1.3c"),
		STAGED_PROVES(a_grant_serves_once_and_its_call_may_be_repeated_a_while, "JIN15-1.3b"),
		STAGED_PROVES(a_forged_or_foreign_grant_reads_nothing_and_is_an_event, "JIN15-1.3b"),
		STAGED(a_download_shows_nothing_when_anything_goes_wrong),
		STAGED(no_allocation_that_fails_shows_anything),
		STAGED_PROVES(what_did_not_change_comes_as_its_state_only, "SX15-6.3"),
		STAGED(more_than_sixteen_known_an_unsound_id_or_stubs_beside_them_are_told),
		STAGED_PROVES(one_damaged_prescription_is_named_and_the_others_come, "C30"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("download", tests, stage_open, stage_close);
}
