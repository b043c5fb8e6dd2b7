/* What may come back of a hand-over, and what is left of it afterwards.  Pure. */
#ifndef RULES_RETURN_H
#define RULES_RETURN_H

#include "rules/fill.h"

/* One line of the hand-over, and what came back of it before. */
struct handed_line {
	struct fill_line line;
	int64_t returned_e4, returned_fen;
};

struct return_line {
	uint32_t line_no;
	const char *drug_code;
	int64_t quantity_e4;
	int64_t amount_fen;
};

enum return_problem {
	RETURN_OK,
	RETURN_LINE_UNKNOWN, /* not of that hand-over, or the same line twice */
	RETURN_DRUG_DIFFERS,
	RETURN_QUANTITY_NOT_POSITIVE,
	RETURN_QUANTITY_EXCEEDED, /* more than is left of that hand-over */
	RETURN_AMOUNT_WRONG,
	RETURN_TOTAL_WRONG,
};

struct return_decision {
	enum return_problem problem;
	size_t line; /* index of the line at fault */
};

struct return_decision return_judge(const struct handed_line *handed, size_t handed_count,
	const struct return_line *lines, size_t count, int64_t total_fen);
/* What `quantity_e4` of the line is worth: its price, and with the last of it what is left. */
int64_t return_amount_fen(const struct handed_line *h, int64_t quantity_e4);

#endif
