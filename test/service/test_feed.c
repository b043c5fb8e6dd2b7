/* Who is told of what, and what is read page by page. */
#include "test/service/scene.h"

#include <string.h>

#include "rxcirc/v1/feed.pb-c.h"
#include "service/told.h"
#include "store/feed.h"

enum { COLUMNS = 8, ROWS_MAX = 64 };

static const struct method poll = {"rxcirc.v1.Hospital/PollPrescriptions",
	poll_prescriptions_start};
static struct ledger l;

/* ---- who is told --------------------------------------------------------------------------- */

static void the_hospital_is_told_what_the_pharmacy_decided_and_handed_over(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	assert_string_equal(l.told, "");
	scene_review(&l, PHARMACIST, false);
	assert_string_equal(l.told, HOSPITAL);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, true);
	assert_string_equal(l.told, HOSPITAL);
	scene_dispense(&l, PHARMACIST, NULL);
	assert_string_equal(l.told, HOSPITAL);
}

static void who_holds_it_is_told_of_the_revocation_and_nobody_else(void **state)
{
	(void)state;
	scene_upload(&l, NULL);
	scene_revoke(&l);
	assert_string_equal(l.told, "");
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	scene_revoke(&l);
	assert_string_equal(l.told, PHARMACY);
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	l.held_until_ms = stage.now_ms; /* the lease is over: nobody holds it */
	ledger_sign(&l);
	scene_revoke(&l);
	assert_string_equal(l.told, "");
}

/* Every kind there is, and who hears of it when others did it. */
static void of_all_kinds_these_are_told_and_nobody_is_told_his_own(void **state)
{
	struct prescription rx = {.hospital_code = HOSPITAL, .holder_code = OTHER_PHARMACY};
	static const struct {
		Rxcirc__V1__EventKind kind;
		const char *told;
	} rows[] = {
		{RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_PASSED, HOSPITAL},
		{RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_REJECTED, HOSPITAL},
		{RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED, HOSPITAL},
		{RXCIRC__V1__EVENT_KIND__EVENT_KIND_RETURNED, HOSPITAL},
		{RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVOKED, PHARMACY},
		{RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIM_TRANSFERRED, OTHER_PHARMACY},
	};

	(void)state;
	for (int kind = 0; kind < 64; kind++) {
		const char *expected = NULL, *told = told_of((Rxcirc__V1__EventKind)kind, &rx, PHARMACY,
			"P99999999999");

		for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if ((int)rows[i].kind == kind)
				expected = rows[i].told;
		if (expected == NULL)
			assert_null(told);
		else
			assert_string_equal(told, expected);
		if (expected != NULL)
			assert_null(told_of((Rxcirc__V1__EventKind)kind, &rx, PHARMACY, expected));
	}
	assert_null(told_of(RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVOKED, &rx, "", HOSPITAL));
}

/* ---- rows as the database would give them --------------------------------------------------- */

struct row {
	int64_t asker, tx, at_ms;
	uint8_t id;
	struct slice leaf, sealed, wrapped;
};

static void answer_rows(const struct row *rows, unsigned count)
{
	struct fake_cell cells[ROWS_MAX * COLUMNS];
	static uint8_t ids[ROWS_MAX][EVENT_ID_LEN];

	assert_true(count <= ROWS_MAX);
	for (unsigned i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		struct fake_cell *c = &cells[i * COLUMNS];

		memset(ids[i], r->id, EVENT_ID_LEN);
		c[0] = (struct fake_cell)FAKE_I64(r->asker);
		c[1] = (struct fake_cell)FAKE_I64(r->tx);
		c[2] = (struct fake_cell)FAKE_TIME(r->at_ms);
		c[3] = (struct fake_cell)FAKE_BYTES(ids[i], EVENT_ID_LEN);
		c[4] = fake_bytes(r->leaf);
		c[5] = (struct fake_cell)FAKE_NULL;
		c[6] = (struct fake_cell)FAKE_NULL;
		c[7] = (struct fake_cell)FAKE_NULL;
		if (r->sealed.len == 0)
			continue;
		c[5] = fake_bytes(r->sealed);
		c[6] = fake_bytes(r->wrapped);
		c[7] = (struct fake_cell)FAKE_I16(l.key_generation);
	}
	fake_pg_answer("feed", COLUMNS, cells, count);
}

/* The rejection that is in the ledger, as a row of the feed. */
static struct row rejection(void)
{
	struct row r = {.asker = 1, .tx = 900, .at_ms = noon_ms, .id = 5};

	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	scene_review(&l, PHARMACIST, false);
	r.leaf = l.leaf_bytes;
	r.sealed = l.documents[l.document_count - 1].sealed;
	r.wrapped = slice_of(l.wrapped, sizeof(l.wrapped));
	return r;
}

static Rxcirc__V1__PollPrescriptionsRequest *request_of(struct slice cursor, int64_t from_ms,
	uint32_t limit)
{
	Rxcirc__V1__PollPrescriptionsRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__poll_prescriptions_request__init(m);
	if (cursor.len > 0)
		m->cursor = paper_bytes(cursor.data, cursor.len);
	m->from_ms = from_ms;
	m->limit = limit;
	return m;
}

static const Rxcirc__V1__PollPrescriptionsResponse *reply(void)
{
	return stage_reply(&rxcirc__v1__poll_prescriptions_response__descriptor);
}

static struct slice cursor_of(const Rxcirc__V1__PollPrescriptionsResponse *m)
{
	return slice_of(m->next_cursor.data, m->next_cursor.len);
}

/* ---- pages --------------------------------------------------------------------------------- */

static void a_rejection_is_told_with_the_pharmacists_words(void **state)
{
	struct row row = rejection();
	const Rxcirc__V1__PollPrescriptionsResponse *m;
	const Rxcirc__V1__PrescriptionNews *n;

	(void)state;
	stage_clear();
	scene_as(PHYSICIAN);
	answer_rows(&row, 1);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 1, 0)), STATUS_OK);
	stage_expect_lane("feed", "read");
	m = reply();
	assert_int_equal(m->n_news, 1);
	assert_false(m->more);
	n = m->news[0];
	assert_int_equal(n->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_REJECTED);
	assert_memory_equal(n->rx_id.data, l.rx_id, RX_ID_LEN);
	assert_int_equal(n->rx_seq, l.version);
	assert_string_equal(n->institution_code, PHARMACY);
	assert_string_equal(n->practitioner_code,
		stage.province.people[PHARMACIST].practitioner.code);
	assert_string_equal(n->reason, "用法用量不适宜");
	assert_int_equal(n->after->review,
		RXCIRC__V1__REVIEW_STATE__REVIEW_STATE_PHARMACY_REJECTED);
	assert_memory_equal(n->event_id.data, l.leaf->event_id.data, EVENT_ID_LEN);
	assert_string_equal(l.leaf->reason, ""); /* the leaf itself names nobody's words */
}

static void what_was_shredded_or_damaged_is_told_without_the_words(void **state)
{
	struct row row = rejection(), shredded = row, damaged = row;
	uint8_t *broken = papers_alloc(row.sealed.len);
	const Rxcirc__V1__PollPrescriptionsResponse *m;

	(void)state;
	memcpy(broken, row.sealed.data, row.sealed.len);
	broken[row.sealed.len / 2] ^= 1;
	shredded.sealed = slice_of(NULL, 0);
	damaged.sealed = slice_of(broken, row.sealed.len);
	const struct row rows[] = {shredded, damaged, row};

	stage_clear();
	scene_as(PHYSICIAN);
	answer_rows(rows, 3);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 1, 0)), STATUS_OK);
	m = reply();
	assert_int_equal(m->n_news, 3);
	assert_string_equal(m->news[0]->reason, "");
	assert_string_equal(m->news[1]->reason, "");
	assert_string_equal(m->news[2]->reason, "用法用量不适宜");
}

/* Where the statement was asked from: the second parameter is an array of one number. */
static int64_t asked_tx(void)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last("feed", &q);
	struct slice array = fake_value(u, q, 1);
	struct reader r;

	reader_init(&r, slice_of(array.data + array.len - 8, 8));
	return (int64_t)reader_u64(&r);
}

static void the_next_page_is_asked_behind_the_last_row(void **state)
{
	struct row row = rejection();
	struct slice cursor;

	(void)state;
	stage_clear();
	scene_as(PHYSICIAN);
	answer_rows(&row, 1);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 1, 1)), STATUS_OK);
	assert_int_equal(asked_tx(), 0);
	assert_true(reply()->more); /* the page was full */
	cursor = cursor_of(reply());
	assert_int_equal(cursor.len, PLACE_LEN);
	stage_clear();
	answer_rows(NULL, 0);
	assert_int_equal(stage_call(&poll, request_of(cursor, 0, 0)), STATUS_OK);
	assert_int_equal(asked_tx(), 900);
	assert_int_equal(reply()->n_news, 0);
	assert_false(reply()->more);
	cursor = cursor_of(reply());
	stage_clear();
	answer_rows(NULL, 0);
	assert_int_equal(stage_call(&poll, request_of(cursor, 0, 0)), STATUS_OK);
	assert_int_equal(asked_tx(), 900); /* an empty page does not move the place */
}

static void from_now_on_begins_behind_the_newest_row(void **state)
{
	static const uint8_t id[EVENT_ID_LEN] = {7};
	const struct fake_cell newest[] = {FAKE_I64(700), FAKE_TIME(noon_ms),
		FAKE_BYTES(id, sizeof(id))};
	struct slice cursor;

	(void)state;
	fake_pg_answer("feed_last", 3, newest, 1);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 0, 0)), STATUS_OK);
	assert_int_equal(reply()->n_news, 0);
	cursor = cursor_of(reply());
	stage_clear();
	answer_rows(NULL, 0);
	assert_int_equal(stage_call(&poll, request_of(cursor, 0, 0)), STATUS_OK);
	assert_int_equal(asked_tx(), 700);
	stage_clear();
	fake_pg_answer("feed_last", 3, NULL, 0);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 0, 0)), STATUS_OK);
	assert_int_equal(cursor_of(reply()).len, PLACE_LEN);
}

static void a_page_fits_its_frame_and_the_rest_comes_with_the_next(void **state)
{
	Rxcirc__V1__EventLeaf leaf = RXCIRC__V1__EVENT_LEAF__INIT;
	struct row rows[ROWS_MAX];
	static char words[TEXT_MAX + 1];
	static uint8_t bytes[TEXT_MAX + 256];

	(void)state;
	memset(words, 'x', TEXT_MAX);
	leaf.reason = words;
	for (unsigned i = 0; i < ROWS_MAX; i++)
		rows[i] = (struct row){.asker = 1, .tx = 1000 + i, .at_ms = noon_ms, .id = 1,
			.leaf = slice_of(bytes, rxcirc__v1__event_leaf__pack(&leaf, bytes))};
	answer_rows(rows, ROWS_MAX);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 1, 0)), STATUS_OK);
	assert_true(reply()->more);
	assert_in_range(reply()->n_news, 20, (FRAME_BODY_MAX - 1024) / TEXT_MAX);
	assert_true(stage.req.reply.len <= FRAME_BODY_MAX - 1024);
	int64_t last = 1000 + (int64_t)reply()->n_news - 1;
	struct slice cursor = cursor_of(reply());

	stage_clear();
	answer_rows(NULL, 0);
	assert_int_equal(stage_call(&poll, request_of(cursor, 0, 0)), STATUS_OK);
	assert_int_equal(asked_tx(), last);
}

static void what_is_asked_has_its_limits(void **state)
{
	static const uint8_t bytes[PLACE_LEN + 1] = {0xff};
	static const uint8_t zero[PLACE_LEN];

	(void)state;
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 1, NEWS_PAGE_MAX + 1)),
		STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "limit");
	assert_int_equal(stage_call(&poll, request_of(slice_of(zero, PLACE_LEN - 1), 0, 0)),
		STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "cursor");
	assert_int_equal(stage_call(&poll, request_of(slice_of(zero + 0, PLACE_LEN), 1, 0)),
		STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "from_ms");
	assert_int_equal(stage_call(&poll, request_of(slice_of(bytes, PLACE_LEN), 0, 0)),
		STATUS_FIELD_INVALID); /* a negative place */
	assert_int_equal(stage_call(&poll, request_of(slice_of(bytes, PLACE_LEN + 1), 0, 0)),
		STATUS_FIELD_INVALID);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), -1, 0)),
		STATUS_FIELD_INVALID);
	stage_expect_nothing_sent();
	answer_rows(NULL, 0);
	assert_int_equal(stage_call(&poll, request_of(slice_of(zero, PLACE_LEN), 0, NEWS_PAGE_MAX)),
		STATUS_OK);
}

static void a_database_that_is_away_is_told(void **state)
{
	(void)state;
	fake_pg_answer_failure("feed", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 1, 0)),
		STATUS_DATABASE_AWAY);
	fake_pg_answer_failure("feed_last", ERR_TIMEOUT, NULL);
	assert_int_equal(stage_call(&poll, request_of(slice_of(NULL, 0), 0, 0)),
		STATUS_DEADLINE_EXCEEDED);
}

/* ---- conditional reading -------------------------------------------------------------------- */

static void *get_request(uint64_t known_version)
{
	Rxcirc__V1__GetPrescriptionRequest *m = papers_alloc(sizeof(*m));

	rxcirc__v1__get_prescription_request__init(m);
	m->rx_id = paper_bytes(l.rx_id, RX_ID_LEN);
	m->known_version = known_version;
	return m;
}

static void what_did_not_change_is_neither_sent_nor_a_look(void **state)
{
	const Rxcirc__V1__GetPrescriptionResponse *m;

	(void)state;
	scene_upload(&l, NULL);
	stage_clear();
	scene_as(PHYSICIAN);
	ledger_answer_row(&l);
	assert_int_equal(stage_call(&get_method, get_request((uint64_t)l.version)), STATUS_OK);
	m = stage_reply(&rxcirc__v1__get_prescription_response__descriptor);
	assert_true(m->unchanged);
	assert_null(m->prescription);
	assert_int_equal(fake_pg_sent_count(), 1); /* no document, no event */
	stage_clear();
	scene_as(OTHER_PHYSICIAN);
	ledger_answer_row(&l);
	assert_int_equal(stage_call(&get_method, get_request((uint64_t)l.version)),
		STATUS_PRESCRIPTION_NOT_FOUND);
}

static void what_changed_is_sent_whole_and_recorded(void **state)
{
	const Rxcirc__V1__GetPrescriptionResponse *m;

	(void)state;
	scene_upload(&l, NULL);
	scene_claim(&l, PHARMACIST);
	stage_clear();
	scene_as(PHYSICIAN);
	ledger_answer_row(&l);
	ledger_answer_row(&l);
	ledger_answer_documents(&l);
	promise_answer_event();
	assert_int_equal(stage_call(&get_method, get_request(1)), STATUS_OK);
	m = stage_reply(&rxcirc__v1__get_prescription_response__descriptor);
	assert_false(m->unchanged);
	assert_int_equal(m->prescription->state->version, l.version);
	assert_int_equal(fake_pg_unused(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(the_hospital_is_told_what_the_pharmacy_decided_and_handed_over,
			"JIN15-4.6"),
		STAGED(of_all_kinds_these_are_told_and_nobody_is_told_his_own),
		STAGED(who_holds_it_is_told_of_the_revocation_and_nobody_else),
		STAGED_PROVES(a_rejection_is_told_with_the_pharmacists_words, "JIN15-4.6"),
		STAGED(what_was_shredded_or_damaged_is_told_without_the_words),
		STAGED(the_next_page_is_asked_behind_the_last_row),
		STAGED(from_now_on_begins_behind_the_newest_row),
		STAGED(a_page_fits_its_frame_and_the_rest_comes_with_the_next),
		STAGED(what_is_asked_has_its_limits),
		STAGED(a_database_that_is_away_is_told),
		STAGED(what_did_not_change_is_neither_sent_nor_a_look),
		STAGED(what_changed_is_sent_whole_and_recorded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("feed", tests, stage_open, stage_close);
}
