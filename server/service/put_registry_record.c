/* Agency/PutRegistryRecord: write one record of the registry; provincial officers only.
 *
 *   START --> EARLIER_WAIT --> STORE_WAIT --> done
 *     |           |                |
 *     +-> done    +--> done        +--> START   (outcome unknown, or the key was used just now)
 *     (refused)   (answered before)
 *
 * The record, the new registry version, the event, the answer and the notification that makes every
 * server node reload are one statement.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "crypto/digest.h"
#include "rxcirc/v1/agency.pb-c.h"
#include "service/leaf.h"
#include "service/record_check.h"
#include "service/services.h"
#include "store/prescription.h"
#include "store/registry_write.h"

enum { PUT_START, PUT_EARLIER_WAIT, PUT_STORE_WAIT, PUT_STATES };
enum { PUT_TRIES_MAX = 4 };

struct put {
	unsigned tries;
	bool unknown; /* a write was sent whose outcome nobody has told yet */
	const Rxcirc__V1__PutRegistryRecordRequest *message;
	struct checked_record checked;
	uint8_t record_sha256[SHA256_LEN];
	uint8_t request_mac[32];
	struct event event;
	struct slice reply_changed, reply_unchanged;
};

/* Answers to registry calls lie in the bucket their key falls into. */
static uint16_t key_bucket(const struct request *req)
{
	return (uint16_t)(req->idempotency_key[0] << 8 | req->idempotency_key[1]);
}

static enum status_reason put_read(struct request *req, struct put *p)
{
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__put_registry_record_request__descriptor, &p->message);

	if (status != STATUS_OK)
		return status;
	digest_request(p->request_mac, req->shop->keys, req->caller.code, req->method, req->body);
	digest_sha256(p->record_sha256, req->body);
	return record_check(req, p->message->record, &p->checked);
}

/* Once nobody knows whether a write happened, "nothing happened" must not be said any more. */
static op_verdict put_fail(struct request *req, int err)
{
	const struct put *p = req->service_state;

	return request_fail(req, p->unknown ? ERR_OUTCOME_UNKNOWN : err);
}

static op_verdict put_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct put *p = req->service_state;
	enum status_reason status = STATUS_OK;
	int r;

	if (p->tries++ == PUT_TRIES_MAX)
		return put_fail(req, ERR_DB_CONFLICT);
	if (p->tries == 1)
		status = put_read(req, p);
	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = store_reply_load(request_unit(req, NULL), &req->arena, key_bucket(req), req->caller.code,
		req->idempotency_key);
	if (r < 0)
		return put_fail(req, r);
	request_submit_read(req);
	return op_wait(PUT_EARLIER_WAIT);
}

static int put_reply_bytes(struct request *req, bool changed, struct slice *ret)
{
	Rxcirc__V1__PutRegistryRecordResponse m = RXCIRC__V1__PUT_REGISTRY_RECORD_RESPONSE__INIT;

	m.changed = changed;
	*ret = pbmsg_pack(&m, &req->arena);
	return ret->data == NULL ? ERR_MEMORY : 0;
}

static int put_make(struct request *req, struct put *p)
{
	const struct leaf leaf = {
		.kind = RXCIRC__V1__EVENT_KIND__EVENT_KIND_REGISTRY_CHANGED,
		.subject = p->checked.subject,
		.subject_sha256 = p->record_sha256,
	};
	int r = leaf_make(req, &leaf, &p->event);

	if (r == 0)
		r = put_reply_bytes(req, true, &p->reply_changed);
	if (r == 0)
		r = put_reply_bytes(req, false, &p->reply_unchanged);
	p->event.bucket = key_bucket(req);
	return r;
}

static int put_fill_unit(struct request *req, struct put *p)
{
	struct registry_put put = {
		.record = p->message->record,
		.statement = p->checked.statement,
		.key_id = p->checked.key_id,
		.event = &p->event,
		.idempotency_key = req->idempotency_key,
		.request_mac = p->request_mac,
		.reply_changed = p->reply_changed,
		.reply_unchanged = p->reply_unchanged,
	};

	if (put.statement != NULL) {
		put.statement_bytes = pbmsg_pack(p->message->record->key->statement, &req->arena);
		if (put.statement_bytes.data == NULL)
			return ERR_MEMORY;
	}
	return store_registry_put(request_unit(req, NULL), &req->arena, &put);
}

static op_verdict put_looked(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct put *p = req->service_state;
	struct slice mac, reply, copy;
	int r = req->unit.status;

	if (r < 0)
		return put_fail(req, r);
	if (store_reply_read(&req->unit, 0, &mac, &reply)) {
		if (!slice_equal(mac, slice_of(p->request_mac, sizeof(p->request_mac))))
			return request_refuse(req, STATUS_IDEMPOTENCY_KEY_REUSED);
		copy = arena_copy(&req->arena, reply); /* "unchanged" has no bytes at all */
		return copy.len != reply.len ? put_fail(req, ERR_MEMORY) : request_reply_bytes(req, copy);
	}
	r = put_make(req, p);
	if (r == 0)
		r = put_fill_unit(req, p);
	if (r < 0)
		return put_fail(req, r);
	request_submit_write(req);
	return op_wait(PUT_STORE_WAIT);
}

/* What the tables themselves refuse is the record's fault. */
static op_verdict put_refused_by_table(struct request *req)
{
	if (strcmp(req->unit.sqlstate, "23503") == 0)
		request_find_field(req, "record", "refers to a record that does not exist", "引用了不存在的登记记录");
	else if (strcmp(req->unit.sqlstate, "23514") == 0)
		request_find_field(req, "record", "breaks a constraint of its table", "不满足登记表约束");
	else
		return request_fail(req, ERR_DB_REFUSED);
	return request_refuse(req, STATUS_REGISTRY_RECORD_INVALID);
}

static op_verdict put_stored(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct put *p = req->service_state;
	int r = req->unit.status;

	p->unknown = p->unknown || r == ERR_OUTCOME_UNKNOWN;
	if (r == ERR_OUTCOME_UNKNOWN || r == ERR_DB_UNIQUE || r == ERR_DB_CONFLICT)
		return p->tries == PUT_TRIES_MAX ? put_fail(req, r) : op_goto(PUT_START);
	if (r == ERR_DB_REFUSED)
		return put_refused_by_table(req);
	if (r < 0)
		return put_fail(req, r);
	return request_reply_bytes(req,
		store_registry_changed(&req->unit) ? p->reply_changed : p->reply_unchanged);
}

static const struct op_state put_states[PUT_STATES] = {
	[PUT_START] = {"start", put_start, OP_TO(PUT_EARLIER_WAIT)},
	[PUT_EARLIER_WAIT] = {"earlier-wait", put_looked, OP_TO(PUT_STORE_WAIT)},
	[PUT_STORE_WAIT] = {"store-wait", put_stored, OP_TO(PUT_START)},
};

void put_registry_record_start(struct request *req)
{
	if (request_state(req, sizeof(struct put)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, put_states, PUT_STATES);
}
