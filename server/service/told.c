#include "service/told.h"

#include <string.h>

static const char *told_if_other(const char *code, const char *actor)
{
	return code[0] == '\0' || strcmp(code, actor) == 0 ? NULL : code;
}

/* What a pharmacy decides or hands over the hospital learns; what is taken out of a holder's hands
 * the holder.  Kinds outside the list are nobody's news: pulls, claims and looks change nothing for
 * the hospital, and the number of a kind this server does not know says nothing. */
const char *told_of(Rxcirc__V1__EventKind kind, const struct prescription *rx,
	const char *held_by, const char *actor)
{
	switch ((int)kind) {
	case RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_PASSED:
	case RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVIEW_REJECTED:
	case RXCIRC__V1__EVENT_KIND__EVENT_KIND_DISPENSED:
	case RXCIRC__V1__EVENT_KIND__EVENT_KIND_RETURNED:
		return told_if_other(rx->hospital_code, actor);
	case RXCIRC__V1__EVENT_KIND__EVENT_KIND_REVOKED:
		return told_if_other(held_by, actor);
	case RXCIRC__V1__EVENT_KIND__EVENT_KIND_CLAIM_TRANSFERRED:
		return told_if_other(rx->holder_code, actor);
	default:
		return NULL;
	}
}
