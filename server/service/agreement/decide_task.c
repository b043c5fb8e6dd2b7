/* Agreements/DecideTask: what becomes of a host's designation agreement after its supplementary one
 * was suspended or ended (SX15-2.7).
 *
 * The steps are those of every registry change (service/registry_change.h).  The decision is
 * recorded with its reason; to suspend or terminate is carried out with it, and follows down as
 * always.
 */
#include <string.h>

#include "domain/moment.h"
#include "rxcirc/v1/agreement.pb-c.h"
#include "service/agreement/agreement_desk.h"
#include "service/services.h"

enum { ASKED_TASK = REGISTRY_CHANGE_ASKED, ASKED_HOUSE };

struct decide {
	struct agreement_desk desk; /* first */
	const Rxcirc__V1__DecideTaskRequest *message;
	Rxcirc__V1__DecideTaskResponse reply, awaits;
};

static struct decide *decide_of(struct registry_change *c)
{
	return (struct decide *)container_of(c, struct agreement_desk, change);
}

static bool keeps(const struct decide *d)
{
	return d->message->decision == RXCIRC__V1__TASK_DECISION__TASK_DECISION_KEEP;
}

static enum status_reason decide_read(struct request *req, struct registry_change *c)
{
	struct decide *d = decide_of(c);
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__decide_task_request__descriptor, &d->message);

	if (status != STATUS_OK)
		return status;
	if (!agreement_id_is_sound(d->message->task_id, "TK"))
		return STATUS_AGREEMENT_NOT_FOUND;
	want_within(&w, "decision", (int)d->message->decision,
		RXCIRC__V1__TASK_DECISION__TASK_DECISION_KEEP,
		RXCIRC__V1__TASK_DECISION__TASK_DECISION_TERMINATE);
	want_text(&w, "reason", d->message->reason, AGREEMENT_REASON_MAX);
	if (!keeps(d))
		want_text(&w, "legal_basis", d->message->legal_basis, AGREEMENT_REASON_MAX);
	else
		want_short(&w, "legal_basis", d->message->legal_basis, AGREEMENT_REASON_MAX);
	if (!moment_is_sound(d->message->effective_ms) || (keeps(d) && d->message->effective_ms != 0))
		want_fault(&w, "effective_ms", "a moment, only to suspend or terminate (SX15-2.5)",
			"须为有效时间，仅中止、解除时填写（SX15-2.5）");
	c->subject = want_subject(&w, "task", d->message->task_id);
	return agreement_want_status(&w);
}

static int decide_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	const char *id = decide_of(c)->message->task_id;
	int r = store_agreement_task(unit, &req->arena, id);

	return r == 0 ? store_agreement_house(unit, &req->arena, "", id, req->received_at_ms) : r;
}

static enum status_reason decide_answer(struct request *req, struct decide *d,
	const struct agreement_row *row)
{
	struct registry_change *c = &d->desk.change;

	rxcirc__v1__decide_task_response__init(&d->reply);
	rxcirc__v1__decide_task_response__init(&d->awaits);
	d->reply.state = (Rxcirc__V1__AgreementState)agreement_state_at(&row->a, req->received_at_ms);
	d->reply.followed = agreement_desk_followed(req, &d->desk);
	d->reply.n_followed = d->desk.changed_count == 0 ? 0 : d->desk.changed_count - 1;
	d->awaits.proposal_id = agreement_proposal_id(req, c);
	d->desk.actor = (struct agreement_actor){.name = req->caller.officer,
		.spki = req->caller.spki, .reason = d->message->reason,
		.legal_basis = d->message->legal_basis};
	c->reply = &d->reply.base;
	c->reply_awaits = &d->awaits.base;
	c->action = keeps(d) ? NULL : "suspension";
	c->region = row->region;
	return d->reply.followed == NULL || d->awaits.proposal_id == NULL ? STATUS_BUSY : STATUS_OK;
}

static enum status_reason decide_decide(struct request *req, struct registry_change *c)
{
	struct decide *d = decide_of(c);
	struct agreement_act act = {.now_ms = req->received_at_ms,
		.effective_ms = d->message->effective_ms,
		.event = d->message->decision == RXCIRC__V1__TASK_DECISION__TASK_DECISION_SUSPEND ?
			AGREEMENT_SUSPEND : AGREEMENT_TERMINATE};
	struct agreement_task_row task;
	enum status_reason status;
	struct agreement_row *row;

	if (pg_rows(&req->unit, ASKED_TASK) == 0)
		return STATUS_AGREEMENT_NOT_FOUND;
	store_agreement_task_row(&req->unit, ASKED_TASK, 0, &task);
	status = agreement_desk_load(req, &d->desk, ASKED_HOUSE);
	row = status == STATUS_OK ? agreement_desk_find(&d->desk, task.agreement_id) : NULL;
	if (row == NULL)
		return status == STATUS_OK ? STATUS_AGREEMENT_NOT_FOUND : status;
	if (!agreement_in_scope(req, row->region))
		return STATUS_SCOPE_NOT_ALLOWED;
	if (task.decision != 0)
		return STATUS_TASK_DECIDED;
	d->desk.changed_count = 0;
	if (!keeps(d))
		status = agreement_desk_apply(req, &d->desk, row, &act);
	return status == STATUS_OK ? decide_answer(req, d, row) : status;
}

static int decide_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	const struct decide *d = decide_of(c);
	const struct agreement_change change = {
		.house = d->desk.house.code,
		.house_version = d->desk.house.version,
		.changed = d->desk.changed,
		.steps = d->desk.steps,
		.count = d->desk.changed_count,
		.actor = d->desk.actor,
		.decided_id = d->message->task_id,
		.decision = (int16_t)d->message->decision,
	};

	return store_agreement_change(unit, &req->arena, &change, w);
}

void decide_task_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = decide_read, .ask = decide_ask,
		.decide = decide_decide, .write = decide_write, .is_guarded = true};

	registry_change_run(req, &kind, sizeof(struct decide));
}
