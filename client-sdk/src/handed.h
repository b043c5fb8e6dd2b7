/* What was handed over and what came back, as the signed documents of one prescription tell it.
 *
 * Ownership: borrows the prescription and the records given to it.  Threads: one at a time.
 */
#ifndef SDK_HANDED_H
#define SDK_HANDED_H

#include "proto/bytes.h"
#include "proto/limits.h"
#include "rxcirc/v1/document.pb-c.h"

struct handed {
	const Rxcirc__V1__Prescription *prescription;
	int64_t out_e4[RX_LINES_MAX]; /* over all rounds, without what reversals undid */
	uint32_t round;               /* of the newest record */
	uint32_t records_count;
	const Rxcirc__V1__ReturnRecord *returns[LATER_DOCUMENTS_MAX];
	size_t returns_count;
};

/* Take note of one more record, in the order of the documents.  NULL, or a sentence saying
 * what cannot be; then nothing noted here may be relied on any more. */
MUST_CHECK const char *handed_take_record(struct handed *h, const Rxcirc__V1__DispenseRecord *d);
/* `d` is the record that `r` names. */
MUST_CHECK const char *handed_take_return(struct handed *h, const Rxcirc__V1__ReturnRecord *r,
	const Rxcirc__V1__DispenseRecord *d);

#endif
