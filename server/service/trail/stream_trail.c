/* Agency/StreamTrail: the trail, all that is asked for, page after page; the read is one event.
 *
 *   START --> RECORD_WAIT --> PAGE_WAIT <--> CLOGGED_WAIT
 *                             |   |  ^          |
 *                             |   +--+          |
 *                             +------> done <---+
 *
 * Each page is a part of the stream and carries the place behind it; the last frame of all has no
 * place to go on from.  Whoever does not read is waited for (the connection ends those who never
 * do).  A stream that ends before it has told everything, at its deadline or because it was
 * cancelled, says so by the place in its last frame; QueryTrail goes on from there.
 */
#include <string.h>

#include "base/clock.h"
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "service/leaf.h"
#include "service/services.h"
#include "service/trail/trail_filter.h"
#include "service/trail/trail_page.h"
#include "store/event.h"

enum { STREAM_START, STREAM_RECORD_WAIT, STREAM_PAGE_WAIT, STREAM_CLOGGED_WAIT, STREAM_STATES };
enum { STREAM_TICK_MS = 20, STREAM_PAGE_MS = 20 * 1000 };

struct trail_stream {
	struct request *req;
	const Rxcirc__V1__QueryTrailRequest *message;
	struct trail_filter filter;
	struct event event;
	struct loop_timer timer;      /* runs in CLOGGED_WAIT */
	bool clogged, stopped;
	enum status_reason reason;    /* why it was stopped */
	uint8_t place[TRAIL_TOKEN_LEN];
	size_t place_len;             /* behind the last page; 0 = nothing was told yet */
	struct arena page;            /* of one page; last: it is large */
};

/* ---- the end ------------------------------------------------------------------------------- */

static bool stream_is_over(const struct trail_stream *s)
{
	return s->stopped || clock_mono_ms() >= s->req->deadline_mono_ms;
}

/* Before it told everything. */
static op_verdict stream_end(struct trail_stream *s)
{
	Rxcirc__V1__QueryTrailResponse m = RXCIRC__V1__QUERY_TRAIL_RESPONSE__INIT;

	if (s->reason != STATUS_OK)
		return request_refuse(s->req, s->reason);
	m.next_page_token = (ProtobufCBinaryData){s->place_len, s->place};
	return request_reply(s->req, &m.base);
}

/* What was asked of the database is awaited: units are never cancelled. */
static void stream_stop(struct request *req, enum status_reason reason)
{
	struct trail_stream *s = req->service_state;

	s->stopped = true;
	s->reason = reason;
	if (!s->clogged)
		return;
	s->clogged = false;
	loop_timer_cancel(&s->timer);
	op_resume(&req->op);
}

/* ---- a page -------------------------------------------------------------------------------- */

static op_verdict stream_ask(struct trail_stream *s)
{
	struct request *req = s->req;
	int64_t until_ms = clock_mono_ms() + STREAM_PAGE_MS;
	struct pg_unit *unit = request_unit(req, NULL);
	int r;

	arena_reset(&s->page);
	r = store_trail(unit, &s->page, &s->filter.f);
	if (r < 0)
		return request_fail(req, r);
	/* The stream may live for an hour, its questions not. */
	if (until_ms < unit->deadline_mono_ms)
		unit->deadline_mono_ms = until_ms;
	request_submit_slow(req);
	return op_wait(STREAM_PAGE_WAIT);
}

static op_verdict stream_rest(struct trail_stream *s)
{
	s->clogged = true;
	loop_timer_set(&s->timer, STREAM_TICK_MS);
	return op_wait(STREAM_CLOGGED_WAIT);
}

static op_verdict stream_go_on(struct trail_stream *s)
{
	if (stream_is_over(s))
		return stream_end(s);
	return s->req->is_clogged(s->req) ? stream_rest(s) : stream_ask(s);
}

static void stream_on_tick(struct loop_timer *timer)
{
	struct trail_stream *s = container_of(timer, struct trail_stream, timer);

	s->clogged = false;
	op_resume(&s->req->op);
}

static op_verdict stream_ticked(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	return stream_go_on(req->service_state);
}

/* One part; the filter stands behind it afterwards. */
static op_verdict stream_tell(struct trail_stream *s, const Rxcirc__V1__QueryTrailResponse *m)
{
	struct slice bytes = pbmsg_pack(m, &s->page);

	if (bytes.data == NULL)
		return request_fail(s->req, ERR_MEMORY);
	s->reason = s->req->part(s->req, bytes);
	if (s->reason != STATUS_OK)
		return request_refuse(s->req, s->reason);
	ensure(trail_page_after(&s->filter.f, m->next_page_token));
	ensure(m->next_page_token.len == sizeof(s->place));
	memcpy(s->place, m->next_page_token.data, sizeof(s->place));
	s->place_len = sizeof(s->place);
	pg_unit_clear(&s->req->unit);
	return stream_go_on(s);
}

static op_verdict stream_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct trail_stream *s = req->service_state;
	Rxcirc__V1__QueryTrailResponse m = RXCIRC__V1__QUERY_TRAIL_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0 && s->stopped)
		return stream_end(s);
	if (r == 0)
		r = trail_page_fill(&s->page, &req->unit, s->filter.f.limit, &m);
	if (r < 0)
		return request_fail(req, r);
	return m.next_page_token.len == 0 ? request_reply(req, &m.base) : stream_tell(s, &m);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static enum status_reason stream_read(struct request *req, struct trail_stream *s)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__query_trail_request__descriptor, &s->message);

	if (status == STATUS_OK)
		status = trail_purpose_check(req, s->message->purpose);
	if (status != STATUS_OK)
		return status;

	const struct trail_asked asked = TRAIL_ASKED(s->message);

	status = trail_filter_take(req, &asked, &s->filter);
	if (status == STATUS_OK && s->message->page_size > TRAIL_PAGE_MAX)
		return trail_field(req, "page_size", "at most 200", "至多 200");
	if (status == STATUS_OK && s->message->page_size != 0)
		s->filter.f.limit = (int32_t)s->message->page_size;
	return status;
}

static void close_timer(void *timer)
{
	loop_timer_close(timer);
}

static void reset_page(void *page)
{
	arena_reset(page);
}

static int stream_arrange(struct request *req, struct trail_stream *s)
{
	s->req = req;
	arena_init(&s->page);
	if (arena_on_reset(&req->arena, reset_page, &s->page) < 0)
		return ERR_MEMORY;
	if (loop_timer_open(&s->timer, req->shop->loop, stream_on_tick) < 0)
		return ERR_MEMORY;
	if (arena_on_reset(&req->arena, close_timer, &s->timer) < 0) {
		loop_timer_close(&s->timer);
		return ERR_MEMORY;
	}
	req->stop = stream_stop;
	return 0;
}

static op_verdict stream_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct trail_stream *s = req->service_state;
	enum status_reason status = stream_read(req, s);
	struct leaf leaf = {.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ};
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	leaf.read_rx_id = s->filter.f.rx_id;
	leaf.person_key = s->filter.f.person_key;
	leaf.reason = s->message->purpose;
	r = stream_arrange(req, s);
	if (r == 0)
		r = leaf_make(req, &leaf, &s->event);
	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &s->event);
	if (r < 0)
		return request_fail(req, r);
	if (clock_mono_ms() + STREAM_PAGE_MS < req->unit.deadline_mono_ms)
		req->unit.deadline_mono_ms = clock_mono_ms() + STREAM_PAGE_MS;
	request_submit_write(req);
	return op_wait(STREAM_RECORD_WAIT);
}

static op_verdict stream_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct trail_stream *s = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	return stream_is_over(s) ? stream_end(s) : stream_ask(s);
}

static const struct op_state stream_states[STREAM_STATES] = {
	[STREAM_START] = {"start", stream_start, OP_TO(STREAM_RECORD_WAIT)},
	[STREAM_RECORD_WAIT] = {"record-wait", stream_recorded, OP_TO(STREAM_PAGE_WAIT)},
	[STREAM_PAGE_WAIT] = {"page-wait", stream_paged,
		OP_TO(STREAM_PAGE_WAIT) | OP_TO(STREAM_CLOGGED_WAIT)},
	[STREAM_CLOGGED_WAIT] = {"clogged-wait", stream_ticked,
		OP_TO(STREAM_PAGE_WAIT) | OP_TO(STREAM_CLOGGED_WAIT)},
};

void stream_trail_start(struct request *req)
{
	if (request_state(req, sizeof(struct trail_stream)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, stream_states, STREAM_STATES);
}
