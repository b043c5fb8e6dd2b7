/* Agency/ExplainDecision: what an upload was judged by, and the same judgement made again.
 *
 *   START --> LOAD_WAIT --> RECORD_WAIT --> done        (the read itself is an event)
 *
 * Everything comes from the sealed file: neither today's registry nor today's parameters are asked.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "registry/registry.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/bundle.h"
#include "service/decision.h"
#include "service/facts.h"
#include "service/leaf.h"
#include "service/services.h"
#include "store/event.h"
#include "store/prescription.h"

enum { EXPLAIN_START, EXPLAIN_LOAD_WAIT, EXPLAIN_RECORD_WAIT, EXPLAIN_STATES };
enum { QUERY_ROW, QUERY_DOCUMENTS };

struct explain {
	const Rxcirc__V1__ExplainDecisionRequest *message;
	struct bundle loaded;
	struct event event;
	struct slice reply;
};

static enum status_reason explain_read(struct request *req, struct explain *x)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__explain_decision_request__descriptor, &x->message);

	if (status != STATUS_OK)
		return status;
	if (x->message->rx_id.len != RX_ID_LEN) {
		request_find_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
		return STATUS_FIELD_INVALID;
	}
	if (x->message->purpose[0] == '\0' || strlen(x->message->purpose) > PURPOSE_MAX) {
		request_find_field(req, "purpose", "1 to 200 bytes: why the decision is read",
			"须说明查询目的（1 至 200 字节）");
		return STATUS_FIELD_INVALID;
	}
	return STATUS_OK;
}

static op_verdict explain_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct explain *x = req->service_state;
	enum status_reason status = explain_read(req, x);
	struct pg_unit *unit;
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	unit = request_unit(req, x->message->rx_id.data);
	r = store_prescription_load(unit, &req->arena, x->message->rx_id.data);
	if (r == 0)
		r = store_documents_load(unit, &req->arena, x->message->rx_id.data);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(EXPLAIN_LOAD_WAIT);
}

/* A city officer's prefecture is that of the issuing hospital. */
static bool explain_is_in_scope(const struct request *req, const struct prescription *rx)
{
	const struct institution *hospital = registry_institution(req->registry, rx->hospital_code);

	return caller_covers(&req->caller, hospital == NULL ? "" : hospital->region);
}

/* The two documents as they were signed: they were parsed when they were accepted. */
static int explain_open(struct request *req, const Rxcirc__V1__SignedDocument *doc,
	const ProtobufCMessageDescriptor *type, void *ret)
{
	int r = pbmsg_open(ret, type, &req->arena, pbmsg_bytes(doc->body));

	return r == ERR_MALFORMED ? ERR_DAMAGED : r;
}

static int explain_judge(struct request *req, struct explain *x)
{
	const Rxcirc__V1__DecisionFacts *then = x->loaded.decision;
	Rxcirc__V1__ExplainDecisionResponse m = RXCIRC__V1__EXPLAIN_DECISION_RESPONSE__INIT;
	Rxcirc__V1__Prescription *rx;
	Rxcirc__V1__HospitalReview *review;
	struct upload_facts facts;
	int r = explain_open(req, x->loaded.prescription, &rxcirc__v1__prescription__descriptor, &rx);

	if (r == 0)
		r = explain_open(req, x->loaded.hospital_review,
			&rxcirc__v1__hospital_review__descriptor, &review);
	if (r == 0 && (rx->patient == NULL || rx->physician == NULL))
		r = ERR_DAMAGED;
	if (r == 0)
		r = facts_of_papers(req, rx, review, &facts);
	if (r == 0)
		r = decision_restore(req, then, &facts);
	if (r < 0)
		return r;
	(void)facts_judge(req, &facts); /* what it finds is the answer */
	m.facts = (Rxcirc__V1__DecisionFacts *)(uintptr_t)then;
	m.findings = req->findings;
	m.n_findings = req->findings_count;
	req->findings_count = 0;
	m.same = decision_is_same(then, &facts);
	m.follow_up = rx->follow_up;
	m.checked_by = rx->physician->code;
	m.checked_at_ms = rx->issued_at_ms;
	x->reply = pbmsg_pack(&m, &req->arena);
	return x->reply.data == NULL ? ERR_MEMORY : 0;
}

static int explain_record(struct request *req, struct explain *x)
{
	const struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_TRAIL_READ,
		.read_rx_id = x->loaded.rx.rx_id,
		.person_key = x->loaded.rx.person_key,
		.reason = x->message->purpose,
	};
	int r = leaf_make(req, &leaf, &x->event);

	return r < 0 ? r :
		store_event_put(request_unit(req, x->loaded.rx.rx_id), &req->arena, &x->event);
}

static op_verdict explain_loaded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct explain *x = req->service_state;
	int r = req->unit.status;

	if (r < 0)
		return request_fail(req, r);
	if (pg_rows(&req->unit, QUERY_ROW) == 0)
		return request_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	r = bundle_read(req, QUERY_ROW, 0, &x->loaded);
	if (r < 0)
		return request_fail(req, r);
	if (!explain_is_in_scope(req, &x->loaded.rx))
		return request_refuse(req, STATUS_SCOPE_NOT_ALLOWED);
	r = bundle_open_documents(req, QUERY_DOCUMENTS, &x->loaded);
	if (r < 0)
		return request_fail(req, r);
	if (x->loaded.decision == NULL) /* older than decisions are, or shredded */
		return request_refuse(req, STATUS_DECISION_NOT_KEPT);
	r = explain_judge(req, x);
	if (r == 0)
		r = explain_record(req, x);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(EXPLAIN_RECORD_WAIT);
}

static op_verdict explain_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct explain *x = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	return request_reply_bytes(req, x->reply);
}

static const struct op_state explain_states[EXPLAIN_STATES] = {
	[EXPLAIN_START] = {"start", explain_start, OP_TO(EXPLAIN_LOAD_WAIT)},
	[EXPLAIN_LOAD_WAIT] = {"load-wait", explain_loaded, OP_TO(EXPLAIN_RECORD_WAIT)},
	[EXPLAIN_RECORD_WAIT] = {"record-wait", explain_recorded, 0},
};

void explain_decision_start(struct request *req)
{
	if (request_state(req, sizeof(struct explain)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, explain_states, EXPLAIN_STATES);
}
