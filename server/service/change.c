/* The steps of every change. */
#include "service/change.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "db/pg_value.h"
#include "proto/document.h"
#include "proto/rxid.h"
#include "registry/registry.h"
#include "service/leaf.h"
#include "service/state_reply.h"
#include "service/told.h"

enum { CHANGE_START, CHANGE_LOAD_WAIT, CHANGE_WRITE_WAIT, CHANGE_REPLAY_WAIT, CHANGE_STATES };
enum { QUERY_ROW, QUERY_REPLY, QUERY_DOCUMENTS, QUERY_OWN };
static_assert((int)QUERY_OWN == (int)CHANGE_QUERY_OWN, "the kind's own query is the last");
enum { HOUR_MS = 60 * 60 * 1000 };
enum { REVOCATION_ROOM = 8 * 1024 }; /* bytes of a file kept free for its revocation */

static struct change *change_of(struct request *req)
{
	return req->service_state;
}

/* Once nobody knows whether a write happened -- it may wait for its replica still -- "nothing
 * happened" must not be said any more. */
static op_verdict change_fail(struct request *req, int err)
{
	return request_fail(req, change_of(req)->unknown ? ERR_OUTCOME_UNKNOWN : err);
}

/* The same for a refusal: the earlier write may still land after what was read. */
static op_verdict change_refuse(struct request *req, enum status_reason status)
{
	return change_of(req)->unknown ? request_fail(req, ERR_OUTCOME_UNKNOWN) :
		request_refuse(req, status);
}

/* Ask for the row, this key's earlier answer and, if needed, the documents. */
static op_verdict change_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct change *c = change_of(req);
	struct pg_unit *unit = request_unit(req, c->rx_id);
	int r;

	if (c->tries++ == CHANGE_TRIES_MAX)
		return change_fail(req, ERR_DB_CONFLICT);
	r = store_prescription_load(unit, &req->arena, c->rx_id);
	if (r == 0)
		r = store_reply_load(unit, &req->arena, rx_id_bucket(c->rx_id), req->caller.code,
			req->idempotency_key);
	if (r == 0)
		r = store_documents_load(unit, &req->arena, c->rx_id);
	if (r == 0 && c->kind->ask != NULL)
		r = c->kind->ask(req, c, unit);
	if (r < 0)
		return change_fail(req, r);
	request_submit_read(req);
	return op_wait(CHANGE_LOAD_WAIT);
}

/* This key was used before: the same request gets the same answer, once it is certainly durable. */
static op_verdict change_answered_before(struct request *req, struct slice request_mac)
{
	struct change *c = change_of(req);
	struct pg_unit *unit;
	int r;

	if (!slice_equal(request_mac, slice_of(c->request_mac, sizeof(c->request_mac))))
		return request_refuse(req, STATUS_IDEMPOTENCY_KEY_REUSED);
	unit = request_unit(req, c->rx_id);
	r = store_reply_replay(unit, &req->arena, rx_id_bucket(c->rx_id), req->caller.code,
		req->idempotency_key);
	if (r < 0)
		return change_fail(req, r);
	request_submit_write(req);
	return op_wait(CHANGE_REPLAY_WAIT);
}

static int change_make_event(struct request *req, struct change *c, struct slice sealed,
	struct event *ret)
{
	const struct leaf leaf = {
		.kind = c->event,
		.rx = &c->loaded.rx,
		.before = &c->before,
		.after = &c->life,
		.signer = c->paper.key,
		.sealed = sealed,
		.reason = c->reason,
		.subject = c->subject,
		.told = told_of(c->event, &c->loaded.rx, c->held_by, req->caller.code),
	};

	return leaf_make(req, &leaf, ret);
}

/* The paper that came, sealed for its place in this prescription's file. */
static int change_seal_paper(struct request *req, struct change *c, struct slice *ret_sealed)
{
	struct slice plain;

	if (c->paper.doc == NULL)
		return 0;
	plain = pbmsg_pack(c->paper.doc, &req->arena);
	if (plain.data == NULL)
		return ERR_MEMORY;
	*ret_sealed = bundle_seal(req, &c->loaded.key, c->rx_id, c->loaded.rx.version,
		c->paper.doc->kind, plain);
	return ret_sealed->data == NULL ? ERR_MEMORY : 0;
}

/* Turn the decision into one unit: new row, document, event, reply. */
static int change_fill_unit(struct request *req, struct change *c, struct event *event)
{
	struct prescription *rx = &c->loaded.rx;
	struct slice sealed = {NULL, 0};
	const ProtobufCMessage *reply;
	int r;

	rx->version++;
	r = change_seal_paper(req, c, &sealed);
	if (r == 0)
		r = change_make_event(req, c, sealed, event);
	if (r < 0)
		return r;
	memcpy(rx->head_leaf, event->leaf_hash, SHA256_LEN);
	bundle_sign_row(req, rx, c->loaded.lines, c->loaded.line_count);
	reply = c->kind->reply(req, c);
	c->reply_bytes = reply == NULL ? slice_of(NULL, 0) : pbmsg_pack(reply, &req->arena);
	if (c->reply_bytes.data == NULL)
		return ERR_MEMORY;
	const struct rx_change change = {
		.rx = rx,
		.document_kind = c->paper.doc == NULL ? 0 : (int16_t)c->paper.doc->kind,
		.sealed = sealed,
		.event = event,
		.reply = {req->caller.code, req->idempotency_key, c->request_mac, c->reply_bytes},
	};
	struct pg_unit *unit = request_unit(req, c->rx_id);

	if (c->fill != NULL)
		return store_fill_put(unit, &req->arena, &change, c->fill);
	if (c->back != NULL)
		return store_fill_return(unit, &req->arena, &change, c->back);
	return store_rx_change(unit, &req->arena, &change);
}

static op_verdict change_write(struct request *req, struct change *c)
{
	int r = change_fill_unit(req, c, &c->trail);

	if (r < 0)
		return change_fail(req, r);
	request_submit_write(req);
	return op_wait(CHANGE_WRITE_WAIT);
}

/* All documents of one prescription travel in one frame, so their sum is bounded when one is
 * added.  No file is ever too full to be revoked. */
static bool change_paper_fits(const struct change *c)
{
	const struct bundle *b = &c->loaded;
	size_t bytes = b->prescription->body.len + b->hospital_review->body.len;
	bool closes;

	if (c->paper.doc == NULL)
		return true;
	closes = c->paper.doc->kind == RXCIRC__V1__DOCUMENT_KIND__DOCUMENT_KIND_REVOCATION;
	for (size_t i = 0; i < b->later_count; i++)
		bytes += b->later[i]->body.len;
	return b->later_count + 1 <= (size_t)LATER_DOCUMENTS_MAX - !closes &&
		bytes + c->paper.doc->body.len <=
			(size_t)BUNDLE_BYTES_MAX - (closes ? 0 : REVOCATION_ROOM);
}

static op_verdict change_decide(struct request *req, struct change *c)
{
	enum status_reason status;

	if (c->loaded.shredded)
		return change_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	if (!change_paper_fits(c)) {
		request_find_field(req, "rx_id", "this prescription's file is full",
			"该处方的文书已达上限");
		return change_refuse(req, STATUS_FIELD_INVALID);
	}
	prescription_turn(&c->loaded.rx, req->received_at_ms);
	c->life = prescription_life(&c->loaded.rx, req->caller.code, req->received_at_ms);
	c->before = c->life;
	c->unchanged = false;
	req->findings_count = 0; /* what an earlier try found may be otherwise now */
	if (c->before.hold != HOLD_FREE)
		memcpy(c->held_by, c->loaded.rx.holder_code, sizeof(c->held_by));
	else
		c->held_by[0] = '\0';
	status = c->kind->decide(req, c);
	if (status != STATUS_OK)
		return change_refuse(req, status);
	if (c->unchanged) {
		const ProtobufCMessage *reply = c->kind->reply(req, c);

		return reply == NULL ? change_fail(req, ERR_MEMORY) : request_reply(req, reply);
	}
	c->loaded.rx.validity =
		c->life.validity == VALIDITY_REVOKED ? VALIDITY_REVOKED : VALIDITY_VALID;
	c->loaded.rx.review = c->life.review;
	c->loaded.rx.use = c->life.use;
	if (c->life.hold == HOLD_FREE && c->loaded.rx.holder_code[0] != '\0') {
		c->loaded.rx.holder_code[0] = '\0'; /* also after a lease that ended by itself */
		c->loaded.rx.held_until_ms = req->received_at_ms;
	}
	return change_write(req, c);
}

/* Row, earlier answer and documents are here. */
static op_verdict change_loaded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct change *c = change_of(req);
	struct kept_reply kept;
	int r = req->unit.status;

	if (r < 0)
		return change_fail(req, r);
	if (store_reply_read(&req->unit, QUERY_REPLY, &kept))
		return change_answered_before(req, kept.request_mac);
	if (c->refusal != STATUS_OK)
		return change_refuse(req, c->refusal);
	if (pg_rows(&req->unit, QUERY_ROW) == 0)
		return change_refuse(req, STATUS_PRESCRIPTION_NOT_FOUND);
	r = bundle_read(req, QUERY_ROW, 0, &c->loaded);
	if (r == 0)
		r = bundle_open_documents(req, QUERY_DOCUMENTS, &c->loaded);
	if (r < 0)
		return change_fail(req, r);
	return change_decide(req, c);
}

/* Written, or somebody else was faster, or nobody knows: then look again. */
static op_verdict change_written(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct change *c = change_of(req);
	int r = req->unit.status;

	c->unknown = c->unknown || r == ERR_OUTCOME_UNKNOWN;
	/* A check refuses what the ledger says since it was asked: look again. */
	if (r == ERR_OUTCOME_UNKNOWN || r == ERR_DB_UNIQUE || r == ERR_DB_CONFLICT || r == ERR_DB_CHECK)
		return c->tries == CHANGE_TRIES_MAX ? change_fail(req, r) : op_goto(CHANGE_START);
	if (r < 0)
		return change_fail(req, r);
	if (!store_rx_changed(&req->unit))
		return op_goto(CHANGE_START);
	request_promise_event(req, &c->trail);
	return request_reply_bytes(req, c->reply_bytes);
}

static op_verdict change_replayed(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct kept_reply kept;
	struct slice reply;

	if (req->unit.status < 0)
		return change_fail(req, req->unit.status);
	if (!store_reply_read(&req->unit, 0, &kept))
		return op_goto(CHANGE_START);
	if (kept.has_promise)
		request_promise(req, &kept.promise);
	reply = arena_copy(&req->arena, kept.reply);
	return reply.data == NULL ? change_fail(req, ERR_MEMORY) : request_reply_bytes(req, reply);
}

static const struct op_state change_states[CHANGE_STATES] = {
	[CHANGE_START] = {"start", change_start, OP_TO(CHANGE_LOAD_WAIT)},
	[CHANGE_LOAD_WAIT] = {"load-wait", change_loaded,
		OP_TO(CHANGE_WRITE_WAIT) | OP_TO(CHANGE_REPLAY_WAIT)},
	[CHANGE_WRITE_WAIT] = {"write-wait", change_written, OP_TO(CHANGE_START)},
	[CHANGE_REPLAY_WAIT] = {"replay-wait", change_replayed, OP_TO(CHANGE_START)},
};

void change_run(struct request *req, const struct change_kind *kind)
{
	change_run_sized(req, kind, sizeof(struct change));
}

void change_run_sized(struct request *req, const struct change_kind *kind, size_t state_size)
{
	struct change *c = request_state(req, state_size);
	enum status_reason status;

	if (c == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	c->kind = kind;
	status = kind->read(req, c);
	if (status != STATUS_OK && !paper_refusal_is_of_time(status)) {
		request_end_early(req, status);
		return;
	}
	c->refusal = status;
	digest_request(c->request_mac, req->shop->keys, req->caller.code, req->method, req->body);
	request_run(req, change_states, CHANGE_STATES);
}

enum status_reason change_unpack(struct request *req, struct change *c,
	const ProtobufCMessageDescriptor *type)
{
	return request_unpack(req, type, &c->message);
}

enum status_reason change_take_rx_id(struct request *req, struct change *c,
	ProtobufCBinaryData rx_id)
{
	if (rx_id.len != RX_ID_LEN) {
		request_find_field(req, "rx_id", "must be 16 bytes", "必须为 16 字节");
		return STATUS_FIELD_INVALID;
	}
	c->rx_id = rx_id.data;
	return STATUS_OK;
}

enum status_reason change_apply(struct request *req, struct change *c, enum life_event event)
{
	enum life_refusal why = life_apply(&c->life, event);

	return why == LIFE_ALLOWED ? STATUS_OK : state_refusal(req, why, &c->loaded.rx);
}

enum status_reason change_apply_held(struct request *req, struct change *c, enum life_event event,
	uint64_t fencing_token)
{
	enum status_reason status = change_apply(req, c, event);

	if (status == STATUS_OK && fencing_token != (uint64_t)c->loaded.rx.fencing_token)
		return STATUS_FENCING_TOKEN_STALE;
	return status;
}

int64_t change_lease_end(const struct request *req, const struct prescription *rx)
{
	int64_t hours = registry_number(req->registry, PARAM_CLAIM_HOLD_H_MAX, req->caller.region,
		req->received_at_ms);
	int64_t last = rx->held_from_ms + hours * HOUR_MS;
	int64_t usual = req->received_at_ms + req->shop->claim_lease_ms;

	return usual < last ? usual : last;
}
