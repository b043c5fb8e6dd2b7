/* Who is told of an event, through the feed (store/feed.h). */
#ifndef SERVICE_TOLD_H
#define SERVICE_TOLD_H

#include "domain/prescription.h"
#include "rxcirc/v1/event.pb-c.h"

/* The institution to be told of a change of `rx` (the row as it will be), or NULL.  `held_by` is
 * who held it before ("" = nobody), `actor` who makes the change: he knows. */
const char *told_of(Rxcirc__V1__EventKind kind, const struct prescription *rx,
	const char *held_by, const char *actor);

#endif
