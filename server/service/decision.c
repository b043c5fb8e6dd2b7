/* Facts into the message that is kept. */
#include "service/decision.h"

#include <string.h>

#include "registry/registry.h"
#include "service/facts.h"

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)borrowed;
}

/* Nothing is allocated but through this: one failure is seen once, at the end. */
struct making {
	struct request *req;
	bool exhausted;
};

static void *room(struct making *k, size_t size)
{
	void *p = arena_zalloc(&k->req->arena, size);

	k->exhausted = k->exhausted || p == NULL;
	return p;
}

static Rxcirc__V1__DatedFact *make_span(struct making *k, const struct upload_span *span)
{
	Rxcirc__V1__DatedFact *m = span->known ? room(k, sizeof(*m)) : NULL;

	if (m == NULL)
		return NULL;
	rxcirc__v1__dated_fact__init(m);
	m->from_ms = span->from_ms;
	m->until_ms = span->until_ms;
	return m;
}

static Rxcirc__V1__DecisionInstitution *make_institution(struct making *k,
	const struct institution *i)
{
	Rxcirc__V1__DecisionInstitution *m = i == NULL ? NULL : room(k, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__decision_institution__init(m);
	m->kind = (uint32_t)i->kind;
	m->status = (uint32_t)i->status;
	m->region = text(i->region);
	m->filing_no = text(i->filing_no);
	return m;
}

static Rxcirc__V1__DecisionPractitioner *make_practitioner(struct making *k,
	const struct upload_practitioner *p)
{
	Rxcirc__V1__DecisionPractitioner *m = room(k, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__decision_practitioner__init(m);
	m->known = p->known != NULL;
	if (p->known != NULL) {
		m->suspended = p->known->suspended;
		m->role = (uint32_t)p->known->role;
		m->name = text(p->known->name);
		m->region = text(p->known->region);
		m->licence_no = text(p->known->licence_no);
		m->independent_since = text(p->known->independent_since);
	}
	m->practises = p->practice != NULL;
	if (p->practice != NULL) {
		m->ended = p->practice->ended;
		m->departments = text(p->practice->departments);
	}
	m->licence = make_span(k, &p->licence);
	m->agreement = make_span(k, &p->agreement);
	m->suspension = make_span(k, &p->suspension);
	return m;
}

static void make_code(const struct code *known, const char *name, Rxcirc__V1__DecisionCode *m)
{
	rxcirc__v1__decision_code__init(m);
	if (known == NULL)
		return;
	m->known = true;
	m->flags = known->flags;
	m->class_no = known->class_no;
	if (name != NULL && strcmp(name, known->name) != 0)
		m->name = text(known->name);
}

/* `count` messages of that size and the pointers to them. */
static void *make_list(struct making *k, size_t count, size_t size, void *ret_pointers)
{
	char *all = room(k, (count + 1) * size);
	void **pointers = room(k, (count + 1) * sizeof(*pointers));

	if (all == NULL || pointers == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		pointers[i] = all + i * size;
	memcpy(ret_pointers, &pointers, sizeof(pointers));
	return all;
}

static void make_codes(struct making *k, const struct upload_facts *f,
	Rxcirc__V1__DecisionFacts *m)
{
	Rxcirc__V1__DecisionCode *drugs = make_list(k, f->line_count, sizeof(*drugs), &m->drugs);
	Rxcirc__V1__DecisionCode *diagnoses = make_list(k, f->diagnosis_count, sizeof(*diagnoses),
		&m->diagnoses);

	if (drugs == NULL || diagnoses == NULL)
		return;
	m->n_drugs = f->line_count;
	for (size_t i = 0; i < f->line_count; i++) {
		make_code(f->lines[i].known, f->lines[i].generic_name, &drugs[i]);
		drugs[i].frequency_known = f->lines[i].frequency_known;
		drugs[i].route_known = f->lines[i].route_known;
	}
	m->n_diagnoses = f->diagnosis_count;
	for (size_t i = 0; i < f->diagnosis_count; i++)
		make_code(f->diagnoses[i].known, NULL, &diagnoses[i]);
	m->department_known = f->department_known;
}

static void make_tables(struct making *k, Rxcirc__V1__DecisionFacts *m)
{
	static const enum code_kind kinds[] = {CODE_DRUG, CODE_DIAGNOSIS, CODE_DEPARTMENT,
		CODE_FREQUENCY, CODE_ROUTE};
	Rxcirc__V1__DecisionTable *all = make_list(k, ARRAY_LEN(kinds), sizeof(*all), &m->tables);

	for (size_t i = 0; all != NULL && i < ARRAY_LEN(kinds); i++) {
		const struct code_table *t = registry_code_table(k->req->registry, kinds[i],
			k->req->received_at_ms);
		Rxcirc__V1__DecisionTable *one = &all[m->n_tables];

		if (t == NULL)
			continue;
		rxcirc__v1__decision_table__init(one);
		one->kind = (uint32_t)kinds[i];
		one->id = t->id;
		m->n_tables++;
	}
}

static void make_limits(struct making *k, const struct upload_limits *l,
	Rxcirc__V1__DecisionFacts *m)
{
	m->limits = room(k, sizeof(*m->limits));
	if (m->limits == NULL)
		return;
	rxcirc__v1__decision_limits__init(m->limits);
#define X(id, member) m->limits->member = (uint32_t)l->member;
	UPLOAD_LIMIT_NUMBERS(X)
#undef X
#define X(id, member) m->limits->member = text(l->member);
	UPLOAD_LIMIT_TEXTS(X)
#undef X
	m->limits->first_visit_open = l->first_visit_open;
	m->limits->recognised_there = text(l->recognised_there);
}

static void make_findings(struct making *k, const struct upload_facts *f,
	Rxcirc__V1__DecisionFacts *m)
{
	struct upload_finding found[FINDINGS_MAX];
	size_t count = upload_judge(f, found, FINDINGS_MAX);
	Rxcirc__V1__DecisionFinding *all;

	count = count < FINDINGS_MAX ? count : FINDINGS_MAX;
	all = make_list(k, count, sizeof(*all), &m->findings);
	if (all == NULL)
		return;
	m->n_findings = count;
	for (size_t i = 0; i < count; i++) {
		rxcirc__v1__decision_finding__init(&all[i]);
		all[i].rule_no = found[i].rule->no;
		all[i].index = found[i].index;
		all[i].severity = (uint32_t)found[i].severity;
	}
}

Rxcirc__V1__DecisionFacts *decision_make(struct request *req, const struct upload_facts *f)
{
	struct making k = {req, false};
	Rxcirc__V1__DecisionFacts *m = room(&k, sizeof(*m));

	if (m == NULL)
		return NULL;
	rxcirc__v1__decision_facts__init(m);
	m->decided_at_ms = req->received_at_ms;
	m->registry_version = registry_version(req->registry);
	m->severities = (ProtobufCBinaryData){upload_rules_count, (uint8_t *)(uintptr_t)f->severities};
	m->hospital = make_institution(&k, f->hospital);
	m->host = make_institution(&k, f->host);
	m->practice_licence = make_span(&k, &f->practice_licence);
	m->internet_licence = make_span(&k, &f->internet_licence);
	m->department = make_span(&k, &f->department);
	m->internet_department = make_span(&k, &f->internet_department);
	m->physician = make_practitioner(&k, &f->physician);
	m->reviewer = f->has_reviewer ? make_practitioner(&k, &f->reviewer) : NULL;
	m->person_blocked = f->person_blocked;
	make_limits(&k, &f->limits, m);
	make_codes(&k, f, m);
	make_tables(&k, m);
	make_findings(&k, f, m);
	return k.exhausted ? NULL : m;
}
