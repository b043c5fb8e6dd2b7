/* Is what was brought for an application of the right form: present, of its length, in its range.
 *
 * Form comes before rules.  Every fault is a finding that names the field; the caller ends with
 * application_form_status().
 */
#ifndef SERVICE_APPLICATION_FORM_H
#define SERVICE_APPLICATION_FORM_H

#include "rxcirc/v1/onboarding.pb-c.h"
#include "service/want.h"

enum {
	FILE_NAME_MAX = 200,     /* bytes */
	EVIDENCE_TEXT_MAX = 1000,
	FIELD_NAME_MAX = 100,
	PERSON_NAME_MAX = 150,
	CELL_MAX = 200,
};

void application_form_submission(struct want *w, const Rxcirc__V1__SubmitApplicationRequest *m);
/* The act of an advance; it must be there. */
void application_form_act(struct want *w, const Rxcirc__V1__AdvanceApplicationRequest *m);
/* STATUS_OK, BUSY when memory was short, else FIELD_INVALID. */
MUST_CHECK enum status_reason application_form_status(const struct want *w);

#endif
