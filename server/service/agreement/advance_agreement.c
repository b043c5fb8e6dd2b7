/* Agreements/AdvanceAgreement: one event of an agreement's life, with all that follows from it.
 *
 * The steps are those of every registry change (service/registry_change.h).  Institutions sign,
 * officers of the region do everything else.  What is decided about a host's agreement holds at the
 * same moment for what hangs on it; what is decided about a supplementary one opens a task on the
 * host's, which stays as it is (SX15-2.6, SX15-2.7).
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "domain/moment.h"
#include "rxcirc/v1/agreement.pb-c.h"
#include "service/agreement/agreement_desk.h"
#include "service/agreement/agreement_text.h"
#include "service/services.h"

struct advance {
	struct agreement_desk desk; /* first */
	const Rxcirc__V1__AdvanceAgreementRequest *message;
	enum agreement_event event;
	const char *task_id;        /* to be opened; NULL = none */
	const char *task_agreement_id;
	Rxcirc__V1__AdvanceAgreementResponse reply, awaits;
};

static struct advance *advance_of(struct registry_change *c)
{
	return (struct advance *)container_of(c, struct agreement_desk, change);
}

static bool is_signature(enum agreement_event event)
{
	return event == AGREEMENT_SIGN_INSTITUTION || event == AGREEMENT_SIGN_AGENCY;
}

static bool ends_business(enum agreement_event event)
{
	return event == AGREEMENT_SUSPEND || event == AGREEMENT_TERMINATE;
}

static bool changes_term(enum agreement_event event)
{
	return event == AGREEMENT_CHANGE_TERM || event == AGREEMENT_RENEW;
}

/* What does not belong to the event must not be there: nobody is left to wonder what it did. */
static void want_only_what_belongs(struct want *w, const struct advance *a)
{
	const Rxcirc__V1__AdvanceAgreementRequest *m = a->message;
	bool dated = ends_business(a->event) || a->event == AGREEMENT_RESUME;

	if (m->text_sha256.len != (is_signature(a->event) ? SHA256_LEN : 0))
		want_fault(w, "text_sha256", "32 bytes with a signature, else none (NT33-J2.3)",
			"签署时须为 32 字节文本摘要，其他操作不得填写（NT33-J2.3）");
	if (!is_signature(a->event))
		want_text(w, "reason", m->reason, AGREEMENT_REASON_MAX);
	else if (m->reason[0] != '\0')
		want_fault(w, "reason", "a signature has none", "签署不填写理由");
	if (ends_business(a->event))
		want_text(w, "legal_basis", m->legal_basis, AGREEMENT_REASON_MAX);
	else if (m->legal_basis[0] != '\0')
		want_fault(w, "legal_basis", "only to suspend or terminate (SX15-2.5)",
			"仅中止、解除时填写（SX15-2.5）");
	if (!moment_is_sound(m->effective_ms) || (!dated && m->effective_ms != 0))
		want_fault(w, "effective_ms", "a moment, only to suspend, resume or terminate (SX15-2.5)",
			"须为有效时间，仅中止、恢复、解除时填写（SX15-2.5）");
	if (changes_term(a->event) ? m->ends_ms <= 0 || !moment_is_sound(m->ends_ms) :
		m->ends_ms != 0)
		want_fault(w, "ends_ms", "the new end, only to change the term or renew (SX15-2.4)",
			"新的截止时间，仅变更期限、续签时填写（SX15-2.4）");
	want_short(w, "override_reason", m->override_reason, AGREEMENT_REASON_MAX);
	if (!changes_term(a->event) && m->override_reason[0] != '\0')
		want_fault(w, "override_reason", "only to change the term or renew (JIN15-4.10g)",
			"仅变更期限、续签时填写（JIN15-4.10g）");
}

static enum status_reason advance_read(struct request *req, struct registry_change *c)
{
	struct advance *a = advance_of(c);
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__advance_agreement_request__descriptor, &a->message);

	if (status != STATUS_OK)
		return status;
	if (a->message->event < RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_SIGN_INSTITUTION ||
		a->message->event > RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_RENEW) {
		want_fault(&w, "event", "is not one of the events that can be asked for",
			"不是可办理的事项");
		return agreement_want_status(&w);
	}
	a->event = (enum agreement_event)(a->message->event - 1);
	if ((a->event == AGREEMENT_SIGN_INSTITUTION) == caller_is_officer(&req->caller))
		return STATUS_ROLE_NOT_ALLOWED;
	if (!agreement_id_is_sound(a->message->id, "AG"))
		return STATUS_AGREEMENT_NOT_FOUND;
	want_only_what_belongs(&w, a);
	c->subject = want_subject(&w, "agreement", a->message->id);
	return agreement_want_status(&w);
}

static int advance_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	return store_agreement_house(unit, &req->arena, "", advance_of(c)->message->id,
		req->received_at_ms);
}

/* Strangers learn nothing, not even that it exists; a city's officers learn that it is not
 * theirs. */
static enum status_reason advance_check_caller(const struct request *req,
	const struct agreement_row *row)
{
	if (caller_is_officer(&req->caller))
		return agreement_in_scope(req, row->region) ? STATUS_OK : STATUS_SCOPE_NOT_ALLOWED;
	return strcmp(row->a.institution_code, req->caller.code) == 0 ? STATUS_OK :
		STATUS_AGREEMENT_NOT_FOUND;
}

/* The text that was read is the text that is there, and it is whole (NT33-J2.2, NT33-J2.3). */
static enum status_reason advance_check_signature(struct request *req, struct advance *a,
	const struct agreement_row *row)
{
	if (!slice_equal(pbmsg_bytes(a->message->text_sha256), row->sha256)) {
		request_find(req, "AG-TEXT", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "text_sha256",
			"NT33-J2.3", "is not the digest of the text that is laid down",
			"与协议文本摘要不符");
		return STATUS_AGREEMENT_REFUSED;
	}
	return agreement_text_check(req, row);
}

/* A longer term or another one overlaps nothing, and the list of those not renewed is heeded. */
static enum status_reason advance_check_term(struct request *req, struct advance *a,
	const struct agreement_row *row)
{
	struct agreement after = row->a;

	if (a->message->ends_ms <= row->a.ends_ms)
		return STATUS_OK;
	after.ends_ms = a->message->ends_ms;
	if (a->message->override_reason[0] == '\0' &&
		agreement_not_renewed(req, row->a.institution_code)) {
		request_find(req, "AG-NOT-RENEWED", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
			"override_reason", "JIN15-4.10g",
			"it is on the list of those not renewed; a reason in spite of it is needed",
			"该机构已列入不再续签名单，须说明例外理由");
		return STATUS_AGREEMENT_REFUSED;
	}
	if (agreement_text_overlaps(&a->desk, &after)) {
		request_find(req, "AG-OVERLAP", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "ends_ms",
			"SX15-2.4", "the institution has another agreement of this kind in that time",
			"该机构在此期间已有同类协议");
		return STATUS_AGREEMENT_REFUSED;
	}
	return STATUS_OK;
}

/* SX15-2.7: what happened to the supplementary one is put before whoever decides on the host's. */
static bool advance_open_task(struct request *req, struct advance *a,
	const struct agreement_row *row)
{
	struct agreement_row *host = agreement_desk_host(&a->desk, &row->a);

	a->task_id = NULL;
	a->reply.task_id = (char *)(uintptr_t)row->task_id;
	if (!ends_business(a->event) || host == NULL || !agreement_is_concluded(&row->a) ||
		row->task_id[0] != '\0')
		return true;
	a->task_agreement_id = host->a.id;
	a->task_id = agreement_id_new(req, "TK");
	a->reply.task_id = (char *)(uintptr_t)a->task_id;
	return a->task_id != NULL;
}

static enum status_reason advance_answer(struct request *req, struct advance *a,
	const struct agreement_row *row)
{
	struct registry_change *c = &a->desk.change;

	rxcirc__v1__advance_agreement_response__init(&a->reply);
	rxcirc__v1__advance_agreement_response__init(&a->awaits);
	a->reply.state = (Rxcirc__V1__AgreementState)agreement_state_at(&row->a, req->received_at_ms);
	a->reply.effective_ms = a->desk.steps[0].effective_ms;
	a->reply.followed = agreement_desk_followed(req, &a->desk);
	a->reply.n_followed = a->desk.changed_count - 1;
	a->awaits.proposal_id = agreement_proposal_id(req, c);
	if (a->reply.followed == NULL || a->awaits.proposal_id == NULL ||
		!advance_open_task(req, a, row))
		return STATUS_BUSY;
	c->reply = &a->reply.base;
	c->reply_awaits = &a->awaits.base;
	c->action = ends_business(a->event) ? "suspension" : NULL;
	c->region = row->region;
	return STATUS_OK;
}

static const char *advance_reason(struct request *req, const struct advance *a)
{
	const Rxcirc__V1__AdvanceAgreementRequest *m = a->message;

	return m->override_reason[0] == '\0' ? m->reason :
		arena_printf(&req->arena, "%s / JIN15-4.10g: %s", m->reason, m->override_reason);
}

static enum status_reason advance_decide(struct request *req, struct registry_change *c)
{
	struct advance *a = advance_of(c);
	struct agreement_act act = {.event = a->event, .now_ms = req->received_at_ms,
		.effective_ms = a->message->effective_ms, .ends_ms = a->message->ends_ms};
	enum status_reason status = agreement_desk_load(req, &a->desk, REGISTRY_CHANGE_ASKED);
	struct agreement_row *row;

	if (status != STATUS_OK)
		return status;
	row = agreement_desk_find(&a->desk, a->message->id);
	if (row == NULL)
		return STATUS_AGREEMENT_NOT_FOUND;
	status = advance_check_caller(req, row);
	if (status == STATUS_OK && is_signature(a->event))
		status = advance_check_signature(req, a, row);
	if (status == STATUS_OK && changes_term(a->event))
		status = advance_check_term(req, a, row);
	if (status == STATUS_OK)
		status = agreement_desk_apply(req, &a->desk, row, &act);
	if (status != STATUS_OK)
		return status;
	a->desk.actor = (struct agreement_actor){.name = req->caller.officer,
		.spki = req->caller.spki, .reason = advance_reason(req, a),
		.legal_basis = a->message->legal_basis,
		.signed_sha256 = pbmsg_bytes(a->message->text_sha256)};
	return a->desk.actor.reason == NULL ? STATUS_BUSY : advance_answer(req, a, row);
}

static int advance_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	const struct advance *a = advance_of(c);
	const struct agreement_change change = {
		.house = a->desk.house.code,
		.house_version = a->desk.house.version,
		.changed = a->desk.changed,
		.steps = a->desk.steps,
		.count = a->desk.changed_count,
		.actor = a->desk.actor,
		.task_id = a->task_id,
		.task_agreement_id = a->task_agreement_id,
		.task_cause_id = a->message->id,
		.task_event = (int16_t)a->message->event,
	};

	return store_agreement_change(unit, &req->arena, &change, w);
}

void advance_agreement_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = advance_read, .ask = advance_ask,
		.decide = advance_decide, .write = advance_write, .is_guarded = true};

	registry_change_run(req, &kind, sizeof(struct advance));
}
