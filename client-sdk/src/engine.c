#include "client-sdk/src/engine.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/src/pb.h"
#include "proto/frame.h"

enum { BUFFER_LEN_MIN = 4096 };

/* Bytes that come in at the end and leave at the start; never more than `len_max` at once. */
struct buffer {
	uint8_t *bytes;
	size_t cap;
	size_t start;
	size_t end;
	size_t len_max;
};

struct call_slot {
	uint64_t id; /* 0 = free */
	int64_t deadline_at_ms;
	bool stream;
	void *user;
};

struct engine {
	struct call_slot calls[CALLS_IN_FLIGHT_MAX];
	size_t in_flight;
	uint64_t next_id;
	struct buffer in;
	struct buffer out;
	bool draining;
	bool ended;
	bool deaf; /* what was received can be read no further */
	struct rxc_error why;
};

static size_t buffer_len(const struct buffer *b)
{
	return b->end - b->start;
}

/* Make room for `more` bytes at the end.  Returns false when memory is short; the caller has
 * checked `len_max`. */
static bool buffer_reserve(struct buffer *b, size_t more)
{
	size_t len = buffer_len(b);
	size_t cap = b->cap ? b->cap : BUFFER_LEN_MIN;
	uint8_t *bytes;

	if (b->cap - b->end >= more)
		return true;
	if (b->start > 0) {
		memmove(b->bytes, b->bytes + b->start, len);
		b->start = 0;
		b->end = len;
	}
	if (b->cap - len >= more)
		return true;
	while (cap < len + more)
		cap *= 2;
	if (cap > b->len_max)
		cap = b->len_max;
	bytes = realloc(b->bytes, cap);
	if (!bytes)
		return false;
	b->bytes = bytes;
	b->cap = cap;
	return true;
}

static void buffer_drop(struct buffer *b, size_t len)
{
	b->start += len;
	if (b->start == b->end)
		b->start = b->end = 0;
}

static struct slice buffer_slice(const struct buffer *b)
{
	return b->bytes ? slice_of(b->bytes + b->start, buffer_len(b)) : slice_of(NULL, 0);
}

struct engine *engine_new(void)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->next_id = 1;
	e->in.len_max = ENGINE_INPUT_MAX;
	e->out.len_max = ENGINE_OUTPUT_MAX;
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	free(e->in.bytes);
	free(e->out.bytes);
	error_clear(&e->why);
	free(e);
}

static struct call_slot *slot_find(struct engine *e, uint64_t id)
{
	for (size_t i = 0; i < CALLS_IN_FLIGHT_MAX; i++)
		if (e->calls[i].id == id)
			return &e->calls[i];
	return NULL;
}

static uint32_t deadline_max(const struct engine_call *call)
{
	return call->stream ? STREAM_MS_MAX : DEADLINE_MS_MAX;
}

static int call_check(const struct engine *e, const struct engine_call *call,
	struct rxc_error *err)
{
	size_t method_len = strnlen(call->method, METHOD_NAME_MAX + 1);

	if (e->ended || e->draining)
		return error_set(err, RXC_ERR_CLOSED, "", e->ended ? "the connection is closed" :
			"the server is being stopped and takes no more calls here");
	if (method_len == 0 || method_len > METHOD_NAME_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "", "a method's name has 1 to %d bytes",
			METHOD_NAME_MAX);
	if (call->deadline_ms == 0 || call->deadline_ms > deadline_max(call))
		return error_set(err, RXC_ERR_ARGUMENT, "", "a deadline is 1 to %u ms away",
			(unsigned)deadline_max(call));
	if (e->in_flight == CALLS_IN_FLIGHT_MAX)
		return error_set(err, RXC_ERR_FULL, "", "%d calls are in flight already",
			CALLS_IN_FLIGHT_MAX);
	return 0;
}

/* Serialize the frame to the end of the output. */
static int frame_put(struct engine *e, const Rxcirc__V1__ClientFrame *frame, struct rxc_error *err)
{
	size_t len = rxcirc__v1__client_frame__get_packed_size(frame);
	uint8_t prefix[FRAME_PREFIX_MAX];
	size_t prefix_len;

	if (len > FRAME_BODY_MAX)
		return error_set(err, RXC_ERR_ARGUMENT, "",
			"the call has %zu bytes, a frame holds %d", len, FRAME_BODY_MAX);
	prefix_len = frame_prefix(prefix, len);
	if (buffer_len(&e->out) + prefix_len + len > ENGINE_OUTPUT_MAX)
		return error_set(err, RXC_ERR_FULL, "", "%zu bytes wait to be sent already",
			buffer_len(&e->out));
	if (!buffer_reserve(&e->out, prefix_len + len))
		return error_set_memory(err);
	memcpy(e->out.bytes + e->out.end, prefix, prefix_len);
	(void)rxcirc__v1__client_frame__pack(frame, e->out.bytes + e->out.end + prefix_len);
	e->out.end += prefix_len + len;
	return 0;
}

/* protobuf-c's structs are not const-aware; packing only reads. */
static ProtobufCBinaryData data_of(struct slice s)
{
	return (ProtobufCBinaryData){.len = s.len, .data = (uint8_t *)(uintptr_t)s.data};
}

int engine_submit(struct engine *e, const struct engine_call *call, int64_t now_ms,
	struct rxc_error *err)
{
	Rxcirc__V1__ClientFrame frame = RXCIRC__V1__CLIENT_FRAME__INIT;
	struct call_slot *slot;

	if (call_check(e, call, err) < 0)
		return err->code;
	frame.call_id = e->next_id;
	frame.method = (char *)(uintptr_t)call->method;
	frame.body = data_of(call->body);
	frame.deadline_ms = call->deadline_ms;
	if (call->idempotency_key)
		frame.idempotency_key =
			data_of(slice_of(call->idempotency_key, IDEMPOTENCY_KEY_LEN));
	frame.want_proof = call->want_proof;
	if (frame_put(e, &frame, err) < 0)
		return err->code;
	slot = slot_find(e, 0);
	*slot = (struct call_slot){
		.id = e->next_id++,
		.deadline_at_ms = now_ms + call->deadline_ms +
			(call->stream ? ENGINE_STREAM_GRACE_MS : 0),
		.stream = call->stream,
		.user = call->user,
	};
	e->in_flight++;
	return 0;
}

uint64_t engine_last_id(const struct engine *e)
{
	return e->next_id - 1;
}

int engine_cancel(struct engine *e, uint64_t call_id, struct rxc_error *err)
{
	Rxcirc__V1__ClientFrame frame = RXCIRC__V1__CLIENT_FRAME__INIT;
	const struct call_slot *slot = call_id ? slot_find(e, call_id) : NULL;

	if (e->ended || !slot || !slot->stream)
		return 0;
	frame.call_id = call_id;
	frame.cancel = true;
	return frame_put(e, &frame, err);
}

struct slice engine_output(const struct engine *e)
{
	return buffer_slice(&e->out);
}

void engine_sent(struct engine *e, size_t len)
{
	buffer_drop(&e->out, len);
}

void engine_end(struct engine *e, const struct rxc_error *why)
{
	if (e->ended)
		return;
	e->ended = true;
	(void)error_copy(&e->why, why); /* becomes RXC_ERR_MEMORY by itself */
}

/* The peer broke the protocol, or memory is short: nothing that follows can be understood. */
static void engine_break(struct engine *e, struct rxc_error *why)
{
	e->deaf = true;
	engine_end(e, why);
	error_clear(why);
}

/* How many bytes the frame now coming in still lacks, at least 1; 0 when it is whole. */
static size_t frame_lacks(const struct engine *e, enum frame_result *ret_result)
{
	struct slice body;
	size_t used;
	size_t need = 0;

	*ret_result = frame_decode(buffer_slice(&e->in), &body, &used, &need);
	if (*ret_result != FRAME_PARTIAL)
		return 0;
	return need > buffer_len(&e->in) ? need - buffer_len(&e->in) : 1;
}

uint8_t *engine_room(struct engine *e, size_t *ret_len)
{
	struct rxc_error err = {0};
	enum frame_result result;
	size_t lacks = frame_lacks(e, &result);

	*ret_len = 0;
	if (e->ended || lacks == 0)
		return NULL;
	if (!buffer_reserve(&e->in, lacks)) {
		error_set_memory(&err);
		engine_break(e, &err);
		return NULL;
	}
	*ret_len = e->in.cap - e->in.end;
	return e->in.bytes + e->in.end;
}

void engine_received(struct engine *e, size_t len)
{
	e->in.end += len;
}

static void slot_clear(struct engine *e, struct call_slot *slot)
{
	*slot = (struct call_slot){0};
	e->in_flight--;
}

/* The server speaks about the connection. */
static void notice_take(struct engine *e, Rxcirc__V1__ServerFrame *frame)
{
	struct rxc_error err = {0};

	if (frame->status->code == 0)
		return; /* nothing we must act on */
	if (strcmp(frame->status->reason, "DRAINING") == 0) {
		e->draining = true;
		return;
	}
	error_set_status(&err, frame->status);
	frame->status = NULL; /* is the error's now */
	engine_break(e, &err);
}

/* Make the event of a frame that belongs to `slot`. */
static void answer_tell(struct engine *e, struct call_slot *slot, Rxcirc__V1__ServerFrame *frame,
	struct engine_event *event)
{
	bool is_ok = frame->status->code == 0;
	bool is_part = is_ok && frame->more;

	event->user = slot->user;
	event->kind = is_part ? ENGINE_PART : is_ok ? ENGINE_ANSWER : ENGINE_ENDED;
	if (!is_part)
		slot_clear(e, slot);
	if (is_ok) {
		event->frame = frame;
		event->body = pb_slice(frame->body);
		return;
	}
	error_set_status(&event->error, frame->status);
	frame->status = NULL; /* is the error's now */
	pb_free(frame);
}

static void frame_take(struct engine *e, Rxcirc__V1__ServerFrame *frame,
	struct engine_event *event)
{
	struct call_slot *slot = frame->call_id ? slot_find(e, frame->call_id) : NULL;
	struct rxc_error err = {0};

	if (!frame->status)
		error_set(&err, RXC_ERR_PROTOCOL, "", "the server sent a frame without status");
	else if (frame->call_id == 0)
		notice_take(e, frame);
	else if (frame->call_id >= e->next_id)
		error_set(&err, RXC_ERR_PROTOCOL, "",
			"the server answered a call that was never made");
	else if (slot && frame->more && frame->status->code == 0 && !slot->stream)
		error_set(&err, RXC_ERR_PROTOCOL, "",
			"the server announced further answers to a call that has one");
	else if (slot) {
		answer_tell(e, slot, frame, event);
		return;
	}
	if (err.code)
		engine_break(e, &err);
	pb_free(frame);
}

/* Read one frame of the input.  Returns false when there is none. */
static bool frame_read(struct engine *e, struct engine_event *event)
{
	ProtobufCMessage *message = NULL;
	struct rxc_error err = {0};
	struct slice body;
	size_t used;
	size_t need;
	int r;

	switch (frame_decode(buffer_slice(&e->in), &body, &used, &need)) {
	case FRAME_PARTIAL:
		return false;
	case FRAME_TOO_LARGE:
		error_set(&err, RXC_ERR_PROTOCOL, "", "the server sent a frame larger than %d bytes",
			FRAME_BODY_MAX);
		break;
	case FRAME_MALFORMED:
		error_set(&err, RXC_ERR_PROTOCOL, "", "the server sent a malformed frame length");
		break;
	case FRAME_WHOLE:
		r = pb_unpack(&rxcirc__v1__server_frame__descriptor, body, &message);
		if (r == 0) {
			buffer_drop(&e->in, used);
			frame_take(e, (Rxcirc__V1__ServerFrame *)message, event);
			return true;
		}
		if (r == RXC_ERR_MEMORY)
			error_set_memory(&err);
		else
			error_set(&err, RXC_ERR_PROTOCOL, "",
				"the server sent a frame that cannot be read");
		break;
	}
	engine_break(e, &err);
	return false;
}

/* End a call whose time is over, or any call when the connection is. */
static bool slot_end_one(struct engine *e, int64_t now_ms, struct engine_event *event)
{
	for (size_t i = 0; i < CALLS_IN_FLIGHT_MAX; i++) {
		struct call_slot *slot = &e->calls[i];

		if (slot->id == 0 || (!e->ended && slot->deadline_at_ms > now_ms))
			continue;
		event->kind = ENGINE_ENDED;
		event->user = slot->user;
		if (e->ended)
			(void)error_copy(&event->error, &e->why); /* or becomes RXC_ERR_MEMORY */
		else
			error_set(&event->error, RXC_ERR_TIMEOUT, "",
				"the server did not answer in time");
		slot_clear(e, slot);
		return true;
	}
	return false;
}

void engine_next(struct engine *e, int64_t now_ms, struct engine_event *ret_event)
{
	*ret_event = (struct engine_event){0};
	while (ret_event->kind == ENGINE_NOTHING && !e->deaf)
		if (!frame_read(e, ret_event))
			break;
	if (ret_event->kind == ENGINE_NOTHING)
		(void)slot_end_one(e, now_ms, ret_event); /* else there is nothing to tell */
}

void engine_event_clear(struct engine_event *event)
{
	error_clear(&event->error);
	pb_free(event->frame);
	*event = (struct engine_event){0};
}

int64_t engine_deadline(const struct engine *e)
{
	int64_t earliest = ENGINE_NEVER;

	for (size_t i = 0; i < CALLS_IN_FLIGHT_MAX; i++)
		if (e->calls[i].id && e->calls[i].deadline_at_ms < earliest)
			earliest = e->calls[i].deadline_at_ms;
	return earliest;
}

const struct rxc_error *engine_why(const struct engine *e)
{
	return e->ended ? &e->why : NULL;
}

size_t engine_in_flight(const struct engine *e)
{
	return e->in_flight;
}

bool engine_is_draining(const struct engine *e)
{
	return e->draining;
}

bool engine_is_mid_frame(const struct engine *e)
{
	return buffer_len(&e->in) > 0;
}
