/* The wire protocol without a wire: bytes in, bytes and events out, time a parameter.
 *
 *     engine_submit() --> engine_output()/engine_sent() --> the connection
 *     the connection --> engine_room()/engine_received() --> engine_next() --> events
 *
 * Contract: every call accepted by engine_submit() ends with exactly one ENGINE_ANSWER or
 * ENGINE_ENDED event, also when memory is short, the peer talks nonsense or the connection ends.
 * Answers may come in any order.  An answer to a call that has already ended (late, after its
 * deadline) is dropped; an answer to a call never made ends the connection.
 * Ownership: the engine copies what it is given; an event is released by engine_event_clear().
 * Threads: one at a time.  Time: milliseconds of any clock that never goes back.
 */
#ifndef SDK_ENGINE_H
#define SDK_ENGINE_H

#include "client-sdk/src/error.h"
#include "proto/limits.h"

enum {
	/* Bytes waiting to be sent: four of the largest frames. */
	ENGINE_OUTPUT_MAX = 4 * (FRAME_PREFIX_MAX + FRAME_BODY_MAX),
	/* Bytes received and not yet understood: one frame. */
	ENGINE_INPUT_MAX = FRAME_PREFIX_MAX + FRAME_BODY_MAX,
	/* A stream's end comes from the server, at the deadline; after so much more it is given up. */
	ENGINE_STREAM_GRACE_MS = 10 * 1000,
};

/* engine_deadline() when nothing is waited for. */
#define ENGINE_NEVER INT64_MAX

struct engine;

/* NULL when memory is short. */
struct engine *engine_new(void);
/* Calls that have not ended are forgotten: end them first. */
void engine_free(struct engine *e);

struct engine_call {
	const char *method;              /* 1 .. METHOD_NAME_MAX bytes */
	struct slice body;
	const uint8_t *idempotency_key;  /* IDEMPOTENCY_KEY_LEN bytes, or NULL */
	uint32_t deadline_ms;            /* 1 .. DEADLINE_MS_MAX (STREAM_MS_MAX), from now */
	bool stream;                     /* several answers: ENGINE_PARTs before the last */
	bool want_proof;                 /* of a changing call */
	void *user;                      /* comes back with the call's events */
};

/* Returns 0; RXC_ERR_FULL when too many calls or bytes are waiting; RXC_ERR_CLOSED when the server
 * takes no more calls; RXC_ERR_ARGUMENT or RXC_ERR_MEMORY.  After a failure nothing was sent. */
MUST_CHECK int engine_submit(struct engine *e, const struct engine_call *call, int64_t now_ms,
	struct rxc_error *err);

/* The id of the call submitted last. */
uint64_t engine_last_id(const struct engine *e);
/* Ask for the end of a stream; its last event still comes.  A call that is no stream, or not in
 * flight, is passed over.  RXC_ERR_FULL or RXC_ERR_MEMORY when that cannot be said. */
MUST_CHECK int engine_cancel(struct engine *e, uint64_t call_id, struct rxc_error *err);

/* What is to be sent; valid until the next call of the engine. */
struct slice engine_output(const struct engine *e);
/* The first `len` bytes of it were sent. */
void engine_sent(struct engine *e, size_t len);

/* Where the next received bytes go; *ret_len is 0 while a whole frame waits for engine_next(), and
 * when the engine has ended. */
uint8_t *engine_room(struct engine *e, size_t *ret_len);
/* `len` bytes were put there. */
void engine_received(struct engine *e, size_t len);

enum engine_event_kind {
	ENGINE_NOTHING, /* until more bytes come or time passes */
	ENGINE_ANSWER,  /* the call ended well: `body` */
	ENGINE_PART,    /* of a stream: `body`; more events of this call will follow */
	ENGINE_ENDED,   /* the call ended otherwise: `error` */
};

struct engine_event {
	enum engine_event_kind kind;
	void *user;                     /* the call's */
	struct slice body;              /* of the answer; inside `frame`, as what came beside it */
	struct rxc_error error;
	Rxcirc__V1__ServerFrame *frame;
};

/* The next event.  Call until it says ENGINE_NOTHING. */
void engine_next(struct engine *e, int64_t now_ms, struct engine_event *ret_event);
void engine_event_clear(struct engine_event *event);

/* When engine_next() must be called even if nothing is received. */
int64_t engine_deadline(const struct engine *e);

/* The connection is over: whatever was received whole is still told, then every call left ends
 * with `why`.  Only the first reason counts. */
void engine_end(struct engine *e, const struct rxc_error *why);
/* Why it is over, or NULL while it is not. */
const struct rxc_error *engine_why(const struct engine *e);

size_t engine_in_flight(const struct engine *e);
/* The server asked to send no more calls here. */
bool engine_is_draining(const struct engine *e);
/* True when a frame has been received in part. */
bool engine_is_mid_frame(const struct engine *e);

#endif
