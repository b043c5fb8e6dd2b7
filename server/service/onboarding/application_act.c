#include "service/onboarding/application_act.h"

#include <string.h>

#include "base/ensure.h"

#define ACT(name) RXCIRC__V1__ADVANCE_APPLICATION_REQUEST__ACT_##name

enum application_event application_act_event(const Rxcirc__V1__AdvanceApplicationRequest *m)
{
	static const enum application_event events[] = {
		[ACT(NOTIFY)] = APPLICATION_NOTIFY,
		[ACT(SUPPLEMENT)] = APPLICATION_SUPPLEMENT,
		[ACT(CHECK)] = APPLICATION_CHECK,
		[ACT(VERIFY)] = APPLICATION_VERIFY,
		[ACT(FORM_GROUP)] = APPLICATION_FORM_GROUP,
		[ACT(NOTE_AGREEMENT)] = APPLICATION_NOTE_AGREEMENT,
		[ACT(OVERRIDE)] = APPLICATION_OVERRIDE,
		[ACT(ASSESS)] = APPLICATION_ASSESS,
		[ACT(FAIL)] = APPLICATION_FAIL,
		[ACT(APPROVE)] = APPLICATION_APPROVE,
		[ACT(FILE)] = APPLICATION_FILE,
		[ACT(ACTIVATE)] = APPLICATION_ACTIVATE,
		[ACT(PUBLISH)] = APPLICATION_PUBLISH,
		[ACT(WITHDRAW)] = APPLICATION_WITHDRAW,
	};

	ensure(m->act_case < ARRAY_LEN(events) && events[m->act_case] != 0);
	return events[m->act_case];
}

static int take_items(struct request *req, Rxcirc__V1__CheckedItem *const *all, size_t count,
	struct onboarding_case *c)
{
	struct onboarding_item *items = arena_array(&req->arena, count + 1, sizeof(*items));

	if (items == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct onboarding_item){all[i]->name, all[i]->passed,
			all[i]->evidence_sha256.len == SHA256_LEN, all[i]->found_at_ms};
	c->items = items;
	c->item_count = count;
	return 0;
}

static Rxcirc__V1__ApplicationDocument *document_of(Rxcirc__V1__ApplicationDocument *const *all,
	size_t count, const char *kind)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i]->kind, kind) == 0)
			return all[i];
	return NULL;
}

/* The documents as they will be: those of the supplement stand for older ones of their kinds. */
static int merge_documents(struct request *req, const Rxcirc__V1__Application *a,
	const Rxcirc__V1__Supplement *s, Rxcirc__V1__ApplicationDocument ***ret, size_t *ret_count)
{
	size_t count = 0;
	Rxcirc__V1__ApplicationDocument **all =
		arena_array(&req->arena, a->n_documents + s->n_documents + 1, sizeof(*all));

	if (all == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < a->n_documents; i++)
		if (document_of(s->documents, s->n_documents, a->documents[i]->kind) == NULL)
			all[count++] = a->documents[i];
	for (size_t i = 0; i < s->n_documents; i++)
		all[count++] = s->documents[i];
	*ret = all;
	*ret_count = count;
	return 0;
}

static int kinds_of(struct request *req, Rxcirc__V1__ApplicationDocument *const *all, size_t count,
	const char *const **ret)
{
	const char **kinds = arena_array(&req->arena, count + 1, sizeof(*kinds));

	if (kinds == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		kinds[i] = all[i]->kind;
	*ret = kinds;
	return 0;
}

static int take_supplement(struct request *req, const Rxcirc__V1__Application *a,
	const Rxcirc__V1__Supplement *s, struct onboarding_case *c)
{
	Rxcirc__V1__ApplicationDocument **all;
	int r = merge_documents(req, a, s, &all, &c->document_count);

	if (r == 0)
		r = kinds_of(req, all, c->document_count, &c->documents);
	c->brought_count = s->n_documents;
	return r == 0 ? kinds_of(req, s->documents, s->n_documents, &c->brought) : r;
}

static int take_failure(struct request *req, const Rxcirc__V1__Failure *f,
	struct onboarding_case *c)
{
	c->reason = f->reason;
	c->suggestions = f->suggestions;
	return take_items(req, f->items, f->n_items, c);
}

static void take_group(const Rxcirc__V1__AssessmentGroup *g, struct onboarding_case *c)
{
	c->group = (const char *const *)g->members;
	c->group_count = g->n_members;
	c->group_form = g->form != 0;
}

int application_act_facts(struct request *req, const Rxcirc__V1__Application *a,
	const Rxcirc__V1__AdvanceApplicationRequest *m, struct onboarding_case *c)
{
	switch (c->event) {
	case APPLICATION_NOTIFY:
		c->requested = (const char *const *)m->notify->documents;
		c->requested_count = m->notify->n_documents;
		return 0;
	case APPLICATION_SUPPLEMENT:
		return take_supplement(req, a, m->supplement, c);
	case APPLICATION_CHECK:
		return take_items(req, m->check->items, m->check->n_items, c);
	case APPLICATION_VERIFY:
		return take_items(req, m->verify->items, m->verify->n_items, c);
	case APPLICATION_ASSESS:
		return take_items(req, m->assess->items, m->assess->n_items, c);
	case APPLICATION_FAIL:
		return take_failure(req, m->fail, c);
	case APPLICATION_FORM_GROUP:
		take_group(m->form_group, c);
		return 0;
	case APPLICATION_NOTE_AGREEMENT:
		c->noted_ms = m->note_agreement->signed_at_ms;
		return 0;
	case APPLICATION_OVERRIDE:
		c->number = m->override->block;
		c->reason = m->override->reason;
		return 0;
	case APPLICATION_FILE:
		c->number = m->file->number;
		c->noted_ms = m->file->filed_at_ms;
		return 0;
	case APPLICATION_SUBMIT:
	case APPLICATION_CONFORM:
	case APPLICATION_APPROVE:
	case APPLICATION_ACTIVATE:
	case APPLICATION_PUBLISH:
	case APPLICATION_WITHDRAW:
		break;
	}
	return 0;
}

static int apply_supplement(struct request *req, Rxcirc__V1__Application *a,
	const Rxcirc__V1__Supplement *s)
{
	int r = merge_documents(req, a, s, &a->documents, &a->n_documents);

	if (r < 0)
		return r;
	a->notice->answered_at_ms = req->received_at_ms;
	return a->n_documents > APPLICATION_DOCUMENTS_MAX ? ERR_TOO_LARGE : 0;
}

static int apply_override(struct request *req, Rxcirc__V1__Application *a,
	Rxcirc__V1__BlockOverride *given)
{
	Rxcirc__V1__BlockOverride **all =
		arena_array(&req->arena, a->n_overrides + 1, sizeof(*all));

	if (all == NULL)
		return ERR_MEMORY;
	if (a->n_overrides == APPLICATION_OVERRIDES_MAX)
		return ERR_TOO_LARGE;
	if (a->n_overrides > 0)
		memcpy(all, a->overrides, a->n_overrides * sizeof(*all));
	given->officer = req->caller.officer; /* whatever the caller wrote there */
	given->at_ms = req->received_at_ms;
	all[a->n_overrides++] = given;
	a->overrides = all;
	return 0;
}

static void apply_notice(struct request *req, Rxcirc__V1__Application *a,
	Rxcirc__V1__SupplementNotice *given)
{
	given->given_at_ms = req->received_at_ms;
	given->answered_at_ms = 0;
	a->notice = given;
}

static const char *apply_checked(Rxcirc__V1__CheckedItem ***into, size_t *into_count,
	const Rxcirc__V1__CheckedItems *given)
{
	*into = given->items;
	*into_count = given->n_items;
	return given->opinion;
}

static const char *apply_assessment(struct request *req, Rxcirc__V1__Application *a,
	const Rxcirc__V1__CheckedItems *given)
{
	a->assessor = req->caller.officer;
	a->assessed_at_ms = req->received_at_ms;
	return apply_checked(&a->assessed, &a->n_assessed, given);
}

/* What was found at the step at which it failed. */
static const char *apply_failure(Rxcirc__V1__Application *a, enum application_state before,
	const Rxcirc__V1__Failure *f)
{
	const Rxcirc__V1__CheckedItems found = {.items = f->items, .n_items = f->n_items};

	a->fail_reason = f->reason;
	a->fail_suggestions = f->suggestions;
	if (f->n_items == 0)
		return "";
	if (before == APPLICATION_ACCEPTED)
		(void)apply_checked(&a->checked, &a->n_checked, &found); /* no opinion besides */
	else if (before == APPLICATION_CHECKED)
		(void)apply_checked(&a->verified, &a->n_verified, &found);
	else
		(void)apply_checked(&a->assessed, &a->n_assessed, &found);
	return "";
}

static const char *apply_filing(Rxcirc__V1__Application *a, const Rxcirc__V1__Filing *f)
{
	a->filing_no = f->number;
	a->filed_at_ms = f->filed_at_ms;
	return f->number;
}

static const char *apply_approval(struct request *req, Rxcirc__V1__Application *a,
	const Rxcirc__V1__Opinion *o)
{
	a->approver = req->caller.officer;
	return o->text;
}

static const char *apply_moment(struct request *req, int64_t *into, const Rxcirc__V1__Opinion *o)
{
	*into = req->received_at_ms;
	return o->text;
}

/* Acts that need memory or have a limit. */
static int apply_bounded(struct request *req, Rxcirc__V1__Application *a,
	const Rxcirc__V1__AdvanceApplicationRequest *m, enum application_event event)
{
	if (event == APPLICATION_SUPPLEMENT)
		return apply_supplement(req, a, m->supplement);
	if (event == APPLICATION_OVERRIDE)
		return apply_override(req, a, m->override);
	return 0;
}

/* Acts that are simply written down; what the history says of it. */
static const char *apply_plain(struct request *req, Rxcirc__V1__Application *a,
	const Rxcirc__V1__AdvanceApplicationRequest *m, enum application_state before)
{
	switch (application_act_event(m)) {
	case APPLICATION_NOTIFY:
		apply_notice(req, a, m->notify);
		break;
	case APPLICATION_CHECK:
		return apply_checked(&a->checked, &a->n_checked, m->check);
	case APPLICATION_VERIFY:
		return apply_checked(&a->verified, &a->n_verified, m->verify);
	case APPLICATION_ASSESS:
		return apply_assessment(req, a, m->assess);
	case APPLICATION_FAIL:
		return apply_failure(a, before, m->fail);
	case APPLICATION_FORM_GROUP:
		a->group = m->form_group;
		break;
	case APPLICATION_NOTE_AGREEMENT:
		a->agreement_at_ms = m->note_agreement->signed_at_ms;
		break;
	case APPLICATION_FILE:
		return apply_filing(a, m->file);
	case APPLICATION_APPROVE:
		return apply_approval(req, a, m->approve);
	case APPLICATION_ACTIVATE:
		return apply_moment(req, &a->activated_at_ms, m->activate);
	case APPLICATION_PUBLISH:
		return apply_moment(req, &a->published_at_ms, m->publish);
	case APPLICATION_WITHDRAW:
		return m->withdraw->text;
	case APPLICATION_SUBMIT:
	case APPLICATION_SUPPLEMENT:
	case APPLICATION_CONFORM:
	case APPLICATION_OVERRIDE:
		break;
	}
	return "";
}

int application_act_apply(struct request *req, Rxcirc__V1__Application *a,
	const Rxcirc__V1__AdvanceApplicationRequest *m, const char **ret_text)
{
	enum application_state before = (enum application_state)a->state, after = before;
	enum application_event event = application_act_event(m);
	int r = apply_bounded(req, a, m, event);

	if (r < 0)
		return r;
	ensure(application_apply(&after, event, ACTORS_ALL) == APPLICATION_ALLOWED);
	a->state = (Rxcirc__V1__ApplicationState)after;
	*ret_text = apply_plain(req, a, m, before);
	return 0;
}
