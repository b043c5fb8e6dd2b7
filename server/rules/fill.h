/* What may be handed over: whole lines or parts of them, never more than is owed. */
#ifndef RULES_FILL_H
#define RULES_FILL_H

#include "domain/prescription.h"

struct fill_line {
	uint32_t line_no;
	const char *drug_code;
	int64_t quantity_e4;
	int64_t unit_price_e6;
	int64_t amount_fen;
};

enum fill_problem {
	FILL_OK,
	FILL_LINE_UNKNOWN,    /* no such line, or the same line twice */
	FILL_DRUG_DIFFERS,    /* the dispensed drug is not the line's */
	FILL_QUANTITY_NOT_POSITIVE,
	FILL_QUANTITY_EXCEEDED,
	FILL_AMOUNT_WRONG,    /* negative, or not price x quantity rounded to fen */
	FILL_TOTAL_WRONG,     /* not the sum of the lines */
};

struct fill_decision {
	enum fill_problem problem;
	size_t line;      /* index of the line at fault */
	bool complete;    /* nothing is owed afterwards */
};

/* Judge a hand-over against the prescription's lines (ordered by line_no) while `round` rounds are
 * open.  Pure. */
struct fill_decision fill_judge(const struct prescription_line *lines, size_t line_count,
	int16_t round, const struct fill_line *fills, size_t fill_count, int64_t total_fen);
/* price (1e-6 yuan) x quantity (1e-4 units) in fen, rounded half up; -1 on overflow. */
int64_t fill_amount_fen(int64_t unit_price_e6, int64_t quantity_e4);

#endif
