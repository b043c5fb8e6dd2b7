/* One connection's conversation: which calls are in flight, and who is asking.
 *
 * A frame is checked in this order, before the method's message is unpacked; the first check that
 * fails is the answer:
 *
 *     the connection   the envelope can be read; call id 1 .. 2^63-1 and not in flight
 *     the node         not draining; the registry is fresh
 *     the caller       certificate registered and valid, institution active
 *     the method       known, open to the caller's role, body within the method's cap
 *     the envelope     idempotency key exactly when the method changes something; traceparent
 *     the load         the institution's budgets; calls in flight of this session and of the worker
 *
 * A stream is checked like any call when it begins, and node and caller again before each part of
 * it: a suspension is felt by what is running, too.  It ends when its client cancels it, at its
 * deadline, when the node drains, and with the connection.
 *
 * A broken rule of the first line is answered with call id 0 and ends the connection: an answer
 * under a call id that is in use would be taken for the running call's.  All others are answered
 * under their call id and the session goes on.
 *
 * Ownership: the session belongs to whoever opened it until session_close(); after that it frees
 * itself when its last running call has ended, whose answer is dropped.
 * Threads: the loop's own.  The functions of a wire must not call the session back.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "session/reception.h"

/* The connection below, as the session needs it; set by the floor above. */
struct session_wire {
	/* Send these bytes (whole frames, copied). */
	void (*send)(struct session_wire *wire, struct slice frame);
	/* Nothing will follow: close when everything is sent. */
	void (*finish)(struct session_wire *wire);
	/* Bytes that were to be sent and are not yet. */
	size_t (*backlog)(struct session_wire *wire);
};

/* Streams send nothing while more than this waits. */
enum { STREAM_BACKLOG_MAX = 64 * 1024 };

enum session_verdict {
	SESSION_GO_ON,
	SESSION_END, /* read no further; close when everything is sent */
};

struct session;

/* NULL when memory is exhausted.  `spki` is the pin of the peer's certificate. */
struct session *session_open(struct reception *reception, const uint8_t spki[SHA256_LEN],
	struct session_wire *wire);
/* Once after opening: a peer who has no business here is told so and sent away. */
MUST_CHECK enum session_verdict session_greet(struct session *s);
/* One frame's body; borrowed until this returns. */
MUST_CHECK enum session_verdict session_receive(struct session *s, struct slice body);
/* Tell the peer why its frame could not be taken (call id 0). */
void session_refuse(struct session *s, enum status_reason reason);
/* Calls in flight, without streams; at CALLS_IN_FLIGHT_MAX the next one would be refused. */
unsigned session_in_flight(const struct session *s);
/* Neither a call in flight nor a stream. */
bool session_is_idle(const struct session *s);
/* The connection is gone. */
void session_close(struct session *s);

/* The reception's own. */
void session_start_call(struct call *call);
void session_answer_call(struct call *call); /* it has its receipt */
void session_drain(struct session *s);
struct session *session_of_link(struct list *link);

#endif
