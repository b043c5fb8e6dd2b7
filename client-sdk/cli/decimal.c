#include "client-sdk/cli/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 wide;

#define FEN_MAX INT64_C(9999999999999999) /* N16,2 */
#define E10_PER_FEN 100000000             /* price_e6 * quantity_e4 is in 1e-10 yuan */

static int64_t power_of_ten(unsigned n)
{
	int64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

enum decimal_result decimal_parse(const char *text, unsigned precision, unsigned scale,
	unsigned unit_scale, int64_t *ret)
{
	size_t whole = strspn(text, "0123456789");
	size_t fraction = 0;
	size_t zeros = 0;

	if (text[whole] == '.') {
		fraction = strspn(text + whole + 1, "0123456789");
		if (fraction == 0 || text[whole + 1 + fraction] != '\0')
			return DECIMAL_MALFORMED;
	} else if (text[whole] != '\0') {
		return DECIMAL_MALFORMED;
	}
	if (whole == 0)
		return DECIMAL_MALFORMED;
	while (zeros + 1 < whole && text[zeros] == '0')
		zeros++;
	if (fraction > scale)
		return DECIMAL_TOO_FINE;
	if (whole - zeros > precision - scale || precision + unit_scale - scale > DECIMAL_PRECISION_MAX)
		return DECIMAL_TOO_LARGE;

	int64_t value = 0;

	for (size_t i = zeros; i < whole; i++)
		value = value * 10 + (text[i] - '0');
	for (size_t i = 0; i < fraction; i++)
		value = value * 10 + (text[whole + 1 + i] - '0');
	*ret = value * power_of_ten(unit_scale - (unsigned)fraction);
	return DECIMAL_OK;
}

void decimal_format(int64_t value, unsigned unit_scale, unsigned digits_min,
	char text[DECIMAL_TEXT_MAX])
{
	int64_t unit = power_of_ten(unit_scale);
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	uint64_t whole = size / (uint64_t)unit;
	uint64_t fraction = size % (uint64_t)unit;
	unsigned digits = unit_scale;

	while (digits > digits_min && fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	if (digits == 0)
		(void)snprintf(text, DECIMAL_TEXT_MAX, "%s%" PRIu64, value < 0 ? "-" : "", whole);
	else
		(void)snprintf(text, DECIMAL_TEXT_MAX, "%s%" PRIu64 ".%0*" PRIu64, value < 0 ? "-" : "",
			whole, (int)digits, fraction);
}

int decimal_amount_fen(int64_t price_e6, int64_t quantity_e4, int64_t *ret_fen)
{
	wide exact = (wide)price_e6 * quantity_e4;
	wide fen = (exact + E10_PER_FEN / 2) / E10_PER_FEN;

	if (price_e6 < 0 || quantity_e4 < 0 || fen > FEN_MAX)
		return -1;
	*ret_fen = (int64_t)fen;
	return 0;
}

bool decimal_amount_agrees(int64_t price_e6, int64_t quantity_e4, int64_t amount_fen)
{
	wide difference = (wide)price_e6 * quantity_e4 - (wide)amount_fen * E10_PER_FEN;

	return difference > -E10_PER_FEN && difference < E10_PER_FEN;
}
