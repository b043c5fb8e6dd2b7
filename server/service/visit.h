/* The person who showed an e-voucher asks on, through the same channel, with the grant of that
 * answer.
 *
 *   START --> READ_WAIT --> RECORD_WAIT --> done
 *     |
 *     +--> REFUSED_WAIT --> done        (a grant that does not serve is an event, too)
 *
 * What was read is handed out only when the event that says so is written.
 *
 * A service embeds struct visit as the first member of its own state.
 */
#ifndef SERVICE_VISIT_H
#define SERVICE_VISIT_H

#include "request/request.h"
#include "service/leaf.h"

/* Whose visit a grant is.  STATUS_OK; OWN_GRANT_INVALID (nobody's); OWN_GRANT_EXPIRED or
 * PERSON_BLOCKED, with the person known all the same. */
enum status_reason visit_check(const struct request *req, struct slice grant,
	uint8_t person_key[PERSON_KEY_LEN]);
/* The leaf of that refusal; `person_key` is borrowed. */
struct leaf visit_refusal_leaf(enum status_reason refusal, const uint8_t *person_key);
/* The newest page of something begins after nothing; else a token of 8 + RX_ID_LEN bytes: a moment
 * and an id.  False: not of an earlier answer. */
bool visit_token_read(struct slice token, int64_t *ret_at_ms, uint8_t ret_id[RX_ID_LEN]);
/* {0, NULL}: no memory. */
ProtobufCBinaryData visit_token_make(struct request *req, int64_t at_ms, const uint8_t *id);

struct visit;

struct visit_kind {
	/* Unpack and check; set the grant. */
	enum status_reason (*read)(struct request *req, struct visit *v);
	/* Add what must be read.  0 or ERR_*. */
	int (*ask)(struct request *req, struct visit *v, struct pg_unit *unit);
	/* It was read: set reply and leaf, or say why not. */
	enum status_reason (*show)(struct request *req, struct visit *v);
	bool is_slow; /* reads much: in the slow lane */
};

struct visit {
	const struct visit_kind *kind;
	struct slice grant;
	uint8_t person_key[PERSON_KEY_LEN];
	enum status_reason refusal;
	struct leaf leaf;    /* the person is set; show() adds what was shown */
	struct slice reply;
	int err;             /* by show(): with STATUS_INTERNAL, which */
	struct event event;
};

/* `state_size` bytes, beginning with a struct visit, become the request's state. */
void visit_run(struct request *req, const struct visit_kind *kind, size_t state_size);
/* For show(): an ERR_* as its ending. */
enum status_reason visit_fail(struct visit *v, int err);

#endif
