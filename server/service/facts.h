/* What the upload rules judge, gathered from the document and the registry; and their findings
 * told. */
#ifndef SERVICE_FACTS_H
#define SERVICE_FACTS_H

#include "request/request.h"
#include "rules/upload.h"
#include "rxcirc/v1/document.pb-c.h"

/* `review` may be NULL in a dry run.  Everything is borrowed from the messages and the snapshot.
 * 0 or ERR_MEMORY. */
MUST_CHECK int facts_gather(struct request *req, const Rxcirc__V1__Prescription *rx,
	const Rxcirc__V1__HospitalReview *review, struct upload_facts *ret);
/* Judge and add every finding to the request.  True when nothing refuses. */
bool facts_judge(struct request *req, const struct upload_facts *facts);

#endif
