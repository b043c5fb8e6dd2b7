/* The trace codes of a hand-over: read and kept under one form, asked of the ledger, judged as
 * strictly as the region asks for at that moment (TJ2-23b, C20, C21).
 */
#ifndef SERVICE_PRESCRIPTION_FILL_TRACE_H
#define SERVICE_PRESCRIPTION_FILL_TRACE_H

#include "request/request.h"
#include "rules/trace.h"
#include "rxcirc/v1/document.pb-c.h"
#include "store/trace_code.h"

struct fill_trace {
	struct trace_line *lines;  /* as many as the record's */
	struct trace_code *codes;  /* all of the record, line by line */
	struct trace_mark *marks;  /* the same for the ledger */
	size_t mark_count;
	bool exhausted;            /* the arena is */
};

/* What the record says; STATUS_FIELD_INVALID with the code at fault. */
MUST_CHECK enum status_reason fill_trace_read(struct request *req,
	const Rxcirc__V1__DispenseRecord *record, struct fill_trace *ret);
/* Ask the ledger, as query CHANGE_QUERY_OWN; nothing is asked when there is no code. */
MUST_CHECK int fill_trace_ask(struct request *req, struct fill_trace *t, struct pg_unit *unit);
/* Judge with the ledger's answer; flags become findings.  Sets the marks' modes. */
MUST_CHECK enum status_reason fill_trace_decide(struct request *req,
	const Rxcirc__V1__DispenseRecord *record, struct fill_trace *t);
#endif
