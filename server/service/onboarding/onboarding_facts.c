#include "service/onboarding/onboarding_facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "domain/parameter.h"
#include "registry/registry.h"
#include "registry/shelf.h"

enum { PREFECTURE_DIGITS = 4, CALENDAR_WORKING_WEEKEND = 2 };

static const char *const hospital_licences = "internet-hospital internet-diagnosis";
static const char *const pharmacy_licences = "internet-drug";

/* The region's word at the time of the application: what changes later changes nothing for it. */
static const char *term(const struct request *req, const Rxcirc__V1__Application *a,
	enum parameter_id id)
{
	return registry_text(req->registry, id, a->region, a->submitted_at_ms);
}

static unsigned term_number(const struct request *req, const Rxcirc__V1__Application *a,
	enum parameter_id id)
{
	return (unsigned)registry_number(req->registry, id, a->region, a->submitted_at_ms);
}

struct onboarding_dates onboarding_dates_of(struct request *req,
	const Rxcirc__V1__Application *a)
{
	struct onboarding_dates d = {
		.state = (enum application_state)a->state,
		.combined = a->combined,
		.submitted_ms = a->submitted_at_ms,
		.agreement_ms = a->agreement_at_ms,
		.notice_days = term_number(req, a, PARAM_NOTICE_DAYS),
		.assessment_months = term_number(req, a, PARAM_ASSESSMENT_MONTHS),
	};

	if (a->notice != NULL) {
		d.noticed_ms = a->notice->given_at_ms;
		d.supplemented_ms = a->notice->answered_at_ms;
	}
	return d;
}

static int by_day(const void *a, const void *b)
{
	const struct workday_exception *x = a, *y = b;

	return (x->day > y->day) - (x->day < y->day);
}

int onboarding_calendar_due(struct request *req, const struct onboarding_dates *dates,
	int64_t *ret_due_ms)
{
	const struct code_table *table =
		registry_code_table(req->registry, CODE_CALENDAR, req->received_at_ms);
	size_t count = table == NULL ? 0 : shelf_count(table->codes);
	struct workday_exception *days = arena_array(&req->arena, count + 1, sizeof(*days));
	struct workday_calendar calendar = {days, 0};

	if (days == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct code *code = shelf_at(table->codes, i);
		struct workday_exception *d = &days[calendar.count];

		d->works = code->class_no == CALENDAR_WORKING_WEEKEND;
		if (!(code->flags & CODE_WITHDRAWN) && date_read(code->code, &d->day))
			calendar.count++;
	}
	qsort(days, calendar.count, sizeof(*days), by_day);
	*ret_due_ms = onboarding_notice_due(dates, &calendar);
	return 0;
}

char *onboarding_words_of(struct request *req, char *const *words, size_t count)
{
	size_t len = 1, at = 0;
	char *text;

	for (size_t i = 0; i < count; i++)
		len += strlen(words[i]) + 1;
	text = arena_zalloc(&req->arena, len);
	for (size_t i = 0; text != NULL && i < count; i++) {
		size_t n = strlen(words[i]);

		memcpy(text + at, words[i], n);
		text[at + n] = ' ';
		at += n + 1;
	}
	return text;
}

static int gather_terms(struct request *req, const Rxcirc__V1__Application *a,
	struct onboarding_case *c)
{
	bool hospital = c->kind & ONBOARDING_HOSPITAL;
	const char *verification = term(req, a,
		hospital ? PARAM_VERIFICATION_HOSPITAL : PARAM_VERIFICATION_PHARMACY);

	if (c->kind & ONBOARDING_ONLINE)
		verification = arena_printf(&req->arena, "%s %s", verification,
			term(req, a, PARAM_VERIFICATION_ONLINE));
	c->terms = (struct onboarding_terms){
		.documents = term(req, a, hospital ? PARAM_DOCUMENTS_HOSPITAL : PARAM_DOCUMENTS_PHARMACY),
		.licences = hospital ? hospital_licences : pharmacy_licences,
		.verification = verification,
		.assessment = term(req, a,
			hospital ? PARAM_ASSESSMENT_HOSPITAL : PARAM_ASSESSMENT_PHARMACY),
		.conformance = term(req, a,
			hospital ? PARAM_CONFORMANCE_HOSPITAL : PARAM_CONFORMANCE_PHARMACY),
		.months = term(req, a, PARAM_APPLICATION_MONTHS),
		.lookback_days = term_number(req, a, PARAM_PENALTY_LOOKBACK_DAYS),
	};
	return verification == NULL ? ERR_MEMORY : 0;
}

/* The owner's licences; `into` NULL only counts. */
static size_t licences_of(const struct request *req, const char *owner,
	struct onboarding_licence *into)
{
	const struct item *i = NULL;
	size_t count = 0;

	while ((i = registry_item_next(req->registry, owner, ITEM_LICENCE, i)) != NULL) {
		if (i->withdrawn)
			continue;
		if (into != NULL)
			into[count] = (struct onboarding_licence){i->code, date_day_of(i->from_ms),
				i->until_ms == 0 ? INT32_MAX : date_day_of(i->until_ms - 1)};
		count++;
	}
	return count;
}

/* A pharmacy's may stand at its chain's head office (JIN15-2.3). */
static int gather_licences(struct request *req, const struct institution *place,
	struct onboarding_case *c)
{
	size_t own = licences_of(req, place->code, NULL);
	size_t chain = licences_of(req, place->chain_code, NULL);
	struct onboarding_licence *all = arena_array(&req->arena, own + chain + 1, sizeof(*all));

	if (all == NULL)
		return ERR_MEMORY;
	c->licence_count = licences_of(req, place->code, all);
	c->licence_count += licences_of(req, place->chain_code, all + own);
	c->licences = all;
	return 0;
}

/* Each is named by its kind and its day, which is its key in the registry. */
static int gather_penalties(struct request *req, const struct institution *place,
	struct onboarding_case *c)
{
	struct onboarding_penalty *all;
	const struct item *i = NULL;
	size_t count = 0;

	while ((i = registry_item_next(req->registry, place->code, ITEM_PENALTY, i)) != NULL)
		count++;
	all = arena_array(&req->arena, count + 1, sizeof(*all));
	if (all == NULL)
		return ERR_MEMORY;
	while ((i = registry_item_next(req->registry, place->code, ITEM_PENALTY, i)) != NULL) {
		struct onboarding_penalty *p = &all[c->penalty_count];
		char day[DATE_LEN + 1];

		if (i->withdrawn)
			continue;
		p->day = date_day_of(i->from_ms);
		date_write(p->day, day);
		p->id = arena_printf(&req->arena, "%.40s-%s", i->code, day);
		if (p->id == NULL)
			return ERR_MEMORY;
		c->penalty_count++;
	}
	c->penalties = all;
	return 0;
}

static bool is_open(const struct institution *place)
{
	return place != NULL && place->status == INSTITUTION_ACTIVE;
}

/* Designated: by an agreement in force.  In a combined case also by what the office noted when the
 * agreement was signed (SX15-2.2). */
static bool agreement_in_force(const struct request *req, const Rxcirc__V1__Application *a)
{
	const struct agreement *g = NULL;

	if (a->combined && a->agreement_at_ms != 0 && a->agreement_at_ms <= req->received_at_ms)
		return true;
	while ((g = registry_agreement_next(req->registry, a->applicant_code, g)) != NULL)
		if (g->kind == AGREEMENT_DESIGNATION &&
			agreement_state_at(g, req->received_at_ms) == AGREEMENT_IN_FORCE)
			return true;
	return false;
}

/* When an agreement of the institution was suspended last; 0 = never (JIN15-2.1c). */
static int64_t suspended_last(const struct request *req, const struct institution *place)
{
	const struct agreement *g = NULL;
	int64_t last = place->status == INSTITUTION_SUSPENDED ? req->received_at_ms : 0;

	while ((g = registry_agreement_next(req->registry, place->code, g)) != NULL)
		if (g->own.from_ms > last && g->own.from_ms <= req->received_at_ms)
			last = g->own.from_ms;
	return last;
}

static int gather_institution(struct request *req, const Rxcirc__V1__Application *a,
	struct onboarding_case *c)
{
	const struct institution *place = registry_institution(req->registry, a->institution_code);
	const struct institution *host = registry_institution(req->registry, a->applicant_code);
	int r;

	if (place == NULL)
		return 0; /* then nothing is allowed */
	c->may_stand = is_open(place) || place->status == INSTITUTION_APPLYING;
	c->has_host = place->kind == INSTITUTION_INTERNET_HOSPITAL && host != NULL &&
		host->kind == INSTITUTION_HOSPITAL;
	c->may_apply = strcmp(a->applicant_code, req->caller.code) == 0;
	c->agreement_in_force = agreement_in_force(req, a);
	c->suspended_ms = suspended_last(req, place);
	r = gather_licences(req, place, c);
	return r < 0 ? r : gather_penalties(req, place, c);
}

/* The method's name as parameters have it: "Hospital.UploadPrescription". */
static char *short_name(struct request *req, const char *method)
{
	static const char package[] = "rxcirc.v1.";
	char *name = arena_printf(&req->arena, "%s", method + strlen(package));
	char *slash = name == NULL ? NULL : strchr(name, '/');

	if (slash != NULL)
		*slash = '.';
	return name;
}

static int gather_conformance(struct request *req, const Rxcirc__V1__Application *a,
	struct onboarding_case *c)
{
	const char **seen = arena_array(&req->arena, a->n_conformance + 1, sizeof(*seen));

	if (seen == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < a->n_conformance; i++) {
		if (!a->conformance[i]->passed)
			continue;
		seen[c->conformed_count] = short_name(req, a->conformance[i]->method);
		if (seen[c->conformed_count++] == NULL)
			return ERR_MEMORY;
	}
	c->conformed = seen;
	return 0;
}

static int gather_lists(struct request *req, const Rxcirc__V1__Application *a,
	struct onboarding_case *c)
{
	const char **documents = arena_array(&req->arena, a->n_documents + 1, sizeof(*documents));
	const char **lifted = arena_array(&req->arena, a->n_overrides + 1, sizeof(*lifted));

	if (documents == NULL || lifted == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < a->n_documents; i++)
		documents[i] = a->documents[i]->kind;
	for (size_t i = 0; i < a->n_overrides; i++)
		lifted[i] = a->overrides[i]->block;
	c->documents = documents;
	c->document_count = a->n_documents;
	c->overridden = lifted;
	c->overridden_count = a->n_overrides;
	if (a->notice != NULL) {
		c->requested = (const char *const *)a->notice->documents;
		c->requested_count = a->notice->n_documents;
	}
	if (a->group != NULL) {
		c->group = (const char *const *)a->group->members;
		c->group_count = a->group->n_members;
		c->group_form = a->group->form != 0;
	}
	return 0;
}

int onboarding_gather(struct request *req, const Rxcirc__V1__Application *a,
	enum application_event event, struct onboarding_case *ret)
{
	struct onboarding_case c = {
		.event = event,
		.kind = a->kind == RXCIRC__V1__INSTITUTION_KIND__INSTITUTION_KIND_PHARMACY ?
			ONBOARDING_PHARMACY : ONBOARDING_HOSPITAL,
		.at_ms = req->received_at_ms,
		.dates = onboarding_dates_of(req, a),
		.notice_due_ms = a->notice_due_ms,
		.capabilities = onboarding_words_of(req, a->capabilities, a->n_capabilities),
		.assessor = a->assessor,
		.officer = req->caller.officer,
		.reason = "", .suggestions = "", .number = "",
	};
	int r = c.capabilities == NULL ? ERR_MEMORY : 0;

	if (c.kind == ONBOARDING_PHARMACY && a->n_capabilities > 0)
		c.kind |= ONBOARDING_ONLINE;
	if (r == 0)
		r = gather_terms(req, a, &c);
	if (r == 0)
		r = gather_institution(req, a, &c);
	if (r == 0)
		r = gather_conformance(req, a, &c);
	if (r == 0)
		r = gather_lists(req, a, &c);
	if (r == 0)
		*ret = c;
	return r;
}

unsigned onboarding_actors(const struct request *req, const Rxcirc__V1__Application *a,
	enum application_event event)
{
	bool city_opens = registry_word(req->registry, PARAM_ACTIVATION_OWNER, a->region,
		req->received_at_ms, "city");
	unsigned actors = 0;

	if (!caller_is_officer(&req->caller)) {
		/* the internet hospital's own connection is what is tested; all else is its host's */
		if (strcmp(a->applicant_code, req->caller.code) == 0 ||
			(event == APPLICATION_CONFORM && strcmp(a->institution_code, req->caller.code) == 0))
			actors |= ACTOR_APPLICANT;
		return actors;
	}
	if (strcmp(a->office_code, req->caller.code) == 0)
		actors |= ACTOR_OFFICE | (city_opens ? (unsigned)ACTOR_ACTIVATOR : 0u);
	if (req->caller.role == CALLER_PROVINCE_OFFICER)
		actors |= ACTOR_PROVINCE | (city_opens ? 0u : (unsigned)ACTOR_ACTIVATOR);
	return actors;
}

static bool takes_applications(const struct institution *office)
{
	return office != NULL && office->kind == INSTITUTION_AGENCY &&
		office->status == INSTITUTION_ACTIVE;
}

const struct institution *onboarding_office(const struct request *req, const char *region)
{
	const char *named = registry_text(req->registry, PARAM_RESPONSIBLE_OFFICE, region,
		req->received_at_ms);
	const struct institution *office;

	if (named[0] != '\0') {
		office = registry_institution(req->registry, named);
		return takes_applications(office) ? office : NULL;
	}
	for (size_t i = 0; i < registry_institutions(req->registry); i++) {
		office = registry_institution_at(req->registry, i);
		if (takes_applications(office) && strncmp(office->region, region, PREFECTURE_DIGITS) == 0)
			return office;
	}
	return NULL;
}

static bool tell(struct request *req, const struct onboarding_finding *f)
{
	const char *english = f->rule->english, *chinese = f->rule->chinese;

	if (f->subject[0] != '\0') {
		english = arena_printf(&req->arena, "%s: %s", english, f->subject);
		chinese = arena_printf(&req->arena, "%s：%s", chinese, onboarding_chinese(f->subject));
	}
	if (english == NULL || chinese == NULL)
		return false;
	request_find(req, f->rule->id, RXCIRC__V1__SEVERITY__SEVERITY_REFUSE, f->rule->field,
		f->rule->source, english, chinese);
	return true;
}

enum status_reason onboarding_decide(struct request *req, const struct onboarding_case *c)
{
	struct onboarding_finding found[FINDINGS_MAX];
	size_t count = onboarding_judge(c, found, FINDINGS_MAX);

	for (size_t i = 0; i < count && i < FINDINGS_MAX; i++)
		if (!tell(req, &found[i]))
			return STATUS_BUSY;
	return count == 0 ? STATUS_OK : STATUS_APPLICATION_REFUSED;
}
