/* Onboarding/RecordConformance: the institution's own client shows what it would send, the platform
 * says what it thinks of it, and both words are kept with the application (JIN15-3.3).
 *
 * The steps are those of every registry change (service/registry_change.h).
 */
#include <string.h>

#include "service/onboarding/application_record.h"
#include "service/onboarding/conformance.h"
#include "service/onboarding/onboarding_facts.h"
#include "service/registry_change.h"
#include "service/services.h"
#include "service/want.h"

struct conformance {
	struct registry_change change; /* first */
	const Rxcirc__V1__RecordConformanceRequest *message;
	const char *findings[CONFORMANCE_STEPS_MAX];
	Rxcirc__V1__Application *application;
	Rxcirc__V1__Application summary;
	Rxcirc__V1__RecordConformanceResponse response;
	struct application_row row;
};

static struct conformance *conformance_of(struct registry_change *c)
{
	return container_of(c, struct conformance, change);
}

static enum status_reason check_form(struct request *req,
	const Rxcirc__V1__RecordConformanceRequest *m)
{
	struct want want = {.req = req};

	if (m->n_steps < 1 || m->n_steps > CONFORMANCE_STEPS_MAX)
		want_fault(&want, "steps", "must be 1 to 8", "须为 1 至 8 条");
	for (size_t i = 0; i < m->n_steps && i < CONFORMANCE_STEPS_MAX; i++) {
		want_text(&want, "steps.method", m->steps[i]->method, METHOD_NAME_MAX);
		want_digest(&want, "steps.public_key", m->steps[i]->public_key);
	}
	if (want.faults > 0)
		return STATUS_FIELD_INVALID;
	return application_id_is_sound(m->application_id) ? STATUS_OK :
		STATUS_APPLICATION_NOT_FOUND;
}

static enum status_reason conformance_read(struct request *req, struct registry_change *c)
{
	struct conformance *v = conformance_of(c);
	enum status_reason status = request_unpack(req,
		&rxcirc__v1__record_conformance_request__descriptor, &v->message);

	return status == STATUS_OK ? check_form(req, v->message) : status;
}

static int conformance_ask(struct request *req, struct registry_change *c, struct pg_unit *unit)
{
	return store_application_load(unit, &req->arena,
		conformance_of(c)->message->application_id);
}

static enum status_reason refuse(struct request *req, const char *rule, const char *field,
	const char *english, const char *chinese)
{
	request_find(req, rule, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, field, "JIN15-3.3", english,
		chinese);
	return STATUS_APPLICATION_REFUSED;
}

static enum status_reason check_turn(struct request *req, const struct conformance *v)
{
	const Rxcirc__V1__Application *a = v->application;
	enum application_state state = (enum application_state)a->state;
	enum application_refusal why = application_apply(&state, APPLICATION_CONFORM,
		onboarding_actors(req, a, APPLICATION_CONFORM));

	if (why == APPLICATION_WRONG_ACTOR)
		return STATUS_APPLICATION_NOT_FOUND;
	if (why == APPLICATION_WRONG_STATE)
		return refuse(req, "state", "application_id", "the systems were verified, or it is over",
			"系统核验已完成或申请已结束");
	if (a->n_steps >= APPLICATION_REPEATS_MAX)
		return refuse(req, "steps", "application_id", "this was done too often", "该操作次数超限");
	for (size_t i = 0; i < v->message->n_steps; i++)
		if (!conformance_knows(v->message->steps[i]->method, a->kind))
			return refuse(req, "method", "steps.method",
				"is not a method of this kind of institution", "不是该类机构的方法");
	return STATUS_OK;
}

/* Signatures are verified once, also when the write has to be repeated. */
static enum status_reason look(struct request *req, struct conformance *v)
{
	for (size_t i = 0; i < v->message->n_steps; i++) {
		if (v->findings[i] == NULL)
			v->findings[i] = conformance_look(req, v->message->steps[i]);
		if (v->findings[i] == NULL)
			return STATUS_BUSY;
	}
	return STATUS_OK;
}

/* The place of a method's result; its last one counts. */
static Rxcirc__V1__ConformanceResult **place_of(Rxcirc__V1__Application *a, const char *method)
{
	for (size_t i = 0; i < a->n_conformance; i++)
		if (strcmp(a->conformance[i]->method, method) == 0)
			return &a->conformance[i];
	return &a->conformance[a->n_conformance++];
}

static int record(struct request *req, struct conformance *v)
{
	Rxcirc__V1__Application *a = v->application;
	size_t count = v->message->n_steps;
	Rxcirc__V1__ConformanceResult *new = arena_array(&req->arena, count, sizeof(*new));
	Rxcirc__V1__ConformanceResult **all =
		arena_array(&req->arena, a->n_conformance + count, sizeof(*all));

	if (new == NULL || all == NULL)
		return ERR_MEMORY;
	if (a->n_conformance > 0)
		memcpy(all, a->conformance, a->n_conformance * sizeof(*all));
	a->conformance = all;
	for (size_t i = 0; i < count; i++) {
		const Rxcirc__V1__ConformanceStep *step = v->message->steps[i];

		rxcirc__v1__conformance_result__init(&new[i]);
		new[i].method = step->method;
		new[i].passed = v->findings[i][0] == '\0';
		new[i].finding = (char *)(uintptr_t)v->findings[i];
		new[i].client_code = step->client_code;
		new[i].client_ms = step->client_ms;
		new[i].seen_at_ms = req->received_at_ms;
		*place_of(a, step->method) = &new[i];
	}
	return 0;
}

static enum status_reason conformance_decide(struct request *req, struct registry_change *c)
{
	struct conformance *v = conformance_of(c);
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
		status = look(req, v);
	if (status != STATUS_OK)
		return status;
	r = record(req, v);
	if (r == 0)
		r = application_step(req, v->application, APPLICATION_CONFORM, "", &v->summary, &v->row);
	if (r == ERR_TOO_LARGE)
		return refuse(req, "size", "steps", "the application would hold too much", "申请内容总量超限");
	if (r < 0)
		return STATUS_BUSY;
	rxcirc__v1__record_conformance_response__init(&v->response);
	v->response.results = v->application->conformance;
	v->response.n_results = v->application->n_conformance;
	c->reply = &v->response.base;
	c->subject = arena_printf(&req->arena, "application/%s", v->application->id);
	return c->subject == NULL ? STATUS_BUSY : STATUS_OK;
}

static int conformance_write(struct request *req, struct registry_change *c,
	const struct registry_write *w, struct pg_unit *unit)
{
	struct conformance *v = conformance_of(c);

	/* what was sent is large and of no further use; its digest is in the trail */
	v->row.step = slice_of("", 0);
	return store_application_advance(unit, &req->arena, &v->row, w);
}

void record_conformance_start(struct request *req)
{
	static const struct registry_change_kind kind = {
		.read = conformance_read,
		.ask = conformance_ask,
		.decide = conformance_decide,
		.write = conformance_write,
		.is_guarded = true,
	};

	registry_change_run(req, &kind, sizeof(struct conformance));
}
