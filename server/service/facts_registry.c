/* Registry into facts: who may, what holds, which limits, as of the platform's receive time. */
#include <string.h>

#include "crypto/digest.h"
#include "registry/registry.h"
#include "service/facts.h"

/* Take the item when it says more than what was found before: one that holds at that moment, else
 * the one that ended last. */
static void consider(struct upload_span *span, const struct item *i, int64_t at_ms)
{
	bool held = span->known && at_ms >= span->from_ms &&
		(span->until_ms == 0 || at_ms < span->until_ms);

	if (i->withdrawn || held)
		return;
	if (!span->known || item_holds(i, at_ms) || i->until_ms > span->until_ms)
		*span = (struct upload_span){true, i->from_ms, i->until_ms};
}

/* Of that owner and kind; `code` NULL: any. */
static void look(const struct registry *r, const char *owner, enum item_kind kind,
	const char *code, int64_t at_ms, struct upload_span *span)
{
	const struct item *i = NULL;

	while ((i = registry_item_next(r, owner, kind, i)) != NULL)
		if (code == NULL || strcmp(i->code, code) == 0)
			consider(span, i, at_ms);
}

static void person_facts(const struct request *req, int64_t at_ms, struct upload_practitioner *p)
{
	const struct registry *r = req->registry;

	p->known = registry_practitioner(r, p->code);
	p->practice = registry_practice(r, p->code, req->caller.code);
	look(r, p->code, ITEM_LICENCE, NULL, at_ms, &p->licence);
	look(r, p->code, ITEM_ADDITIONAL_AGREEMENT, NULL, at_ms, &p->agreement);
	look(r, p->code, ITEM_SUSPENSION, NULL, at_ms, &p->suspension);
}

/* Licences may stand at the hospital or at its host; departments of the entity hospital at the
 * host, those of the internet licence at the hospital itself. */
static void place_facts(const struct request *req, struct upload_facts *f)
{
	const struct registry *r = req->registry;
	const char *const owners[] = {req->caller.code, f->host == NULL ? NULL : f->host->code};
	const char *entity = f->host == NULL ? req->caller.code : f->host->code;
	int64_t at_ms = f->issued_at_ms;

	for (size_t i = 0; i < ARRAY_LEN(owners) && owners[i] != NULL; i++) {
		look(r, owners[i], ITEM_LICENCE, "practice", at_ms, &f->practice_licence);
		look(r, owners[i], ITEM_LICENCE, "internet-hospital", at_ms, &f->internet_licence);
		look(r, owners[i], ITEM_LICENCE, "internet-diagnosis", at_ms, &f->internet_licence);
	}
	look(r, entity, ITEM_DEPARTMENT, f->department_code, at_ms, &f->department);
	look(r, req->caller.code, ITEM_INTERNET_DEPARTMENT, f->department_code, at_ms,
		&f->internet_department);
}

static bool table_is_loaded(const struct request *req, enum code_kind kind)
{
	return registry_code_table(req->registry, kind, req->received_at_ms) != NULL;
}

static const struct code *code_of(const struct request *req, enum code_kind kind, const char *code)
{
	return registry_code(req->registry, kind, code, req->received_at_ms);
}

/* In the table and still to be used. */
static bool code_counts(const struct request *req, enum code_kind kind, const char *code)
{
	const struct code *c = code_of(req, kind, code);

	return c != NULL && (c->flags & CODE_WITHDRAWN) == 0;
}

static void code_facts(const struct request *req, struct upload_facts *f)
{
	f->department_table = table_is_loaded(req, CODE_DEPARTMENT);
	f->frequency_table = table_is_loaded(req, CODE_FREQUENCY);
	f->route_table = table_is_loaded(req, CODE_ROUTE);
	f->department_known = code_counts(req, CODE_DEPARTMENT, f->department_code);
	for (size_t i = 0; i < f->line_count; i++) {
		struct upload_line *line = &f->lines[i];

		line->known = code_of(req, CODE_DRUG, line->drug_code);
		line->frequency_known = code_counts(req, CODE_FREQUENCY, line->frequency_code);
		line->route_known = code_counts(req, CODE_ROUTE, line->route_code);
	}
	for (size_t i = 0; i < f->diagnosis_count; i++)
		f->diagnoses[i].known = code_of(req, CODE_DIAGNOSIS, f->diagnoses[i].code);
}

static void limit_facts(const struct request *req, const char *region, struct upload_facts *f)
{
	const struct registry *r = req->registry;
	int64_t at_ms = req->received_at_ms;

#define X(id, member) f->limits.member = registry_number(r, PARAM_##id, region, at_ms);
	UPLOAD_LIMIT_NUMBERS(X)
#undef X
#define X(id, member) f->limits.member = registry_text(r, PARAM_##id, region, at_ms);
	UPLOAD_LIMIT_TEXTS(X)
#undef X
	f->limits.first_visit_open = registry_word(r, PARAM_FIRST_VISIT, region, at_ms, "open");
	f->limits.recognised_there = registry_text(r, PARAM_RECOGNISED_REGIONS, f->insured_region,
		at_ms);
	for (size_t i = 0; i < upload_rules_count; i++) {
		const struct upload_rule *rule = &upload_rules[i];

		f->severities[rule->no - 1] = (uint8_t)upload_rule_severity(rule,
			registry_setting(r, rule->setting, region, at_ms));
	}
}

void facts_of_registry(struct request *req, const Rxcirc__V1__Prescription *rx,
	struct upload_facts *f)
{
	const struct registry *r = req->registry;
	uint8_t person[PERSON_KEY_LEN];

	f->hospital = registry_institution(r, req->caller.code);
	if (f->hospital != NULL && f->hospital->host_code[0] != '\0')
		f->host = registry_institution(r, f->hospital->host_code);
	place_facts(req, f);
	person_facts(req, f->issued_at_ms, &f->physician);
	if (f->has_reviewer)
		person_facts(req, f->issued_at_ms, &f->reviewer);
	digest_person(person, req->shop->keys, rx->patient->voucher_id);
	f->person_blocked = registry_person_block(r, person, f->internet ? BLOCK_INTERNET : BLOCK_ALL,
		req->received_at_ms) != NULL;
	code_facts(req, f);
	limit_facts(req, f->hospital == NULL ? req->caller.region : f->hospital->region, f);
}
