/* Hospital/WatchPrescriptions, Pharmacy/WatchPrescriptions: what the caller is told, as it happens.
 *
 *   START --> NOW_WAIT --> WATCHING --> done
 *     |                       ^
 *     +-----------------------+        (a cursor or a moment was given)
 *
 * While it watches, the hub has it (service/feed_hub.h); the request's own memory is not used.  Its
 * last frame carries the cursor when it ends as agreed: at its deadline, or because it was
 * cancelled.
 */
#include "base/clock.h"
#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "service/feed_head.h"
#include "service/feed_hub.h"
#include "service/services.h"

enum { WATCH_START, WATCH_NOW_WAIT, WATCH_WATCHING, WATCH_STATES };

struct watch {
	const Rxcirc__V1__WatchPrescriptionsRequest *message;
	struct feed_watcher watcher;
	bool watching, stopped;
	enum status_reason reason; /* why it ended */
};

/* The watcher has ended, or was stopped: the next step tells why. */
static void watch_ended(struct feed_watcher *w, enum status_reason reason)
{
	struct watch *watch = container_of(w, struct watch, watcher);

	watch->watching = false;
	watch->reason = reason;
	op_resume(&w->req->op);
}

/* Before it watches, its question to the database is awaited: units are never cancelled. */
static void watch_stop(struct request *req, enum status_reason reason)
{
	struct watch *watch = req->service_state;

	if (!watch->watching) {
		watch->stopped = true;
		watch->reason = reason;
		return;
	}
	feed_hub_leave(req->shop->feed, &watch->watcher);
	watch_ended(&watch->watcher, reason);
}

static enum status_reason watch_read(struct request *req, struct watch *w, bool *ret_from_now)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__watch_prescriptions_request__descriptor, &w->message);
	uint32_t heartbeat_ms;

	if (status != STATUS_OK)
		return status;
	heartbeat_ms = w->message->heartbeat_ms;
	if (heartbeat_ms == 0)
		heartbeat_ms = WATCH_HEARTBEAT_MS_DEFAULT;
	if (heartbeat_ms < WATCH_HEARTBEAT_MS_MIN || heartbeat_ms > WATCH_HEARTBEAT_MS_MAX) {
		request_find_field(req, "heartbeat_ms", "100 to 60000, or 0", "须为 100 至 60000，或 0");
		return STATUS_FIELD_INVALID;
	}
	w->watcher.heartbeat_ms = heartbeat_ms;
	return feed_head_read(req, w->message->cursor, w->message->from_ms, &w->watcher.place,
		ret_from_now);
}

static op_verdict watch_join(struct request *req, struct watch *w)
{
	w->watching = true;
	feed_hub_join(req->shop->feed, &w->watcher);
	return op_wait(WATCH_WATCHING);
}

static op_verdict watch_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct watch *w = req->service_state;
	bool from_now = false;
	enum status_reason status = watch_read(req, w, &from_now);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	w->watcher.req = req;
	w->watcher.ended = watch_ended;
	list_init(&w->watcher.link);
	req->stop = watch_stop;
	if (!from_now)
		return watch_join(req, w);
	r = store_feed_last(request_unit(req, NULL), &req->arena, req->caller.code);
	if (r < 0)
		return request_fail(req, r);
	/* The watch may wait for an hour, its first question not. */
	req->unit.deadline_mono_ms = clock_mono_ms() + FEED_ROUND_MS;
	request_submit_read(req);
	return op_wait(WATCH_NOW_WAIT);
}

static op_verdict watch_end(struct request *req, struct watch *w)
{
	Rxcirc__V1__WatchPrescriptionsResponse m = RXCIRC__V1__WATCH_PRESCRIPTIONS_RESPONSE__INIT;

	if (w->reason != STATUS_OK)
		return request_refuse(req, w->reason);
	m.next_cursor = news_place_bytes(&req->arena, &w->watcher.place);
	return m.next_cursor.data == NULL ? request_fail(req, ERR_MEMORY) :
		request_reply(req, &m.base);
}

/* The first frame comes at once: where the watch stands. */
static op_verdict watch_begin(struct request *req, struct watch *w)
{
	Rxcirc__V1__WatchPrescriptionsResponse m = RXCIRC__V1__WATCH_PRESCRIPTIONS_RESPONSE__INIT;
	struct slice bytes;

	m.next_cursor = news_place_bytes(&req->arena, &w->watcher.place);
	bytes = m.next_cursor.data == NULL ? slice_of(NULL, 0) : pbmsg_pack(&m, &req->arena);
	if (bytes.data == NULL)
		return request_fail(req, ERR_MEMORY);
	w->reason = req->part(req, bytes);
	return w->reason == STATUS_OK ? watch_join(req, w) : watch_end(req, w);
}

static op_verdict watch_now(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct watch *w = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	feed_head_now(req, &w->watcher.place);
	pg_unit_clear(&req->unit); /* a watch lives long; its first question need not */
	return w->stopped ? watch_end(req, w) : watch_begin(req, w);
}

static op_verdict watch_over(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	return watch_end(req, req->service_state);
}

static const struct op_state watch_states[WATCH_STATES] = {
	[WATCH_START] = {"start", watch_start, OP_TO(WATCH_NOW_WAIT) | OP_TO(WATCH_WATCHING)},
	[WATCH_NOW_WAIT] = {"now-wait", watch_now, OP_TO(WATCH_WATCHING)},
	[WATCH_WATCHING] = {"watching", watch_over, 0},
};

void watch_prescriptions_start(struct request *req)
{
	if (request_state(req, sizeof(struct watch)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, watch_states, WATCH_STATES);
}
