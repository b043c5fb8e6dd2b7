/* Exact decimals of the national layout, as integers in the smallest unit.  Never floats.
 *
 * N p,s means at most p digits, s of them behind the point.
 * Threads: any.
 */
#ifndef CLI_DECIMAL_H
#define CLI_DECIMAL_H

#include <stdint.h>

#include "client-sdk/cli/file.h"

enum decimal_result {
	DECIMAL_OK = 0,
	DECIMAL_MALFORMED = -1, /* not digits with at most one point between digits */
	DECIMAL_TOO_FINE = -2,  /* more digits behind the point than the field holds */
	DECIMAL_TOO_LARGE = -3, /* more digits before the point than the field holds */
};

enum { DECIMAL_TEXT_MAX = 32, DECIMAL_PRECISION_MAX = 18 };

/* Read `text` as N precision,scale and store it in units of 10^-unit_scale (unit_scale >= scale).
 * Signs, spaces and exponents are refused. */
CLI_CHECK enum decimal_result decimal_parse(const char *text, unsigned precision, unsigned scale,
	unsigned unit_scale, int64_t *ret);
/* Shortest form: 125000 with scale 4 reads "12.5"; digits_min are kept behind the point. */
void decimal_format(int64_t value, unsigned unit_scale, unsigned digits_min,
	char text[DECIMAL_TEXT_MAX]);
/* price times quantity in fen, half up.  -1 when it does not fit N16,2. */
CLI_CHECK int decimal_amount_fen(int64_t price_e6, int64_t quantity_e4, int64_t *ret_fen);
/* True when `amount_fen` is price times quantity, rounded either way. */
bool decimal_amount_agrees(int64_t price_e6, int64_t quantity_e4, int64_t amount_fen);

#endif
