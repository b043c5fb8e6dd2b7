/* Agency/ExportTrail: events with proofs, and their documents with keys, to be verified offline.
 *
 *   START --> EVENTS_WAIT --> DOCUMENTS_WAIT --> RECORD_WAIT --> done
 *     |         |    |            |                             ^
 *     |         |    +------------+---- nothing to record ------+
 *     +---------+--> (what a page has no need of is passed over)
 *
 * All pages are of the log as it was published when the first one was asked for; that checkpoint is
 * in their tokens.  What the answer holds is checked against its root first.  The first page is
 * recorded as a read of the trail, each page on the prescriptions whose documents it brings; told
 * only then.
 */
#include "db/pg_value.h"
#include "service/leaf.h"
#include "service/services.h"
#include "service/trail/export.h"
#include "store/event.h"
#include "store/export.h"

enum { EXPORT_START, EXPORT_EVENTS_WAIT, EXPORT_DOCUMENTS_WAIT, EXPORT_RECORD_WAIT, EXPORT_STATES };

static op_verdict export_answer(struct request *req, struct export *e)
{
	int r = export_token(req, e);

	e->reply.events = arena_array(&req->arena, e->count + 1, sizeof(*e->reply.events));
	if (r == 0 && e->reply.events == NULL)
		r = ERR_MEMORY;
	for (size_t i = 0; i < e->count && r == 0; i++)
		e->reply.events[i] = &e->events[i].message;
	e->reply.n_events = e->count;
	return r < 0 ? request_fail(req, r) : request_reply(req, &e->reply.base);
}

/* ---- recording ----------------------------------------------------------------------------- */

static int export_add_read(struct request *req, struct export *e, struct pg_unit *unit)
{
	const struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ,
		.read_rx_id = e->filter.f.rx_id,
		.person_key = e->filter.f.person_key,
		.reason = e->message->purpose,
		.subject = "export",
	};
	int r = leaf_make(req, &leaf, &e->read);

	return r < 0 ? r : store_event_put(unit, &req->arena, &e->read);
}

static op_verdict export_record(struct request *req, struct export *e)
{
	struct pg_unit *unit;
	int r = 0;

	if (!e->is_first && e->opened_count == 0)
		return export_answer(req, e);
	unit = request_unit(req, NULL);
	if (e->is_first)
		r = export_add_read(req, e, unit);
	if (r == 0 && e->opened_count > 0)
		r = store_events_put(unit, &req->arena, e->opened, e->opened_count);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(EXPORT_RECORD_WAIT);
}

static op_verdict export_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	return req->unit.status < 0 ? request_fail(req, req->unit.status) :
		export_answer(req, req->service_state);
}

/* ---- reading ------------------------------------------------------------------------------- */

static op_verdict export_go_on(struct request *req, struct export *e)
{
	bool any = false;
	int r = e->message->documents ? export_ask_documents(req, e, &any) : 0;

	if (r < 0)
		return request_fail(req, r);
	if (!any)
		return export_record(req, e);
	request_submit_slow(req);
	return op_wait(EXPORT_DOCUMENTS_WAIT);
}

static op_verdict export_events_read(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct export *e = req->service_state;
	int r = req->unit.status;

	if (r == 0)
		r = e->is_run ? export_take_regions(req, e) : export_take_rows(req, e);
	return r < 0 ? request_fail(req, r) : export_go_on(req, e);
}

static op_verdict export_documents_read(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct export *e = req->service_state;
	int r = req->unit.status;

	if (r == 0)
		r = export_take_documents(req, e);
	return r < 0 ? request_fail(req, r) : export_record(req, e);
}

/* A run lies in the files; only an officer who does not see everything asks the tables about it. */
static int export_ask_events(struct request *req, struct export *e, bool *ret_asked)
{
	int r;

	*ret_asked = true;
	if (!e->is_run)
		return store_trail(request_unit(req, NULL), &req->arena, &e->filter.f);
	r = export_read_run(req, e);
	*ret_asked = req->caller.role == CALLER_CITY_OFFICER;
	if (r == 0 && *ret_asked)
		r = store_export_regions(request_unit(req, NULL), &req->arena, e->from,
			e->from + e->count);
	return r;
}

static op_verdict export_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct export *e = req->service_state;
	enum status_reason status = export_take(req, e);
	bool asked = false;
	int r = 0;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	if (e->is_first)
		r = export_head(req, e);
	if (r == 0)
		r = export_ask_events(req, e, &asked);
	if (r < 0)
		return request_fail(req, r);
	if (!asked)
		return export_go_on(req, e);
	request_submit_slow(req);
	return op_wait(EXPORT_EVENTS_WAIT);
}

static const struct op_state export_states[EXPORT_STATES] = {
	[EXPORT_START] = {"start", export_start, OP_TO(EXPORT_EVENTS_WAIT) |
		OP_TO(EXPORT_DOCUMENTS_WAIT) | OP_TO(EXPORT_RECORD_WAIT)},
	[EXPORT_EVENTS_WAIT] = {"events-wait", export_events_read,
		OP_TO(EXPORT_DOCUMENTS_WAIT) | OP_TO(EXPORT_RECORD_WAIT)},
	[EXPORT_DOCUMENTS_WAIT] = {"documents-wait", export_documents_read,
		OP_TO(EXPORT_RECORD_WAIT)},
	[EXPORT_RECORD_WAIT] = {"record-wait", export_recorded, 0},
};

void export_trail_start(struct request *req)
{
	struct export *e = request_state(req, sizeof(*e));

	if (e == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	rxcirc__v1__export_trail_response__init(&e->reply);
	request_run(req, export_states, EXPORT_STATES);
}
