/* The protocol engine, fed with bytes by hand. */
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "test/sdk/story.h"
#include "test/support/tap.h"

#define METHOD "rxcirc.v1.Pharmacy/ReleaseClaim"

static const struct wire_status busy = {8, "BUSY", RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY, 70};
static const struct wire_status draining = {14, "DRAINING",
	RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY, 0};
static const struct wire_status refused = {16, "CERTIFICATE_NOT_REGISTERED",
	RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_CALLER, 0};

static void *user_of(size_t number)
{
	return (void *)(uintptr_t)number;
}

static int submit(struct engine *e, size_t number, uint32_t deadline_ms, bool stream,
	int64_t now_ms, struct rxc_error *err)
{
	static const uint8_t body[] = {0x10, 0x01};

	return engine_submit(e, &(struct engine_call){
		.method = METHOD,
		.body = slice_of(body, sizeof(body)),
		.deadline_ms = deadline_ms,
		.stream = stream,
		.user = user_of(number),
	}, now_ms, err);
}

/* Calls 1 .. count, each due 1000 ms after time 0. */
static struct engine *engine_with(size_t count)
{
	struct engine *e = engine_new();
	struct rxc_error err = {0};

	assert_non_null(e);
	for (size_t i = 1; i <= count; i++)
		assert_int_equal(submit(e, i, 1000, false, 0, &err), 0);
	return e;
}

static void feed_wire(struct engine *e, const struct wire *w, int64_t now_ms, struct story *story)
{
	story_feed(e, w->bytes, w->len, w->len, now_ms, story);
}

/* Every call 1 .. count has ended exactly once. */
static void assert_each_ended_once(const struct story *story, size_t count)
{
	for (size_t number = 1; number <= count; number++) {
		size_t ends = 0;

		for (size_t i = 0; i < story->count; i++)
			if (story->users[i] == user_of(number) && story->kinds[i] != ENGINE_PART)
				ends++;
		assert_int_equal(ends, 1);
	}
}

static Rxcirc__V1__ReleaseClaimResponse *response(void)
{
	static Rxcirc__V1__PrescriptionState state = RXCIRC__V1__PRESCRIPTION_STATE__INIT;
	static Rxcirc__V1__ReleaseClaimResponse message = RXCIRC__V1__RELEASE_CLAIM_RESPONSE__INIT;

	state.version = 7;
	message.state = &state;
	return &message;
}

static void sends_what_was_submitted(void **state)
{
	static const uint8_t key[IDEMPOTENCY_KEY_LEN] = {9, 8, 7};
	struct engine *e = engine_with(0);
	struct rxc_error err = {0};
	struct wire w = {0};
	Rxcirc__V1__ClientFrame *frame;
	struct slice out;

	(void)state;
	assert_int_equal(engine_submit(e, &(struct engine_call){
		.method = METHOD, .body = slice_of("ab", 2), .idempotency_key = key,
		.deadline_ms = 1234,
	}, 5, &err), 0);
	assert_int_equal(submit(e, 2, 10, false, 5, &err), 0);
	for (out = engine_output(e); out.len > 0; out = engine_output(e)) {
		wire_put(&w, out.data, 1);
		engine_sent(e, 1);
	}
	frame = wire_take_call(&w);
	assert_non_null(frame);
	assert_int_equal(frame->call_id, 1);
	assert_string_equal(frame->method, METHOD);
	assert_int_equal(frame->deadline_ms, 1234);
	assert_int_equal(frame->idempotency_key.len, IDEMPOTENCY_KEY_LEN);
	assert_memory_equal(frame->idempotency_key.data, key, sizeof(key));
	assert_int_equal(frame->body.len, 2);
	assert_memory_equal(frame->body.data, "ab", 2);
	rxcirc__v1__client_frame__free_unpacked(frame, NULL);
	frame = wire_take_call(&w);
	assert_non_null(frame);
	assert_int_equal(frame->call_id, 2);
	assert_int_equal(frame->idempotency_key.len, 0);
	rxcirc__v1__client_frame__free_unpacked(frame, NULL);
	assert_int_equal(w.len, 0);
	wire_clear(&w);
	engine_free(e);
}

static void understands_answers_split_at_every_point(void **state)
{
	struct wire w = {0};

	(void)state;
	wire_put_answer(&w, 2, NULL, &response()->base, false);
	wire_put_answer(&w, 1, &busy, NULL, false);
	wire_put_answer(&w, 3, NULL, &response()->base, false);
	for (size_t split = 0; split <= w.len; split++) {
		struct engine *e = engine_with(3);
		struct story story = {0};

		story_feed(e, w.bytes, split, split ? split : 1, 0, &story);
		story_feed(e, w.bytes + split, w.len - split, w.len, 0, &story);
		assert_int_equal(story.count, 3);
		assert_ptr_equal(story.users[0], user_of(2));
		assert_int_equal(story.kinds[0], ENGINE_ANSWER);
		assert_int_equal(story.body_lens[0],
			protobuf_c_message_get_packed_size(&response()->base));
		assert_ptr_equal(story.users[1], user_of(1));
		assert_int_equal(story.codes[1], RXC_ERR_STATUS);
		assert_string_equal(story.reasons[1], "BUSY");
		assert_each_ended_once(&story, 3);
		assert_null(engine_why(e));
		engine_free(e);
	}
	wire_clear(&w);
}

static void understands_answers_byte_by_byte(void **state)
{
	struct engine *e = engine_with(CALLS_IN_FLIGHT_MAX);
	struct story story = {0};
	struct wire w = {0};

	(void)state;
	for (size_t i = CALLS_IN_FLIGHT_MAX; i >= 1; i--)
		wire_put_answer(&w, i, NULL, &response()->base, false);
	story_feed(e, w.bytes, w.len, 1, 0, &story);
	assert_int_equal(story.count, CALLS_IN_FLIGHT_MAX);
	for (size_t i = 0; i < CALLS_IN_FLIGHT_MAX; i++)
		assert_ptr_equal(story.users[i], user_of(CALLS_IN_FLIGHT_MAX - i));
	assert_int_equal(engine_in_flight(e), 0);
	wire_clear(&w);
	engine_free(e);
}

/* The input spoils the connection: all calls end with RXC_ERR_PROTOCOL, whatever the pieces. */
static void assert_spoils(const struct wire *w, size_t calls)
{
	size_t pieces[] = {1, 2, w->len};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct engine *e = engine_with(calls);
		struct story story = {0};
		size_t room;

		story_feed(e, w->bytes, w->len, pieces[i], 0, &story);
		assert_each_ended_once(&story, calls);
		assert_int_equal(story.codes[story.count - 1], RXC_ERR_PROTOCOL);
		assert_int_equal(engine_why(e)->code, RXC_ERR_PROTOCOL);
		engine_room(e, &room);
		assert_int_equal(room, 0);
		engine_free(e);
	}
}

static void refuses_garbage(void **state)
{
	static const char *const garbages[] = {
		"\x80\x00", "\x00", "\xff\xff\xff\xff\xff", "\x03zzz", "\x01\xff",
		"HTTP/1.1 400 Bad Request\r\n\r\n",
	};
	static const size_t lens[] = {2, 1, 5, 4, 2, 28};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct wire w = {0};

		wire_put(&w, garbages[i], lens[i]);
		wire_put_answer(&w, 1, NULL, NULL, false);
		if (garbages[i][0] == 'H') {
			struct engine *e = engine_with(2);
			struct story story = {0};

			/* 'H' announces 72 bytes: more of the page makes a frame of nonsense. */
			for (int more = 0; more < 4; more++)
				story_feed(e, (const uint8_t *)garbages[i], lens[i], 5, 0, &story);
			assert_int_equal(engine_why(e)->code, RXC_ERR_PROTOCOL);
			assert_each_ended_once(&story, 2);
			engine_free(e);
		} else {
			assert_spoils(&w, 2);
		}
		wire_clear(&w);
	}
}

static void refuses_a_frame_without_status(void **state)
{
	Rxcirc__V1__ServerFrame frame = RXCIRC__V1__SERVER_FRAME__INIT;
	uint8_t bytes[16];
	struct wire w = {0};

	(void)state;
	frame.call_id = 1;
	wire_put_frame(&w, bytes, rxcirc__v1__server_frame__pack(&frame, bytes));
	assert_spoils(&w, 3);
	wire_clear(&w);
}

/* An OK answer to call 1 of exactly `frame_len` bytes after the prefix. */
static void put_answer_of_len(struct wire *w, size_t frame_len)
{
	Rxcirc__V1__ServerFrame frame = RXCIRC__V1__SERVER_FRAME__INIT;
	Rxcirc__V1__Status status = RXCIRC__V1__STATUS__INIT;
	uint8_t *bytes = calloc(1, frame_len + 64);

	assert_non_null(bytes);
	frame.call_id = 1;
	frame.status = &status;
	frame.body.data = bytes;
	frame.body.len = frame_len;
	frame.body.len -= rxcirc__v1__server_frame__get_packed_size(&frame) - frame_len;
	assert_int_equal(rxcirc__v1__server_frame__get_packed_size(&frame), frame_len);
	frame.body.data = calloc(1, frame.body.len);
	assert_non_null(frame.body.data);
	rxcirc__v1__server_frame__pack(&frame, bytes);
	if (frame_len <= FRAME_BODY_MAX) {
		wire_put_frame(w, bytes, frame_len);
	} else {
		const uint8_t prefix[] = {(uint8_t)(0x80 | (frame_len & 0x7f)),
			(uint8_t)(0x80 | (frame_len >> 7 & 0x7f)), (uint8_t)(frame_len >> 14)};

		wire_put(w, prefix, sizeof(prefix));
		wire_put(w, bytes, frame_len);
	}
	free(frame.body.data);
	free(bytes);
}

static void takes_the_largest_frame_and_refuses_one_byte_more(void **state)
{
	struct engine *e = engine_with(1);
	struct story story = {0};
	struct wire w = {0};

	(void)state;
	put_answer_of_len(&w, FRAME_BODY_MAX);
	story_feed(e, w.bytes, w.len, 8191, 0, &story);
	assert_int_equal(story.count, 1);
	assert_int_equal(story.kinds[0], ENGINE_ANSWER);
	engine_free(e);
	wire_clear(&w);

	put_answer_of_len(&w, FRAME_BODY_MAX + 1);
	assert_spoils(&w, 1);
	wire_clear(&w);
}

static void refuses_an_answer_to_a_call_never_made(void **state)
{
	struct wire w = {0};

	(void)state;
	wire_put_answer(&w, 4, NULL, NULL, false);
	assert_spoils(&w, 3);
	wire_clear(&w);
}

static void drops_a_second_answer(void **state)
{
	struct engine *e = engine_with(2);
	struct story story = {0};
	struct wire w = {0};

	(void)state;
	wire_put_answer(&w, 1, NULL, NULL, false);
	wire_put_answer(&w, 1, NULL, NULL, false);
	wire_put_answer(&w, 1, &busy, NULL, false);
	feed_wire(e, &w, 0, &story);
	assert_int_equal(story.count, 1);
	assert_null(engine_why(e));
	assert_int_equal(engine_in_flight(e), 1);
	wire_clear(&w);
	engine_free(e);
}

static void ends_a_call_at_its_deadline_and_not_before(void **state)
{
	struct engine *e = engine_with(1);
	struct story story = {0};
	struct rxc_error err = {0};
	struct wire w = {0};

	(void)state;
	assert_int_equal(submit(e, 2, 1000, false, 5, &err), 0);
	assert_int_equal(engine_deadline(e), 1000);
	story_listen(e, 999, &story);
	assert_int_equal(story.count, 0);
	story_listen(e, 1000, &story);
	assert_int_equal(story.count, 1);
	assert_int_equal(story.codes[0], RXC_ERR_TIMEOUT);
	assert_ptr_equal(story.users[0], user_of(1));
	assert_int_equal(engine_deadline(e), 1005);
	/* Late, and no harm done. */
	wire_put_answer(&w, 1, NULL, NULL, false);
	feed_wire(e, &w, 1004, &story);
	assert_int_equal(story.count, 1);
	story_listen(e, 1005, &story);
	assert_each_ended_once(&story, 2);
	assert_int_equal(engine_deadline(e), ENGINE_NEVER);
	wire_clear(&w);
	engine_free(e);
}

static void an_answer_that_has_arrived_beats_the_deadline(void **state)
{
	struct engine *e = engine_with(1);
	struct story story = {0};
	struct wire w = {0};
	size_t room;

	(void)state;
	wire_put_answer(&w, 1, NULL, NULL, false);
	memcpy(engine_room(e, &room), w.bytes, w.len);
	engine_received(e, w.len);
	story_listen(e, 5000, &story);
	assert_int_equal(story.count, 1);
	assert_int_equal(story.kinds[0], ENGINE_ANSWER);
	wire_clear(&w);
	engine_free(e);
}

static void tells_the_parts_of_a_stream(void **state)
{
	struct engine *e = engine_with(0);
	struct story story = {0};
	struct rxc_error err = {0};
	struct wire w = {0};

	(void)state;
	assert_int_equal(submit(e, 1, 1000, true, 0, &err), 0);
	wire_put_answer(&w, 1, NULL, &response()->base, true);
	wire_put_answer(&w, 1, NULL, &response()->base, true);
	wire_put_answer(&w, 1, NULL, NULL, false);
	feed_wire(e, &w, 0, &story);
	assert_int_equal(story.count, 3);
	assert_int_equal(story.kinds[0], ENGINE_PART);
	assert_int_equal(story.kinds[1], ENGINE_PART);
	assert_int_equal(story.kinds[2], ENGINE_ANSWER);
	assert_each_ended_once(&story, 1);
	wire_clear(&w);
	engine_free(e);
}

static void refuses_parts_where_one_answer_is_due(void **state)
{
	struct wire w = {0};

	(void)state;
	wire_put_answer(&w, 1, NULL, &response()->base, true);
	assert_spoils(&w, 2);
	wire_clear(&w);
}

static void finishes_calls_but_takes_none_while_the_server_drains(void **state)
{
	struct engine *e = engine_with(2);
	struct story story = {0};
	struct rxc_error err = {0};
	struct wire w = {0};

	(void)state;
	wire_put_answer(&w, 0, &draining, NULL, false);
	feed_wire(e, &w, 0, &story);
	assert_true(engine_is_draining(e));
	assert_int_equal(story.count, 0);
	assert_int_equal(submit(e, 3, 1000, false, 0, &err), RXC_ERR_CLOSED);
	error_clear(&err);
	wire_clear(&w);
	wire_put_answer(&w, 2, NULL, NULL, false);
	wire_put_answer(&w, 1, NULL, NULL, false);
	feed_wire(e, &w, 0, &story);
	assert_each_ended_once(&story, 2);
	wire_clear(&w);
	engine_free(e);
}

static void ends_every_call_when_the_server_refuses_the_connection(void **state)
{
	struct engine *e = engine_with(3);
	struct story story = {0};
	struct wire w = {0};

	(void)state;
	wire_put_answer(&w, 2, NULL, NULL, false);
	wire_put_answer(&w, 0, &refused, NULL, false);
	feed_wire(e, &w, 0, &story);
	assert_each_ended_once(&story, 3);
	assert_int_equal(story.kinds[0], ENGINE_ANSWER);
	assert_int_equal(story.codes[1], RXC_ERR_STATUS);
	assert_string_equal(story.reasons[2], "CERTIFICATE_NOT_REGISTERED");
	assert_int_equal(engine_why(e)->status->code, 16);
	wire_clear(&w);
	engine_free(e);
}

static void tells_what_was_received_before_the_end(void **state)
{
	struct engine *e = engine_with(3);
	struct story story = {0};
	struct rxc_error err = {0};
	struct wire w = {0};
	size_t room;

	(void)state;
	wire_put_answer(&w, 3, NULL, NULL, false);
	memcpy(engine_room(e, &room), w.bytes, w.len);
	engine_received(e, w.len);
	error_set(&err, RXC_ERR_CLOSED, "", "gone");
	engine_end(e, &err);
	error_set(&err, RXC_ERR_MEMORY, "", "a second reason does not count");
	engine_end(e, &err);
	story_listen(e, 0, &story);
	assert_each_ended_once(&story, 3);
	assert_int_equal(story.kinds[0], ENGINE_ANSWER);
	assert_int_equal(story.codes[1], RXC_ERR_CLOSED);
	assert_int_equal(story.codes[2], RXC_ERR_CLOSED);
	assert_int_equal(submit(e, 4, 10, false, 0, &err), RXC_ERR_CLOSED);
	error_clear(&err);
	wire_clear(&w);
	engine_free(e);
}

static void takes_as_many_calls_as_the_limit_and_not_one_more(void **state)
{
	struct engine *e = engine_with(CALLS_IN_FLIGHT_MAX);
	struct story story = {0};
	struct rxc_error err = {0};
	struct wire w = {0};

	(void)state;
	assert_int_equal(submit(e, 65, 1000, false, 0, &err), RXC_ERR_FULL);
	error_clear(&err);
	wire_put_answer(&w, 30, NULL, NULL, false);
	feed_wire(e, &w, 0, &story);
	assert_int_equal(submit(e, 65, 1000, false, 0, &err), 0);
	wire_clear(&w);
	engine_free(e);
}

static void bounds_what_waits_to_be_sent(void **state)
{
	struct engine *e = engine_with(0);
	struct rxc_error err = {0};
	uint8_t *body = calloc(1, FRAME_BODY_MAX);
	struct engine_call call = {.method = METHOD, .deadline_ms = 1};
	unsigned taken = 0;

	(void)state;
	assert_non_null(body);
	call.body = slice_of(body, FRAME_BODY_MAX);
	assert_int_equal(engine_submit(e, &call, 0, &err), RXC_ERR_ARGUMENT);
	call.body.len = FRAME_BODY_MAX - 64;
	while (engine_submit(e, &call, 0, &err) == 0)
		taken++;
	assert_int_equal(err.code, RXC_ERR_FULL);
	assert_int_equal(taken, 4);
	engine_sent(e, engine_output(e).len);
	error_clear(&err);
	assert_int_equal(engine_submit(e, &call, 0, &err), 0);
	free(body);
	engine_free(e);
}

static void checks_deadlines_and_names_at_their_limits(void **state)
{
	struct engine *e = engine_with(0);
	struct rxc_error err = {0};
	char name[METHOD_NAME_MAX + 2];
	struct engine_call call = {.method = name, .deadline_ms = DEADLINE_MS_MAX};

	(void)state;
	memset(name, 'm', sizeof(name));
	name[METHOD_NAME_MAX + 1] = '\0';
	assert_int_equal(engine_submit(e, &call, 0, &err), RXC_ERR_ARGUMENT);
	name[METHOD_NAME_MAX] = '\0';
	assert_int_equal(engine_submit(e, &call, 0, &err), 0);
	call.deadline_ms = DEADLINE_MS_MAX + 1;
	assert_int_equal(engine_submit(e, &call, 0, &err), RXC_ERR_ARGUMENT);
	call.deadline_ms = 0;
	assert_int_equal(engine_submit(e, &call, 0, &err), RXC_ERR_ARGUMENT);
	call.deadline_ms = 1;
	name[0] = '\0';
	assert_int_equal(engine_submit(e, &call, 0, &err), RXC_ERR_ARGUMENT);
	assert_int_equal(engine_in_flight(e), 1);
	error_clear(&err);
	engine_free(e);
}

/* Findings of two bytes each unpack to a hundred times their size; the bound stops them. */
static void bounds_the_memory_of_one_frame(void **state)
{
	struct wire inner = {0};
	struct wire frame = {0};
	struct wire w = {0};
	uint8_t head[8] = {0x12};
	uint8_t *findings = calloc(125000, 2);
	size_t n;

	(void)state;
	assert_non_null(findings);
	for (size_t i = 0; i < 125000; i++)
		findings[2 * i] = 0x32;
	wire_put(&inner, findings, 250000);
	free(findings);
	n = 1 + frame_prefix(head + 1, inner.len);
	wire_put(&frame, head, n);
	wire_put(&frame, inner.bytes, inner.len);
	wire_put_frame(&w, frame.bytes, frame.len);
	assert_spoils(&w, 1);
	wire_clear(&inner);
	wire_clear(&frame);
	wire_clear(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(sends_what_was_submitted),
		TEST(understands_answers_split_at_every_point),
		TEST(understands_answers_byte_by_byte),
		TEST(refuses_garbage),
		TEST(refuses_a_frame_without_status),
		TEST(takes_the_largest_frame_and_refuses_one_byte_more),
		TEST(refuses_an_answer_to_a_call_never_made),
		TEST(drops_a_second_answer),
		TEST(ends_a_call_at_its_deadline_and_not_before),
		TEST(an_answer_that_has_arrived_beats_the_deadline),
		TEST(tells_the_parts_of_a_stream),
		TEST(refuses_parts_where_one_answer_is_due),
		TEST(finishes_calls_but_takes_none_while_the_server_drains),
		TEST(ends_every_call_when_the_server_refuses_the_connection),
		TEST(tells_what_was_received_before_the_end),
		TEST(takes_as_many_calls_as_the_limit_and_not_one_more),
		TEST(bounds_what_waits_to_be_sent),
		TEST(checks_deadlines_and_names_at_their_limits),
		TEST(bounds_the_memory_of_one_frame),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
