/* Wishes about the lines of a prescription on the command line: N=QTY[@CODE,..], N=LOT.
 *
 * Ownership: what is cut out is heap, freed by the caller; codes point into it.
 */
#ifndef CLI_LINE_WISH_H
#define CLI_LINE_WISH_H

#include "client-sdk/cli/file.h"

enum { LINE_CODES_MAX = 200, LINE_CODE_LEN_MAX = 100 };

/* Cut "N=REST" apart; the line must be one of `line_count`.  0, or EXIT_USAGE after saying why
 * (EXIT_FAULT when memory is short); so do all below. */
CLI_CHECK int line_wish_cut(const char *option, const char *text, size_t line_count,
	size_t *ret_index, char **ret_rest);
/* "QTY" or "QTY@CODE,.."; *ret_codes is what stands behind "@", or NULL.  Cuts in place. */
CLI_CHECK int line_wish_quantity(char *rest, int64_t *ret_e4, char **ret_codes);
/* Cut trace codes apart in place, at most LINE_CODES_MAX. */
CLI_CHECK int line_wish_codes(char *text, char *codes[LINE_CODES_MAX], size_t *ret_count);

#endif
