/* A strict, bounded reader of CSV code tables.
 *
 * RFC 4180 with these narrowings: UTF-8 only (a byte-order mark is skipped), the first row names
 * the columns, every row has as many fields as the first, no control characters, no field spans
 * lines.
 * Lines end with LF or CRLF; empty lines are allowed only at the end.
 *
 * Ownership: csv_open() takes the buffer over and decodes in place; fields point into it and live
 * until csv_clear().
 */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include "client-sdk/cli/file.h"

enum {
	CSV_COLUMNS_MAX = 32,
	CSV_FIELD_MAX = 4000,          /* bytes */
	CSV_ROWS_MAX = 500000,         /* without the header */
	CSV_FILE_MAX = 64 * 1024 * 1024, /* bytes */
	CSV_PROBLEM_MAX = 200,
};

struct csv {
	struct buffer text;
	char *at, *end;
	unsigned line; /* 1-based, of the row read last */
	unsigned column; /* 1-based, of the field being read; 0 = none is */
	unsigned rows;
	unsigned columns;
	const char *header[CSV_COLUMNS_MAX];
	const char *fields[CSV_COLUMNS_MAX]; /* of the row read last */
	char problem[CSV_PROBLEM_MAX];       /* one English sentence after a failure */
};

/* Reads the header row.  `text` is emptied whether it works or not.  0 or -1 with csv->problem. */
CLI_CHECK int csv_open(struct csv *csv, struct buffer *text);
/* 1 and csv->fields, 0 at the end, -1 with csv->problem. */
CLI_CHECK int csv_next(struct csv *csv);
/* Index of the column named so, or -1. */
int csv_column(const struct csv *csv, const char *name);
void csv_clear(struct csv *csv);

#endif
