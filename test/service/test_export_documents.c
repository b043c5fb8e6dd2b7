/* Documents taken along: opened offline with the key beside them, each under its event, and seen by
 * whom they are about. */
#include "test/service/exports.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/seal.h"
#include "proto/document.h"
#include "rxcirc/v1/decision.pb-c.h"

#define m exports_asked

enum { DOCUMENT_CELLS = 7, EVENT_CELLS = 10, LIFE = 4 };

static struct ledger l;
static uint64_t places[LIFE]; /* upload, claim, review, hand-over */

/* A prescription's life, each event in the log. */
static void live(void)
{
	scene_upload(&l, NULL);
	places[0] = logbook_add(l.leaf_bytes);
	scene_claim(&l, PHARMACIST);
	places[1] = logbook_add(l.leaf_bytes);
	scene_review(&l, PHARMACIST, true);
	places[2] = logbook_add(l.leaf_bytes);
	scene_dispense(&l, PHARMACIST, NULL);
	places[3] = logbook_add(l.leaf_bytes);
	logbook_fill(300);
	logbook_publish();
	exports_begin();
	m.documents = true;
	m.rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
}

static void answer_documents(const struct slice *sealed)
{
	struct fake_cell cells[DOCUMENT_CELLS * 3];

	assert_int_equal(l.document_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct ledger_document *d = &l.documents[i];
		const struct fake_cell row[DOCUMENT_CELLS] = {
			FAKE_I64(i + 1), FAKE_I64(d->seq), FAKE_I16(d->kind),
			fake_bytes(sealed == NULL ? d->sealed : sealed[i]),
			FAKE_I16(l.key_generation), FAKE_BYTES(l.wrapped, sizeof(l.wrapped)),
			FAKE_BYTES(l.person_key, PERSON_KEY_LEN),
		};

		memcpy(cells + DOCUMENT_CELLS * i, row, sizeof(row));
		if (l.is_shredded)
			cells[DOCUMENT_CELLS * i + 4] = cells[DOCUMENT_CELLS * i + 5] =
				(struct fake_cell)FAKE_NULL;
	}
	fake_pg_answer("export_documents", DOCUMENT_CELLS, cells, 3);
}

static void answer_opened(void)
{
	static const struct fake_cell yes[] = {FAKE_BOOL(true)};

	fake_pg_answer("events_put", 1, yes, 1);
}

static void answer_life(void)
{
	logbook_answer("trail_by_rx", places, LIFE);
	answer_documents(NULL);
	exports_answer_recorded();
	answer_opened();
}

/* ---- as a verifier opens them -------------------------------------------------------------- */

static const Rxcirc__V1__KeyStatement *statement_of(const Rxcirc__V1__ExportTrailResponse *reply,
	ProtobufCBinaryData key_id)
{
	for (size_t i = 0; i < reply->n_keys; i++) {
		const Rxcirc__V1__SignedDocument *doc = reply->keys[i];
		const Rxcirc__V1__KeyStatement *s;
		uint8_t id[KEY_ID_LEN];

		assert_int_equal(document_verify(doc,
			RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_KEY_STATEMENT,
			stage.province.authority.public_key), 0);
		s = stage_unpack(&rxcirc__v1__key_statement__descriptor,
			slice_of(doc->body.data, doc->body.len));
		dsse_key_id(id, s->public_key.data);
		if (memcmp(id, key_id.data, KEY_ID_LEN) == 0)
			return s;
	}
	fail_msg("no statement about a signer's key");
	return NULL;
}

static void check_signed(const Rxcirc__V1__ExportTrailResponse *reply,
	const Rxcirc__V1__SignedDocument *doc, Rxcirc__V1__DocumentKind kind)
{
	const Rxcirc__V1__KeyStatement *s = statement_of(reply, doc->key_id);

	assert_int_equal(document_verify(doc, kind, s->public_key.data), 0);
}

/* The ciphertext is what its event's leaf names, and opens with nothing but what was exported. */
static struct slice open_document(const Rxcirc__V1__ExportTrailResponse *reply,
	const Rxcirc__V1__ExportedDocument *d)
{
	const struct seal_place place = {d->rx_id.data, d->seq, (uint16_t)d->kind};
	uint8_t *plain = papers_alloc(d->sealed.len), hash[SHA256_LEN];
	size_t len = 0;

	digest_sha256(hash, slice_of(d->sealed.data, d->sealed.len));
	for (size_t i = 0; i < reply->n_events; i++) {
		const Rxcirc__V1__EventLeaf *leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor,
			slice_of(reply->events[i]->leaf.data, reply->events[i]->leaf.len));

		if (leaf->rx_seq != d->seq || memcmp(leaf->rx_id.data, d->rx_id.data, RX_ID_LEN) != 0)
			continue;
		assert_memory_equal(leaf->ciphertext_sha256.data, hash, SHA256_LEN);
		assert_int_equal(d->key.len, SEALED_KEY_LEN);
		assert_true(sealed_open(plain, &len, d->key.data, &place,
			slice_of(d->sealed.data, d->sealed.len)));
		return slice_of(plain, len);
	}
	fail_msg("a document without its event");
	return slice_of(NULL, 0);
}

static void documents_open_with_what_is_exported(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;
	const Rxcirc__V1__StoredUpload *upload;
	const Rxcirc__V1__SignedDocument *doc;

	(void)state;
	live();
	answer_life();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(300);
	assert_int_equal(reply->n_events, LIFE);
	assert_int_equal(reply->n_documents, 3);
	upload = stage_unpack(&rxcirc__v1__stored_upload__descriptor,
		open_document(reply, reply->documents[0]));
	check_signed(reply, upload->prescription,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_PRESCRIPTION);
	check_signed(reply, upload->hospital_review,
		RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_HOSPITAL_REVIEW);
	for (unsigned i = 1; i < 3; i++) {
		doc = stage_unpack(&rxcirc__v1__signed_document__descriptor,
			open_document(reply, reply->documents[i]));
		check_signed(reply, doc, reply->documents[i]->kind);
	}
	assert_int_equal(reply->n_keys, 3); /* physician, hospital pharmacist, pharmacist: each once */
	stage_expect_lane("export_documents", "slow");
}

/* ---- recorded ------------------------------------------------------------------------------ */

/* One element of an array parameter. */
static struct slice element(const struct fake_unit *u, unsigned q, unsigned param, unsigned index)
{
	struct reader r;
	struct slice s = {NULL, 0};

	reader_init(&r, fake_value(u, q, param));
	(void)reader_slice(&r, 20); /* dimensions, flags, type, count, lower bound */
	for (unsigned i = 0; i <= index; i++)
		s = reader_slice(&r, reader_u32(&r));
	assert_false(r.failed);
	return s;
}

static void whom_it_is_about_sees_that_and_why_it_was_opened(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	uint8_t hash[SHA256_LEN];
	unsigned q;

	(void)state;
	live();
	answer_life();
	assert_int_equal(exports_ask(), STATUS_OK);
	u = fake_pg_last("events_put", &q);
	assert_string_equal(u->lane, "write");
	assert_int_equal(q, 1); /* beside the read itself, in one unit */
	assert_string_equal(u->queries[0].statement, "event_put");
	assert_true(slice_equal(element(u, q, 6, 0), slice_of(l.rx_id, RX_ID_LEN)));
	assert_true(slice_equal(element(u, q, 7, 0), slice_of(l.person_key, PERSON_KEY_LEN)));
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, element(u, q, 8, 0));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_memory_equal(leaf->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(leaf->rx_seq, 0);
	assert_string_equal(leaf->reason, m.purpose);
	digest_leaf(hash, element(u, q, 8, 0));
	assert_true(slice_equal(element(u, q, 9, 0), slice_of(hash, sizeof(hash))));
	assert_int_equal(fake_number(u, q, 1), RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_int_equal(fake_value(u, q, 6).len, 20 + 4 + RX_ID_LEN); /* once, of three documents */
}

static void what_could_not_be_recorded_is_not_told(void **state)
{
	(void)state;
	live();
	logbook_answer("trail_by_rx", places, LIFE);
	answer_documents(NULL);
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	assert_int_equal(exports_ask(), STATUS_DATABASE_AWAY);
}

static void without_documents_none_are_read_and_nothing_is_opened(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;

	(void)state;
	live();
	m.documents = false;
	logbook_answer("trail_by_rx", places, LIFE);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(300);
	assert_int_equal(reply->n_documents, 0);
	assert_int_equal(reply->n_keys, 0);
}

/* ---- shredded and damaged ------------------------------------------------------------------ */

static void what_was_shredded_comes_without_a_key(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;

	(void)state;
	live();
	l.is_shredded = true;
	answer_life();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(300); /* every proof stays valid */
	assert_int_equal(reply->n_documents, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(reply->documents[i]->key.len, 0);
		assert_int_equal(reply->documents[i]->sealed.len, l.documents[i].sealed.len);
	}
	assert_int_equal(reply->n_keys, 0);
}

static void a_damaged_document_is_handed_out_as_it_is(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;
	struct slice sealed[3];
	uint8_t *broken;

	(void)state;
	live();
	for (unsigned i = 0; i < 3; i++)
		sealed[i] = l.documents[i].sealed;
	broken = papers_alloc(sealed[1].len);
	memcpy(broken, sealed[1].data, sealed[1].len);
	broken[sealed[1].len / 2] ^= 1;
	sealed[1] = slice_of(broken, sealed[1].len);
	logbook_answer("trail_by_rx", places, LIFE);
	answer_documents(sealed);
	exports_answer_recorded();
	answer_opened();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(300);
	assert_int_equal(reply->n_documents, 3);
	assert_memory_equal(reply->documents[1]->sealed.data, broken, sealed[1].len);
	assert_int_equal(reply->documents[1]->key.len, SEALED_KEY_LEN);
}

static void a_damaged_key_is_no_shredded_one(void **state)
{
	(void)state;
	live();
	l.wrapped[30] ^= 1;
	logbook_answer("trail_by_rx", places, LIFE);
	answer_documents(NULL);
	assert_int_equal(exports_ask(), STATUS_DATA_DAMAGED);
}

static void a_prescription_whose_row_is_gone_is_exported_all_the_same(void **state)
{
	const struct ledger_document *d = &l.documents[0];
	unsigned q;

	(void)state;
	live();
	const struct fake_cell row[DOCUMENT_CELLS] = {FAKE_I64(1), FAKE_I64(d->seq),
		FAKE_I16(d->kind), fake_bytes(d->sealed), FAKE_NULL, FAKE_NULL, FAKE_NULL};

	logbook_answer("trail_by_rx", places, LIFE);
	fake_pg_answer("export_documents", DOCUMENT_CELLS, row, 1);
	exports_answer_recorded();
	answer_opened();
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_equal(exports_reply(300)->n_documents, 1);
	assert_int_equal(element(fake_pg_last("events_put", &q), 1, 7, 0).len, 0);
}

/* ---- of a run ------------------------------------------------------------------------------ */

static void a_run_brings_its_events_documents(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;

	(void)state;
	live();
	exports_begin();
	m.documents = true;
	m.until_index = LIFE + 3;
	answer_documents(NULL);
	exports_answer_recorded();
	answer_opened();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(300);
	assert_int_equal(reply->n_events, LIFE + 3);
	assert_int_equal(reply->n_documents, 3);
	(void)open_document(reply, reply->documents[2]);
	exports_expect_run(0, LIFE + 3, 300);
}

/* Where an event's bytes are outside an officer's scope, its document is, too. */
static void a_city_officer_gets_no_document_from_elsewhere(void **state)
{
	const struct fake_cell regions[] = {FAKE_I64(0), FAKE_TEXT("140202"), FAKE_I64(1),
		FAKE_TEXT("140105"), FAKE_I64(2), FAKE_TEXT("140105"), FAKE_I64(3), FAKE_TEXT("140202")};
	const struct ledger_document *d = &l.documents[1];
	const Rxcirc__V1__ExportTrailResponse *reply;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	live();
	exports_begin();
	stage_as(CALLER_CITY_OFFICER, OFFICE, "140100");
	m.documents = true;
	m.until_index = LIFE;
	const struct fake_cell row[DOCUMENT_CELLS] = {FAKE_I64(1), FAKE_I64(d->seq),
		FAKE_I16(d->kind), fake_bytes(d->sealed), FAKE_I16(l.key_generation),
		FAKE_BYTES(l.wrapped, sizeof(l.wrapped)), FAKE_BYTES(l.person_key, PERSON_KEY_LEN)};

	fake_pg_answer("export_regions", 2, regions, 4);
	fake_pg_answer("export_documents", DOCUMENT_CELLS, row, 1);
	exports_answer_recorded();
	answer_opened();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(300);
	assert_int_equal(reply->n_documents, 1);
	(void)open_document(reply, reply->documents[0]);
	u = fake_pg_last("export_documents", &q); /* asked for one only: the review's */
	assert_int_equal(fake_value(u, q, 1).len, 20 + 4 + RX_ID_LEN);
	exports_expect_run(0, LIFE, 300);
}

/* ---- pages --------------------------------------------------------------------------------- */

/* An event of this prescription with a document. */
static uint64_t add_numbered(uint64_t seq)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	static uint8_t bytes[200];

	leaf.format = 2;
	leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED;
	leaf.rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	leaf.rx_seq = seq;
	leaf.institution_code = paper_text(PHARMACY);
	leaf.ciphertext_sha256 = paper_bytes(l.head_leaf, SHA256_LEN);
	return logbook_add(slice_of(bytes, rxcirc__v1__event_leaf__pack(&leaf, bytes)));
}

static void answer_large(unsigned first, unsigned count, size_t len)
{
	struct fake_cell *cells = papers_alloc((count + 1) * DOCUMENT_CELLS * sizeof(*cells));
	uint8_t *sealed = papers_alloc(len);

	for (unsigned i = 0; i < count; i++) {
		const struct fake_cell row[DOCUMENT_CELLS] = {
			FAKE_I64(i + 1), FAKE_I64(first + i), FAKE_I16(4), FAKE_BYTES(sealed, len),
			FAKE_I16(l.key_generation), FAKE_BYTES(l.wrapped, sizeof(l.wrapped)),
			FAKE_BYTES(l.person_key, PERSON_KEY_LEN),
		};

		memcpy(cells + DOCUMENT_CELLS * i, row, sizeof(row));
	}
	fake_pg_answer("export_documents", DOCUMENT_CELLS, cells, count);
	answer_opened();
}

static void a_page_ends_before_the_document_that_does_not_fit(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;
	uint64_t first;
	unsigned q;

	(void)state;
	live();
	first = add_numbered(5);
	for (uint64_t seq = 6; seq < 10; seq++)
		(void)add_numbered(seq);
	logbook_publish();
	m.rx_id = paper_bytes(NULL, 0);
	m.from_index = first;
	m.until_index = first + 5;
	answer_large(5, 5, 100 * 1024);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(logbook.size);
	assert_int_equal(reply->n_documents, 2);
	assert_int_equal(reply->n_events, 2);
	stage_clear();
	answer_large(7, 3, 100 * 1024);
	assert_int_equal(exports_next(reply), STATUS_OK);
	reply = exports_reply(logbook.size);
	assert_int_equal(reply->n_documents, 2);
	assert_int_equal(reply->documents[0]->seq, 7);
	(void)fake_pg_last("events_put", &q); /* this page is recorded on it, too */
	assert_int_equal(q, 0);
	stage_clear();
	answer_large(9, 1, 100 * 1024);
	assert_int_equal(exports_next(reply), STATUS_OK);
	assert_int_equal(exports_reply(logbook.size)->n_documents, 1);
	exports_expect_run(first, first + 5, logbook.size);
}

static void a_page_with_documents_has_at_most_32_events(void **state)
{
	uint64_t first;

	(void)state;
	live();
	first = add_numbered(5);
	for (unsigned i = 1; i <= EXPORT_DOCUMENTS_MAX; i++)
		(void)add_numbered(5 + i);
	logbook_publish();
	m.rx_id = paper_bytes(NULL, 0);
	m.from_index = first;
	m.until_index = first + EXPORT_DOCUMENTS_MAX;
	answer_large(5, EXPORT_DOCUMENTS_MAX, 400);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_equal(exports_reply(logbook.size)->n_documents, EXPORT_DOCUMENTS_MAX);
	assert_int_equal(exports_reply(logbook.size)->next_page_token.len, 0);
	stage_clear();
	m.until_index++;
	answer_large(5, EXPORT_DOCUMENTS_MAX, 400);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	assert_int_equal(exports_reply(logbook.size)->n_events, EXPORT_DOCUMENTS_MAX);
	assert_int_not_equal(exports_reply(logbook.size)->next_page_token.len, 0);
}

/* The same of a filter, whose place is a moment. */
static void a_filter_goes_on_behind_the_last_event_that_fitted(void **state)
{
	const Rxcirc__V1__ExportTrailResponse *reply;
	uint64_t found[3];
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	live();
	for (unsigned i = 0; i < 3; i++)
		found[i] = add_numbered(5 + i);
	logbook_publish();
	logbook_answer("trail_by_rx", found, 3);
	answer_large(5, 3, 100 * 1024);
	exports_answer_recorded();
	assert_int_equal(exports_ask(), STATUS_OK);
	reply = exports_reply(logbook.size);
	assert_int_equal(reply->n_events, 2);
	stage_clear();
	logbook_answer("trail_by_rx", found + 2, 1);
	answer_large(7, 1, 100 * 1024);
	assert_int_equal(exports_next(reply), STATUS_OK);
	u = fake_pg_last("trail_by_rx", &q);
	assert_int_equal(fake_time(u, q, 2), logbook.at_ms[found[1]]);
	assert_true(slice_equal(fake_value(u, q, 3), slice_of(logbook.event_ids[found[1]],
		EVENT_ID_LEN)));
	assert_int_equal(fake_number(u, q, 5), EXPORT_DOCUMENTS_MAX);
	assert_int_equal(exports_reply(logbook.size)->next_page_token.len, 0);
}

static void memory_that_ends_is_busy(bool all)
{
	stage.fail_all = all;
	stage.has_failed = true;
	for (unsigned n = 1; stage.has_failed; n++) {
		stage_clear();
		answer_life();
		stage.fail_at = n;
		if (exports_ask() != STATUS_OK)
			assert_int_equal(stage.req.status, STATUS_BUSY);
		stage.fail_at = 0;
	}
	assert_int_equal(stage.req.status, STATUS_OK);
}

static void every_allocation_fails_once(void **state)
{
	(void)state;
	live();
	memory_that_ends_is_busy(false);
	memory_that_ends_is_busy(true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		EXPORTED_PROVES(documents_open_with_what_is_exported, "C11 NT33-J3.5"),
		EXPORTED_PROVES(whom_it_is_about_sees_that_and_why_it_was_opened, "C27 JIN15-4.2a"),
		EXPORTED(what_could_not_be_recorded_is_not_told),
		EXPORTED(without_documents_none_are_read_and_nothing_is_opened),
		EXPORTED(what_was_shredded_comes_without_a_key),
		EXPORTED(a_damaged_document_is_handed_out_as_it_is),
		EXPORTED(a_damaged_key_is_no_shredded_one),
		EXPORTED(a_prescription_whose_row_is_gone_is_exported_all_the_same),
		EXPORTED(a_run_brings_its_events_documents),
		EXPORTED(a_city_officer_gets_no_document_from_elsewhere),
		EXPORTED(a_page_ends_before_the_document_that_does_not_fit),
		EXPORTED(a_page_with_documents_has_at_most_32_events),
		EXPORTED(a_filter_goes_on_behind_the_last_event_that_fitted),
		EXPORTED(every_allocation_fails_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("export documents", tests, stage_open, stage_close);
}
