#include "service/entry.h"

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "store/event.h"
#include "store/prescription.h"

enum {
	ENTRY_START,
	ENTRY_ASK_WAIT,
	ENTRY_STORE_WAIT,
	ENTRY_REPLAY_WAIT,
	ENTRY_REFUSED_WAIT,
	ENTRY_STATES,
};

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

/* Nor by a refusal: the earlier write may still land after what was read. */
static op_verdict entry_refuse(struct request *req, struct entry *e, enum status_reason status)
{
	int r;

	if (e->unknown)
		return request_fail(req, ERR_OUTCOME_UNKNOWN);
	if (e->refusal_leaf.kind == RXCIRC__V1__EVENT_KIND__EVENT_KIND_UNSPECIFIED)
		return request_refuse(req, status);
	e->refusal = status;
	r = leaf_make(req, &e->refusal_leaf, &e->event);
	if (r == 0)
		r = store_event_put(request_unit(req, NULL), &req->arena, &e->event);
	if (r < 0)
		return entry_fail(req, r);
	request_submit_write(req);
	return op_wait(ENTRY_REFUSED_WAIT);
}

static op_verdict entry_write(struct request *req, struct entry *e)
{
	int r = e->kind->write(req, e, request_unit(req, e->event.person_key));

	if (r < 0)
		return entry_fail(req, r);
	request_submit_write(req);
	return op_wait(ENTRY_STORE_WAIT);
}

static op_verdict entry_ask(struct request *req, struct entry *e)
{
	const uint8_t *place = e->leaf.read_rx_id != NULL ? e->leaf.read_rx_id : e->leaf.person_key;
	struct pg_unit *unit = request_unit(req, place);
	int r;

	e->event.bucket = (uint16_t)(place[0] << 8 | place[1]);
	r = store_reply_load(unit, &req->arena, e->event.bucket, req->caller.code,
		req->idempotency_key);
	if (r == 0)
		r = e->kind->ask(req, e, unit);
	if (r < 0)
		return entry_fail(req, r);
	request_submit_read(req);
	return op_wait(ENTRY_ASK_WAIT);
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
			return entry_refuse(req, e, status);
		r = e->kind->ask == NULL ? entry_make(req, e) : 0;
	}
	if (r < 0)
		return entry_fail(req, r);
	return e->kind->ask == NULL ? entry_write(req, e) : entry_ask(req, e);
}

static op_verdict entry_replay(struct request *req, struct entry *e)
{
	int r = store_reply_replay(request_unit(req, e->event.person_key), &req->arena,
		e->event.bucket, req->caller.code, req->idempotency_key);

	if (r < 0)
		return entry_fail(req, r);
	request_submit_write(req);
	return op_wait(ENTRY_REPLAY_WAIT);
}

static op_verdict entry_asked(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct entry *e = req->service_state;
	struct kept_reply kept;
	enum status_reason status;
	int r = req->unit.status;

	if (r < 0)
		return entry_fail(req, r);
	if (store_reply_read(&req->unit, 0, &kept))
		return entry_replay(req, e);
	status = e->kind->asked(req, e);
	if (status != STATUS_OK)
		return e->err < 0 ? entry_fail(req, e->err) : entry_refuse(req, e, status);
	r = entry_make(req, e);
	return r < 0 ? entry_fail(req, r) : entry_write(req, e);
}

static op_verdict entry_recorded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct entry *e = req->service_state;

	return req->unit.status < 0 ? entry_fail(req, req->unit.status) :
		request_refuse(req, e->refusal);
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
	if (key_is_new) {
		request_promise_event(req, &e->event);
		return request_reply_bytes(req, e->write.reply);
	}
	if (!fits && e->unknown)
		return request_fail(req, ERR_OUTCOME_UNKNOWN);
	if (!fits && e->kind->misfit != NULL)
		return request_refuse(req, e->kind->misfit(req, e));
	if (!fits) {
		request_find_field(req, e->kind->misfit_field, e->kind->misfit_english,
			e->kind->misfit_chinese);
		return request_refuse(req, STATUS_FIELD_INVALID);
	}
	return entry_replay(req, e);
}

static op_verdict entry_replayed(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct entry *e = req->service_state;
	struct kept_reply kept;
	struct slice copy;

	if (req->unit.status < 0)
		return entry_fail(req, req->unit.status);
	if (!store_reply_read(&req->unit, 0, &kept)) /* the other one was rolled back */
		return entry_again(req, e, ERR_DB_CONFLICT);
	if (!slice_equal(kept.request_mac, slice_of(e->request_mac, sizeof(e->request_mac))))
		return request_refuse(req, STATUS_IDEMPOTENCY_KEY_REUSED);
	if (kept.has_promise)
		request_promise(req, &kept.promise);
	copy = arena_copy(&req->arena, kept.reply);
	return copy.len != kept.reply.len ? entry_fail(req, ERR_MEMORY) :
		request_reply_bytes(req, copy);
}

static const struct op_state entry_states[ENTRY_STATES] = {
	[ENTRY_START] = {"start", entry_start,
		OP_TO(ENTRY_ASK_WAIT) | OP_TO(ENTRY_STORE_WAIT) | OP_TO(ENTRY_REFUSED_WAIT)},
	[ENTRY_ASK_WAIT] = {"ask-wait", entry_asked,
		OP_TO(ENTRY_STORE_WAIT) | OP_TO(ENTRY_REPLAY_WAIT) | OP_TO(ENTRY_REFUSED_WAIT)},
	[ENTRY_STORE_WAIT] = {"store-wait", entry_stored,
		OP_TO(ENTRY_START) | OP_TO(ENTRY_REPLAY_WAIT)},
	[ENTRY_REPLAY_WAIT] = {"replay-wait", entry_replayed, OP_TO(ENTRY_START)},
	[ENTRY_REFUSED_WAIT] = {"refused-wait", entry_recorded, 0},
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
