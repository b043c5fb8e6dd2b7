/* The rows and their functions. */
#include "rules/agreement.h"

#include <string.h>

#include "base/ensure.h"
#include "domain/standing.h"

struct draft_rule {
	const char *id, *source, *field, *english, *chinese;
	bool (*kept)(const struct agreement_facts *f);
};

static bool is_supplementary(const struct agreement_facts *f)
{
	return f->draft->kind == AGREEMENT_SUPPLEMENTARY;
}

static bool party_fits(const struct agreement_facts *f)
{
	return f->party != NULL && standing_needs(f->party->kind) == f->draft->kind;
}

/* The host's agreement is of the host the registry knows, and nobody else has one. */
static bool host_fits(const struct agreement_facts *f)
{
	if (!is_supplementary(f))
		return f->draft->host_agreement_id[0] == '\0';
	return f->host != NULL && f->host->kind == AGREEMENT_DESIGNATION && f->party != NULL &&
		strcmp(f->host->institution_code, f->party->host_code) == 0 &&
		!agreement_is_over(f->host, f->now_ms);
}

static bool term_is_sound(const struct agreement_facts *f)
{
	return f->draft->starts_ms > 0 && f->draft->ends_ms > f->draft->starts_ms &&
		f->draft->ends_ms > f->now_ms;
}

static bool term_is_the_hosts(const struct agreement_facts *f)
{
	return !is_supplementary(f) || f->host == NULL ||
		(f->draft->starts_ms == f->host->starts_ms && f->draft->ends_ms == f->host->ends_ms);
}

/* An annual designation may carry the annex; only a supplementary one must say how it is made. */
static bool form_is_said(const struct agreement_facts *f)
{
	if (is_supplementary(f))
		return f->form == AGREEMENT_FORM_SEPARATE || f->form == AGREEMENT_FORM_ANNEX;
	return f->form == 0 || f->form == AGREEMENT_FORM_ANNEX;
}

static bool licence_is_said(const struct agreement_facts *f)
{
	if (is_supplementary(f))
		return f->licence == AGREEMENT_LICENCE_HOSPITAL ||
			f->licence == AGREEMENT_LICENCE_DIAGNOSIS;
	return f->licence == 0;
}

static bool template_is_in_force(const struct agreement_facts *f)
{
	return strcmp(f->template_version, f->template_in_force) == 0;
}

/* A designation has its own procedure; what a combined case applies for together (SX15-2.2) may be
 * laid down before the assessment, its supplementary part may not. */
static bool application_fits(const struct agreement_facts *f)
{
	if (is_supplementary(f))
		return f->application == AGREEMENT_APPLICATION_PASSED;
	return f->application != AGREEMENT_APPLICATION_UNKNOWN &&
		f->application != AGREEMENT_APPLICATION_OVER;
}

static bool stands_alone(const struct agreement_facts *f)
{
	return !f->overlaps;
}

static bool may_be_renewed(const struct agreement_facts *f)
{
	return !f->not_renewed || f->overridden;
}

static const struct draft_rule draft_rules[] = {
	{"AG-PARTY", "SX15-2.1", "text.institution_code",
		"designation is for hospitals and pharmacies, supplementary for internet hospitals, and the"
		" institution must be registered",
		"定点协议适用于医院和药店，补充协议适用于互联网医院，且机构须已登记", party_fits},
	{"AG-HOST", "SX15-2.1 NH123-2.1", "text.host_agreement_id",
		"a supplementary agreement, and only it, hangs on a designation agreement of its host that"
		" is not over",
		"补充协议（且仅补充协议）须依托其实体医疗机构未失效的定点协议", host_fits},
	{"AG-TERM", "SX15-2.4", "text.ends_ms", "the term must end after it starts and after now",
		"协议期限须止于起始之后且晚于当前时间", term_is_sound},
	{"AG-TERM-HOST", "SX15-2.4 TJ2-9b", "text.starts_ms, text.ends_ms",
		"the term must be that of the host's designation agreement",
		"补充协议期限须与所依托实体定点医疗机构的协议一致", term_is_the_hosts},
	{"AG-FORM", "JIN15-3.6b", "text.form",
		"a supplementary agreement is separate or an annex; a designation may only carry an annex",
		"补充协议须为单独签订或年度协议附件；定点协议仅可载明附件", form_is_said},
	{"AG-LICENCE", "NT33-N1.1", "text.licence",
		"a supplementary agreement, and only it, says internet-hospital or internet-diagnosis",
		"补充协议（且仅补充协议）须载明设置互联网医院或开展互联网诊疗", licence_is_said},
	{"AG-TEMPLATE", "SX15-9.1", "text.template_version",
		"must be the version of the template the region has in force",
		"须采用本统筹地区现行协议范本版本", template_is_in_force},
	{"AG-APPLICATION", "SX15-2.3", "text.application_id",
		"a supplementary agreement concludes an application that has passed its assessment",
		"补充协议须基于已通过评估的申请", application_fits},
	{"AG-OVERLAP", "SX15-2.4", "text.starts_ms",
		"the institution has another agreement of this kind in that time",
		"该机构在此期间已有同类协议", stands_alone},
	{"AG-NOT-RENEWED", "JIN15-4.10g", "override_reason",
		"the institution is on the list of those not renewed; a reason in spite of it is needed",
		"该机构已列入不再续签名单，须说明例外理由", may_be_renewed},
};

/* Count it, and write it while there is room. */
static void report(struct agreement_finding *ret, size_t cap, size_t *count,
	struct agreement_finding finding)
{
	if (*count < cap)
		ret[*count] = finding;
	++*count;
}

size_t agreement_judge_draft(const struct agreement_facts *facts, struct agreement_finding *ret,
	size_t cap)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(draft_rules); i++) {
		const struct draft_rule *r = &draft_rules[i];

		if (!r->kept(facts))
			report(ret, cap, &count, (struct agreement_finding){r->id, r->source, r->field,
				r->english, r->chinese, {NULL, 0}});
	}
	return count;
}

/* How many clauses of that name say something. */
static size_t clauses_named(const struct agreement_facts *f, struct slice name)
{
	size_t count = 0;

	for (size_t i = 0; i < f->clause_count; i++)
		count += slice_equal(slice_of_text(f->clauses[i].name), name) &&
			f->clauses[i].text[0] != '\0';
	return count;
}

size_t agreement_judge_text(const struct agreement_facts *facts, struct agreement_finding *ret,
	size_t cap)
{
	size_t count = 0;

	for (const char *at = facts->mandatory; *at != '\0';) {
		struct slice name = slice_of(at, strcspn(at, " "));
		size_t there = clauses_named(facts, name);

		if (there == 0)
			report(ret, cap, &count, (struct agreement_finding){"AG-CLAUSE",
				"NT33-J2.2 NT33-N3.1", "text.clauses", "this mandatory clause is missing",
				"缺少必备条款", name});
		if (there > 1)
			report(ret, cap, &count, (struct agreement_finding){"AG-CLAUSE-TWICE", "NT33-J2.2",
				"text.clauses", "this clause stands twice", "条款重复", name});
		at += name.len;
		at += *at == ' ';
	}
	return count;
}
