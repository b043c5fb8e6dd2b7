/* How the options of commands about settlements are read. */
#include "client-sdk/cli/settlement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/say.h"

enum { FILL_DIGITS_MAX = 5, MONEY_DIGITS = 16, MONEY_SCALE = 2 };

int settlement_rx(const char *code, uint8_t rx_id[RXC_RX_ID_LEN])
{
	rxc_error *error = NULL;

	if (rxc_rx_code_parse(code, rx_id, &error) == 0)
		return 0;
	rxc_error_free(error);
	return fail(EXIT_USAGE, "\"%.60s\" is not a prescription code", "“%.60s”不是处方编号", code);
}

int settlement_money(const char *text, const char *name, int64_t *ret_fen)
{
	*ret_fen = 0;
	if (text && decimal_parse(text, MONEY_DIGITS, MONEY_SCALE, MONEY_SCALE, ret_fen) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--%s must be yuan like 12.50", "--%s 须为金额（元），如 12.50", name);
	return 0;
}

int settlement_number(const char *text, const char *name, uint32_t standard, uint32_t *ret)
{
	int64_t number = standard;

	if (text && decimal_parse(text, FILL_DIGITS_MAX, 0, 0, &number) != DECIMAL_OK)
		return fail(EXIT_USAGE, "--%s must be a number", "--%s 须为数字", name);
	*ret = (uint32_t)number;
	return 0;
}

int settlement_time(const char *text, const char *name, int64_t *ret_ms)
{
	*ret_ms = clock_now_ms();
	if (text && china_time_parse_loose(text, ret_ms) < 0)
		return fail(EXIT_USAGE, "--%s must be \"yyyy-MM-dd HH:mm:ss\" or milliseconds",
			"--%s 须为 “yyyy-MM-dd HH:mm:ss” 或毫秒数", name);
	return 0;
}

int settlement_word(const char *text, const char *name, const char *words, int *ret)
{
	int number = 1;

	*ret = 0;
	if (!text)
		return 0;
	for (const char *word = words; *word != '\0'; number++) {
		size_t len = strcspn(word, " ");

		if (strlen(text) == len && strncmp(text, word, len) == 0) {
			*ret = number;
			return 0;
		}
		word += len + (word[len] == ' ');
	}
	return fail(EXIT_USAGE, "--%s is one of: %s", "--%s 须为其一：%s", name, words);
}

const char *settlement_word_of(const char *words, int number, char *text, size_t size)
{
	const char *word = words;

	for (int i = 1; i < number && *word != '\0'; i++)
		word += strcspn(word, " ") + (word[strcspn(word, " ")] == ' ');
	snprintf(text, size, "%.*s", number < 1 ? 0 : (int)strcspn(word, " "), word);
	return text;
}

void settlement_yuan(int64_t fen, char *text, size_t size)
{
	uint64_t amount = fen < 0 ? -(uint64_t)fen : (uint64_t)fen;

	snprintf(text, size, "%s%" PRIu64 ".%02" PRIu64, fen < 0 ? "-" : "", amount / 100,
		amount % 100);
}
