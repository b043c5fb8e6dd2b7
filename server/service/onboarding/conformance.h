/* The automated conformance run: a request as an applicant's client would send it in business,
 * looked at with the eyes of the method it is for -- unpacked, its documents verified against the
 * client's test key, its fields checked -- and nothing done (JIN15-3.3).
 */
#ifndef SERVICE_CONFORMANCE_H
#define SERVICE_CONFORMANCE_H

#include "request/request.h"
#include "rxcirc/v1/onboarding.pb-c.h"

/* Whether the run knows this method for institutions of this kind. */
bool conformance_knows(const char *method, Rxcirc__V1__InstitutionKind kind);
/* What is wrong with the step, in the arena; "" = nothing; NULL when the arena is exhausted. */
const char *conformance_look(struct request *req, const Rxcirc__V1__ConformanceStep *step);

#endif
