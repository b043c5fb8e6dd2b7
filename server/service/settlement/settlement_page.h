/* Where a page of settlements or gaps ended, as bytes for the next one. */
#ifndef SERVICE_SETTLEMENT_SETTLEMENT_PAGE_H
#define SERVICE_SETTLEMENT_SETTLEMENT_PAGE_H

#include "request/request.h"

struct page_mark {
	int16_t first;       /* of what comes before the prescription in the order; else 0 */
	struct slice rx_id;  /* empty = before all */
	int16_t fill_no, last;
};

/* False, with a finding, when it is not from an earlier answer; empty = before all. */
MUST_CHECK bool page_mark_read(struct request *req, ProtobufCBinaryData after,
	struct page_mark *ret);
/* In the arena; data NULL when it is exhausted. */
ProtobufCBinaryData page_mark_make(struct request *req, const struct page_mark *mark);
/* 0 and a finding when it is above SETTLEMENT_PAGE_MAX; 0 asked means the most. */
int32_t page_size_of(struct request *req, uint32_t asked);

#endif
