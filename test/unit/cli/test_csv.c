/* The CSV reader: strict, bounded, in place. */
#include "test/support/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/csv.h"

static int open_bytes(struct csv *csv, const char *bytes, size_t len)
{
	struct buffer buffer = {NULL, 0};

	assert_int_equal(buffer_append(&buffer, bytes, len, CSV_FILE_MAX), 0);
	int r = csv_open(csv, &buffer);

	assert_null(buffer.data); /* taken over, whether it works or not */
	return r;
}

static int open_text(struct csv *csv, const char *text)
{
	return open_bytes(csv, text, strlen(text));
}

/* The text is refused, in its header or in a row, with these words. */
static void assert_refused(const char *text, const char *words)
{
	struct csv csv;
	int r = open_text(&csv, text);

	while (r >= 0 && (r = csv_next(&csv)) > 0)
		;
	assert_int_equal(r, -1);
	assert_non_null(strstr(csv.problem, words));
	csv_clear(&csv);
}

static void reads_rows_by_column_name(void **state)
{
	struct csv csv;

	(void)state;
	assert_int_equal(open_text(&csv, "code,name\n140100,太原市\n140200,大同市\n"), 0);
	assert_int_equal(csv.columns, 2);
	assert_int_equal(csv_column(&csv, "name"), 1);
	assert_int_equal(csv_column(&csv, "nobody"), -1);
	assert_int_equal(csv_next(&csv), 1);
	assert_string_equal(csv.fields[1], "太原市");
	assert_int_equal(csv_next(&csv), 1);
	assert_string_equal(csv.fields[0], "140200");
	assert_int_equal(csv.line, 3);
	assert_int_equal(csv_next(&csv), 0);
	csv_clear(&csv);
}

static void takes_byte_order_mark_crlf_and_a_last_line_without_end(void **state)
{
	struct csv csv;

	(void)state;
	assert_int_equal(open_text(&csv, "\xef\xbb\xbf" "a,b\r\n1,2\r\n3,"), 0);
	assert_string_equal(csv.header[0], "a");
	assert_string_equal(csv.header[1], "b");
	assert_int_equal(csv_next(&csv), 1);
	assert_string_equal(csv.fields[1], "2");
	assert_int_equal(csv_next(&csv), 1);
	assert_string_equal(csv.fields[0], "3");
	assert_string_equal(csv.fields[1], "");
	assert_int_equal(csv_next(&csv), 0);
	csv_clear(&csv);
}

static void decodes_quoted_fields(void **state)
{
	struct csv csv;

	(void)state;
	assert_int_equal(open_text(&csv, "a,b\n\"1.34mg/ml,1.5ml\",\"say \"\"yes\"\"\"\n\"\",x\n"), 0);
	assert_int_equal(csv_next(&csv), 1);
	assert_string_equal(csv.fields[0], "1.34mg/ml,1.5ml");
	assert_string_equal(csv.fields[1], "say \"yes\"");
	assert_int_equal(csv_next(&csv), 1);
	assert_string_equal(csv.fields[0], "");
	assert_string_equal(csv.fields[1], "x");
	assert_int_equal(csv_next(&csv), 0);
	csv_clear(&csv);
}

static void refuses_malformed_quotes(void **state)
{
	(void)state;
	assert_refused("a,b\n\"x,y\n", "not closed");
	assert_refused("a,b\n\"x", "not closed");
	assert_refused("a,b\nx\"y,z\n", "quote stands inside");
	assert_refused("a,b\n\"x\"y,z\n", "closing quote");
}

static void refuses_rows_of_another_width(void **state)
{
	(void)state;
	assert_refused("a,b\n1\n", "as many fields");
	assert_refused("a,b\n1,2,3\n", "as many fields");
	assert_refused("a,b\n1,2\n\n3,4\n", "empty line");
	assert_refused("a,a\n", "same name");
	assert_refused("a,\n", "no name");
	assert_refused("", "empty");
}

static void refuses_bytes_that_are_no_clean_text(void **state)
{
	struct csv csv;

	(void)state;
	assert_refused("a\n\xff\n", "UTF-8");
	assert_refused("a\n\xc0\xaf\n", "UTF-8");     /* overlong */
	assert_refused("a\n\xed\xa0\x80\n", "UTF-8"); /* surrogate */
	assert_refused("a\n\xcc\xab\xf8\n", "UTF-8");
	assert_refused("a\nx\ty\n", "control");
	assert_refused("a\nx\ry\n", "control");
	assert_int_equal(open_bytes(&csv, "a\nx\0y\n", 6), -1);
	assert_non_null(strstr(csv.problem, "NUL"));
	csv_clear(&csv);
}

static void bounds_a_field(void **state)
{
	char *text = calloc(1, CSV_FIELD_MAX + 16);
	struct csv csv;

	(void)state;
	assert_non_null(text);
	memcpy(text, "a\n", 2);
	memset(text + 2, 'x', CSV_FIELD_MAX);
	assert_int_equal(open_text(&csv, text), 0);
	assert_int_equal(csv_next(&csv), 1);
	assert_int_equal(strlen(csv.fields[0]), CSV_FIELD_MAX);
	csv_clear(&csv);
	text[2 + CSV_FIELD_MAX] = 'x';
	assert_refused(text, "4000");
	free(text);
}

static void bounds_the_columns(void **state)
{
	char text[1024] = "";
	struct csv csv;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < CSV_COLUMNS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%sc%d", i ? "," : "", i);
	assert_int_equal(open_text(&csv, text), 0);
	assert_int_equal(csv.columns, CSV_COLUMNS_MAX);
	csv_clear(&csv);
	(void)snprintf(text + len, sizeof(text) - len, ",more");
	assert_refused(text, "32 columns");
}

static void bounds_the_rows(void **state)
{
	char *text = malloc(2 + 2 * (size_t)CSV_ROWS_MAX + 3);
	struct csv csv;
	int r;

	(void)state;
	assert_non_null(text);
	memcpy(text, "a\n", 2);
	for (size_t i = 0; i <= CSV_ROWS_MAX; i++)
		memcpy(text + 2 + 2 * i, "x\n", 2);
	assert_int_equal(open_bytes(&csv, text, 2 + 2 * (size_t)CSV_ROWS_MAX), 0);
	while ((r = csv_next(&csv)) > 0)
		;
	assert_int_equal(r, 0);
	assert_int_equal(csv.rows, CSV_ROWS_MAX);
	csv_clear(&csv);
	assert_int_equal(open_bytes(&csv, text, 4 + 2 * (size_t)CSV_ROWS_MAX), 0);
	while ((r = csv_next(&csv)) > 0)
		;
	assert_int_equal(r, -1);
	assert_non_null(strstr(csv.problem, "500000"));
	csv_clear(&csv);
	free(text);
}

static const struct CMUnitTest tests[] = {
	TEST(reads_rows_by_column_name),
	TEST(takes_byte_order_mark_crlf_and_a_last_line_without_end),
	TEST(decodes_quoted_fields),
	TEST(refuses_malformed_quotes),
	TEST(refuses_rows_of_another_width),
	TEST(refuses_bytes_that_are_no_clean_text),
	TEST(bounds_a_field),
	TEST(bounds_the_columns),
	TEST(bounds_the_rows),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cli/csv", tests, NULL, NULL);
}
