/* A code table becomes a version on the server: begun, sent, published. */
#ifndef CLI_CODE_IMPORT_H
#define CLI_CODE_IMPORT_H

#include "client-sdk/cli/code_table.h"

struct code_import {
	const char *officer_folder;
	const struct code_table *table;
	const char *label;   /* NULL: from the content, so that the same content is the same version */
	const char *source;
	int64_t effective_from_ms; /* 0 = at once */
	/* With effective_from_ms 0, where nothing of the kind is in effect yet: from this moment. */
	int64_t first_effective_from_ms;
	bool quiet;          /* does not tell what it finds and changes */

	/* set by code_import_run() */
	char label_used[64];
	int64_t version_id, effective_from_was_ms;
	bool unchanged;      /* stood there already, published */
	Rxcirc__V1__PublishCodeVersionResponse *report; /* unless unchanged; freed by clear */
};

/* 0, or an exit code after saying why.  Running it again goes on where it broke off. */
CLI_CHECK int code_import_run(struct code_import *import);
void code_import_clear(struct code_import *import);

#endif
