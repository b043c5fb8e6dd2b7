#include "service/registry_change.h"

#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "registry/registry.h"
#include "service/leaf.h"
#include "store/prescription.h"
#include "store/proposal.h"

enum { CHANGE_START, CHANGE_LOAD_WAIT, CHANGE_REPLAY_WAIT, CHANGE_STORE_WAIT, CHANGE_STATES };
enum { QUERY_REPLY, QUERY_PROPOSAL };

/* Answers to registry calls lie in the bucket their key falls into. */
static uint16_t key_bucket(const struct request *req)
{
	return (uint16_t)(req->idempotency_key[0] << 8 | req->idempotency_key[1]);
}

/* Once nobody knows whether a write happened, "nothing happened" must not be said any more. */
static op_verdict change_fail(struct request *req, int err)
{
	const struct registry_change *c = req->service_state;

	return request_fail(req, c->unknown ? ERR_OUTCOME_UNKNOWN : err);
}

static enum status_reason change_read(struct request *req, struct registry_change *c)
{
	const struct keyring *keys = req->shop->keys;

	digest_request(c->request_mac, keys, req->caller.code, req->method, req->body);
	digest_request(c->agreed_mac, keys, "", req->method, req->body);
	return c->kind->read(req, c);
}

static op_verdict change_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct registry_change *c = req->service_state;
	enum status_reason status = STATUS_OK;
	struct pg_unit *unit;
	int r;

	if (c->tries++ == REGISTRY_CHANGE_TRIES_MAX)
		return change_fail(req, ERR_DB_CONFLICT);
	if (c->tries == 1)
		status = change_read(req, c);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	unit = request_unit(req, NULL);
	r = store_reply_load(unit, &req->arena, key_bucket(req), req->caller.code,
		req->idempotency_key);
	if (r == 0)
		r = store_proposal_load(unit, &req->arena, c->agreed_mac);
	if (r == 0 && c->kind->ask != NULL)
		r = c->kind->ask(req, c, unit);
	if (r < 0)
		return change_fail(req, r);
	if (c->kind->is_slow)
		request_submit_slow(req);
	else
		request_submit_read(req);
	return op_wait(CHANGE_LOAD_WAIT);
}

static bool change_needs_two(const struct request *req, const struct registry_change *c)
{
	return c->always_two || (c->action != NULL && registry_word(req->registry, PARAM_TWO_PERSON,
		c->region, req->received_at_ms, c->action));
}

/* Whether two persons are needed, and this call is the first of them; *ret_second when it is the
 * second.  The same person twice is refused. */
static enum status_reason change_is_first(const struct request *req,
	const struct registry_change *c, bool *ret_first, bool *ret_second)
{
	struct proposal p;

	*ret_first = *ret_second = false;
	if (!change_needs_two(req, c))
		return STATUS_OK;
	*ret_first = !store_proposal_read(&req->unit, QUERY_PROPOSAL, &p) || p.used ||
		req->received_at_ms - p.proposed_at_ms >= PROPOSAL_LIFE_MS;
	if (*ret_first)
		return STATUS_OK;
	if (strcmp(p.office_code, req->caller.code) == 0 && strcmp(p.officer, req->caller.officer) == 0)
		return STATUS_SELF_APPROVAL;
	*ret_second = true;
	return STATUS_OK;
}

static int pack(struct request *req, const ProtobufCMessage *message, struct slice *ret)
{
	*ret = pbmsg_pack(message, &req->arena);
	return ret->data == NULL ? ERR_MEMORY : 0;
}

/* What its own event says beyond the subject. */
static void change_say(const struct registry_change *c, struct leaf *leaf)
{
	if (c->event_kind != RXCIRC__V1__EVENT_KIND__EVENT_KIND_UNSPECIFIED)
		leaf->kind = c->event_kind;
	leaf->record_sha256 = c->record_sha256;
	leaf->records = c->records;
	leaf->record_count = c->record_count;
	leaf->reason = c->reason;
	leaf->person_key = c->person_key;
	leaf->disclosed = c->disclosed;
	leaf->disclosed_count = c->disclosed_count;
}

static int change_make(struct request *req, struct registry_change *c)
{
	uint8_t *digest = arena_alloc(&req->arena, SHA256_LEN);
	const char *subject = c->proposed ?
		arena_printf(&req->arena, "proposal/%s", c->subject) : c->subject;
	struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_REGISTRY_CHANGED,
		.subject = subject,
		.subject_sha256 = c->subject_digest != NULL ? c->subject_digest : digest,
	};
	const ProtobufCMessage *reply = c->proposed ? c->reply_awaits : c->reply;
	int r;

	if (digest == NULL || subject == NULL)
		return ERR_MEMORY;
	digest_sha256(digest, req->body);
	if (!c->proposed)
		change_say(c, &leaf);
	r = leaf_make(req, &leaf, &c->event);
	c->event.bucket = key_bucket(req);
	if (r == 0)
		r = pack(req, reply, &c->write.reply);
	if (r == 0)
		r = pack(req, c->reply_unchanged == NULL || c->proposed ? reply : c->reply_unchanged,
			&c->write.reply_unchanged);
	c->write.event = &c->event;
	c->write.idempotency_key = req->idempotency_key;
	c->write.request_mac = c->request_mac;
	return r;
}

/* What was read is used up here: the unit is filled anew. */
static int change_write(struct request *req, struct registry_change *c, bool second)
{
	int r = change_make(req, c);
	struct pg_unit *unit;

	if (r < 0)
		return r;
	unit = request_unit(req, NULL);
	if (c->proposed)
		return store_proposal_put(unit, &req->arena, &c->write, c->agreed_mac,
			req->caller.officer);
	r = c->kind->write(req, c, &c->write, unit);
	if (r == 0 && second)
		r = store_proposal_use(unit, &req->arena, &c->write, c->agreed_mac,
			req->caller.officer);
	return r;
}

/* The stored answer is given again once it is certainly durable: a row may be seen before it is
 * replicated. */
static op_verdict change_answered_before(struct request *req, struct slice request_mac)
{
	const struct registry_change *c = req->service_state;
	int r;

	if (!slice_equal(request_mac, slice_of(c->request_mac, sizeof(c->request_mac))))
		return request_refuse(req, STATUS_IDEMPOTENCY_KEY_REUSED);
	r = store_reply_replay(request_unit(req, NULL), &req->arena, key_bucket(req),
		req->caller.code, req->idempotency_key);
	if (r < 0)
		return change_fail(req, r);
	request_submit_write(req);
	return op_wait(CHANGE_REPLAY_WAIT);
}

static op_verdict change_replayed(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct kept_reply kept;
	struct slice copy;

	if (req->unit.status < 0)
		return change_fail(req, req->unit.status);
	if (!store_reply_read(&req->unit, 0, &kept))
		return change_fail(req, ERR_DB_CONFLICT);
	if (kept.has_promise)
		request_promise(req, &kept.promise);
	copy = arena_copy(&req->arena, kept.reply); /* "unchanged" has no bytes at all */
	return copy.len != kept.reply.len ? change_fail(req, ERR_MEMORY) :
		request_reply_bytes(req, copy);
}

static op_verdict change_loaded(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct registry_change *c = req->service_state;
	enum status_reason status;
	struct kept_reply kept;
	bool second;
	int r = req->unit.status;

	if (r < 0)
		return change_fail(req, r);
	if (store_reply_read(&req->unit, QUERY_REPLY, &kept))
		return change_answered_before(req, kept.request_mac);
	status = c->kind->decide == NULL ? STATUS_OK : c->kind->decide(req, c);
	if (status == STATUS_OK)
		status = change_is_first(req, c, &c->proposed, &second);
	if (status != STATUS_OK)
		return c->unknown ? change_fail(req, ERR_OUTCOME_UNKNOWN) : request_refuse(req, status);
	r = change_write(req, c, second);
	if (r < 0)
		return change_fail(req, r);
	request_submit_write(req);
	return op_wait(CHANGE_STORE_WAIT);
}

/* What the tables themselves refuse is the record's fault. */
static op_verdict change_refused_by_table(struct request *req)
{
	if (strcmp(req->unit.sqlstate, "23503") == 0)
		request_find_field(req, "record", "refers to a record that does not exist", "引用了不存在的登记记录");
	else if (strcmp(req->unit.sqlstate, "23514") == 0)
		request_find_field(req, "record", "breaks a constraint of its table", "不满足登记表约束");
	else if (strcmp(req->unit.sqlstate, "23P01") == 0)
		request_find_field(req, "record", "overlaps a record that stands there", "与已有登记记录的期间重叠");
	else
		return request_fail(req, ERR_DB_REFUSED);
	return request_refuse(req, STATUS_REGISTRY_RECORD_INVALID);
}

static op_verdict change_stored(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct registry_change *c = req->service_state;
	int r = req->unit.status;
	bool changed;

	c->unknown = c->unknown || r == ERR_OUTCOME_UNKNOWN;
	if (r == ERR_OUTCOME_UNKNOWN || r == ERR_DB_UNIQUE || r == ERR_DB_CONFLICT)
		return c->tries == REGISTRY_CHANGE_TRIES_MAX ? change_fail(req, r) : op_goto(CHANGE_START);
	if (r == ERR_DB_REFUSED || r == ERR_DB_CHECK)
		return change_refused_by_table(req);
	if (r < 0)
		return change_fail(req, r);
	changed = registry_tail_changed(&req->unit, c->proposed ? 0 : c->kind->tail_query);
	if (!changed && c->kind->is_guarded && !c->proposed)
		return op_goto(CHANGE_START);
	if (changed)
		request_promise_event(req, &c->event);
	return request_reply_bytes(req, changed ? c->write.reply : c->write.reply_unchanged);
}

static const struct op_state change_states[CHANGE_STATES] = {
	[CHANGE_START] = {"start", change_start, OP_TO(CHANGE_LOAD_WAIT)},
	[CHANGE_LOAD_WAIT] = {"load-wait", change_loaded,
		OP_TO(CHANGE_REPLAY_WAIT) | OP_TO(CHANGE_STORE_WAIT)},
	[CHANGE_REPLAY_WAIT] = {"replay-wait", change_replayed, 0},
	[CHANGE_STORE_WAIT] = {"store-wait", change_stored, OP_TO(CHANGE_START)},
};

void registry_change_run(struct request *req, const struct registry_change_kind *kind,
	size_t state_size)
{
	struct registry_change *c = request_state(req, state_size);

	if (c == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	c->kind = kind;
	c->subject = "";
	c->region = "";
	request_run(req, change_states, CHANGE_STATES);
}
