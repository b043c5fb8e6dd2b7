/* An e-voucher is shown: is it genuine, current, for this purpose -- and used up, once, everywhere.
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
#include "rxcirc/v1/state.pb-c.h"

struct presentation_kind {
	enum voucher_purpose purpose;
	Rxcirc__V1__EventKind event;     /* what is recorded when it is accepted */
	bool open_only;                  /* open prescriptions, oldest first; else all, newest first */
	bool with_grant;                 /* each bundle with a pull grant for this caller */
	/* The voucher code inside the request.  STATUS_OK, or why the request cannot be read. */
	enum status_reason (*code)(struct request *req, const char **ret_code);
	/* Pack the answer.  {NULL, 0}: no memory. */
	struct slice (*reply)(struct request *req, Rxcirc__V1__PrescriptionBundle **bundles,
		size_t count, bool more);
};

void presentation_run(struct request *req, const struct presentation_kind *kind);

#endif
