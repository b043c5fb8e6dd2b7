/* Hospital/PollPrescriptions, Pharmacy/PollPrescriptions: the next page of what the caller is told.
 *
 *   START --> PAGE_WAIT --> done
 *     |
 *     +-----> NOW_WAIT  --> done      (no cursor, no moment: where the feed stands now)
 *
 * Nothing is recorded: the news are events themselves and name nobody.
 */
#include "db/pg_value.h"
#include "service/feed_head.h"
#include "service/services.h"

enum { POLL_START, POLL_PAGE_WAIT, POLL_NOW_WAIT, POLL_STATES };
enum { REPLY_BYTES_MAX = FRAME_BODY_MAX - 4096 };

struct poll {
	const Rxcirc__V1__PollPrescriptionsRequest *message;
	struct feed_place place;
	int32_t limit;
};

static enum status_reason poll_read(struct request *req, struct poll *p, bool *ret_from_now)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__poll_prescriptions_request__descriptor, &p->message);

	if (status != STATUS_OK)
		return status;
	if (p->message->limit > NEWS_PAGE_MAX) {
		request_find_field(req, "limit", "at most 500", "至多 500");
		return STATUS_FIELD_INVALID;
	}
	p->limit = p->message->limit == 0 ? NEWS_PAGE_MAX : (int32_t)p->message->limit;
	return feed_head_read(req, p->message->cursor, p->message->from_ms, &p->place, ret_from_now);
}

static op_verdict poll_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct poll *p = req->service_state;
	bool from_now = false;
	enum status_reason status = poll_read(req, p, &from_now);
	struct feed_asker asker = {req->caller.code, p->place};
	struct pg_unit *unit;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	unit = request_unit(req, NULL);
	r = from_now ? store_feed_last(unit, &req->arena, req->caller.code) :
		store_feed(unit, &req->arena, &asker, 1, p->limit);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(from_now ? POLL_NOW_WAIT : POLL_PAGE_WAIT);
}

static op_verdict poll_reply(struct request *req, struct poll *p, const struct news_page *page,
	bool more)
{
	Rxcirc__V1__PollPrescriptionsResponse m = RXCIRC__V1__POLL_PRESCRIPTIONS_RESPONSE__INIT;

	m.news = page->news;
	m.n_news = page->count;
	m.more = more;
	m.next_cursor = news_place_bytes(&req->arena, &p->place);
	return m.next_cursor.data == NULL ? request_fail(req, ERR_MEMORY) :
		request_reply(req, &m.base);
}

static op_verdict poll_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct poll *p = req->service_state;
	struct news_page page;
	int row = 0, r = req->unit.status;

	if (r == 0)
		r = news_collect(&req->arena, req->shop->keys, &req->unit, 0, REPLY_BYTES_MAX, &row,
			&p->place, &page);
	if (r < 0)
		return request_fail(req, r);
	if (row == 0)
		news_place_rest(&p->place, req->received_at_ms);
	return poll_reply(req, p, &page, page.is_cut || row == p->limit);
}

static op_verdict poll_now(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct poll *p = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	feed_head_now(req, &p->place);
	return poll_reply(req, p, &(struct news_page){NULL, 0, false}, false);
}

static const struct op_state poll_states[POLL_STATES] = {
	[POLL_START] = {"start", poll_start, OP_TO(POLL_PAGE_WAIT) | OP_TO(POLL_NOW_WAIT)},
	[POLL_PAGE_WAIT] = {"page-wait", poll_paged, 0},
	[POLL_NOW_WAIT] = {"now-wait", poll_now, 0},
};

void poll_prescriptions_start(struct request *req)
{
	if (request_state(req, sizeof(struct poll)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, poll_states, POLL_STATES);
}
