/* One act upon an application: what it brings to the decision, and what it leaves behind. */
#ifndef SERVICE_APPLICATION_ACT_H
#define SERVICE_APPLICATION_ACT_H

#include "request/request.h"
#include "rules/onboarding.h"
#include "rxcirc/v1/onboarding.pb-c.h"

/* The event of a request whose form was checked. */
enum application_event application_act_event(const Rxcirc__V1__AdvanceApplicationRequest *m);
/* Add what the act brings to the facts.  0 or ERR_MEMORY. */
MUST_CHECK int application_act_facts(struct request *req, const Rxcirc__V1__Application *a,
	const Rxcirc__V1__AdvanceApplicationRequest *m, struct onboarding_case *c);
/* Write it into the application; *ret_text is what its history says.  0 or ERR_MEMORY, or
 * ERR_TOO_LARGE when there are more documents or overrides than an application has. */
MUST_CHECK int application_act_apply(struct request *req, Rxcirc__V1__Application *a,
	const Rxcirc__V1__AdvanceApplicationRequest *m, const char **ret_text);

#endif
