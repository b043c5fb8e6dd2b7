#include "rules/return.h"

#include <string.h>

int64_t return_amount_fen(const struct handed_line *h, int64_t quantity_e4)
{
	int64_t left_fen = h->line.amount_fen - h->returned_fen;
	int64_t fen = fill_amount_fen(h->line.unit_price_e6, quantity_e4);

	/* Halves rounded up twice would be worth more than the whole. */
	return quantity_e4 == h->line.quantity_e4 - h->returned_e4 || fen > left_fen ? left_fen : fen;
}

static const struct handed_line *handed_of(const struct handed_line *handed, size_t count,
	uint32_t line_no)
{
	for (size_t i = 0; i < count; i++)
		if (handed[i].line.line_no == line_no)
			return &handed[i];
	return NULL;
}

static enum return_problem line_problem(const struct handed_line *h,
	const struct return_line *lines, size_t at)
{
	const struct return_line *r = &lines[at];

	if (h == NULL)
		return RETURN_LINE_UNKNOWN;
	for (size_t i = 0; i < at; i++)
		if (lines[i].line_no == r->line_no)
			return RETURN_LINE_UNKNOWN;
	if (strcmp(h->line.drug_code, r->drug_code) != 0)
		return RETURN_DRUG_DIFFERS;
	if (r->quantity_e4 <= 0)
		return RETURN_QUANTITY_NOT_POSITIVE;
	if (r->quantity_e4 > h->line.quantity_e4 - h->returned_e4)
		return RETURN_QUANTITY_EXCEEDED;
	return r->amount_fen == return_amount_fen(h, r->quantity_e4) ? RETURN_OK : RETURN_AMOUNT_WRONG;
}

struct return_decision return_judge(const struct handed_line *handed, size_t handed_count,
	const struct return_line *lines, size_t count, int64_t total_fen)
{
	struct return_decision d = {RETURN_OK, 0};
	int64_t sum = 0; /* of amounts that were handed over: no overflow */

	for (size_t i = 0; i < count; i++) {
		d.line = i;
		d.problem = line_problem(handed_of(handed, handed_count, lines[i].line_no), lines, i);
		if (d.problem != RETURN_OK)
			return d;
		sum += lines[i].amount_fen;
	}
	if (sum != total_fen)
		d.problem = RETURN_TOTAL_WRONG;
	return d;
}
