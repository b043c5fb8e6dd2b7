/* What was prescribed, and how much of it. */
#include <string.h>

#include "rules/upload_rules.h"

enum { DAY_E4 = 10000, KIND_HERBAL = 13, ATTRIBUTE_DUAL_CHANNEL = 1 };
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

bool validity_within(const struct upload_facts *f)
{
	int64_t max = f->long_prescription || f->fills_max > 1 ? f->limits.validity_days_long_max :
		f->limits.validity_days_max;

	return f->validity_days >= 1 && f->validity_days <= max;
}

bool few_lines(const struct upload_facts *f)
{
	int64_t western = 0;

	for (size_t i = 0; i < f->line_count; i++)
		western += f->lines[i].kind != KIND_HERBAL;
	return western <= f->limits.western_lines_max;
}

bool herbal_apart(const struct upload_facts *f)
{
	for (size_t i = 0; i < f->line_count; i++)
		if ((f->lines[i].kind == KIND_HERBAL) != f->herbal)
			return false;
	return true;
}

/* The line with the longest supply decides.  Herbal pieces are counted in doses, not days. */
static int64_t longest_supply_e4(const struct upload_facts *f)
{
	int64_t longest = 0;

	for (size_t i = 0; i < f->line_count; i++)
		if (f->lines[i].kind != KIND_HERBAL && f->lines[i].days_e4 > longest)
			longest = f->lines[i].days_e4;
	return longest;
}

bool supply_within(const struct upload_facts *f)
{
	int64_t longest = longest_supply_e4(f);

	if (f->long_prescription)
		return true;
	if (f->emergency)
		return longest <= f->limits.supply_days_emergency_max * DAY_E4;
	return longest <= f->limits.supply_days_max * DAY_E4 || f->supply_reason;
}

bool long_supply_within(const struct upload_facts *f)
{
	int64_t longest = longest_supply_e4(f);

	if (!f->long_prescription || longest <= f->limits.supply_days_long_max * DAY_E4)
		return true;
	return f->long_assessed && f->long_confirmed &&
		longest <= f->limits.supply_days_assessed_max * DAY_E4;
}

/* Others may stand beside it: a chronic disease's drugs are prescribed together. */
bool dual_channel_drug(const struct upload_facts *f)
{
	for (size_t i = 0; i < f->line_count; i++)
		if (f->lines[i].known != NULL && (f->lines[i].known->flags & CODE_DUAL_CHANNEL) != 0)
			return true;
	return f->attribute != ATTRIBUTE_DUAL_CHANNEL;
}

bool drug_known(const struct upload_facts *f, const struct upload_line *line)
{
	(void)f;
	return line->known != NULL && (line->known->flags & CODE_WITHDRAWN) == 0 &&
		line->known->class_no == line->kind &&
		strcmp(line->known->name, line->generic_name) == 0;
}

bool not_special(const struct upload_facts *f, const struct upload_line *line)
{
	return !f->internet || line->known == NULL || (line->known->flags & CODE_SPECIAL_CONTROL) == 0;
}

bool fit_for_long(const struct upload_facts *f, const struct upload_line *line)
{
	return !f->long_prescription || line->known == NULL ||
		(line->known->flags & CODE_LONG_EXCLUDED) == 0;
}

bool frequency_in_table(const struct upload_facts *f, const struct upload_line *line)
{
	return !f->frequency_table || line->frequency_known;
}

/* Herbal pieces have none of their own. */
bool route_in_table(const struct upload_facts *f, const struct upload_line *line)
{
	return !f->route_table || line->route_known ||
		(line->kind == KIND_HERBAL && line->route_code[0] == '\0');
}

/* Reason 6 is "other": it says nothing by itself. */
bool self_pay_explained(const struct upload_facts *f, const struct upload_line *line)
{
	(void)f;
	if (strcmp(line->reimbursement, "2") == 0 && line->self_pay_reason[0] == '\0')
		return false;
	return strcmp(line->self_pay_reason, "6") != 0 || line->self_pay_note[0] != '\0';
}

int64_t upload_supplied_until(const struct upload_facts *f, const struct upload_line *line)
{
	int64_t until_ms = 0;

	for (size_t i = 0; i < f->supply_count; i++)
		if (strcmp(f->supplies[i].generic_name, line->generic_name) == 0 &&
			f->supplies[i].until_ms > until_ms)
			until_ms = f->supplies[i].until_ms;
	return until_ms;
}

bool not_supplied_yet(const struct upload_facts *f, const struct upload_line *line)
{
	return upload_supplied_until(f, line) - f->issued_at_ms <=
		f->limits.remaining_days_max * day_ms;
}

bool not_split(const struct upload_facts *f, const struct upload_line *line)
{
	for (size_t i = 0; i < f->supply_count; i++)
		if (f->supplies[i].same_visit && strcmp(f->supplies[i].drug_code, line->drug_code) == 0)
			return false;
	return true;
}
