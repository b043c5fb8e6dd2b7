/* Agency/QueryTrail: one page of the trail, for a stated purpose; the read itself is an event.
 *
 *   START --> RECORD_WAIT --> PAGE_WAIT --> done
 *
 * Recorded first: nobody reads the trail without leaving a trace, also when the page is then lost.
 */
#include "service/leaf.h"
#include "service/services.h"
#include "service/trail/trail_filter.h"
#include "service/trail/trail_page.h"
#include "store/event.h"

enum { TRAIL_START, TRAIL_RECORD_WAIT, TRAIL_PAGE_WAIT, TRAIL_STATES };

struct trail_query {
	const Rxcirc__V1__QueryTrailRequest *message;
	struct trail_filter filter;
	struct event event;
};

static enum status_reason take_page(struct request *req, struct trail_query *q)
{
	const Rxcirc__V1__QueryTrailRequest *m = q->message;

	if (m->page_size > TRAIL_PAGE_MAX)
		return trail_field(req, "page_size", "at most 200", "至多 200");
	if (m->page_size != 0)
		q->filter.f.limit = (int32_t)m->page_size;
	if (m->page_token.len != 0 && !trail_page_after(&q->filter.f, m->page_token))
		return trail_field(req, "page_token", "is not from an earlier answer",
			"不是先前应答中的分页标记");
	return STATUS_OK;
}

static enum status_reason trail_read(struct request *req, struct trail_query *q)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__query_trail_request__descriptor, &q->message);

	if (status == STATUS_OK)
		status = trail_purpose_check(req, q->message->purpose);
	if (status != STATUS_OK)
		return status;

	const struct trail_asked asked = TRAIL_ASKED(q->message);

	status = trail_filter_take(req, &asked, &q->filter);
	return status == STATUS_OK ? take_page(req, q) : status;
}

static op_verdict trail_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct trail_query *q = req->service_state;
	enum status_reason status = trail_read(req, q);
	struct leaf leaf = {.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ};
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	leaf.read_rx_id = q->filter.f.rx_id;
	leaf.person_key = q->filter.f.person_key;
	leaf.reason = q->message->purpose;
	r = leaf_make(req, &leaf, &q->event);
	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &q->event);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(TRAIL_RECORD_WAIT);
}

static op_verdict trail_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct trail_query *q = req->service_state;
	int r = req->unit.status;

	if (r == 0)
		r = store_trail(request_unit(req, NULL), &req->arena, &q->filter.f);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(TRAIL_PAGE_WAIT);
}

static op_verdict trail_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct trail_query *q = req->service_state;
	Rxcirc__V1__QueryTrailResponse m = RXCIRC__V1__QUERY_TRAIL_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0)
		r = trail_page_fill(&req->arena, &req->unit, q->filter.f.limit, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state trail_states[TRAIL_STATES] = {
	[TRAIL_START] = {"start", trail_start, OP_TO(TRAIL_RECORD_WAIT)},
	[TRAIL_RECORD_WAIT] = {"record-wait", trail_recorded, OP_TO(TRAIL_PAGE_WAIT)},
	[TRAIL_PAGE_WAIT] = {"page-wait", trail_paged, 0},
};

void query_trail_start(struct request *req)
{
	if (request_state(req, sizeof(struct trail_query)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, trail_states, TRAIL_STATES);
}
