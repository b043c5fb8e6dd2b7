/* Data keys are destroyed when their time has come, by two officers, and never more than asked. */
#include "test/service/scene.h"

#include <string.h>

#include "crypto/digest.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "store/registry_tail.h"

enum { COLUMNS = 3, IDS = REGISTRY_TAIL_PARAMS + 1 };

static const struct method shred_method = {"rxcirc.v1.Agency/ShredRecords", shred_records_start};
static const char voucher[] = "140100-EV-6f1d2a";
static Rxcirc__V1__ShredRecordsRequest m;
static uint8_t rx_ids[SHRED_MAX + 1][RX_ID_LEN], person[PERSON_KEY_LEN] = {7};
static struct fake_cell rows[(SHRED_MAX + 1) * COLUMNS];

static void begin(void)
{
	rxcirc__v1__shred_records_request__init(&m);
	m.voucher_id = paper_text(voucher);
	m.basis = paper_text("晋医保令 2026-17");
	for (unsigned i = 0; i <= SHRED_MAX; i++)
		memcpy(rx_ids[i], (uint8_t[]){7, 0, (uint8_t)(i >> 8), (uint8_t)i}, 4);
	stage_as(CALLER_PROVINCE_OFFICER, OFFICE, "140000");
	stage_clear();
	fake_pg_reset();
}

/* So many prescriptions are found, of which the time of the first `due` has come. */
static void answer_found(unsigned count, unsigned due)
{
	for (unsigned i = 0; i < count; i++) {
		struct fake_cell *c = &rows[COLUMNS * i];

		c[0] = (struct fake_cell)FAKE_BYTES(rx_ids[i], RX_ID_LEN);
		c[1] = (struct fake_cell)FAKE_BYTES(person, PERSON_KEY_LEN);
		c[2] = (struct fake_cell)FAKE_BOOL(i < due);
	}
	fake_pg_answer("shred_load", COLUMNS, rows, count);
}

/* What another officer proposed an hour ago, and what this one finds now. */
static void answer_second(unsigned count, unsigned due)
{
	const struct fake_cell proposal[] = {FAKE_TEXT(OFFICE), FAKE_TEXT("李处长"),
		FAKE_TIME(stage.now_ms - HOUR_MS), FAKE_BOOL(false)};

	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("proposal_load", 4, proposal, 1);
	answer_found(count, due);
}

static void answer_shredded(bool any)
{
	const struct fake_cell put[] = {FAKE_BOOL(any), FAKE_I64(1)};

	fake_pg_answer("shred", 2, put, 1);
	fake_pg_answer_affected("proposal_use", 1);
}

static enum status_reason call(void)
{
	return stage_call(&shred_method, &m);
}

static const Rxcirc__V1__ShredRecordsResponse *reply(void)
{
	assert_int_equal(fake_pg_unused(), 0);
	return stage_reply(&rxcirc__v1__shred_records_response__descriptor);
}

/* Which are destroyed: the first `count`, in the array the statement deletes by. */
static void expect_destroyed(unsigned count)
{
	struct slice ids;
	unsigned q;
	const struct fake_unit *u = fake_pg_last("shred", &q);

	assert_int_equal(fake_number(u, q, REGISTRY_TAIL_PARAMS), 7 << 8);
	ids = fake_value(u, q, IDS);
	assert_int_equal(ids.len, 20 + count * (4 + RX_ID_LEN)); /* an array's head, then each */
	for (unsigned i = 0; i < count; i++)
		assert_memory_equal(ids.data + 20 + i * (4 + RX_ID_LEN) + 4, rx_ids[i], RX_ID_LEN);
}

static void one_officer_only_proposes(void **state)
{
	const struct fake_cell put[] = {FAKE_BOOL(true), FAKE_I64(1)};
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("proposal_load", 4, NULL, 0);
	answer_found(3, 3);
	fake_pg_answer("proposal_put", 2, put, 1);
	assert_int_equal(call(), STATUS_OK);
	assert_true(reply()->awaits_second_officer);
	assert_int_equal(reply()->shredded, 0);
	assert_int_equal(fake_pg_sent_count(), 2); /* nothing but the proposal */
	u = fake_pg_last("proposal_put", &q);
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 6));
	assert_string_equal(leaf->subject, "proposal/shred");
	assert_int_equal(leaf->n_disclosed, 0);
}

static void the_same_officer_does_not_destroy_alone(void **state)
{
	const struct fake_cell own[] = {FAKE_TEXT(OFFICE), FAKE_TEXT("王处长"),
		FAKE_TIME(stage.now_ms - HOUR_MS), FAKE_BOOL(false)};

	(void)state;
	begin();
	fake_pg_answer("reply_load", KEPT_COLUMNS, NULL, 0);
	fake_pg_answer("proposal_load", 4, own, 1);
	answer_found(1, 1);
	assert_int_equal(call(), STATUS_SELF_APPROVAL);
	assert_int_equal(fake_pg_sent_count(), 1); /* the question */
}

/* The event names them all, the person by the keyed index alone, and why. */
static void another_officer_destroys_what_is_due(void **state)
{
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	begin();
	answer_second(5, 2);
	answer_shredded(true);
	assert_int_equal(call(), STATUS_OK);
	assert_int_equal(reply()->shredded, 2);
	assert_int_equal(reply()->kept, 3);
	assert_false(reply()->more || reply()->awaits_second_officer);
	expect_destroyed(2);
	u = fake_pg_last("shred", &q);
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 6));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_DATA_KEY_SHREDDED);
	assert_string_equal(leaf->reason, "晋医保令 2026-17");
	assert_int_equal(leaf->n_disclosed, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_memory_equal(leaf->disclosed[i].data, rx_ids[i], RX_ID_LEN);
	u = fake_pg_last("proposal_use", &q);
	assert_int_equal(q, 1); /* in the same unit, behind what it allows */
}

static void before_its_time_only_by_order(void **state)
{
	(void)state;
	begin();
	answer_second(3, 0);
	assert_int_equal(call(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "before_its_time");
	assert_int_equal(fake_pg_sent_count(), 1); /* the question */
	begin();
	m.before_its_time = true;
	answer_second(3, 0);
	answer_shredded(true);
	assert_int_equal(call(), STATUS_OK);
	assert_int_equal(reply()->shredded, 3);
	expect_destroyed(3);
}

/* One call takes SHRED_MAX, and says when there are more. */
static void one_call_has_its_limit(void **state)
{
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		begin();
		answer_second(SHRED_MAX + more, SHRED_MAX + more);
		answer_shredded(true);
		assert_int_equal(call(), STATUS_OK);
		assert_int_equal(reply()->shredded, SHRED_MAX);
		assert_int_equal(reply()->more, more);
		expect_destroyed(SHRED_MAX);
		u = fake_pg_last("shred_load", &q);
		assert_int_equal(fake_number(u, q, 4), SHRED_MAX + 1);
	}
}

/* Somebody destroyed them meanwhile: nothing is said to have been done twice. */
static void what_is_gone_already_is_not_counted(void **state)
{
	(void)state;
	begin();
	answer_second(2, 2);
	answer_shredded(false);
	assert_int_equal(call(), STATUS_OK);
	assert_int_equal(reply()->shredded, 0);
	assert_int_equal(stage.req.has_promise, false);
}

static void nothing_found_is_told(void **state)
{
	(void)state;
	begin();
	answer_second(0, 0);
	assert_int_equal(call(), STATUS_PRESCRIPTION_NOT_FOUND);
}

static void expect_field(const char *field)
{
	assert_int_equal(call(), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", field);
	stage_expect_nothing_sent();
}

static char *text_of(unsigned len)
{
	char *text = papers_alloc(len + 1);

	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

static void what_is_asked_has_its_limits(void **state)
{
	(void)state;
	begin();
	m.voucher_id = paper_text("");
	expect_field("rx_id");
	begin(); /* a person and a prescription */
	m.rx_id = paper_bytes(rx_ids[0], RX_ID_LEN);
	expect_field("rx_id");
	for (size_t len = RX_ID_LEN - 1; len <= RX_ID_LEN + 1; len += 2) {
		begin();
		m.voucher_id = paper_text("");
		m.rx_id = paper_bytes(rx_ids[0], len);
		expect_field("rx_id");
	}
	begin();
	m.voucher_id = text_of(VOUCHER_ID_MAX + 1);
	expect_field("voucher_id");
	begin();
	m.basis = paper_text("");
	expect_field("basis");
	begin();
	m.basis = text_of(SHRED_BASIS_MAX + 1);
	expect_field("basis");
	begin();
	m.voucher_id = text_of(VOUCHER_ID_MAX);
	m.basis = text_of(SHRED_BASIS_MAX);
	answer_second(1, 1);
	answer_shredded(true);
	assert_int_equal(call(), STATUS_OK);
}

/* Of a person by the keyed index, of one prescription by its id; never of all there are. */
static void what_is_looked_for_is_what_was_named(void **state)
{
	uint8_t key[PERSON_KEY_LEN];
	const struct fake_unit *u;
	unsigned q;

	(void)state;
	digest_person(key, stage.keys, voucher);
	begin();
	answer_second(1, 1);
	answer_shredded(true);
	assert_int_equal(call(), STATUS_OK);
	u = fake_pg_last("shred_load", &q);
	assert_true(slice_equal(fake_value(u, q, 1), slice_of(key, PERSON_KEY_LEN)));
	assert_true(u->queries[q].param[2].is_null);
	begin();
	m.voucher_id = paper_text("");
	m.rx_id = paper_bytes(rx_ids[0], RX_ID_LEN);
	answer_second(1, 1);
	answer_shredded(true);
	assert_int_equal(call(), STATUS_OK);
	u = fake_pg_last("shred_load", &q);
	assert_true(u->queries[q].param[1].is_null);
	assert_true(slice_equal(fake_value(u, q, 2), slice_of(rx_ids[0], RX_ID_LEN)));
}

static void memory_that_ends_is_busy(void **state)
{
	(void)state;
	for (unsigned all = 0; all < 2; all++) {
		stage.fail_all = all != 0;
		stage.has_failed = true;
		for (unsigned n = 1; stage.has_failed; n++) {
			begin();
			answer_second(3, 3);
			answer_shredded(true);
			stage.fail_at = n;
			if (call() != STATUS_OK)
				assert_int_equal(stage.req.status, STATUS_BUSY);
			stage.fail_at = 0;
		}
		assert_int_equal(stage.req.status, STATUS_OK);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED(one_officer_only_proposes),
		STAGED(the_same_officer_does_not_destroy_alone),
		STAGED_PROVES(another_officer_destroys_what_is_due, "C14"),
		STAGED_PROVES(before_its_time_only_by_order, "C14"),
		STAGED(one_call_has_its_limit),
		STAGED(what_is_gone_already_is_not_counted),
		STAGED(nothing_found_is_told),
		STAGED(what_is_asked_has_its_limits),
		STAGED(what_is_looked_for_is_what_was_named),
		STAGED(memory_that_ends_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("shred", tests, stage_open, stage_close);
}
