/* The evented API on a libevent loop, against a server that follows a script. */
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "test/sdk/plan.h"
#include "test/sdk/scratch.h"
#include "test/sdk/scripted_server.h"
#include "test/support/tap.h"

#include <rxcirc/adapters/libevent.h>

#define CLASS(name) RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_##name
#define STEPS(...) (const struct script_step[]){__VA_ARGS__, {SCRIPT_END}}
#define ONE(...) (const struct script_connection[]){{0, STEPS(__VA_ARGS__)}}
#define READ {SCRIPT_READ}
#define ANSWER(s, m, back) {SCRIPT_ANSWER, (s), (m), (back), NULL}
#define OK(back) ANSWER(NULL, &released.base, (back))
#define WAIT_GONE {SCRIPT_WAIT_GONE}
#define RELEASE "rxcirc.v1.Pharmacy/ReleaseClaim"

static const struct wire_status held = {9, "CLAIM_HELD", CLASS(CALLER), 0};
static const struct wire_status draining = {14, "DRAINING", CLASS(RETRY), 0};
static const Rxcirc__V1__ReleaseClaimResponse released = RXCIRC__V1__RELEASE_CLAIM_RESPONSE__INIT;

enum { CALLS_MAX = 70, LOOP_S_MAX = 10 };

struct meeting {
	struct scripted_server server;
	struct event_base *base;
	rxc_options *options;
	rxc_async *async;

	/* What was told. */
	unsigned ready;
	unsigned closed;
	int closed_code;
	char closed_reason[64];
	unsigned replies;
	unsigned order[CALLS_MAX];     /* call numbers as they ended */
	unsigned ends[CALLS_MAX];      /* by call number */
	int codes[CALLS_MAX];          /* by call number */
	bool calling;                  /* inside rxc_async_call() */
	uint32_t deadline_ms;

	/* What to do where. */
	void (*when_ready)(struct meeting *m);
	void (*when_replied)(struct meeting *m, unsigned number);
	void (*when_closed)(struct meeting *m);
};

/* The user pointer of a call: which meeting, which call. */
struct caller {
	struct meeting *m;
	unsigned number;
};

static struct caller callers[CALLS_MAX];

static void on_ready(rxc_async *async, void *user)
{
	struct meeting *m = user;

	assert_ptr_equal(async, m->async);
	m->ready++;
	if (m->when_ready)
		m->when_ready(m);
}

static void on_closed(rxc_async *async, const rxc_error *error, void *user)
{
	struct meeting *m = user;

	assert_int_equal(rxc_async_in_flight(async), 0);
	assert_int_equal(rxc_async_fd(async), -1);
	m->closed++;
	m->closed_code = rxc_error_code(error);
	memcpy(m->closed_reason, rxc_error_reason(error), strlen(rxc_error_reason(error)) + 1);
	if (m->when_closed)
		m->when_closed(m);
	event_base_loopbreak(m->base);
}

static void on_reply(rxc_async *async, ProtobufCMessage *reply, const rxc_error *error, void *user)
{
	struct caller *c = user;
	struct meeting *m = c->m;

	(void)async;
	assert_false(m->calling);
	assert_true(!reply != !error);
	assert_int_equal(m->closed, 0);
	m->order[m->replies++] = c->number;
	m->ends[c->number]++;
	m->codes[c->number] = rxc_error_code(error);
	if (reply)
		protobuf_c_message_free_unpacked(reply, NULL);
	if (m->when_replied)
		m->when_replied(m, c->number);
}

static int call_method(struct meeting *m, unsigned number, const char *method,
	const ProtobufCMessage *request)
{
	int r;

	callers[number] = (struct caller){m, number};
	m->calling = true;
	r = rxc_async_call(m->async, method, request, NULL, m->deadline_ms, on_reply,
		&callers[number], NULL);
	m->calling = false;
	return r;
}

static int call(struct meeting *m, unsigned number)
{
	Rxcirc__V1__ReleaseClaimRequest request = RXCIRC__V1__RELEASE_CLAIM_REQUEST__INIT;

	return call_method(m, number, RELEASE, &request.base);
}

static void meet_with(struct meeting *m, const struct script_connection *script, size_t count,
	const rxc_trust *trust)
{
	*m = (struct meeting){0};
	scripted_server_start(&m->server, NULL, script, count);
	m->base = event_base_new();
	m->options = rxc_options_new();
	assert_int_equal(rxc_options_set_server(m->options, "127.0.0.1", m->server.port), 0);
	assert_int_equal(rxc_options_set_certificate(m->options, scratch_path("client.pem"),
		scratch_path("client.key")), 0);
	assert_int_equal(rxc_options_set_server_pin(m->options, m->server.pin), 0);
	if (trust)
		assert_int_equal(rxc_options_set_trust(m->options, trust), 0);
	assert_int_equal(rxc_async_new(m->options, on_ready, on_closed, m, &m->async, NULL), 0);
	assert_int_equal(rxc_libevent_attach(m->async, m->base), 0);
}

static void meet(struct meeting *m, const struct script_connection *script)
{
	meet_with(m, script, 1, NULL);
}

static void too_long(evutil_socket_t fd, short what, void *base)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(base);
}

static void run(struct meeting *m)
{
	struct timeval after = {.tv_sec = LOOP_S_MAX};
	struct event *limit = evtimer_new(m->base, too_long, m->base);

	event_add(limit, &after);
	event_base_dispatch(m->base);
	event_free(limit);
}

/* Run until the connection is closed; everything told exactly once. */
static void run_to_the_end(struct meeting *m, unsigned calls)
{
	run(m);
	assert_int_equal(m->closed, 1);
	assert_int_equal(m->replies, calls);
	for (unsigned i = 0; i < calls; i++)
		assert_int_equal(m->ends[i], 1);
}

static void part(struct meeting *m)
{
	rxc_async_free(m->async);
	/* The dead must leave nothing in the loop. */
	assert_int_equal(event_base_get_num_events(m->base, EVENT_BASE_COUNT_ADDED), 0);
	event_base_free(m->base);
	rxc_options_free(m->options);
	scripted_server_stop(&m->server);
	scripted_server_clear(&m->server);
}

/* Freeing is done inside a callback; part() must not do it again. */
static void free_now(struct meeting *m)
{
	rxc_async_free(m->async);
	m->async = NULL;
}

static void free_at_reply(struct meeting *m, unsigned number)
{
	(void)number;
	if (m->async)
		free_now(m);
}

static void close_at_reply(struct meeting *m, unsigned number)
{
	(void)number;
	rxc_async_close(m->async);
	rxc_async_close(m->async); /* again is nothing */
}

static void close_after_three(struct meeting *m, unsigned number)
{
	(void)number;
	if (m->replies == 3)
		rxc_async_close(m->async);
}

static void call_three(struct meeting *m)
{
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(call(m, i), 0);
}

static void tells_answers_in_the_order_they_come(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, OK(0), ANSWER(&held, NULL, 2), OK(1), WAIT_GONE));
	m.when_replied = close_after_three;
	call_three(&m); /* before it is ready: they wait */
	assert_int_equal(rxc_async_in_flight(m.async), 3);
	run_to_the_end(&m, 3);
	assert_int_equal(m.ready, 1);
	assert_int_equal(m.order[0], 2);
	assert_int_equal(m.order[1], 0);
	assert_int_equal(m.order[2], 1);
	assert_int_equal(m.codes[2], 0);
	assert_int_equal(m.codes[0], RXC_ERR_STATUS);
	assert_int_equal(m.closed_code, 0);
	assert_int_equal(call(&m, 5), RXC_ERR_CLOSED);
	part(&m);
}

/* One TLS record brings more than the engine takes at once: the socket does not tell of the rest,
 * only the deadline would. */
static void tells_answers_that_come_in_one_piece(void **state)
{
	Rxcirc__V1__PrescriptionState large = RXCIRC__V1__PRESCRIPTION_STATE__INIT;
	Rxcirc__V1__ReleaseClaimResponse message = RXCIRC__V1__RELEASE_CLAIM_RESPONSE__INIT;
	char note[3001];
	struct meeting m;

	(void)state;
	memset(note, 'n', sizeof(note));
	note[3000] = '\0';
	large.rx_code = note;
	message.state = &large;
	meet(&m, ONE(READ, READ, READ, {SCRIPT_ANSWER_ALL, NULL, &message.base, 2, NULL},
		WAIT_GONE));
	m.when_replied = close_after_three;
	m.deadline_ms = 3000;
	call_three(&m);
	run_to_the_end(&m, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(m.codes[i], 0);
	part(&m);
}

static void call_next(struct meeting *m, unsigned number)
{
	if (number < 9)
		assert_int_equal(call(m, number + 1), 0);
	else
		rxc_async_close(m->async);
}

static void call_first(struct meeting *m)
{
	assert_int_equal(call(m, 0), 0);
}

static void calls_from_inside_callbacks(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, OK(0), READ, OK(0), READ, OK(0), READ, OK(0), READ, OK(0), READ, OK(0),
		READ, OK(0), READ, OK(0), READ, OK(0), READ, OK(0), WAIT_GONE));
	m.when_ready = call_first;
	m.when_replied = call_next;
	run_to_the_end(&m, 10);
	part(&m);
}

static void may_be_freed_inside_a_reply(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, OK(1), WAIT_GONE));
	m.when_ready = call_three;
	m.when_replied = free_at_reply;
	run_to_the_end(&m, 3);
	assert_int_equal(m.order[0], 1);
	assert_int_equal(m.codes[0], RXC_ERR_CLOSED);
	assert_int_equal(m.codes[2], RXC_ERR_CLOSED);
	assert_int_equal(m.closed_code, 0);
	part(&m);
}

static void may_be_freed_inside_ready(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(WAIT_GONE));
	m.when_ready = free_now;
	call_three(&m);
	run_to_the_end(&m, 3);
	assert_int_equal(m.codes[0], RXC_ERR_CLOSED);
	part(&m);
}

static void may_be_freed_inside_closed(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, OK(0)));
	m.when_ready = call_three;
	m.when_closed = free_now;
	run_to_the_end(&m, 3);
	assert_int_equal(m.closed_code, RXC_ERR_CLOSED);
	part(&m);
}

static void may_be_closed_inside_a_reply(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, OK(2), OK(0), OK(1), WAIT_GONE));
	m.when_ready = call_three;
	m.when_replied = close_at_reply;
	run_to_the_end(&m, 3);
	assert_int_equal(m.closed_code, 0);
	part(&m);
}

static void frees_an_open_connection_from_outside(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(WAIT_GONE));
	call_three(&m);
	free_now(&m);
	assert_int_equal(m.replies, 3);
	assert_int_equal(m.closed, 1);
	assert_int_equal(m.closed_code, 0);
	part(&m);
}

static void ends_every_call_when_the_connection_is_lost(void **state)
{
	static const struct script_step lost[] = {READ, READ, READ, {SCRIPT_ABORT}};
	static const struct script_connection script[] = {{0, lost}};
	struct meeting m;

	(void)state;
	meet(&m, script);
	m.when_ready = call_three;
	run_to_the_end(&m, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(m.codes[i], RXC_ERR_CLOSED);
	assert_int_equal(m.closed_code, RXC_ERR_CLOSED);
	part(&m);
}

static void ends_every_call_when_the_server_stops_in_the_middle_of_a_frame(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, {SCRIPT_ANSWER_HALF, NULL, &released.base, 0, NULL}));
	m.when_ready = call_three;
	run_to_the_end(&m, 3);
	assert_int_equal(m.closed_code, RXC_ERR_CLOSED);
	part(&m);
}

static void ends_every_call_when_the_server_breaks_the_protocol(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, OK(0), {SCRIPT_RAW, NULL, NULL, 0, "\xff\xff\xff\xff\xff"},
		WAIT_GONE));
	m.when_ready = call_three;
	run_to_the_end(&m, 3);
	assert_int_equal(m.codes[2], 0);
	assert_int_equal(m.codes[0], RXC_ERR_PROTOCOL);
	assert_int_equal(m.closed_code, RXC_ERR_PROTOCOL);
	part(&m);
}

static void ends_a_call_at_its_deadline(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, WAIT_GONE));
	m.deadline_ms = 120;
	m.when_ready = call_three;
	m.when_replied = close_after_three;
	run_to_the_end(&m, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(m.codes[i], RXC_ERR_TIMEOUT);
	part(&m);
}

static void finishes_and_closes_when_the_server_drains(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(READ, READ, READ, OK(0), {SCRIPT_NOTICE, &draining, NULL, 0, NULL}, OK(1),
		OK(2), WAIT_GONE));
	m.when_ready = call_three;
	run_to_the_end(&m, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(m.codes[i], 0);
	assert_int_equal(m.closed_code, RXC_ERR_CLOSED);
	assert_string_equal(m.closed_reason, "DRAINING");
	part(&m);
}

static void tells_when_the_server_is_not_the_pinned_one(void **state)
{
	struct meeting m;
	uint8_t pin[32];

	(void)state;
	meet_with(&m, (const struct script_connection[]){{SCRIPT_HANG_UP, NULL},
		{0, STEPS(READ, OK(0))}}, 2, NULL);
	call_three(&m);
	run_to_the_end(&m, 3);
	assert_int_equal(m.closed_code, RXC_ERR_CONNECT);
	rxc_async_free(m.async);
	memcpy(pin, m.server.pin, 32);
	pin[0] ^= 1;
	assert_int_equal(rxc_options_set_server_pin(m.options, pin), 0);
	m.closed = m.replies = 0;
	memset(m.ends, 0, sizeof(m.ends));
	assert_int_equal(rxc_async_new(m.options, on_ready, on_closed, &m, &m.async, NULL), 0);
	assert_int_equal(rxc_libevent_attach(m.async, m.base), 0);
	call_three(&m);
	run_to_the_end(&m, 3);
	assert_int_equal(m.ready, 0);
	assert_int_equal(m.codes[0], RXC_ERR_TLS);
	assert_int_equal(m.closed_code, RXC_ERR_TLS);
	assert_string_equal(m.closed_reason, "SERVER_NOT_PINNED");
	part(&m);
}

static void wants_a_numeric_address(void **state)
{
	struct meeting m;
	rxc_async *async;
	rxc_error *error;

	(void)state;
	meet(&m, ONE(WAIT_GONE));
	assert_int_equal(rxc_options_set_server(m.options, "localhost", 1), 0);
	assert_int_equal(rxc_async_new(m.options, NULL, NULL, NULL, &async, &error),
		RXC_ERR_ARGUMENT);
	assert_non_null(strstr(rxc_error_message(error), "numeric"));
	rxc_error_free(error);
	part(&m);
}

static void takes_as_many_calls_as_the_limit_and_not_one_more(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ONE(WAIT_GONE));
	for (unsigned i = 0; i < CALLS_IN_FLIGHT_MAX; i++)
		assert_int_equal(call(&m, i), 0);
	assert_int_equal(call(&m, CALLS_IN_FLIGHT_MAX), RXC_ERR_FULL);
	rxc_async_close(m.async);
	assert_int_equal(m.replies, CALLS_IN_FLIGHT_MAX);
	assert_int_equal(m.closed, 1);
	part(&m);
}

static void pull_one(struct meeting *m)
{
	Rxcirc__V1__PullPrescriptionsRequest request = RXCIRC__V1__PULL_PRESCRIPTIONS_REQUEST__INIT;
	static char code[RXC_VOUCHER_TEXT_MAX + 1];
	rxc_key *authority;

	assert_int_equal(rxc_key_generate(&authority, NULL), 0);
	assert_int_equal(rxc_voucher_issue(authority, PLAN_VOUCHER_ID, RXC_PURPOSE_PULL, 1, 60, code,
		NULL), 0);
	rxc_key_free(authority);
	request.voucher_code = code;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(call_method(m, i, "rxcirc.v1.Pharmacy/PullPrescriptions",
			&request.base), 0);
}

/* The large pull spans many TLS records and nearly fills a frame. */
static void gives_out_a_pull_only_when_it_verifies(void **state)
{
	Rxcirc__V1__PullPrescriptionsResponse good = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	Rxcirc__V1__PullPrescriptionsResponse large = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	Rxcirc__V1__PullPrescriptionsResponse bad = RXCIRC__V1__PULL_PRESCRIPTIONS_RESPONSE__INIT;
	Rxcirc__V1__PrescriptionBundle *bundles[3];
	char *note = calloc(1, 40001);
	struct plan plan;
	struct meeting m;

	(void)state;
	assert_non_null(note);
	memset(note, 'n', 40000);
	plan_init(&plan);
	bundles[0] = plan_build(&plan);
	bundles[2] = plan_build(&plan);
	bundles[2]->hospital_review->signature.data[0] ^= 1;
	plan.dispense.channel = note;
	plan.review.reason = note;
	plan.rejection.reason = note;
	plan.hospital_review.opinion = note;
	plan.prescription.condition_note = note;
	bundles[1] = plan_build(&plan);
	good.n_prescriptions = large.n_prescriptions = bad.n_prescriptions = 1;
	good.prescriptions = &bundles[0];
	large.prescriptions = &bundles[1];
	bad.prescriptions = &bundles[2];
	assert_true(protobuf_c_message_get_packed_size(&large.base) > 200000);
	meet_with(&m, ONE(READ, READ, READ, ANSWER(NULL, &good.base, 2),
		ANSWER(NULL, &large.base, 1), ANSWER(NULL, &bad.base, 0), WAIT_GONE), 1, plan.trust);
	m.when_ready = pull_one;
	m.when_replied = close_after_three;
	run_to_the_end(&m, 3);
	assert_int_equal(m.codes[0], 0);
	assert_int_equal(m.codes[1], 0);
	assert_int_equal(m.codes[2], RXC_ERR_VERIFY);
	part(&m);
	for (unsigned i = 0; i < 3; i++)
		rxcirc__v1__prescription_bundle__free_unpacked(bundles[i], NULL);
	plan_clear(&plan);
	free(note);
}

static int setup(void **state)
{
	int r = scratch_setup(state);

	if (r == 0)
		scripted_certificate(scratch_path("client.pem"), scratch_path("client.key"));
	return r;
}

static int teardown(void **state)
{
	libevent_global_shutdown();
	return scratch_teardown(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(tells_answers_in_the_order_they_come),
		TEST(tells_answers_that_come_in_one_piece),
		TEST(calls_from_inside_callbacks),
		TEST(may_be_freed_inside_a_reply),
		TEST(may_be_freed_inside_ready),
		TEST(may_be_freed_inside_closed),
		TEST(may_be_closed_inside_a_reply),
		TEST(frees_an_open_connection_from_outside),
		TEST(ends_every_call_when_the_connection_is_lost),
		TEST(ends_every_call_when_the_server_stops_in_the_middle_of_a_frame),
		TEST(ends_every_call_when_the_server_breaks_the_protocol),
		TEST(ends_a_call_at_its_deadline),
		TEST(finishes_and_closes_when_the_server_drains),
		TEST(tells_when_the_server_is_not_the_pinned_one),
		TEST(wants_a_numeric_address),
		TEST(takes_as_many_calls_as_the_limit_and_not_one_more),
		TEST(gives_out_a_pull_only_when_it_verifies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("async", tests, setup, teardown);
}
