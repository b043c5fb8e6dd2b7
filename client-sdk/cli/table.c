#include "client-sdk/cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "client-sdk/cli/china_time.h"
#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/say.h"
#include "client-sdk/cli/utf8.h"

enum { ROWS_FIRST = 64, YUAN_DIGITS_MAX = 14, PRICE_DIGITS_MAX = 16 };

static int cell_problem(const struct table *table, const struct column *column, const char *en,
	const char *zh)
{
	return fail(EXIT_LOCAL_FILE, "%s, line %u, column %s: %s", "%s 第 %u 行 %s 列：%s",
		table->form->file, table->csv.line, column->name, say_pick(en, zh));
}

static int choice_read(const struct table *table, const struct column *column, const char *text,
	void *into)
{
	for (const struct column_choice *c = column->choices; c->word; c++) {
		if (strcmp(c->word, text) == 0) {
			memcpy(into, &c->value, sizeof(c->value));
			return 0;
		}
	}
	return cell_problem(table, column, "the word is not one of those allowed", "取值不在允许范围");
}

static int flag_read(const struct table *table, const struct column *column, const char *text,
	void *into)
{
	int32_t bit = 0;
	uint32_t flags;
	int r = choice_read(table, column, text, &bit);

	memcpy(&flags, into, sizeof(flags));
	flags |= (uint32_t)bit;
	memcpy(into, &flags, sizeof(flags));
	return r;
}

static int day_or_money_read(const struct table *table, const struct column *column,
	const char *text, void *into)
{
	int64_t value = 0;

	if (column->kind == COLUMN_DATE && china_date_parse(text, &value) < 0)
		return cell_problem(table, column, "must be a day, yyyy-MM-dd", "须为日期 yyyy-MM-dd");
	if (column->kind == COLUMN_YUAN &&
		decimal_parse(text, YUAN_DIGITS_MAX, 2, 2, &value) != DECIMAL_OK)
		return cell_problem(table, column, "must be yuan with at most two decimals",
			"须为金额（元，至多两位小数）");
	if (column->kind == COLUMN_PRICE &&
		decimal_parse(text, PRICE_DIGITS_MAX, 6, 6, &value) != DECIMAL_OK)
		return cell_problem(table, column, "must be yuan with at most six decimals",
			"须为金额（元，至多六位小数）");
	memcpy(into, &value, sizeof(value));
	return 0;
}

static int cell_read(const struct table *table, const struct column *column, const char *text,
	void *row)
{
	void *into = (char *)row + column->offset;
	int64_t number = 0;

	if (*text == '\0')
		return column->required ? cell_problem(table, column, "must not be empty", "不能为空") : 0;
	if (utf8_length(text) > column->length_max)
		return cell_problem(table, column, "is too long", "过长");
	switch (column->kind) {
	case COLUMN_TEXT:
		memcpy(into, &text, sizeof(text));
		return 0;
	case COLUMN_YES_NO:
		*(protobuf_c_boolean *)into = strcmp(text, "yes") == 0;
		return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0 ? 0 :
			cell_problem(table, column, "must be yes or no", "须为 yes 或 no");
	case COLUMN_CHOICE:
		return choice_read(table, column, text, into);
	case COLUMN_DATE:
	case COLUMN_YUAN:
	case COLUMN_PRICE:
		return day_or_money_read(table, column, text, into);
	case COLUMN_FLAG:
		return flag_read(table, column, text, into);
	case COLUMN_NUMBER:
	default:
		if (decimal_parse(text, 9, 0, 0, &number) != DECIMAL_OK)
			return cell_problem(table, column, "must be a number", "须为数字");
		*(uint32_t *)into = (uint32_t)number;
		return 0;
	}
}

/* Where each column of the table stands in the file. */
static int columns_find(const struct table *table, size_t *places)
{
	const struct table_form *form = table->form;

	for (size_t i = 0; i < form->column_count; i++) {
		int at = csv_column(&table->csv, form->columns[i].name);

		if (at < 0)
			return cell_problem(table, &form->columns[i], "is missing", "缺少该列");
		places[i] = (size_t)at;
	}
	if (table->csv.columns != form->column_count)
		return fail(EXIT_LOCAL_FILE, "%s has %u columns, %zu are known", "%s 有 %u 列，应为 %zu 列",
			form->file, table->csv.columns, form->column_count);
	return 0;
}

static int rows_grow(struct table *table, size_t *room)
{
	size_t wanted = *room ? *room * 2 : ROWS_FIRST;
	char *rows = reallocarray(table->rows, wanted, table->form->row_size);

	if (!rows)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	table->rows = rows;
	*room = wanted;
	return 0;
}

static int rows_read(struct table *table)
{
	const struct table_form *form = table->form;
	size_t places[CSV_COLUMNS_MAX];
	size_t room = 0;
	int more;
	int r = columns_find(table, places);

	while (r == 0 && (more = csv_next(&table->csv)) > 0) {
		if (table->count == room)
			r = rows_grow(table, &room);
		if (r != 0)
			return r;
		void *row = table->rows + table->count * form->row_size;

		form->row_init(row);
		for (size_t i = 0; r == 0 && i < form->column_count; i++)
			r = cell_read(table, &form->columns[i], table->csv.fields[places[i]], row);
		table->count++;
	}
	if (r == 0 && more < 0)
		r = fail(EXIT_LOCAL_FILE, "%s, %s", "%s：%s", form->file, table->csv.problem);
	return r;
}

static int key_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same key columns twice: the file contradicts itself. */
static int rows_compare(const struct table *table)
{
	const struct table_form *form = table->form;
	char *sorted = reallocarray(NULL, table->count + 1, form->row_size);
	int r = 0;

	if (!sorted)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	if (table->count > 0)
		memcpy(sorted, table->rows, table->count * form->row_size);
	qsort(sorted, table->count, form->row_size, form->row_compare);
	for (size_t i = 1; r == 0 && i < table->count; i++) {
		const char *row = sorted + i * form->row_size;
		const char *key;

		if (form->row_compare(row - form->row_size, row) != 0)
			continue;
		memcpy(&key, row + form->columns[0].offset, sizeof(key));
		r = fail(EXIT_LOCAL_FILE, "%s: a row of \"%s\" stands there twice", "%s：“%s”的记录重复",
			form->file, key);
	}
	free(sorted);
	return r;
}

static int keys_sort(struct table *table)
{
	size_t offset = table->form->columns[0].offset;

	table->keys = reallocarray(NULL, table->count + 1, sizeof(*table->keys));
	if (!table->keys)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	for (size_t i = 0; i < table->count; i++)
		memcpy(&table->keys[i], table->rows + i * table->form->row_size + offset,
			sizeof(table->keys[i]));
	qsort(table->keys, table->count, sizeof(*table->keys), key_compare);
	for (size_t i = 1; i < table->count; i++) {
		if (strcmp(table->keys[i - 1], table->keys[i]) == 0)
			return fail(EXIT_LOCAL_FILE, "%s: \"%s\" stands there twice", "%s：“%s”重复",
				table->form->file, table->keys[i]);
	}
	return 0;
}

int table_load(struct table *ret, const struct table_form *form, const char *folder)
{
	char *path = path_join(folder, form->file);
	int r;

	*ret = (struct table){.form = form};
	if (!path)
		return fail_file(form->file, -ENOMEM);
	r = table_load_file(ret, form, path);
	free(path);
	return r;
}

int table_load_file(struct table *ret, const struct table_form *form, const char *path)
{
	struct buffer text = {NULL, 0};
	int r = file_read(path, CSV_FILE_MAX, &text);

	*ret = (struct table){.form = form};
	if (r < 0)
		r = fail_file(path, r);
	else if (csv_open(&ret->csv, &text) < 0)
		r = fail(EXIT_LOCAL_FILE, "%s, %s", "%s：%s", form->file, ret->csv.problem);
	else
		r = rows_read(ret);
	if (r == 0)
		r = form->row_compare ? rows_compare(ret) : keys_sort(ret);
	if (r != 0)
		table_clear(ret);
	return r;
}

void table_clear(struct table *table)
{
	csv_clear(&table->csv);
	free(table->rows);
	free(table->keys);
	*table = (struct table){.rows = NULL};
}

void *table_row(const struct table *table, size_t index)
{
	return table->rows + index * table->form->row_size;
}

bool table_has(const struct table *table, const char *key)
{
	return bsearch(&key, table->keys, table->count, sizeof(*table->keys), key_compare) != NULL;
}

int table_missing(const struct table *table, size_t index, const char *column, const char *value,
	const char *other_file)
{
	return fail(EXIT_LOCAL_FILE, "%s, row %zu: %s \"%s\" is not in %s",
		"%s 第 %zu 条：%s“%s”不在 %s 中", table->form->file, index + 1, column, value, other_file);
}
