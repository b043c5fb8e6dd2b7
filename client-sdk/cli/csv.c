#include "client-sdk/cli/csv.h"

#include <stdio.h>
#include <string.h>

#include "client-sdk/cli/utf8.h"

static int csv_problem(struct csv *csv, const char *what)
{
	if (csv->column > 0)
		(void)snprintf(csv->problem, sizeof(csv->problem), "line %u, column %u: %s", csv->line,
			csv->column, what);
	else
		(void)snprintf(csv->problem, sizeof(csv->problem), "line %u: %s", csv->line, what);
	return -1;
}

static bool at_line_end(const struct csv *csv)
{
	return csv->at == csv->end || *csv->at == '\n' ||
		(*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n');
}

/* Decode a quoted field in place; `at` stands behind the opening quote. */
static int quoted_field(struct csv *csv, const char **ret)
{
	char *out = csv->at;

	*ret = out;
	for (;;) {
		if (csv->at == csv->end || *csv->at == '\n')
			return csv_problem(csv, "a quoted field is not closed on its line");
		if (*csv->at == '"' && csv->at + 1 < csv->end && csv->at[1] == '"')
			csv->at++;
		else if (*csv->at == '"')
			break;
		*out++ = *csv->at++;
	}
	csv->at++;
	if (!at_line_end(csv) && *csv->at != ',')
		return csv_problem(csv, "a closing quote must be followed by a comma or the line's end");
	/* out is before at, so the separator that is looked at next is not overwritten */
	*out = '\0';
	return 0;
}

static int plain_field(struct csv *csv, const char **ret)
{
	*ret = csv->at;
	while (!at_line_end(csv) && *csv->at != ',') {
		if (*csv->at == '"')
			return csv_problem(csv, "a quote stands inside an unquoted field");
		csv->at++;
	}
	return 0;
}

static int field_check(struct csv *csv, const char *field)
{
	size_t len = strlen(field);

	if (len > CSV_FIELD_MAX)
		return csv_problem(csv, "a field is longer than 4000 bytes");
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)field[i] < 0x20 || field[i] == 0x7f)
			return csv_problem(csv, "a field contains a control character");
	}
	return 0;
}

/* Read the row at `at` into `fields`; returns the number of fields or -1. */
static int row_read(struct csv *csv, const char *fields[CSV_COLUMNS_MAX])
{
	unsigned count = 0;

	for (;;) {
		csv->column = count + 1;
		if (count == CSV_COLUMNS_MAX)
			return csv_problem(csv, "more than 32 columns");
		bool quoted = csv->at < csv->end && *csv->at == '"';

		csv->at += quoted;
		if ((quoted ? quoted_field : plain_field)(csv, &fields[count]) < 0)
			return -1;
		bool more = csv->at < csv->end && *csv->at == ',';
		char *stop = csv->at;

		if (csv->at < csv->end)
			csv->at += *csv->at == '\r' ? 2 : 1;
		*stop = '\0';
		if (field_check(csv, fields[count++]) < 0)
			return -1;
		if (!more) {
			csv->column = 0;
			return (int)count;
		}
	}
}

static int header_check(struct csv *csv)
{
	for (unsigned i = 0; i < csv->columns; i++) {
		if (csv->header[i][0] == '\0')
			return csv_problem(csv, "a column has no name");
		for (unsigned k = 0; k < i; k++) {
			if (strcmp(csv->header[i], csv->header[k]) == 0)
				return csv_problem(csv, "two columns have the same name");
		}
	}
	return 0;
}

/* On which line? */
static int encoding_problem(struct csv *csv)
{
	const char *at = csv->at;
	const char *stop;

	while ((stop = memchr(at, '\n', (size_t)(csv->end - at))) &&
		utf8_is_valid(at, (size_t)(stop - at))) {
		at = stop + 1;
		csv->line++;
	}
	return csv_problem(csv, "the file is not UTF-8");
}

int csv_open(struct csv *csv, struct buffer *text)
{
	*csv = (struct csv){.text = *text, .line = 1};
	*text = (struct buffer){NULL, 0};
	csv->at = csv->text.data;
	csv->end = csv->text.data + csv->text.len;
	if (csv->text.len >= 3 && memcmp(csv->at, "\xef\xbb\xbf", 3) == 0)
		csv->at += 3;
	if (memchr(csv->at, '\0', (size_t)(csv->end - csv->at)))
		return csv_problem(csv, "the file contains a NUL byte");
	if (!utf8_is_valid(csv->at, (size_t)(csv->end - csv->at)))
		return encoding_problem(csv);
	if (csv->at == csv->end)
		return csv_problem(csv, "the file is empty");
	int columns = row_read(csv, csv->header);

	if (columns < 0)
		return -1;
	csv->columns = (unsigned)columns;
	return header_check(csv);
}

int csv_next(struct csv *csv)
{
	csv->line++;
	if (at_line_end(csv)) {
		while (csv->at < csv->end && (*csv->at == '\n' || *csv->at == '\r'))
			csv->at++;
		return csv->at == csv->end ? 0 : csv_problem(csv, "an empty line between rows");
	}
	if (csv->rows == CSV_ROWS_MAX)
		return csv_problem(csv, "more than 500000 rows");
	int columns = row_read(csv, csv->fields);

	if (columns < 0)
		return -1;
	if ((unsigned)columns != csv->columns)
		return csv_problem(csv, "the row has not as many fields as the header");
	csv->rows++;
	return 1;
}

int csv_column(const struct csv *csv, const char *name)
{
	for (unsigned i = 0; i < csv->columns; i++) {
		if (strcmp(csv->header[i], name) == 0)
			return (int)i;
	}
	return -1;
}

void csv_clear(struct csv *csv)
{
	buffer_clear(&csv->text);
	*csv = (struct csv){.line = 0};
}
