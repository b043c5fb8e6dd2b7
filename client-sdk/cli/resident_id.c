#include "client-sdk/cli/resident_id.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"

enum { DIGITS_LEN = 17, RESIDENT_ID_LEN = 18 };

int resident_id_parse(const char *text, struct resident_id *ret)
{
	struct resident_id id;
	unsigned rest = 0;
	int64_t born_ms;

	if (strlen(text) != RESIDENT_ID_LEN || strspn(text, "0123456789") < DIGITS_LEN ||
		!strchr("0123456789Xx", text[DIGITS_LEN]))
		return -1;
	(void)snprintf(id.birth_date, sizeof(id.birth_date), "%.4s-%.2s-%.2s", text + 6, text + 10,
		text + 12);
	if (china_date_parse(id.birth_date, &born_ms) < 0)
		return -1;
	/* MOD 11-2: double and add, digit by digit; all eighteen must come to 1 */
	for (int i = 0; i < DIGITS_LEN; i++)
		rest = (rest + (unsigned)(text[i] - '0')) * 2 % 11;
	char expected = "0123456789X"[(12 - rest) % 11];

	id.check_agrees = expected == (text[DIGITS_LEN] == 'x' ? 'X' : text[DIGITS_LEN]);
	id.male = (text[DIGITS_LEN - 1] - '0') % 2 == 1;
	*ret = id;
	return 0;
}
