/* Takes the place of base/arena.c at link time: every allocation is a malloc() of exactly its size,
 * so that the sanitizers see each bound, and the n-th may fail.
 *
 * The cap is the real one.  Threads: one.
 */
#ifndef TEST_SERVICE_STRICT_ARENA_H
#define TEST_SERVICE_STRICT_ARENA_H

#include <stdbool.h>

/* From now on the n-th allocation fails, and with `all` every later one, too; 0 = none fails. */
void strict_arena_fail_at(unsigned n, bool all);
/* True when it did fail since. */
bool strict_arena_has_failed(void);

#endif
