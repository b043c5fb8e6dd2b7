#include "service/entry.h"

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "store/prescription.h"

enum { ENTRY_START, ENTRY_STORE_WAIT, ENTRY_REPLAY_WAIT, ENTRY_STATES };

/* Once nobody knows whether a write happened, "nothing happened" must not be said any more. */
static op_verdict entry_fail(struct request *req, int err)
{
	const struct entry *e = req->service_state;

	return request_fail(req, e->unknown ? ERR_OUTCOME_UNKNOWN : err);
}

/* Event and answer, once; a repeated write is the same. */
static int entry_make(struct request *req, struct entry *e)
{
	int r = leaf_make(req, &e->leaf, &e->event);

	if (r < 0)
		return r;
	/* Nobody's entry lies where its key falls. */
	if (e->event.person_key == NULL && e->event.rx_id == NULL)
		e->event.bucket = (uint16_t)(req->idempotency_key[0] << 8 | req->idempotency_key[1]);
	e->write = (struct entry_write){&e->event, req->idempotency_key, e->request_mac,
		pbmsg_pack(e->reply, &req->arena)};
	return e->write.reply.data == NULL ? ERR_MEMORY : 0;
}

static op_verdict entry_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct entry *e = req->service_state;
	enum status_reason status = STATUS_OK;
	int r = 0;

	if (e->tries++ == 0) {
		digest_request(e->request_mac, req->shop->keys, req->caller.code, req->method, req->body);
		status = e->kind->read(req, e);
		if (status != STATUS_OK)
			return request_refuse(req, status);
		r = entry_make(req, e);
	}
	if (r == 0)
		r = e->kind->write(req, e, request_unit(req, e->event.person_key));
	if (r < 0)
		return entry_fail(req, r);
	request_submit_write(req);
	return op_wait(ENTRY_STORE_WAIT);
}

static op_verdict entry_again(struct request *req, struct entry *e, int err)
{
	return e->tries == ENTRY_TRIES_MAX ? entry_fail(req, err) : op_goto(ENTRY_START);
}

static op_verdict entry_stored(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct entry *e = req->service_state;
	int r = req->unit.status;
	bool key_is_new, fits;

	e->unknown = e->unknown || r == ERR_OUTCOME_UNKNOWN;
	if (r == ERR_OUTCOME_UNKNOWN || r == ERR_DB_CONFLICT || r == ERR_DB_UNIQUE)
		return entry_again(req, e, r);
	if (r < 0)
		return entry_fail(req, r);
	entry_read(&req->unit, &key_is_new, &fits);
	if (key_is_new)
		return request_reply_bytes(req, e->write.reply);
	if (!fits && e->kind->misfit != NULL)
		return request_refuse(req, e->kind->misfit(req, e));
	if (!fits) {
		request_find_field(req, e->kind->misfit_field, e->kind->misfit_english,
			e->kind->misfit_chinese);
		return request_refuse(req, STATUS_FIELD_INVALID);
	}
	r = store_reply_replay(request_unit(req, e->event.person_key), &req->arena, e->event.bucket,
		req->caller.code, req->idempotency_key);
	if (r < 0)
		return entry_fail(req, r);
	request_submit_write(req);
	return op_wait(ENTRY_REPLAY_WAIT);
}

static op_verdict entry_replayed(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct entry *e = req->service_state;
	struct slice mac, reply, copy;

	if (req->unit.status < 0)
		return entry_fail(req, req->unit.status);
	if (!store_reply_read(&req->unit, 0, &mac, &reply)) /* the other one was rolled back */
		return entry_again(req, e, ERR_DB_CONFLICT);
	if (!slice_equal(mac, slice_of(e->request_mac, sizeof(e->request_mac))))
		return request_refuse(req, STATUS_IDEMPOTENCY_KEY_REUSED);
	copy = arena_copy(&req->arena, reply);
	return copy.len != reply.len ? entry_fail(req, ERR_MEMORY) : request_reply_bytes(req, copy);
}

static const struct op_state entry_states[ENTRY_STATES] = {
	[ENTRY_START] = {"start", entry_start, OP_TO(ENTRY_STORE_WAIT)},
	[ENTRY_STORE_WAIT] = {"store-wait", entry_stored,
		OP_TO(ENTRY_START) | OP_TO(ENTRY_REPLAY_WAIT)},
	[ENTRY_REPLAY_WAIT] = {"replay-wait", entry_replayed, OP_TO(ENTRY_START)},
};

void entry_run(struct request *req, const struct entry_kind *kind, size_t state_size)
{
	struct entry *e = request_state(req, state_size);

	if (e == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	e->kind = kind;
	request_run(req, entry_states, ENTRY_STATES);
}
