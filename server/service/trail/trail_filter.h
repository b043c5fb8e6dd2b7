/* Which events an officer asks for: the words of the request checked, the officer's scope put in.
 *
 * A city officer sees the events of institutions in the own prefecture only.
 */
#ifndef SERVICE_TRAIL_FILTER_H
#define SERVICE_TRAIL_FILTER_H

#include "domain/event.h"
#include "request/request.h"
#include "rxcirc/v1/event.pb-c.h"

/* As it stands in QueryTrailRequest and ExportTrailRequest; borrowed. */
struct trail_asked {
	ProtobufCBinaryData rx_id;
	const char *voucher_id, *institution_code, *practitioner_code;
	Rxcirc__V1__EventKind kind;
	int64_t from_ms, until_ms;
};
#define TRAIL_ASKED(m) \
	{(m)->rx_id, (m)->voucher_id, (m)->institution_code, (m)->practitioner_code, (m)->kind, \
		(m)->from_ms, (m)->until_ms}

/* The members point into each other and into what was asked: not to be copied. */
struct trail_filter {
	struct event_filter f;
	uint8_t person_key[PERSON_KEY_LEN];
	char scope[REGION_CODE_LEN + 1];
};

/* From its first event on, TRAIL_PAGE_MAX of them at most.  STATUS_OK, or why not.  In a stream,
 * which has no registry, an institution outside the officer's scope has no events; in a call that
 * is told. */
MUST_CHECK enum status_reason trail_filter_take(struct request *req,
	const struct trail_asked *asked, struct trail_filter *ret);
/* 1 .. PURPOSE_MAX bytes. */
MUST_CHECK enum status_reason trail_purpose_check(struct request *req, const char *purpose);
/* A finding about a field, and STATUS_FIELD_INVALID. */
enum status_reason trail_field(struct request *req, const char *name, const char *english,
	const char *chinese);

#endif
