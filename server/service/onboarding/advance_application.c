/* Onboarding/AdvanceApplication: one further act, by whoever's turn it is.
 *
 * Who may do what in which state is domain/application.h, what the act must bring
 * rules/onboarding.h; activation opens the institution in the same statement.  The steps are those
 * of every registry change (service/registry_change.h).
 */
#include <string.h>

#include "registry/registry.h"
#include "service/onboarding/application_act.h"
#include "service/onboarding/application_form.h"
#include "service/onboarding/application_record.h"
#include "service/onboarding/onboarding_facts.h"
#include "service/onboarding/opened_records.h"
#include "service/registry_change.h"
#include "service/services.h"

enum { CAPABILITIES_MAX = APPLICATION_ITEMS_MAX + 1 };

struct advance {
	struct registry_change change; /* first */
	const Rxcirc__V1__AdvanceApplicationRequest *message;
	enum application_event event;
	Rxcirc__V1__Application *application;
	Rxcirc__V1__Application summary;
	Rxcirc__V1__AdvanceApplicationResponse response, awaits;
	struct application_row row;
	struct application_opening opening;
	struct slice capabilities[CAPABILITIES_MAX];
};

static struct advance *advance_of(struct registry_change *c)
{
	return container_of(c, struct advance, change);
}

static enum status_reason advance_read(struct request *req, struct registry_change *c)
{
	struct advance *v = advance_of(c);
	struct want want = {.req = req};
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__advance_application_request__descriptor, &v->message);

	if (status != STATUS_OK)
		return status;
	if (!application_id_is_sound(v->message->application_id))
		return STATUS_APPLICATION_NOT_FOUND;
	application_form_act(&want, v->message);
	status = application_form_status(&want);
	if (status == STATUS_OK)
		v->event = application_act_event(v->message);
	return status;
}

static int advance_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	return store_application_load(unit, &req->arena, advance_of(c)->message->application_id);
}

static enum status_reason found(struct request *req, enum status_reason status, const char *rule,
	const char *source, const char *english, const char *chinese)
{
	if (english == NULL || chinese == NULL)
		return STATUS_BUSY;
	request_find(req, rule, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, "act", source, english,
		chinese);
	return status;
}

/* A party of the application and an officer are told why not; for anybody else there is none. */
static enum status_reason wrong_actor(struct request *req, const struct advance *v)
{
	const Rxcirc__V1__Application *a = v->application;
	unsigned who = application_who(v->event);
	bool is_officer = req->caller.role == CALLER_CITY_OFFICER ||
		req->caller.role == CALLER_PROVINCE_OFFICER;

	if (!is_officer && strcmp(a->applicant_code, req->caller.code) != 0 &&
		strcmp(a->institution_code, req->caller.code) != 0)
		return STATUS_APPLICATION_NOT_FOUND;
	if (who & ACTOR_APPLICANT)
		return found(req, STATUS_ROLE_NOT_ALLOWED, "actor", "SX15-2.1",
			"this is the applicant's to do", "该操作须由申请机构办理");
	if (who & (ACTOR_ACTIVATOR | ACTOR_PROVINCE))
		return found(req, is_officer ? STATUS_SCOPE_NOT_ALLOWED : STATUS_ROLE_NOT_ALLOWED,
			"actor", "JIN15-3.6a", "this is the provincial agency's to do",
			"该操作须由省级经办机构办理");
	return found(req, is_officer ? STATUS_SCOPE_NOT_ALLOWED : STATUS_ROLE_NOT_ALLOWED, "actor",
		"JIN15-3.1a",
		arena_printf(&req->arena, "this is the responsible office's to do: %s", a->office_code),
		arena_printf(&req->arena, "该操作须由负责的经办机构办理：%s", a->office_code));
}

static enum status_reason wrong_state(struct request *req, const struct advance *v)
{
	enum application_state state = (enum application_state)v->application->state;

	return found(req, STATUS_APPLICATION_REFUSED, "state", "JIN15-3.4",
		arena_printf(&req->arena, "\"%s\" is not possible when the application is %s",
			application_event_name(v->event), application_state_name(state)),
		arena_printf(&req->arena, "申请处于“%s”，不能“%s”", application_state_chinese(state),
			application_event_chinese(v->event)));
}

/* Whose turn it is, in which state, seen in which version. */
static enum status_reason check_turn(struct request *req, const struct advance *v)
{
	const Rxcirc__V1__Application *a = v->application;
	enum application_state state = (enum application_state)a->state;
	enum application_refusal why =
		application_apply(&state, v->event, onboarding_actors(req, a, v->event));

	if (why == APPLICATION_WRONG_ACTOR)
		return wrong_actor(req, v);
	if (why == APPLICATION_WRONG_STATE)
		return wrong_state(req, v);
	if (v->message->version != 0 && v->message->version != a->version)
		return found(req, STATUS_APPLICATION_REFUSED, "version", "JIN15-3.4",
			"the application has changed since it was seen", "申请已有变更，请重新查看");
	if (a->n_steps >= APPLICATION_REPEATS_MAX &&
		(v->event == APPLICATION_FORM_GROUP || v->event == APPLICATION_OVERRIDE))
		return found(req, STATUS_APPLICATION_REFUSED, "steps", "JIN15-3.4",
			"this was done too often", "该操作次数超限");
	return STATUS_OK;
}

static enum status_reason judge(struct request *req, struct advance *v)
{
	struct onboarding_case facts;

	if (onboarding_gather(req, v->application, v->event, &facts) < 0 ||
		application_act_facts(req, v->application, v->message, &facts) < 0)
		return STATUS_BUSY;
	return onboarding_decide(req, &facts);
}

/* What opens with the institution (JIN15-2.0a, 2.0b). */
static enum status_reason prepare_opening(struct request *req, struct advance *v)
{
	const Rxcirc__V1__Application *a = v->application;
	bool pharmacy = a->kind == RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_PHARMACY;
	const char *asked = onboarding_words_of(req, a->capabilities, a->n_capabilities);
	char word[ONBOARDING_SUBJECT_MAX + 1];
	size_t count = 0;

	if (asked == NULL)
		return STATUS_BUSY;
	while (count < CAPABILITIES_MAX && onboarding_capability(
			pharmacy ? ONBOARDING_PHARMACY : ONBOARDING_HOSPITAL, asked, count, word)) {
		v->capabilities[count] = arena_copy(&req->arena, slice_of_text(word));
		if (v->capabilities[count++].data == NULL)
			return STATUS_BUSY;
	}
	v->opening = (struct application_opening){
		.registry_version = registry_version(req->registry), .filing_no = a->filing_no,
		.with_applicant = a->combined, .capabilities = v->capabilities,
		.capability_count = count};
	return STATUS_OK;
}

static enum status_reason take_step(struct request *req, struct advance *v)
{
	const char *text;
	int r = application_act_apply(req, v->application, v->message, &text);

	if (r == 0)
		r = application_step(req, v->application, v->event, text, &v->summary, &v->row);
	if (r == ERR_TOO_LARGE) {
		request_find_field(req, "act", "the application would hold too much", "申请内容总量超限");
		return STATUS_FIELD_INVALID;
	}
	return r < 0 ? STATUS_BUSY : STATUS_OK;
}

/* What the step changes in the registry besides the application. */
static enum status_reason take_records(struct request *req, struct advance *v)
{
	struct registry_change *c = &v->change;
	enum status_reason status;

	if (v->event == APPLICATION_PUBLISH)
		return opened_records_publish(req, c, v->application) < 0 ? STATUS_BUSY : STATUS_OK;
	if (v->event != APPLICATION_ACTIVATE)
		return STATUS_OK;
	status = prepare_opening(req, v);
	if (status == STATUS_OK && opened_records_activate(req, c, v->application, &v->opening) < 0)
		return STATUS_BUSY;
	return status;
}

static void prepare_replies(struct advance *v, struct registry_change *c)
{
	rxcirc__v1__advance_application_response__init(&v->response);
	v->response.application = &v->summary;
	rxcirc__v1__advance_application_response__init(&v->awaits);
	v->awaits.awaits_second_officer = true;
	c->reply = &v->response.base;
	c->reply_awaits = &v->awaits.base;
	c->action = v->event == APPLICATION_ACTIVATE ? "activation" : NULL;
	c->region = v->application->region;
}

static enum status_reason advance_decide(struct request *req, struct registry_change *c)
{
	struct advance *v = advance_of(c);
	enum status_reason status;
	struct slice body;
	int r;

	if (!store_application_read(&req->unit, REGISTRY_CHANGE_ASKED, &body))
		return STATUS_APPLICATION_NOT_FOUND;
	r = application_open(req, body, &v->application);
	if (r < 0)
		return r == ERR_MEMORY ? STATUS_BUSY : STATUS_DATA_DAMAGED;
	status = check_turn(req, v);
	if (status == STATUS_OK)
		status = judge(req, v);
	if (status == STATUS_OK)
		status = take_step(req, v);
	if (status == STATUS_OK)
		status = take_records(req, v);
	if (status != STATUS_OK)
		return status;
	prepare_replies(v, c);
	c->subject = arena_printf(&req->arena, "application/%s", v->application->id);
	return c->subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int advance_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	struct advance *v = advance_of(c);

	if (v->event == APPLICATION_ACTIVATE)
		return store_application_activate(unit, &req->arena, &v->row, &v->opening, w);
	if (v->event == APPLICATION_PUBLISH)
		return store_application_publish(unit, &req->arena, &v->row,
			registry_version(req->registry), w);
	return store_application_advance(unit, &req->arena, &v->row, w);
}

void advance_application_start(struct request *req)
{
	static const struct registry_change_kind kind = {
		.read = advance_read,
		.ask = advance_ask,
		.decide = advance_decide,
		.write = advance_write,
		.is_guarded = true,
	};

	registry_change_run(req, &kind, sizeof(struct advance));
}
