/* Exact arithmetic of a hand-over. */
#include "rules/fill.h"

#include <string.h>

enum { FEN_DIVISOR = 100000000 }; /* 1e-6 yuan x 1e-4 units = 1e-10 yuan; a fen is 1e-2 */

/* Price times quantity needs more than 64 bits. */
__extension__ typedef __int128 wide;

int64_t fill_amount_fen(int64_t unit_price_e6, int64_t quantity_e4)
{
	wide product = (wide)unit_price_e6 * quantity_e4;
	wide fen = (product + FEN_DIVISOR / 2) / FEN_DIVISOR;

	return unit_price_e6 < 0 || quantity_e4 < 0 || fen > INT64_MAX ? -1 : (int64_t)fen;
}

static enum fill_problem line_problem(const struct prescription_line *lines, size_t line_count,
	int16_t round, const struct fill_line *fills, size_t at)
{
	const struct fill_line *f = &fills[at];
	const struct prescription_line *line;

	if (f->line_no < 1 || f->line_no > line_count)
		return FILL_LINE_UNKNOWN;
	for (size_t i = 0; i < at; i++)
		if (fills[i].line_no == f->line_no)
			return FILL_LINE_UNKNOWN;
	line = &lines[f->line_no - 1];
	if (strcmp(line->drug_code, f->drug_code) != 0)
		return FILL_DRUG_DIFFERS;
	if (f->quantity_e4 <= 0)
		return FILL_QUANTITY_NOT_POSITIVE;
	if (f->quantity_e4 > prescription_owed_e4(line, round))
		return FILL_QUANTITY_EXCEEDED;
	if (f->amount_fen < 0 || f->amount_fen != fill_amount_fen(f->unit_price_e6, f->quantity_e4))
		return FILL_AMOUNT_WRONG;
	return FILL_OK;
}

static bool nothing_owed(const struct prescription_line *lines, size_t line_count, int16_t round,
	const struct fill_line *fills, size_t fill_count)
{
	for (size_t i = 0; i < line_count; i++) {
		int64_t owed = prescription_owed_e4(&lines[i], round);

		for (size_t k = 0; k < fill_count; k++)
			if (fills[k].line_no == i + 1)
				owed -= fills[k].quantity_e4;
		if (owed > 0)
			return false;
	}
	return true;
}

struct fill_decision fill_judge(const struct prescription_line *lines, size_t line_count,
	int16_t round, const struct fill_line *fills, size_t fill_count, int64_t total_fen)
{
	struct fill_decision d = {FILL_OK, 0, false};
	int64_t sum = 0;

	for (size_t i = 0; i < fill_count; i++) {
		d.line = i;
		d.problem = line_problem(lines, line_count, round, fills, i);
		if (d.problem != FILL_OK)
			return d;
		if (__builtin_add_overflow(sum, fills[i].amount_fen, &sum)) {
			d.problem = FILL_TOTAL_WRONG;
			return d;
		}
	}
	if (sum != total_fen)
		d.problem = FILL_TOTAL_WRONG;
	d.complete = nothing_owed(lines, line_count, round, fills, fill_count);
	return d;
}
