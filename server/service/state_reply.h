/* A prescription's state as it is told to callers. */
#ifndef SERVICE_STATE_REPLY_H
#define SERVICE_STATE_REPLY_H

#include "domain/prescription.h"
#include "request/request.h"
#include "rxcirc/v1/state.pb-c.h"

/* NULL when the arena is exhausted.  Everything is copied into the arena or borrowed from it. */
MUST_CHECK Rxcirc__V1__PrescriptionState *state_reply(struct request *req,
	const struct prescription *rx, const struct prescription_line *lines, size_t count);
/* Why a life event was refused, as a status; remembers holder and end of a foreign hold. */
enum status_reason state_refusal(struct request *req, enum life_refusal why,
	const struct prescription *rx);

#endif
