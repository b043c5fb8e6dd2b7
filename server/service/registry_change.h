/* What every change of the registry has in common: answered before?, decide, write, answer.
 *
 *     START --> LOAD_WAIT --> STORE_WAIT --> done
 *       ^          |  |          |
 *       |          |  +--> REPLAY_WAIT --> done    (answered before)
 *       |          +--> done     |     (refused)
 *       +------------------------+     (outcome unknown, or somebody else was faster: at most
 *                                       REGISTRY_CHANGE_TRIES_MAX times)
 *
 * The record, the new registry version, the event, the answer and the notification that makes every
 * server node read it are one statement (store/registry_tail.h).
 *
 * Where a region wants two persons for an action, the first officer's call is stored as a proposal
 * and answered with reply_awaits; the same request by another officer within seven days is carried
 * out, and the same officer again is refused (SELF_APPROVAL).
 *
 * A service embeds struct registry_change as the first member of its own state.
 */
#ifndef SERVICE_REGISTRY_CHANGE_H
#define SERVICE_REGISTRY_CHANGE_H

#include "request/request.h"
#include "rxcirc/v1/event.pb-c.h"
#include "store/registry_tail.h"

enum {
	REGISTRY_CHANGE_TRIES_MAX = 4,
	/* number of the first query that ask() adds; it may add two */
	REGISTRY_CHANGE_ASKED = 2,
};
static const int64_t PROPOSAL_LIFE_MS = INT64_C(7) * 24 * 3600 * 1000;

struct registry_change;

struct registry_change_kind {
	/* Unpack and check what needs no database; once. */
	enum status_reason (*read)(struct request *req, struct registry_change *c);
	/* Add what must be known to the first read; NULL: nothing.  0 or ERR_*. */
	int (*ask)(struct request *req, struct registry_change *c, struct pg_unit *unit);
	/* Everything is there: decide, set the members below.  May be run again.  What is read from
	 * req->unit is gone afterwards: copy what outlives the decision into the arena. */
	enum status_reason (*decide)(struct request *req, struct registry_change *c);
	/* Add the one statement that ends with a REGISTRY_TAIL (and at most two more); it is the first,
	 * or that of tail_query.  0 or ERR_*. */
	int (*write)(struct request *req, struct registry_change *c, const struct registry_write *w,
		struct pg_unit *unit);
	/* The statement's tail is the guarded one: nothing put = somebody else was faster. */
	bool is_guarded;
	bool is_slow; /* what ask() adds reads whole tables: in the slow lane */
	unsigned tail_query; /* which of write()'s statements ends with the tail; 0 = the first */
};

struct registry_change {
	const struct registry_change_kind *kind;
	unsigned tries;
	bool unknown; /* a write was sent whose outcome nobody has told yet */
	bool proposed; /* what is being written is only the proposal */
	uint8_t request_mac[32];
	uint8_t agreed_mac[32]; /* of method and body, whoever calls: what two officers agree about */
	struct event event;
	struct registry_write write;

	/* set by read() or decide() */
	const char *subject;                      /* for the trail, e.g. "agreement/AG-2026-0a1b2c3d" */
	const uint8_t *subject_digest;            /* 32 bytes; NULL = SHA-256 of the request body */
	const uint8_t *record_sha256;             /* of a single record (record_form.h), or NULL */
	const struct record_form *records;        /* of several */
	size_t record_count;
	const char *action;                       /* word of parameter two-person, or NULL */
	const char *region;                       /* whose parameter decides */
	bool always_two;                          /* two persons, whatever the parameter says */
	/* What the event says when it is not REGISTRY_CHANGED; 0 = it is. */
	Rxcirc__V1__EventKind event_kind;
	const char *reason;                       /* or NULL */
	const uint8_t *person_key;                /* whom it is about, or NULL */
	const struct slice *disclosed;            /* prescriptions it is about */
	size_t disclosed_count;
	const ProtobufCMessage *reply;            /* when it is written */
	const ProtobufCMessage *reply_unchanged;  /* when it stood there already; NULL = reply */
	const ProtobufCMessage *reply_awaits;     /* when it was only proposed; with action */
};

/* `state_size` bytes, beginning with a struct registry_change, become the request's state. */
void registry_change_run(struct request *req, const struct registry_change_kind *kind,
	size_t state_size);

#endif
