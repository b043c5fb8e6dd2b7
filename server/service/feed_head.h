/* Where a poll or watch begins: from its cursor, its moment, or from now on. */
#ifndef SERVICE_FEED_HEAD_H
#define SERVICE_FEED_HEAD_H

#include "request/request.h"
#include "service/news.h"

/* Read cursor and moment.  STATUS_OK, or FIELD_INVALID with a finding.  *ret_from_now: neither was
 * given, so the newest row must be asked for (store_feed_last). */
MUST_CHECK enum status_reason feed_head_read(struct request *req, ProtobufCBinaryData cursor,
	int64_t from_ms, struct feed_place *ret, bool *ret_from_now);
/* The answer of store_feed_last: stand behind the newest row, if there is one. */
void feed_head_now(struct request *req, struct feed_place *place);

#endif
