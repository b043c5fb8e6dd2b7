/* How registry records stand once an application has opened an institution or shown it on the
 * public list, for the event that says so (service/record_form.h).
 */
#ifndef SERVICE_OPENED_RECORDS_H
#define SERVICE_OPENED_RECORDS_H

#include "rxcirc/v1/onboarding.pb-c.h"
#include "service/registry_change.h"
#include "store/application.h"

/* What the activation opens and grants.  0 or ERR_MEMORY. */
MUST_CHECK int opened_records_activate(struct request *req, struct registry_change *c,
	const Rxcirc__V1__Application *a, const struct application_opening *opening);
MUST_CHECK int opened_records_publish(struct request *req, struct registry_change *c,
	const Rxcirc__V1__Application *a);

#endif
