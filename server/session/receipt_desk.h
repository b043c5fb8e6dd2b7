/* Receipts for what was written: the calls that finish in one turn share one signature.
 *
 *     finished --> (end of the turn) signed --> answered
 *                                        \--> wishes for the proof --> answered   (want_proof)
 *
 * What was promised is told to the trail, which sees that it is kept (trail/awaited.h).
 *
 * Threads: the loop's own.
 */
#ifndef SESSION_RECEIPT_DESK_H
#define SESSION_RECEIPT_DESK_H

#include "base/list.h"
#include "crypto/keyring.h"
#include "trail/trail.h"

struct call;         /* session/reception.h */
struct receipt_desk;

struct receipt_desk_options {
	struct loop *loop;
	const struct keyring *keys;
	const char *origin;   /* of the log; borrowed */
	struct trail *trail;  /* outlives the desk; NULL: nobody sees the promises kept */
	/* The call has its receipt, and its proof if there is one. */
	void (*ready)(struct call *call);
};

MUST_CHECK int receipt_desk_open(struct receipt_desk **ret,
	const struct receipt_desk_options *options);
void receipt_desk_free(struct receipt_desk *d); /* no call is there; NULL ok */

/* The call has finished with a promise; ready() follows, never from inside. */
void receipt_desk_take(struct receipt_desk *d, struct call *call);

#endif
