/* Drug trace codes (药品追溯码): three families, and the one form each is kept under.
 *
 *     platform   20 digits that begin with 8 (码上放心); the first 7 name drug and specification
 *     GS1        element string with AI 01 (GTIN-14 with its check digit) and 21 (serial), and
 *                perhaps 10 (lot), 11, 17 (dates); raw with FNC1 as 0x1D, or with parentheses
 *     own        the maker's own digits, 10 to 100 of them
 *
 * One pack is one code however it is written, so a GS1 string is kept as (01)GTIN(21)serial alone.
 * Source: NATIONAL-INTERFACE B5, nat: drug_trac_codg C100.
 */
#ifndef DOMAIN_TRACE_CODE_H
#define DOMAIN_TRACE_CODE_H

#include "proto/bytes.h"
#include "proto/limits.h"

enum trace_family { TRACE_PLATFORM = 1, TRACE_GS1 = 2, TRACE_OWN = 3 };

enum { TRACE_DRUG_LEN = 7, TRACE_EXPIRY_LEN = 6 };

struct trace_code {
	enum trace_family family;
	char text[TRACE_CODE_LEN_MAX + 1];   /* the form it is kept under */
	char drug[TRACE_DRUG_LEN + 1];       /* platform: the digits that name the drug; else "" */
	char expiry[TRACE_EXPIRY_LEN + 1];   /* GS1 with AI 17: YYMMDD; else "" */
};

/* False when it is of no family: nothing is written then. */
MUST_CHECK bool trace_code_read(const char *text, struct trace_code *ret);

/* How a code was sold; stored. */
enum trace_mode {
	TRACE_WHOLE = 1,
	TRACE_SPLIT = 2,
	TRACE_FLAGGED = 3, /* let pass although another sale stands */
};

/* What the ledger says of a code. */
struct trace_sales {
	int32_t whole, split, flagged; /* that stand */
};

#endif
