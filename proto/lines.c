/* Lines, decimals, base64, UTF-8: read and written. */
#include "proto/lines.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
	BASE64_STEP = 48,                 /* bytes written at a time; a multiple of three */
	BASE64_STEP_TEXT = BASE64_STEP / 3 * 4 + 1,
	CODE_POINT_MAX = 0x10ffff,
	SURROGATE_FIRST = 0xd800,
	SURROGATE_LAST = 0xdfff,
};

static struct slice slice_behind(struct slice s, size_t len)
{
	return slice_of(s.data + len, s.len - len);
}

bool line_next(struct slice *rest, struct slice *ret_line)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;

	if (!end)
		return false;

	size_t len = (size_t)(end - rest->data);

	*ret_line = slice_of(rest->data, len);
	*rest = slice_behind(*rest, len + 1);
	return true;
}

bool line_skip(struct slice *line, const char *word)
{
	size_t len = strlen(word);

	if (line->len < len || memcmp(line->data, word, len) != 0)
		return false;
	*line = slice_behind(*line, len);
	return true;
}

/* How many bytes follow a first byte, the bits it brings itself, and the least value that needs so
 * many; false for what no character begins with. */
static bool utf8_first(uint8_t byte, size_t *ret_more, uint32_t *ret_bits, uint32_t *ret_least)
{
	static const struct {
		uint8_t mask, mark;
		uint32_t least;
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((byte & forms[i].mask) != forms[i].mark)
			continue;
		*ret_more = i;
		*ret_bits = byte & (uint8_t)~forms[i].mask;
		*ret_least = forms[i].least;
		return true;
	}
	return false;
}

bool line_char(struct slice *rest, uint32_t *ret_char)
{
	size_t more;
	uint32_t value, least;

	if (rest->len == 0 || !utf8_first(rest->data[0], &more, &value, &least) || more >= rest->len)
		return false;
	for (size_t i = 1; i <= more; i++) {
		if ((rest->data[i] & 0xc0) != 0x80)
			return false;
		value = value << 6 | (rest->data[i] & 0x3f);
	}
	if (value < least || value > CODE_POINT_MAX ||
		(value >= SURROGATE_FIRST && value <= SURROGATE_LAST))
		return false;
	*rest = slice_behind(*rest, more + 1);
	*ret_char = value;
	return true;
}

bool line_decimal(struct slice s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.len == 0 || (s.len > 1 && s.data[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(s.data[i] - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

static bool is_base64(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = (char)s.data[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			c != '+' && c != '/' && c != '=')
			return false;
	}
	return true;
}

bool line_base64(struct slice s, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t len;

	/* libsodium refuses bits left over that are not zero, padding that is too much or too little,
	 * and what does not fit; but where char is signed it reads bytes from 0x80 as digits, so they
	 * are refused before. */
	if (!is_base64(s) || sodium_base642bin(out, cap, (const char *)s.data, s.len, NULL, &len, NULL,
			sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	*ret_len = len;
	return true;
}

bool line_hash(struct slice s, uint8_t hash[SHA256_LEN])
{
	uint8_t bytes[SHA256_LEN];
	size_t len;

	if (!line_base64(s, bytes, sizeof(bytes), &len) || len != SHA256_LEN)
		return false;
	memcpy(hash, bytes, SHA256_LEN);
	return true;
}

void line_put_decimal(struct writer *w, uint64_t v)
{
	char text[LINE_DECIMAL_MAX];

	(void)snprintf(text, sizeof(text), "%" PRIu64, v); /* twenty digits fit */
	writer_text(w, text);
}

void line_put_base64(struct writer *w, struct slice bytes)
{
	char text[BASE64_STEP_TEXT];

	while (bytes.len > 0) {
		size_t len = bytes.len < BASE64_STEP ? bytes.len : BASE64_STEP;

		sodium_bin2base64(text, sizeof(text), bytes.data, len, sodium_base64_VARIANT_ORIGINAL);
		writer_text(w, text);
		bytes = slice_behind(bytes, len);
	}
}
