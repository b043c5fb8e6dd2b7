/* What a person is told of a pack: how often it was sold, and nothing of who else bought it. */
#include "test/service/scene.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/own_grant.h"
#include "rxcirc/v1/insured.pb-c.h"

static const struct method code_method = {"rxcirc.v1.Insured/CheckTraceCode",
	check_trace_code_start};

#define CODE "81234567890123456789"

enum { STORY_CELLS = 5 };

static uint8_t grant[OWN_GRANT_LEN], person[PERSON_KEY_LEN];
static Rxcirc__V1__CheckTraceCodeRequest m;

static void begin(void)
{
	memset(person, 0x31, sizeof(person));
	own_grant_make(grant, stage.keys, person, CHANNEL, noon_ms + 1);
	rxcirc__v1__check_trace_code_request__init(&m);
	m.own_grant = paper_bytes(grant, sizeof(grant));
	m.code = paper_text(CODE);
	stage_as(CALLER_CHANNEL, CHANNEL, HOME_REGION);
	stage_clear();
}

static enum status_reason ask(const struct fake_cell *story, unsigned rows)
{
	stage_clear();
	fake_pg_answer("trace_story", STORY_CELLS, story, rows);
	promise_answer_event();
	return stage_call(&code_method, &m);
}

static const Rxcirc__V1__CheckTraceCodeResponse *asked(const struct fake_cell *story,
	unsigned rows)
{
	assert_int_equal(ask(story, rows), STATUS_OK);
	return stage_reply(&rxcirc__v1__check_trace_code_response__descriptor);
}

static void the_person_learns_whether_a_pack_was_sold_before(void **state)
{
	const struct fake_cell sold[] = {FAKE_I64(2), FAKE_BOOL(true), FAKE_TIME(noon_ms - 1),
		FAKE_TEXT("140202"), FAKE_BOOL(true)};
	const Rxcirc__V1__CheckTraceCodeResponse *reply;
	const Rxcirc__V1__EventLeaf *leaf;
	const struct fake_unit *u;
	uint8_t mac[DIGEST_LEN];
	unsigned q;

	(void)state;
	begin();
	reply = asked(sold, 1);
	assert_int_equal(reply->sales, 2);
	assert_true(reply->stands && reply->own);
	assert_true(reply->last_sold_at_ms == noon_ms - 1);
	assert_string_equal(reply->last_region, "140202");
	u = fake_pg_last("trace_story", &q);
	assert_int_equal(fake_number(u, q, 0), digest_trace_bucket(CODE));
	assert_true(slice_equal(fake_value(u, q, 1), slice_of_text(CODE)));
	assert_int_equal(fake_number(u, q, 2), 0x3131);
	assert_true(slice_equal(fake_value(u, q, 3), slice_of(person, sizeof(person))));
	u = fake_pg_last("event_put", &q);
	leaf = stage_unpack(&rxcirc__v1__event_leaf__descriptor, fake_value(u, q, 10));
	assert_int_equal(leaf->kind, RXCIRC__V1__EVENT_KIND__EVENT_KIND_CODE_ASKED);
	digest_serial(mac, stage.keys, "trace-code", "", CODE);
	assert_memory_equal(leaf->subject_sha256.data, mac, sizeof(mac));
	assert_null(memmem(fake_value(u, q, 10).data, fake_value(u, q, 10).len, CODE, strlen(CODE)));
	reply = asked(NULL, 0);
	assert_int_equal(reply->sales, 0);
	assert_false(reply->stands || reply->own);
}

static void a_pack_written_in_two_ways_is_one_pack(void **state)
{
	const struct fake_unit *u;
	struct slice kept;
	uint8_t copy[128];
	unsigned q;

	(void)state;
	begin();
	m.code = paper_text("(01)06901234567892(21)ABC123(17)271031");
	(void)asked(NULL, 0);
	u = fake_pg_last("trace_story", &q);
	kept = fake_value(u, q, 1);
	assert_true(kept.len <= sizeof(copy));
	memcpy(copy, kept.data, kept.len);
	kept.data = copy;
	m.code = paper_text("(01)06901234567892(21)ABC123");
	(void)asked(NULL, 0);
	u = fake_pg_last("trace_story", &q);
	assert_true(slice_equal(fake_value(u, q, 1), kept));
}

static void what_is_no_code_and_who_has_no_visit_learn_nothing(void **state)
{
	(void)state;
	begin();
	m.code = paper_text("aspirin");
	assert_int_equal(ask(NULL, 0), STATUS_FIELD_INVALID);
	stage_expect_found("FIELD", "code");
	stage_expect_nothing_sent();
	m.code = paper_text(CODE);
	grant[50] ^= 1;
	m.own_grant = paper_bytes(grant, sizeof(grant));
	assert_int_equal(ask(NULL, 0), STATUS_OWN_GRANT_INVALID);
	assert_int_equal(fake_pg_sent_count(), 1);
	assert_int_equal(stage_call_bytes(&code_method, slice_of("\x0a\x7f", 2)),
		STATUS_BODY_MALFORMED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGED_PROVES(the_person_learns_whether_a_pack_was_sold_before, "TJ2-23b C27"),
		STAGED(a_pack_written_in_two_ways_is_one_pack),
		STAGED(what_is_no_code_and_who_has_no_visit_learn_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("trace_check", tests, stage_open, stage_close);
}
