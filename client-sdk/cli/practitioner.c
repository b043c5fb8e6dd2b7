#include "client-sdk/cli/practitioner.h"

#include <stdio.h>
#include <stdlib.h>

#include "client-sdk/cli/report.h"

enum { STATEMENT_FILE_MAX = 64 * 1024 };

Rxcirc__V1__SignedDocument *statement_load(const char *province, const char *code,
	Rxcirc__V1__KeyStatement **ret_statement)
{
	Rxcirc__V1__SignedDocument *document = NULL;
	struct buffer file = {NULL, 0};
	char *path = NULL;

	if (!name_is_safe(code) || asprintf(&path, "%s/statements/%s.statement", province, code) < 0)
		return NULL;
	if (file_read(path, STATEMENT_FILE_MAX, &file) == 0)
		document = rxcirc__v1__signed_document__unpack(NULL, file.len, (const uint8_t *)file.data);
	buffer_clear(&file);
	free(path);
	if (!document)
		return NULL;
	Rxcirc__V1__KeyStatement *statement =
		rxcirc__v1__key_statement__unpack(NULL, document->body.len, document->body.data);

	if (!statement) {
		rxcirc__v1__signed_document__free_unpacked(document, NULL);
		return NULL;
	}
	*ret_statement = statement;
	return document;
}

int practitioner_open(struct practitioner *ret, const char *province, const char *code,
	const char *key_file)
{
	Rxcirc__V1__SignedDocument *document;
	rxc_error *error = NULL;
	char *path = NULL;

	*ret = (struct practitioner){.code = code};
	if (!name_is_safe(code))
		return fail(EXIT_USAGE, "\"%.60s\" is not a practitioner code", "“%.60s”不是人员编码", code);
	if (!key_file && asprintf(&path, "%s/practitioners/%s.key", province, code) < 0)
		return fail(EXIT_FAULT, "memory is short", "内存不足");
	int r = rxc_key_load(key_file ? key_file : path, &ret->key, &error);

	free(path);
	if (r < 0)
		return report_call(error, false);
	document = statement_load(province, code, &ret->statement);
	if (document)
		rxcirc__v1__signed_document__free_unpacked(document, NULL);
	return 0;
}

void practitioner_close(struct practitioner *practitioner)
{
	rxc_key_free(practitioner->key);
	if (practitioner->statement)
		rxcirc__v1__key_statement__free_unpacked(practitioner->statement, NULL);
	*practitioner = (struct practitioner){.code = NULL};
}

const char *practitioner_name(const struct practitioner *practitioner)
{
	return practitioner->statement ? practitioner->statement->practitioner_name : "";
}
