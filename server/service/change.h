/* What every change of one prescription has in common: load, check, decide, write, answer.
 *
 *     START --> LOAD_WAIT --> WRITE_WAIT --> done
 *       ^          |  |            |
 *       |          |  +--> REPLAY_WAIT --> done      (this key was answered before)
 *       +----------|---------------+                 (somebody else was faster, or the outcome is
 *                  +--> done (refused)                unknown: at most CHANGE_TRIES_MAX times)
 *
 * A service says how its request is read (once, before the database is asked) and how the change is
 * decided (with everything loaded; possibly again, after somebody else's change).
 */
#ifndef SERVICE_CHANGE_H
#define SERVICE_CHANGE_H

#include "rxcirc/v1/event.pb-c.h"
#include "service/bundle.h"
#include "service/paper.h"
#include "store/fill.h"
#include "store/fill_return.h"

enum { CHANGE_TRIES_MAX = 8 };

struct change;

struct change_kind {
	/* Unpack and check the request: set message, rx_id and, if it brings one, the paper. */
	enum status_reason (*read)(struct request *req, struct change *c);
	/* Everything is loaded; c->life is the state as this caller sees it.  Either apply the event
	 * and set event, reply and whatever is written, or say why not. */
	enum status_reason (*decide)(struct request *req, struct change *c);
	/* The answer once the change is written (or when decide() set c->unchanged). */
	const ProtobufCMessage *(*reply)(struct request *req, struct change *c);
	/* NULL, or: what this kind asks beside row, reply and documents, as query CHANGE_QUERY_OWN of
	 * the same unit.  0 or ERR_*. */
	int (*ask)(struct request *req, struct change *c, struct pg_unit *unit);
};

enum { CHANGE_QUERY_OWN = 3 };

struct change {
	const struct change_kind *kind;
	unsigned tries;
	bool unknown;                 /* a write was sent whose outcome nobody has told yet */
	enum status_reason refusal;   /* of time (service/paper.h); told when not answered before */
	void *message;                /* the unpacked request */
	const uint8_t *rx_id;         /* inside the message */
	struct paper paper;           /* paper.doc NULL when the request brings none */
	uint8_t request_mac[32];

	struct bundle loaded;
	struct life life;
	struct life before;
	char held_by[HOLDER_CODE_MAX + 1]; /* who held it before, or "" */

	/* set by decide() */
	bool unchanged;               /* answer without writing (the holder claims again) */
	Rxcirc__V1__EventKind event;
	const char *reason;           /* for the leaf; NULL = none */
	const char *subject;          /* for the leaf; NULL = none */
	const struct stored_fill *fill;     /* a hand-over; NULL = none */
	const struct stored_return *back;   /* a return; NULL = none */

	struct event trail;           /* the event as it is written */
	struct slice reply_bytes;
};

void change_run(struct request *req, const struct change_kind *kind);
/* The same for a kind with a state of its own: `state_size` bytes, first a struct change. */
void change_run_sized(struct request *req, const struct change_kind *kind, size_t state_size);

/* Common reading: unpack a message; the rx id must have 16 bytes. */
MUST_CHECK enum status_reason change_unpack(struct request *req, struct change *c,
	const ProtobufCMessageDescriptor *type);
MUST_CHECK enum status_reason change_take_rx_id(struct request *req, struct change *c,
	ProtobufCBinaryData rx_id);
/* Common deciding: apply the life event, and hold and token must be right. */
MUST_CHECK enum status_reason change_apply(struct request *req, struct change *c,
	enum life_event event);
MUST_CHECK enum status_reason change_apply_held(struct request *req, struct change *c,
	enum life_event event, uint64_t fencing_token);
/* When a lease given now ends: after the usual time, but no claim lasts longer than the region
 * allows from the moment it began. */
int64_t change_lease_end(const struct request *req, const struct prescription *rx);

#endif
