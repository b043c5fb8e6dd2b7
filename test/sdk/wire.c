#include "test/sdk/wire.h"

#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"

void wire_put(struct wire *w, const void *bytes, size_t len)
{
	uint8_t *grown = realloc(w->bytes, w->len + len + 1);

	if (!grown)
		abort();
	w->bytes = grown;
	if (len > 0)
		memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

void wire_put_frame(struct wire *w, const void *body, size_t len)
{
	uint8_t prefix[5];

	wire_put(w, prefix, frame_prefix(prefix, len));
	wire_put(w, body, len);
}

void wire_put_answer(struct wire *w, uint64_t call_id, const struct wire_status *status,
	const ProtobufCMessage *message, bool more)
{
	wire_put_answer_with(w, call_id, status, message, more, &(struct wire_tail){0});
}

void wire_put_answer_with(struct wire *w, uint64_t call_id, const struct wire_status *status,
	const ProtobufCMessage *message, bool more, const struct wire_tail *tail)
{
	Rxcirc__V1__ServerFrame frame = RXCIRC__V1__SERVER_FRAME__INIT;
	Rxcirc__V1__Status s = RXCIRC__V1__STATUS__INIT;
	uint8_t *bytes;
	size_t len;

	frame.call_id = call_id;
	frame.more = more;
	frame.status = &s;
	frame.receipt = tail->receipt;
	if (tail->proof) {
		frame.proof.len = strlen(tail->proof);
		frame.proof.data = (uint8_t *)(uintptr_t)tail->proof;
	}
	if (status) {
		s.code = status->code;
		s.reason = (char *)(uintptr_t)(status->reason ? status->reason : "");
		s.message = (char *)(uintptr_t)"said by the test";
		s.retry_class = status->retry_class;
		s.retry_after_ms = status->retry_after_ms;
	}
	if (message) {
		frame.body.len = protobuf_c_message_get_packed_size(message);
		frame.body.data = malloc(frame.body.len + 1);
		if (!frame.body.data)
			abort();
		protobuf_c_message_pack(message, frame.body.data);
	}
	len = rxcirc__v1__server_frame__get_packed_size(&frame);
	bytes = malloc(len + 1);
	if (!bytes)
		abort();
	rxcirc__v1__server_frame__pack(&frame, bytes);
	wire_put_frame(w, bytes, len);
	free(bytes);
	free(frame.body.data);
}

void wire_clear(struct wire *w)
{
	free(w->bytes);
	*w = (struct wire){0};
}

Rxcirc__V1__ClientFrame *wire_take_call(struct wire *w)
{
	Rxcirc__V1__ClientFrame *frame;
	struct slice body;
	size_t used;
	size_t need;

	if (frame_decode(slice_of(w->bytes, w->len), &body, &used, &need) != FRAME_WHOLE)
		return NULL;
	frame = rxcirc__v1__client_frame__unpack(NULL, body.len, body.data);
	if (!frame)
		abort();
	memmove(w->bytes, w->bytes + used, w->len - used);
	w->len -= used;
	return frame;
}
