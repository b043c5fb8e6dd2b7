/* Agreements/EnterAgreement: one concluded before the platform came; provincial officers only.
 *
 * The steps are those of every registry change (service/registry_change.h).  It is recorded as
 * such, and in force by its term; everything after that is as with any other.
 */
#include <string.h>

#include "codec/pbmsg.h"
#include "registry/registry.h"
#include "rxcirc/v1/agreement.pb-c.h"
#include "service/agreement/agreement_text.h"
#include "service/services.h"

enum { ASKED_PARTY = REGISTRY_CHANGE_ASKED, ASKED_HOUSE };

struct enter {
	struct agreement_desk desk; /* first */
	const Rxcirc__V1__EnterAgreementRequest *message;
	Rxcirc__V1__AgreementText text;
	struct institution place;
	const char *region;
	struct agreement_row row;
	struct agreement_step_row step;
	bool known; /* it stands there already: nothing is written but the answer */
	Rxcirc__V1__EnterAgreementResponse changed, unchanged;
};

static struct enter *enter_of(struct registry_change *c)
{
	return (struct enter *)container_of(c, struct agreement_desk, change);
}

static enum status_reason enter_read(struct request *req, struct registry_change *c)
{
	struct enter *e = enter_of(c);
	struct want w = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__enter_agreement_request__descriptor, &e->message);

	if (status != STATUS_OK)
		return status;
	if (!agreement_id_is_sound(e->message->id, "AG"))
		want_fault(&w, "id", "must be AG-<year>-<8 hexadecimal digits>",
			"须为 AG-年份-8 位十六进制数");
	if (e->message->text == NULL)
		want_fault(&w, "text", "is missing", "缺少必填项");
	else
		agreement_text_want(&w, e->message->text);
	c->subject = want_subject(&w, "agreement", e->message->id);
	rxcirc__v1__enter_agreement_response__init(&e->changed);
	rxcirc__v1__enter_agreement_response__init(&e->unchanged);
	e->changed.changed = true;
	c->reply = &e->changed.base;
	c->reply_unchanged = &e->unchanged.base;
	return agreement_want_status(&w);
}

static int enter_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	const Rxcirc__V1__EnterAgreementRequest *m = enter_of(c)->message;
	int r = store_agreement_party(unit, &req->arena, m->text->institution_code, "");

	return r == 0 ? store_agreement_house(unit, &req->arena, m->text->institution_code, m->id,
		req->received_at_ms) : r;
}

static enum status_reason enter_take_party(struct request *req, struct enter *e)
{
	struct agreement_party p;

	if (!store_agreement_party_read(&req->unit, ASKED_PARTY, &p))
		return STATUS_AGREEMENT_NOT_FOUND;
	e->region = arena_text(&req->arena, slice_of_text(p.region));
	e->place = (struct institution){.code = e->message->text->institution_code,
		.kind = (enum institution_kind)p.kind,
		.host_code = arena_text(&req->arena, slice_of_text(p.host_code))};
	return e->region == NULL || e->place.host_code == NULL ? STATUS_BUSY : STATUS_OK;
}

/* The term is the host's; template and application are of a time before the platform. */
static enum status_reason enter_judge(struct request *req, struct enter *e,
	const struct agreement *host)
{
	struct agreement_finding found[FINDINGS_MAX];
	struct agreement_facts facts;
	size_t count;

	if (agreement_text_facts(req, &e->text, e->region, &facts) != STATUS_OK)
		return STATUS_BUSY;
	facts.draft = &e->row.a;
	facts.party = &e->place;
	facts.host = host;
	facts.template_in_force = facts.template_version;
	facts.application = e->row.a.kind == AGREEMENT_SUPPLEMENTARY ?
		AGREEMENT_APPLICATION_PASSED : AGREEMENT_APPLICATION_NONE;
	facts.overlaps = agreement_text_overlaps(&e->desk, &e->row.a);
	count = agreement_judge_draft(&facts, found, FINDINGS_MAX);
	agreement_tell(req, found, count < FINDINGS_MAX ? count : FINDINGS_MAX);
	if (count == 0 && host != NULL && !agreement_is_concluded(host)) {
		request_find(req, "AG-EVENT", RXCIRC__V1__SEVERITY__SEVERITY_REFUSE,
			"text.host_agreement_id", "SX15-2.2",
			"the host's designation agreement must be signed by both first",
			"须先由双方签订实体医疗机构的定点协议");
		count = 1;
	}
	return count > 0 ? STATUS_AGREEMENT_REFUSED : STATUS_OK;
}

static enum status_reason enter_make(struct request *req, struct enter *e,
	const struct agreement *host)
{
	struct agreement *a = &e->row.a;

	e->text.region = (char *)(uintptr_t)e->region;
	if (host != NULL && e->text.starts_ms == 0 && e->text.ends_ms == 0) {
		e->text.starts_ms = host->starts_ms;
		e->text.ends_ms = host->ends_ms;
	}
	if (agreement_text_lay(req, &e->text, e->message->id, &e->row) < 0)
		return STATUS_BUSY;
	e->row.legacy = true;
	a->institution_signed_ms = a->starts_ms < req->received_at_ms ? a->starts_ms :
		req->received_at_ms;
	a->agency_signed_ms = a->institution_signed_ms;
	if (host != NULL)
		(void)agreement_follow(a, host); /* entered under what its host stands under */
	e->step = (struct agreement_step_row){a->id,
		RXCIRC__V1__AGREEMENT_EVENT__AGREEMENT_EVENT_ENTERED, AGREEMENT_CAUSE_OWN,
		a->institution_signed_ms};
	return STATUS_OK;
}

static enum status_reason enter_decide(struct request *req, struct registry_change *c)
{
	struct enter *e = enter_of(c);
	enum status_reason status = enter_take_party(req, e);
	const struct agreement_row *there, *host_row;
	const struct agreement *host;

	if (status == STATUS_OK)
		status = agreement_desk_load(req, &e->desk, ASKED_HOUSE);
	if (status != STATUS_OK)
		return status;
	e->text = *e->message->text;
	host_row = e->text.host_agreement_id[0] == '\0' ? NULL :
		agreement_desk_find(&e->desk, e->text.host_agreement_id);
	host = host_row == NULL ? NULL : &host_row->a;
	status = enter_make(req, e, host);
	if (status != STATUS_OK)
		return status;
	there = agreement_desk_find(&e->desk, e->message->id);
	e->known = there != NULL && there->legacy &&
		strcmp(there->a.institution_code, e->row.a.institution_code) == 0 &&
		there->a.kind == e->row.a.kind;
	if (e->known)
		return STATUS_OK;
	if (there != NULL) {
		request_find_field(req, "id", "is the number of another agreement", "编号已用于其他协议");
		return STATUS_AGREEMENT_REFUSED;
	}
	e->desk.actor = (struct agreement_actor){.name = req->caller.officer,
		.spki = req->caller.spki, .reason = "", .legal_basis = ""};
	return enter_judge(req, e, host);
}

static int enter_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	const struct enter *e = enter_of(c);
	const struct agreement_lay lay = {
		.house = e->desk.house.code,
		.house_version = e->desk.house.version,
		.row = &e->row,
		.region = e->region,
		.step = &e->step,
		.actor = e->desk.actor,
	};

	return e->known ? store_agreement_known(unit, &req->arena, w) :
		store_agreement_lay(unit, &req->arena, &lay, w);
}

void enter_agreement_start(struct request *req)
{
	static const struct registry_change_kind kind = {.read = enter_read, .ask = enter_ask,
		.decide = enter_decide, .write = enter_write, .is_guarded = true};

	registry_change_run(req, &kind, sizeof(struct enter));
}
