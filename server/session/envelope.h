/* The envelope of a call: a ClientFrame read from bytes, a ServerFrame written to bytes.
 *
 * The method's own message inside it stays bytes.
 * Ownership: what is read is borrowed from the arena; what is written belongs to the caller's room.
 * Threads: any.
 */
#ifndef SESSION_ENVELOPE_H
#define SESSION_ENVELOPE_H

#include "base/arena.h"
#include "proto/limits.h"
#include "proto/status.h"

/* A whole frame with its prefix. */
enum { ENVELOPE_FRAME_MAX = FRAME_PREFIX_MAX + FRAME_BODY_MAX };

struct envelope_answer {
	uint64_t call_id; /* 0 speaks about the connection */
	enum status_reason status;
	uint32_t retry_after_ms;
	struct slice reply; /* only with STATUS_OK */
	Rxcirc__V1__Finding **findings;
	size_t findings_count;
	/* A field of the envelope itself that is wrong, with FIELD_INVALID; else NULL. */
	const char *field;
	bool more; /* of a stream: further frames follow */
	Rxcirc__V1__Receipt *receipt; /* or NULL */
	struct slice proof;           /* or empty; left out when the frame would be too large */
};

/* Read a frame's body.  Everything in *ret_frame lives in the arena.  ERR_MALFORMED when the bytes
 * are not a ClientFrame or need more than the arena gives. */
MUST_CHECK int envelope_read(struct arena *arena, struct slice body,
	Rxcirc__V1__ClientFrame **ret_frame);

/* Write a frame, prefix included.  ERR_TOO_LARGE when it would exceed FRAME_BODY_MAX. */
MUST_CHECK int envelope_write(uint8_t room[ENVELOPE_FRAME_MAX],
	const struct envelope_answer *answer, struct slice *ret_frame);

/* A traceparent of W3C trace context version 00: "00-" 32 hex "-" 16 hex "-" 2 hex, lower case. */
bool envelope_is_traceparent(const char *text);

#endif
