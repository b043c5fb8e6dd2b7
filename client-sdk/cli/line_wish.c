#include "client-sdk/cli/line_wish.h"

#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/say.h"

enum { LINE_DIGITS_MAX = 3 };

int line_wish_cut(const char *option, const char *text, size_t line_count, size_t *ret_index,
	char **ret_rest)
{
	char digits[LINE_DIGITS_MAX + 1] = "";
	size_t len = strcspn(text, "=");
	int64_t number;

	if (len > 0 && len <= LINE_DIGITS_MAX)
		memcpy(digits, text, len);
	if (text[len] != '=' || text[len + 1] == '\0' ||
		decimal_parse(digits, LINE_DIGITS_MAX, 0, 0, &number) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--%s must be NUMBER=VALUE, not \"%.60s\"",
			"--%s 须为 序号=值，而非“%.60s”", option, text);
	if (number < 1 || (uint64_t)number > line_count)
		return fail(EXIT_USAGE, "there is no line %s; lines are 1 to %zu",
			"没有第 %s 条，序号为 1 至 %zu", digits, line_count);
	*ret_rest = strdup(text + len + 1);
	if (!*ret_rest)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	*ret_index = (size_t)number - 1;
	return 0;
}

int line_wish_quantity(char *rest, int64_t *ret_e4, char **ret_codes)
{
	char *codes = strchr(rest, '@');
	int64_t quantity_e4;

	if (codes)
		*codes++ = '\0';
	if (decimal_parse(rest, 16, 4, 4, &quantity_e4) != DECIMAL_OK || quantity_e4 == 0)
		return fail(EXIT_USAGE, "\"%.40s\" is not a quantity", "“%.40s”不是数量", rest);
	*ret_e4 = quantity_e4;
	*ret_codes = codes;
	return 0;
}

int line_wish_codes(char *text, char *codes[LINE_CODES_MAX], size_t *ret_count)
{
	size_t count = 0;
	char *code;

	while ((code = strsep(&text, ","))) {
		size_t len = strlen(code);

		if (len == 0 || len > LINE_CODE_LEN_MAX)
			return fail(EXIT_USAGE, "a trace code must have 1 to %d characters",
				"追溯码须为 1 至 %d 个字符", LINE_CODE_LEN_MAX);
		if (count == LINE_CODES_MAX)
			return fail(EXIT_USAGE, "a line takes at most %d trace codes",
				"每条最多 %d 个追溯码", LINE_CODES_MAX);
		codes[count++] = code;
	}
	*ret_count = count;
	return 0;
}
