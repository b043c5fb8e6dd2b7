/* The message that was kept, back into facts. */
#include <string.h>

#include "service/decision.h"
#include "service/facts.h"

struct restoring {
	struct request *req;
	bool exhausted;
};

static void *room(struct restoring *k, size_t size)
{
	void *p = arena_zalloc(&k->req->arena, size);

	k->exhausted = k->exhausted || p == NULL;
	return p;
}

static struct upload_span restore_span(const Rxcirc__V1__DatedFact *m)
{
	return m == NULL ? (struct upload_span){false, 0, 0} :
		(struct upload_span){true, m->from_ms, m->until_ms};
}

static const struct institution *restore_institution(struct restoring *k,
	const Rxcirc__V1__DecisionInstitution *m)
{
	struct institution *i = m == NULL ? NULL : room(k, sizeof(*i));

	if (i == NULL)
		return NULL;
	*i = (struct institution){.code = "", .name = "", .kind = (enum institution_kind)m->kind,
		.status = (enum institution_status)m->status, .region = m->region, .host_code = "",
		.chain_code = "", .filing_no = m->filing_no, .address = ""};
	return i;
}

static void restore_practitioner(struct restoring *k, const Rxcirc__V1__DecisionPractitioner *m,
	struct upload_practitioner *p)
{
	struct practitioner *known = m->known ? room(k, sizeof(*known)) : NULL;
	struct practice *practice = m->practises ? room(k, sizeof(*practice)) : NULL;

	if (known != NULL)
		*known = (struct practitioner){p->code, m->name, (enum practitioner_role)m->role,
			m->suspended, m->independent_since, m->region, m->licence_no};
	if (practice != NULL)
		*practice = (struct practice){p->code, "", m->ended, m->departments};
	p->known = known;
	p->practice = practice;
	p->licence = restore_span(m->licence);
	p->agreement = restore_span(m->agreement);
	p->suspension = restore_span(m->suspension);
}

static const struct code *restore_code(struct restoring *k, const Rxcirc__V1__DecisionCode *m,
	const char *code, const char *name)
{
	struct code *c = m->known ? room(k, sizeof(*c)) : NULL;

	if (c == NULL)
		return NULL;
	*c = (struct code){.code = code, .name = m->name[0] != '\0' ? m->name : name,
		.class_no = (uint8_t)m->class_no, .flags = m->flags, .dosage_form = "",
		.specification = ""};
	return c;
}

static void restore_codes(struct restoring *k, const Rxcirc__V1__DecisionFacts *m,
	struct upload_facts *f)
{
	for (size_t i = 0; i < f->line_count; i++) {
		struct upload_line *line = &f->lines[i];

		line->known = restore_code(k, m->drugs[i], line->drug_code, line->generic_name);
		line->frequency_known = m->drugs[i]->frequency_known;
		line->route_known = m->drugs[i]->route_known;
	}
	for (size_t i = 0; i < f->diagnosis_count; i++)
		f->diagnoses[i].known = restore_code(k, m->diagnoses[i], f->diagnoses[i].code, "");
	for (size_t i = 0; i < m->n_tables; i++) {
		f->department_table = f->department_table || m->tables[i]->kind == CODE_DEPARTMENT;
		f->frequency_table = f->frequency_table || m->tables[i]->kind == CODE_FREQUENCY;
		f->route_table = f->route_table || m->tables[i]->kind == CODE_ROUTE;
	}
	f->department_known = m->department_known;
}

static void restore_limits(const Rxcirc__V1__DecisionLimits *m, struct upload_limits *l)
{
#define X(id, member) l->member = m->member;
	UPLOAD_LIMIT_NUMBERS(X)
	UPLOAD_LIMIT_TEXTS(X)
#undef X
	l->first_visit_open = m->first_visit_open;
	l->recognised_there = m->recognised_there;
}

int decision_restore(struct request *req, const Rxcirc__V1__DecisionFacts *m,
	struct upload_facts *f)
{
	struct restoring k = {req, false};

	if (m->n_drugs != f->line_count || m->n_diagnoses != f->diagnosis_count ||
		m->limits == NULL || m->physician == NULL ||
		(m->reviewer != NULL) != f->has_reviewer || m->severities.len > UPLOAD_RULES_MAX)
		return ERR_DAMAGED;
	memset(f->severities, UPLOAD_OFF, sizeof(f->severities));
	if (m->severities.len > 0)
		memcpy(f->severities, m->severities.data, m->severities.len);
	f->hospital = restore_institution(&k, m->hospital);
	f->host = restore_institution(&k, m->host);
	f->practice_licence = restore_span(m->practice_licence);
	f->internet_licence = restore_span(m->internet_licence);
	f->department = restore_span(m->department);
	f->internet_department = restore_span(m->internet_department);
	restore_practitioner(&k, m->physician, &f->physician);
	if (m->reviewer != NULL)
		restore_practitioner(&k, m->reviewer, &f->reviewer);
	f->person_blocked = m->person_blocked;
	restore_limits(m->limits, &f->limits);
	restore_codes(&k, m, f);
	return k.exhausted ? ERR_MEMORY : 0;
}

bool decision_is_same(const Rxcirc__V1__DecisionFacts *m, const struct upload_facts *f)
{
	struct upload_finding found[FINDINGS_MAX];
	size_t count = upload_judge(f, found, FINDINGS_MAX);

	if ((count < FINDINGS_MAX ? count : FINDINGS_MAX) != m->n_findings)
		return false;
	for (size_t i = 0; i < m->n_findings; i++)
		if (found[i].rule->no != m->findings[i]->rule_no ||
			found[i].index != m->findings[i]->index ||
			(uint32_t)found[i].severity != m->findings[i]->severity)
			return false;
	return true;
}
