/* A reception with one session on it and a wire that remembers what was sent: the bench the session
 * tests stand on.
 */
#ifndef TEST_UNIT_SESSION_DESK_H
#define TEST_UNIT_SESSION_DESK_H

#include "fake_floor.h"
#include "fake_turn.h"
#include "session/receipt_desk.h"
#include "session/session.h"

enum {
	DESK_ANSWERS = 2048,
	DESK_CALLS_MAX = 80,
	DESK_STREAMS_MAX = 10,
	DESK_RECEIPT_MAX = 1024,
	DESK_RECEIPTS = 600, /* the newest ones, of all wires */
};

#define DESK_ORIGIN "log.example/rx"

struct desk_answer {
	uint64_t call_id;
	char reason[48]; /* "" = OK */
	int32_t code;
	Rxcirc__V1__RetryClass retry_class;
	uint32_t retry_after_ms;
	size_t body_len;
	char rule[16], field[32]; /* of the only finding */
	bool more;
	size_t receipt_len;       /* 0: none */
	const uint8_t *receipt;   /* packed; see DESK_RECEIPTS */
	size_t proof_len;
};

struct desk_wire {
	struct session_wire wire;
	struct desk_answer answers[DESK_ANSWERS];
	unsigned count;
	bool finished;
	size_t backlog; /* what it says waits to be sent */
};

struct desk {
	struct loop loop;
	struct workshop shop;
	struct admission *admission, *polls;
	struct freshness freshness;
	struct registry *registry; /* the desk's own reference */
	struct reception *reception;
	struct keyring *keys;          /* with the two below: of a desk with receipts */
	struct receipt_desk *receipts;
	struct desk_wire peer;
	struct session *session;
};

/* A province's registry, fresh; generous budgets; one open session with this pin. */
struct desk *desk_new(uint8_t pin);
struct desk *desk_new_with_calls(uint8_t pin, unsigned calls_max);
/* With receipts; `trail` may be NULL (fake_trail.h has one). */
struct desk *desk_new_with_receipts(uint8_t pin, unsigned calls_max, struct trail *trail);
/* Ends held requests, closes what is open, checks that nothing is left. */
void desk_free(struct desk *d);

void desk_wire_init(struct desk_wire *wire);
struct session *desk_session(struct desk *d, uint8_t pin, struct desk_wire *wire);

/* A call as the peer sends it. */
struct desk_call {
	uint64_t call_id;
	const char *method;
	size_t body_len;
	size_t key_len;
	const char *traceparent;
	uint32_t deadline_ms;
	bool cancel;
	bool want_proof;
};
/* A well-formed call of a method: a key when it needs one. */
struct desk_call desk_call_of(const struct dispatch_row *row, uint64_t call_id);
enum session_verdict desk_send_on(struct session *session, const struct desk_call *call);
enum session_verdict desk_send(struct desk *d, const struct desk_call *call);
/* The newest answer. */
const struct desk_answer *desk_last(const struct desk *d);
/* Send, expect an immediate answer under the call's id with this reason. */
void desk_expect_refusal(struct desk *d, const struct desk_call *call, enum status_reason reason);
/* Send, let the turn end, expect that the service was started and nothing was answered. */
void desk_expect_start(struct desk *d, const struct desk_call *call);

#define METHOD_WATCH "rxcirc.v1.Hospital/WatchPrescriptions"
#define METHOD_POLL "rxcirc.v1.Hospital/PollPrescriptions"
#define METHOD_GET "rxcirc.v1.Hospital/GetPrescription"
#define METHOD_UPLOAD "rxcirc.v1.Hospital/UploadPrescription"

#endif
