#include "service/visit.h"

#include <string.h>

#include "crypto/own_grant.h"
#include "domain/moment.h"
#include "registry/registry.h"
#include "store/event.h"

enum { VISIT_START, VISIT_READ_WAIT, VISIT_RECORD_WAIT, VISIT_REFUSED_WAIT, VISIT_STATES };
enum { TOKEN_LEN = 8 + RX_ID_LEN };
static_assert((int)RX_ID_LEN == (int)EVENT_ID_LEN, "one form of token serves both");

enum status_reason visit_check(const struct request *req, struct slice grant,
	uint8_t person_key[PERSON_KEY_LEN])
{
	int64_t until_ms;

	if (!own_grant_open(grant, req->shop->keys, req->caller.code, person_key, &until_ms))
		return STATUS_OWN_GRANT_INVALID;
	if (req->received_at_ms >= until_ms)
		return STATUS_OWN_GRANT_EXPIRED;
	if (registry_person_block(req->registry, person_key, BLOCK_ALL, req->received_at_ms) != NULL)
		return STATUS_PERSON_BLOCKED;
	return STATUS_OK;
}

struct leaf visit_refusal_leaf(enum status_reason refusal, const uint8_t *person_key)
{
	return (struct leaf){
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_PRESENTATION_REFUSED,
		.person_key = refusal == STATUS_OWN_GRANT_INVALID ? NULL : person_key,
		.reason = status_row_of(refusal)->reason,
	};
}

bool visit_token_read(struct slice token, int64_t *ret_at_ms, uint8_t ret_id[RX_ID_LEN])
{
	struct reader r;
	int64_t at_ms;
	struct slice id;

	if (token.len == 0) {
		*ret_at_ms = MOMENT_MS_MAX;
		memset(ret_id, 0, RX_ID_LEN);
		return true;
	}
	reader_init(&r, token);
	at_ms = (int64_t)reader_u64(&r);
	id = reader_slice(&r, RX_ID_LEN);
	if (!reader_is_done(&r) || !moment_is_sound(at_ms))
		return false;
	*ret_at_ms = at_ms;
	memcpy(ret_id, id.data, RX_ID_LEN);
	return true;
}

ProtobufCBinaryData visit_token_make(struct request *req, int64_t at_ms, const uint8_t *id)
{
	uint8_t *token = arena_alloc(&req->arena, TOKEN_LEN);
	struct writer w;

	if (token == NULL)
		return (ProtobufCBinaryData){0, NULL};
	writer_init(&w, token, TOKEN_LEN);
	writer_u64(&w, (uint64_t)at_ms);
	writer_slice(&w, slice_of(id, RX_ID_LEN));
	return (ProtobufCBinaryData){w.used, token};
}

enum status_reason visit_fail(struct visit *v, int err)
{
	v->err = err;
	return STATUS_INTERNAL;
}

/* The grant does not serve: recorded, then refused. */
static op_verdict visit_refuse(struct request *req, struct visit *v)
{
	const struct leaf leaf = visit_refusal_leaf(v->refusal, v->person_key);
	int r = leaf_make(req, &leaf, &v->event);

	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &v->event);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(VISIT_REFUSED_WAIT);
}

static op_verdict visit_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct visit *v = req->service_state;
	int r;

	v->refusal = v->kind->read(req, v);
	if (v->refusal != STATUS_OK) /* nothing was shown */
		return request_refuse(req, v->refusal);
	v->refusal = visit_check(req, v->grant, v->person_key);
	if (v->refusal != STATUS_OK)
		return visit_refuse(req, v);
	v->leaf.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_LISTED;
	v->leaf.person_key = v->person_key;
	r = v->kind->ask(req, v, request_unit(req, v->person_key));
	if (r < 0)
		return request_fail(req, r);
	if (v->kind->is_slow)
		request_submit_slow(req);
	else
		request_submit_read(req);
	return op_wait(VISIT_READ_WAIT);
}

static op_verdict visit_read(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct visit *v = req->service_state;
	enum status_reason status;
	int r = req->unit.status;

	if (r < 0)
		return request_fail(req, r);
	status = v->kind->show(req, v);
	if (status != STATUS_OK)
		return v->err < 0 ? request_fail(req, v->err) : request_refuse(req, status);
	r = leaf_make(req, &v->leaf, &v->event);
	if (r == 0)
		r = store_event_put(request_unit(req, v->person_key), &req->arena, &v->event);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(VISIT_RECORD_WAIT);
}

static op_verdict visit_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct visit *v = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	return request_reply_bytes(req, v->reply);
}

static op_verdict visit_refused(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct visit *v = req->service_state;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	return request_refuse(req, v->refusal);
}

static const struct op_state visit_states[VISIT_STATES] = {
	[VISIT_START] = {"start", visit_start,
		OP_TO(VISIT_READ_WAIT) | OP_TO(VISIT_REFUSED_WAIT)},
	[VISIT_READ_WAIT] = {"read-wait", visit_read, OP_TO(VISIT_RECORD_WAIT)},
	[VISIT_RECORD_WAIT] = {"record-wait", visit_recorded, 0},
	[VISIT_REFUSED_WAIT] = {"refused-wait", visit_refused, 0},
};

void visit_run(struct request *req, const struct visit_kind *kind, size_t state_size)
{
	struct visit *v = request_state(req, state_size);

	if (v == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	v->kind = kind;
	request_run(req, visit_states, VISIT_STATES);
}
