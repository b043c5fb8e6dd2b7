/* Agency/AuditEvents: hashes of the events' bytes as they stand in the tables, in the log's order.
 *
 *   START --> RECORD_WAIT --> READ_WAIT --> done
 *     |                          ^
 *     +--------------------------+        (not from the first place on)
 *
 * The hash that stands beside a place is not looked at: whoever asks compares with the signed log.
 * What he cannot see is whether the platform wrote an event at all, and which ones never came into
 * the log; that is told besides.
 */
#include <string.h>

#include "crypto/digest.h"
#include "db/pg_value.h"
#include "domain/moment.h"
#include "proto/merkle.h"
#include "rxcirc/v1/trail.pb-c.h"
#include "service/leaf.h"
#include "service/services.h"
#include "service/trail/audit_record.h"
#include "service/trail/trail_filter.h"
#include "store/audit.h"
#include "store/log.h"

enum { EVENTS_START, EVENTS_RECORD_WAIT, EVENTS_READ_WAIT, EVENTS_STATES };
enum { QUERY_LEAVES, QUERY_LOG, QUERY_UNPLACED };

struct audit_events {
	const Rxcirc__V1__AuditEventsRequest *message;
	struct event event;
};

/* What is younger than a promise may still get its place. */
static int64_t unplaced_until(const struct request *req, const Rxcirc__V1__AuditEventsRequest *m)
{
	int64_t settled_ms = req->received_at_ms - PROMISE_MS;

	return m->unplaced_to_ms < settled_ms ? m->unplaced_to_ms : settled_ms;
}

static op_verdict events_ask(struct request *req, const struct audit_events *a)
{
	struct pg_unit *unit = request_unit(req, NULL);
	int r = store_log_leaves(unit, &req->arena, a->message->from_index,
		(int32_t)a->message->count);

	if (r == 0)
		r = store_audit_log(unit, &req->arena);
	if (r == 0)
		r = store_audit_unplaced(unit, &req->arena, a->message->unplaced_from_ms,
			unplaced_until(req, a->message), AUDIT_UNPLACED_MAX);
	if (r < 0)
		return request_fail(req, r);
	request_submit_slow(req);
	return op_wait(EVENTS_READ_WAIT);
}

static enum status_reason events_read(struct request *req, struct audit_events *a)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__audit_events_request__descriptor, &a->message);

	if (status != STATUS_OK)
		return status;
	if (a->message->count < 1 || a->message->count > AUDIT_EVENTS_MAX)
		return trail_field(req, "count", "1 to 4096", "须为 1 至 4096");
	if (a->message->from_index > MERKLE_SIZE_MAX)
		return trail_field(req, "from_index", "is no place of a log", "不是日志中的位置");
	if (!moment_is_sound(a->message->unplaced_from_ms) ||
		!moment_is_sound(a->message->unplaced_to_ms))
		return trail_field(req, "unplaced_from_ms, unplaced_to_ms", "not a range of time",
			"时间范围无效");
	return a->message->from_index == 0 ? trail_purpose_check(req, a->message->purpose) :
		STATUS_OK;
}

static op_verdict events_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct audit_events *a = req->service_state;
	enum status_reason status = events_read(req, a);

	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (a->message->from_index > 0)
		return events_ask(req, a);
	if (audit_record(req, "audit/events", a->message->purpose, &a->event) < 0)
		return request_fail(req, ERR_MEMORY);
	request_submit_write(req);
	return op_wait(EVENTS_RECORD_WAIT);
}

static op_verdict events_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	return req->unit.status < 0 ? request_fail(req, req->unit.status) :
		events_ask(req, req->service_state);
}

/* How many places there are from `from` on, at most `count`; the log may have grown between the two
 * questions. */
static size_t places(const struct request *req, const Rxcirc__V1__AuditEventsRequest *m,
	uint64_t size)
{
	int rows = pg_rows(&req->unit, QUERY_LEAVES);
	struct log_leaf last;

	if (rows > 0) {
		store_log_leaf(&req->unit, QUERY_LEAVES, rows - 1, &last);
		if (last.index >= size)
			size = last.index + 1;
	}
	if (size <= m->from_index)
		return 0;
	return size - m->from_index < m->count ? (size_t)(size - m->from_index) : m->count;
}

static int hashes_fill(struct request *req, const Rxcirc__V1__AuditEventsRequest *m,
	Rxcirc__V1__AuditEventsResponse *reply)
{
	size_t count = places(req, m, reply->log_size);
	uint8_t *hashes = arena_array(&req->arena, count + 1, SHA256_LEN);

	reply->not_ours = arena_array(&req->arena, count + 1, sizeof(*reply->not_ours));
	if (hashes == NULL || reply->not_ours == NULL)
		return ERR_MEMORY;
	for (int row = 0; row < pg_rows(&req->unit, QUERY_LEAVES); row++) {
		struct log_leaf leaf;

		store_log_leaf(&req->unit, QUERY_LEAVES, row, &leaf);
		if (leaf.leaf.data == NULL || leaf.index - m->from_index >= count)
			continue;
		digest_leaf(hashes + (leaf.index - m->from_index) * SHA256_LEN, leaf.leaf);
		if (!leaf_is_ours(req->shop->keys, leaf.leaf))
			reply->not_ours[reply->n_not_ours++] = leaf.index;
	}
	reply->hashes = (ProtobufCBinaryData){count * SHA256_LEN, hashes};
	return 0;
}

static int unplaced_fill(struct request *req, Rxcirc__V1__AuditEventsResponse *reply)
{
	size_t count = (size_t)pg_rows(&req->unit, QUERY_UNPLACED);

	reply->unplaced = arena_array(&req->arena, count + 1, sizeof(*reply->unplaced));
	if (reply->unplaced == NULL)
		return ERR_MEMORY;
	for (; reply->n_unplaced < count; reply->n_unplaced++) {
		struct slice id = store_audit_unplaced_read(&req->unit, QUERY_UNPLACED,
			(int)reply->n_unplaced);

		reply->unplaced[reply->n_unplaced] =
			(ProtobufCBinaryData){id.len, (uint8_t *)(uintptr_t)id.data};
	}
	return 0;
}

static op_verdict events_told(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const struct audit_events *a = req->service_state;
	Rxcirc__V1__AuditEventsResponse m = RXCIRC__V1__AUDIT_EVENTS_RESPONSE__INIT;
	int r = req->unit.status;

	if (r == 0) {
		store_audit_log_read(&req->unit, QUERY_LOG, &m.log_size, &m.queued);
		r = hashes_fill(req, a->message, &m);
	}
	if (r == 0)
		r = unplaced_fill(req, &m);
	return r < 0 ? request_fail(req, r) : request_reply(req, &m.base);
}

static const struct op_state events_states[EVENTS_STATES] = {
	[EVENTS_START] = {"start", events_start,
		OP_TO(EVENTS_RECORD_WAIT) | OP_TO(EVENTS_READ_WAIT)},
	[EVENTS_RECORD_WAIT] = {"record-wait", events_recorded, OP_TO(EVENTS_READ_WAIT)},
	[EVENTS_READ_WAIT] = {"read-wait", events_told, 0},
};

void audit_events_start(struct request *req)
{
	if (request_state(req, sizeof(struct audit_events)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, events_states, EVENTS_STATES);
}
