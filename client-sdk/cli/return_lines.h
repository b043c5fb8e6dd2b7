/* The lines of a return record from --all and --line N=QTY[@CODE,..], by the hand-over they come
 * from and what came back of it before.
 *
 * Amounts are the hand-over's price times quantity, half up, at most what is left of its amount,
 * and with the last of a line exactly what is left: the platform wants the same.
 * Ownership: return_lines_clear() frees the texts cut out of the options; drug codes and trace
 * codes of the record are borrowed.
 */
#ifndef CLI_RETURN_LINES_H
#define CLI_RETURN_LINES_H

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/line_wish.h"
#include "client-sdk/cli/rx_handed.h"

enum { RETURN_LINES_MAX = 64 };

struct return_line {
	Rxcirc__V1__ReturnedLine line;
	char *text; /* heap or NULL; codes point into it */
	char *codes[LINE_CODES_MAX];
};

struct return_lines {
	struct return_line *items; /* heap, RETURN_LINES_MAX of them */
	Rxcirc__V1__ReturnedLine *pointers[RETURN_LINES_MAX];
	size_t count;
	int64_t total_fen;
};

struct return_wish {
	struct arg_list lines; /* N=QTY[@CODE,..]; without codes the last of a line takes all left */
	bool all;              /* everything that is left of every line not named */
};

/* 0, or an exit code after saying why; to be cleared either way. */
CLI_CHECK int return_lines_fill(struct return_lines *ret, const struct return_wish *wish,
	const struct rx_handed *handed);
void return_lines_clear(struct return_lines *lines);

#endif
