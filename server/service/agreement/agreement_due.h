/* Until when an agreement must be signed after its application has passed (TJ2-9a). */
#ifndef SERVICE_AGREEMENT_DUE_H
#define SERVICE_AGREEMENT_DUE_H

#include "request/request.h"

/* The last ms of the region's working days after the assessment; 0 when there was none
 * (`assessed_ms` 0).  STATUS_OK; AGREEMENT_REFUSED when the calendar does not know the days, which
 * is never guessed; BUSY. */
MUST_CHECK enum status_reason agreement_sign_due(struct request *req, int64_t assessed_ms,
	const char *region, int64_t *ret_due_ms);

#endif
