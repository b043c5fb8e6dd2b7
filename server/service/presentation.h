/* Somebody shows who he is: is it genuine, current, for this purpose -- and used up, once,
 * everywhere.
 *
 * Shown is an e-voucher code or, where the region takes that, a terminal's identity check.
 *
 *   START --> READ_WAIT --> USE_WAIT --> done
 *     |                        |
 *     +--> REFUSED_WAIT --> done        (a failed presentation is an event, too)
 *
 * The person's prescriptions are read first and handed out only when the presentation was used
 * up in the same commit as the event that says what was shown.  The same caller may repeat the
 * call with the same idempotency key: a lost answer must not cost the person a new code.
 */
#ifndef SERVICE_PRESENTATION_H
#define SERVICE_PRESENTATION_H

#include "proto/voucher.h"
#include "request/request.h"
#include "rxcirc/v1/event.pb-c.h"
#include "rxcirc/v1/identity.pb-c.h"
#include "rxcirc/v1/state.pb-c.h"

/* What the request holds: a code, or a check made at a terminal. */
struct shown {
	const char *code;
	const Rxcirc__V1__IdentityPresentation *identity; /* NULL: the code counts */
};

struct presented {
	Rxcirc__V1__PrescriptionBundle **bundles;
	size_t count;
	bool more;
	/* The person's suspension from direct settlement, or NULL (SX15-8.9). */
	const struct person_block *self_pay;
};

struct presentation_kind {
	enum voucher_purpose purpose;
	Rxcirc__V1__EventKind event;     /* what is recorded when it is accepted */
	bool open_only;                  /* open prescriptions, oldest first; else all, newest first */
	bool with_grant;                 /* each bundle with a pull grant for this caller */
	/* What the request shows.  STATUS_OK, or why the request cannot be read. */
	enum status_reason (*shown)(struct request *req, struct shown *ret);
	/* Pack the answer.  {NULL, 0}: no memory. */
	struct slice (*reply)(struct request *req, const struct presented *what);
};

/* The decision behind a suspension from direct settlement, as a message's field; "" = none. */
char *self_pay_reason(const struct presented *what);

void presentation_run(struct request *req, const struct presentation_kind *kind);

#endif
