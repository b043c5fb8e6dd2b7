/* What every entry that is written once has in common: check, write, answer; again, say it again.
 *
 *     START --> STORE_WAIT --> done             (by way of ASK_WAIT when the kind asks first)
 *       ^  |        |
 *       |  +-> done +--> REPLAY_WAIT --> done   (this key was answered before)
 *       |(refused)  |         |
 *       +-----------+---------+                 (outcome unknown or a race: at most
 *                                                ENTRY_TRIES_MAX times)
 *
 * Where a refusal is to leave an event (refusal_leaf), it ends by way of REFUSED_WAIT.
 *
 * A service embeds struct entry as the first member of its own state.
 */
#ifndef SERVICE_ENTRY_H
#define SERVICE_ENTRY_H

#include "request/request.h"
#include "service/leaf.h"
#include "store/entry.h"

enum { ENTRY_TRIES_MAX = 4 };

struct entry;

struct entry_kind {
	/* Unpack and check, once; set the members below. */
	enum status_reason (*read)(struct request *req, struct entry *e);
	/* What must be known first; NULL: nothing.  Query 0 of the unit is taken: whether this key was
	 * answered before.  leaf.person_key or leaf.read_rx_id says in which bucket.  0 or ERR_*. */
	int (*ask)(struct request *req, struct entry *e, struct pg_unit *unit);
	/* It is known, and the key is new: STATUS_OK, or why not.  May be run again. */
	enum status_reason (*asked)(struct request *req, struct entry *e);
	/* Add the one statement (store/entry.h).  0 or ERR_*. */
	int (*write)(struct request *req, struct entry *e, struct pg_unit *unit);
	/* It does not fit what stands there: the ending, or (NULL) FIELD_INVALID with this finding. */
	enum status_reason (*misfit)(struct request *req, struct entry *e);
	const char *misfit_field, *misfit_english, *misfit_chinese;
};

struct entry {
	const struct entry_kind *kind;
	unsigned tries;
	bool unknown; /* a write was sent whose outcome nobody has told yet */
	uint8_t request_mac[32];
	struct event event;
	struct entry_write write;

	/* set by read() */
	struct leaf leaf;               /* no person and no rx: it is about nobody */
	const ProtobufCMessage *reply;
	/* set by read() or asked() with a refusal that is recorded; kind 0 = it is not */
	struct leaf refusal_leaf;
	enum status_reason refusal; /* the machine's own */
	int err; /* set by asked() with STATUS_INTERNAL: which */
};

/* `state_size` bytes, beginning with a struct entry, become the request's state. */
void entry_run(struct request *req, const struct entry_kind *kind, size_t state_size);

#endif
