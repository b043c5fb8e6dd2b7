/* One prescription's random history: up to three players call for it at once, as any of four
 * institutions, and everything that was called is kept until it has been verified.
 *
 * Ownership: a history owns its calls; it frees itself after ended().  Threads: one.
 */
#ifndef TEST_E2E_HISTORY_HISTORY_H
#define TEST_E2E_HISTORY_HISTORY_H

#include "test/e2e/fleet.h"
#include "test/e2e/history/chance.h"
#include "test/e2e/history/codes.h"
#include "test/e2e/history/desk.h"
#include "test/e2e/history/model.h"

enum { CALLS_MAX = 96, PLAYERS_MAX = 3 };

enum call_kind {
	CALL_UPLOAD,
	CALL_UPLOAD_AGAIN, /* the same documents under another key */
	CALL_PULL,
	CALL_ACT,
	CALL_REPEAT,       /* the same key, the same body: the same answer (a pull's: what is now) */
	CALL_OTHER_BODY,   /* the same key, another body: refused */
	CALL_GET,
};

struct history;

struct call {
	struct history *history;
	enum call_kind kind;
	enum actor actor;
	struct act act;
	const char *method;
	ProtobufCMessage *request;                      /* owned unless it is that of `first` */
	const Rxcirc__V1__SignedDocument *document;     /* in the request, or NULL */
	uint8_t key[RXC_IDEMPOTENCY_KEY_LEN];
	const struct call *first;                       /* of a repeat: what is repeated */
	int player;                                     /* who waits for it; NOBODY at the end */
	bool cut;                                       /* an earlier sending has no answer */
	bool settled;                                   /* asked again at the end */
	ProtobufCMessage *reply;                        /* NULL: refused */
	unsigned why;                                   /* then the reason, and its word */
	char reason[40], finding[200];
	struct window window;                           /* in the program's count of events */
	uint64_t known_version;                         /* what was surely true when it was sent */
	bool sure;                                      /* nobody else can have changed anything */
};

struct world {
	struct desk desk;
	struct fleet *fleets[ACTORS];
	struct codes *codes;
	FILE *ledger;                                   /* or NULL */
	unsigned long events, calls, repeats_alike, other_bodies, violations;
	unsigned long changes, refusals, reads, by_reason[32], by_kind[ACT_KINDS];
	void (*ended)(struct world *world);
};

struct history {
	struct world *world;
	unsigned number;
	struct chance chance;
	char rx_no[48], voucher[48];
	struct desk_case rx;
	int64_t quantity_e4[LINES_MAX];
	struct call *calls[CALLS_MAX];
	unsigned call_count, in_flight;
	unsigned players, steps_left[PLAYERS_MAX];
	unsigned settling;                              /* the call to be settled next */
	bool unsettled;                                 /* a refused call may still happen */
	/* what the players know, and so what they do next */
	struct model known;
	uint64_t tokens[ACTORS];
	const struct call *reviews[ACTORS], *old_reviews[ACTORS], *fills[FILLS_MAX];
	unsigned review_count;
	ProtobufCBinaryData grants[ACTORS];
	struct call *last; /* GetPrescription at the end */
};

void history_start(struct world *world, uint64_t seed, unsigned number);
/* The state in a call's answer, or NULL when it carries none. */
const Rxcirc__V1__PrescriptionState *call_state(const struct call *c);
/* An answer's bytes are the same: packed alike. */
bool replies_are_alike(const ProtobufCMessage *a, const ProtobufCMessage *b);
enum actor actor_of_code(const char *code); /* ACTORS = none of them */

#endif
