/* The rows, and how a value must look. */
#include "domain/parameter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"

#define X(id, name, form, min, max, words, def, source, en, zh) \
	[PARAM_##id] = {name, PARAMETER_##form, min, max, words, def, source, en, zh},
const struct parameter_row parameter_rows[PARAMETERS_NR] = {PARAMETERS(X)};
#undef X

const struct parameter_row *parameter_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(parameter_rows); i++)
		if (strcmp(parameter_rows[i].name, name) == 0)
			return &parameter_rows[i];
	return NULL;
}

bool parameter_has_word(const char *value, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = value; len > 0 && *at != '\0';) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, word, len) == 0)
			return true;
		at += n;
		at += *at == ' ';
	}
	return false;
}

static bool is_number(const struct parameter_row *row, const char *value)
{
	size_t len = strlen(value);
	int64_t number;

	if (len < 1 || len > 9 || strspn(value, "0123456789") != len)
		return false;
	number = strtoll(value, NULL, 10);
	return number >= row->min && number <= row->max;
}

static bool is_list_character(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '*';
}

/* Words parted by exactly one space, each allowed (`words` NULL: any). */
static bool is_list(const char *words, const char *value)
{
	for (const char *at = value; *at != '\0';) {
		char word[PARAMETER_NAME_MAX + 1];
		size_t n = strcspn(at, " ");

		if (n == 0 || n >= sizeof(word))
			return false;
		memcpy(word, at, n);
		word[n] = '\0';
		for (size_t i = 0; i < n; i++)
			if (!is_list_character(word[i]))
				return false;
		if (words != NULL && !parameter_has_word(words, word))
			return false;
		at += n;
		if (*at == ' ' && *++at == '\0')
			return false;
	}
	return true;
}

bool parameter_value_is_sound(const struct parameter_row *row, const char *value)
{
	if (strlen(value) > PARAMETER_VALUE_MAX)
		return false;
	switch (row->form) {
	case PARAMETER_NUMBER:
		return is_number(row, value);
	case PARAMETER_WORD:
		return strchr(value, ' ') == NULL && parameter_has_word(row->words, value);
	case PARAMETER_SET:
		return is_list(row->words, value);
	case PARAMETER_LIST:
		return is_list(NULL, value);
	}
	return false;
}
