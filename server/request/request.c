/* The request's life and its endings. */
#include "request/request.h"

#include <string.h>

#include "codec/pbmsg.h"

void request_init(struct request *req)
{
	memset(req, 0, offsetof(struct request, arena));
	arena_init(&req->arena);
}

void request_end(struct request *req)
{
	pg_unit_clear(&req->unit);
	arena_reset(&req->arena);
	memset(req, 0, offsetof(struct request, arena));
}

static void request_steps_done(struct op *op)
{
	struct request *req = REQUEST_OF(op);

	req->finished(req);
}

void request_run(struct request *req, const struct op_state *states, unsigned count)
{
	op_start(&req->op, states, count, request_steps_done);
}

void request_end_early(struct request *req, enum status_reason reason)
{
	(void)request_refuse(req, reason); /* the verdict is for steps */
	req->finished(req);
}

void *request_state(struct request *req, size_t size)
{
	req->service_state = arena_zalloc(&req->arena, size);
	return req->service_state;
}

enum status_reason request_unpack(struct request *req, const ProtobufCMessageDescriptor *type,
	void *ret_message)
{
	switch (pbmsg_open(ret_message, type, &req->arena, req->body)) {
	case 0:
		return STATUS_OK;
	case ERR_MEMORY:
		return STATUS_BUSY;
	default:
		return STATUS_BODY_MALFORMED;
	}
}

void request_promise(struct request *req, const struct promise *promise)
{
	req->has_promise = true;
	req->promise = *promise;
}

void request_promise_event(struct request *req, const struct event *event)
{
	req->has_promise = true;
	req->promise.at_ms = event->at_ms;
	memcpy(req->promise.event_id, event->event_id, EVENT_ID_LEN);
	memcpy(req->promise.leaf_hash, event->leaf_hash, SHA256_LEN);
}

op_verdict request_reply_bytes(struct request *req, struct slice message)
{
	req->status = STATUS_OK;
	req->reply = message;
	return op_done();
}

op_verdict request_reply(struct request *req, const ProtobufCMessage *message)
{
	struct slice bytes = pbmsg_pack(message, &req->arena);

	if (bytes.data == NULL)
		return request_fail(req, ERR_MEMORY);
	return request_reply_bytes(req, bytes);
}

op_verdict request_refuse(struct request *req, enum status_reason reason)
{
	ensure(reason != STATUS_OK);
	req->status = reason;
	req->has_promise = false;
	req->reply = slice_of(NULL, 0);
	return op_done();
}

enum { RETRY_AFTER_BUSY_MS = 50, RETRY_AFTER_DATABASE_MS = 500 };

op_verdict request_fail(struct request *req, int err)
{
	switch (err) {
	case ERR_MEMORY:
	case ERR_FULL:
		req->retry_after_ms = RETRY_AFTER_BUSY_MS;
		return request_refuse(req, STATUS_BUSY);
	case ERR_TIMEOUT:
		return request_refuse(req, STATUS_DEADLINE_EXCEEDED);
	case ERR_DB_AWAY:
		req->retry_after_ms = RETRY_AFTER_DATABASE_MS;
		return request_refuse(req, STATUS_DATABASE_AWAY);
	case ERR_DB_CONFLICT:
	case ERR_DB_UNIQUE:
		return request_refuse(req, STATUS_CONTENDED);
	case ERR_OUTCOME_UNKNOWN:
		return request_refuse(req, STATUS_OUTCOME_UNKNOWN);
	case ERR_DAMAGED:
		return request_refuse(req, STATUS_DATA_DAMAGED);
	case ERR_STALE:
		return request_refuse(req, STATUS_REGISTRY_STALE);
	default:
		return request_refuse(req, STATUS_INTERNAL);
	}
}

static bool findings_room(struct request *req)
{
	if (req->findings == NULL)
		req->findings = arena_array(&req->arena, FINDINGS_MAX, sizeof(Rxcirc__V1__Finding *));
	return req->findings != NULL && req->findings_count < FINDINGS_MAX;
}

/* Messages hold char * although nobody writes through them. */
static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

void request_find(struct request *req, const char *rule, Rxcirc__V1__Severity severity,
	const char *field, const char *source, const char *english, const char *chinese)
{
	Rxcirc__V1__Finding *f;

	if (!findings_room(req))
		return;
	f = arena_alloc(&req->arena, sizeof(*f));
	if (f == NULL)
		return;
	rxcirc__v1__finding__init(f);
	f->rule = borrowed(rule);
	f->severity = severity;
	f->field = borrowed(field);
	f->source = borrowed(source);
	f->message = borrowed(english);
	f->message_zh = borrowed(chinese);
	req->findings[req->findings_count++] = f;
}

void request_find_field(struct request *req, const char *field, const char *english,
	const char *chinese)
{
	request_find(req, "FIELD", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, field, "", english, chinese);
}

static void request_unit_done(struct pg_unit *unit)
{
	struct request *req = container_of(unit, struct request, unit);

	op_resume(&req->op);
}

struct pg_unit *request_unit(struct request *req, const uint8_t *row_key)
{
	pg_unit_clear(&req->unit);
	pg_unit_init(&req->unit, request_unit_done);
	req->unit.deadline_mono_ms = req->deadline_mono_ms;
	if (row_key != NULL)
		memcpy(req->unit.row_key, row_key, PG_ROW_KEY_LEN);
	return &req->unit;
}

void request_submit_read(struct request *req)
{
	pg_submit(req->shop->read, &req->unit);
}

void request_submit_write(struct request *req)
{
	pg_submit(req->shop->write, &req->unit);
}

void request_submit_slow(struct request *req)
{
	pg_submit(req->shop->slow, &req->unit);
}
