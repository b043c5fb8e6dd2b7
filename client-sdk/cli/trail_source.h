/* Where the files of a log come from: a server (http, https), or a copy of them (file://, or simply
 * a folder).
 *
 * Ownership: trail_source_open() .. trail_source_close().  Threads: one at a time.
 */
#ifndef CLI_TRAIL_SOURCE_H
#define CLI_TRAIL_SOURCE_H

#include "client-sdk/cli/file.h"

struct trail_source;

/* 0, or an exit code after saying why.  Nothing is fetched yet. */
CLI_CHECK int trail_source_open(const char *where, struct trail_source **ret);
void trail_source_close(struct trail_source *source);
/* The file at `path` ("tile/0/000").  0; -ENOENT when there is none; -EFBIG; or another negative
 * errno for what a later attempt may cure (trail_source_problem() says what). */
CLI_CHECK int trail_source_fetch(struct trail_source *source, const char *path, size_t len_max,
	struct buffer *ret);
const char *trail_source_problem(const struct trail_source *source);

#endif
