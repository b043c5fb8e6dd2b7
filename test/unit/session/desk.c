#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "proto/frame.h"
#include "support/tap.h"
#include "test/unit/crypto/keys.h"

/* The receipt as it was sent, until DESK_RECEIPTS others have come. */
static void desk_keep_receipt(struct desk_answer *a, const Rxcirc__V1__Receipt *receipt)
{
	static uint8_t kept[DESK_RECEIPTS][DESK_RECEIPT_MAX];
	static unsigned next;

	if (receipt == NULL)
		return;
	a->receipt = kept[next];
	a->receipt_len = rxcirc__v1__receipt__get_packed_size(receipt);
	assert_true(a->receipt_len <= DESK_RECEIPT_MAX);
	assert_int_equal(rxcirc__v1__receipt__pack(receipt, kept[next]), a->receipt_len);
	next = (next + 1) % DESK_RECEIPTS;
}

static void desk_remember(struct desk_wire *w, struct slice body)
{
	struct desk_answer *a = &w->answers[w->count];
	Rxcirc__V1__ServerFrame *f = rxcirc__v1__server_frame__unpack(NULL, body.len, body.data);

	assert_non_null(f);
	assert_non_null(f->status);
	assert_true(w->count < DESK_ANSWERS);
	w->count++;
	*a = (struct desk_answer){
		.call_id = f->call_id,
		.code = f->status->code,
		.retry_class = f->status->retry_class,
		.retry_after_ms = f->status->retry_after_ms,
		.body_len = f->body.len,
		.more = f->more,
		.proof_len = f->proof.len,
	};
	desk_keep_receipt(a, f->receipt);
	snprintf(a->reason, sizeof(a->reason), "%s", f->status->reason);
	if (f->status->n_findings == 1) {
		snprintf(a->rule, sizeof(a->rule), "%s", f->status->findings[0]->rule);
		snprintf(a->field, sizeof(a->field), "%s", f->status->findings[0]->field);
	}
	rxcirc__v1__server_frame__free_unpacked(f, NULL);
}

static void desk_on_send(struct session_wire *wire, struct slice bytes)
{
	struct desk_wire *w = container_of(wire, struct desk_wire, wire);

	assert_false(w->finished);
	while (bytes.len > 0) {
		struct slice body;
		size_t used = 0, need;

		assert_int_equal(frame_decode(bytes, &body, &used, &need), FRAME_WHOLE);
		desk_remember(w, body);
		bytes = slice_of(bytes.data + used, bytes.len - used);
	}
}

static void desk_on_finish(struct session_wire *wire)
{
	container_of(wire, struct desk_wire, wire)->finished = true;
}

static size_t desk_on_backlog(struct session_wire *wire)
{
	return container_of(wire, struct desk_wire, wire)->backlog;
}

void desk_wire_init(struct desk_wire *w)
{
	memset(w, 0, sizeof(*w));
	w->wire = (struct session_wire){desk_on_send, desk_on_finish, desk_on_backlog};
}

struct session *desk_session(struct desk *d, uint8_t pin, struct desk_wire *wire)
{
	uint8_t spki[SHA256_LEN];

	memset(spki, pin, sizeof(spki));
	desk_wire_init(wire);
	return session_open(d->reception, spki, &wire->wire);
}

static struct desk *desk_make(uint8_t pin, unsigned calls_max,
	const struct receipt_desk_options *receipts)
{
	struct desk *d = calloc(1, sizeof(*d));
	struct reception_options options = {.registry_stale_ms = 5000, .calls_max = calls_max,
		.streams_max = DESK_STREAMS_MAX};

	assert_non_null(d);
	if (receipts != NULL) {
		struct receipt_desk_options o = *receipts;

		o.loop = &d->loop;
		assert_int_equal(receipt_desk_open(&d->receipts, &o), 0);
		options.desk = d->receipts;
	}
	fake_reset();
	fake_wall_ms = 1760000000000;
	fake_mono_us = 1000 * 1000 * 1000;
	fake_loop_init(&d->loop);
	d->admission = admission_new(ADMISSION_CALLS_PER_S_MAX, ADMISSION_BURST_MAX);
	d->polls = admission_new_daily(ADMISSION_CALLS_PER_DAY_MAX, ADMISSION_BURST_MAX);
	assert_non_null(d->admission);
	assert_non_null(d->polls);
	d->freshness.at_mono_ms = fake_mono_us / 1000;
	options.loop = &d->loop;
	options.shop = &d->shop;
	options.admission = d->admission;
	options.polls = d->polls;
	options.freshness = &d->freshness;
	d->reception = reception_new(&options);
	assert_non_null(d->reception);
	d->registry = fake_registry_province();
	reception_set_registry(d->reception, registry_ref(d->registry));
	d->session = desk_session(d, pin, &d->peer);
	assert_non_null(d->session);
	return d;
}

struct desk *desk_new(uint8_t pin)
{
	return desk_new_with_calls(pin, DESK_CALLS_MAX);
}

struct desk *desk_new_with_calls(uint8_t pin, unsigned calls_max)
{
	return desk_make(pin, calls_max, NULL);
}

struct desk *desk_new_with_receipts(uint8_t pin, unsigned calls_max, struct trail *trail)
{
	struct keys_text text = {.len = 0};
	struct receipt_desk_options options = {.origin = DESK_ORIGIN, .trail = trail,
		.ready = session_answer_call};
	struct keyring *keys;
	struct desk *d;

	keys_add_all(&text, NULL);
	options.keys = keys = keys_parse(&text);
	d = desk_make(pin, calls_max, &options);
	d->keys = keys;
	return d;
}

void desk_free(struct desk *d)
{
	fake_loop_turn(&d->loop);
	fake_finish_all();
	fake_loop_turn(&d->loop); /* answers with receipts */
	if (d->session != NULL)
		session_close(d->session);
	assert_true(reception_is_idle(d->reception));
	assert_int_equal(metric_value(&d->reception->metrics.sessions), 0);
	assert_int_equal(metric_value(&d->reception->metrics.waiting), 0);
	reception_free(d->reception);
	receipt_desk_free(d->receipts);
	keyring_free(d->keys);
	registry_unref(d->registry);
	admission_free(d->admission);
	admission_free(d->polls);
	assert_int_equal(fake_registries(), 0);
	free(d);
}

struct desk_call desk_call_of(const struct dispatch_row *row, uint64_t call_id)
{
	return (struct desk_call){
		.call_id = call_id,
		.method = row->method,
		.key_len = row->mutating ? IDEMPOTENCY_KEY_LEN : 0,
	};
}

enum session_verdict desk_send_on(struct session *session, const struct desk_call *call)
{
	Rxcirc__V1__ClientFrame f = RXCIRC__V1__CLIENT_FRAME__INIT;
	char method[128], traceparent[128] = "";
	uint8_t key[64] = {7};
	enum session_verdict verdict;
	uint8_t *body = calloc(1, call->body_len + 1), *frame;
	size_t len;

	assert_non_null(body);
	snprintf(method, sizeof(method), "%s", call->method);
	if (call->traceparent != NULL)
		snprintf(traceparent, sizeof(traceparent), "%s", call->traceparent);
	f.call_id = call->call_id;
	f.method = method;
	f.traceparent = traceparent;
	f.deadline_ms = call->deadline_ms;
	f.cancel = call->cancel;
	f.want_proof = call->want_proof;
	f.body = (ProtobufCBinaryData){call->body_len, body};
	f.idempotency_key = (ProtobufCBinaryData){call->key_len, key};
	len = rxcirc__v1__client_frame__get_packed_size(&f);
	frame = malloc(len + 1);
	assert_non_null(frame);
	assert_int_equal(rxcirc__v1__client_frame__pack(&f, frame), len);
	verdict = session_receive(session, slice_of(frame, len));
	free(frame);
	free(body);
	return verdict;
}

enum session_verdict desk_send(struct desk *d, const struct desk_call *call)
{
	return desk_send_on(d->session, call);
}

const struct desk_answer *desk_last(const struct desk *d)
{
	assert_true(d->peer.count > 0);
	return &d->peer.answers[d->peer.count - 1];
}

void desk_expect_refusal(struct desk *d, const struct desk_call *call, enum status_reason reason)
{
	unsigned started = fake_started, answers = d->peer.count;

	assert_int_equal(desk_send(d, call), SESSION_GO_ON);
	fake_loop_turn(&d->loop);
	assert_int_equal(fake_started, started);
	assert_int_equal(d->peer.count, answers + 1);
	assert_int_equal(desk_last(d)->call_id, call->call_id);
	assert_string_equal(desk_last(d)->reason, status_row_of(reason)->reason);
	assert_int_equal(desk_last(d)->code, status_row_of(reason)->code);
	assert_int_equal(desk_last(d)->retry_class, status_row_of(reason)->retry_class);
	assert_int_equal(desk_last(d)->body_len, 0);
}

void desk_expect_start(struct desk *d, const struct desk_call *call)
{
	unsigned started = fake_started, answers = d->peer.count;

	assert_int_equal(desk_send(d, call), SESSION_GO_ON);
	fake_loop_turn(&d->loop);
	assert_int_equal(d->peer.count, answers);
	assert_int_equal(fake_started, started + 1);
}
