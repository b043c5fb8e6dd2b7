/* Codes/PutCodes: one batch of rows into a version that is being loaded.
 *
 *     START --> STORE_WAIT --> done
 *
 * A batch leaves no event and no stored answer: nobody sees its rows before the version is
 * published, which is the event, and sending it again puts the same rows.  So an unknown outcome is
 * simply tried again by the caller.
 */
#include "codec/pbmsg.h"
#include "service/codes/code_message.h"
#include "service/services.h"

enum { PUT_START, PUT_STORE_WAIT, PUT_STATES };

static enum status_reason put_read(struct request *req, const Rxcirc__V1__PutCodesRequest **ret)
{
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req, &rxcirc__v1__put_codes_request__descriptor,
		ret);

	if (status != STATUS_OK)
		return status;
	if ((*ret)->version_id <= 0)
		want_fault(&w, "version_id", "is missing", "缺少必填项");
	want_code_kind(&w, "kind", (*ret)->kind);
	if (w.faults == 0)
		want_codes(&w, (enum code_kind)(*ret)->kind, (*ret)->codes, (*ret)->n_codes);
	return want_status(&w);
}

static op_verdict put_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	const Rxcirc__V1__PutCodesRequest *m;
	enum status_reason status = put_read(req, &m);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_codes_put(request_unit(req, NULL), &req->arena, m->version_id,
		(enum code_kind)m->kind, m->codes, m->n_codes);
	if (r < 0)
		return request_fail(req, r);
	request_submit_write(req);
	return op_wait(PUT_STORE_WAIT);
}

static op_verdict put_stored(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	Rxcirc__V1__PutCodesResponse reply = RXCIRC__V1__PUT_CODES_RESPONSE__INIT;
	int64_t stored;

	if (req->unit.status < 0)
		return request_fail(req, req->unit.status);
	if (!store_codes_put_row(&req->unit, 0, &stored)) {
		request_find_field(req, "version_id",
			"is not a version of this kind that is being loaded; a published one never changes"
			" (JIN15-4.11a)", "不是该类编码正在装载的版本；已发布的版本不再变更（JIN15-4.11a）");
		return request_refuse(req, STATUS_REGISTRY_RECORD_INVALID);
	}
	reply.stored = (uint32_t)stored;
	return request_reply(req, &reply.base);
}

static const struct op_state put_states[PUT_STATES] = {
	[PUT_START] = {"start", put_start, OP_TO(PUT_STORE_WAIT)},
	[PUT_STORE_WAIT] = {"store-wait", put_stored, 0},
};

void put_codes_start(struct request *req)
{
	request_run(req, put_states, PUT_STATES);
}
