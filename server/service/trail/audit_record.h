/* An audit leaves its event before it is told anything. */
#ifndef SERVICE_TRAIL_AUDIT_RECORD_H
#define SERVICE_TRAIL_AUDIT_RECORD_H

#include "request/request.h"

/* Write the read's event: the request's unit is filled; submit it to the write lane.  `subject`
 * says what is compared, e.g. "audit/states".  0 or ERR_MEMORY. */
MUST_CHECK int audit_record(struct request *req, const char *subject, const char *purpose,
	struct event *event);

#endif
