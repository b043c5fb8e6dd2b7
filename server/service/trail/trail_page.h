/* One page of the trail as its readers get it, and the place where it goes on. */
#ifndef SERVICE_TRAIL_PAGE_H
#define SERVICE_TRAIL_PAGE_H

#include "base/arena.h"
#include "db/pg.h"
#include "domain/event.h"
#include "rxcirc/v1/agency.pb-c.h"

enum { TRAIL_TOKEN_LEN = 8 + EVENT_ID_LEN, TRAIL_PAGE_BYTES_MAX = FRAME_BODY_MAX - 4096 };

/* Rows of query 0 into a message, as many as one frame holds; a full page or a cut one has a token
 * to go on.  Everything in the arena or borrowed from the unit.  0 or ERR_MEMORY. */
MUST_CHECK int trail_page_fill(struct arena *arena, const struct pg_unit *unit, int32_t limit,
	Rxcirc__V1__QueryTrailResponse *m);
/* Go on behind that place.  False: it is not from an earlier page. */
MUST_CHECK bool trail_page_after(struct event_filter *filter, ProtobufCBinaryData token);

#endif
