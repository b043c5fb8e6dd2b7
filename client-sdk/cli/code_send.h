/* The rows of a code table to the server: batches over several connections at once.
 *
 * Batches are cut from the sorted rows, so the same content is always cut the same way, and never
 * more than CODE_SEND_WINDOW of them run ahead of one that is not stored yet.  So from the number
 * of rows a version has, it is known from where on an import that broke off has to go on.
 * Threads: starts its own and ends them before it returns.
 */
#ifndef CLI_CODE_SEND_H
#define CLI_CODE_SEND_H

#include "client-sdk/cli/code_table.h"

enum {
	CODE_SEND_LANES = 4,   /* connections */
	CODE_SEND_WINDOW = 16, /* batches */
};

/* Put every row that may not be there yet; `rows_there` are.  0, or an exit code after saying
 * why. */
CLI_CHECK int code_send(const char *officer_folder, const struct code_table *table,
	int64_t version_id, size_t rows_there, bool shows_progress);

#endif
