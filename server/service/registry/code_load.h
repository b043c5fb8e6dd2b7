/* Reads the versions of code tables that decisions may need, apart from everything else of the
 * registry: a quarter of a million rows must not keep a revocation waiting.
 *
 * Versions never change once published, so what the snapshot holds already is kept, and only new
 * versions are read, page by page.  Nobody sees a version before it is there whole.
 *
 * Ownership: the loader lends the lane; what code_load_take() returns is the caller's.
 * Threads: all of it in the loop of the lane.
 * Contract: `done` never runs inside code_load_start().
 */
#ifndef SERVICE_CODE_LOAD_H
#define SERVICE_CODE_LOAD_H

#include "db/pg.h"
#include "registry/registry.h"

enum { CODE_LOAD_PAGE = 20 * 1000 }; /* rows read at once: some MB, some 50 ms */

struct code_load;

/* NULL when memory is exhausted. */
struct code_load *code_load_new(struct pg_lane *lane, void (*done)(int result, void *arg),
	void *arg);
/* After the lane is closed. */
void code_load_free(struct code_load *c); /* NULL ok */
/* From now on nothing more is asked and `done` does not run. */
void code_load_close(struct code_load *c);

/* Read what `previous` (NULL: nothing) does not have; not while it runs. */
void code_load_start(struct code_load *c, const struct registry *previous, int64_t now_ms);
bool code_load_is_running(const struct code_load *c);
/* When the last page came; INT64_MIN before the first. */
int64_t code_load_progress_mono_ms(const struct code_load *c);
/* Something was read and not taken yet. */
bool code_load_is_ready(const struct code_load *c);
/* What was read, as a snapshot with nothing else new; once after done(0), else NULL. */
struct registry *code_load_take(struct code_load *c);

#endif
