/* Server frames as bytes, for tests that play the server. */
#ifndef TEST_SDK_WIRE_H
#define TEST_SDK_WIRE_H

#include <rxcirc/rxcirc.h>

#include "proto/bytes.h"

/* Growing bytes; starts zeroed, ends with wire_clear(). */
struct wire {
	uint8_t *bytes;
	size_t len;
};

/* What an answer says; zero = OK. */
struct wire_status {
	int32_t code;
	const char *reason;
	Rxcirc__V1__RetryClass retry_class;
	uint32_t retry_after_ms;
};

void wire_put(struct wire *w, const void *bytes, size_t len);
/* A frame around any bytes. */
void wire_put_frame(struct wire *w, const void *body, size_t len);
/* A ServerFrame; `message` may be NULL. */
void wire_put_answer(struct wire *w, uint64_t call_id, const struct wire_status *status,
	const ProtobufCMessage *message, bool more);
/* What stands beside an answer's body. */
struct wire_tail {
	Rxcirc__V1__Receipt *receipt; /* or NULL */
	const char *proof;            /* or NULL */
};
void wire_put_answer_with(struct wire *w, uint64_t call_id, const struct wire_status *status,
	const ProtobufCMessage *message, bool more, const struct wire_tail *tail);
void wire_clear(struct wire *w);

/* Take the first ClientFrame out of `w`; NULL when it is not whole.  Freed by its own function. */
Rxcirc__V1__ClientFrame *wire_take_call(struct wire *w);

#endif
