/* One page of an export, step by step: what was asked (export_asked.c), which events
 * (export_page.c), their documents (export_documents.c); export_trail.c is the machine.
 */
#ifndef SERVICE_TRAIL_EXPORT_H
#define SERVICE_TRAIL_EXPORT_H

#include "rxcirc/v1/event.pb-c.h"
#include "rxcirc/v1/trail.pb-c.h"
#include "service/trail/log_view.h"
#include "service/trail/trail_filter.h"

/* One event of the page. */
struct export_event {
	Rxcirc__V1__ExportedEvent message;
	uint64_t index;
	struct merkle_hash hash;
	struct slice leaf;                    /* empty: outside the officer's scope */
	const Rxcirc__V1__EventLeaf *content; /* of the leaf, once somebody asked */
	size_t wanted;                        /* which of the documents asked for, plus one; 0 = none */
	/* where a page goes on behind it, when the events are not a run */
	int64_t at_ms;
	uint8_t event_id[EVENT_ID_LEN];
};

struct practitioner_key; /* domain/registry.h */

struct export {
	const Rxcirc__V1__ExportTrailRequest *message;
	bool is_first;                  /* of the pages */
	bool is_run;
	struct slice bound;             /* what its tokens are bound to */
	struct log_view log;
	uint64_t from, until;           /* of a run: the page's first place, and behind the last page */
	struct trail_filter filter;     /* else; moves on behind what was read */

	struct export_event *events;
	size_t count;
	bool more;                      /* there is a page behind this one */
	size_t bytes;                   /* of the answer so far */
	size_t head_bytes;              /* ... before its first event */
	/* what is recorded before it is told: the read itself, and each prescription whose documents
	 * it brings */
	struct event read;
	struct event *opened;
	size_t opened_count;
	const struct practitioner_key **signers; /* whose statements are in the answer */
	Rxcirc__V1__ExportTrailResponse reply;
};

enum { EXPORT_BYTES_MAX = FRAME_BODY_MAX - 8 * 1024 };

/* Unpack and check the request; open the log at the checkpoint that the pages are pinned to. */
MUST_CHECK enum status_reason export_take(struct request *req, struct export *e);
/* The head, and of a run what stands beside it.  0 or ERR_*. */
MUST_CHECK int export_head(struct request *req, struct export *e);
/* Where this page ends and the next begins; 0 or ERR_*. */
MUST_CHECK int export_token(struct request *req, struct export *e);
/* An error of the log's files as an ending. */
op_verdict export_fail(struct request *req, int err);

/* Events of a run, from the files; their regions are asked for only when the officer has one. */
MUST_CHECK int export_read_run(struct request *req, struct export *e);
MUST_CHECK int export_take_regions(struct request *req, struct export *e);
/* Events of a filter: the rows of query 0, proved. */
MUST_CHECK int export_take_rows(struct request *req, struct export *e);
/* What a leaf says; ERR_MEMORY, ERR_DAMAGED. */
MUST_CHECK int export_content(struct request *req, struct export_event *event);
/* How many events a page may have, and the bytes one takes. */
size_t export_limit(const struct export *e);
size_t export_event_bytes(const struct export_event *event);

/* Ask for the documents that came with the page's events; *ret_any false: with none of them. */
MUST_CHECK int export_ask_documents(struct request *req, struct export *e, bool *ret_any);
/* Take as many of them, and of the events, as the answer holds. */
MUST_CHECK int export_take_documents(struct request *req, struct export *e);

#endif
