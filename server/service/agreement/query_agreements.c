/* Agreements/QueryAgreements: one agreement with its text and history, or a page of agreements or
 * open tasks.
 *
 *   START --> PAGE_WAIT --> done
 *
 * Officers see their region's, institutions their own and those of their house.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "db/pg_value.h"
#include "rxcirc/v1/agreement.pb-c.h"
#include "service/agreement/agreement_desk.h"
#include "service/agreement/agreement_due.h"
#include "service/services.h"
#include "store/agreement_list.h"

enum { QUERY_START, QUERY_PAGE_WAIT, QUERY_STATES };
enum { RESULT_LIST, RESULT_STEPS, RESULT_UNLAID = RESULT_STEPS };
enum { STEPS_SHOWN_MAX = 200 };

struct query {
	const Rxcirc__V1__QueryAgreementsRequest *message;
	struct agreement_filter filter;
	char region[REGION_CODE_LEN + 1];
	Rxcirc__V1__QueryAgreementsResponse reply;
	size_t room; /* for agreements in the reply */
};

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)borrowed;
}

static ProtobufCBinaryData bytes(struct slice s)
{
	return (ProtobufCBinaryData){s.len, (uint8_t *)(uintptr_t)s.data};
}

/* Who asks narrows what is asked for. */
static enum status_reason query_take_scope(const struct request *req, struct query *q)
{
	const Rxcirc__V1__QueryAgreementsRequest *m = q->message;

	q->filter.institution_code = m->institution_code;
	q->filter.region_prefix = q->region;
	memcpy(q->region, m->region, strlen(m->region) + 1);
	if (!caller_is_officer(&req->caller)) {
		q->filter.institution_code = req->caller.code;
		return m->institution_code[0] == '\0' ||
			strcmp(m->institution_code, req->caller.code) == 0 ? STATUS_OK :
			STATUS_SCOPE_NOT_ALLOWED;
	}
	if (m->region[0] == '\0')
		caller_scope(&req->caller, q->region);
	else if (!caller_covers(&req->caller, m->region))
		return STATUS_SCOPE_NOT_ALLOWED;
	return STATUS_OK;
}

static enum status_reason query_read(struct request *req, struct query *q)
{
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__query_agreements_request__descriptor, &q->message);

	if (status != STATUS_OK)
		return status;
	if (q->message->institution_code[0] != '\0')
		want_institution(&w, "institution_code", q->message->institution_code);
	if (q->message->region[0] != '\0')
		want_region(&w, "region", q->message->region);
	if (q->message->page_size > AGREEMENTS_PAGE_MAX)
		want_fault(&w, "page_size", "at most 50", "至多 50");
	want_short(&w, "after_id", q->message->after_id, CODE_MAX);
	want_short(&w, "id", q->message->id, CODE_MAX);
	status = agreement_want_status(&w);
	if (status != STATUS_OK)
		return status;
	q->filter.overdue = q->message->overdue;
	q->filter.now_ms = req->received_at_ms;
	q->filter.after_id = q->message->after_id;
	q->filter.limit = 1 + (q->message->page_size == 0 ? (int32_t)AGREEMENTS_PAGE_MAX :
		(int32_t)q->message->page_size); /* one more tells whether another page follows */
	return query_take_scope(req, q);
}

static bool shows_unlaid(const struct query *q)
{
	return q->message->overdue && !q->message->tasks && q->message->after_id[0] == '\0';
}

static int query_ask(struct request *req, struct query *q)
{
	struct pg_unit *unit = request_unit(req, NULL);
	int r;

	if (q->message->id[0] != '\0')
		return store_agreement_one(unit, &req->arena, q->message->id);
	if (q->message->tasks)
		return store_agreement_tasks(unit, &req->arena, &q->filter);
	r = store_agreements_page(unit, &req->arena, &q->filter);
	if (r == 0 && shows_unlaid(q))
		r = store_agreements_unlaid(unit, &req->arena, &q->filter);
	return r;
}

static op_verdict query_start(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct query *q = req->service_state;
	enum status_reason status = query_read(req, q);
	int r;

	if (status != STATUS_OK)
		return request_refuse(req, status);
	r = query_ask(req, q);
	if (r < 0)
		return request_fail(req, r);
	request_submit_read(req);
	return op_wait(QUERY_PAGE_WAIT);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void show_state(Rxcirc__V1__Agreement *m, const struct agreement *a, int64_t now_ms)
{
	unsigned causes = agreement_causes_at(a, now_ms);
	enum agreement_state state = agreement_state_at(a, now_ms);

	m->state = (Rxcirc__V1__AgreementState)state;
	m->suspended_by_own = state == AGREEMENT_SUSPENDED && causes & AGREEMENT_CAUSE_OWN;
	m->suspended_by_host = state == AGREEMENT_SUSPENDED && causes & AGREEMENT_CAUSE_HOST;
	m->starts_ms = a->starts_ms;
	m->ends_ms = a->ends_ms;
	m->institution_signed_ms = a->institution_signed_ms;
	m->agency_signed_ms = a->agency_signed_ms;
	m->suspended_from_ms = a->own.from_ms;
	m->suspended_until_ms = a->own.until_ms;
	m->ended_from_ms = a->ended_from_ms;
}

static void show_row(Rxcirc__V1__Agreement *m, const struct agreement_row *row, int64_t now_ms)
{
	m->id = text(row->a.id);
	m->text = bytes(row->text);
	m->text_sha256 = bytes(row->sha256);
	m->kind = (Rxcirc__V1__AgreementKind)row->a.kind;
	m->institution_code = text(row->a.institution_code);
	m->host_agreement_id = text(row->a.host_agreement_id);
	m->region = text(row->region);
	show_state(m, &row->a, now_ms);
	m->sign_due_ms = row->sign_due_ms;
	m->overdue = row->sign_due_ms != 0 && row->sign_due_ms < now_ms && row->a.ended_from_ms == 0 &&
		!agreement_is_concluded(&row->a);
	m->template_version = text(row->template_version);
	m->application_id = text(row->application_id);
	m->legacy = row->legacy;
	m->form = (Rxcirc__V1__AgreementForm)row->form;
	m->licence = (Rxcirc__V1__LicenceKind)row->licence;
}

/* A new one at the end of the reply, or NULL. */
static Rxcirc__V1__Agreement *show_next(struct request *req, struct query *q)
{
	Rxcirc__V1__Agreement *m = arena_alloc(&req->arena, sizeof(*m));

	if (m == NULL || q->reply.n_agreements == q->room)
		return NULL;
	rxcirc__v1__agreement__init(m);
	q->reply.agreements[q->reply.n_agreements++] = m;
	return m;
}

static int show_page(struct request *req, struct query *q)
{
	int rows = pg_rows(&req->unit, RESULT_LIST);

	q->reply.more = rows == q->filter.limit;
	for (int row = 0; row < rows - (int)q->reply.more; row++) {
		Rxcirc__V1__Agreement *m = show_next(req, q);
		struct agreement_shown shown;

		if (m == NULL)
			return ERR_MEMORY;
		store_agreement_shown(&req->unit, RESULT_LIST, row, &shown);
		show_row(m, &shown.row, req->received_at_ms);
	}
	return 0;
}

/* What nobody has laid down is overdue like what nobody has signed. */
static int show_unlaid(struct request *req, struct query *q)
{
	int rows = shows_unlaid(q) ? pg_rows(&req->unit, RESULT_UNLAID) : 0;

	for (int row = 0; row < rows; row++) {
		struct agreement_unlaid unlaid;
		Rxcirc__V1__Agreement *m;
		int64_t due_ms;

		store_agreement_unlaid(&req->unit, RESULT_UNLAID, row, &unlaid);
		if (agreement_sign_due(req, unlaid.assessed_ms, unlaid.region, &due_ms) == STATUS_OK &&
			due_ms >= req->received_at_ms)
			continue;
		m = show_next(req, q);
		if (m == NULL)
			return ERR_MEMORY;
		m->kind = RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_SUPPLEMENTARY;
		m->application_id = text(unlaid.application_id);
		m->institution_code = text(unlaid.institution_code);
		m->region = text(unlaid.region);
		m->sign_due_ms = due_ms;
		m->overdue = true;
	}
	return 0;
}

static int show_tasks(struct request *req, struct query *q)
{
	int rows = pg_rows(&req->unit, RESULT_LIST);

	q->reply.more = rows == q->filter.limit;
	q->reply.tasks = arena_array(&req->arena, (size_t)rows + 1, sizeof(*q->reply.tasks));
	if (q->reply.tasks == NULL)
		return ERR_MEMORY;
	for (int row = 0; row < rows - (int)q->reply.more; row++) {
		Rxcirc__V1__AgreementTask *m = arena_alloc(&req->arena, sizeof(*m));
		struct agreement_task_row task;

		if (m == NULL)
			return ERR_MEMORY;
		rxcirc__v1__agreement_task__init(m);
		store_agreement_task_row(&req->unit, RESULT_LIST, row, &task);
		m->id = text(task.id);
		m->agreement_id = text(task.agreement_id);
		m->cause_agreement_id = text(task.cause_agreement_id);
		m->cause_event = (Rxcirc__V1__AgreementEvent)task.cause_event;
		m->opened_ms = task.opened_ms;
		m->decided_ms = task.decided_ms;
		m->decision = (Rxcirc__V1__TaskDecision)task.decision;
		m->reason = text(task.reason);
		q->reply.tasks[q->reply.n_tasks++] = m;
	}
	return 0;
}

static int show_steps(struct request *req, Rxcirc__V1__Agreement *m)
{
	int rows = pg_rows(&req->unit, RESULT_STEPS);
	int from = rows > STEPS_SHOWN_MAX ? rows - STEPS_SHOWN_MAX : 0; /* the newest fit a frame */

	m->steps = arena_array(&req->arena, (size_t)(rows - from) + 1, sizeof(*m->steps));
	if (m->steps == NULL)
		return ERR_MEMORY;
	for (int row = from; row < rows; row++) {
		Rxcirc__V1__AgreementStep *s = arena_alloc(&req->arena, sizeof(*s));
		struct agreement_past past;

		if (s == NULL)
			return ERR_MEMORY;
		rxcirc__v1__agreement_step__init(s);
		store_agreement_past(&req->unit, RESULT_STEPS, row, &past);
		s->at_ms = past.at_ms;
		s->event = (Rxcirc__V1__AgreementEvent)past.event;
		s->cause = (Rxcirc__V1__AgreementCause)past.cause;
		s->effective_ms = past.effective_ms;
		s->actor_code = text(past.actor_code);
		s->actor_name = text(past.actor_name);
		s->actor_spki = bytes(past.actor_spki);
		s->text_sha256 = bytes(past.signed_sha256);
		s->reason = text(past.reason);
		s->legal_basis = text(past.legal_basis);
		m->steps[m->n_steps++] = s;
	}
	return 0;
}

/* One whole, or AGREEMENT_NOT_FOUND, also when it is not the caller's to see. */
static op_verdict query_show_one(struct request *req, struct query *q)
{
	Rxcirc__V1__Agreement *m = show_next(req, q);
	struct agreement_shown shown;

	if (pg_rows(&req->unit, RESULT_LIST) == 0)
		return request_refuse(req, STATUS_AGREEMENT_NOT_FOUND);
	store_agreement_shown(&req->unit, RESULT_LIST, 0, &shown);
	if (caller_is_officer(&req->caller) ? !agreement_in_scope(req, shown.row.region) :
		strcmp(shown.row.a.institution_code, req->caller.code) != 0 &&
			strcmp(shown.house, req->caller.code) != 0)
		return request_refuse(req, STATUS_AGREEMENT_NOT_FOUND);
	if (m == NULL || show_steps(req, m) < 0)
		return request_fail(req, ERR_MEMORY);
	show_row(m, &shown.row, req->received_at_ms);
	return request_reply(req, &q->reply.base);
}

static op_verdict query_paged(struct op *op)
{
	struct request *req = REQUEST_OF(op);
	struct query *q = req->service_state;
	int r = req->unit.status;

	if (r < 0)
		return request_fail(req, r);
	rxcirc__v1__query_agreements_response__init(&q->reply);
	q->room = 2 * (size_t)(AGREEMENTS_PAGE_MAX + 1);
	q->reply.agreements = arena_array(&req->arena, q->room, sizeof(*q->reply.agreements));
	if (q->reply.agreements == NULL)
		return request_fail(req, ERR_MEMORY);
	if (q->message->id[0] != '\0')
		return query_show_one(req, q);
	if (q->message->tasks)
		r = show_tasks(req, q);
	else
		r = show_page(req, q);
	if (r == 0)
		r = show_unlaid(req, q);
	return r < 0 ? request_fail(req, r) : request_reply(req, &q->reply.base);
}

static const struct op_state query_states[QUERY_STATES] = {
	[QUERY_START] = {"start", query_start, OP_TO(QUERY_PAGE_WAIT)},
	[QUERY_PAGE_WAIT] = {"page-wait", query_paged, 0},
};

void query_agreements_start(struct request *req)
{
	if (request_state(req, sizeof(struct query)) == NULL) {
		request_end_early(req, STATUS_BUSY);
		return;
	}
	request_run(req, query_states, QUERY_STATES);
}
