/* One call of one method, from the moment its frame was admitted until its answer was handed over.
 *
 * Ownership: the session makes it (from a pool), sets everything above "the answer", calls the
 * service's start, and is told by finished(), exactly once; then it sends the answer and calls
 * request_end().  Everything of the request lives in its arena.
 * Threads: the loop's own.
 */
#ifndef REQUEST_REQUEST_H
#define REQUEST_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "db/pg.h"
#include "domain/event.h"
#include "proto/status.h"
#include "request/caller.h"
#include "request/op.h"

struct registry;       /* registry/registry.h */
struct keyring;        /* crypto/keyring.h */
struct lateness;       /* service/lateness.h */
struct feed_hub;       /* service/feed_hub.h */
struct request;

/* What a worker lends to every request it runs. */
struct workshop {
	struct pg_lane *read, *write, *slow;
	const struct keyring *keys;
	uint8_t authority_key[PUBLIC_KEY_LEN]; /* the registry authority's */
	int64_t claim_lease_ms;
	int64_t pull_grant_ms;
	int64_t own_grant_ms;
	struct lateness *lateness; /* how late uploads come; NULL: nobody counts */
	struct feed_hub *feed;     /* who watches the feed */
	struct loop *loop;         /* the worker's own */
	const char *trail_directory; /* files of the log (trail/tree.h) */
};

struct request {
	struct op op;
	const struct workshop *shop;
	const struct registry *registry; /* borrowed from the start to the end of the request */
	struct caller caller;
	uint64_t call_id;
	const char *method;              /* full name, static */
	struct slice body;               /* the method's message, not yet unpacked; in the arena */
	bool has_key;
	uint8_t idempotency_key[IDEMPOTENCY_KEY_LEN];
	int64_t received_at_ms;          /* wall clock: "platform time" of every decision */
	int64_t deadline_mono_ms;
	void (*finished)(struct request *req);

	/* Streams only (struct dispatch_row).  They have no registry: they live longer than one should
	 * be kept, so whether the caller may still be told is the session's to say at every part. */
	/* Send one of several messages (copied); STATUS_OK, or why the stream must end now. */
	enum status_reason (*part)(struct request *req, struct slice message);
	/* The peer has not read what it was sent: wait before sending more. */
	bool (*is_clogged)(struct request *req);
	/* Set by the service's start: end with this reason (STATUS_OK: as agreed), soon; finished()
	 * comes, maybe from inside. */
	void (*stop)(struct request *req, enum status_reason reason);

	/* the answer */
	enum status_reason status;
	uint32_t retry_after_ms;
	struct slice reply;              /* serialized response; only with STATUS_OK */
	bool has_promise;                /* something was written: the answer carries a receipt */
	struct promise promise;
	Rxcirc__V1__Finding **findings;
	size_t findings_count;

	void *service_state;             /* set by request_state() */
	struct pg_unit unit;             /* one at a time is enough for every service */

	struct arena arena;              /* last: it is large, and cleared by itself */
};

/* Make an empty request ready for use; once after allocation. */
void request_init(struct request *req);
/* Release everything it holds; it may be used again. */
void request_end(struct request *req);

/* Run the service's steps on this request; finished() is called when they are done. */
void request_run(struct request *req, const struct op_state *states, unsigned count);
/* Answer before any step ran: finished() is called. */
void request_end_early(struct request *req, enum status_reason reason);

/* The request's service state: zeroed bytes in the arena; on exhaustion the request must be
 * answered STATUS_BUSY. */
MUST_CHECK void *request_state(struct request *req, size_t size);
#define REQUEST_OF(op_) container_of(op_, struct request, op)

/* Unpack the request's body; *ret_message is a pointer to the message's struct.  STATUS_OK,
 * STATUS_BODY_MALFORMED, or STATUS_BUSY when the arena is exhausted. */
MUST_CHECK enum status_reason request_unpack(struct request *req,
	const ProtobufCMessageDescriptor *type, void *ret_message);

/* Endings of a step: set the answer, then op_done(). */
op_verdict request_reply(struct request *req, const ProtobufCMessage *message);
op_verdict request_reply_bytes(struct request *req, struct slice message); /* borrowed from arena */
op_verdict request_refuse(struct request *req, enum status_reason reason);
/* Before such an ending: the answer stands for an event that is written, now or (the same call came
 * before) then. */
void request_promise(struct request *req, const struct promise *promise);
void request_promise_event(struct request *req, const struct event *event);
/* The answer for an internal error: ERR_* by its class. */
op_verdict request_fail(struct request *req, int err);

/* Remember something that is wrong with the request.  Silently full at FINDINGS_MAX. */
void request_find(struct request *req, const char *rule, Rxcirc__V1__Severity severity,
	const char *field, const char *source, const char *english, const char *chinese);
/* Shorthand for a malformed field: rule "FIELD"; the ending is request_refuse(FIELD_INVALID). */
void request_find_field(struct request *req, const char *field, const char *english,
	const char *chinese);

/* Start a unit for this request: cleared, with its deadline and row key; resumes the op when
 * done. */
struct pg_unit *request_unit(struct request *req, const uint8_t *row_key);
/* Submit it; the step then returns op_wait(). */
void request_submit_read(struct request *req);
void request_submit_write(struct request *req);
void request_submit_slow(struct request *req);

#endif
