#include "client-sdk/cli/utf8.h"

#include <stdint.h>

/* Decode one character; its length in bytes, or 0. */
static size_t decode(const uint8_t *at, size_t left, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc0 ? 2 : 0;

	if (len == 0 || len > left || at[0] >= 0xf8)
		return 0;
	uint32_t c = len == 1 ? at[0] : at[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3fu);
	}
	if ((len > 1 && c < least[len]) || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

bool utf8_is_valid(const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text;

	while (len > 0) {
		uint32_t c;
		size_t used = decode(at, len, &c);

		if (used == 0)
			return false;
		at += used;
		len -= used;
	}
	return true;
}

size_t utf8_length(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((uint8_t)*text & 0xc0) != 0x80;
	return count;
}

size_t utf8_width(const char *text)
{
	size_t columns = 0;

	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		/* three-byte characters from U+2E80 on and four-byte ones are wide */
		if ((c & 0xc0) != 0x80)
			columns += c >= 0xf0 || c >= 0xe3 || (c == 0xe2 && (uint8_t)text[1] >= 0xba) ? 2 : 1;
	}
	return columns;
}
