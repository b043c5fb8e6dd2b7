/* What the tables say of the events: hashes of their bytes, place by place. */
#include "test/service/scene.h"

#include <string.h>

#include "domain/moment.h"
#include "proto/merkle.h"
#include "rxcirc/v1/trail.pb-c.h"

enum { COLUMNS = 3, ROWS_MAX = AUDIT_EVENTS_MAX };

static const struct method events_method = {"rxcirc.v1.Agency/AuditEvents", audit_events_start};
static Rxcirc__V1__AuditEventsRequest m;
static struct fake_cell cells[ROWS_MAX * COLUMNS];
static unsigned rows;
static struct fake_cell unplaced[AUDIT_UNPLACED_MAX];
static unsigned unplaced_count;

static void begin(uint64_t from, uint32_t count)
{
	rxcirc__v1__audit_events_request__init(&m);
	m.from_index = from;
	m.count = count;
	m.purpose = paper_text("季度核对 2026-2");
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
	rows = 0;
	unplaced_count = 0;
}

/* The event at a place; data NULL: its month is detached.  Its own hash is never looked at. */
static void add_row(uint64_t index, struct slice leaf)
{
	static const uint8_t wrong[SHA256_LEN] = {0xee};
	struct fake_cell *c = &cells[COLUMNS * rows++];

	c[0] = (struct fake_cell)FAKE_I64((int64_t)index);
	c[1] = (struct fake_cell)FAKE_BYTES(wrong, sizeof(wrong));
	c[2] = leaf.data == NULL ? (struct fake_cell)FAKE_NULL : fake_bytes(leaf);
}

static enum status_reason ask(int64_t size, int64_t queued)
{
	const struct fake_cell log[] = {FAKE_I64(size), FAKE_I64(queued)};

	if (m.from_index == 0)
		promise_answer_event();
	fake_pg_answer("log_leaves", COLUMNS, cells, rows);
	fake_pg_answer("audit_log", 2, log, 1);
	fake_pg_answer("audit_unplaced", 1, unplaced, unplaced_count);
	return stage_call(&events_method, &m);
}

static const Rxcirc__V1__AuditEventsResponse *reply(void)
{
	assert_int_equal(fake_pg_unused(), 0);
	return stage_reply(&rxcirc__v1__audit_events_response__descriptor);
}

static void expect_hash(unsigned at, struct slice leaf)
{
	const Rxcirc__V1__AuditEventsResponse *r = reply();
	static const struct merkle_hash none;
	struct merkle_hash expected = none;

	if (leaf.data != NULL)
		merkle_leaf_hash(&expected, leaf);
	assert_true(r->hashes.len >= (at + 1) * SHA256_LEN);
	assert_memory_equal(r->hashes.data + at * SHA256_LEN, expected.bytes, SHA256_LEN);
}

static void each_place_has_the_hash_of_its_events_bytes(void **state)
{
	const struct slice nothing = {NULL, 0};
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin(100, 6);
	add_row(100, slice_of_text("first"));
	add_row(101, slice_of_text("second"));
	add_row(103, nothing);                /* 102 is not there at all */
	add_row(104, slice_of_text("fifth"));
	assert_int_equal(ask(200, 17), STATUS_OK);
	assert_int_equal(reply()->hashes.len, 6 * SHA256_LEN);
	expect_hash(0, slice_of_text("first"));
	expect_hash(1, slice_of_text("second"));
	expect_hash(2, nothing);
	expect_hash(3, nothing);
	expect_hash(4, slice_of_text("fifth"));
	expect_hash(5, nothing);
	assert_int_equal(reply()->log_size, 200);
	assert_int_equal(reply()->queued, 17);
	u = fake_pg_last("log_leaves", &q);
	assert_string_equal(u->lane, "slow");
	assert_int_equal(fake_number(u, q, 0), 100);
	assert_int_equal(fake_number(u, q, 1), 6);
	assert_int_equal(fake_pg_sent_count(), 1); /* recorded with the first place */
}

static void the_end_of_the_log_is_the_end_of_the_answer(void **state)
{
	(void)state;
	begin(100, 10);
	add_row(100, slice_of_text("first"));
	add_row(101, slice_of_text("second"));
	assert_int_equal(ask(102, 0), STATUS_OK);
	assert_int_equal(reply()->hashes.len, 2 * SHA256_LEN);
	begin(100, 10); /* grown between the two questions */
	add_row(100, slice_of_text("first"));
	add_row(101, slice_of_text("second"));
	assert_int_equal(ask(101, 0), STATUS_OK);
	assert_int_equal(reply()->hashes.len, 2 * SHA256_LEN);
	begin(102, 10);
	assert_int_equal(ask(102, 3), STATUS_OK);
	assert_int_equal(reply()->hashes.len, 0);
	begin(500, 10);
	assert_int_equal(ask(102, 0), STATUS_OK);
	assert_int_equal(reply()->hashes.len, 0);
}

/* Somebody who has the database, and not the platform's keys. */
static void an_event_that_the_platform_did_not_write_is_named(void **state)
{
	struct ledger l;
	uint8_t *forged;

	(void)state;
	scene_upload(&l, NULL);
	forged = papers_alloc(l.leaf_bytes.len);
	memcpy(forged, l.leaf_bytes.data, l.leaf_bytes.len);
	forged[l.leaf_bytes.len / 2] ^= 1;
	begin(40, 4);
	add_row(40, l.leaf_bytes);
	add_row(41, slice_of(forged, l.leaf_bytes.len));
	add_row(42, slice_of_text("of format 1"));
	add_row(43, l.leaf_bytes);
	assert_int_equal(ask(44, 0), STATUS_OK);
	assert_int_equal(reply()->n_not_ours, 2);
	assert_int_equal(reply()->not_ours[0], 41);
	assert_int_equal(reply()->not_ours[1], 42);
}

/* `from` and `to` as they reached the database. */
static void expect_looked(int64_t from_ms, int64_t to_ms)
{
	unsigned q;
	const struct fake_unit *u = fake_pg_last("audit_unplaced", &q);

	assert_int_equal(fake_time(u, q, 0), from_ms);
	assert_int_equal(fake_time(u, q, 1), to_ms);
	assert_int_equal(fake_number(u, q, 2), AUDIT_UNPLACED_MAX);
}

static void events_that_never_got_a_place_are_named(void **state)
{
	static const uint8_t ids[AUDIT_UNPLACED_MAX][EVENT_ID_LEN] = {{1}, {2}};

	(void)state;
	for (unsigned count = 0; count <= AUDIT_UNPLACED_MAX; count += AUDIT_UNPLACED_MAX / 2) {
		begin(100, 1);
		m.unplaced_from_ms = 1000;
		m.unplaced_to_ms = 2000;
		for (unplaced_count = 0; unplaced_count < count; unplaced_count++)
			unplaced[unplaced_count] =
				(struct fake_cell)FAKE_BYTES(ids[unplaced_count], EVENT_ID_LEN);
		assert_int_equal(ask(101, 0), STATUS_OK);
		assert_int_equal(reply()->n_unplaced, count);
		for (unsigned i = 0; i < count; i++)
			assert_memory_equal(reply()->unplaced[i].data, ids[i], EVENT_ID_LEN);
		expect_looked(1000, 2000);
	}
	begin(100, 1); /* the last ten seconds may still get theirs */
	m.unplaced_to_ms = MOMENT_MS_MAX;
	assert_int_equal(ask(101, 0), STATUS_OK);
	expect_looked(0, stage.now_ms - PROMISE_MS);
}

static void from_the_first_place_on_it_is_recorded_with_its_purpose(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;

	(void)state;
	begin(0, 1);
	add_row(0, slice_of_text("first"));
	assert_int_equal(ask(1, 0), STATUS_OK);
	expect_hash(0, slice_of_text("first"));
	assert_int_equal(fake_pg_sent_count(), 2);
	assert_string_equal(fake_pg_sent(0)->lane, "write");
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(fake_pg_sent(0), 0, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ);
	assert_string_equal(leaf->subject, "audit/events");
	assert_string_equal(leaf->reason, "季度核对 2026-2");
	begin(0, 1);
	fake_pg_answer_failure("event_put", ERR_DB_AWAY, NULL);
	assert_int_equal(stage_call(&events_method, &m), STATUS_DATABASE_AWAY);
	assert_int_equal(fake_pg_sent_count(), 1);
}

static void expect_field(const char *field)
{
	assert_int_equal(stage_call(&events_method, &m), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
}

static void what_is_asked_has_its_limits(void **state)
{
	(void)state;
	begin(1, AUDIT_EVENTS_MAX + 1);
	expect_field("count");
	begin(1, 0);
	expect_field("count");
	begin(MERKLE_SIZE_MAX + 1, 1);
	expect_field("from_index");
	begin(0, 1);
	m.purpose = paper_text("");
	expect_field("purpose");
	begin(1, 1);
	m.unplaced_from_ms = -1;
	expect_field("unplaced_from_ms, unplaced_to_ms");
	begin(1, 1);
	m.unplaced_to_ms = MOMENT_MS_MAX + 1;
	expect_field("unplaced_from_ms, unplaced_to_ms");
	begin(MERKLE_SIZE_MAX, 1);
	m.purpose = paper_text("");
	assert_int_equal(ask(5, 0), STATUS_OK);
	begin(1, AUDIT_EVENTS_MAX);
	for (unsigned i = 0; i < AUDIT_EVENTS_MAX; i++)
		add_row(1 + i, slice_of_text("an event"));
	assert_int_equal(ask(100000, 0), STATUS_OK);
	assert_int_equal(reply()->hashes.len, AUDIT_EVENTS_MAX * SHA256_LEN);
	assert_int_equal(reply()->n_not_ours, AUDIT_EVENTS_MAX);
	assert_true(stage.req.reply.len <= FRAME_BODY_MAX - 1024);
	expect_hash(AUDIT_EVENTS_MAX - 1, slice_of_text("an event"));
}

static void memory_that_ends_is_busy(void **state)
{
	(void)state;
	for (unsigned all = 0; all < 2; all++) {
		stage.fail_all = all != 0;
		stage.has_failed = true;
		for (unsigned n = 1; stage.has_failed; n++) {
			begin(0, 2);
			add_row(0, slice_of_text("first"));
			stage.fail_at = n;
			if (ask(1, 0) != STATUS_OK)
				assert_int_equal(stage.req.status, STATUS_BUSY);
			stage.fail_at = 0;
		}
		assert_int_equal(stage.req.status, STATUS_OK);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(each_place_has_the_hash_of_its_events_bytes),
		STAGED(the_end_of_the_log_is_the_end_of_the_answer),
		STAGED_PROVES(an_event_that_the_platform_did_not_write_is_named, "C29"),
		STAGED_PROVES(events_that_never_got_a_place_are_named, "C29"),
		STAGED_PROVES(from_the_first_place_on_it_is_recorded_with_its_purpose, "C11"),
		STAGED(what_is_asked_has_its_limits),
		STAGED(memory_that_ends_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit events", tests, stage_open, stage_close);
}
