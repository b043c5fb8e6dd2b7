/* Judging: every rule of the table against the facts. */
#include "rules/upload.h"

#include <string.h>

const struct upload_rule *upload_rule_find(const char *id)
{
	for (size_t i = 0; i < upload_rules_count; i++)
		if (strcmp(upload_rules[i].id, id) == 0)
			return &upload_rules[i];
	return NULL;
}

enum upload_severity upload_rule_severity(const struct upload_rule *rule, const char *word)
{
	if (word == NULL)
		return rule->severity;
	if (strcmp(word, "refuse") == 0)
		return UPLOAD_REFUSE;
	if (strcmp(word, "flag") == 0)
		return UPLOAD_FLAG;
	return strcmp(word, "off") == 0 ? UPLOAD_OFF : rule->severity;
}

struct judging {
	const struct upload_facts *facts;
	struct upload_finding *found;
	size_t cap, count;
};

static void find(struct judging *j, const struct upload_rule *rule, int index)
{
	if (j->count < j->cap)
		j->found[j->count] = (struct upload_finding){rule, index,
			(enum upload_severity)j->facts->severities[rule->no - 1]};
	j->count++;
}

static void judge_by(struct judging *j, const struct upload_rule *rule)
{
	const struct upload_facts *f = j->facts;

	if (rule->whole != NULL && !rule->whole(f))
		find(j, rule, -1);
	for (size_t i = 0; rule->line != NULL && i < f->line_count; i++)
		if (!rule->line(f, &f->lines[i]))
			find(j, rule, (int)i);
	for (size_t i = 0; rule->diagnosis != NULL && i < f->diagnosis_count; i++)
		if (!rule->diagnosis(f, &f->diagnoses[i]))
			find(j, rule, (int)i);
}

size_t upload_judge(const struct upload_facts *f, struct upload_finding *ret, size_t cap)
{
	struct judging j = {f, ret, cap, 0};

	for (size_t r = 0; r < upload_rules_count; r++)
		if (f->severities[upload_rules[r].no - 1] != UPLOAD_OFF)
			judge_by(&j, &upload_rules[r]);
	return j.count;
}
