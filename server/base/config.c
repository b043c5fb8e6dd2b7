#include "base/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "base/err.h"

enum { CONFIG_NAME_SHOWN = 64, CONFIG_VALUE_SHOWN = 64 };

/* A mandatory number that was not given; no row's range contains it. */
static const int64_t config_missing = INT64_MIN;

static int config_problem(char problem[CONFIG_PROBLEM_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int config_problem(char problem[CONFIG_PROBLEM_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, CONFIG_PROBLEM_MAX, format, args); /* cut when too long */
	va_end(args);
	return ERR_CONFIG;
}

static char **config_text(const struct config_row *row, void *settings)
{
	return (char **)(void *)((char *)settings + row->offset);
}

static int64_t *config_number(const struct config_row *row, void *settings)
{
	return (int64_t *)(void *)((char *)settings + row->offset);
}

static bool *config_switch(const struct config_row *row, void *settings)
{
	return (bool *)(void *)((char *)settings + row->offset);
}

static bool config_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct slice config_trim(struct slice s)
{
	while (s.len > 0 && config_is_blank(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && config_is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

/* The first of `c` in s, or s.len. */
static size_t config_find(struct slice s, uint8_t c)
{
	size_t i = 0;

	while (i < s.len && s.data[i] != c)
		i++;
	return i;
}

static bool config_has_control(struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((s.data[i] < 0x20 && !config_is_blank(s.data[i])) || s.data[i] == 0x7f)
			return true;
	return false;
}

static bool config_parse_number(struct slice s, int64_t *ret)
{
	bool negative = s.len > 0 && s.data[0] == '-';
	size_t i = negative ? 1 : 0;
	int64_t v = 0;

	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		int digit = s.data[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, negative ? -digit : digit, &v))
			return false;
	}
	*ret = v;
	return true;
}

static int config_set_text(const struct config_row *row, void *settings, struct slice value,
	const char *where, char problem[CONFIG_PROBLEM_MAX])
{
	char **field = config_text(row, settings);
	char *copy;

	/* The value is not repeated: it may hold a password. */
	if ((int64_t)value.len < row->min || (int64_t)value.len > row->max)
		return config_problem(problem, "%s: \"%s\" must have %lld to %lld bytes, not %zu", where,
			row->name, (long long)row->min, (long long)row->max, value.len);
	copy = malloc(value.len + 1);
	if (copy == NULL)
		return config_problem(problem, "%s: could not keep \"%s\": out of memory", where,
			row->name);
	if (value.len > 0)
		memcpy(copy, value.data, value.len);
	copy[value.len] = '\0';
	free(*field);
	*field = copy;
	return 0;
}

static int config_set(const struct config_row *row, void *settings, struct slice value,
	const char *where, char problem[CONFIG_PROBLEM_MAX])
{
	int shown = value.len < CONFIG_VALUE_SHOWN ? (int)value.len : CONFIG_VALUE_SHOWN;
	const char *text = value.len > 0 ? (const char *)value.data : "";
	int64_t number;

	switch (row->kind) {
	case CONFIG_TEXT:
		return config_set_text(row, settings, value, where, problem);
	case CONFIG_NUMBER:
		if (!config_parse_number(value, &number) || number < row->min || number > row->max)
			return config_problem(problem,
				"%s: \"%s\" must be a whole number from %lld to %lld, not \"%.*s\"", where,
				row->name, (long long)row->min, (long long)row->max, shown, text);
		*config_number(row, settings) = number;
		return 0;
	case CONFIG_SWITCH:
		if (slice_equal(value, slice_of_text("on")))
			*config_switch(row, settings) = true;
		else if (slice_equal(value, slice_of_text("off")))
			*config_switch(row, settings) = false;
		else
			return config_problem(problem, "%s: \"%s\" must be \"on\" or \"off\", not \"%.*s\"",
				where, row->name, shown, text);
		return 0;
	default:
		ensure_never("a row without a kind");
	}
}

int config_defaults(const struct config_row *rows, size_t count, void *settings)
{
	char problem[CONFIG_PROBLEM_MAX];
	size_t i;

	ensure(count <= CONFIG_ROWS_MAX);
	for (i = 0; i < count; i++) /* first, so that a failure leaves something that can be cleared */
		if (rows[i].kind == CONFIG_TEXT)
			*config_text(&rows[i], settings) = NULL;
	for (i = 0; i < count; i++) {
		const struct config_row *row = &rows[i];

		ensure(row->kind != CONFIG_NUMBER || row->min > config_missing);
		ensure(row->kind != CONFIG_SWITCH || row->default_text != NULL);
		if (row->default_text != NULL) {
			/* A default outside its own range is a bug of the table, so this is memory. */
			if (config_set(row, settings, slice_of_text(row->default_text), "default",
				    problem) != 0) {
				ensure(row->kind == CONFIG_TEXT &&
					(int64_t)strlen(row->default_text) >= row->min &&
					(int64_t)strlen(row->default_text) <= row->max);
				return ERR_MEMORY;
			}
		} else if (row->kind == CONFIG_NUMBER) {
			*config_number(row, settings) = config_missing;
		}
	}
	return 0;
}

/* The row of this name, or NULL. */
static const struct config_row *config_find_row(const struct config_row *rows, size_t count,
	struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(name, slice_of_text(rows[i].name)))
			return &rows[i];
	return NULL;
}

static int config_no_row(char problem[CONFIG_PROBLEM_MAX], const char *where, struct slice name)
{
	int shown = name.len < CONFIG_NAME_SHOWN ? (int)name.len : CONFIG_NAME_SHOWN;

	return config_problem(problem, "%s: there is no setting \"%.*s\"", where, shown,
		name.len > 0 ? (const char *)name.data : "");
}

static int config_apply_line(const struct config_row *rows, size_t count, void *settings,
	struct slice line, bool seen[CONFIG_ROWS_MAX], const char *where,
	char problem[CONFIG_PROBLEM_MAX])
{
	const struct config_row *row;
	struct slice name, value;
	size_t equals;

	if (line.len > CONFIG_LINE_MAX)
		return config_problem(problem, "%s: the line is longer than %d bytes", where,
			CONFIG_LINE_MAX);
	if (config_has_control(line))
		return config_problem(problem, "%s: the line contains a control character", where);
	line = config_trim(line);
	if (line.len == 0 || line.data[0] == '#')
		return 0;
	equals = config_find(line, '=');
	if (equals == line.len)
		return config_problem(problem, "%s: the line is not \"name = value\"", where);
	name = config_trim(slice_of(line.data, equals));
	value = config_trim(slice_of(line.data + equals + 1, line.len - equals - 1));
	row = config_find_row(rows, count, name);
	if (row == NULL)
		return config_no_row(problem, where, name);
	if (seen[row - rows])
		return config_problem(problem, "%s: \"%s\" is given twice", where, row->name);
	seen[row - rows] = true;
	return config_set(row, settings, value, where, problem);
}

int config_apply_text(const struct config_row *rows, size_t count, void *settings,
	const char *name, struct slice text, char problem[CONFIG_PROBLEM_MAX])
{
	bool seen[CONFIG_ROWS_MAX] = {false};
	char where[CONFIG_PROBLEM_MAX / 2];
	unsigned line_number;

	ensure(count <= CONFIG_ROWS_MAX);
	if (text.len > CONFIG_FILE_MAX)
		return config_problem(problem, "\"%s\" is larger than %d bytes", name, CONFIG_FILE_MAX);
	for (line_number = 1; text.len > 0; line_number++) {
		size_t len = config_find(text, '\n');
		size_t taken = len < text.len ? len + 1 : len;
		int r;

		(void)snprintf(where, sizeof(where), "\"%s\" line %u", name, line_number); /* may be cut */
		r = config_apply_line(rows, count, settings, slice_of(text.data, len), seen, where,
			problem);
		if (r != 0)
			return r;
		text.data += taken;
		text.len -= taken;
	}
	return 0;
}

int config_apply_one(const struct config_row *rows, size_t count, void *settings,
	const char *name, const char *value, char problem[CONFIG_PROBLEM_MAX])
{
	static const char where[] = "command line";
	struct slice text = slice_of_text(value);
	const struct config_row *row = config_find_row(rows, count, slice_of_text(name));

	if (row == NULL)
		return config_no_row(problem, where, slice_of_text(name));
	if (text.len > CONFIG_LINE_MAX)
		return config_problem(problem, "%s: the value of \"%s\" is longer than %d bytes", where,
			row->name, CONFIG_LINE_MAX);
	if (config_has_control(text))
		return config_problem(problem, "%s: the value of \"%s\" contains a control character",
			where, row->name);
	return config_set(row, settings, text, where, problem);
}

static bool config_is_missing(const struct config_row *row, const void *settings)
{
	const void *field = (const char *)settings + row->offset;

	switch (row->kind) {
	case CONFIG_TEXT:
		return *(char *const *)field == NULL;
	case CONFIG_NUMBER:
		return *(const int64_t *)field == config_missing;
	case CONFIG_SWITCH:
		return false;
	default:
		ensure_never("a row without a kind");
	}
}

int config_check(const struct config_row *rows, size_t count, const void *settings,
	char problem[CONFIG_PROBLEM_MAX])
{
	size_t i;

	for (i = 0; i < count; i++)
		if (config_is_missing(&rows[i], settings))
			return config_problem(problem, "\"%s\" must be given", rows[i].name);
	return 0;
}

void config_clear(const struct config_row *rows, size_t count, void *settings)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (rows[i].kind == CONFIG_TEXT) {
			char **field = config_text(&rows[i], settings);

			free(*field);
			*field = NULL;
		}
	}
}

static const char *config_range(const struct config_row *row, char *out, size_t cap)
{
	switch (row->kind) {
	case CONFIG_TEXT:
		(void)snprintf(out, cap, "text of %lld to %lld bytes", (long long)row->min,
			(long long)row->max);
		break;
	case CONFIG_NUMBER:
		(void)snprintf(out, cap, "whole number from %lld to %lld", (long long)row->min,
			(long long)row->max);
		break;
	case CONFIG_SWITCH:
		(void)snprintf(out, cap, "on or off");
		break;
	default:
		ensure_never("a row without a kind");
	}
	return out;
}

int config_print_example(const struct config_row *rows, size_t count, FILE *file)
{
	char range[80];
	size_t i;

	for (i = 0; i < count; i++) {
		const struct config_row *row = &rows[i];

		if (fprintf(file, "%s# %s\n# %s%s%s\n#%s = %s\n", i > 0 ? "\n" : "", row->help,
			    config_range(row, range, sizeof(range)),
			    row->default_text == NULL ? "; must be given" : "",
			    row->reloadable ? "; taken over on reload" : "", row->name,
			    row->default_text == NULL ? "" : row->default_text) < 0)
			return ERR_SYSTEM;
	}
	return fflush(file) == 0 ? 0 : ERR_SYSTEM;
}
