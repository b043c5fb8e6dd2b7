#include "rules/trace.h"

#include <stdlib.h>
#include <string.h>

enum { PACK_E4 = 10000, CENTURY = 20000000 };

static bool drugs_differ(const struct trace_line *line)
{
	const char *first = NULL;

	for (size_t i = 0; i < line->code_count; i++) {
		const char *drug = line->codes[i].drug;

		if (drug[0] == '\0')
			continue;
		if (first != NULL && strcmp(first, drug) != 0)
			return true;
		first = drug;
	}
	return false;
}

/* AI 17 is YYMMDD; day 00 means the month's last (GS1 General Specifications 3.4.7). */
static bool is_past(const struct trace_code *code, int32_t today)
{
	long day;

	if (code->expiry[0] == '\0')
		return false;
	day = CENTURY + strtol(code->expiry, NULL, 10);
	return day % 100 == 0 ? day + 31 < today : day < today;
}

static bool any_is_past(const struct trace_line *line)
{
	for (size_t i = 0; i < line->code_count; i++)
		if (is_past(&line->codes[i], line->today))
			return true;
	return false;
}

static bool counts_differ(const struct trace_line *line)
{
	return !line->split && (int64_t)line->code_count * PACK_E4 != line->quantity_e4;
}

enum trace_problem trace_judge_line(const struct trace_line *line, bool *ret_refuse)
{
	*ret_refuse = true;
	if (any_is_past(line))
		return TRACE_EXPIRED;
	*ret_refuse = line->level == TRACE_LEVEL_REQUIRED;
	if (line->level != TRACE_LEVEL_OFF && !line->exempt && line->code_count == 0)
		return TRACE_MISSING;
	if (line->level != TRACE_LEVEL_OFF && line->code_count > 0 && counts_differ(line))
		return TRACE_COUNT;
	*ret_refuse = false;
	return drugs_differ(line) ? TRACE_MIXED : TRACE_OK;
}

enum trace_mode trace_judge_code(const struct trace_line *line, struct trace_sales sold,
	bool *ret_refuse)
{
	bool stands = sold.whole > 0 || (sold.split > 0 && !line->split);

	*ret_refuse = stands && line->level == TRACE_LEVEL_REQUIRED;
	if (stands)
		return TRACE_FLAGGED;
	return line->split ? TRACE_SPLIT : TRACE_WHOLE;
}
