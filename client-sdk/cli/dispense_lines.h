/* The lines of a dispense record from --all, --line N=QTY[@TRACE,..], --lot N=LOT[@yyyy-MM-dd] and
 * --refuse N=KIND[:REASON].
 *
 * Prices and drug codes come from the prescription; amounts are price times quantity, half up.
 * Ownership: dispense_lines_clear() frees the texts cut out of the options.
 */
#ifndef CLI_DISPENSE_LINES_H
#define CLI_DISPENSE_LINES_H

#include <rxcirc/v1/document.pb-c.h>
#include <rxcirc/v1/state.pb-c.h>

#include "client-sdk/cli/line_refusals.h"
#include "client-sdk/cli/line_wish.h"

enum { DISPENSE_LINES_MAX = 64 };

struct dispense_line {
	Rxcirc__V1__DispensedLine line;
	char *texts[2]; /* heap, cut apart at commas: trace codes; lot and expiry */
	char *traces[LINE_CODES_MAX];
};

struct dispense_lines {
	struct dispense_line *items; /* heap, DISPENSE_LINES_MAX of them */
	Rxcirc__V1__DispensedLine *pointers[DISPENSE_LINES_MAX];
	size_t count;
	int64_t total_fen;
	struct line_refusals refusals;
};

struct dispense_wish {
	struct arg_list lines; /* N=QTY[@TRACE,..] */
	struct arg_list lots;  /* N=LOT[@EXPIRY] */
	struct arg_list refusals; /* N=KIND[:REASON] */
	bool all;              /* what is still owed of every line not named and not refused */
	bool split_pack;
	bool online;           /* bought online, else in the store */
};

/* 0, or an exit code after saying why. */
int dispense_lines_fill(struct dispense_lines *ret, const struct dispense_wish *wish,
	const Rxcirc__V1__Prescription *rx, const Rxcirc__V1__PrescriptionState *state)
	__attribute__((warn_unused_result));
void dispense_lines_clear(struct dispense_lines *lines);

#endif
