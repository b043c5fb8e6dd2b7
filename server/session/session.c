#include "session/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ensure.h"
#include "base/err.h"
#include "base/log.h"
#include "session/budget.h"
#include "session/identity.h"
#include "session/receipt_desk.h"

struct session {
	struct list link; /* of the reception */
	struct reception *reception;
	struct session_wire *wire; /* NULL when the connection is gone */
	struct list calls;         /* in flight, streams among them */
	unsigned in_flight;        /* without the streams */
	unsigned streams;
	bool stopping;             /* streams are being stopped: do not go away under them */
	uint8_t spki[SHA256_LEN];
};

/* ---- answers ------------------------------------------------------------------------------- */

static void session_count(struct session *s, const struct dispatch_row *row,
	enum status_reason status)
{
	struct reception_metrics *m = &s->reception->metrics;
	unsigned method = row != NULL ? dispatch_index(row) : DISPATCH_METHODS;

	metric_add(&m->answers[status], 1);
	metric_add(&m->methods[method].ended[status_row_of(status)->retry_class], 1);
}

static void session_send(struct session *s, const struct envelope_answer *answer)
{
	struct slice frame;

	if (s->wire == NULL) {
		metric_add(&s->reception->metrics.unsent, 1);
		return;
	}
	if (envelope_write(s->reception->frame, answer, &frame) < 0) {
		struct envelope_answer instead = {.call_id = answer->call_id, .status = STATUS_INTERNAL};

		log_error("an answer of %zu bytes cannot be sent: it exceeds a frame", answer->reply.len);
		ensure(envelope_write(s->reception->frame, &instead, &frame) == 0);
	}
	s->wire->send(s->wire, frame);
}

void session_refuse(struct session *s, enum status_reason reason)
{
	struct envelope_answer answer = {.call_id = 0, .status = reason};

	metric_add(&s->reception->metrics.answers[reason], 1);
	session_send(s, &answer);
}

/* ---- life ---------------------------------------------------------------------------------- */

struct session *session_of_link(struct list *link)
{
	return container_of(link, struct session, link);
}

unsigned session_in_flight(const struct session *s)
{
	return s->in_flight;
}

bool session_is_idle(const struct session *s)
{
	return list_is_empty(&s->calls);
}

struct session *session_open(struct reception *reception, const uint8_t spki[SHA256_LEN],
	struct session_wire *wire)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->reception = reception;
	s->wire = wire;
	memcpy(s->spki, spki, sizeof(s->spki));
	list_init(&s->calls);
	list_append(&reception->sessions, &s->link);
	metric_add(&reception->metrics.sessions, 1);
	return s;
}

static void session_free(struct session *s)
{
	ensure(s->in_flight == 0 && s->streams == 0 && list_is_empty(&s->calls));
	list_remove(&s->link);
	metric_add(&s->reception->metrics.sessions, (uint64_t)-1);
	free(s);
}

/* The last call has ended: the session goes with its connection, or lets it go. */
static void session_settle(struct session *s)
{
	if (s->stopping || !session_is_idle(s))
		return;
	if (s->wire == NULL)
		session_free(s);
	else if (s->reception->draining)
		s->wire->finish(s->wire);
}

/* One that was not started yet has nobody to be told. */
static void session_stop_stream(struct call *call, enum status_reason reason)
{
	if (call->request.stop != NULL) {
		call->request.stop(&call->request, reason);
		return;
	}
	call->stopped = true;
	call->stop_reason = reason;
}

static void session_stop_streams(struct session *s, enum status_reason reason)
{
	s->stopping = true;
	for (struct list *l = s->calls.next, *next = l->next; l != &s->calls;
		l = next, next = l->next) {
		struct call *call = container_of(l, struct call, link);

		if (call->row->stream)
			session_stop_stream(call, reason);
	}
	s->stopping = false;
}

void session_close(struct session *s)
{
	ensure(s->wire != NULL);
	s->wire = NULL;
	session_stop_streams(s, STATUS_OK);
	session_settle(s);
}

void session_drain(struct session *s)
{
	if (s->wire == NULL)
		return;
	session_refuse(s, STATUS_DRAINING);
	session_stop_streams(s, STATUS_DRAINING);
	session_settle(s);
}

/* A stale registry is no reason to send a peer away: it is asked again at every call. */
enum session_verdict session_greet(struct session *s)
{
	struct reception *r = s->reception;
	enum status_reason reason;
	struct caller caller;

	if (r->draining) {
		session_refuse(s, STATUS_DRAINING);
		return SESSION_END;
	}
	if (r->registry == NULL ||
		!freshness_holds(r->options.freshness, r->options.registry_stale_ms))
		return SESSION_GO_ON;
	reason = identity_of(r->registry, s->spki, clock_wall_ms(), &caller);
	if (reason != STATUS_CERTIFICATE_NOT_REGISTERED && reason != STATUS_CERTIFICATE_NOT_VALID)
		return SESSION_GO_ON;
	session_refuse(s, reason);
	return SESSION_END;
}

/* ---- the end of a call --------------------------------------------------------------------- */

static void session_log_call(const struct call *call)
{
	const struct request *req = &call->request;
	const struct status_row *status = status_row_of(req->status);

	if (status->retry_class == RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_UNKNOWN ||
		status->retry_class == RXCIRC__V1__RETRY_CLASS__RETRY_CLASS_FATAL)
		log_warn("a call could not be completed method=%s institution=%s status=%s trace=%s",
			call->row->method, req->caller.code, status->reason, call->traceparent);
	else
		log_debug("call method=%s institution=%s status=%s trace=%s", call->row->method,
			req->caller.code, status->reason, call->traceparent);
}

static void session_end_call(struct call *call)
{
	struct request *req = &call->request;
	struct session *s = call->session;
	struct envelope_answer answer = {
		.call_id = req->call_id,
		.status = req->status,
		.retry_after_ms = req->retry_after_ms,
		.reply = req->reply,
		.findings = req->findings,
		.findings_count = req->findings_count,
		.receipt = call->receipt,
		.proof = call->proof,
	};

	session_count(s, call->row, req->status);
	session_log_call(call);
	list_remove(&call->link);
	if (call->row->stream)
		s->streams--;
	else
		s->in_flight--;
	if (call->row->slow)
		s->reception->slow_calls--;
	session_send(s, &answer);
	reception_return(s->reception, call);
	session_settle(s);
}

void session_answer_call(struct call *call)
{
	struct reception_metrics *m = &call->session->reception->metrics;

	/* How long somebody watched says nothing about how fast we are; nor who waits for a proof. */
	if (!call->row->stream && !call->wants_proof)
		metric_observe(&m->methods[dispatch_index(call->row)].us, &metric_time,
			(uint64_t)(clock_mono_us() - call->received_us));
	session_end_call(call);
}

static void session_on_finished(struct request *req)
{
	struct call *call = container_of(req, struct call, request);
	struct receipt_desk *desk = call->session->reception->options.desk;

	if (req->has_promise && req->status == STATUS_OK && desk != NULL)
		receipt_desk_take(desk, call);
	else
		session_answer_call(call);
}

/* Nothing has happened yet, so a call nobody waits for any more is not begun. */
void session_start_call(struct call *call)
{
	if (call->stopped) {
		call->request.status = call->stop_reason;
		session_end_call(call);
		return;
	}
	if (call->session->wire == NULL || clock_mono_ms() >= call->request.deadline_mono_ms) {
		call->request.status = STATUS_DEADLINE_EXCEEDED;
		session_end_call(call);
		return;
	}
	call->row->start(&call->request);
}

/* ---- the beginning of a call --------------------------------------------------------------- */

/* What is known about a frame while it passes the checks. */
struct intake {
	struct session *session;
	const Rxcirc__V1__ClientFrame *frame;
	const struct dispatch_row *row; /* NULL until the method is known */
	struct caller caller;
	int64_t wall_ms;
	int64_t mono_us;
	uint32_t retry_after_ms;
	const char *field;
	Rxcirc__V1__Finding **finding; /* which budget; NULL = none */
};

static enum status_reason session_check_node(struct intake *in)
{
	const struct reception *r = in->session->reception;

	if (r->draining)
		return STATUS_DRAINING;
	if (r->registry != NULL && freshness_holds(r->options.freshness, r->options.registry_stale_ms))
		return STATUS_OK;
	in->retry_after_ms = STALE_RETRY_AFTER_MS;
	return STATUS_REGISTRY_STALE;
}

static enum status_reason session_check_caller(struct intake *in)
{
	return identity_of(in->session->reception->registry, in->session->spki, in->wall_ms,
		&in->caller);
}

static enum status_reason session_check_role(const struct dispatch_row *row,
	const struct caller *caller)
{
	if ((row->roles & caller->role) == 0)
		return caller->role == CALLER_APPLICANT ? caller->closed : STATUS_ROLE_NOT_ALLOWED;
	if (caller_is_officer(caller) && row->duties != 0 && (row->duties & caller->duties) == 0)
		return STATUS_DUTY_NOT_HELD;
	return STATUS_OK;
}

static enum status_reason session_check_method(struct intake *in)
{
	enum status_reason reason;

	in->row = dispatch_find(in->frame->method);
	if (in->row == NULL)
		return STATUS_METHOD_UNKNOWN;
	reason = session_check_role(in->row, &in->caller);
	if (reason != STATUS_OK)
		return reason;
	return in->frame->body.len > in->row->body_len_max ? STATUS_BODY_TOO_LARGE : STATUS_OK;
}

static enum status_reason session_check_envelope(struct intake *in)
{
	size_t key_len = in->frame->idempotency_key.len;
	const char *traceparent = in->frame->traceparent;

	if (in->row->mutating && key_len != IDEMPOTENCY_KEY_LEN)
		return STATUS_IDEMPOTENCY_KEY_MISSING;
	if (!in->row->mutating && key_len != 0) {
		in->field = "idempotency_key";
		return STATUS_FIELD_INVALID;
	}
	if (traceparent[0] != '\0' && !envelope_is_traceparent(traceparent)) {
		in->field = "traceparent";
		return STATUS_FIELD_INVALID;
	}
	return STATUS_OK;
}

static enum status_reason session_check_budgets(struct intake *in)
{
	struct reception *r = in->session->reception;
	enum budget budget = BUDGET_CALLS;

	in->retry_after_ms = admission_take(r->options.admission, in->caller.code, in->mono_us);
	if (in->retry_after_ms == 0 && in->row->polling) {
		budget = BUDGET_POLLS;
		in->retry_after_ms = admission_take(r->options.polls, in->caller.code, in->mono_us);
	}
	if (in->retry_after_ms == 0)
		return STATUS_OK;
	in->finding = budget_finding(budget);
	metric_add(&r->metrics.over_budget[budget][budget_class(in->caller.role)], 1);
	return STATUS_BUDGET_EXCEEDED;
}

static bool session_has_room(const struct intake *in)
{
	const struct reception *r = in->session->reception;

	if (in->row->stream)
		return in->session->streams < STREAMS_MAX && !list_is_empty(&r->free_streams);
	return in->session->in_flight < CALLS_IN_FLIGHT_MAX && !list_is_empty(&r->free_calls) &&
		(!in->row->slow || r->slow_calls < RECEPTION_SLOW_MAX);
}

static enum status_reason session_check_load(struct intake *in)
{
	enum status_reason reason = session_check_budgets(in);

	if (reason != STATUS_OK || session_has_room(in))
		return reason;
	in->retry_after_ms = BUSY_RETRY_AFTER_MS;
	return STATUS_BUSY;
}

static enum status_reason session_check(struct intake *in)
{
	static enum status_reason (*const checks[])(struct intake *) = {
		session_check_node,
		session_check_caller,
		session_check_method,
		session_check_envelope,
		session_check_load,
	};
	enum status_reason reason = STATUS_OK;

	for (unsigned i = 0; i < ARRAY_LEN(checks) && reason == STATUS_OK; i++)
		reason = checks[i](in);
	return reason;
}

static int64_t session_deadline_ms(const struct dispatch_row *row, uint32_t asked_ms)
{
	if (row->stream)
		return asked_ms != 0 && asked_ms < STREAM_MS_MAX ? asked_ms : STREAM_MS_MAX;
	if (asked_ms == 0)
		return DEADLINE_MS_DEFAULT;
	return asked_ms < DEADLINE_MS_MAX ? asked_ms : DEADLINE_MS_MAX;
}

/* ---- streams ------------------------------------------------------------------------------- */

/* Whether this caller may be told one part more; certificate, standing and agreement may have ended
 * since the last one. */
static enum status_reason session_check_part(const struct call *call)
{
	const struct reception *r = call->session->reception;
	struct caller caller;
	enum status_reason reason;

	if (!freshness_holds(r->options.freshness, r->options.registry_stale_ms))
		return STATUS_REGISTRY_STALE;
	reason = identity_of(r->registry, call->session->spki, clock_wall_ms(), &caller);
	if (reason == STATUS_OK)
		reason = session_check_role(call->row, &caller);
	if (reason == STATUS_OK && strcmp(caller.code, call->request.caller.code) != 0)
		reason = STATUS_CERTIFICATE_NOT_VALID;
	return reason;
}

static enum status_reason session_part(struct request *req, struct slice message)
{
	struct call *call = container_of(req, struct call, request);
	struct envelope_answer answer = {.call_id = req->call_id, .reply = message, .more = true};
	enum status_reason reason = session_check_part(call);
	struct reception *r = call->session->reception;
	struct slice frame;

	if (reason != STATUS_OK)
		return reason;
	ensure(call->session->wire != NULL); /* streams are stopped before it goes */
	if (envelope_write(r->frame, &answer, &frame) < 0)
		return STATUS_INTERNAL;
	call->session->wire->send(call->session->wire, frame);
	return STATUS_OK;
}

static bool session_is_clogged(struct request *req)
{
	const struct call *call = container_of(req, struct call, request);
	struct session_wire *wire = call->session->wire;

	return wire->backlog(wire) > STREAM_BACKLOG_MAX;
}

static struct call *session_call_of(struct session *s, uint64_t call_id)
{
	for (struct list *l = s->calls.next; l != &s->calls; l = l->next) {
		struct call *call = container_of(l, struct call, link);

		if (call->request.call_id == call_id)
			return call;
	}
	return NULL;
}

/* Only a stream is ended early; its last answer may be on its way already. */
static void session_cancel(struct session *s, uint64_t call_id)
{
	struct call *call = session_call_of(s, call_id);

	if (call != NULL && call->row->stream)
		session_stop_stream(call, STATUS_OK);
}

/* ---- admission ----------------------------------------------------------------------------- */

/* Fill the request; false when the arena cannot hold the body. */
static bool session_fill(struct call *call, const struct intake *in)
{
	struct reception *r = in->session->reception;
	struct request *req = &call->request;
	const Rxcirc__V1__ClientFrame *frame = in->frame;

	call->session = in->session;
	call->row = in->row;
	call->received_us = in->mono_us;
	call->registry = in->row->stream ? NULL : registry_ref(r->registry);
	memcpy(call->traceparent, frame->traceparent, strlen(frame->traceparent) + 1);
	req->shop = r->options.shop;
	req->registry = call->registry;
	req->caller = in->caller;
	req->call_id = frame->call_id;
	req->method = in->row->method;
	req->body = arena_copy(&req->arena, slice_of(frame->body.data, frame->body.len));
	req->has_key = in->row->mutating;
	call->wants_proof = in->row->mutating && frame->want_proof;
	if (req->has_key)
		memcpy(req->idempotency_key, frame->idempotency_key.data, IDEMPOTENCY_KEY_LEN);
	req->received_at_ms = in->wall_ms;
	req->deadline_mono_ms = in->mono_us / 1000 + session_deadline_ms(in->row, frame->deadline_ms);
	req->finished = session_on_finished;
	req->part = session_part;
	req->is_clogged = session_is_clogged;
	return req->body.len == frame->body.len;
}

static enum status_reason session_admit(struct intake *in)
{
	struct session *s = in->session;
	struct call *call = reception_take(s->reception, in->row->stream);

	ensure(call != NULL); /* the check of the load saw a free one */
	if (!session_fill(call, in)) {
		reception_return(s->reception, call);
		in->retry_after_ms = BUSY_RETRY_AFTER_MS;
		return STATUS_BUSY;
	}
	list_append(&s->calls, &call->link);
	if (in->row->stream)
		s->streams++;
	else
		s->in_flight++;
	if (in->row->slow)
		s->reception->slow_calls++;
	reception_enqueue(s->reception, call);
	return STATUS_OK;
}

static bool session_call_id_is_free(struct session *s, uint64_t call_id)
{
	return call_id != 0 && call_id <= INT64_MAX && session_call_of(s, call_id) == NULL;
}

static void session_take_frame(struct session *s, const Rxcirc__V1__ClientFrame *frame)
{
	struct intake in = {
		.session = s,
		.frame = frame,
		.wall_ms = clock_wall_ms(),
		.mono_us = clock_mono_us(),
	};
	enum status_reason reason = session_check(&in);
	struct envelope_answer answer;

	if (reason == STATUS_OK)
		reason = session_admit(&in);
	if (reason == STATUS_OK)
		return;
	session_count(s, in.row, reason);
	answer = (struct envelope_answer){
		.call_id = frame->call_id,
		.status = reason,
		.retry_after_ms = in.retry_after_ms,
		.field = in.field,
		.findings = in.finding,
		.findings_count = in.finding != NULL,
	};
	session_send(s, &answer);
}

enum session_verdict session_receive(struct session *s, struct slice body)
{
	enum session_verdict verdict = SESSION_END;
	Rxcirc__V1__ClientFrame *frame;

	ensure(s->wire != NULL);
	if (envelope_read(&s->reception->envelope, body, &frame) < 0) {
		session_refuse(s, STATUS_FRAME_MALFORMED);
	} else if (frame->cancel) {
		session_cancel(s, frame->call_id);
		verdict = SESSION_GO_ON;
	} else if (!session_call_id_is_free(s, frame->call_id)) {
		session_refuse(s, STATUS_CALL_ID_IN_USE);
	} else {
		session_take_frame(s, frame);
		verdict = SESSION_GO_ON;
	}
	arena_reset(&s->reception->envelope);
	return verdict;
}
