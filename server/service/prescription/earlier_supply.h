/* What a person was prescribed before, as far as a dry run may know: which drug until when, and
 * whether by the same physician on the same day.  Nothing of it is recorded, and no hospital is
 * named.
 */
#ifndef SERVICE_EARLIER_SUPPLY_H
#define SERVICE_EARLIER_SUPPLY_H

#include "request/request.h"
#include "rules/upload.h"
#include "rxcirc/v1/document.pb-c.h"

enum { EARLIER_SUPPLY_MAX = 16 }; /* prescriptions looked at, the newest */

/* Fill a unit with the person's prescriptions; then request_submit_read(). */
MUST_CHECK int earlier_supply_ask(struct request *req, const uint8_t *person_key);
/* Open them; `rx` is the one being checked, `rx_id` its own id, which is left out.  0 or ERR_*. */
MUST_CHECK int earlier_supply_read(struct request *req, const Rxcirc__V1__Prescription *rx,
	const uint8_t *rx_id, struct upload_facts *f);

#endif
