/* A decision kept: what the registry said to the rules, as a message, and back into facts.
 *
 * What the documents say is gathered again from the documents themselves, which are kept as well.
 */
#ifndef SERVICE_DECISION_H
#define SERVICE_DECISION_H

#include "request/request.h"
#include "rules/upload.h"
#include "rxcirc/v1/decision.pb-c.h"

/* The facts and their findings as a message in the arena; NULL: no memory. */
MUST_CHECK Rxcirc__V1__DecisionFacts *decision_make(struct request *req,
	const struct upload_facts *facts);
/* Put them beside the facts of the same documents (service/facts.h).  0, ERR_MEMORY, or
 * ERR_DAMAGED when they cannot be those of these documents. */
MUST_CHECK int decision_restore(struct request *req, const Rxcirc__V1__DecisionFacts *m,
	struct upload_facts *f);
/* Whether judging these facts finds what was found then. */
bool decision_is_same(const Rxcirc__V1__DecisionFacts *m, const struct upload_facts *f);

#endif
