/* What a line's trace codes must be, and whether one may be sold (TJ2-23b, C20, C21).  Pure. */
#ifndef RULES_TRACE_H
#define RULES_TRACE_H

#include "domain/trace_code.h"

/* How strict a region is at a moment, for one drug. */
enum trace_level {
	TRACE_LEVEL_OFF,      /* nothing is asked; what comes is kept */
	TRACE_LEVEL_WARN,     /* what is wrong is flagged */
	TRACE_LEVEL_REQUIRED, /* what is wrong is refused */
};

enum trace_problem {
	TRACE_OK,
	TRACE_MISSING, /* no code where one is asked for */
	TRACE_COUNT,   /* not as many as whole packs were handed over */
	TRACE_EXPIRED, /* the code itself says the drug's time is over */
	TRACE_MIXED,   /* the codes of one line name different drugs */
};

struct trace_line {
	enum trace_level level;
	bool exempt;                    /* on the list of drugs without codes (无码库) */
	bool split;
	int64_t quantity_e4;
	const struct trace_code *codes;
	size_t code_count;
	int32_t today;                  /* yyyymmdd, China's day of the hand-over */
};

/* The first thing wrong with the line, worst first; *ret_refuse: it may not pass. */
enum trace_problem trace_judge_line(const struct trace_line *line, bool *ret_refuse);

/* How a code of a line may be sold when the ledger says `sold`: TRACE_WHOLE or TRACE_SPLIT when
 * nothing stands against it, TRACE_FLAGGED when something does; *ret_refuse: it may not pass. */
enum trace_mode trace_judge_code(const struct trace_line *line, struct trace_sales sold,
	bool *ret_refuse);

#endif
