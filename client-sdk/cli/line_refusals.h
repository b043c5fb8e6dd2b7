/* Lines that are not handed over, and why: --refuse N=KIND[:REASON].
 *
 * Ownership: line_refusals_clear() frees the texts cut out of the options.
 */
#ifndef CLI_LINE_REFUSALS_H
#define CLI_LINE_REFUSALS_H

#include <rxcirc/v1/document.pb-c.h>

#include "client-sdk/cli/args.h"
#include "client-sdk/cli/file.h"

enum { LINE_REFUSALS_MAX = 64, REFUSAL_REASON_MAX = 200 };

struct line_refusals {
	Rxcirc__V1__RefusedLine items[LINE_REFUSALS_MAX];
	Rxcirc__V1__RefusedLine *pointers[LINE_REFUSALS_MAX];
	char *texts[LINE_REFUSALS_MAX]; /* heap; reasons point into them */
	size_t count;
};

/* 0, or an exit code after saying why; to be cleared either way. */
CLI_CHECK int line_refusals_fill(struct line_refusals *ret, const struct arg_list *wishes,
	size_t line_count);
void line_refusals_clear(struct line_refusals *refusals);
bool line_refusals_has(const struct line_refusals *refusals, size_t index);

#endif
