/* What one hand-over gave out and what came back of it, read from the signed documents of the
 * prescription's file.
 */
#ifndef SERVICE_PRESCRIPTION_HANDED_H
#define SERVICE_PRESCRIPTION_HANDED_H

#include "rules/return.h"
#include "service/bundle.h"
#include "store/fill_return.h"

struct handed {
	const Rxcirc__V1__SignedDocument *document;  /* NULL: there is no such hand-over */
	const Rxcirc__V1__DispenseRecord *record;
	struct handed_line *lines;                   /* the record's, with what came back */
	size_t line_count;
	const Rxcirc__V1__ReturnRecord **returns;    /* all of the prescription, oldest first */
	uint32_t returns_done;
};

/* STATUS_OK also when there is no such hand-over; BUSY, or DATA_DAMAGED. */
MUST_CHECK enum status_reason handed_read(struct request *req, const struct bundle *b,
	uint32_t fill_no, struct handed *ret);
/* The trace codes that come back must be those of that hand-over, not back yet, and of whole packs
 * as many as the quantity.  Puts them into ret->codes. */
MUST_CHECK enum status_reason handed_take_codes(struct request *req, const struct handed *h,
	const Rxcirc__V1__ReturnRecord *record, struct stored_return *ret);

#endif
