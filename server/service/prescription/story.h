/* Rows and documents into a prescription's story, and what of it is missing. */
#ifndef SERVICE_PRESCRIPTION_STORY_H
#define SERVICE_PRESCRIPTION_STORY_H

#include "rxcirc/v1/story.pb-c.h"
#include "service/bundle.h"

/* Payments with what belongs to them: queries of the request's unit, -1 = already filled in. */
MUST_CHECK int story_take_payments(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m);
MUST_CHECK int story_take_receipts(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m);
MUST_CHECK int story_take_steps(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m);
MUST_CHECK int story_take_legs(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m);
MUST_CHECK int story_take_ratings(struct request *req, unsigned query,
	Rxcirc__V1__ShowPrescriptionResponse *m);
/* What is missing, from the documents and what was taken above. */
MUST_CHECK int story_find_gaps(struct request *req, const struct bundle *b,
	Rxcirc__V1__ShowPrescriptionResponse *m);

#endif
