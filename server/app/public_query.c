#include "app/public_query.h"

#include <string.h>

#include "base/ensure.h"

static const struct {
	int kind;
	const char *word;
} kinds[] = {
	{INSTITUTION_HOSPITAL, "hospital"},
	{INSTITUTION_INTERNET_HOSPITAL, "internet-hospital"},
	{INSTITUTION_PHARMACY, "pharmacy"},
};

const char *public_kind_word(int kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].word;
	return NULL;
}

static bool take_region(struct public_query *q, const char *value)
{
	if (strlen(value) != 6 || strspn(value, "0123456789") != 6)
		return false;
	memcpy(q->region, value, sizeof(q->region));
	return true;
}

static bool take_kind(struct public_query *q, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].word, value) == 0) {
			q->kind = kinds[i].kind;
			return true;
		}
	}
	return false;
}

/* Bytes of the sequence that begins at `s`, or 0: shortest forms only, no surrogates. */
static size_t sequence_len(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : low;
	high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : high;
	for (size_t i = 1; i < len; i++) {
		if (s[i] < low || s[i] > high) /* the end of the text, too */
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	/* U+0080 .. U+009F are control characters, too */
	return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : len;
}

bool public_text_is_sound(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at != '\0') {
		size_t len = sequence_len(at);

		if (len == 0)
			return false;
		at += len;
	}
	return true;
}

static bool take_text(struct public_query *q, const char *value)
{
	size_t len = strlen(value);

	if (len > PUBLIC_TEXT_MAX || !public_text_is_sound(value))
		return false;
	memcpy(q->text, value, len + 1);
	return true;
}

static bool take_page(struct public_query *q, const char *value)
{
	unsigned page = 0;

	for (const char *at = value; *at != '\0'; at++) {
		if (*at < '0' || *at > '9')
			return false;
		page = 10 * page + (unsigned)(*at - '0');
		if (page > PUBLIC_PAGE_MAX)
			return false;
	}
	q->page = page;
	return page >= 1;
}

static bool take_lang(struct public_query *q, const char *value)
{
	q->english = strcmp(value, "en") == 0;
	return q->english || strcmp(value, "zh") == 0;
}

static const struct {
	const char *name;
	bool (*take)(struct public_query *q, const char *value);
} fields[] = {
	{"region", take_region},
	{"kind", take_kind},
	{"q", take_text},
	{"page", take_page},
	{"lang", take_lang},
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* application/x-www-form-urlencoded, in place.  False for a broken escape or a NUL. */
static bool decode(char *text)
{
	char *out = text;

	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '%') {
			int high = hex_digit(at[1]), low = high < 0 ? -1 : hex_digit(at[2]);

			if (low < 0 || (high == 0 && low == 0))
				return false;
			*out++ = (char)(high << 4 | low);
			at += 2;
		} else {
			*out++ = *at == '+' ? ' ' : *at;
		}
	}
	*out = '\0';
	return true;
}

/* One "name=value".  NULL, or what cannot be taken. */
static const char *take_pair(struct public_query *q, char *pair, unsigned *seen)
{
	char *value = strchr(pair, '=');

	if (value != NULL)
		*value++ = '\0';
	if (!decode(pair) || (value != NULL && !decode(value)))
		return "query";
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (strcmp(fields[i].name, pair) != 0)
			continue;
		if ((*seen & 1u << i) != 0)
			return fields[i].name;
		*seen |= 1u << i;
		if (value == NULL || *value == '\0')
			return NULL;
		return fields[i].take(q, value) ? NULL : fields[i].name;
	}
	return NULL;
}

const char *public_query_parse(struct public_query *ret, const char *text)
{
	struct public_query q = {.page = 1};
	char copy[PUBLIC_QUERY_LEN_MAX + 1];
	char *rest = copy, *pair;
	unsigned seen = 0;
	size_t len = text == NULL ? 0 : strlen(text);

	if (len > PUBLIC_QUERY_LEN_MAX)
		return "query";
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	while ((pair = strsep(&rest, "&")) != NULL) {
		const char *wrong = take_pair(&q, pair, &seen);

		if (wrong != NULL)
			return wrong;
	}
	*ret = q;
	return NULL;
}
