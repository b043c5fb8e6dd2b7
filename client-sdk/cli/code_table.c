/* Both ways by the same columns, so that what is exported can be imported. */
#include "client-sdk/cli/code_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client-sdk/cli/decimal.h"
#include "client-sdk/cli/say.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define AT(member) offsetof(Rxcirc__V1__Code, member)
#define TEXT(name, length, member) {name, COLUMN_TEXT, true, length, AT(member), NULL}
#define FLAG(name, words) {name, COLUMN_FLAG, true, 3, AT(flags), words}
#define PRICE(name) {name, COLUMN_PRICE, false, 17, AT(price_e6), NULL}
#define CODE TEXT("code", 50, code)
#define NAME TEXT("name", 100, name)
#define WITHDRAWN FLAG("withdrawn", withdrawn)

#define BIT(name, FLAG_NAME) \
	static const struct column_choice name[] = { \
		{"no", 0}, {"yes", RXCIRC__V1__CODE_FLAG__CODE_FLAG_##FLAG_NAME}, {NULL, 0}}
BIT(special_control, SPECIAL_CONTROL);
BIT(dual_channel, DUAL_CHANNEL);
BIT(long_excluded, LONG_EXCLUDED);
BIT(withdrawn, WITHDRAWN);
BIT(chronic, CHRONIC);
BIT(common, COMMON);
BIT(chronic_special, CHRONIC_SPECIAL);
BIT(supply_watched, SUPPLY_WATCHED);

static const struct column_choice drug_kinds[] = {{"western", 11}, {"patent", 12}, {"herbal", 13},
	{NULL, 0}};
static const struct column_choice diagnosis_types[] = {{"1", 1}, {"2", 2}, {"3", 3}, {NULL, 0}};
static const struct column_choice day_classes[] = {{"1", 1}, {"2", 2}, {NULL, 0}};

static const struct column drug_columns[] = {
	CODE,
	TEXT("generic_name", 100, name),
	{"kind", COLUMN_CHOICE, true, 10, AT(class_no), drug_kinds},
	TEXT("dosage_form", 50, dosage_form),
	TEXT("specification", 60, specification),
	FLAG("special_control", special_control),
	FLAG("dual_channel", dual_channel),
	FLAG("long_excluded", long_excluded),
	WITHDRAWN,
	PRICE("reference_price"),
	FLAG("supply_watched", supply_watched),
};
static const struct column diagnosis_columns[] = {
	CODE,
	NAME,
	{"type", COLUMN_CHOICE, true, 1, AT(class_no), diagnosis_types},
	FLAG("chronic", chronic),
	FLAG("common", common),
	FLAG("chronic_special", chronic_special),
	WITHDRAWN,
};
static const struct column plain_columns[] = {CODE, NAME, WITHDRAWN};
static const struct column item_columns[] = {CODE, NAME, PRICE("price"), WITHDRAWN};
static const struct column calendar_columns[] = {
	{"code", COLUMN_TEXT, true, 10, AT(code), NULL},
	NAME,
	{"class", COLUMN_CHOICE, true, 1, AT(class_no), day_classes},
};

static void code_init(void *row)
{
	rxcirc__v1__code__init(row);
}

#define KIND(NAME_, word, word_zh, columns) \
	{RXCIRC__V1__CODE_KIND__CODE_KIND_##NAME_, word, word_zh, \
		{word ".csv", columns, COUNT_OF(columns), sizeof(Rxcirc__V1__Code), code_init, NULL}}
const struct code_table_kind code_table_kinds[CODE_TABLE_KINDS] = {
	KIND(DRUG, "drugs", "药品", drug_columns),
	KIND(DIAGNOSIS, "diagnoses", "诊断", diagnosis_columns),
	KIND(DEPARTMENT, "departments", "科室", plain_columns),
	KIND(CONSULTATION_ITEM, "consultation-items", "诊查项目", item_columns),
	KIND(FREQUENCY, "frequencies", "用药频次", plain_columns),
	KIND(ROUTE, "routes", "用药途径", plain_columns),
	KIND(CALENDAR, "calendar", "工作日历", calendar_columns),
};

const struct code_table_kind *code_table_kind_find(const char *word)
{
	for (size_t i = 0; i < CODE_TABLE_KINDS; i++)
		if (strcmp(code_table_kinds[i].word, word) == 0)
			return &code_table_kinds[i];
	(void)fail(EXIT_USAGE, "\"%.60s\" is not one of drugs, diagnoses, departments, "
		"consultation-items, frequencies, routes, calendar",
		"“%.60s”不是 drugs、diagnoses、departments、consultation-items、frequencies、"
		"routes、calendar 之一", word);
	return NULL;
}

/* ---- loading -------------------------------------------------------------------------------- */

static int compare_rows(const void *a, const void *b)
{
	const Rxcirc__V1__Code *const *one = a;
	const Rxcirc__V1__Code *const *other = b;

	return strcmp((*one)->code, (*other)->code);
}

/* Of the rows by code, each with its length before it. */
static int content_digest(struct code_table *t)
{
	size_t len = 0;
	size_t at = 0;
	uint8_t *bytes;
	int r;

	for (size_t i = 0; i < t->table.count; i++)
		len += 4 + rxcirc__v1__code__get_packed_size(t->rows[i]);
	bytes = malloc(len + 1);
	if (!bytes)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	for (size_t i = 0; i < t->table.count; i++) {
		uint32_t row_len = (uint32_t)rxcirc__v1__code__pack(t->rows[i], bytes + at + 4);

		memcpy(bytes + at, &row_len, sizeof(row_len));
		at += 4 + row_len;
	}
	r = digest_sha256(bytes, at, t->sha256);
	free(bytes);
	return r < 0 ? fail(EXIT_FAULT, "cannot compute a digest", "无法计算摘要") : 0;
}

static int rows_sort(struct code_table *t)
{
	t->rows = reallocarray(NULL, t->table.count + 1, sizeof(*t->rows));
	if (!t->rows)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	for (size_t i = 0; i < t->table.count; i++)
		t->rows[i] = table_row(&t->table, i);
	qsort(t->rows, t->table.count, sizeof(*t->rows), compare_rows);
	return content_digest(t);
}

int code_table_load(struct code_table *ret, const struct code_table_kind *kind, const char *path)
{
	int r;

	*ret = (struct code_table){.kind = kind, .form = kind->form};
	ret->form.file = path;
	r = table_load_file(&ret->table, &ret->form, path);
	ret->form.file = kind->form.file; /* the path is the caller's */
	if (r == 0 && ret->table.count == 0)
		r = fail(EXIT_LOCAL_FILE, "%s has no rows", "%s 没有数据行", path);
	if (r == 0)
		r = rows_sort(ret);
	if (r != 0)
		code_table_clear(ret);
	return r;
}

void code_table_clear(struct code_table *table)
{
	table_clear(&table->table);
	free(table->rows);
	table->rows = NULL;
}

/* ---- printing ------------------------------------------------------------------------------- */

enum { CELL_MAX = 32 };

static const char *word_of(const struct column *column, uint32_t value)
{
	for (const struct column_choice *c = column->choices; c->word; c++)
		if ((uint32_t)c->value == value)
			return c->word;
	return "";
}

/* The value as the file has it; `room` may hold it. */
static const char *cell_text(const struct column *column, const Rxcirc__V1__Code *code,
	char room[CELL_MAX])
{
	const char *from = (const char *)code + column->offset;
	const char *text;
	uint32_t number;
	int64_t price;

	switch (column->kind) {
	case COLUMN_TEXT:
		memcpy(&text, from, sizeof(text));
		return text;
	case COLUMN_PRICE:
		memcpy(&price, from, sizeof(price));
		room[0] = '\0';
		if (price > 0)
			decimal_format(price, 6, 2, room);
		return room;
	case COLUMN_FLAG:
		memcpy(&number, from, sizeof(number));
		return (number & (uint32_t)column->choices[1].value) != 0 ? "yes" : "no";
	case COLUMN_CHOICE:
	case COLUMN_YES_NO:
	case COLUMN_NUMBER:
	case COLUMN_DATE:
	case COLUMN_YUAN:
	default:
		memcpy(&number, from, sizeof(number));
		return word_of(column, number);
	}
}

static void cell_print(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"")) {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

void code_table_print_header(const struct code_table_kind *kind, FILE *out)
{
	for (size_t i = 0; i < kind->form.column_count; i++)
		(void)fprintf(out, "%s%s", i > 0 ? "," : "", kind->form.columns[i].name);
	(void)fputc('\n', out);
}

void code_table_print(const struct code_table_kind *kind, const Rxcirc__V1__Code *code, FILE *out)
{
	char room[CELL_MAX];

	for (size_t i = 0; i < kind->form.column_count; i++) {
		if (i > 0)
			(void)fputc(',', out);
		cell_print(cell_text(&kind->form.columns[i], code, room), out);
	}
	(void)fputc('\n', out);
}

json_t *code_table_json(const struct code_table_kind *kind, const Rxcirc__V1__Code *code)
{
	json_t *object = json_object();
	char room[CELL_MAX];

	for (size_t i = 0; i < kind->form.column_count; i++)
		json_object_set_new(object, kind->form.columns[i].name,
			json_string(cell_text(&kind->form.columns[i], code, room)));
	return object;
}
