/* A CSV file as an array of structs, by a table of its columns.
 *
 * Every column of the table must be in the file and none besides.  A row is known by its first
 * column, unique and not empty; or, where the form says so, by the values of its key columns
 * together.  Problems are said with file and line.
 *
 * Ownership: the rows' texts point into the file's bytes; table_clear() frees both.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "client-sdk/cli/csv.h"

enum column_kind {
	COLUMN_TEXT,   /* char * */
	COLUMN_YES_NO, /* "yes" or "no" -> protobuf_c_boolean */
	COLUMN_CHOICE, /* a word of `choices` -> a 32-bit number */
	COLUMN_NUMBER, /* up to nine digits -> uint32_t */
	COLUMN_DATE,   /* yyyy-MM-dd -> int64_t, the first millisecond of that day in China */
	COLUMN_YUAN,   /* at most two digits behind the point -> int64_t fen */
	COLUMN_PRICE,  /* at most six digits behind the point -> int64_t, 1e-6 yuan */
	COLUMN_FLAG,   /* a word of `choices`, whose number is a bit set in a uint32_t; 0 = no bit */
};

struct column_choice {
	const char *word;
	int32_t value;
};

struct column {
	const char *name;
	enum column_kind kind;
	bool required;
	unsigned length_max; /* characters */
	size_t offset;       /* into the row's struct */
	const struct column_choice *choices; /* ends with a NULL word */
};

struct table_form {
	const char *file; /* "regions.csv" */
	const struct column *columns;
	size_t column_count;
	size_t row_size;
	void (*row_init)(void *row);
	/* How rows are compared when the first column may repeat; NULL = by the first column. */
	int (*row_compare)(const void *a, const void *b);
};

struct table {
	const struct table_form *form;
	struct csv csv;
	char *rows; /* count * form->row_size bytes */
	size_t count;
	const char **keys; /* sorted; of a form with row_compare, NULL */
};

/* 0, or EXIT_LOCAL_FILE after saying why. */
CLI_CHECK int table_load(struct table *ret, const struct table_form *form, const char *folder);
/* The same with a file of any name; form->file is only how problems name it. */
CLI_CHECK int table_load_file(struct table *ret, const struct table_form *form, const char *path);
void table_clear(struct table *table);
void *table_row(const struct table *table, size_t index);
/* Is there a row with this key?  Not of a form with row_compare. */
bool table_has(const struct table *table, const char *key);
/* EXIT_LOCAL_FILE after saying that row `index` names something that is not there. */
int table_missing(const struct table *table, size_t index, const char *column, const char *value,
	const char *other_file);

#endif
