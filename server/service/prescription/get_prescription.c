/* Hospital/GetPrescription: state, reviews and fills of the hospital's own prescription.  nat:
 * D005-D007.
 *
 *   START --> LOAD_WAIT --> RECORD_WAIT --> done        (the read itself is an event)
 *     ^           |
 *     +-----------+--> done   (for one who knows a version the row alone is asked for: "unchanged"
 *                              tells nothing but the number it named, and is no look at the file)
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "rxcirc/v1/hospital.pb-c.h"
#include "service/bundle.h"
#include "service/leaf.h"
#include "service/services.h"
#include "store/event.h"
#include "store/prescription.h"

enum { GET_START, GET_LOAD_WAIT, GET_RECORD_WAIT, GET_STATES };
enum { QUERY_ROW, QUERY_DOCUMENTS };

struct get {
	const Rxcirc__V1__GetPrescriptionRequest *message;
	bool whole; /* with the documents */
	struct bundle loaded;
	struct event event;
	struct slice reply;
};

static enum status_reason get_read(struct request *req, struct get *g)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__get_prescription_request__descriptor, &g->message);

	if (status != STATUS_OK)
		return status;
	if (g->message->rx_id.len != RX_ID_LEN) {
		request_find_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
		return STATUS_FIELD_INVALID;
	}
	g->whole = g->message->known_version == 0;
	return STATUS_OK;
}

static op_verdict get_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct get *g = req->service_state;
	struct pg_unit *unit;
	enum status_reason status = g->message == NULL ? get_read(req, g) : STATUS_OK;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	unit = request_unit(req, g->message->rx_id.data);
	r = store_prescription_load(unit, &req->arena, g->message->rx_id.data);
	if (r == 0 && g->whole)
		r = store_documents_load(unit, &req->arena, g->message->rx_id.data);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(GET_LOAD_WAIT);
}

static int get_make_reply(struct request *req, struct get *g)
{
	Rxcirc__V1__GetPrescriptionResponse m = RXCIRC__V1__GET_PRESCRIPTION_RESPONSE__INIT;

	m.prescription = bundle_message(req, &g->loaded);
	g->reply = m.prescription == NULL ? slice_of(NULL, 0) : pbmsg_pack(&m, &req->arena);
	return g->reply.data == NULL ? ERR_MEMORY : 0;
}

static int get_record(struct request *req, struct get *g)
{
	const struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_HOSPITAL_READ,
		.read_rx_id = g->loaded.rx.rx_id,
		.person_key = g->loaded.rx.person_key,
	};
	int r = leaf_make(req, &leaf, &g->event);

	return r < 0 ? r :
		store_event_put(request_unit(req, g->loaded.rx.rx_id), &req->arena, &g->event);
}

static op_verdict get_unchanged(struct request *req)
{
	Rxcirc__V1__GetPrescriptionResponse m = RXCIRC__V1__GET_PRESCRIPTION_RESPONSE__INIT;

	m.unchanged = true;
	return request_reply(req, &m.base);
}

static op_verdict get_loaded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct get *g = req->service_state;
	int r = req->unit.status;

	if (r < 0)
		return request_fail(req, r);
	if (pg_rows(&req->unit, QUERY_ROW) == 0)
		return request_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	r = bundle_read(req, QUERY_ROW, 0, &g->loaded);
	if (r < 0)
		return request_fail(req, r);
	if (strcmp(g->loaded.rx.hospital_code, req->caller.code) != 0)
		return request_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	if (!g->whole) {
		g->whole = true;
		return (uint64_t)g->loaded.rx.version == g->message->known_version ?
			get_unchanged(req) : op_goto(GET_START);
	}
	r = bundle_open_documents(req, QUERY_DOCUMENTS, &g->loaded);
	if (r == 0)
		r = get_make_reply(req, g);
	if (r == 0)
		r = get_record(req, g);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(GET_RECORD_WAIT);
}

static op_verdict get_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct get *g = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	return request_reply_bytes(req, g->reply);
}

static const struct op_state get_states[GET_STATES] = {
	[GET_START] = {"start", get_start, OP_TO(GET_LOAD_WAIT)},
	[GET_LOAD_WAIT] = {"load-wait", get_loaded, OP_TO(GET_RECORD_WAIT) | OP_TO(GET_START)},
	[GET_RECORD_WAIT] = {"record-wait", get_recorded, 0},
};

void get_prescription_start(struct request *req)
{
	if (request_state(req, sizeof(struct get)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, get_states, GET_STATES);
}
