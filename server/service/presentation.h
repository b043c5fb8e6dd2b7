/* Somebody shows who he is: is it genuine, current, for this purpose -- and used up, once,
 * everywhere.
 *
 * Shown is an e-voucher code or, where the region takes that, a terminal's identity check; a person
 * who showed a code a moment ago goes on with the grant of that answer (service/visit.h).
 *
 *   START --> READ_WAIT --> USE_WAIT --> done
 *     |                        |
 *     +--> REFUSED_WAIT --> done        (a failed presentation is an event, too)
 *
 * The person's prescriptions are read first and handed out only when the presentation was used
 * up in the same commit as the event that says what was shown.  The same caller may repeat the
 * call with the same idempotency key: a lost answer must not cost the person a new code.
 * With a grant nothing is used up, the event alone is written.
 */
#ifndef SERVICE_PRESENTATION_H
#define SERVICE_PRESENTATION_H

#include "proto/voucher.h"
#include "request/request.h"
#include "rxcirc/v1/event.pb-c.h"
#include "rxcirc/v1/identity.pb-c.h"
#include "rxcirc/v1/state.pb-c.h"
#include "service/disclosure.h"

/* What the request holds: a code, a check made at a terminal, or a grant; and what is wanted. */
struct shown {
	const char *code;
	const Rxcirc__V1__IdentityPresentation *identity; /* NULL: the code or grant counts */
	struct slice grant;   /* of an earlier answer; empty = none */
	bool open_only;       /* open prescriptions only */
	bool is_paged;        /* newest first, from a page's end on; else oldest first */
	int64_t after_ms;
	uint8_t after_rx_id[RX_ID_LEN];
	enum disclosure_form form;
	Rxcirc__V1__KnownPrescription *const *known;
	size_t known_count;
};

struct presented {
	const struct disclosure *disclosed;
	const uint8_t *person_key;
	bool by_grant;
	/* From when on a visit counts: now, or the end of a code that is shown again after it. */
	int64_t visit_from_ms;
	/* The person's suspension from direct settlement, or NULL (SX15-8.9). */
	const struct person_block *self_pay;
};

struct presentation_kind {
	enum voucher_purpose purpose;
	Rxcirc__V1__EventKind event;     /* what is recorded when it is accepted */
	/* What the request shows.  STATUS_OK, or why the request cannot be read. */
	enum status_reason (*shown)(struct request *req, struct shown *ret);
	/* Pack the answer.  {NULL, 0}: no memory. */
	struct slice (*reply)(struct request *req, const struct presented *what);
};

/* The decision behind a suspension from direct settlement, as a message's field; "" = none. */
char *self_pay_reason(const struct presented *what);

void presentation_run(struct request *req, const struct presentation_kind *kind);

#endif
