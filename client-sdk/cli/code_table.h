/* A code table as a CSV file: the columns of each kind, once, for import and export.
 *
 *     drugs               code,generic_name,kind,dosage_form,specification,special_control,
 *                         dual_channel,long_excluded,withdrawn,reference_price,supply_watched
 *     diagnoses           code,name,type,chronic,common,chronic_special,withdrawn
 *     departments         code,name,withdrawn
 *     consultation-items  code,name,price,withdrawn
 *     frequencies         code,name,withdrawn
 *     routes              code,name,withdrawn
 *     calendar            code,name,class       class: 1 day off, 2 working weekend
 *
 * Ownership: a loaded table's rows live until code_table_clear(); it must not be moved.
 */
#ifndef CLI_CODE_TABLE_H
#define CLI_CODE_TABLE_H

#include <stdio.h>

#include <jansson.h>

#include <rxcirc/v1/codes.pb-c.h>

#include "client-sdk/cli/digest.h"
#include "client-sdk/cli/table.h"

enum { CODE_TABLE_KINDS = 7 };

struct code_table_kind {
	Rxcirc__V1__CodeKind kind;
	const char *word;    /* "drugs" */
	const char *word_zh; /* "药品" */
	struct table_form form;
};
/* In the order they are imported. */
extern const struct code_table_kind code_table_kinds[CODE_TABLE_KINDS];
/* NULL after saying which there are. */
const struct code_table_kind *code_table_kind_find(const char *word);

struct code_table {
	const struct code_table_kind *kind;
	struct table_form form;
	struct table table;
	Rxcirc__V1__Code **rows; /* table.count of them, by code, compared by bytes */
	uint8_t sha256[DIGEST_LEN]; /* of the content, whatever the order of rows and columns */
};

/* 0, or an exit code after saying why.  `path` names the file in what is said. */
CLI_CHECK int code_table_load(struct code_table *ret, const struct code_table_kind *kind,
	const char *path);
void code_table_clear(struct code_table *table);

/* The header line, and a row, as such a file has them. */
void code_table_print_header(const struct code_table_kind *kind, FILE *out);
void code_table_print(const struct code_table_kind *kind, const Rxcirc__V1__Code *code, FILE *out);
/* A row by the names of its columns. */
json_t *code_table_json(const struct code_table_kind *kind, const Rxcirc__V1__Code *code);

#endif
