#include "service/onboarding/opened_records.h"

#include <string.h>

#include "registry/registry.h"
#include "service/record_form.h"
#include "service/record_show.h"

enum { INSTITUTIONS_MAX = 2 };

static int add_record(struct request *req, struct registry_change *c, struct record_form *forms,
	const Rxcirc__V1__RegistryRecord *shown)
{
	int r = shown == NULL ? ERR_MEMORY : record_form_make(&req->arena, req->shop->keys, shown,
		NULL, &forms[c->record_count]);

	c->record_count += r == 0;
	return r;
}

/* As the statement leaves it: who was suspended or closed meanwhile stays so. */
static int add_opened(struct request *req, struct registry_change *c, struct record_form *forms,
	const char *code, const char *filing_no)
{
	const struct institution *now = registry_institution(req->registry, code);
	struct institution after;

	if (now == NULL || (now->status != INSTITUTION_ACTIVE && now->status != INSTITUTION_APPLYING))
		return 0;
	after = *now;
	after.status = INSTITUTION_ACTIVE;
	if (filing_no != NULL)
		after.filing_no = filing_no;
	return add_record(req, c, forms, record_show_institution(&req->arena, &after));
}

static int add_granted(struct request *req, struct registry_change *c, struct record_form *forms,
	const Rxcirc__V1__Application *a, struct slice capability)
{
	const struct item granted = {.owner_code = a->institution_code, .kind = ITEM_CAPABILITY,
		.code = arena_text(&req->arena, capability), .name = "", .number = a->id,
		.authority = req->caller.code, .note = "", .from_ms = req->received_at_ms};

	return granted.code == NULL ? ERR_MEMORY :
		add_record(req, c, forms, record_show_item(&req->arena, &granted));
}

int opened_records_activate(struct request *req, struct registry_change *c,
	const Rxcirc__V1__Application *a, const struct application_opening *opening)
{
	struct record_form *forms = arena_array(&req->arena,
		INSTITUTIONS_MAX + opening->capability_count, sizeof(*forms));
	int r = forms == NULL ? ERR_MEMORY : 0;

	c->record_count = 0;
	if (r == 0)
		r = add_opened(req, c, forms, a->institution_code, opening->filing_no);
	if (r == 0 && opening->with_applicant && strcmp(a->applicant_code, a->institution_code) != 0)
		r = add_opened(req, c, forms, a->applicant_code, NULL);
	for (size_t i = 0; r == 0 && i < opening->capability_count; i++)
		r = add_granted(req, c, forms, a, opening->capabilities[i]);
	c->records = forms;
	return r;
}

int opened_records_publish(struct request *req, struct registry_change *c,
	const Rxcirc__V1__Application *a)
{
	const struct institution *now = registry_institution(req->registry, a->institution_code);
	struct record_form *forms = arena_array(&req->arena, INSTITUTIONS_MAX, sizeof(*forms));
	struct institution after;

	if (forms == NULL)
		return ERR_MEMORY;
	c->records = forms;
	c->record_count = 0;
	if (now == NULL)
		return 0;
	after = *now;
	after.published = true;
	return add_record(req, c, forms, record_show_institution(&req->arena, &after));
}
