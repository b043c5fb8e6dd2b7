#include "service/trail/audit_record.h"

#include "service/leaf.h"
#include "store/event.h"

int audit_record(struct request *req, const char *subject, const char *purpose,
	struct event *event)
{
	const struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ,
		.subject = subject,
		.reason = purpose,
	};
	int r = leaf_make(req, &leaf, event);

	return r < 0 ? r : store_event_put(request_unit(req, NULL), &req->arena, event);
}
