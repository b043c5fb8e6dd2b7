#include "domain/trace_code.h"

#include <stdio.h>
#include <string.h>

enum { PLATFORM_LEN = 20, OWN_LEN_MIN = 10, GTIN_LEN = 14, GS1_SERIAL_MAX = 20, GS1_LOT_MAX = 20 };
#define FNC1 0x1D

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* GS1 General Specifications 7.9: weights 3 and 1 from the left of 13 digits. */
static bool gtin_is_sound(const char *gtin)
{
	int sum = 0;

	for (size_t i = 0; i < GTIN_LEN; i++)
		sum += (gtin[i] - '0') * (i % 2 == 0 ? 3 : 1);
	return sum % 10 == 0;
}

/* AIs of a set length; 0 = up to FNC1 or the next parenthesis. */
static bool ai_length(const char *ai, size_t *ret_fixed, size_t *ret_max)
{
	static const struct {
		const char *ai;
		size_t fixed, max;
	} known[] = {{"01", GTIN_LEN, GTIN_LEN}, {"10", 0, GS1_LOT_MAX}, {"11", 6, 6}, {"17", 6, 6},
		{"21", 0, GS1_SERIAL_MAX}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncmp(ai, known[i].ai, 2) == 0) {
			*ret_fixed = known[i].fixed;
			*ret_max = known[i].max;
			return true;
		}
	}
	return false;
}

struct gs1 {
	char gtin[GTIN_LEN + 1];
	char serial[GS1_SERIAL_MAX + 1];
	char expiry[TRACE_EXPIRY_LEN + 1];
};

/* Values are of GS1's character set; what a person could misread as a mark is none of it. */
static size_t value_len(const char *at, size_t fixed, bool parenthesized)
{
	size_t n = 0;

	while (at[n] > ' ' && at[n] < 0x7F && (fixed == 0 || n < fixed) &&
		!(parenthesized && at[n] == '('))
		n++;
	return n;
}

static bool keep(char *out, size_t cap, const char *value, size_t len)
{
	if (out[0] != '\0' || len > cap) /* the same element twice */
		return false;
	memcpy(out, value, len);
	out[len] = '\0';
	return true;
}

static bool take_element(struct gs1 *g, const char *ai, const char *value, size_t len)
{
	if (strncmp(ai, "01", 2) == 0)
		return digits(value) >= GTIN_LEN && keep(g->gtin, GTIN_LEN, value, len);
	if (strncmp(ai, "21", 2) == 0)
		return keep(g->serial, GS1_SERIAL_MAX, value, len);
	if (strncmp(ai, "17", 2) == 0)
		return digits(value) >= TRACE_EXPIRY_LEN && keep(g->expiry, TRACE_EXPIRY_LEN, value, len);
	return true;
}

static bool gs1_read(const char *at, struct gs1 *g)
{
	bool parenthesized = at[0] == '(';

	memset(g, 0, sizeof(*g));
	while (*at != '\0') {
		const char *ai = at + parenthesized;
		size_t fixed, max, len;

		if ((parenthesized && (at[0] != '(' || strlen(at) < 4 || at[3] != ')')) ||
			!ai_length(ai, &fixed, &max))
			return false;
		at = ai + 2 + parenthesized;
		len = value_len(at, fixed, parenthesized);
		if (len == 0 || len > max || (fixed != 0 && len != fixed) ||
			!take_element(g, ai, at, len))
			return false;
		at += len;
		if (*at == FNC1)
			at++;
	}
	return g->gtin[0] != '\0' && g->serial[0] != '\0' && gtin_is_sound(g->gtin);
}

/* Twenty digits that begin with 8 are the platform's, also where they might be read otherwise. */
bool trace_code_read(const char *text, struct trace_code *ret)
{
	size_t len = strnlen(text, TRACE_CODE_LEN_MAX + 1);
	struct trace_code code = {0};
	struct gs1 g;

	if (len > TRACE_CODE_LEN_MAX)
		return false;
	if (len == PLATFORM_LEN && digits(text) == len && text[0] == '8') {
		code.family = TRACE_PLATFORM;
		memcpy(code.text, text, len + 1);
		memcpy(code.drug, text, TRACE_DRUG_LEN);
	} else if (gs1_read(text, &g)) {
		code.family = TRACE_GS1;
		snprintf(code.text, sizeof(code.text), "(01)%s(21)%s", g.gtin, g.serial);
		memcpy(code.expiry, g.expiry, sizeof(code.expiry));
	} else if (len >= OWN_LEN_MIN && digits(text) == len) {
		code.family = TRACE_OWN;
		memcpy(code.text, text, len + 1);
	} else {
		return false;
	}
	*ret = code;
	return true;
}
