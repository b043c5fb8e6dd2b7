/* What a decision about an application looks at, gathered from the registry's snapshot and the
 * application itself; who the caller is to it; and the findings told to the caller.
 *
 * Everything that is filled lives in the request's arena or is borrowed from the snapshot.
 */
#ifndef SERVICE_ONBOARDING_FACTS_H
#define SERVICE_ONBOARDING_FACTS_H

#include "domain/registry.h"
#include "request/request.h"
#include "rules/onboarding.h"
#include "rxcirc/v1/onboarding.pb-c.h"

/* Everything but what the act itself brings.  0 or ERR_MEMORY. */
MUST_CHECK int onboarding_gather(struct request *req, const Rxcirc__V1__Application *a,
	enum application_event event, struct onboarding_case *ret);
/* The dates of an application, for its deadlines. */
struct onboarding_dates onboarding_dates_of(struct request *req,
	const Rxcirc__V1__Application *a);
/* The end of the notice's working days by the region's calendar; WORKDAY_NONE when it does not
 * know.  0 or ERR_MEMORY. */
MUST_CHECK int onboarding_calendar_due(struct request *req, const struct onboarding_dates *dates,
	int64_t *ret_due_ms);

/* The set of ACTOR_* that the caller is. */
unsigned onboarding_actors(const struct request *req, const Rxcirc__V1__Application *a,
	enum application_event event);
/* Where applications of a region go (JIN15-3.1a, 3.1b); NULL when nobody is there. */
const struct institution *onboarding_office(const struct request *req, const char *region);
/* Kinds of services asked for as one set of words, or NULL when the arena is exhausted. */
char *onboarding_words_of(struct request *req, char *const *words, size_t count);

/* Judge and tell every finding.  STATUS_OK, STATUS_APPLICATION_REFUSED, or BUSY. */
MUST_CHECK enum status_reason onboarding_decide(struct request *req,
	const struct onboarding_case *c);

#endif
