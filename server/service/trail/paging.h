/* Listings that are recorded once, on their first page: the token that goes on is bound to who
 * asked and to exactly what was asked, for PAGE_TOKEN_S_MAX.
 */
#ifndef SERVICE_TRAIL_PAGING_H
#define SERVICE_TRAIL_PAGING_H

#include "request/request.h"

/* What a token of this call is bound to: method, officer, and the message as it is given here, that
 * is without what may differ from page to page.  0 or ERR_MEMORY. */
MUST_CHECK int paging_bound(struct request *req, const ProtobufCMessage *message,
	struct slice *ret);
/* Go on at that place.  0 or ERR_MEMORY; ERR_DAMAGED when it is longer than PAGE_PLACE_MAX. */
MUST_CHECK int paging_token(struct request *req, struct slice bound, struct slice place,
	ProtobufCBinaryData *ret);
/* The place of a token; it lies in the token.  STATUS_OK, or FIELD_INVALID with a finding. */
MUST_CHECK enum status_reason paging_place(struct request *req, struct slice bound,
	ProtobufCBinaryData token, struct slice *ret);

#endif
