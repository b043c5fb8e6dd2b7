/* Agreements/DraftAgreement: the agency lays a text down, or replaces one nobody has signed.
 *
 * The steps are those of every registry change (service/registry_change.h).  What is laid down are
 * bytes; their digest is what both parties sign.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "registry/registry.h"
#include "rxcirc/v1/agreement.pb-c.h"
#include "service/agreement/agreement_due.h"
#include "service/agreement/agreement_text.h"
#include "service/services.h"

enum { ASKED_PARTY = REGISTRY_CHANGE_ASKED, ASKED_HOUSE };

struct draft {
	struct agreement_desk desk; /* first */
	const Rxcirc__V1__DraftAgreementRequest *message;
	Rxcirc__V1__AgreementText text; /* as it is laid down: gaps filled in */
	struct agreement_party party;
	struct institution place;
	struct agreement_row row;
	struct agreement_step_row step;
	Rxcirc__V1__DraftAgreementResponse reply;
};

static struct draft *draft_of(struct registry_change *c)
{
	return (struct draft *)container_of(c, struct agreement_desk, change);
}

static enum status_reason draft_read(struct request *req, struct registry_change *c)
{
	struct draft *d = draft_of(c);
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__draft_agreement_request__descriptor, &d->message);

	if (status != STATUS_OK)
		return status;
	if (d->message->text == NULL) {
		want_fault(&w, "text", "is missing", "缺少必填项");
		return agreement_want_status(&w);
	}
	if (d->message->id[0] != '\0' && !agreement_id_is_sound(d->message->id, "AG"))
		return STATUS_AGREEMENT_NOT_FOUND;
	agreement_text_want(&w, d->message->text);
	want_short(&w, "override_reason", d->message->override_reason, AGREEMENT_REASON_MAX);
	return agreement_want_status(&w);
}

static int draft_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	const Rxcirc__V1__DraftAgreementRequest *m = draft_of(c)->message;
	int r = store_agreement_party(unit, &req->arena, m->text->institution_code,
		m->text->application_id);

	return r == 0 ? store_agreement_house(unit, &req->arena, m->text->institution_code, m->id,
		req->received_at_ms) : r;
}

/* The institution as the tables have it now; the snapshot may be a moment behind. */
static enum status_reason draft_take_party(struct request *req, struct draft *d)
{
	struct agreement_party p;

	if (!store_agreement_party_read(&req->unit, ASKED_PARTY, &p))
		return STATUS_AGREEMENT_NOT_FOUND;
	d->party = p;
	d->party.region = arena_text(&req->arena, slice_of_text(p.region));
	d->party.host_code = arena_text(&req->arena, slice_of_text(p.host_code));
	if (d->party.region == NULL || d->party.host_code == NULL)
		return STATUS_BUSY;
	d->place = (struct institution){.code = d->message->text->institution_code,
		.kind = (enum institution_kind)p.kind, .host_code = d->party.host_code};
	return agreement_in_scope(req, d->party.region) ? STATUS_OK : STATUS_SCOPE_NOT_ALLOWED;
}

/* A draft's text is replaced only by one for the same institution. */
static enum status_reason draft_check_replaced(struct request *req, struct draft *d)
{
	struct agreement_act act = {.event = AGREEMENT_TO_DRAFT, .now_ms = req->received_at_ms};
	struct agreement_row *there;

	if (d->message->id[0] == '\0')
		return STATUS_OK;
	there = agreement_desk_find(&d->desk, d->message->id);
	if (there == NULL || there->a.kind != (enum agreement_kind)d->text.kind ||
		strcmp(there->a.institution_code, d->text.institution_code) != 0)
		return STATUS_AGREEMENT_NOT_FOUND;
	return agreement_desk_apply(req, &d->desk, there, &act);
}

/* What the draft leaves open is the region's or the host's. */
static void draft_fill(struct request *req, struct draft *d, const struct agreement *host)
{
	bool supplementary = d->text.kind == RXCIRC__V1__AGREEMENT_KIND__AGREEMENT_KIND_SUPPLEMENTARY;

	d->text.region = (char *)(uintptr_t)d->party.region;
	if (supplementary && host != NULL && d->text.starts_ms == 0)
		d->text.starts_ms = host->starts_ms;
	if (supplementary && host != NULL && d->text.ends_ms == 0)
		d->text.ends_ms = host->ends_ms;
	if (d->text.template_version[0] == '\0')
		d->text.template_version = (char *)(uintptr_t)registry_text(req->registry,
			supplementary ? PARAM_TEMPLATE_SUPPLEMENTARY : PARAM_TEMPLATE_DESIGNATION,
			d->party.region, req->received_at_ms);
}

/* As domain/application.h numbers them. */
static enum agreement_application application_of(const struct draft *d)
{
	enum { ASSESSED = 5, FAILED = 10 };
	int16_t state = d->party.application_state;

	if (d->text.application_id[0] == '\0')
		return AGREEMENT_APPLICATION_NONE;
	if (state == 0)
		return AGREEMENT_APPLICATION_UNKNOWN;
	if (state >= FAILED)
		return AGREEMENT_APPLICATION_OVER;
	return state >= ASSESSED ? AGREEMENT_APPLICATION_PASSED : AGREEMENT_APPLICATION_OPEN;
}

static enum status_reason draft_judge(struct request *req, struct draft *d,
	const struct agreement *host)
{
	struct agreement_finding found[FINDINGS_MAX];
	struct agreement_facts facts;
	size_t count;

	if (agreement_text_facts(req, &d->text, d->party.region, &facts) != STATUS_OK)
		return STATUS_BUSY;
	facts.draft = &d->row.a;
	facts.party = &d->place;
	facts.host = host;
	facts.application = application_of(d);
	facts.overlaps = agreement_text_overlaps(&d->desk, &d->row.a);
	facts.not_renewed = agreement_not_renewed(req, d->text.institution_code);
	facts.overridden = d->message->override_reason[0] != '\0';
	count = agreement_judge_draft(&facts, found, FINDINGS_MAX);
	agreement_tell(req, found, count < FINDINGS_MAX ? count : FINDINGS_MAX);
	return count > 0 ? STATUS_AGREEMENT_REFUSED : STATUS_OK;
}

static enum status_reason draft_answer(struct request *req, struct draft *d)
{
	struct registry_change *c = &d->desk.change;
	struct want w = {.req = req};

	rxcirc__v1__draft_agreement_response__init(&d->reply);
	d->reply.id = (char *)(uintptr_t)d->row.a.id;
	d->reply.text = (ProtobufCBinaryData){d->row.text.len, (uint8_t *)(uintptr_t)d->row.text.data};
	d->reply.text_sha256 = (ProtobufCBinaryData){d->row.sha256.len,
		(uint8_t *)(uintptr_t)d->row.sha256.data};
	d->reply.sign_due_ms = d->row.sign_due_ms;
	d->step = (struct agreement_step_row){d->row.a.id,
		RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_DRAFT, AGREEMENT_CAUSE_OWN,
		req->received_at_ms};
	d->desk.actor = (struct agreement_actor){.name = req->caller.officer,
		.spki = req->caller.spki, .reason = d->message->override_reason, .legal_basis = ""};
	c->subject = want_subject(&w, "agreement", d->row.a.id);
	c->region = d->party.region;
	c->reply = &d->reply.base;
	return agreement_want_status(&w);
}

static enum status_reason draft_decide(struct request *req, struct registry_change *c)
{
	struct draft *d = draft_of(c);
	enum status_reason status = draft_take_party(req, d);
	const struct agreement_row *host_row;
	const struct agreement *host;
	const char *id = d->message->id;

	if (status == STATUS_OK)
		status = agreement_desk_load(req, &d->desk, ASKED_HOUSE);
	d->text = *d->message->text;
	if (status == STATUS_OK)
		status = draft_check_replaced(req, d);
	if (status != STATUS_OK)
		return status;
	host_row = d->text.host_agreement_id[0] == '\0' ? NULL :
		agreement_desk_find(&d->desk, d->text.host_agreement_id);
	host = host_row == NULL ? NULL : &host_row->a;
	draft_fill(req, d, host);
	if (id[0] == '\0')
		id = agreement_id_new(req, "AG");
	if (id == NULL || agreement_text_lay(req, &d->text, id, &d->row) < 0)
		return STATUS_BUSY;
	status = draft_judge(req, d, host);
	if (status != STATUS_OK)
		return status;
	if (host != NULL)
		(void)agreement_follow(&d->row.a, host); /* laid down under what its host stands under */
	status = agreement_sign_due(req, d->party.assessed_ms, d->party.region, &d->row.sign_due_ms);
	return status == STATUS_OK ? draft_answer(req, d) : status;
}

static int draft_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	const struct draft *d = draft_of(c);
	const struct agreement_lay lay = {
		.house = d->desk.house.code,
		.house_version = d->desk.house.version,
		.row = &d->row,
		.region = d->party.region,
		.step = &d->step,
		.actor = d->desk.actor,
	};

	return store_agreement_lay(unit, &req->arena, &lay, w);
}

void draft_agreement_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = draft_read, .ask = draft_ask,
		.decide = draft_decide, .write = draft_write, .is_guarded = true};

	registry_change_run(req, &kind, sizeof(struct draft));
}
