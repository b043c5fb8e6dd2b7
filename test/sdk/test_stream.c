/* Streams through the library: the engine by hand, then both clients against a scripted server. */
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "test/sdk/scratch.h"
#include "test/sdk/scripted_server.h"
#include "test/sdk/story.h"
#include "test/support/tap.h"

#include <rxcirc/adapters/libevent.h>

#define WATCH "rxcirc.v1.Hospital/WatchPrescriptions"
#define STEPS(...) (const struct script_step[]){__VA_ARGS__, {SCRIPT_END}}
#define ONE(...) (const struct script_connection[]){{0, STEPS(__VA_ARGS__)}}
#define READ {SCRIPT_READ}
#define PART(m) {SCRIPT_ANSWER_PART, NULL, &(m).base, 0, NULL}
#define END(s, m, back) {SCRIPT_ANSWER, (s), &(m).base, (back), NULL}

static const struct wire_status draining = {14, "DRAINING",
	RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_RETRY, 0};
static uint8_t place[3] = {1, 2, 3};
static const Rxcirc__V1__WatchPrescriptionsResponse beat = {
	.base = PROTOBUF_C_MESSAGE_INIT(&rxcirc__v1__watch_prescriptions_response__descriptor),
	.next_cursor = {sizeof(place), place},
};

/* ---- the engine ---- */

static int submit(struct engine *e, bool stream, uint32_t deadline_ms, struct rxc_error *err)
{
	return engine_submit(e, &(struct engine_call){
		.method = WATCH, .deadline_ms = deadline_ms, .stream = stream}, 0, err);
}

static void a_stream_may_last_an_hour_and_a_call_a_minute(void **state)
{
	struct engine *e = engine_new();
	struct rxc_error err = {0};

	(void)state;
	assert_int_equal(submit(e, true, STREAM_MS_MAX, &err), 0);
	assert_int_equal(engine_deadline(e), STREAM_MS_MAX + ENGINE_STREAM_GRACE_MS);
	assert_int_equal(submit(e, true, STREAM_MS_MAX + 1, &err), RXC_ERR_ARGUMENT);
	error_clear(&err);
	assert_int_equal(submit(e, false, DEADLINE_MS_MAX + 1, &err), RXC_ERR_ARGUMENT);
	error_clear(&err);
	engine_free(e);
}

static void a_cancel_says_which_stream_and_nothing_else(void **state)
{
	struct engine *e = engine_new();
	struct rxc_error err = {0};
	Rxcirc__V1__ClientFrame *frame;
	struct wire w = {0};
	uint64_t id;

	(void)state;
	assert_int_equal(submit(e, true, 1000, &err), 0);
	id = engine_last_id(e);
	engine_sent(e, engine_output(e).len);
	assert_int_equal(engine_cancel(e, id, &err), 0);
	wire_put(&w, engine_output(e).data, engine_output(e).len);
	frame = wire_take_call(&w);
	assert_non_null(frame);
	assert_true(frame->cancel);
	assert_int_equal(frame->call_id, id);
	assert_string_equal(frame->method, "");
	assert_int_equal(engine_in_flight(e), 1); /* its last answer still comes */
	rxcirc__v1__client_frame__free_unpacked(frame, NULL);
	wire_clear(&w);
	engine_free(e);
}

static void what_is_no_stream_is_not_cancelled(void **state)
{
	struct engine *e = engine_new();
	struct rxc_error err = {0};

	(void)state;
	assert_int_equal(submit(e, false, 1000, &err), 0);
	engine_sent(e, engine_output(e).len);
	assert_int_equal(engine_cancel(e, engine_last_id(e), &err), 0);
	assert_int_equal(engine_cancel(e, 77, &err), 0);
	assert_int_equal(engine_cancel(e, 0, &err), 0);
	assert_int_equal(engine_output(e).len, 0);
	engine_free(e);
}

static void a_stream_without_an_end_is_given_up_after_the_grace(void **state)
{
	struct engine *e = engine_new();
	struct rxc_error err = {0};
	struct story story = {0};

	(void)state;
	assert_int_equal(submit(e, true, 1000, &err), 0);
	story_listen(e, 1000 + ENGINE_STREAM_GRACE_MS - 1, &story);
	assert_int_equal(story.count, 0);
	story_listen(e, 1000 + ENGINE_STREAM_GRACE_MS, &story);
	assert_int_equal(story.count, 1);
	assert_int_equal(story.codes[0], RXC_ERR_TIMEOUT);
	engine_free(e);
}

/* ---- the clients ---- */

struct meeting {
	struct scripted_server server;
	rxc_options *options;
	rxc_client *client;
	rxc_async *async;
	struct event_base *base;
	unsigned parts, ends, stop_after;
	uint64_t stream;
	int code;
};

static void meet(struct meeting *m, const struct script_connection *script)
{
	*m = (struct meeting){0};
	scripted_server_start(&m->server, NULL, script, 1);
	m->options = rxc_options_new();
	assert_int_equal(rxc_options_set_server(m->options, "127.0.0.1", m->server.port), 0);
	assert_int_equal(rxc_options_set_certificate(m->options, scratch_path("client.pem"),
		scratch_path("client.key")), 0);
	assert_int_equal(rxc_options_set_server_pin(m->options, m->server.pin), 0);
}

static void part(struct meeting *m)
{
	rxc_client_free(m->client);
	rxc_async_free(m->async);
	if (m->base)
		event_base_free(m->base);
	rxc_options_free(m->options);
	scripted_server_stop(&m->server); /* what was called may be read from now on */
}

static void leave(struct meeting *m)
{
	part(m);
	scripted_server_clear(&m->server);
}

static void check_part(const ProtobufCMessage *message)
{
	const Rxcirc__V1__WatchPrescriptionsResponse *r = (const void *)message;

	assert_string_equal(message->descriptor->name, "rxcirc.v1.WatchPrescriptionsResponse");
	assert_int_equal(r->next_cursor.len, sizeof(place));
}

static int on_part(const ProtobufCMessage *message, void *user)
{
	struct meeting *m = user;

	check_part(message);
	return ++m->parts == m->stop_after;
}

static int watch(struct meeting *m, const char *method, rxc_error **error)
{
	Rxcirc__V1__WatchPrescriptionsRequest request = RXCIRC__V1__WATCH_PRESCRIPTIONS_REQUEST__INIT;

	if (!m->client)
		assert_int_equal(rxc_client_new(m->options, &m->client, NULL), 0);
	return rxc_client_stream(m->client, method, &request.base, 5000, on_part, m, error);
}

static void blocking_tells_every_part_and_the_regular_end(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, PART(beat), PART(beat), END(NULL, beat, 0), READ, END(NULL, beat, 0)));
	assert_int_equal(watch(&m, WATCH, NULL), 0);
	assert_int_equal(m.parts, 3);
	assert_int_equal(watch(&m, WATCH, NULL), 0); /* the connection is good for the next */
	assert_int_equal(m.parts, 4);
	part(&m);
	assert_int_equal(m.server.connections, 1);
	scripted_server_clear(&m.server);
}

static void blocking_ends_it_when_the_program_has_enough(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, PART(beat), READ, END(NULL, beat, 1)));
	m.stop_after = 1;
	assert_int_equal(watch(&m, WATCH, NULL), 0);
	assert_int_equal(m.parts, 1); /* what came after is not told */
	part(&m);
	assert_int_equal(m.server.calls_count, 2);
	assert_true(m.server.calls[1]->cancel);
	assert_int_equal(m.server.calls[1]->call_id, m.server.calls[0]->call_id);
	scripted_server_clear(&m.server);
}

static void blocking_is_told_why_it_ended_and_does_not_repeat(void **state)
{
	rxc_error *error = NULL;
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, PART(beat), END(&draining, beat, 0)));
	assert_int_equal(watch(&m, WATCH, &error), RXC_ERR_STATUS);
	assert_string_equal(rxc_error_reason(error), "DRAINING");
	assert_true(rxc_error_is_retryable(error));
	assert_int_equal(m.parts, 1);
	rxc_error_free(error);
	part(&m);
	assert_int_equal(m.server.calls_count, 1);
	scripted_server_clear(&m.server);
}

static void a_cut_connection_ends_it(void **state)
{
	rxc_error *error = NULL;
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, PART(beat)));
	assert_int_equal(watch(&m, WATCH, &error), RXC_ERR_CLOSED);
	assert_int_equal(m.parts, 1);
	rxc_error_free(error);
	leave(&m);
}

static void streams_and_calls_are_not_confused(void **state)
{
	Rxcirc__V1__WatchPrescriptionsRequest request = RXCIRC__V1__WATCH_PRESCRIPTIONS_REQUEST__INIT;
	ProtobufCMessage *reply;
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ));
	assert_int_equal(watch(&m, "rxcirc.v1.Hospital/PollPrescriptions", NULL), RXC_ERR_ARGUMENT);
	assert_int_equal(rxc_client_call(m.client, WATCH, &request.base, NULL, &reply, NULL),
		RXC_ERR_ARGUMENT);
	leave(&m);
}

/* ---- evented ---- */

static void on_async_part(rxc_async *async, const ProtobufCMessage *message, void *user)
{
	struct meeting *m = user;

	check_part(message);
	if (++m->parts == m->stop_after)
		rxc_async_cancel(async, m->stream);
}

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct meeting *m = user;

	m->ends++;
	m->code = rxc_error_code(error);
	if (reply)
		protobuf_c_message_free_unpacked(reply, NULL);
	rxc_async_close(async);
}

static void on_closed(rxc_async *async, const rxc_error *error, void *user)
{
	struct meeting *m = user;

	(void)async;
	(void)error;
	event_base_loopbreak(m->base);
}

static void run_async(struct meeting *m)
{
	Rxcirc__V1__WatchPrescriptionsRequest request = RXCIRC__V1__WATCH_PRESCRIPTIONS_REQUEST__INIT;

	m->base = event_base_new();
	assert_int_equal(rxc_async_new(m->options, NULL, on_closed, m, &m->async, NULL), 0);
	assert_int_equal(rxc_libevent_attach(m->async, m->base), 0);
	assert_int_equal(rxc_async_stream(m->async, WATCH, &request.base, 5000, on_async_part,
		on_reply, m, &m->stream, NULL), 0);
	event_base_dispatch(m->base);
	assert_int_equal(m->ends, 1);
}

static void evented_tells_every_part_and_then_the_end_once(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, PART(beat), PART(beat), END(NULL, beat, 0), {SCRIPT_WAIT_GONE}));
	run_async(&m);
	assert_int_equal(m.parts, 2);
	assert_int_equal(m.code, 0);
	leave(&m);
}

static void evented_cancels_from_inside_a_part(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, PART(beat), READ, END(NULL, beat, 1), {SCRIPT_WAIT_GONE}));
	m.stop_after = 1;
	run_async(&m);
	assert_int_equal(m.parts, 1);
	assert_int_equal(m.code, 0);
	leave(&m);
}

static void evented_is_told_of_a_cut(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, PART(beat), {SCRIPT_ABORT}));
	run_async(&m);
	assert_int_equal(m.parts, 1);
	assert_true(m.code != 0);
	leave(&m);
}

static int setup(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	scripted_certificate(scratch_path("client.pem"), scratch_path("client.key"));
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_stream_may_last_an_hour_and_a_call_a_minute),
		TEST(a_cancel_says_which_stream_and_nothing_else),
		TEST(what_is_no_stream_is_not_cancelled),
		TEST(a_stream_without_an_end_is_given_up_after_the_grace),
		TEST(blocking_tells_every_part_and_the_regular_end),
		TEST(blocking_ends_it_when_the_program_has_enough),
		TEST(blocking_is_told_why_it_ended_and_does_not_repeat),
		TEST(a_cut_connection_ends_it),
		TEST(streams_and_calls_are_not_confused),
		TEST(evented_tells_every_part_and_then_the_end_once),
		TEST(evented_cancels_from_inside_a_part),
		TEST(evented_is_told_of_a_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stream", tests, setup, scratch_teardown);
}
